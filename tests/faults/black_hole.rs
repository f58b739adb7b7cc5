//! A store that accepts connections and never answers, met by the real S3 client: every command ends with
//! a reason and a next step within the time it was given, and goes on when the store is back.

use anyhow::{Context, Result, ensure};
use sluice_tests::{CommandOutput, S3Server, ShopLake, Sluice, TcpGate, python};
use std::time::{Duration, Instant};

const BUCKET: &str = "sluice-test";
/// What the commands are given.
const TIMEOUT: &str = "4s";
/// What they may take: in the middle of a replay every table finds out by itself and cannot give its
/// lease back either.
const LATEST: Duration = Duration::from_secs(120);

/// `sluice` on a lake of the store behind a gate.
fn sluice(gate: &TcpGate, cache: &tempfile::TempDir) -> Sluice {
    Sluice::on_store(format!("s3://{BUCKET}/lake"), gate.endpoint(), cache.path()).env("SLUICE_STORE_TIMEOUT", TIMEOUT)
}

fn ends_with_a_reason(said: &CommandOutput, begun: Instant) -> Result<()> {
    let (took, text) = (begun.elapsed(), format!("{}{}", said.out, said.err));
    ensure!(took < LATEST, "it took {took:?}: {text}");
    ensure!(said.code == 3 || said.code == 4, "it ended with {}: {text}", said.code);
    ensure!(text.contains("does not answer"), "the reason or the next step is missing: {text}");
    ensure!(!text.contains("test-secret"), "a secret is shown: {text}");
    Ok(())
}

#[test]
fn every_command_ends_before_a_silent_store() -> Result<()> {
    let hole = TcpGate::silent()?;
    let cache = tempfile::tempdir()?;
    let desk = sluice(&hole, &cache);
    for words in [&["replay"][..], &["status"], &["run", "--once"], &["publish", "--plan"]] {
        let (begun, before) = (Instant::now(), hole.accepted());
        let said = desk.call(words)?;
        ends_with_a_reason(&said, begun).with_context(|| words.join(" "))?;
        ensure!(said.code == 4, "{words:?}: {said:?}");
        println!("{} gave up after {:.1} s", words.join(" "), begun.elapsed().as_secs_f64());
        ensure!(hole.accepted() > before, "{words:?} asked nobody");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_falls_silent_is_a_pause() -> Result<()> {
    let Some(python) = python("black_hole") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let local = ShopLake::delivered_up_to(1)?;
    server.put_folder(BUCKET, "lake", local.folder())?;
    local.replay().await?;
    let gate = TcpGate::before(server.endpoint())?;
    let cache = tempfile::tempdir()?;
    let desk = sluice(&gate, &cache);
    gate.fall_silent_after(60);
    let begun = Instant::now();
    ends_with_a_reason(&desk.call(&["replay"])?, begun)?;
    println!("it gave up after {:.1} s", begun.elapsed().as_secs_f64());
    gate.speak();
    let said = desk.call(&["replay", "--wait", "60s"])?;
    ensure!(said.code == 0, "it goes on when the store is back: {said:?}");
    for (table, expected) in local.fingerprints().await? {
        let found = desk.json(&["fingerprint", &table])?;
        ensure!(found["fingerprint"] == expected.as_str(), "{table}: {found} instead of {expected}");
    }
    Ok(())
}
