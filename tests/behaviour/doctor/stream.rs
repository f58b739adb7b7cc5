//! A part of the recorded stream of `orders`, small and complete: the rows of the snapshot that its changes are about, and
//! its first changes, in files of equal length.

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use sluice_api::{DoctorReport, ask};
use sluice_tests::{TestLake, package_path};
use std::collections::BTreeSet;
use std::io::Read;
use std::sync::OnceLock;

const FOLDER: &str = "../fixtures/shop/debezium/topics/shop.public.orders/partition=0";
/// Where the stream lies in the lake.
pub(super) const LANDING: &str = "landing/topics/shop.public.orders/partition=0";
/// Rows of the snapshot at the front of the recording, and changes that are taken.
const SNAPSHOT: usize = 900;
const CHANGES: usize = 500;
/// Records of a file.
const OF_FILE: usize = 100;

/// A stream that faults are planted into.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// Name and records.
    pub(super) files: Vec<(String, Vec<String>)>,
    /// Its contract.
    pub(super) contract: String,
}

fn recorded() -> Result<&'static Vec<String>> {
    static RECORDED: OnceLock<Vec<String>> = OnceLock::new();
    if RECORDED.get().is_none() {
        let mut records = Vec::new();
        for name in ["0000000000", "0000001014", "0000002164"] {
            let path = package_path(FOLDER).join(format!("shop.public.orders+0+{name}.json.gz"));
            let mut text = String::new();
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            GzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
            records.extend(text.lines().map(str::to_owned));
        }
        let _ = RECORDED.set(records);
    }
    RECORDED.get().context("the recording was read")
}

pub(super) fn parsed(record: &str) -> Value {
    serde_json::from_str(record).unwrap_or_default()
}

/// The key of a record.
pub(super) fn id_of(record: &Value) -> u64 {
    let row = if record["after"].is_object() { &record["after"] } else { &record["before"] };
    row["id"].as_u64().unwrap_or(0)
}

impl Stream {
    pub(super) fn new() -> Result<Self> {
        let recorded = recorded()?;
        let changes = recorded.get(SNAPSHOT..SNAPSHOT + CHANGES).context("a recording of orders")?;
        let keys: BTreeSet<u64> = changes.iter().map(|record| id_of(&parsed(record))).collect();
        let mut records: Vec<String> = Vec::new();
        for record in recorded.iter().take(SNAPSHOT) {
            let value = parsed(record);
            ensure!(value["op"] == "r", "the recording begins with its snapshot");
            if keys.contains(&id_of(&value)) {
                records.push(record.clone());
            }
        }
        records.extend(changes.iter().cloned());
        let files = records
            .chunks(OF_FILE)
            .enumerate()
            .map(|(number, records)| (format!("shop.public.orders+0+{:010}.json", number * OF_FILE), records.to_vec()));
        let contract = std::fs::read_to_string(package_path("../fixtures/shop/contracts/orders.yaml"))?;
        // The last column of the recording comes later than its first changes.
        Ok(Self { files: files.collect(), contract })
    }

