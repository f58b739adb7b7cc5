//! Publish here, run there: the runner takes the released contracts and makes the same tables.

use anyhow::{Context, Result, bail, ensure};
use sluice_api::{ErrorCode, PublishScope, ask};
use sluice_tests::{ShopLake, Sluice, TestLake, files_below};
use std::path::Path;
use tempfile::TempDir;

/// What the runner's lake has before its first run: change files, the draft, and the releases.
fn is_input(file: &Path) -> bool {
    ["landing", "contracts", "_sluice/releases", "_sluice/current"].iter().any(|folder| file.starts_with(folder))
}

/// A copy of a lake without its tables.
fn without_tables(lake: &TestLake) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-runner-").tempdir()?;
    let copy = TestLake::at(folder.path());
    for file in files_below(lake.folder())?.iter().filter(|file| is_input(file)) {
        copy.write(&file.display().to_string(), std::fs::read(lake.folder().join(file))?)?;
    }
    Ok((folder, copy))
}

/// A replayed and published lake, and its folder's `sluice`.
async fn published() -> Result<(ShopLake, Sluice)> {
    let lake = ShopLake::delivered_up_to(1)?;
    lake.replay().await?;
    let sluice = Sluice::on_folder(lake.folder());
    let said = sluice.json(&["publish", "--note", "first release"])?;
    ensure!(said["release"]["release"] == 1 && said["release"]["contracts"] == 7, "{said}");
    Ok((lake, sluice))
}

/// Changes a contract of the draft, so that there is something to publish.
fn edit(lake: &TestLake, owner: &str) -> Result<()> {
    let path = lake.folder().join("contracts/shop/orders.yaml");
    let text = std::fs::read_to_string(&path)?;
    let line = text.lines().find(|line| line.starts_with("owner:")).context("orders has an owner")?;
    lake.write("contracts/shop/orders.yaml", text.replacen(line, &format!("owner: \"{owner}\""), 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_reaches_the_same_tables_from_the_release_alone() -> Result<()> {
    let (lake, _) = published().await?;
    let (_folder, runner) = without_tables(&lake)?;

    let run = Sluice::on_folder(runner.folder()).json(&["run", "--once"])?;

    ensure!(run["release"] == 1, "{run}");
    let expected = lake.fingerprints().await?;
    ensure!(expected.len() == 10, "{expected:?}");
    let runner_sluice = Sluice::on_folder(runner.folder());
    for (table, hash) in &expected {
        let found = runner_sluice.json(&["fingerprint", table])?;
        ensure!(found["fingerprint"] == hash.as_str(), "{table}: {found} instead of {hash}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_wins_over_an_edited_draft() -> Result<()> {
    let (lake, _) = published().await?;
    let (_folder, runner) = without_tables(&lake)?;
    let path = runner.folder().join("contracts/shop/carts.yaml");
    let text = std::fs::read_to_string(&path)?;
    let last_column = text.rfind("- name:").context("a contract has columns")?;
    runner.write("contracts/shop/carts.yaml", &text[..last_column])?;
    runner.write("contracts/shop/products.yaml", "dataset: broken\n")?;

    Sluice::on_folder(runner.folder()).ok(&["run", "--once"])?;

    let (expected, found) = (lake.fingerprints().await?, runner.fingerprints().await?);
    for (table, hash) in &found {
        ensure!(expected.get(table) == Some(hash), "{table} follows the draft");
    }
    ensure!(found.contains_key("silver.shop.carts"), "{:?}", found.keys());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_publish_at_once_one_is_refused() -> Result<()> {
    let (lake, sluice) = published().await?;
    edit(&lake, "somebody@shop.example")?;
    let publish = |message: &str| ask::Publish {
        release: 2,
        base: Some(1),
        scope: PublishScope::Draft,
        message: message.to_owned(),
        author: None,
        plan: None,
        during_incident: false,
        canary: false,
        without_tests: None,
    };
    let other = TestLake::at(lake.folder());

    let (one, two) = tokio::join!(lake.host().call(publish("one")), other.host().call(publish("two")));

    match (one, two) {
        (Ok(done), Err(error)) | (Err(error), Ok(done)) => {
            ensure!(done.release.release == 2, "{done:?}");
            ensure!(error.code == ErrorCode::Conflict && !error.next.is_empty(), "{error:?}");
        }
        other => bail!("one of the two should be refused: {other:?}"),
    }

    // Somebody who still looks at release 1.
    edit(&lake, "late@shop.example")?;
    let said = sluice.call(&["publish", "--base", "1"])?;
    ensure!(said.code == 5, "ended with {}: {}{}", said.code, said.out, said.err);
    ensure!(said.err.contains("r2") || said.err.contains("release 2"), "the message names the newer one: {}", said.err);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_release_is_kept_as_it_was() -> Result<()> {
    let (lake, sluice) = published().await?;
    let releases = || -> Result<Vec<(String, Vec<u8>)>> {
        let folder = lake.folder().join("_sluice/releases");
        let files = files_below(&folder)?.into_iter();
        files.map(|file| Ok((file.display().to_string(), std::fs::read(folder.join(file))?))).collect()
    };
    let first = releases()?;
    ensure!(sluice.ok(&["publish"])?.contains("nothing to publish"), "an equal draft makes no release");
    ensure!(releases()? == first, "an equal draft wrote something");

    edit(&lake, "somebody@shop.example")?;
    ensure!(sluice.json(&["publish"])?["release"]["release"] == 2, "the second release");

    let second = releases()?;
    ensure!(second.len() > first.len(), "{} files", second.len());
    for file in &first {
        ensure!(second.contains(file), "{} is gone or another one", file.0);
    }
    let plan = sluice.json(&["publish", "--plan"])?;
    let numbers: Vec<u64> =
        plan["releases"].as_array().into_iter().flatten().filter_map(|release| release["release"].as_u64()).collect();
    ensure!(numbers == [2, 1] && plan["base"] == 2, "{plan}");
    Ok(())
}
