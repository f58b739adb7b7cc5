//! The release build of everything.

use crate::duckdb::DuckDb;
use crate::process::{cargo, run};
use crate::project::Project;
use std::process::Command;

/// The built workspace, and how to call cargo on it.
pub(crate) struct Built {
    duckdb: DuckDb,
}

impl Built {
    /// `cargo <task> --release --workspace`. Always the whole: a build of single packages chooses other features
    /// for shared dependencies, and they are compiled once more.
    pub(crate) fn cargo(&self, project: &Project, task: &str) -> Command {
        workspace_call(project, &self.duckdb, task)
    }
}

/// Builds the whole workspace and puts the DuckDB library beside its programs.
pub(crate) fn release(project: &Project) -> anyhow::Result<Built> {
    let duckdb = DuckDb::prepare(project)?;
    duckdb.place_beside_programs(project)?;
    run(&mut workspace_call(project, &duckdb, "build"))?;
    Ok(Built { duckdb })
}

fn workspace_call(project: &Project, duckdb: &DuckDb, task: &str) -> Command {
    let mut call = cargo(project.root());
    call.args([task, "--release", "--workspace"]);
    duckdb.apply(&mut call);
    call
}
