//! A lake under test.

use crate::Rows;
use anyhow::{Context, Result, ensure};
use sluice_api::{JobId, Layer, PageRequest, ReplayLimits, ReplaySummary, ResultView, TableRef, ask};
use sluice_contract::TableName;
use sluice_lake::{DeltaStore, Lake, TableLocation};
use sluice_runner::{
    Clock, ContractSet, Host, HostOptions, Job, MissingLake, ReplayOptions, Secrets, TableComparison,
    compare_with_source, replay,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A lake in a folder, worked on in this process.
pub struct TestLake {
    folder: PathBuf,
    host: Host,
}

impl TestLake {
    /// The lake in `folder`.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self::with_secrets(folder, Secrets::default())
    }

    /// The lake in `folder`, with these keys of keyed hashes.
    #[must_use]
    pub fn with_secrets(folder: &Path, secrets: Secrets) -> Self {
        let lake = Some(folder.display().to_string());
        let clock = Clock::fixed(1_700_000_000_000);
        // A test begins with an empty folder.
        let missing_lake = MissingLake::Create;
        let host = Host::new(HostOptions { lake, clock, missing_lake, secrets, ..HostOptions::default() });
        Self { folder: folder.to_path_buf(), host }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What answers the screens.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The open lake.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn lake(&self) -> Result<Lake> {
        Ok(self.host.lake().await?)
    }

    /// Writes a file of the lake.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> Result<()> {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        std::fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }

    /// The draft.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub async fn draft(&self) -> Result<ContractSet> {
        Ok(ContractSet::draft(&self.lake().await?).await?)
    }

    /// Replays everything that waits, as one batch per table.
    ///
    /// # Errors
    /// When the lake cannot be used; what stops one table is in the summary.
    pub async fn replay(&self) -> Result<ReplaySummary> {
        self.replay_within(ReplayLimits::default()).await
    }

    /// Replays at most `files` files in a batch.
    ///
    /// # Errors
    /// See [`TestLake::replay`].
    pub async fn replay_by(&self, files: u64) -> Result<ReplaySummary> {
        self.replay_within(ReplayLimits { max_files: Some(files), ..ReplayLimits::default() }).await
    }

    /// Replays within `limits` by the draft's contracts, which have to be valid.
    ///
    /// # Errors
    /// See [`TestLake::replay`].
    pub async fn replay_within(&self, limits: ReplayLimits) -> Result<ReplaySummary> {
        self.replay_with(ReplayOptions { limits, ..ReplayOptions::default() }).await
    }

    /// Replays as `options` say by the draft's contracts, which have to be valid.
    ///
    /// # Errors
    /// See [`TestLake::replay`].
    pub async fn replay_with(&self, options: ReplayOptions) -> Result<ReplaySummary> {
        let set = self.draft().await?;
        ensure!(set.problems.is_empty(), "{:?}", set.problems);
        let job = Job::new(JobId(1), "test");
        Ok(replay(&self.lake().await?, &self.host.engine().await?, &set, &options, &job).await?)
    }

    /// Content hash of every silver and gold table that exists, by name.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn fingerprints(&self) -> Result<BTreeMap<String, String>> {
        let mut hashes = BTreeMap::new();
        for table in self.tables(&[Layer::Silver, Layer::Gold]).await? {
            if self.version(&table).await?.is_some() {
                let found = self.host.call(ask::Fingerprint { table: table.clone(), version: None }).await?;
                hashes.insert(table.to_string(), found.fingerprint);
            }
        }
        Ok(hashes)
    }

    /// Latest version of every table of every layer that exists, by name.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn versions(&self) -> Result<BTreeMap<String, u64>> {
        let mut versions = BTreeMap::new();
        for table in self.tables(&[Layer::Bronze, Layer::Silver, Layer::Gold]).await? {
            if let Some(version) = self.version(&table).await? {
                versions.insert(table.to_string(), version);
            }
        }
        Ok(versions)
    }

    /// Every table that the draft makes in `layers`.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub async fn tables(&self, layers: &[Layer]) -> Result<Vec<TableRef>> {
        let set = self.draft().await?;
        let mut tables = Vec::new();
        for &layer in layers {
            let named = |name: &TableName| TableRef { layer, name: name.clone() };
            match layer {
                Layer::Gold => tables.extend(set.models.iter().map(|model| named(&model.name))),
                Layer::Bronze | Layer::Silver => tables.extend(set.contracts.keys().map(named)),
            }
        }
        Ok(tables)
    }

    /// The Delta table behind a name.
    ///
    /// # Errors
    /// When the lake cannot be opened.
    pub async fn store(&self, table: &TableRef) -> Result<DeltaStore> {
        let name = table.name.clone();
        Ok(self.lake().await?.table(match table.layer {
            Layer::Bronze => TableLocation::Bronze(name),
            Layer::Silver => TableLocation::Silver(name),
            Layer::Gold => TableLocation::Gold(name),
        }))
    }

    async fn version(&self, table: &TableRef) -> Result<Option<u64>> {
        Ok(self.store(table).await?.snapshot(None).await?.map(|snapshot| snapshot.version))
    }

    /// Rows of a table as texts; none if it does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn rows(&self, table: &TableRef) -> Result<Rows> {
        rows_of(&self.store(table).await?).await
    }

    /// Rows of a table of silver, each as the texts of some columns with blanks between them, sorted.
    ///
    /// # Errors
    /// When it cannot be read, or there is no such column.
    pub async fn silver_rows(&self, table: &str, columns: &[&str]) -> Result<Vec<String>> {
        let table = TableRef { layer: Layer::Silver, name: table.parse().map_err(anyhow::Error::msg)? };
        let rows = self.rows(&table).await?.select(columns)?.rows;
        let text =
            |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ");
        let mut rows: Vec<String> = rows.into_iter().map(text).collect();
        rows.sort();
        Ok(rows)
    }

    /// Rows of the quarantine of a table as texts.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn quarantine(&self, table: &str) -> Result<Rows> {
        let name: TableName = table.parse().map_err(anyhow::Error::msg)?;
        rows_of(&self.lake().await?.table(TableLocation::Quarantine(name))).await
    }

    /// The first 1,000 rows of a result as texts.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn result(&self, result: &ResultView) -> Result<Rows> {
        let ipc = self.host.page(PageRequest { result: result.id, first_row: 0, rows: 1_000 }).await?;
        let reader = arrow::ipc::reader::StreamReader::try_new(ipc.as_slice(), None)?;
        Rows::of(&reader.collect::<Result<Vec<_>, _>>()?)
    }

    /// How silver compares with what the source database held.
    ///
    /// # Errors
    /// When a dump or a table cannot be read.
    pub async fn compare(&self, oracle: &Path) -> Result<Vec<TableComparison>> {
        Ok(compare_with_source(&self.lake().await?, &self.draft().await?, oracle).await?)
    }
}

async fn rows_of(store: &DeltaStore) -> Result<Rows> {
    match store.snapshot(None).await? {
        Some(snapshot) => Rows::of(&store.read_files(&snapshot, &snapshot.files, None).await?),
        None => Ok(Rows::default()),
    }
}

/// Every file below a folder by its path from there, sorted.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("cannot read {}", next.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(entry.path());
            } else {
                files.push(entry.path().strip_prefix(folder)?.to_path_buf());
            }
        }
    }
    files.sort();
    Ok(files)
}
