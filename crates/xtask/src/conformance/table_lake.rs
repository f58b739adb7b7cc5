//! A lake with one table, used by the built command.

use crate::process::program;
use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Folder of the change files.
pub(crate) const LANDING: &str = "landing/t";

/// A row of a result: cells as text, by column.
pub(crate) type Found = BTreeMap<String, Option<String>>;

/// What replays said so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) rows_in: u64,
    pub(crate) quarantined: u64,
    pub(crate) ties: u64,
    /// A replay that stopped the table, and why.
    pub(crate) stopped: Option<String>,
}

/// What the doctor finds, as its command says it.
#[derive(Deserialize)]
struct Report {
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    code: String,
}

/// A lake.
pub(crate) struct TableLake {
    sluice: PathBuf,
    folder: TempDir,
    pub(crate) said: Said,
}

impl TableLake {
    /// An empty one.
    pub(crate) fn new(sluice: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir_all(folder.path().join("contracts/c"))?;
        std::fs::create_dir_all(folder.path().join(LANDING))?;
        Ok(Self { sluice: sluice.to_path_buf(), folder, said: Said::default() })
    }

    /// Makes `text` the contract of the table `c.t`.
    pub(crate) fn contract(&self, text: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.folder.path().join("contracts/c/t.yaml"), text)?)
    }

    /// Puts a change file of this name into the folder of the table.
    pub(crate) fn deliver(&self, name: &str, text: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.folder.path().join(LANDING).join(name), text)?)
    }

    /// Replays what was delivered.
    pub(crate) fn replay(&mut self) -> anyhow::Result<()> {
        let output = self.call().args(["replay", "--json"]).output().context("the command cannot be started")?;
        let summary: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("replay says {}", String::from_utf8_lossy(&output.stderr)))?;
        for table in summary["tables"].as_array().into_iter().flatten() {
            let count = |name: &str| table["counters"][name].as_u64().unwrap_or(0);
            self.said.rows_in += count("rows_in");
            self.said.quarantined += count("quarantined");
            self.said.ties += count("ties");
            if let Some(why) = table["error"]["message"].as_str() {
                self.said.stopped = Some(why.to_owned());
            }
        }
        Ok(())
    }

    /// The rows of the table; `None` if there is no such table.
    ///
    /// `nested`: columns whose cells are compared as JSON.
    pub(crate) fn rows(&self, nested: &[&str]) -> anyhow::Result<Option<Vec<Found>>> {
        let mut call = self.call();
        let columns: Vec<String> = nested.iter().map(|name| format!("to_json({name}) AS {name}")).collect();
        let replaced = if columns.is_empty() { String::new() } else { format!(" REPLACE ({})", columns.join(", ")) };
        call.args(["query", &format!("SELECT *{replaced} FROM silver.c.t"), "--json", "--reveal"]);
        let output = call.output().context("the command cannot be started")?;
        if !output.status.success() {
            return Ok(None);
        }
        let result: Value = serde_json::from_slice(&output.stdout).context("a result is JSON")?;
        let columns: Vec<&str> = result["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let rows = result["rows"].as_array().into_iter().flatten();
        let row = |cells: &Value| -> Found {
            let cells = cells.as_array().into_iter().flatten();
            columns.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), text(cell))).collect()
        };
        Ok(Some(rows.map(row).collect()))
    }

    /// Codes of what `sluice doctor` finds in the table.
    pub(crate) fn findings(&self) -> anyhow::Result<Vec<String>> {
        let output = self.call().args(["doctor", "c.t", "--json"]).output().context("the command cannot be started")?;
        let reports: Vec<Report> = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("doctor says {}", String::from_utf8_lossy(&output.stderr)))?;
        Ok(reports.into_iter().flat_map(|report| report.findings).map(|finding| finding.code).collect())
    }

    /// What `sluice onboard` proposes for the change files of the only table; else why nothing.
    pub(crate) fn onboard(&self) -> anyhow::Result<Result<Value, String>> {
        Ok(self.onboard_all()?.map(|mut drafts| drafts.swap_remove(0)))
    }

    /// The same for every table that the files have records of: at least one.
    pub(crate) fn onboard_all(&self) -> anyhow::Result<Result<Vec<Value>, String>> {
        let mut call = self.call();
        call.args(["onboard", LANDING, "--json"]);
        let output = call.output().context("the command cannot be started")?;
        let drafts: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        match drafts.as_array().filter(|drafts| !drafts.is_empty()) {
            Some(drafts) => Ok(Ok(drafts.clone())),
            None => Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        }
    }

    fn call(&self) -> Command {
        let mut call = program(&self.sluice);
        call.arg("--lake").arg(self.folder.path());
        call
    }
}

/// A cell of a result, and of an expected row, as text.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
