//! Records of a batch that are dropped or edited: silver is what the files make without them, or with the other text.

use anyhow::{Context, Result, ensure};
use sluice_api::{
    EventOutcome, JobId, Layer, RecordAction, RecordChange, RecordFilter, RecordList, RecordNumber, RecordState,
    ReplayLimits, SilverAgrees, TableName, TableRef, ask,
};
use sluice_lake::TableLocation;
use sluice_tests::{Sluice, TestLake, place_of};
use std::path::Path;
use tempfile::TempDir;

const TABLE: &str = "shop.orders";
/// Every kind of table.
const KINDS: [&str; 5] = [
    "",
    "apply: {delete_mode: soft}\n",
    "apply: {scd: 2, sequence: [source.lsn]}\n",
    "apply: {scd: append}\n",
    // Where deletes are forgotten the order of arrival matters.
    "apply: {tombstone_retention: 30d}\n",
];

fn contract(apply: &str, more: &str) -> String {
    format!(
        "dataset: \"{TABLE}\"\nsource: {{path: \"landing/orders/\", format: debezium_json}}\n{apply}\
         guards: {{max_deleted_share: 1, truncate: allow}}\n{more}schema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string, pii: true}}\n\
         - {{name: total, type: bigint}}\n"
    )
}

fn lake(apply: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-records-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract(apply, ""))?;
    Ok((folder, lake))
}

fn event(op: &str, id: u64, status: &str, position: u64) -> String {
    let row = format!("{{\"id\":{id},\"status\":\"{status}\",\"total\":{position}}}");
    let side = if op == "d" { "before" } else { "after" };
    format!("{{\"op\":\"{op}\",\"{side}\":{row},\"source\":{{\"lsn\":{position},\"ts_ms\":1700000000000}}}}\n")
}

/// Four batches; the second inserts, updates and deletes, and the later ones touch the same keys.
fn batches() -> [String; 4] {
    [
        (1..=6).map(|id| event("c", id, "new", id)).collect(),
        event("u", 1, "canary-wrong", 10)
            + &event("d", 2, "new", 11)
            + &event("c", 7, "canary-wrong", 12)
            + &event("d", 3, "x", 13),
        event("u", 4, "paid", 22) + &event("u", 6, "sent", 23),
        event("u", 5, "sent", 30) + &event("d", 4, "paid", 31),
    ]
}

/// A lake of these texts alone, as a second opinion.
async fn made_of(apply: &str, texts: &[String]) -> Result<Vec<String>> {
    let (_folder, lake) = lake(apply)?;
    deliver(&lake, texts)?;
    lake.replay_by(1).await?;
    rows(&lake).await
}

fn deliver(lake: &TestLake, texts: &[String]) -> Result<()> {
    for (number, text) in (1..).zip(texts) {
        lake.write(&format!("landing/orders/{number}.json"), text)?;
    }
    Ok(())
}

async fn four_batches(apply: &str) -> Result<(TempDir, TestLake)> {
    let (folder, lake) = lake(apply)?;
    deliver(&lake, &batches())?;
    ensure!(lake.replay_by(1).await?.first_error().is_none());
    Ok((folder, lake))
}

async fn rows(lake: &TestLake) -> Result<Vec<String>> {
    lake.silver_rows(TABLE, &["id", "status", "total", "_seq"]).await
}

fn orders() -> Result<TableName> {
    TABLE.parse().map_err(anyhow::Error::msg)
}

fn these(records: &[&str]) -> RecordFilter {
    RecordFilter { records: records.iter().map(|record| (*record).to_owned()).collect(), ..RecordFilter::default() }
}

async fn decide(lake: &TestLake, batch: u64, change: RecordChange) -> Result<RecordList> {
    let (because, author) = ("the export was wrong".to_owned(), Some("Ann".to_owned()));
    Ok(lake.host().call(ask::DecideRecords { table: orders()?, batch, change, because, author }).await?)
}

async fn refused(lake: &TestLake, batch: u64, change: RecordChange) -> String {
    decide(lake, batch, change).await.err().map(|error| error.to_string()).unwrap_or_default()
}

