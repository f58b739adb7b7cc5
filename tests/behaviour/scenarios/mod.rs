//! Scenarios that a data engineer can read: a contract, batches of events, and the silver, ledger and
//! quarantine that come of them. Each `.md` file here is one; `README.md` says how to write one.
//!
//! `SLUICE_SCENARIOS=update` writes what came of them into the files; look at the difference before
//! you keep it.

mod as_lake_test;
mod document;
mod play;
mod table;

use anyhow::{Context, Result, ensure};
use document::Document;
use sluice_tests::package_path;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Scenarios at the same time.
const AT_ONCE: usize = 3;

#[test]
fn every_scenario_ends_as_it_says() -> Result<()> {
    let update = std::env::var("SLUICE_SCENARIOS").is_ok_and(|mode| mode == "update");
    let waiting = Mutex::new(scenarios()?);
    let all = waiting.lock().map_or(0, |files| files.len());
    ensure!(all >= 20, "only {all} scenarios were found");
    let failures: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(file) = waiting.lock().ok().and_then(|mut files| files.pop()) {
                    if let Err(error) = check_alone(&file, update) {
                        failures.lock().into_iter().for_each(|mut all| all.push(format!("{error:#}")));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner()?;
    failures.sort();
    println!("{} of {all} scenarios hold", all - failures.len());
    ensure!(failures.is_empty(), "{} scenarios do not hold\n\n{}", failures.len(), failures.join("\n\n"));
    Ok(())
}

fn check_alone(file: &Path, update: bool) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(check(file, update)).with_context(|| file.display().to_string())
}

async fn check(file: &Path, update: bool) -> Result<()> {
    let text = std::fs::read_to_string(file)?;
    let mut document = Document::parse(&text)?;
    let found = play::play(&document).await?;
    if update {
        document.take(&found);
        std::fs::write(file, document.print())?;
    } else {
        document.compare(&found)?;
    }
    play::replay_every_other_way(&document, &found).await?;
    as_lake_test::passes(&document).await
}

fn scenarios() -> Result<Vec<PathBuf>> {
    let folder = package_path("behaviour/scenarios");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "md") && !path.ends_with("README.md") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
