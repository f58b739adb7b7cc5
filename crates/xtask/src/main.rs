//! The developer's tasks: `cargo xtask demo | test | ui | tidy | bench | fixtures | duckdb | package | conformance |
//! window`.
//!
//! One file or folder per task; what they share is [`project`] (where things are), [`process`]
//! (running programs), [`packages`] (system packages), [`stage`] (timed steps) and [`display`].

mod bench;
mod build;
mod conformance;
mod demo;
mod demo_lake;
mod digest;
mod display;
mod duckdb;
mod fixtures;
mod night;
mod package;
mod packages;
mod process;
mod project;
mod python;
mod stage;
mod test;
mod tidy;
mod ui;
mod window;

use clap::{Parser, Subcommand};
use project::Project;
use std::process::ExitCode;

/// Builds, tests, measures and shows Sluice.
#[derive(Parser)]
#[command(name = "cargo xtask", version, max_term_width = 100)]
struct Words {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Sets everything up, replays the recorded shop, proves it and opens the workbench on it.
    Demo(demo::Options),
    /// Runs everything: format, lints, tidy, all tests, the screens, the window.
    Test(test::Options),
    /// Builds the screens (WebAssembly) into ui/dist.
    Ui(ui::Options),
    /// Checks the rules of the house: crate graph, module docs, file sizes, manifests.
    Tidy,
    /// Measures a release build against its targets.
    Bench(bench::Options),
    /// Verifies the fixtures, or takes them anew from a recording.
    Fixtures(fixtures::Options),
    /// Finds or fetches the DuckDB library that the engine is linked with, and puts it beside the programs.
    Duckdb,
    /// Makes the Debian and RPM packages and runs what is in one.
    Package,
    /// Runs the cases of other projects in a folder against Sluice.
    Conformance(conformance::Options),
    /// Drives the real window under a virtual display; can leave screenshots.
    Window(window::Options),
}

fn main() -> ExitCode {
    let words = Words::parse();
    let outcome = Project::find().and_then(|project| match words.task {
        Task::Demo(options) => demo::run(&project, &options),
        Task::Test(options) => test::run(&project, &options),
        Task::Ui(options) => ui::run(&project, &options),
        Task::Tidy => tidy::run(&project),
        Task::Bench(options) => bench::run(&project, &options),
        Task::Fixtures(options) => fixtures::run(&project, &options),
        Task::Duckdb => duckdb::DuckDb::prepare(&project)?.place_beside_programs(&project),
        Task::Package => package::run(&project),
        Task::Conformance(options) => conformance::run(&project, &options),
        Task::Window(options) => window::run(&project, &options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
