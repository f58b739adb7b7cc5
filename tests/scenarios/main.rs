//! Scenarios that a data engineer can read: a contract, batches of events, and the silver, ledger and
//! quarantine that come of them. Each `.md` file here is one; `README.md` says how to write one.
//!
//! `SLUICE_SCENARIOS=update` writes what came of them into the files; look at the difference before
//! you keep it.

mod document;
mod play;
mod table;

use anyhow::{Context, Result, ensure};
use document::Document;
use std::path::{Path, PathBuf};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Scenarios at the same time.
const AT_ONCE: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_ends_as_it_says() -> Result<()> {
    static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);
    let update = std::env::var("SLUICE_SCENARIOS").is_ok_and(|mode| mode == "update");
    let files = scenarios()?;
    ensure!(files.len() >= 20, "only {} scenarios were found", files.len());
    let mut running = JoinSet::new();
    for file in files {
        running.spawn(async move {
            let _permit = PERMITS.acquire().await?;
            check(&file, update).await.with_context(|| file.display().to_string())
        });
    }
    let mut failures: Vec<String> = Vec::new();
    let mut held = 0;
    while let Some(done) = running.join_next().await {
        match done? {
            Ok(()) => held += 1,
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    failures.sort();
    println!("{held} scenarios hold");
    ensure!(failures.is_empty(), "{} scenarios do not hold\n\n{}", failures.len(), failures.join("\n\n"));
    Ok(())
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
    play::replay_every_other_way(&document, &found).await
}

fn scenarios() -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
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
