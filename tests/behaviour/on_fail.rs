//! Checks that put records into quarantine (`on_fail: quarantine`): silver is that of the records that pass, however they
//! arrive and whenever the check was written.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sluice_api::{QuarantineFilter, QuarantineReason, QuarantineStatus, ReplayLimits, TableName, ask};
use sluice_tests::{TestLake, amount, counted, seeded};
use tempfile::TempDir;

/// Histories in the default tier.
const HISTORIES: u64 = 6;
const TABLE: &str = "crm.people";
const NOT_SENT: &str = "__debezium_unavailable_value";

/// Checks, and the same of a country, an amount and a note in another language.
type Rule = (&'static str, fn(&Value, &Value, &Value) -> bool);

const RULES: [Rule; 4] = [
    ("", |_, _, _| true),
    ("- {check: \"min_value(amount, 5)\", on_fail: quarantine}\n", |_, amount, _| {
        amount.as_i64().is_none_or(|amount| amount >= 5)
    }),
    (
        "- {check: \"accepted_values(country, 'AT', 'DE')\", on_fail: quarantine}\n\
         - {check: \"max_value(amount, 20)\", on_fail: quarantine}\n",
        |country, amount, _| {
            country.as_str().is_none_or(|country| ["AT", "DE", NOT_SENT].contains(&country))
                && amount.as_i64().is_none_or(|amount| amount <= 20)
        },
    ),
    ("- {check: \"not_null(note)\", on_fail: quarantine, severity: warn}\n", |_, _, note| !note.is_null()),
];

fn contract(rule: &Rule, scd: &str) -> String {
    let quality = if rule.0.is_empty() { String::new() } else { format!("quality:\n{}", rule.0) };
    format!(
        "dataset: {TABLE}\nsource: {{path: landing/, format: debezium_json}}\n\
         apply: {{scd: {scd}, quarantine_limit: 1.0, on_missing_base: insert_partial}}\n{quality}schema:\n\
         - {{name: key, type: bigint, primary_key: true}}\n- {{name: country, type: string}}\n\
         - {{name: amount, type: bigint}}\n- {{name: note, type: string, pii: true}}\n"
    )
}

#[derive(Clone)]
struct Change {
    op: &'static str,
    lsn: u64,
    row: Value,
}

impl Change {
    fn line(&self) -> String {
        let (before, after) = if self.op == "d" { (&self.row, &Value::Null) } else { (&Value::Null, &self.row) };
        format!("{}\n", json!({"op": self.op, "before": before, "after": after, "source": {"lsn": self.lsn}}))
    }

    fn passes(&self, rule: &Rule) -> bool {
        self.op == "d" || (rule.1)(&self.row["country"], &self.row["amount"], &self.row["note"])
    }
}

fn history(random: &mut fastrand::Rng) -> Vec<Change> {
    (1..=random.u64(20..50))
        .map(|lsn| {
            let op = ["c", "u", "u", "u", "d"][random.usize(..5)];
            let country = [json!("AT"), json!("DE"), json!("FR"), Value::Null, json!(NOT_SENT)];
            let amount = [json!(1), json!(10), json!(30), Value::Null];
            let note = [json!(format!("n{lsn}")), json!(NOT_SENT), Value::Null];
            let (country, amount, note) =
                (&country[random.usize(..5)], &amount[random.usize(..4)], &note[random.usize(..7).min(2)]);
            let row = json!({"key": random.u8(1..8), "country": country, "amount": amount, "note": note});
            Change { op, lsn, row }
        })
        .collect()
}

fn lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-on-fail-").tempdir()?;
    let lake = TestLake::at(folder.path());
    Ok((folder, lake))
}

/// Everything replayed; the ledger balances.
async fn replayed(lake: &TestLake, full_refresh: bool) -> Result<()> {
    let limits = ReplayLimits { max_files: Some(3), full_refresh, ..ReplayLimits::default() };
    let mut done = lake.replay_within(limits.clone()).await?;
    // Where most rows go the rebuild has to be asked for.
    if done.tables.iter().any(|table| table.error.as_ref().is_some_and(|error| error.message.contains("rows. Look"))) {
        done = lake.replay_within(ReplayLimits { full_refresh: true, ..limits }).await?;
    }
    for table in &done.tables {
        ensure!(table.error.is_none() && table.counters.balances(), "{table:?}");
    }
    Ok(())
}

/// The numbers of the records that cannot be in silver, with their reasons.
async fn open(lake: &TestLake) -> Result<Vec<(String, Vec<QuarantineReason>)>> {
    let table: TableName = TABLE.parse().map_err(anyhow::Error::msg)?;
    let filter = QuarantineFilter { status: Some(QuarantineStatus::Open), ..QuarantineFilter::default() };
    let list = lake.host().call(ask::Quarantine { table, filter }).await?;
    let Some(records) = list.records else { return Ok(Vec::new()) };
    let rows = lake.result(&records).await?.select(&["address", "reasons"])?.rows;
    let of_row = |row: Vec<Option<String>>| {
        let cell = |at: usize| row[at].clone().unwrap_or_default();
        (cell(0), QuarantineReason::all_of(&cell(1)))
    };
    Ok(rows.into_iter().map(of_row).collect())
}

