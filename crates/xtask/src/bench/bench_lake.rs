//! A lake that a benchmark makes from change files of its own, and measures as a person uses it.

use crate::process::program;
use crate::project::Project;
use anyhow::Context;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A lake with its programs.
pub(super) struct BenchLake<'p> {
    project: &'p Project,
    pub(super) folder: PathBuf,
    pub(super) sandbox: PathBuf,
}

impl<'p> BenchLake<'p> {
    /// An empty folder for it.
    pub(super) fn new(project: &'p Project, folder: &Path, name: &str) -> anyhow::Result<Self> {
        let lake = folder.join(name);
        std::fs::create_dir_all(lake.join("contracts/bench"))?;
        Ok(Self { project, folder: lake, sandbox: folder.join(format!("{name}-sandbox")) })
    }

    /// A call of the program in the lake, which prints nothing.
    pub(super) fn sluice(&self, words: &[&str]) -> anyhow::Result<Command> {
        let mut command = program(self.project.program("sluice")?);
        command.arg("--lake").arg(&self.folder).args(words).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command)
    }

    /// The same in its sandbox.
    pub(super) fn in_sandbox(&self, words: &[&str]) -> anyhow::Result<Command> {
        let mut command = program(self.project.program("sluice")?);
        command.arg("--lake").arg(&self.sandbox).args(words).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command)
    }

    /// A call that makes the sandbox.
    pub(super) fn new_sandbox(&self) -> anyhow::Result<Command> {
        let place = self.sandbox.display().to_string();
        self.sluice(&["sandbox", "new", "bench", "--place", &place])
    }

    /// The contract of a table, in the lake or in its sandbox.
    pub(super) fn write_contract(&self, lake: &Path, table: &str, total: &str) -> anyhow::Result<()> {
        let text = format!(
            "dataset: \"bench.{table}\"\nsource: {{path: \"landing/{table}/\", format: debezium_json}}\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n- {{name: word, type: string}}\n\
             - {{name: total, type: \"{total}\"}}\n- {{name: flag, type: boolean}}\n"
        );
        let path = lake.join(format!("contracts/bench/{table}.yaml"));
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Puts a change file of rows with these keys into the lake.
    pub(super) fn deliver(
        &self,
        table: &str,
        number: u64,
        op: char,
        ids: impl Iterator<Item = u64>,
    ) -> anyhow::Result<()> {
        let folder = self.folder.join(format!("landing/{table}"));
        std::fs::create_dir_all(&folder)?;
        let mut text = String::new();
        for id in ids {
            let lsn = number * 1_000_000_000 + id;
            writeln!(
                text,
                "{{\"op\":\"{op}\",\"after\":{{\"id\":{id},\"word\":\"w{}\",\"total\":{}.25,\"flag\":{}}},\"source\":{{\"lsn\":{lsn}}}}}",
                (id * 7919) % 100_003,
                (id + number) % 10_000,
                id % 2 == 0
            )?;
        }
        Ok(std::fs::write(folder.join(format!("{number:06}.json")), text)?)
    }
}
