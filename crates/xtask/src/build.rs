//! The release build of everything.

use crate::process::{cargo, run};
use crate::project::Project;

/// Builds the whole workspace. Always the whole: a build of single packages chooses other features
/// for shared dependencies, and DuckDB is compiled once more.
pub(crate) fn release(project: &Project) -> anyhow::Result<()> {
    run(cargo(project.root()).args(["build", "--release", "--workspace"]))
}
