//! Deletes that are forgotten after a time of events (`apply.tombstone_retention`), and what comes too late.

use anyhow::{Context, Result, ensure};
use sluice_api::{JobId, Layer, ReplayLimits, TableRef, TableReplay};
use sluice_runner::{Clock, Job, MaintainOptions, Maintained, maintain};
use sluice_tests::TestLake;
use tempfile::TempDir;

const DAY_MS: i64 = 86_400_000;
/// A time of events; no clock takes part.
const NOW_MS: i64 = 20_000 * DAY_MS;

fn contract(retention: &str) -> String {
    format!(
        "dataset: \"shop.orders\"\nsource: {{path: \"landing/orders/\", format: debezium_json}}\n\
apply: {{tombstone_retention: {retention}, quarantine_limit: 1}}\n\
schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n"
    )
}

struct Scenario {
    _folder: TempDir,
    lake: TestLake,
    file: u32,
}

impl Scenario {
    fn new(retention: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-late-").tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("contracts/shop/orders.yaml", contract(retention))?;
        Ok(Self { _folder: folder, lake, file: 0 })
    }

    /// One event: its position is its age in days, counted back from 1,000.
    fn land(&mut self, op: &str, id: u64, days_ago: i64) -> Result<()> {
        self.file += 1;
        let (lsn, time) = (1_000 - days_ago, NOW_MS - days_ago * DAY_MS);
        let image = format!("{{\"id\":{id},\"status\":\"{days_ago}\"}}");
        let image = if op == "d" { format!("\"before\":{image}") } else { format!("\"after\":{image}") };
        let event = format!("{{\"op\":\"{op}\",{image},\"source\":{{\"lsn\":{lsn},\"ts_ms\":{time}}}}}\n");
        self.lake.write(&format!("landing/orders/{:04}.json", self.file), event)
    }

    async fn replay(&self) -> Result<TableReplay> {
        let replay = self.lake.replay().await?.tables.pop().context("one table is replayed")?;
        ensure!(replay.error.is_none(), "{:?}", replay.error);
        Ok(replay)
    }

    async fn maintain(&self) -> Result<Maintained> {
        let job = Job::new(JobId(1), "test");
        let options = MaintainOptions { retention: None, ..MaintainOptions::default() };
        Ok(maintain(&self.lake.lake().await?, &orders()?, &options, &Clock::fixed(0), &job).await?)
    }

    async fn ids(&self) -> Result<Vec<String>> {
        let rows = self.lake.rows(&orders()?).await?.select(&["id"])?.rows;
        let mut ids: Vec<String> = rows.into_iter().flatten().flatten().collect();
        ids.sort();
        Ok(ids)
    }
}

fn orders() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? })
}

#[tokio::test]
async fn what_is_older_than_the_deletes_that_are_remembered_is_in_quarantine() -> Result<()> {
    let mut story = Scenario::new("30d")?;
    story.land("c", 1, 60)?;
    story.land("d", 1, 50)?;
    story.replay().await?;
    story.land("c", 2, 0)?;
    story.replay().await?;
    // The delete may be forgotten by now, so an insert from before it must not come in.
    story.land("u", 1, 55)?;
    let late = story.replay().await?;
    ensure!(late.reasons == [("TOO_LATE".to_owned(), 1)], "{:?}", late.reasons);
    ensure!(story.ids().await? == ["2"]);
    // Within the retention the delete is remembered.
    story.land("d", 3, 10)?;
    story.replay().await?;
    story.land("u", 3, 20)?;
    let blocked = story.replay().await?;
    ensure!(blocked.counters.tombstone_blocked == 1 && blocked.reasons.is_empty(), "{:?}", blocked.counters);
    ensure!(story.ids().await? == ["2"]);
    // A rebuild knows every delete, so the late event gets another chance, and loses.
    story.lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(story.ids().await? == ["2"]);
    Ok(())
}

