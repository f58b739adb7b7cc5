//! New columns that are filled from bronze: the same table as a full refresh makes, by the new values alone.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use sluice_api::{Layer, PublishScope, ReplayLimits, TableRef, ask};
use sluice_tests::{Sluice, TestLake, amount, counted, seeded};
use tempfile::TempDir;

/// Histories with a filled column in the default tier.
const HISTORIES: u64 = 3;
const PLACEHOLDER: &str = "__debezium_unavailable_value";

/// What the contract says of the new column, where its values are in the records.
const NEW: [&str; 4] = [
    "- {name: total, type: bigint}",
    "- {name: total, type: bigint, default: 7}",
    "- {name: amount, type: bigint, renamed_from: total}",
    "- {name: total, type: string, path: extra.total}",
];

fn contract(rules: &str, new: &str) -> String {
    format!(
        "dataset: crm.people\nsource: {{path: landing/, format: debezium_json, evolution: none}}\n\
         apply: {{quarantine_limit: 1.0, on_missing_base: insert_partial{rules}}}\nguards: {{truncate: allow}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: name, type: string}}\n{new}\n"
    )
}

fn lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-fill-").tempdir()?;
    let lake = TestLake::at(folder.path());
    Ok((folder, lake))
}

fn event(op: &str, lsn: u64, row: &Map<String, Value>) -> String {
    let (before, after) = match op {
        "d" => (json!(row), Value::Null),
        "t" => (Value::Null, Value::Null),
        _ => (Value::Null, json!(row)),
    };
    format!("{}\n", json!({"op": op, "before": before, "after": after, "source": {"lsn": lsn}}))
}

/// Events in the order of the log: rows that lack the new member, have it, do not send it or the others, and come back.
fn history(random: &mut fastrand::Rng) -> Vec<String> {
    (1..=random.u64(6..40))
        .map(|lsn| {
            let op = ["c", "u", "u", "u", "u", "d", "d", "r"][random.usize(..8)];
            let op = if random.u8(..30) == 0 { "t" } else { op };
            let mut row = Map::new();
            row.insert("id".to_owned(), json!(random.u8(1..7)));
            let name = if random.u8(..4) == 0 { json!(PLACEHOLDER) } else { json!(format!("n{lsn}")) };
            row.insert("name".to_owned(), name);
            let total = match random.u8(..8) {
                0 | 1 => None,
                2 => Some(Value::Null),
                3 => Some(json!(PLACEHOLDER)),
                _ => Some(json!(lsn * 10)),
            };
            if let Some(total) = total {
                row.insert("extra".to_owned(), json!({"total": total}));
                row.insert("total".to_owned(), total);
            }
            event(op, lsn, &row)
        })
        .collect()
}

fn people() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: "crm.people".parse().map_err(anyhow::Error::msg)? })
}

/// Every row with every column, those of Sluice too.
async fn rows(lake: &TestLake) -> Result<Vec<String>> {
    let rows = lake.rows(&people()?).await?;
    let mut order: Vec<usize> = (0..rows.columns.len()).collect();
    order.sort_by_key(|at| rows.columns[*at].clone());
    let text = |row: &Vec<Option<String>>| {
        let cells = order.iter().map(|at| format!("{}={:?}", rows.columns[*at], row[*at]));
        cells.collect::<Vec<_>>().join(" ")
    };
    let mut texts: Vec<String> = rows.rows.iter().map(text).collect();
    texts.sort();
    Ok(texts)
}

async fn replay(lake: &TestLake, full_refresh: bool) -> Result<()> {
    let limits = ReplayLimits { max_files: Some(2), full_refresh, ..ReplayLimits::default() };
    for table in lake.replay_within(limits).await?.tables {
        ensure!(table.error.is_none(), "{:?}", table.error);
        ensure!(table.counters.balances(), "{:?}", table.counters);
    }
    Ok(())
}