async fn full_refresh(lake: &TestLake) -> Result<()> {
    let done = lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(done.first_error().is_none(), "{done:?}");
    Ok(())
}

fn count(list: &RecordList, state: RecordState) -> u64 {
    list.counts.iter().find(|(of, _)| *of == state).map_or(0, |(_, count)| *count)
}

/// The texts without or with other lines: of file 2 the first is edited and the third dropped, of file 1 the last is dropped.
fn decided_texts() -> Vec<String> {
    let [first, second, third, fourth] = batches();
    let line = |text: &str, number: usize| text.lines().nth(number).map(|line| format!("{line}\n")).unwrap_or_default();
    let first = first.replace(&line(&first, 5), "");
    let edited = line(&second, 0).replace("\"total\":10", "\"total\":500");
    let second = second.replace(&line(&second, 2), "").replace(&line(&second, 0), &edited);
    vec![first, second, third, fourth]
}

async fn decide_three(lake: &TestLake) -> Result<()> {
    decide(lake, 2, RecordChange::Drop { filter: these(&["landing/orders/2.json:3"]) }).await?;
    decide(lake, 1, RecordChange::Drop { filter: these(&["1.json:6"]) }).await?;
    let values = vec![("after.total".to_owned(), "500".to_owned())];
    decide(lake, 2, RecordChange::Set { filter: these(&["2.json:1"]), values }).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn silver_is_what_the_files_make_with_other_records() -> Result<()> {
    for apply in KINDS {
        let (_folder, lake) = four_batches(apply).await?;
        let all = rows(&lake).await?;
        let expected = made_of(apply, &decided_texts()).await?;
        ensure!(expected != all, "{apply}");
        decide_three(&lake).await?;
        ensure!(rows(&lake).await? == all, "{apply}: nothing is done before the next run");
        ensure!(lake.replay().await?.first_error().is_none(), "{apply}");
        ensure!(rows(&lake).await? == expected, "{apply}: {:?} {expected:?}", rows(&lake).await?);

        // It stays so: with a run that has nothing to do, rebuilt, by another contract, from a new process.
        let version = lake.versions().await?;
        lake.replay().await?;
        ensure!(lake.versions().await? == version, "{apply}: nothing is left to do");
        full_refresh(&lake).await?;
        ensure!(rows(&lake).await? == expected, "{apply}: rebuilt");
        let other = TestLake::at(lake.folder());
        other.write(
            "contracts/shop/orders.yaml",
            contract(apply, "").replace("name: total, type: bigint", "name: total, type: bigint, description: x"),
        )?;
        ensure!(other.replay().await?.first_error().is_none(), "{apply}");
        ensure!(rows(&other).await? == expected, "{apply}: by another contract");

        // The same events again, in a batch of their own: they stay out, and the other text stays.
        let again = batches()[1].clone() + batches()[0].lines().last().unwrap_or_default() + "\n";
        other.write("landing/orders/5.json", again)?;
        ensure!(other.replay().await?.first_error().is_none(), "{apply}");
        ensure!(rows(&other).await? == expected, "{apply}: delivered again: {:?} {expected:?}", rows(&other).await?);
        full_refresh(&other).await?;
        ensure!(rows(&other).await? == expected, "{apply}: delivered again and rebuilt");

        // Bronze has what was delivered, and taken back everything is as it was.
        for (batch, record) in [(2, "2.json:1"), (2, "2.json:3"), (1, "1.json:6")] {
            decide(&other, batch, RecordChange::Undo { filter: these(&[record]) }).await?;
        }
        ensure!(other.replay().await?.first_error().is_none(), "{apply}");
        ensure!(rows(&other).await? == all, "{apply}: taken back");
    }
    Ok(())
}

/// The ledger counts them: the dropped as filtered, an edited one there and as what it says now. Of the keys 1, 6 and 7 there
/// are five records and the one that counts instead.
#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_balances() -> Result<()> {
    let (_folder, lake) = four_batches("").await?;
    decide_three(&lake).await?;
    lake.replay().await?;
    let store = lake.lake().await?.table(TableLocation::Silver(orders()?));
    let newest = store.history(1).await?.into_iter().next().context("a commit")?;
    let ledger = newest.info.ledger.context("a ledger")?;
    ensure!(ledger.check().is_ok() && ledger.filtered == 3 && ledger.rows_in == 5 + 1, "{ledger:?}");
    ensure!(newest.info.decided == Some(3), "{:?}", newest.info);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused() -> Result<()> {
    let (_folder, lake) = four_batches("").await?;
    lake.write("landing/orders/5.json", "{\"op\":\"u\",\"after\":{\"id\":\"x\"},\"source\":{\"lsn\":50}}\n")?;
    lake.replay().await?;
    let set = |path: &str, value: &str| vec![(path.to_owned(), value.to_owned())];
    let all = RecordFilter::default();
    let key = RecordFilter { key: set("status", "new"), ..RecordFilter::default() };
    let of_key = |id: &str| RecordFilter { key: set("id", id), ..RecordFilter::default() };
    for (batch, change, says) in [
        (2, RecordChange::Drop { filter: all }, "every record of batch 2"),
        (9, RecordChange::Drop { filter: these(&["9.json:1"]) }, "has no batch 9"),
        (
            2,
            RecordChange::Drop { filter: these(&["2.json:9", "2.json:1"]) },
            "has no record 9 of landing/orders/2.json",
        ),
        (2, RecordChange::Drop { filter: of_key("77") }, "has no such record"),
        (2, RecordChange::Drop { filter: these(&["3.json:1"]) }, "has no file 3.json"),
        (2, RecordChange::Drop { filter: these(&["2.json"]) }, "no address"),
        (2, RecordChange::Drop { filter: key }, "no column of the key"),
        (2, RecordChange::Undo { filter: these(&["2.json:1"]) }, "as delivered already"),
        (5, RecordChange::Drop { filter: these(&["5.json:1"]) }, "is in quarantine"),
        (5, RecordChange::Edit { record: "5.json:1".to_owned(), text: "{}".to_owned() }, "is in quarantine"),
        (2, RecordChange::Set { filter: these(&["2.json:1"]), values: set("after.total", "\"x\"") }, "TYPE_MISMATCH"),
        (2, RecordChange::Set { filter: these(&["2.json:1"]), values: set("after.none", "1") }, "has no after.none"),
        (2, RecordChange::Set { filter: these(&["2.json:1"]), values: set("after.total", "10") }, "this text already"),
        (2, RecordChange::Edit { record: "2.json:1".to_owned(), text: "{".to_owned() }, "would not be read"),
    ] {
        let error = refused(&lake, batch, change).await;
        ensure!(error.contains(says) && !error.contains("canary"), "{says}: {error}");
    }
    let list = decide(&lake, 2, RecordChange::Drop { filter: these(&["2.json:1"]) }).await?;
    ensure!(count(&list, RecordState::Dropped) == 1 && count(&list, RecordState::Delivered) == 3, "{list:?}");
    ensure!(refused(&lake, 2, RecordChange::Drop { filter: these(&["2.json:1"]) }).await.contains("dropped already"));
    Ok(())
}

/// Records are chosen by key, several at once; an edit of an edit goes on from its text.
#[tokio::test(flavor = "multi_thread")]
async fn records_are_chosen_by_key_and_edited_again() -> Result<()> {
    let (_folder, lake) = lake("")?;
    deliver(&lake, &[(1..=9).map(|at| event("u", at % 2, "new", at)).collect()])?;
    lake.replay().await?;
    let filter = RecordFilter { key: vec![("id".to_owned(), "1".to_owned())], ..RecordFilter::default() };
    let list = decide(&lake, 1, RecordChange::Drop { filter }).await?;
    ensure!(count(&list, RecordState::Dropped) == 5, "{list:?}");
    lake.replay().await?;
    ensure!(rows(&lake).await?.len() == 1);
    for (path, value) in [("after.total", "77"), ("after.status", "\"paid\"")] {
        let values = vec![(path.to_owned(), value.to_owned())];
        decide(&lake, 1, RecordChange::Set { filter: these(&["1.json:9"]), values }).await?;
    }
    lake.replay().await?;
    let found = rows(&lake).await?;
    ensure!(found.iter().any(|row| row.starts_with("1 paid 77 ")), "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_and_a_trace_name_the_decision() -> Result<()> {
    let (_folder, lake) = four_batches("").await?;
    decide_three(&lake).await?;
    let table = TableRef { layer: Layer::Silver, name: orders()? };
    let explained = async |id: &str| {
        let key = vec![("id".to_owned(), id.to_owned())];
        lake.host().call(ask::Explain { table: table.clone(), key, version: None, reveal: true, job: JobId(1) }).await
    };
    let before = explained("7").await?;
    ensure!(before.silver == SilverAgrees::Same && before.rows.len() == 1, "silver is as it was made: {before:?}");
    lake.replay().await?;
    for id in ["1", "2", "6", "7"] {
        let explained = explained(id).await?;
        ensure!(explained.silver == SilverAgrees::Same, "{id}: {explained:?}");
    }
    let dropped = explained("7").await?;
    ensure!(dropped.verdict.contains("record 3 of batch 2 dropped by Ann because the export was wrong"), "{dropped:?}");
    let edited = explained("1").await?;
    let of_record: Vec<_> = edited.events.iter().filter(|event| event.batch == 2).collect();
    ensure!(of_record.len() == 2, "what was delivered, and what counts: {edited:?}");
    let is_named = |outcome: &EventOutcome| match outcome {
        EventOutcome::Dropped { decision: Some(decision) } => decision.action == RecordAction::Edit,
        _ => false,
    };
    ensure!(of_record.iter().any(|event| is_named(&event.outcome)), "{edited:?}");
    ensure!(of_record.iter().any(|event| event.operation == "upsert, edited"), "{edited:?}");
    let trace =
        ask::Trace { file: "landing/orders/2.json".to_owned(), record: Some(RecordNumber::of_row(2)), reveal: false };
    let traced = lake.host().call(trace).await?;
    let verdict = traced.first().map(|trace| trace.verdict.clone()).unwrap_or_default();
    ensure!(verdict.contains("dropped by Ann because the export was wrong"), "{verdict}");
    Ok(())
}

/// Whoever loses the decisions does not bring a record back without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_lost_its_decisions_says_so() -> Result<()> {
    let (folder, lake) = four_batches("").await?;
    let all = rows(&lake).await?;
    decide_three(&lake).await?;
    lake.replay().await?;
    std::fs::remove_dir_all(folder.path().join("_sluice/record_decisions"))?;
    let again = TestLake::at(folder.path());
    again.write("landing/orders/5.json", event("c", 9, "late", 50))?;
    let error = again.replay().await?.first_error().map(ToString::to_string).unwrap_or_default();
    ensure!(error.contains("is made by 3 decisions on single records, and the lake has 0"), "{error}");
    full_refresh(&again).await?;
    ensure!(rows(&again).await?.len() == all.len() + 1, "asked for");
    Ok(())
}

fn sluice(folder: &Path, data: &TempDir) -> Sluice {
    let sluice = Sluice::on_folder(folder).env("SLUICE_AUTHOR", "mira");
    sluice.env("XDG_DATA_HOME", data.path().display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_masked_and_decides() -> Result<()> {
    let (folder, _lake) = four_batches("").await?;
    let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
    let sluice = sluice(folder.path(), &data);
    let listed = sluice.ok(&["batch", "records", TABLE, "2", "--text"])?;
    ensure!(listed.contains("landing/orders/2.json:3") && listed.contains("4 as delivered"), "{listed}");
    ensure!(!listed.contains("canary"), "{listed}");
    let none = sluice.ok(&["batch", "records", TABLE, "2", "--key", "id=88"])?;
    ensure!(none.contains("of these are meant: 0"), "{none}");
    let first = sluice.ok(&["batch", "records", TABLE, "2", "--rows", "1"])?;
    ensure!(first.contains("2.json:1") && first.contains("the first 1 are shown"), "{first}");
    let because = ["--because", "a test system wrote it"];
    let said = sluice.ok(&[&["batch", "drop", TABLE, "2", "--key", "id=7"][..], &because].concat())?;
    ensure!(said.contains("1 dropped") && said.contains("sluice replay --table shop.orders"), "{said}");
    let edit = ["batch", "edit", TABLE, "2", "--record", "2.json:1", "--set", "after.total=500"];
    sluice.ok(&[&edit[..], &because].concat())?;
    let shown = sluice.ok(&["batch", "show", TABLE, "2"])?;
    ensure!(shown.contains("record 3 of landing/orders/2.json dropped by mira"), "{shown}");
    ensure!(shown.contains("record 1 of landing/orders/2.json edited by mira"), "{shown}");
    let json = sluice.json(&["batch", "records", TABLE, "2", "--state", "dropped"])?;
    ensure!(json["found"] == 1 && json["records"]["rows"][0][3] == "7", "{json}");
    let without = sluice.call(&["batch", "drop", TABLE, "2", "--key", "id=1"])?;
    ensure!(without.code == 2, "--because is asked for: {without:?}");
    Ok(())
}

/// A lake with four batches in production.
struct Released {
    folder: TempDir,
    lake: TestLake,
    /// Where sandboxes are.
    data: TempDir,
    /// Rows of silver.
    all: Vec<String>,
}

async fn released() -> Result<Released> {
    let (folder, lake) = four_batches("").await?;
    let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
    sluice(folder.path(), &data).ok(&["publish", "-m", "first"])?;
    sluice(folder.path(), &data).ok(&["run", "--once"])?;
    let all = rows(&lake).await?;
    Ok(Released { folder, lake, data, all })
}

/// On a lake with a release records are decided on in a sandbox; publishing makes production exactly what it has.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_in_a_sandbox_is_published() -> Result<()> {
    let Released { folder, lake, data, all } = released().await?;
    let on_lake = || sluice(folder.path(), &data);
    let because = ["--because", "the export was wrong"];
    let drop = ["batch", "drop", TABLE, "2", "--record", "2.json:3"];
    let refused = on_lake().call(&[&drop[..], &because].concat())?;
    ensure!(refused.code != 0 && refused.err.contains("sluice sandbox new"), "{refused:?}");
    let listed = on_lake().ok(&["batch", "records", TABLE, "2"])?;
    ensure!(listed.contains("records are decided on in a sandbox"), "{listed}");

    on_lake().ok(&["sandbox", "new", "try"])?;
    let inside = || on_lake().env("SLUICE_SANDBOX", "try");
    inside().ok(&[&drop[..], &because].concat())?;
    inside().ok(&[&["batch", "drop", TABLE, "1", "--record", "1.json:6"][..], &because].concat())?;
    let edit = ["batch", "edit", TABLE, "2", "--record", "2.json:1", "--set", "after.total=500"];
    inside().ok(&[&edit[..], &because].concat())?;
    let early = inside().call(&["publish", "-m", "without a look"])?;
    ensure!(early.code != 0 && early.err.contains("not made by the decisions"), "{early:?}");
    inside().ok(&["replay"])?;
    let diff = inside().ok(&["diff", TABLE])?;
    ensure!(diff.contains("id=7") && diff.contains("10 -> 500"), "{diff}");
    ensure!(rows(&lake).await? == all, "the lake is as it was");
    let tried = inside().json(&["fingerprint", "silver.shop.orders"])?;

    let plan = inside().ok(&["publish", "--plan"])?;
    ensure!(plan.contains("shop.orders: 1 record of batch 2 dropped by mira"), "{plan}");
    ensure!(plan.contains("the export was wrong") && plan.contains("2 dropped, 1 edited"), "{plan}");
    ensure!(plan.contains("in the sandbox: 0 inserted, 1 updated, 1 deleted"), "{plan}");
    ensure!(
        plan.contains("3 keys are recomputed from bronze, all other rows stay") && plan.contains("(3 keys)"),
        "{plan}"
    );
    // What arrives meanwhile is part of production, too.
    lake.write("landing/orders/5.json", event("c", 8, "late", 60) + &event("c", 7, "canary-wrong", 12))?;
    on_lake().ok(&["run", "--once"])?;
    let published = inside().ok(&["publish", "-m", "without what the export got wrong"])?;
    ensure!(published.contains("adopted"), "{published}");
    let mut texts = decided_texts();
    texts.push(event("c", 8, "late", 60));
    let expected = made_of("", &texts).await?;
    ensure!(rows(&lake).await? == expected, "{:?}", rows(&lake).await?);
    let runs = on_lake().ok(&["run", "--once"])?;
    ensure!(rows(&lake).await? == expected, "the runner keeps it: {runs}");
    ensure!(on_lake().json(&["fingerprint", "silver.shop.orders"])? != tried, "with what arrived since");
    let again = inside().ok(&["publish", "--plan"])?;
    ensure!(again.contains("nothing to publish"), "{again}");

    // Going back brings back contracts and models; decisions stay, as those on batches do.
    let plan = on_lake().ok(&["publish", "--rollback", "r1", "--plan"])?;
    ensure!(plan.contains("3 records of shop.orders stay dropped or edited"), "{plan}");
    on_lake().ok(&["publish", "--rollback", "r1", "-m", "back"])?;
    on_lake().ok(&["run", "--once"])?;
    ensure!(rows(&lake).await? == expected, "decisions stay");
    let shown = on_lake().ok(&["batch", "show", TABLE, "2"])?;
    ensure!(shown.contains("record 3 of landing/orders/2.json dropped by mira"), "{shown}");
    Ok(())
}

/// A canary is built with the decisions of the sandbox that it is published from, whether they are all of the release or beside
/// a changed contract.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_has_what_was_decided() -> Result<()> {
    let Released { folder, lake, data, all } = released().await?;
    let on_lake = || sluice(folder.path(), &data);
    let because = ["--because", "the export was wrong"];
    on_lake().ok(&["sandbox", "new", "try"])?;
    let inside = || on_lake().env("SLUICE_SANDBOX", "try");
    for (batch, record) in [("2", "2.json:3"), ("1", "1.json:6")] {
        inside().ok(&[&["batch", "drop", TABLE, batch, "--record", record][..], &because].concat())?;
    }
    inside().ok(&["replay"])?;
    // What arrives meanwhile is not the canary's, and stays.
    lake.write("landing/orders/5.json", event("c", 8, "late", 60))?;
    on_lake().ok(&["run", "--once"])?;

    // A check that the decisions do not hold stops it, and nothing of them is in production.
    let place = place_of(&on_lake(), "try")?;
    let path = "contracts/shop/orders.yaml";
    let strict = contract("", "quality:\n- check: \"row_count > 6\"\n");
    std::fs::write(place.join(path), &strict)?;
    let failed = inside().call(&["publish", "--canary", "--force", "-m", "strict"])?;
    ensure!(failed.code == 6 && failed.err.contains("the canary of r2 failed"), "{failed:?}");
    ensure!(rows(&lake).await?.len() == all.len() + 1, "a failed canary changed the table");
    let stays = on_lake().json(&["batch", "records", TABLE, "2", "--state", "dropped"])?;
    ensure!(stays["found"] == 0, "a failed canary decided: {stays}");

    std::fs::write(place.join(path), contract("", ""))?;
    let published = inside().json(&["publish", "--canary", "-m", "without what the export got wrong"])?;
    ensure!(published["tables"][0]["version"].is_u64(), "{published}");
    ensure!(published["canary"][0]["changed"] == serde_json::json!([0, 0, 1]), "{published}");
    let [first, second, third, fourth] = batches();
    let without = |text: &str, number: usize| -> String {
        text.lines().enumerate().filter(|(at, _)| *at != number).map(|(_, line)| format!("{line}\n")).collect()
    };
    let mut texts = vec![without(&first, 5), without(&second, 2), third, fourth, event("c", 8, "late", 60)];
    let expected = made_of("", &texts).await?;
    ensure!(rows(&lake).await? == expected, "{:?} {expected:?}", rows(&lake).await?);
    ensure!(!on_lake().ok(&["sandbox", "ls"])?.contains("canary"), "the canary stayed");
    let run = on_lake().json(&["run", "--once"])?;
    ensure!(rows(&lake).await? == expected, "the runner keeps it: {run}");

    // With a changed contract, from the same sandbox.
    let values = ["batch", "edit", TABLE, "2", "--record", "2.json:1", "--set", "after.total=500"];
    inside().ok(&[&values[..], &because].concat())?;
    std::fs::write(place.join(path), contract("", "").replace("name: total, type: bigint", "name: total, type: int"))?;
    inside().ok(&["replay"])?;
    let published = inside().json(&["publish", "--canary", "--force", "-m", "and what was wrong"])?;
    ensure!(published["tables"][0]["version"].is_u64(), "{published}");
    texts[1] = texts[1].replacen("\"total\":10", "\"total\":500", 1);
    ensure!(rows(&lake).await? == made_of("", &texts).await?, "{:?}", rows(&lake).await?);
    on_lake().ok(&["run", "--once"])?;
    ensure!(rows(&lake).await? == made_of("", &texts).await?, "{:?}", rows(&lake).await?);
    let again = inside().ok(&["publish", "--plan"])?;
    ensure!(again.contains("nothing to publish"), "{again}");
    on_lake().ok(&["verify"])?;
    Ok(())
}

/// A batch that a check keeps out of production is let in without the record that is wrong, by way of a sandbox.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_batch_is_published_without_its_wrong_record() -> Result<()> {
    let (folder, lake) = lake("")?;
    lake.write("contracts/shop/orders.yaml", contract("", "quality:\n- check: \"row_count < 9\"\n"))?;
    let [first, ..] = batches();
    lake.write("landing/orders/1.json", &first)?;
    let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
    let on_lake = || sluice(folder.path(), &data);
    on_lake().ok(&["replay"])?;
    on_lake().ok(&["publish", "-m", "first"])?;
    let second = event("c", 8, "new", 20) + &event("c", 9, "new", 21) + &event("c", 10, "test", 22);
    lake.write("landing/orders/2.json", &second)?;
    let refused = on_lake().call(&["run", "--once"])?;
    ensure!(refused.code == 3 && refused.out.contains("row_count < 9"), "{refused:?}");

    on_lake().ok(&["sandbox", "new", "try"])?;
    let inside = || on_lake().env("SLUICE_SANDBOX", "try");
    inside().ok(&["batch", "drop", TABLE, "2", "--key", "id=10", "--because", "a test order"])?;
    inside().ok(&["replay"])?;
    let published = inside().ok(&["publish", "-m", "without the test order"])?;
    ensure!(published.contains("adopted"), "{published}");
    let expected = made_of("", &[first, second.lines().take(2).map(|line| format!("{line}\n")).collect()]).await?;
    ensure!(rows(&lake).await? == expected, "{:?}", rows(&lake).await?);
    let shown = on_lake().ok(&["batch", "show", TABLE, "2"])?;
    ensure!(shown.contains("batch 2 of shop.orders: in silver") && !shown.contains("did not hold"), "{shown}");
    on_lake().ok(&["run", "--once"])?;
    ensure!(rows(&lake).await? == expected, "the runner keeps it");
    let again = inside().ok(&["publish", "-m", "without the test order"])?;
    ensure!(again.contains("nothing to publish"), "{again}");
    Ok(())
}

