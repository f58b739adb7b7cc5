//! Who takes part: Sluice and its peers, each a program that works off a task.

use super::catalog::Work;
use crate::process::program;
use crate::project::{self, Project};
use crate::python;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Pinned, so that numbers of two months can be compared. The first word names the environment.
const ENVIRONMENTS: &[(&str, &[&str])] = &[
    ("deltalake-1.6.6", &["deltalake==1.6.6", "pyarrow==26.0.1"]),
    ("deltalake-1.5.0", &["deltalake==1.5.0", "pyarrow==26.0.1"]),
    ("pysail", &["pysail==0.7.2", "pyspark-client==4.2.0", "pandas<3", "pyarrow==26.0.1"]),
    ("spark", python::SPARK_PINS),
    ("tools", &["duckdb==2.0.0", "polars==2.1.0", "deltalake==1.6.6", "pyarrow==26.0.1"]),
];
/// Reads every peer's table and knows what is right.
const VERIFIER: &str = "tools";

/// One way to do the work.
pub(super) struct Engine {
    pub(super) name: String,
    /// Whether what is committed survives a power cut.
    pub(super) fsync: bool,
    environment: Option<&'static str>,
}

impl Engine {
    /// The engine of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let environment = match name {
            "sluice" | "sluice-nosync" => None,
            "deltalake-1.6.6" => Some("deltalake-1.6.6"),
            "deltalake-1.5.0" => Some("deltalake-1.5.0"),
            "pysail" => Some("pysail"),
            "spark" => Some("spark"),
            "polars" => Some("tools"),
            _ if name.starts_with("duckdb") => Some("tools"),
            _ => return None,
        };
        Some(Self { name: name.to_owned(), fsync: name == "sluice", environment })
    }

    /// Sluice with durable commits.
    pub(super) fn ours() -> Self {
        Self { name: "sluice".to_owned(), fsync: true, environment: None }
    }

    /// Whether it is Sluice.
    pub(super) fn is_ours(&self) -> bool {
        self.environment.is_none()
    }

    /// The program that works off a task.
    pub(super) fn command(&self, project: &Project, pythons: &Pythons, work: Work) -> anyhow::Result<Command> {
        let from_files = matches!(work, Work::Pipeline | Work::Refresh);
        let Some(environment) = self.environment.or(from_files.then_some(VERIFIER)) else {
            let name = if work == Work::Diff { "diff-bench" } else { "apply-bench" };
            return Ok(program(project.program(name)?));
        };
        let script = match (work, self.name.as_str()) {
            (Work::Replay, _) => "replay_peer.py",
            (Work::ReadBack, _) => "read_peer.py",
            (Work::Scd2, _) => "scd2_peer.py",
            (Work::Diff, _) => "diff_peer.py",
            (Work::Pipeline | Work::Refresh, _) => "pipeline_peer.py",
            (_, "pysail" | "spark") => "spark_peer.py",
            (_, "polars") => "polars_peer.py",
            (_, name) if name.starts_with("duckdb") => "duckdb_peer.py",
            _ => "deltalake_peer.py",
        };
        let mut command = program(pythons.get(environment)?);
        command.arg(peer(project, script));
        Ok(command)
    }
}

/// The program that compares a table with the oracle.
pub(super) fn verifier(project: &Project, pythons: &Pythons) -> anyhow::Result<Command> {
    let mut command = program(pythons.get(VERIFIER)?);
    command.arg(peer(project, "verify.py"));
    Ok(command)
}

/// The program that makes a compacted copy of a table.
pub(super) fn compactor(project: &Project, pythons: &Pythons) -> anyhow::Result<Command> {
    let mut command = program(pythons.get(VERIFIER)?);
    command.arg(peer(project, "read_peer.py"));
    Ok(command)
}

fn peer(project: &Project, script: &str) -> PathBuf {
    project.path("tests/bench/peers").join(script)
}

/// The environments of the peers; one that cannot be made leaves its peers out.
pub(super) struct Pythons {
    ready: BTreeMap<&'static str, Result<PathBuf, String>>,
}

impl Pythons {
    /// Makes what these engines need.
    pub(super) fn prepare(engines: &[Engine]) -> anyhow::Result<Self> {
        let folder = project::user_cache_folder()?.join("bench-peers");
        let mut ready = BTreeMap::new();
        for (name, pins) in ENVIRONMENTS {
            if *name == VERIFIER || engines.iter().any(|engine| engine.environment == Some(name)) {
                ready.insert(*name, environment(&folder, name, pins).map_err(|error| format!("{error:#}")));
            }
        }
        Ok(Self { ready })
    }

    /// The environment with the readers of files.
    pub(super) fn verifier(&self) -> anyhow::Result<&Path> {
        self.get(VERIFIER)
    }

    /// The environment of an engine that [`Pythons::prepare`] was asked for.
    pub(super) fn of(&self, engine: &str) -> anyhow::Result<&Path> {
        self.get(engine)
    }

    fn get(&self, name: &str) -> anyhow::Result<&Path> {
        let made = self.ready.get(name).with_context(|| format!("the environment `{name}` was not prepared"))?;
        made.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
    }
}

fn environment(folder: &Path, name: &str, pins: &[&str]) -> anyhow::Result<PathBuf> {
    if name == "spark" && !crate::process::succeeds(program("java").arg("-version")) {
        anyhow::bail!("Spark needs Java 17, and there is no `java`");
    }
    python::environment(&folder.join(name), pins)
}
