//! What the demo asks of the `sluice` command.

use super::folder::DemoLake;
use crate::process::{output, program, run};
use crate::project::Project;
use anyhow::Context;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The built `sluice`.
pub(crate) struct Sluice {
    path: PathBuf,
}

impl Sluice {
    /// Finds it in the release build.
    pub(crate) fn new(project: &Project) -> anyhow::Result<Self> {
        Ok(Self { path: project.program("sluice")? })
    }

    /// Replays what waits, with progress and the ledger of every table.
    pub(crate) fn replay(&self, lake: &DemoLake) -> anyhow::Result<()> {
        run(&mut self.call(lake, &["replay"]))
    }

    /// Replays what waits in batches of at most `files` files.
    pub(crate) fn replay_in_small_batches(&self, lake: &DemoLake, files: u64) -> anyhow::Result<()> {
        run(self.call(lake, &["replay", "--max-files"]).arg(files.to_string()))
    }

    /// One line per table: `equal`, or what differs; an error unless all are equal.
    pub(crate) fn compare(&self, lake: &DemoLake, checkpoint: u64) -> anyhow::Result<()> {
        run(self.call(lake, &["compare", "--oracle"]).arg(lake.oracle(checkpoint)))
            .with_context(|| format!("silver does not equal the source database at checkpoint {checkpoint}"))
    }

    /// The checks of every table in silver.
    pub(crate) fn show_quality(&self, lake: &DemoLake) -> anyhow::Result<()> {
        for table in self.tables(lake)? {
            run(self.call(lake, &["quality"]).arg(&table))?;
        }
        Ok(())
    }

    /// Tables by their contracts, `dataset.table`.
    fn tables(&self, lake: &DemoLake) -> anyhow::Result<Vec<String>> {
        let text = output(&mut self.call(lake, &["status", "--json"]))?;
        let view: Value = serde_json::from_str(&text).context("`sluice status --json` printed no JSON")?;
        let mut names: Vec<String> = view["waiting"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|waiting| {
                let table = &waiting["table"];
                Some(format!("{}.{}", table["dataset"].as_str()?, table["table"].as_str()?))
            })
            .collect();
        names.sort();
        Ok(names)
    }

    fn call(&self, lake: &DemoLake, words: &[&str]) -> Command {
        let mut command = program(&self.path);
        command.arg("--lake").arg(lake.folder()).args(words);
        command
    }
}