/// What only a sandbox ingested has another number in production, and what both sides decided has no order.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_carried_over_is_refused() -> Result<()> {
    let (folder, lake) = four_batches("").await?;
    let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
    let on_lake = || sluice(folder.path(), &data);
    let because = ["--because", "wrong"];
    on_lake().ok(&["sandbox", "new", "try"])?;
    let inside = || on_lake().env("SLUICE_SANDBOX", "try");
    lake.write("landing/orders/5.json", event("c", 8, "late", 60))?;
    inside().ok(&["replay"])?;
    let own = inside().call(&[&["batch", "drop", TABLE, "5", "--key", "id=8"][..], &because].concat())?;
    ensure!(own.code != 0 && own.err.contains("ingested in this sandbox alone"), "{own:?}");
    let drop = |record: &'static str| ["batch", "drop", TABLE, "2", "--record", record];
    inside().ok(&[&drop("2.json:3")[..], &because].concat())?;
    inside().ok(&["replay"])?;
    // Without a release nobody relies on the lake, and it is decided in it.
    on_lake().ok(&[&drop("2.json:1")[..], &because].concat())?;
    let both = inside().call(&["publish", "-m", "x"])?;
    ensure!(both.code != 0 && both.err.contains("decided on in the lake since"), "{both:?}");
    Ok(())
}
