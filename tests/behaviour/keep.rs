//! Rows that a table keeps (`apply.keep`): a changed condition makes what a full refresh under it makes.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use sluice_api::{ApiError, Layer, ReplayLimits, SilverRemade, TableRef};
use sluice_tests::{TestLake, amount, counted, seeded};
use std::collections::BTreeMap;

/// Histories in the default tier.
const HISTORIES: u64 = 6;

/// Conditions, and the same of a country and an amount in another language.
type Rule = (&'static str, fn(Option<&str>, Option<i64>) -> bool);

const RULES: [Rule; 5] = [
    ("", |_, _| true),
    ("keep: \"country = 'AT'\", ", |country, _| country == Some("AT")),
    ("keep: \"country in ('AT', 'DE') and amount > 20\", ", |country, amount| {
        matches!(country, Some("AT" | "DE")) && amount > Some(20)
    }),
    ("keep: \"not (country = 'AT') or amount is null\", ", |country, amount| {
        country.is_some_and(|country| country != "AT") || amount.is_none()
    }),
    ("keep: \"amount <= id\", ", |_, amount| amount.is_some_and(|amount| amount <= 3)),
];

fn contract(rule: &Rule, scd: &str) -> String {
    format!(
        "dataset: crm.people\nsource: {{path: landing/, format: debezium_json}}\n\
         apply: {{{}scd: {scd}, quarantine_limit: 1.0, on_missing_base: insert_partial}}\nschema:\n\
         - {{name: key, type: bigint, primary_key: true}}\n- {{name: country, type: string}}\n\
         - {{name: amount, type: bigint}}\n- {{name: id, type: bigint}}\n- {{name: note, type: string}}\n",
        rule.0
    )
}

#[derive(Clone)]
struct Change {
    op: &'static str,
    lsn: u64,
    row: Map<String, Value>,
}

impl Change {
    fn line(&self) -> String {
        let (before, after) =
            if self.op == "d" { (json!(self.row), Value::Null) } else { (Value::Null, json!(self.row)) };
        format!("{}\n", json!({"op": self.op, "before": before, "after": after, "source": {"lsn": self.lsn}}))
    }

    fn country(&self) -> Option<&str> {
        self.row.get("country").and_then(Value::as_str)
    }

    /// Whether it says nothing of the country, so that a condition on it cannot be decided.
    fn is_undecided(&self, rule: &Rule) -> bool {
        self.op != "d" && rule.0.contains("country") && self.country() == Some("__debezium_unavailable_value")
    }
}

/// Events in order, of which some lack columns or none does.
fn history(random: &mut fastrand::Rng) -> Vec<Change> {
    let whole = random.bool();
    (1..=random.u64(8..40))
        .map(|lsn| {
            let op = ["c", "u", "u", "u", "d"][random.usize(..5)];
            let country = [json!("AT"), json!("DE"), json!("FR"), Value::Null, json!("__debezium_unavailable_value")];
            let amount = [json!(1), json!(10), json!(30), Value::Null][random.usize(..4)].clone();
            let note = [json!(format!("n{lsn}")), json!("__debezium_unavailable_value")][random.usize(..2)].clone();
            let note = if whole { json!(format!("n{lsn}")) } else { note };
            let country = country[random.usize(..20).min(if whole { 3 } else { 4 })].clone();
            let country = if random.u8(..3) > 0 { json!(["AT", "DE", "FR"][random.usize(..3)]) } else { country };
            let row = json!({"key": random.u8(1..6), "country": country, "amount": amount, "id": 3, "note": note});
            let Value::Object(row) = row else { unreachable!("a row is an object") };
            Change { op, lsn, row }
        })
        .collect()
}

/// Keys and their country, amount and note, by a map that takes the events in order.
fn oracle(changes: &[Change], rule: &Rule) -> BTreeMap<String, Vec<Option<String>>> {
    let mut rows: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for change in changes.iter().filter(|change| !change.is_undecided(rule)) {
        let key = change.row["key"].to_string();
        let amount = change.row["amount"].as_i64();
        if change.op == "d" || !(rule.1)(change.country(), amount) {
            rows.remove(&key);
            continue;
        }
        let text = |name: &str| match &change.row[name] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let row = rows.entry(key).or_insert_with(|| vec![None; 3]);
        for (place, name) in row.iter_mut().zip(["country", "amount", "note"]) {
            if change.row[name] != json!("__debezium_unavailable_value") {
                *place = text(name);
            }
        }
    }
    rows
}

async fn silver(lake: &TestLake) -> Result<BTreeMap<String, Vec<Option<String>>>> {
    let table = TableRef { layer: Layer::Silver, name: "crm.people".parse().map_err(anyhow::Error::msg)? };
    let rows = lake.rows(&table).await?;
    if rows.rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let place = |name: &str| rows.columns.iter().position(|column| column == name).context("silver has the column");
    let (key, places) = (place("key")?, [place("country")?, place("amount")?, place("note")?]);
    let row = |row: &Vec<Option<String>>| {
        (row[key].clone().unwrap_or_default(), places.iter().map(|&place| row[place].clone()).collect())
    };
    Ok(rows.rows.iter().map(row).collect())
}

async fn play(seed: u64, scd: &str) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let changes = history(&mut random);
    let (first, second) = (random.choice(RULES).unwrap_or(RULES[0]), random.choice(RULES).unwrap_or(RULES[1]));
    let mut delivered = changes.clone();
    random.shuffle(&mut delivered);
    let folder = tempfile::Builder::new().prefix("sluice-keep-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/crm/people.yaml", contract(&first, scd))?;
    let cut = random.usize(1..delivered.len());
    for (at, part) in [&delivered[..cut], &delivered[cut..]].into_iter().enumerate() {
        if at == 1 {
            lake.write("contracts/crm/people.yaml", contract(&second, scd))?;
        }
        for (number, change) in part.iter().enumerate() {
            lake.write(&format!("landing/{at}-{number:03}.json"), change.line())?;
        }
        let limits = ReplayLimits { max_files: Some(3), ..ReplayLimits::default() };
        let mut done = lake.replay_within(limits.clone()).await?;
        // Where most rows are left out because of records in quarantine, or none is left, a rebuild has to be asked for.
        let is_refused = |error: &ApiError| error.message.contains("Silver was not rebuilt from bronze: it would have");
        if done.tables.iter().any(|table| table.error.as_ref().is_some_and(is_refused)) {
            done = lake.replay_within(ReplayLimits { full_refresh: true, ..limits }).await?;
        }
        for table in &done.tables {
            ensure!(table.error.is_none(), "{:?}", table.error);
            ensure!(table.counters.balances(), "{:?}", table.counters);
        }
    }
    let fresh_folder = tempfile::Builder::new().prefix("sluice-keep-").tempdir()?;
    let fresh = TestLake::at(fresh_folder.path());
    fresh.write("contracts/crm/people.yaml", contract(&second, scd))?;
    fresh.write("landing/all.json", changes.iter().map(Change::line).collect::<String>())?;
    let done = fresh.replay().await?;
    let counters = done.tables[0].counters;
    ensure!(done.tables[0].error.is_none() && counters.balances(), "{:?} {counters:?}", done.tables[0].error);
    ensure!(lake.fingerprints().await? == fresh.fingerprints().await?, "{} becomes {}", first.0, second.0);
    if scd == "1" {
        let expected = oracle(&changes, &second);
        let found = silver(&lake).await?;
        ensure!(found == expected, "{} becomes {}: {found:?} should be {expected:?}", first.0, second.0);
        let left_out = changes.iter().filter(|change| change.is_undecided(&second)).count() as u64;
        ensure!(counters.quarantined == left_out, "{counters:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_condition_makes_what_a_full_refresh_makes() -> Result<()> {
    let mut random = seeded("changed keep");
    let histories = amount("SLUICE_KEEP_HISTORIES", HISTORIES);
    for at in 0..histories {
        let (seed, scd) = (random.u64(..), ["1", "1", "2", "append"][usize::try_from(at % 4)?]);
        play(seed, scd).await.with_context(|| format!("seed {seed}, scd: {scd}"))?;
    }
    counted("changed conditions", usize::try_from(histories)?);
    Ok(())
}

/// What a replay under a condition did to silver: rows that came and went, and events that were read.
async fn under(lake: &TestLake, keep: &str) -> Result<(u64, u64, u64)> {
    let text = contract(&RULES[0], "1").replace("apply: {", &format!("apply: {{{keep}"));
    lake.write("contracts/crm/people.yaml", text)?;
    lake.replay().await?.tables[0].error.clone().map_or(Ok(()), |error| Err(anyhow::anyhow!("{error}")))?;
    let silver: TableRef = TableRef { layer: Layer::Silver, name: "crm.people".parse().map_err(anyhow::Error::msg)? };
    let commits = lake.store(&silver).await?.history(usize::MAX).await?;
    let ledger = commits.iter().find_map(|commit| commit.info.ledger).context("a commit counts rows")?;
    ensure!(ledger.balances(), "{ledger:?}");
    Ok((ledger.inserted, ledger.deleted, ledger.rows_in))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_condition_reads_the_rows_that_come_and_go_alone() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-keep-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let event = |key: u64, country: &str, lsn: u64| {
        let row = json!({"key": key, "country": country, "amount": key, "id": 3, "note": "n"});
        format!("{}\n", json!({"op": "u", "after": row, "source": {"lsn": lsn}}))
    };
    let countries = ["AT", "AT", "AT", "AT", "AT", "AT", "DE", "DE", "FR"];
    let rows = (1..=90_usize).map(|key| event(key as u64, countries[key % 9], key as u64));
    lake.write("landing/1.json", rows.collect::<String>())?;
    ensure!(under(&lake, "keep: \"country = 'AT'\", ").await? == (60, 0, 90), "silver is made");
    ensure!(under(&lake, "keep: \"country in ('AT', 'FR')\", ").await? == (10, 0, 10), "ten rows enter");
    ensure!(under(&lake, "keep: \"country in ('AT', 'FR') and amount > 9\", ").await? == (0, 7, 7), "small ones leave");
    ensure!(under(&lake, "keep: \"country in ('FR', 'DE') and amount > 9\", ").await? == (18, 54, 72), "both at once");
    // A late event of a row that left does not bring it back, a new one does.
    lake.write("landing/3.json", event(9, "FR", 2) + &event(10, "DE", 500))?;
    let counters = lake.replay().await?.tables[0].counters;
    ensure!((counters.inserted, counters.superseded) == (1, 1), "{counters:?}");
    ensure!(under(&lake, "").await? == (62, 0, 63), "all that was left out enters");
    let found = lake.fingerprints().await?;
    lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(found == lake.fingerprints().await?, "a full refresh makes another table");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_says_what_it_made_anew() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-keep-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let rows = (1..=20_u64).map(|key| {
        let row =
            json!({"key": key, "country": if key > 5 { "AT" } else { "FR" }, "amount": key, "id": 3, "note": "n"});
        format!("{}\n", json!({"op": "u", "after": row, "source": {"lsn": key}}))
    });
    lake.write("landing/1.json", rows.collect::<String>())?;
    let is = async |limits: ReplayLimits| -> Result<_> {
        let table = lake.replay_within(limits).await?.tables.pop().context("one table")?;
        Ok((table.silver_rows, table.remade, table.would_remake))
    };
    let (now, dry) = (ReplayLimits::default, || ReplayLimits { dry_run: true, ..ReplayLimits::default() });
    lake.write("contracts/crm/people.yaml", contract(&RULES[1], "1"))?;
    ensure!(is(dry()).await? == (Some(15), Vec::new(), false), "of a table that is not made yet");
    ensure!(is(now()).await? == (Some(15), Vec::new(), false), "nothing was there to be made anew");
    lake.write("contracts/crm/people.yaml", contract(&RULES[0], "1"))?;
    ensure!(is(dry()).await? == (None, Vec::new(), true), "how many rows there will be is not known");
    let entered = SilverRemade::OtherRowsKept { entered: 5, left: 0 };
    ensure!(is(now()).await? == (Some(20), vec![entered], false), "five rows enter");
    ensure!(is(now()).await? == (Some(20), Vec::new(), false), "nothing to do, and the rows are there");
    lake.write("contracts/crm/people.yaml", contract(&RULES[0], "2"))?;
    let rebuilt = SilverRemade::Rebuilt { rows_before: 20, rows_after: 20 };
    ensure!(is(dry()).await? == (None, Vec::new(), true), "history is made of bronze");
    ensure!(is(now()).await? == (Some(20), vec![rebuilt], false), "it was rebuilt");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_enters_without_its_base_waits_with_the_reason() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-keep-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let text = contract(&RULES[1], "1").replace(", on_missing_base: insert_partial", "");
    lake.write("contracts/crm/people.yaml", text)?;
    let row = |country: &str, note: &str, lsn: u64| {
        let row = json!({"key": 1, "country": country, "amount": 1, "id": 3, "note": note});
        format!("{}\n", json!({"op": "u", "after": row, "source": {"lsn": lsn}}))
    };
    lake.write("landing/1.json", row("FR", "a long text", 1))?;
    let counters = lake.replay().await?.tables[0].counters;
    ensure!((counters.filtered, counters.silver_after) == (1, 0), "{counters:?}");
    lake.write("landing/2.json", row("AT", "__debezium_unavailable_value", 2))?;
    let said = lake.replay().await?.tables[0].error.clone().context("the batch waits")?;
    ensure!(said.message.contains("MISSING_BASE") && said.message.contains("`note`"), "{said}");
    ensure!(said.message.contains("keep left out"), "{said}");
    lake.write("landing/3.json", row("AT", "sent again", 3))?;
    let table = lake.replay().await?.tables[0].clone();
    ensure!(table.error.is_none() && table.counters.silver_after == 1, "{table:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_keeps_nothing_empties_no_table() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-keep-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/crm/people.yaml", contract(&RULES[0], "1"))?;
    let rows = (1..=4).map(|key| {
        let row = json!({"key": key, "country": if key == 1 { "AT" } else { "DE" }, "amount": 1, "id": 3, "note": "n"});
        format!("{}\n", json!({"op": "c", "after": row, "source": {"lsn": key}}))
    });
    lake.write("landing/1.json", rows.collect::<String>())?;
    ensure!(lake.replay().await?.tables[0].counters.silver_after == 4);
    let keep = |condition: &str| contract(&RULES[1], "1").replace("country = 'AT'", condition);
    lake.write("contracts/crm/people.yaml", keep("country = 'at'"))?;
    let said = lake.replay().await?.tables[0].error.clone().context("the rebuild is refused")?;
    ensure!(said.message.contains("0 of the 4 rows") && said.message.contains("keep"), "{said}");
    // Fewer than half of the rows are wanted here, and counted.
    lake.write("contracts/crm/people.yaml", keep("country = 'AT'"))?;
    let table = lake.replay().await?.tables[0].clone();
    ensure!(table.error.is_none(), "{table:?}");
    ensure!(silver(&lake).await?.len() == 1);
    lake.write("contracts/crm/people.yaml", keep("amount > 'much'"))?;
    let said = lake.replay().await?.tables[0].error.clone().context("the condition is no condition")?;
    ensure!(said.message.contains("`amount`") && said.message.contains("expected bigint"), "{said}");
    Ok(())
}
