//! `cargo xtask demo`: from a clean clone to the workbench on a lake that is proven right.

mod lake;
mod replay;

pub(crate) use lake::{DemoLake, LAST_CHECKPOINT};
pub(crate) use replay::Sluice;

use crate::packages::{self, Need};
use crate::process::{program, run as run_program};
use crate::project::{self, Project};
use crate::stage::{Stages, strong};
use crate::{build, display, fixtures, ui, window};
use anyhow::Context;
use std::path::PathBuf;

/// Options of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folder of the demo lake; a folder of the user's data by default.
    #[arg(long, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// Lays the demo lake out anew; without it an existing one is kept.
    #[arg(long)]
    reset: bool,
    /// Stops before the window.
    #[arg(long)]
    headless: bool,
}

/// Sets up, replays, proves, shows.
pub(crate) fn run(project: &Project, options: &Options) -> anyhow::Result<()> {
    let virtual_window = !options.headless && !display::is_there();
    let mut needs = vec![Need::Build];
    if virtual_window {
        needs.push(Need::VirtualWindow);
    }
    let folder = match &options.lake {
        Some(folder) => std::path::absolute(folder).context("the folder of the lake cannot be named")?,
        None => project::user_data_folder()?.join("demo-lake"),
    };

    let mut stages = Stages::default();
    stages.run("packages", || packages::require(&needs))?;
    stages.run("fixtures", || fixtures::verify(&project.path("fixtures/shop")))?;
    stages.run("screens", || ui::run(project, &ui::Options::default()))?;
    let built = stages.run("build", || build::release(project))?;
    let sluice = Sluice::new(project)?;
    let mut lake = stages.run("lake", || DemoLake::open(project, folder, options.reset))?;
    stages.run("replay", || replay_and_prove(&sluice, &mut lake))?;
    stages.run("quality", || sluice.show_quality(&lake))?;
    stages.summary(None);
    println!("\nDemo lake: {}", lake.folder().display());

    if options.headless {
        println!("Open it:   {} --lake {}", project.program("sluice-desktop")?.display(), lake.folder().display());
        return Ok(());
    }
    if virtual_window {
        println!("{}", strong("This session has no display, so here are pictures of the window."));
        let pictures = window::screenshots_of_demo(project, &built)?;
        println!("Screenshots: {}", pictures.display());
        return Ok(());
    }
    println!("Opening the workbench; close its window to end.");
    run_program(program(project.program("sluice-desktop")?).arg("--lake").arg(lake.folder()))
}

/// One checkpoint after the other: its files arrive, they are replayed, silver is compared with what
/// the source database itself held at that moment.
fn replay_and_prove(sluice: &Sluice, lake: &mut DemoLake) -> anyhow::Result<()> {
    if lake.checkpoint() == LAST_CHECKPOINT {
        println!("The lake is at checkpoint {LAST_CHECKPOINT} already.");
        sluice.replay(lake)?;
        return sluice.compare(lake, LAST_CHECKPOINT);
    }
    for checkpoint in lake.checkpoint() + 1..=LAST_CHECKPOINT {
        let files = lake.deliver(checkpoint)?;
        println!("\n{}", strong(&format!("Checkpoint {checkpoint}: {files} files arrive")));
        sluice.replay(lake)?;
        println!("\nSilver against the source database at checkpoint {checkpoint}");
        sluice.compare(lake, checkpoint)?;
        lake.reached(checkpoint)?;
    }
    Ok(())
}
