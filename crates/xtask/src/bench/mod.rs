//! `cargo xtask bench shop`: a release build against its targets.

mod measure;
mod report;
mod shop;

use crate::packages::{self, Need};
use crate::project::Project;
use crate::{build, ui};
use std::path::PathBuf;

/// Options of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What is measured.
    #[arg(value_enum)]
    what: What,
    /// Writes the numbers as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Leaves the window out.
    #[arg(long)]
    without_window: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum What {
    /// The recorded shop, from files to gold.
    Shop,
}

/// Builds, measures, compares.
pub(crate) fn run(project: &Project, options: &Options) -> anyhow::Result<()> {
    let mut needs = vec![Need::Build];
    if !options.without_window {
        needs.push(Need::VirtualWindow);
    }
    packages::require(&needs)?;
    ui::run(project, &ui::Options::default())?;
    build::release(project)?;
    let report = match options.what {
        What::Shop => shop::measure(project, !options.without_window)?,
    };
    report.print();
    if let Some(file) = &options.json {
        report.write(file)?;
    }
    Ok(())
}
