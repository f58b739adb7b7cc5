//! `cargo xtask test`: everything, stage by stage; CI calls exactly this.

use crate::build::Built;
use crate::packages::{self, Need};
use crate::process::{cargo, run as run_program, run_quietly};
use crate::project::Project;
use crate::stage::Stages;
use crate::{build, fixtures, night, package, python, tidy, ui, window};
use cargo_metadata::MetadataCommand;
use std::collections::BTreeSet;
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
    stages.run("tests compiled", || compile_tests(project, &built))?;
    stages.run("tests", || tests(project, &built, &python, spark.as_deref()))?;
    if !options.without_window {
        stages.run("window", || window::drive(project, &built, &project.scratch("screenshots")?, None))?;
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
    let debezium = stages.run("debezium", || Ok(night::debezium(project)))?;
    let others = night::Others { python: &python, spark: spark.as_deref(), debezium: debezium.as_deref() };
    stages.run("night", || night::run(project, &built, &others))?;
    stages.summary(None);
    Ok(())
}

fn lints(project: &Project, built: &Built) -> anyhow::Result<()> {
    run_program(built.cargo(project, "clippy").args(["--all-targets", "--", "-D", "warnings"]))
}

/// Test programs that mostly wait: for a store that does not answer, for programs they start, for what they kill. They run
/// beside those that compute.
const WAITING: [&str; 6] = ["black_hole", "command_line", "kill", "readers", "s3", "second_reader"];

fn compile_tests(project: &Project, built: &Built) -> anyhow::Result<()> {
    run_program(built.cargo(project, "test").arg("--no-run"))
}

/// Runs what computes with the terminal's own output, and beside it what waits and the examples of the documentation, whose
/// output follows. Each is run even if another failed.
fn tests(project: &Project, built: &Built, python: &Path, spark: Option<&Path>) -> anyhow::Result<()> {
    let sluice = project.program("sluice")?;
    let call = |arguments: &[String]| {
        let mut call = built.cargo(project, "test");
        call.arg("--no-fail-fast").args(arguments);
        call.env("SLUICE_TEST_PYTHON", python).env("SLUICE_BIN", &sluice);
        if let Some(spark) = spark {
            call.env("SLUICE_SPARK_PYTHON", spark);
        }
        call
    };
    let (waiting, computing): (Vec<String>, Vec<String>) =
        test_programs(project)?.into_iter().partition(|name| WAITING.contains(&name.as_str()));
    let mut computes = call(&["--lib".to_owned(), "--bins".to_owned()]);
    let mut waits = call(&[]);
    for (names, call) in [(computing, &mut computes), (waiting, &mut waits)] {
        call.args(names.iter().flat_map(|name| ["--test", name.as_str()]));
    }
    let mut examples = call(&["--doc".to_owned()]);
    std::thread::scope(|scope| {
        let beside = scope.spawn(move || [run_quietly(&mut waits), run_quietly(&mut examples)]);
        let computed = run_program(&mut computes);
        let beside = beside.join().map_err(|_| anyhow::anyhow!("the tests that wait ended in a panic"))?;
        let outcomes: Vec<anyhow::Result<()>> = std::iter::once(computed)
            .chain(beside.into_iter().map(|finished| finished.and_then(|finished| finished.shown())))
            .collect();
        outcomes.into_iter().collect()
    })
}

/// Names of the workspace's test programs, each once.
fn test_programs(project: &Project) -> anyhow::Result<BTreeSet<String>> {
    let metadata = MetadataCommand::new().manifest_path(project.path("Cargo.toml")).no_deps().exec()?;
    let targets = metadata.packages.iter().flat_map(|package| &package.targets);
    Ok(targets.filter(|target| target.is_test()).map(|target| target.name.clone()).collect())
}