async fn play(seed: u64, scd: &str) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let changes = history(&mut random);
    let (first, second) = (random.choice(RULES).unwrap_or(RULES[0]), random.choice(RULES).unwrap_or(RULES[1]));
    let mut delivered = changes.clone();
    random.shuffle(&mut delivered);
    let (_folder, lake) = lake()?;
    lake.write("contracts/crm/people.yaml", contract(&first, scd))?;
    let cut = random.usize(1..delivered.len());
    for (at, part) in [&delivered[..cut], &delivered[cut..]].into_iter().enumerate() {
        if at == 1 {
            lake.write("contracts/crm/people.yaml", contract(&second, scd))?;
        }
        for (number, change) in part.iter().enumerate() {
            lake.write(&format!("landing/{at}-{number:03}.json"), change.line())?;
        }
        replayed(&lake, false).await?;
    }
    let fails = changes.iter().filter(|change| !change.passes(&second)).count();
    let (_passing_folder, passing) = self::lake()?;
    passing.write("contracts/crm/people.yaml", contract(&RULES[0], scd))?;
    let lines = changes.iter().filter(|change| change.passes(&second)).map(Change::line);
    passing.write("landing/all.json", lines.collect::<String>())?;
    replayed(&passing, false).await?;
    let wanted = passing.silver_rows(TABLE, &["key", "country", "amount", "note"]).await?;
    for again in [false, true] {
        if again {
            replayed(&lake, true).await?;
        }
        let found = lake.silver_rows(TABLE, &["key", "country", "amount", "note"]).await?;
        ensure!(found == wanted, "{} becomes {}, again: {again}: {found:?}, not {wanted:?}", first.0, second.0);
        let open = open(&lake).await?;
        ensure!(open.len() == fails, "{} becomes {}: {} of {fails} are listed", first.0, second.0, open.len());
        for (address, reasons) in open {
            let are_checks = reasons.iter().all(|of| of.reason == "CHECK_FAILED" && of.column.is_some());
            ensure!(are_checks && !reasons.is_empty(), "{address}: {reasons:?}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn silver_is_that_of_the_records_that_pass() -> Result<()> {
    let mut random = seeded("on_fail");
    let histories = amount("SLUICE_ON_FAIL_HISTORIES", HISTORIES);
    for at in 0..histories {
        let (seed, scd) = (random.u64(..), ["1", "2", "append"][usize::try_from(at % 3)?]);
        play(seed, scd).await.with_context(|| format!("seed {seed}, scd: {scd}"))?;
    }
    counted("histories with checks of records", usize::try_from(histories)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_names_everything_that_is_wrong_with_it() -> Result<()> {
    let (folder, lake) = lake()?;
    lake.write("contracts/crm/people.yaml", contract(&RULES[2], "1"))?;
    let row = json!({"key": "one", "country": "XX", "amount": "many", "note": "canary@post.example"});
    let bad = Change { op: "c", lsn: 1, row };
    let good = Change { op: "c", lsn: 2, row: json!({"key": 2, "country": "AT", "amount": 1, "note": "n"}) };
    lake.write("landing/1.json", bad.line() + &good.line())?;
    replayed(&lake, false).await?;
    let (address, reasons) = open(&lake).await?.pop().context("it is in quarantine")?;
    let found: Vec<(&str, Option<&str>)> =
        reasons.iter().map(|of| (of.reason.as_str(), of.column.as_deref())).collect();
    let wanted = [("TYPE_MISMATCH", Some("key")), ("TYPE_MISMATCH", Some("amount")), ("CHECK_FAILED", Some("country"))];
    ensure!(found == wanted, "{reasons:?}");
    let sluice = sluice_tests::Sluice::on_folder(folder.path());
    for words in [
        vec!["quarantine", "show", TABLE, &address],
        vec!["quarantine", "ls", TABLE],
        vec!["quarantine", "ls", TABLE, "--json"],
        vec!["quarantine", "ls", TABLE, "--reason", "CHECK_FAILED"],
        vec!["trace", "landing/1.json:1"],
        vec!["trace", "landing/1.json:1", "--json"],
    ] {
        let said = sluice.ok(&words)?;
        let all = ["TYPE_MISMATCH", "amount", "CHECK_FAILED", "country"].iter().all(|of| said.contains(of));
        ensure!(all && !said.contains("canary"), "{words:?}: {said}");
    }
    Ok(())
}

/// Only records count: the rows of a table may need more than one of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_share_in_quarantine_counts_them_in_a_batch_and_in_a_rebuild() -> Result<()> {
    let (_folder, lake) = lake()?;
    let limited = |rule: &Rule| contract(rule, "1").replace("quarantine_limit: 1.0", "quarantine_limit: 0.2");
    lake.write("contracts/crm/people.yaml", limited(&RULES[1]))?;
    let line = |key: u64, amount: u64| {
        Change { op: "c", lsn: key, row: json!({"key": key, "country": "AT", "amount": amount, "note": "n"}) }.line()
    };
    lake.write("landing/1.json", (1..=9).map(|key| line(key, 10)).collect::<String>() + &line(10, 1))?;
    replayed(&lake, false).await?;
    lake.write("landing/2.json", (11..=13).map(|key| line(key, 30)).collect::<String>() + &line(14, 1))?;
    let said = lake.replay().await?.tables[0].error.clone().context("the batch is held")?;
    ensure!(said.message.contains("25.0 %") && said.message.contains("CHECK_FAILED in amount"), "{said}");
    // The other check lets these through, and the table as a whole is within the limit.
    lake.write("contracts/crm/people.yaml", limited(&RULES[2]))?;
    let said = lake.replay().await?.tables[0].error.clone().context("the batch is held by the other check")?;
    ensure!(said.message.contains("75.0 %"), "{said}");
    lake.write("contracts/crm/people.yaml", limited(&RULES[0]))?;
    replayed(&lake, false).await?;
    ensure!(lake.silver_rows(TABLE, &["key"]).await?.len() == 14 && open(&lake).await?.is_empty());
    lake.write("contracts/crm/people.yaml", limited(&RULES[2]))?;
    let said = lake.replay().await?.tables[0].error.clone().context("the rebuild is refused")?;
    ensure!(said.message.contains("21.4 %") && said.message.contains("not rebuilt"), "{said}");
    ensure!(lake.silver_rows(TABLE, &["key"]).await?.len() == 14, "silver stays");
    Ok(())
}

/// What a sandbox made is taken over as files, and so is what it put into quarantine.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_in_a_sandbox_is_listed_in_production_once_it_is_published() -> Result<()> {
    let (folder, lake) = lake()?;
    lake.write("contracts/crm/people.yaml", contract(&RULES[0], "1"))?;
    let line = |key: u64| {
        Change { op: "c", lsn: key, row: json!({"key": key, "country": "AT", "amount": key, "note": "n"}) }.line()
    };
    lake.write("landing/1.json", (1..=9).map(line).collect::<String>())?;
    let data = tempfile::Builder::new().prefix("sluice-on-fail-data-").tempdir()?;
    let sluice = sluice_tests::Sluice::on_folder(folder.path()).env("SLUICE_AUTHOR", "mira");
    let sluice = sluice.env("XDG_DATA_HOME", data.path().display().to_string());
    sluice.ok(&["replay"])?;
    sluice.ok(&["publish", "-m", "first"])?;
    lake.write("contracts/crm/people.yaml", contract(&RULES[1], "1"))?;
    sluice.ok(&["sandbox", "new", "try"])?;
    sluice.ok(&["--sandbox", "try", "replay"])?;
    let tried = sluice.ok(&["--sandbox", "try", "quarantine", "ls", TABLE])?;
    ensure!(tried.contains("4 open"), "{tried}");
    ensure!(sluice.ok(&["quarantine", "ls", TABLE])?.contains("empty"), "production is as it was");
    let published = sluice.ok(&["--sandbox", "try", "publish", "-m", "second"])?;
    ensure!(published.contains("adopted"), "{published}");
    ensure!(lake.silver_rows(TABLE, &["key"]).await?.len() == 5);
    ensure!(open(&lake).await?.len() == 4, "{:?}", open(&lake).await?);
    // What only the draft reads is no matter of production, and is replayed in a sandbox.
    lake.write("contracts/crm/people.yaml", contract(&RULES[0], "1"))?;
    let refused = sluice.call(&["quarantine", "replay", TABLE, "--because", "the check was wrong"])?;
    ensure!(refused.code != 0 && refused.err.contains("sandbox"), "{refused:?}");
    sluice.ok(&["sandbox", "new", "again"])?;
    sluice.ok(&["--sandbox", "again", "replay"])?;
    let replay = ["--sandbox", "again", "quarantine", "replay", TABLE, "--because", "the check was wrong"];
    sluice.ok(&replay)?;
    let rows = sluice.ok(&["--sandbox", "again", "query", "SELECT count(*) AS n FROM silver.crm.people"])?;
    ensure!(rows.contains('9') && lake.silver_rows(TABLE, &["key"]).await?.len() == 5, "{rows}");
    sluice.ok(&["sandbox", "rm", "try"])?;
    sluice.ok(&["sandbox", "rm", "again"])?;
    Ok(())
}