#[tokio::test]
async fn maintenance_forgets_old_deletes_by_the_time_of_events() -> Result<()> {
    let mut story = Scenario::new("30d")?;
    for id in 1..=3 {
        story.land("d", id, 50)?;
    }
    story.land("d", 4, 20)?;
    story.replay().await?;
    story.land("c", 9, 20)?;
    story.replay().await?;
    ensure!(story.maintain().await?.forgotten_deletes == 0, "the newest event is as old as the deletes");
    story.land("c", 9, 0)?;
    story.replay().await?;
    let done = story.maintain().await?;
    ensure!(done.forgotten_deletes == 3, "{done:?}");
    ensure!(story.maintain().await?.forgotten_deletes == 0, "they are gone");
    // The delete within the retention is still there, and so is the mark of what is too late.
    story.land("u", 4, 25)?;
    story.land("u", 1, 55)?;
    let late = story.replay().await?;
    ensure!(late.counters.tombstone_blocked == 1, "{:?}", late.counters);
    ensure!(late.reasons == [("TOO_LATE".to_owned(), 1)], "{:?}", late.reasons);
    ensure!(story.ids().await? == ["9"]);
    Ok(())
}

#[tokio::test]
async fn merging_segments_forgets_old_deletes() -> Result<()> {
    let mut story = Scenario::new("30d")?;
    story.land("d", 100, 40)?;
    story.replay().await?;
    story.land("c", 9, 0)?;
    story.replay().await?;
    // Deletes one batch after the other, until their segments are made one.
    for id in 1..=15 {
        story.land("d", id, 15)?;
        story.replay().await?;
    }
    let done = story.maintain().await?;
    ensure!(done.forgotten_deletes == 0, "the merge of the segments has left the old one out: {done:?}");
    story.land("u", 15, 20)?;
    ensure!(story.replay().await?.counters.tombstone_blocked == 1);
    Ok(())
}

#[tokio::test]
async fn deletes_are_remembered_forever_unless_the_contract_says_otherwise() -> Result<()> {
    let mut story = Scenario::new("forever")?;
    story.land("d", 1, 900)?;
    story.replay().await?;
    story.land("c", 2, 0)?;
    story.replay().await?;
    ensure!(story.maintain().await?.forgotten_deletes == 0);
    story.land("u", 1, 950)?;
    let late = story.replay().await?;
    ensure!(late.counters.tombstone_blocked == 1 && late.reasons.is_empty());
    ensure!(story.ids().await? == ["2"]);
    Ok(())
}

/// Days from the time of the tests to the year 9999.
const DAYS_TO_9999: i64 = 2_912_000;

#[tokio::test]
async fn an_event_that_is_dated_wrong_makes_no_other_too_late() -> Result<()> {
    for days_ahead in [DAYS_TO_9999, 9_000] {
        let mut story = Scenario::new("30d")?;
        story.land("c", 1, 1)?;
        story.replay().await?;
        // Alone, and among others of its batch.
        story.land("c", 2, -days_ahead)?;
        let wrong = story.replay().await?;
        ensure!(wrong.reasons.is_empty() && story.ids().await? == ["1", "2"], "the row itself is right");
        story.land("c", 3, -days_ahead - 1)?;
        story.land("c", 4, 0)?;
        story.land("c", 5, 0)?;
        story.replay().await?;
        story.land("c", 6, 0)?;
        let next = story.replay().await?;
        ensure!(next.reasons.is_empty(), "{:?}", next.reasons);
        ensure!(story.ids().await? == ["1", "2", "3", "4", "5", "6"]);
        // The deletes that are remembered are those of before, too.
        story.land("d", 7, 20)?;
        story.replay().await?;
        ensure!(story.maintain().await?.forgotten_deletes == 0);
        story.land("u", 7, 25)?;
        ensure!(story.replay().await?.counters.tombstone_blocked == 1);
        story.land("u", 8, 40)?;
        ensure!(story.replay().await?.reasons == [("TOO_LATE".to_owned(), 1)]);
    }
    Ok(())
}
