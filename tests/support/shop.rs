//! The recorded shop of `fixtures/shop`, laid out as a lake.

use crate::{TestLake, files_below, package_path};
use anyhow::{Context, Result};
use serde_json::Value;
use std::ops::Deref;
use std::path::PathBuf;
use tempfile::TempDir;

/// One of the recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Debezium, seven tables.
    Main,
    /// Debezium with decimals as text, from checkpoint 2 on.
    DecimalText,
    /// Debezium flattened.
    Flat,
    /// AWS DMS, Parquet.
    DmsParquet,
    /// AWS DMS, CSV.
    DmsCsv,
}

/// A recorded change file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopFile {
    /// Where the recording has it.
    pub from: PathBuf,
    /// Where it lands in a lake.
    pub to: String,
    /// The checkpoint that its records lead to.
    pub checkpoint: u64,
}

fn fixtures() -> PathBuf {
    package_path("../fixtures/shop")
}

/// Folder of the source database's own rows at a checkpoint.
#[must_use]
pub fn oracle(checkpoint: u64) -> PathBuf {
    fixtures().join(format!("oracle/checkpoint-{checkpoint}"))
}

fn json(path: &str) -> Result<Value> {
    let path = fixtures().join(path);
    let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_slice(&text)?)
}

impl Stream {
    /// Its change files, in the order they were written.
    ///
    /// # Errors
    /// When the recording's manifest cannot be read.
    pub fn files(self) -> Result<Vec<ShopFile>> {
        match self {
            Self::Main => topics("debezium"),
            Self::DecimalText => topics("debezium-string"),
            Self::Flat => topics("debezium-flat"),
            Self::DmsParquet => dms("parquet", "parquet"),
            Self::DmsCsv => dms("csv", "csv.gz"),
        }
    }

    /// Its contracts: place in the lake and text.
    fn contracts(self) -> Result<Vec<(String, String)>> {
        let folder = match self {
            Self::Main => "contracts",
            Self::DecimalText => "contracts-string",
            Self::Flat => "contracts-flat",
            Self::DmsParquet | Self::DmsCsv => "contracts-dms",
        };
        let mut contracts = Vec::new();
        for file in files_below(&fixtures().join(folder))? {
            let name = file.display().to_string();
            let of_csv = name.contains("csv");
            if of_csv == (self == Self::DmsCsv) {
                let text = std::fs::read_to_string(fixtures().join(folder).join(&file))?;
                contracts.push((place_of(&text)?, text));
            }
        }
        Ok(contracts)
    }
}

/// Where a contract is in a lake, by its `dataset`.
fn place_of(contract: &str) -> Result<String> {
    let line = contract.lines().find_map(|line| line.strip_prefix("dataset:")).context("a contract has a dataset")?;
    Ok(format!("contracts/{}.yaml", line.trim().trim_matches('"').replace('.', "/")))
}

/// Files with the checkpoint that the manifest gives them.
fn listed(list: &Value) -> impl Iterator<Item = (&str, u64)> {
    let files = list["files"].as_array().into_iter().flatten();
    files.filter_map(|file| Some((file["file"].as_str()?, file["checkpoint"].as_u64()?)))
}

fn topics(stream: &str) -> Result<Vec<ShopFile>> {
    let manifest = json("manifest.json")?;
    let mut files = Vec::new();
    for (topic, list) in manifest[stream].as_object().with_context(|| format!("no stream {stream}"))? {
        for (name, checkpoint) in listed(list) {
            let inside = format!("topics/{topic}/partition=0/{name}");
            let from = fixtures().join(stream).join(&inside);
            if from.exists() {
                files.push(ShopFile { from, to: format!("landing/{inside}"), checkpoint });
            }
        }
    }
    Ok(files)
}

fn dms(kind: &str, ending: &str) -> Result<Vec<ShopFile>> {
    let manifest = json("dms/manifest.json")?;
    let mut files = Vec::new();
    for (table, list) in manifest.as_object().context("no tables of AWS DMS")? {
        for (stem, checkpoint) in listed(list) {
            let inside = format!("dms/{kind}/public/{table}/{stem}.{ending}");
            let from = fixtures().join(&inside);
            if from.exists() {
                files.push(ShopFile { from, to: format!("landing/{inside}"), checkpoint });
            }
        }
    }
    Ok(files)
}

/// A lake of the shop in a temporary folder: contracts and gold models, and the change files that
/// have been delivered so far.
pub struct ShopLake {
    /// Removed when dropped.
    _folder: TempDir,
    lake: TestLake,
    stream: Stream,
}

impl Deref for ShopLake {
    type Target = TestLake;

    fn deref(&self) -> &TestLake {
        &self.lake
    }
}

impl ShopLake {
    /// A lake of one recording, nothing delivered yet.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn of(stream: Stream) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-shop-").tempdir()?;
        let lake = TestLake::at(folder.path());
        for (path, text) in stream.contracts()? {
            lake.write(&path, text)?;
        }
        if stream == Stream::Main {
            let models = fixtures().join("models");
            for file in files_below(&models)? {
                lake.write(&format!("models/{}", file.display()), std::fs::read(models.join(&file))?)?;
            }
        }
        Ok(Self { _folder: folder, lake, stream })
    }

    /// A lake of the main recording with everything up to a checkpoint delivered.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn delivered_up_to(checkpoint: u64) -> Result<Self> {
        let lake = Self::of(Stream::Main)?;
        for checkpoint in 1..=checkpoint {
            lake.deliver(checkpoint)?;
        }
        Ok(lake)
    }

    /// Delivers the change files of one checkpoint.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn deliver(&self, checkpoint: u64) -> Result<u64> {
        let files = self.stream.files()?;
        let of_checkpoint: Vec<&ShopFile> = files.iter().filter(|file| file.checkpoint == checkpoint).collect();
        for file in &of_checkpoint {
            self.deliver_file(file)?;
        }
        Ok(of_checkpoint.len() as u64)
    }

    /// Delivers one file, with the file of its record keys if there is one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn deliver_file(&self, file: &ShopFile) -> Result<()> {
        self.write(&file.to, file.bytes()?)?;
        let keys = |path: &str| path.replacen(".json", ".keys.json", 1);
        let from = PathBuf::from(keys(&file.from.display().to_string()));
        if from != file.from && from.exists() {
            self.write(&keys(&file.to), std::fs::read(from)?)?;
        }
        Ok(())
    }
}

impl ShopFile {
    /// Its content.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        std::fs::read(&self.from).with_context(|| format!("cannot read {}", self.from.display()))
    }

    /// The same file in a sub folder of where it lands.
    #[must_use]
    pub fn landing_again(&self) -> String {
        match self.to.rsplit_once('/') {
            Some((folder, name)) => format!("{folder}/again/{name}"),
            None => format!("again/{}", self.to),
        }
    }
}
