//! A few new files among very many: how long they take to find, and what is asked of the store for it.

use super::machine;
use crate::process::{output, program};
use crate::project::Project;
use anyhow::Context;
use serde::Deserialize;
use std::path::Path;

/// Files that were taken before, without `--rows`.
const FILES: u64 = 1_000_000;
/// Files that are new.
const NEW: u64 = 100;

#[derive(Deserialize)]
struct Measured {
    place: String,
    round: String,
    files: u64,
    new: u64,
    seconds: f64,
    lists: Option<u64>,
}

/// Measures both places and writes the page.
pub(super) fn measure(project: &Project, rows: &[u64], pages: &Path) -> anyhow::Result<()> {
    let files = rows.first().copied().unwrap_or(FILES);
    let cache = tempfile::Builder::new().prefix("sluice-cache-").tempdir()?;
    let mut measured: Vec<Measured> = Vec::new();
    for place in ["folder", "bucket"] {
        let mut call = program(project.program("discovery-bench")?);
        call.args([place, &files.to_string(), &NEW.to_string()]);
        call.env("SLUICE_BIN", project.program("sluice")?).env("XDG_CACHE_HOME", cache.path());
        for line in output(&mut call)?.lines() {
            measured.push(serde_json::from_str(line).with_context(|| format!("not understood: {line}"))?);
            println!("{line}");
        }
    }
    let mut page = format!(
        "# Discovery\n\n`cargo xtask bench discovery [--rows N]`: {files} files of one prefix were ingested before, {NEW} \
         are new. Measured is a process of `sluice batches TABLE --next` from its start to its end, with reading the \
         manifests of all files that were ingested. The folder is one of a local disk; the bucket is a small server of \
         S3's requests on the same machine (`tests/support/bucket_server.rs`), so its answers take no time on a network \
         and count as they would in S3, 1,000 names each.\n\n\
         | place | | files | new | seconds | list requests of the prefix |\n|---|---|---|---|---|---|\n"
    );
    for Measured { place, round, files, new, seconds, lists } in &measured {
        let lists = lists.map_or_else(|| "-".to_owned(), |lists| lists.to_string());
        page.push_str(&format!("| {place} | {round} | {files} | {new} | {seconds:.1} | {lists} |\n"));
    }
    page.push_str(
        "\nA folder is listed as a whole every time. Of a bucket everything is listed when nothing is known of it, and every \
         15 minutes; in between only what comes after the last thousand names, where names rise.\n\n",
    );
    page.push_str(&(machine::sentence(&[&machine::commit(project)]) + "\n"));
    let file = pages.join("discovery.md");
    std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))
}
