//! Dropped and edited records are brought to silver by the keys that they concern, and silver is what a rebuild makes of them.

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use sluice_api::{RecordChange, RecordFilter, ReplayLimits, SilverRemade, TableName, ask};
use sluice_tests::{TestLake, amount, counted, files_below, seeded};
use tempfile::TempDir;

const TABLE: &str = "shop.orders";
/// Every kind of table whose rows do not depend on how files are cut into batches.
const KINDS: [&str; 5] = [
    "",
    "apply: {delete_mode: soft}\n",
    "apply: {scd: 2, sequence: [source.lsn]}\n",
    "apply: {scd: append}\n",
    "apply: {keep: \"total > 3\"}\n",
];
const KEYS: u64 = 7;

fn contract(apply: &str) -> String {
    format!(
        "dataset: \"{TABLE}\"\nsource: {{path: \"landing/orders/\", format: debezium_json}}\n{apply}\
         guards: {{max_deleted_share: 1, truncate: allow}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n\
         - {{name: total, type: bigint}}\n"
    )
}

fn lake_of(apply: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-keys-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract(apply))?;
    Ok((folder, lake))
}

fn orders() -> Result<TableName> {
    TABLE.parse().map_err(anyhow::Error::msg)
}

async fn decide(lake: &TestLake, batch: u64, change: RecordChange) -> Result<()> {
    let (because, author) = ("it is wrong".to_owned(), Some("Ann".to_owned()));
    lake.host().call(ask::DecideRecords { table: orders()?, batch, change, because, author }).await?;
    Ok(())
}

/// What a replay remade.
async fn remade(lake: &TestLake) -> Result<Vec<SilverRemade>> {
    let done = lake.replay().await?;
    ensure!(done.first_error().is_none(), "{done:?}");
    Ok(done.tables.into_iter().next().context("one table")?.remade)
}

fn record(batch: u64, row: u64) -> RecordFilter {
    RecordFilter { records: vec![format!("landing/orders/{batch:03}.json:{row}")], ..RecordFilter::default() }
}

/// A record: mostly an insert or update, of a position that may be an older one or that of another event.
fn event(random: &mut Rng, position: &mut u64) -> String {
    *position += random.u64(0..3);
    let at = if random.u8(..5) == 0 { random.u64(1..=*position) } else { *position };
    let (id, total) = (random.u64(1..=KEYS), random.u64(0..9));
    let row = |id: u64| format!("{{\"id\":{id},\"status\":\"s{}\",\"total\":{total}}}", total % 3);
    let source = format!("\"source\":{{\"lsn\":{at},\"ts_ms\":1700000000000}}");
    match random.u8(..24) {
        0..4 => format!("{{\"op\":\"d\",\"before\":{},{source}}}\n", row(id)),
        4 => format!("{{\"op\":\"u\",\"before\":{},\"after\":{},{source}}}\n", row(id), row(id % KEYS + 1)),
        5 => format!("{{\"op\":\"t\",{source}}}\n"),
        _ => format!("{{\"op\":\"u\",\"after\":{},{source}}}\n", row(id)),
    }
}

/// A case in work: the records of each batch.
struct Case {
    lake: TestLake,
    random: Rng,
    position: u64,
    batches: Vec<Vec<String>>,
}

impl Case {
    fn deliver(&mut self) -> Result<()> {
        let mut records: Vec<String> =
            (0..self.random.usize(1..6)).map(|_| event(&mut self.random, &mut self.position)).collect();
        // Some come a second time.
        if let Some(again) = self.batches.iter().flatten().next_back().filter(|_| self.random.bool()) {
            records.push(again.clone());
        }
        self.batches.push(records);
        let number = self.batches.len();
        let text = self.batches.last().map(|records| records.concat()).unwrap_or_default();
        self.lake.write(&format!("landing/orders/{number:03}.json"), text)
    }

