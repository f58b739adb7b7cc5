//! One table that is fed by change files and exported after each step.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use sluice_api::{JobId, Layer, TableRef};
use sluice_lake::{DeltaStore, NewSandbox};
use sluice_runner::{Clock, Job, MaintainOptions, Maintained, maintain};
use sluice_tests::{Exported, TestLake, files_below};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// Every type that has its own way through a reader.
pub(crate) const COLUMNS: &str = "- {name: id, type: bigint, primary_key: true}\n- {name: word, type: string}\n\
    - {name: amount, type: \"decimal(20,4)\"}\n- {name: ratio, type: double}\n- {name: seen, type: timestamp}\n\
    - {name: born, type: date}\n- {name: flag, type: boolean}\n- {name: raw, type: binary}\n\
    - {name: tags, type: \"array<string>\"}\n";

const HOUR_MS: i64 = 3_600_000;

/// A silver table in a lake of its own.
pub(crate) struct Fed {
    lake: TestLake,
    folder: TempDir,
    name: &'static str,
    files: u32,
    position: u64,
}

impl Fed {
    /// A table with a contract; `apply` are entries of `apply`.
    pub(crate) fn new(name: &'static str, apply: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-readers-").tempdir()?;
        let fed = Self { lake: TestLake::at(folder.path()), folder, name, files: 0, position: 1_000 };
        fed.declare(apply, COLUMNS)?;
        Ok(fed)
    }

    /// Writes the contract.
    pub(crate) fn declare(&self, apply: &str, columns: &str) -> Result<()> {
        let text = format!(
            "dataset: \"kinds.{name}\"\nsource: {{path: \"landing/{name}/\", format: debezium_json, decimals: text}}\n\
             apply: {{{apply}}}\nschema:\n{columns}",
            name = self.name
        );
        self.lake.write(&format!("contracts/kinds/{}.yaml", self.name), text)
    }

    /// A row as its source tells it; `salt` makes another one of it.
    pub(crate) fn row(id: i64, salt: i64) -> Map<String, Value> {
        let n = id * 31 + salt * 7_919;
        let null = n % 11 == 0;
        let value = |value: Value| if null { Value::Null } else { value };
        let row = json!({
            "id": id,
            "word": value(json!(format!("w{n} \u{e9}\u{1f980}\"\\\n"))),
            "amount": value(json!(format!("{}{}.{:04}", if n % 2 == 0 { "-" } else { "" }, n * 1_234_567, n.rem_euclid(10_000)))),
            "ratio": value(json!(f64::from(i32::try_from(n % 100_000).unwrap_or(0)) / 7.0)),
            "seen": value(json!(format!("20{:02}-03-{:02}T23:59:59.{:06}Z", n % 90 + 10, n % 28 + 1, n % 1_000_000))),
            "born": value(json!(n % 40_000 - 20_000)),
            "flag": value(json!(n % 3 == 0)),
            "raw": value(json!(["AP8=", "", "aGk="][usize::try_from(n % 3).unwrap_or(0)])),
            "tags": value(json!([format!("t{}", n % 5), Value::Null, ""])),
        });
        row.as_object().cloned().unwrap_or_default()
    }

    /// Lands events, `(op, row, position)`; a position of 0 is the next one. Replays them as one batch.
    pub(crate) async fn replay(&mut self, events: Vec<(&str, Map<String, Value>, u64)>) -> Result<()> {
        self.land(events)?;
        self.run().await
    }

    /// Lands events as one file.
    fn land(&mut self, events: Vec<(&str, Map<String, Value>, u64)>) -> Result<()> {
        let mut text = String::new();
        for (op, row, position) in events {
            self.position += 1;
            let position = if position == 0 { self.position } else { position };
            let side = if op == "d" { "before" } else { "after" };
            text.push_str(&json!({ "op": op, side: row, "source": { "lsn": position } }).to_string());
            text.push('\n');
        }
        self.files += 1;
        self.lake.write(&format!("landing/{}/{:04}.json", self.name, self.files), text)
    }

    /// A sandbox of its lake.
    pub(crate) async fn sandbox(&self) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-readers-").tempdir()?;
        let place = Some(folder.path().display().to_string());
        let new = NewSandbox {
            name: "mine".to_owned(),
            place,
            by: "a test".to_owned(),
            keep_ms: 86_400_000,
            versions: BTreeMap::new(),
        };
        self.lake.lake().await?.create_sandbox(new).await?;
        Ok(Self {
            lake: TestLake::at(folder.path()),
            folder,
            name: self.name,
            files: self.files,
            position: self.position,
        })
    }

    /// Lands events in the lake of a sandbox and replays them in the sandbox.
    pub(crate) async fn replay_here(
        &self,
        lake: &mut Self,
        events: Vec<(&str, Map<String, Value>, u64)>,
    ) -> Result<()> {
        lake.land(events)?;
        self.run().await
    }

    /// Replays what waits.
    pub(crate) async fn run(&self) -> Result<()> {
        for table in self.lake.replay().await?.tables {
            ensure!(table.error.is_none() && table.counters.quarantined == 0, "{}: {table:?}", self.name);
        }
        Ok(())
    }

    /// Maintains it, in an hour, so that old files are old.
    pub(crate) async fn maintain(&self, options: &MaintainOptions) -> Result<Maintained> {
        let clock = Clock::fixed(Clock::system().now_ms() + HOUR_MS);
        Ok(maintain(&self.lake.lake().await?, &self.table()?, options, &clock, &Job::new(JobId(1), "maintain")).await?)
    }

    /// Exports a copy of it as it is after a step.
    pub(crate) async fn export(&self, exported: &mut Exported, step: &str) -> Result<()> {
        let (name, store) = (format!("{} after {step}", self.name), self.store().await?);
        ensure!(
            exported.add_copy(&name, &store, self.lake.folder()).await?,
            "{} does not exist after {step}",
            self.name
        );
        Ok(())
    }

    /// The Delta table.
    pub(crate) async fn store(&self) -> Result<DeltaStore> {
        self.lake.store(&self.table()?).await
    }

    fn table(&self) -> Result<TableRef> {
        let name = format!("kinds.{}", self.name).parse().map_err(anyhow::Error::msg)?;
        Ok(TableRef { layer: Layer::Silver, name })
    }

    /// The newest entry of its log, as text.
    pub(crate) async fn newest_entry(&self) -> Result<String> {
        let store = self.store().await?;
        let version = store.snapshot(None).await?.context("no silver")?.version;
        let path = self.folder.path().join(store.folder()).join(format!("_delta_log/{version:020}.json"));
        Ok(std::fs::read_to_string(path)?)
    }

    /// Its files with this ending.
    pub(crate) async fn files(&self, ending: &str) -> Result<usize> {
        let files = files_below(&self.folder.path().join(self.store().await?.folder()))?;
        Ok(files.iter().filter(|path| path.to_string_lossy().ends_with(ending)).count())
    }
}
