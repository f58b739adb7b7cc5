//! `cargo xtask conformance --from DIR`: cases of other projects, run against the built command.
//!
//! The folder holds what other projects test their own products with, and events of their documentation; the repository
//! holds none of it. A case passes, differs by design (a rule of `docs/contract.md` decides otherwise; [`by_design`] has the list),
//! needs something that Sluice does not have, or fails.

mod by_design;
mod canal;
mod case;
mod delta_tables;
mod events;
mod lake;
mod play;
mod producers;
mod report;
mod rows;
mod table_lake;
mod verdict;

use crate::project::Project;
use crate::{build, python};
use anyhow::{Context, bail};
use report::Report;
use std::path::{Path, PathBuf};
use verdict::Verdict;

/// Options of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folder with `autocdc-cases.json`, `torture-cases.json`, `paimon-cdc-cases.json`, `paimon-cdc/`,
    /// `debezium-doc-events/`, `maxwell-tests/` and `dat/`; what is missing is left out.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Asks this program instead of building one.
    #[arg(long, value_name = "FILE")]
    sluice: Option<PathBuf>,
    /// Writes docs/conformance.md.
    #[arg(long)]
    write: bool,
}

/// Runs every suite that is in the folder.
pub(crate) fn run(project: &Project, options: &Options) -> anyhow::Result<()> {
    let sluice = match &options.sluice {
        Some(program) => std::path::absolute(program)?,
        None => {
            build::release(project)?;
            project.program("sluice")?
        }
    };
    let mut report = Report::default();
    for (suite, file) in [("Change data, Spark", "autocdc-cases.json"), ("Change data, torture", "torture-cases.json")]
    {
        let path = options.from.join(file);
        if path.exists() {
            for case in case::read(&path)? {
                let outcome = play::play(&sluice, &case).with_context(|| format!("case {}", case.id))?;
                let outcome = by_design::judge(&case.id, outcome);
                report.add(Verdict { suite, id: case.id, title: case.title, outcome });
            }
        }
    }
    let path = options.from.join("paimon-cdc-cases.json");
    if path.exists() {
        for case in producers::read(&path)? {
            let outcome =
                producers::play(&sluice, &options.from, &case).with_context(|| format!("case {}", case.id))?;
            let outcome = by_design::judge(&case.id, outcome);
            report.add(Verdict { suite: producers::SUITE, title: case.title(), id: case.id, outcome });
        }
    }
    for (folder, play) in [
        ("paimon-cdc/kafka/canal/table", canal::run as fn(&Path, &Path) -> anyhow::Result<Vec<Verdict>>),
        ("debezium-doc-events", events::debezium),
        ("maxwell-tests", events::maxwell),
    ] {
        let folder = options.from.join(folder);
        if folder.is_dir() {
            for verdict in play(&sluice, &folder)? {
                let outcome = by_design::judge(&verdict.id, verdict.outcome);
                report.add(Verdict { outcome, ..verdict });
            }
        }
    }
    let tables = options.from.join("dat");
    if tables.is_dir() {
        let python = python::prepare()?;
        for verdict in delta_tables::run(&sluice, &python, &tables)? {
            report.add(verdict);
        }
    }
    if report.is_empty() {
        bail!("there is no case in {}", options.from.display());
    }
    print!("{}", report.text());
    if options.write {
        write(&project.path("docs/conformance.md"), &report)?;
    }
    match report.failed() {
        0 => Ok(()),
        failed => bail!("{failed} cases fail"),
    }
}

fn write(path: &Path, report: &Report) -> anyhow::Result<()> {
    std::fs::write(path, report.page()).with_context(|| format!("cannot write {}", path.display()))
}