    /// Decides something on a record; what stands so already is refused, as are values of a delete that it became.
    async fn decide(&mut self) -> Result<bool> {
        let batch = self.random.usize(..self.batches.len());
        let records = &self.batches[batch];
        let row = self.random.usize(..records.len());
        let filter = record(batch as u64 + 1, row as u64 + 1);
        let other = |random: &mut Rng| event(random, &mut 40).trim().to_owned();
        let change = match self.random.u8(..5) {
            0 | 1 => RecordChange::Drop { filter },
            2 => RecordChange::Undo { filter },
            3 if records[row].contains("\"after\"") => {
                let values = vec![("after.total".to_owned(), self.random.u64(0..9).to_string())];
                RecordChange::Set { filter, values }
            }
            _ => RecordChange::Edit { record: filter.records[0].clone(), text: other(&mut self.random) },
        };
        match decide(&self.lake, batch as u64 + 1, change).await {
            Ok(()) => Ok(true),
            Err(error) if ["already", "has no after.total"].iter().any(|why| error.to_string().contains(why)) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn rows(&self) -> Result<Vec<String>> {
        rows(&self.lake).await
    }

    /// What a rebuild makes of the same bronze and decisions, in a copy of the lake.
    async fn rebuilt(&self) -> Result<Vec<String>> {
        let copy = tempfile::Builder::new().prefix("sluice-keys-").tempdir()?;
        for file in files_below(self.lake.folder())? {
            let to = copy.path().join(&file);
            std::fs::create_dir_all(to.parent().context("a folder")?)?;
            std::fs::copy(self.lake.folder().join(&file), to)?;
        }
        let lake = TestLake::at(copy.path());
        let done = lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
        ensure!(done.first_error().is_none(), "{done:?}");
        rows(&lake).await
    }
}

async fn rows(lake: &TestLake) -> Result<Vec<String>> {
    lake.silver_rows(TABLE, &["id", "status", "total", "_seq"]).await
}

/// One history; how often keys were recomputed, and how often all was rebuilt.
async fn play(apply: &str, random: Rng) -> Result<(usize, usize)> {
    let (_folder, lake) = lake_of(apply)?;
    let mut case = Case { lake, random, position: 1, batches: Vec::new() };
    for _ in 0..3 {
        case.deliver()?;
    }
    let done = case.lake.replay_by(1).await?;
    ensure!(done.first_error().is_none(), "{done:?}");
    let (mut by_key, mut whole) = (0, 0);
    for round in 0..2 {
        let mut decided = false;
        for _ in 0..case.random.usize(1..4) {
            decided |= case.decide().await?;
        }
        if case.random.bool() {
            // Late events and those that come again meet what silver remembers.
            case.deliver()?;
        }
        let remade = remade(&case.lake).await?;
        by_key += remade.iter().filter(|of| matches!(of, SilverRemade::KeysRecomputed { .. })).count();
        whole += remade.iter().filter(|of| matches!(of, SilverRemade::Rebuilt { .. })).count();
        let (found, rebuilt) = (case.rows().await?, case.rebuilt().await?);
        ensure!(
            found == rebuilt,
            "{apply}round {round}, decided: {decided}, {remade:?}:\n{found:#?}\n{rebuilt:#?}\n{:#?}",
            case.batches
        );
    }
    Ok((by_key, whole))
}

/// A history writes a lake of each kind of table and rebuilds copies of it, so there are fewer than of those in memory.
const HISTORIES_PER_CASE: u64 = 10;

/// `SLUICE_CASES=n` sets how many histories run of each kind of table, one for ten; `SLUICE_SEED=n` repeats a run.
#[tokio::test(flavor = "multi_thread")]
async fn recomputed_keys_are_what_a_rebuild_makes() -> Result<()> {
    let mut random = seeded("decided_keys");
    let (mut by_key, mut whole) = (0, 0);
    for case in 0..amount("SLUICE_CASES", HISTORIES_PER_CASE).div_ceil(HISTORIES_PER_CASE) {
        for apply in KINDS {
            let done = play(apply, random.fork()).await.with_context(|| format!("case {case} of {apply:?}"))?;
            (by_key, whole) = (by_key + done.0, whole + done.1);
        }
    }
    counted("decisions on records by their keys", by_key);
    counted("decisions on records by a rebuild", whole);
    ensure!(by_key > 0, "every decision was carried out by a rebuild");
    Ok(())
}

/// Twenty rows in two files; what is decided of one key leaves every other row where it is.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_keys_of_the_records_are_written_again() -> Result<()> {
    let row = |id: u64, total: u64| {
        let row = format!("{{\"id\":{id},\"status\":\"new\",\"total\":{total}}}");
        format!("{{\"op\":\"u\",\"after\":{row},\"source\":{{\"lsn\":{}}}}}\n", total + id)
    };
    let (_folder, lake) = lake_of("")?;
    lake.write("landing/orders/001.json", (1..=10).map(|id| row(id, 5)).collect::<String>())?;
    lake.write("landing/orders/002.json", (11..=20).map(|id| row(id, 5)).collect::<String>() + &row(3, 70))?;
    lake.replay_by(1).await?;
    decide(&lake, 2, RecordChange::Drop { filter: record(2, 11) }).await?;
    let values = vec![("after.id".to_owned(), "30".to_owned())];
    decide(&lake, 1, RecordChange::Set { filter: record(1, 7), values }).await?;

    let dry = ReplayLimits { dry_run: true, ..ReplayLimits::default() };
    let table = lake.replay_within(dry).await?.tables.pop().context("one table")?;
    ensure!((table.would_recompute, table.would_remake, table.silver_rows) == (Some(3), false, None), "{table:?}");
    // 3 without its newest event, 7 without its only one, 30 that had none.
    let expected = SilverRemade::KeysRecomputed { keys: 3, rows_before: 2, rows_after: 2 };
    let made = remade(&lake).await?;
    ensure!(made == [expected], "{made:?}");
    let store = lake.store(&format!("silver.{TABLE}").parse().map_err(anyhow::Error::msg)?).await?;
    let newest = store.history(1).await?.into_iter().next().context("a commit")?;
    let ledger = newest.info.ledger.context("a ledger")?;
    ensure!(ledger.check().is_ok() && (ledger.rows_in, ledger.filtered) == (4, 2), "{ledger:?}");
    ensure!((ledger.silver_before, ledger.silver_after) == (18, 20), "{ledger:?}");
    let found = lake.silver_rows(TABLE, &["id", "total"]).await?;
    ensure!(found.contains(&"3 5".to_owned()) && found.contains(&"30 5".to_owned()), "{found:?}");
    ensure!(!found.iter().any(|row| row.starts_with("7 ")) && found.len() == 20, "{found:?}");
    ensure!(remade(&lake).await?.is_empty(), "nothing is left to do");

    // A truncate is about every key, an order of arrival about more than a key.
    lake.write("landing/orders/003.json", "{\"op\":\"t\",\"source\":{\"lsn\":8}}\n")?;
    lake.replay().await?;
    decide(&lake, 3, RecordChange::Drop { filter: record(3, 1) }).await?;
    let made = remade(&lake).await?;
    ensure!(matches!(made.as_slice(), [SilverRemade::Rebuilt { .. }]), "{made:?}");
    lake.write("contracts/shop/orders.yaml", contract("apply: {tombstone_retention: 30d}\n"))?;
    lake.replay().await?;
    decide(&lake, 2, RecordChange::Undo { filter: record(2, 11) }).await?;
    let made = remade(&lake).await?;
    ensure!(matches!(made.as_slice(), [SilverRemade::Rebuilt { .. }]), "{made:?}");
    Ok(())
}

/// An edited record whose key is another one now is found again when a second decision is about that key.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_an_edit_gave_is_recomputed_with_it() -> Result<()> {
    let line = |id: u64, at: u64| {
        format!(
            "{{\"op\":\"u\",\"after\":{{\"id\":{id},\"status\":\"new\",\"total\":{at}}},\"source\":{{\"lsn\":{at}}}}}\n"
        )
    };
    let (folder, lake) = lake_of("")?;
    lake.write("landing/orders/001.json", line(1, 1) + &line(2, 9) + &line(3, 3))?;
    lake.write("landing/orders/002.json", line(2, 12))?;
    lake.replay_by(1).await?;
    let values = vec![("after.id".to_owned(), "2".to_owned())];
    decide(&lake, 1, RecordChange::Set { filter: record(1, 1), values }).await?;
    lake.replay().await?;
    for batch in [(2, 1), (1, 2)] {
        decide(&lake, batch.0, RecordChange::Drop { filter: record(batch.0, batch.1) }).await?;
    }
    let made = remade(&TestLake::at(folder.path())).await?;
    ensure!(made == [SilverRemade::KeysRecomputed { keys: 1, rows_before: 1, rows_after: 1 }], "{made:?}");
    let found = lake.silver_rows(TABLE, &["id", "total"]).await?;
    ensure!(found == ["2 1", "3 3"], "{found:?}");
    Ok(())
}
