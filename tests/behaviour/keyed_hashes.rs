//! Keyed hashes: the key is in no file, and no second key of a name is taken.

use anyhow::{Result, ensure};
use sluice_api::{Layer, ReplaySummary, TableRef};
use sluice_contract::{HashKey, HashKeys};
use sluice_runner::Secrets;
use sluice_tests::{TestLake, files_below};
use std::path::Path;

const KEY: &str = "the key of a test, which no file may have";
const MAIL: &str = "anna@post.example";

fn lake(folder: &Path, key: Option<&str>) -> Result<TestLake> {
    let mut keys = HashKeys::default();
    if let Some(key) = key.and_then(|key| HashKey::new(key.to_owned())) {
        keys.insert("people", key);
    }
    let lake = TestLake::with_secrets(folder, Secrets::Given(keys));
    lake.write(
        "contracts/crm/people.yaml",
        "dataset: crm.people\nsource: {path: landing/, format: debezium_json, drop: [mail]}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n\
         - {name: mail_hash, type: string, from: \"keyed_hash(lower(mail), 'people')\"}\n",
    )?;
    Ok(lake)
}

fn land(lake: &TestLake, id: u64) -> Result<()> {
    let event = format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},\"mail\":\"{MAIL}\"}},\"source\":{{\"lsn\":{id}}}}}\n");
    lake.write(&format!("landing/{id}.json"), event)
}

fn error(summary: &ReplaySummary) -> String {
    summary.tables[0].error.as_ref().map(|error| format!("{} {}", error.message, error.next)).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_asked_for_kept_nowhere_and_known_again() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-keys-").tempdir()?;
    let without = lake(folder.path(), None)?;
    land(&without, 1)?;
    let said = error(&without.replay().await?);
    ensure!(said.contains("SLUICE_KEY_PEOPLE") && said.contains("`people`"), "{said}");

    let right = lake(folder.path(), Some(KEY))?;
    ensure!(error(&right.replay().await?).is_empty());
    let table = TableRef { layer: Layer::Silver, name: "crm.people".parse().map_err(anyhow::Error::msg)? };
    let rows = format!("{:?}", right.rows(&table).await?);
    ensure!(!rows.contains(MAIL), "{rows}");

    land(&right, 2)?;
    let other = lake(folder.path(), Some("another key, as long as the first one is"))?;
    let said = error(&other.replay().await?);
    ensure!(said.contains("another one than the hashes of this lake") && said.contains("another name"), "{said}");
    ensure!(error(&lake(folder.path(), Some(KEY))?.replay().await?).is_empty(), "the first key is taken as before");

    for file in files_below(folder.path())? {
        let bytes = std::fs::read(folder.path().join(&file))?;
        let has_key = bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes());
        ensure!(!has_key, "{} has the key", file.display());
    }
    Ok(())
}