    /// Every record, parsed, with its place.
    pub(super) fn records(&self) -> impl Iterator<Item = ((usize, usize), Value)> + '_ {
        let of_file = |(file, (_, records)): (usize, &'_ (String, Vec<String>))| -> Vec<((usize, usize), Value)> {
            records.iter().enumerate().map(|(row, record)| ((file, row), parsed(record))).collect()
        };
        self.files.iter().enumerate().flat_map(of_file)
    }

    /// The first record for which `wanted` holds, at or behind the middle of the stream.
    pub(super) fn find(&self, wanted: impl Fn(&Value) -> bool) -> Result<(usize, usize)> {
        let all: Vec<((usize, usize), Value)> = self.records().collect();
        let found = all.iter().skip(all.len() / 2).find(|(_, record)| wanted(record));
        found.map(|(place, _)| *place).context("a record of the kind that is looked for")
    }

    /// An update whose key has no later event, and one before it.
    pub(super) fn last_update(&self) -> Result<(usize, usize)> {
        let all: Vec<((usize, usize), Value)> = self.records().collect();
        let of_key = |at: usize| all.iter().skip(at + 1).all(|(_, other)| id_of(other) != id_of(&all[at].1));
        let found = (all.len() / 2..all.len()).find(|at| all[*at].1["op"] == "u" && of_key(*at));
        found.map(|at| all[at].0).context("an update that is the last of its key")
    }

    pub(super) fn get(&self, (file, row): (usize, usize)) -> Value {
        parsed(&self.files[file].1[row])
    }

    pub(super) fn set(&mut self, (file, row): (usize, usize), record: &Value) {
        self.files[file].1[row] = record.to_string();
    }

    /// Changes a record.
    pub(super) fn edit(&mut self, place: (usize, usize), change: impl FnOnce(&mut Value)) {
        let mut record = self.get(place);
        change(&mut record);
        self.set(place, &record);
    }

    /// Adds a record at the end.
    pub(super) fn push(&mut self, record: &Value) {
        if let Some((_, records)) = self.files.last_mut() {
            records.push(record.to_string());
        }
    }

    /// The last record's position and one behind it.
    pub(super) fn next_event(&self) -> Result<Value> {
        let (_, records) = self.files.last().context("a file")?;
        let mut last = parsed(records.last().context("a record")?);
        behind(&mut last, 1);
        Ok(last)
    }

    /// Lays the stream out as a lake.
    pub(super) fn lake(&self) -> Result<(tempfile::TempDir, TestLake)> {
        let folder = tempfile::Builder::new().prefix("sluice-doctor-").tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("contracts/shop/orders.yaml", &self.contract)?;
        for (name, records) in &self.files {
            let text: String = records.iter().map(|record| format!("{record}\n")).collect();
            lake.write(&format!("{LANDING}/{name}"), text)?;
        }
        Ok((folder, lake))
    }

    /// What the doctor says of it.
    pub(super) async fn examined(&self) -> Result<DoctorReport> {
        let (_folder, lake) = self.lake()?;
        examined(&lake, "shop.orders").await
    }
}

/// What the doctor says of a table or folder.
pub(super) async fn examined(lake: &TestLake, source: &str) -> Result<DoctorReport> {
    let request = ask::Doctor { source: source.to_owned(), batch: None, with: None };
    let mut reports = lake.host().call(request).await?;
    ensure!(reports.len() == 1, "{} reports", reports.len());
    Ok(reports.remove(0))
}

/// Moves an event behind all of the recording, in a transaction of its own.
pub(super) fn behind(record: &mut Value, by: u64) {
    let position = 900_000_000 + by * 1_000;
    record["source"]["lsn"] = position.into();
    record["source"]["sequence"] = format!("[\"{position}\",\"{position}\"]").into();
    record["source"]["txId"] = (900_000 + by).into();
    let time = record["source"]["ts_ms"].as_u64().unwrap_or(0) + 60_000 + by;
    record["source"]["ts_ms"] = time.into();
    record["transaction"] = serde_json::json!({
        "id": format!("{}:{position}", 900_000 + by), "total_order": 1, "data_collection_order": 1
    });
}

/// The codes of a report's findings.
pub(super) fn codes(report: &DoctorReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.code.as_str()).collect()
}

/// Findings with their first place, for a message.
pub(super) fn shown(report: &DoctorReport) -> String {
    let of = |finding: &sluice_api::Finding| {
        let first = finding.examples.first();
        let place = first.map(|example| format!("{}:{:?} {}", example.file, example.record, example.detail));
        format!("{} {} {}", finding.code.as_str(), finding.count, place.unwrap_or_default())
    };
    report.findings.iter().map(of).collect::<Vec<_>>().join(" | ")
}
