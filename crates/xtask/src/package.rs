//! `cargo xtask package`: the packages for Linux, and a proof that what is in one runs from where it lies.
//!
//! They hold the window, the command and the DuckDB library, which both look for in `../lib/sluice`
//! (`src-tauri/build.rs`, `crates/cli/build.rs`; what goes where is in `tauri.conf.json`).

use crate::packages::{self, Need};
use crate::process::{output, program, run as run_program};
use crate::project::Project;
use crate::stage::Stages;
use crate::{build, duckdb, ui};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// Makes the packages; the crate `tauri` and this tool belong to one major version.
const BUNDLER: &str = "@tauri-apps/cli@2.12.5";
/// Where `tauri.conf.json` takes the files from that are not the window itself.
const STAGED: &str = "gen/package";

/// Builds everything, makes both packages and runs what is in the first.
pub(crate) fn run(project: &Project) -> anyhow::Result<()> {
    let mut stages = Stages::default();
    stages.run("packages", || packages::require(&[Need::Build]))?;
    stages.run("screens", || ui::run(project, &ui::Options::default()))?;
    stages.run("build", || build::release(project))?;
    make(project, &mut stages)?;
    stages.summary(None);
    Ok(())
}

/// Makes and proves the packages of what is built.
pub(crate) fn make(project: &Project, stages: &mut Stages) -> anyhow::Result<()> {
    stages.run("bundle", || bundle(project))?;
    stages.run("proof", || prove(project))
}

fn bundle(project: &Project) -> anyhow::Result<()> {
    let staged = project.path(STAGED);
    std::fs::create_dir_all(&staged)?;
    let library = project.target().join("release").join(duckdb::library_name());
    if !library.exists() {
        bail!(
            "{} is not there: DuckDB is compiled into the programs, and packages need the library",
            library.display()
        );
    }
    for file in [project.program("sluice")?, library] {
        let name = file.file_name().context("a file has a name")?;
        std::fs::copy(&file, staged.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    let mut call = program("npm");
    call.current_dir(project.root()).args(["exec", "--yes", "--package", BUNDLER, "--"]);
    run_program(call.args(["tauri", "bundle", "--bundles", "deb,rpm"]))
}

/// Unpacks the Debian package and lets its command answer a query, for which it needs the library.
fn prove(project: &Project) -> anyhow::Result<()> {
    let package = newest(&project.target().join("release/bundle/deb"))?;
    let folder = tempfile::tempdir()?;
    run_program(program("dpkg-deb").arg("-x").arg(&package).arg(folder.path()))?;
    let lake = folder.path().join("lake");
    std::fs::create_dir_all(lake.join("contracts"))?;
    let mut call = program(folder.path().join("usr/bin/sluice"));
    call.arg("--lake").arg(&lake).args(["query", "SELECT 40 + 2 AS answer", "--json"]);
    let said = output(&mut call)?;
    if !said.contains("42") {
        bail!("the packaged command answers {said}");
    }
    let library = folder.path().join("usr/lib/sluice").join(duckdb::library_name());
    if !library.exists() {
        bail!("there is no {} in {}", library.display(), package.display());
    }
    println!("{} runs from its own folder", package.display());
    Ok(())
}

fn newest(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            found.push((path.metadata()?.modified()?, path));
        }
    }
    found.into_iter().max().map(|(_, path)| path).with_context(|| format!("no package in {}", folder.display()))
}
