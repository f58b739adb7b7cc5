//! `cargo xtask test`: everything, stage by stage; CI calls exactly this.

use crate::build::Built;
use crate::packages::{self, Need};
use crate::process::{cargo, run as run_program};
use crate::project::Project;
use crate::stage::Stages;
use crate::{build, fixtures, night, package, python, tidy, ui, window};
use std::path::Path;

/// Options of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leaves the window out.
    #[arg(long)]
    without_window: bool,
    /// Runs the reliability tests with numbers for a night instead, and appends to the scoreboard.
    #[arg(long)]
    night: bool,
}

/// Runs all stages; the first that fails ends the run with its name.
pub(crate) fn run(project: &Project, options: &Options) -> anyhow::Result<()> {
    if options.night {
        return run_night(project);
    }
    let mut stages = Stages::default();
    stages.run("packages", || packages::require(&[Need::Build, Need::VirtualWindow, Need::Tests]))?;
    stages.run("format", || run_program(cargo(project.root()).args(["fmt", "--all", "--check"])))?;
    stages.run("tidy", || tidy::run(project))?;
    stages.run("fixtures", || fixtures::verify(&project.path("fixtures/shop")))?;
    let python = stages.run("python", python::prepare)?;
    stages.run("screens", || ui::run(project, &ui::Options::default()))?;
    let built = stages.run("build", || build::release(project))?;
    stages.run("lints", || lints(project, &built))?;
    let spark = python::spark(false);
    stages.run("tests", || tests(project, &built, &python, spark.as_deref()))?;
    if !options.without_window {
        stages.run("window", || window::drive(project, &built, &project.scratch("screenshots")?))?;
    }
    stages.summary(None);
    Ok(())
}

fn run_night(project: &Project) -> anyhow::Result<()> {
    let mut stages = Stages::default();
    stages.run("packages", || packages::require(&[Need::Build, Need::VirtualWindow, Need::Tests]))?;
    let python = stages.run("python", python::prepare)?;
    let built = stages.run("build", || build::release(project))?;
    package::make(project, &mut stages)?;
    let spark = stages.run("spark", || Ok(python::spark(true)))?;
    stages.run("night", || night::run(project, &built, &python, spark.as_deref()))?;
    stages.summary(None);
    Ok(())
}

fn lints(project: &Project, built: &Built) -> anyhow::Result<()> {
    run_program(built.cargo(project, "clippy").args(["--all-targets", "--", "-D", "warnings"]))
}

fn tests(project: &Project, built: &Built, python: &Path, spark: Option<&Path>) -> anyhow::Result<()> {
    let mut call = built.cargo(project, "test");
    call.env("SLUICE_TEST_PYTHON", python).env("SLUICE_BIN", project.program("sluice")?);
    if let Some(spark) = spark {
        call.env("SLUICE_SPARK_PYTHON", spark);
    }
    run_program(&mut call)
}
