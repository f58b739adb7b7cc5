//! The release build of everything.

use crate::duckdb::DuckDb;
use crate::process::{cargo, run};
use crate::project::Project;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

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
    remove_unused(&project.target().join("release/incremental"), UNUSED);
    Ok(Built { duckdb })
}

/// How long nobody built a crate the same way before what its compiler keeps for the next time is removed.
const UNUSED: Duration = Duration::from_hours(48);

/// A target folder that serves many branches keeps hundreds of these, 100 MB each. What cannot be removed stays.
fn remove_unused(folder: &Path, age: Duration) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let used = entry.metadata().and_then(|metadata| metadata.modified());
        if used.is_ok_and(|used| used.elapsed().is_ok_and(|since| since >= age)) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn workspace_call(project: &Project, duckdb: &DuckDb, task: &str) -> Command {
    let mut call = cargo(project.root());
    call.args([task, "--release", "--workspace"]);
    duckdb.apply(&mut call);
    call
}

#[cfg(test)]
mod tests {
    use super::remove_unused;
    use std::time::Duration;

    #[test]
    fn only_what_nobody_used_for_long_is_removed() {
        let folder = std::env::temp_dir().join(format!("xtask-unused-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("crate-1")).unwrap();
        remove_unused(&folder, Duration::from_hours(1));
        assert!(folder.join("crate-1").exists());
        remove_unused(&folder, Duration::ZERO);
        assert!(!folder.join("crate-1").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