/// Whether the newest commit that counts rows filled columns: it changes rows, and none comes.
async fn was_filled(lake: &TestLake) -> Result<bool> {
    let commits = lake.store(&people()?).await?.history(usize::MAX).await?;
    let ledger = commits.iter().find_map(|commit| commit.info.ledger).context("a commit counts rows")?;
    ensure!(ledger.balances(), "{ledger:?}");
    Ok(ledger.inserted == 0 && ledger.rows_in == ledger.updated)
}

/// Whether silver was filled.
async fn play(seed: u64) -> Result<bool> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut events = history(&mut random);
    let all: String = events.concat();
    random.shuffle(&mut events);
    let rules = ["", ", mode: copy_on_write", ", null_updates: ignore", ", delete_when: \"name = 'n5'\""];
    let (rules, new) = (rules[random.usize(..4)], NEW[random.usize(..4)]);
    let (_folder, lake) = lake()?;
    let cut = random.usize(1..events.len());
    for (number, part) in events[..cut].chunks(random.usize(1..6)).enumerate() {
        lake.write(&format!("landing/a{number:03}.json"), part.concat())?;
    }
    lake.write("contracts/crm/people.yaml", contract(rules, ""))?;
    replay(&lake, false).await?;
    lake.write("contracts/crm/people.yaml", contract(rules, new))?;
    replay(&lake, false).await?;
    let (filled, found) = (was_filled(&lake).await?, rows(&lake).await?);
    replay(&lake, true).await?;
    let refreshed = rows(&lake).await?;
    ensure!(found == refreshed, "{rules} {new}: {found:#?} should be {refreshed:#?}");
    // What comes late finds the same table, and the deletes that it remembers.
    lake.write("contracts/crm/people.yaml", contract(rules, ""))?;
    replay(&lake, false).await?;
    lake.write("contracts/crm/people.yaml", contract(rules, new))?;
    replay(&lake, false).await?;
    for (number, part) in events[cut..].chunks(3).enumerate() {
        lake.write(&format!("landing/b{number:03}.json"), part.concat())?;
    }
    replay(&lake, false).await?;
    let (_folder, fresh) = self::lake()?;
    fresh.write("contracts/crm/people.yaml", contract(rules, new))?;
    fresh.write("landing/all.json", all)?;
    replay(&fresh, false).await?;
    let (found, expected) = (rows(&lake).await?, rows(&fresh).await?);
    ensure!(found == expected, "{rules} {new}, after late events: {found:#?} should be {expected:#?}");
    Ok(filled)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_column_is_what_a_full_refresh_makes() -> Result<()> {
    let mut random = seeded("filled columns");
    let histories = amount("SLUICE_FILL_HISTORIES", HISTORIES);
    let (mut filled, mut played) = (0, 0);
    while filled < histories {
        let seed = random.u64(..);
        filled += u64::from(play(seed).await.with_context(|| format!("seed {seed}"))?);
        played += 1;
        ensure!(played < 10 * histories, "most need no rebuild: {filled} of {played}");
    }
    counted("filled columns", usize::try_from(histories)?);
    Ok(())
}

