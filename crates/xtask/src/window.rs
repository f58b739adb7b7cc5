//! `cargo xtask window`: drives the real window; can leave a picture of every screen.

use crate::build::Built;
use crate::demo_lake::{DemoLake, LAST_CHECKPOINT, Sluice};
use crate::packages::{self, Need};
use crate::process::run as run_program;
use crate::project::Project;
use crate::stage::Stages;
use crate::{build, ui};
use std::path::{Path, PathBuf};

/// Small enough that every table has a history to look at.
const FILES_PER_BATCH: u64 = 2;

/// Options of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leaves a picture of every screen, dark and light, in docs/screenshots.
    #[arg(long)]
    screenshots: bool,
    /// Runs only the tests whose names have this in them: `bad_records`.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
}

/// Builds, lays out a lake with something left to step, drives the window over it.
pub(crate) fn run(project: &Project, options: &Options) -> anyhow::Result<()> {
    let mut stages = Stages::default();
    stages.run("packages", || packages::require(&[Need::Build, Need::VirtualWindow]))?;
    stages.run("screens", || ui::run(project, &ui::Options::default()))?;
    let built = stages.run("build", || build::release(project))?;
    let pictures =
        if options.screenshots { project.path("docs/screenshots") } else { project.scratch("screenshots")? };
    stages.run("window", || drive(project, &built, &pictures, options.only.as_deref()))?;
    println!("screenshots: {}", pictures.display());
    Ok(())
}

/// Pictures for someone who has no display.
pub(crate) fn screenshots_of_demo(project: &Project, built: &Built) -> anyhow::Result<PathBuf> {
    let pictures = project.scratch("screenshots")?;
    drive(project, built, &pictures, None)?;
    Ok(pictures)
}

/// Runs the window test over a fresh lake. Expects everything to be built.
pub(crate) fn drive(project: &Project, built: &Built, pictures: &Path, only: Option<&str>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-").tempdir()?;
    let to_look_at = lake_to_step(project, &folder.path().join("shop-lake"))?;
    let to_work_on = lake_to_step(project, &folder.path().join("work").join("shop-lake"))?;
    std::fs::create_dir_all(pictures)?;
    run_program(
        built
            .cargo(project, "test")
            // One window at a time: two would draw on the same two cores.
            .args(["--test", "window", "--", "--ignored", "--nocapture", "--test-threads", "1"])
            .args(only)
            .env("SLUICE_DESKTOP", project.program("sluice-desktop")?)
            .env("SLUICE_LAKE_TO_LOOK_AT", to_look_at.folder())
            .env("SLUICE_LAKE_TO_WORK_ON", to_work_on.folder())
            .env("SLUICE_SCREENSHOTS", pictures)
            .env("RUST_BACKTRACE", "0"),
    )
}

/// A lake at the last checkpoint but one, with the files of the last waiting.
fn lake_to_step(project: &Project, folder: &Path) -> anyhow::Result<DemoLake> {
    let sluice = Sluice::new(project)?;
    let mut lake = DemoLake::open(project, folder.to_path_buf(), false)?;
    for checkpoint in 1..LAST_CHECKPOINT {
        lake.deliver(checkpoint)?;
        sluice.replay_in_small_batches(&lake, FILES_PER_BATCH)?;
        lake.reached(checkpoint)?;
    }
    lake.deliver(LAST_CHECKPOINT)?;
    Ok(lake)
}
