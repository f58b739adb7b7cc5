//! `cargo xtask tidy`: the rules of the house that a compiler does not check.

mod documents;
mod fixtures;
mod glossary;
mod graph;
mod imports;
mod manifests;
mod rooms;
mod sources;

use crate::process::{output, program};
use crate::project::Project;
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::time::Instant;

/// Runs every rule and lists all findings at once.
pub(crate) fn run(project: &Project) -> anyhow::Result<()> {
    let begun = Instant::now();
    let files = tracked_files(project)?;
    let mut findings = Vec::new();
    findings.extend(graph::check(project)?);
    findings.extend(manifests::check(project)?);
    findings.extend(sources::check(project, &files)?);
    findings.extend(rooms::check(project, &files)?);
    findings.extend(documents::check(project, &files)?);
    findings.extend(glossary::check(project, &files)?);
    findings.extend(fixtures::check(project)?);
    if !findings.is_empty() {
        bail!("{} rules do not hold:\n  {}", findings.len(), findings.join("\n  "));
    }
    println!("tidy: {} files, all rules hold ({} ms)", files.len(), begun.elapsed().as_millis());
    Ok(())
}

/// Every file that git keeps or would keep, relative to the root.
fn tracked_files(project: &Project) -> anyhow::Result<Vec<PathBuf>> {
    let mut git = program("git");
    git.current_dir(project.root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = output(&mut git).context("tidy asks git for the list of files")?;
    let mut files: Vec<PathBuf> = listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    files.retain(|file| project.root().join(file).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}