fn person(id: u64, total: Option<u64>) -> String {
    let mut row = Map::new();
    row.insert("id".to_owned(), json!(id));
    row.insert("name".to_owned(), json!(format!("p{id}")));
    row.extend(total.map(|total| ("total".to_owned(), json!(total))));
    event("c", id, &row)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_files_with_rows_that_get_a_value_are_written_and_the_plan_says_so() -> Result<()> {
    let (_folder, lake) = lake()?;
    lake.write("contracts/crm/people.yaml", contract("", ""))?;
    lake.write("landing/1.json", (1..=5).map(|id| person(id, None)).collect::<String>())?;
    lake.replay().await?;
    lake.write("landing/2.json", (6..=9).map(|id| person(id, (id == 7).then_some(70))).collect::<String>())?;
    lake.replay().await?;
    let files = async || -> Result<Vec<String>> {
        let snapshot = lake.store(&people()?).await?.snapshot(None).await?.context("silver is there")?;
        Ok(snapshot.files.iter().map(|file| file.path.clone()).collect())
    };
    let before = files().await?;
    ensure!(before.len() == 2, "{before:?}");
    lake.write("contracts/crm/people.yaml", contract("", NEW[0]))?;
    let plan = lake.host().call(ask::PublishPlan { scope: PublishScope::Draft, plan: None }).await?;
    let said: Vec<&str> = plan.document.tables.iter().map(|table| table.note.as_str()).collect();
    ensure!(said.contains(&"Fills column total of 9 rows from bronze, all other columns stay"), "{said:?}");
    replay(&lake, false).await?;
    ensure!(was_filled(&lake).await?);
    let after = files().await?;
    ensure!(before.iter().all(|path| after.contains(path)) && after.len() == 3, "{before:?} {after:?}");
    let found = lake.silver_rows("crm.people", &["id", "total"]).await?;
    ensure!(found[..2] == ["1 ", "2 "] && found[6] == "7 70" && found.len() == 9, "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sandbox_filled_is_published_without_being_made_again() -> Result<()> {
    let (folder, lake) = lake()?;
    let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
    let sluice = || {
        let sluice = Sluice::on_folder(folder.path()).env("SLUICE_AUTHOR", "mira");
        sluice.env("XDG_DATA_HOME", data.path().display().to_string())
    };
    lake.write("contracts/crm/people.yaml", contract("", ""))?;
    lake.write("landing/1.json", (1..=5).map(|id| person(id, (id == 2).then_some(20))).collect::<String>())?;
    lake.replay().await?;
    sluice().ok(&["publish", "-m", "first"])?;
    sluice().ok(&["sandbox", "new", "totals"])?;
    let listed = sluice().json(&["sandbox", "ls"])?;
    let place = listed[0]["place"].as_str().context("the sandbox has a place")?.to_owned();
    let sandbox = sluice().env("SLUICE_SANDBOX", "totals");
    std::fs::write(format!("{place}/contracts/crm/people.yaml"), contract("", NEW[0]))?;
    let said = sandbox.ok(&["replay", "--dry-run"])?;
    ensure!(said.contains("fills total of 5 rows from bronze first, all other columns stay"), "{said}");
    let said = sandbox.ok(&["replay"])?;
    ensure!(said.contains("total filled from bronze in 1 rows, all other columns stayed"), "{said}");
    let tried = sandbox.json(&["fingerprint", "crm.people"])?["fingerprint"].clone();
    let plan = sandbox.json(&["publish", "--plan"])?;
    ensure!(plan["tables"][0]["note"] == "Fills column total of 5 rows from bronze, all other columns stay", "{plan}");
    let published = sandbox.json(&["publish", "-m", "totals"])?;
    ensure!(published["tables"][0]["version"].is_u64(), "the sandbox's files were not taken over: {published}");
    let adopted = sluice().json(&["fingerprint", "crm.people"])?;
    ensure!(adopted["fingerprint"] == tried, "{adopted}");
    sluice().ok(&["run", "--once"])?;
    ensure!(sluice().json(&["fingerprint", "crm.people"])?["version"] == adopted["version"], "it was made again");
    sluice().ok(&["sandbox", "rm", "totals"])?;
    sluice().ok(&["verify"])?;
    ensure!(lake.silver_rows("crm.people", &["id", "total"]).await?[1] == "2 20");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_does_not_fit_and_history_take_a_rebuild() -> Result<()> {
    for (rules, new, quarantined) in [
        ("", "- {name: total, type: date}", 1),
        (", scd: 2", NEW[0], 0),
        ("", "- {name: total, type: bigint, required: true}", 1),
    ] {
        let (_folder, lake) = lake()?;
        lake.write("contracts/crm/people.yaml", contract(rules, ""))?;
        lake.write("landing/1.json", person(1, None) + &person(2, Some(5_000_000_000)))?;
        replay(&lake, false).await?;
        lake.write("contracts/crm/people.yaml", contract(rules, new))?;
        replay(&lake, false).await?;
        ensure!(!was_filled(&lake).await?, "{rules} {new}");
        let rows = lake.silver_rows("crm.people", &["id"]).await?;
        ensure!(rows.len() == 2 - quarantined, "{rules} {new}: {rows:?}");
    }
    Ok(())
}
