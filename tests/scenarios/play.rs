//! Plays a scenario on a lake of its own, with the real engine.

use super::document::{Document, LEDGER, Outcome, QUARANTINE, SILVER, STOPPED, Step};
use super::table::{Table, written};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_api::{Layer, ReplayLimits, TableRef, TableReplay};
use sluice_contract::Contract;
use sluice_tests::{Rows, TestLake};

/// A contract as the scenario has it, and where its files land.
struct Played {
    lake: TestLake,
    _folder: tempfile::TempDir,
    table: Option<(TableRef, String)>,
    batch: u32,
}

impl Played {
    fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-scenario-").tempdir()?;
        Ok(Self { lake: TestLake::at(folder.path()), _folder: folder, table: None, batch: 0 })
    }

    fn contract(&mut self, text: &str) -> Result<()> {
        let contract = Contract::parse(text, "the contract of the scenario").map_err(|problems| {
            anyhow::Error::msg(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let source = contract.source.context("the contract of a scenario has a source")?;
        self.table = Some((TableRef { layer: Layer::Silver, name: contract.name }, source.path));
        self.lake.write("contracts/scenario.yaml", text)
    }

    fn land(&mut self, ending: &str, content: &str) -> Result<()> {
        let (_, path) = self.table.as_ref().context("the contract comes first")?;
        self.batch += 1;
        if content.is_empty() {
            return Ok(());
        }
        let path = format!("{}/batch-{}.{ending}", path.trim_end_matches('/'), self.batch);
        self.lake.write(&path, content)
    }

    async fn replay(&self) -> Result<TableReplay> {
        self.lake.replay().await?.tables.pop().context("one table is replayed")
    }

    async fn silver(&self) -> Result<Rows> {
        let (table, _) = self.table.as_ref().context("the contract comes first")?;
        self.lake.rows(table).await
    }

    async fn quarantine(&self) -> Result<Rows> {
        let (table, _) = self.table.as_ref().context("the contract comes first")?;
        self.lake.quarantine(&table.name.to_string()).await
    }
}

/// Plays it batch by batch, as written.
pub(crate) async fn play(document: &Document) -> Result<Outcome> {
    let mut played = Played::new()?;
    let mut replays = Vec::new();
    for step in &document.steps {
        match step {
            Step::Contract(text) => played.contract(text)?,
            Step::Batch { ending, content } => {
                played.land(ending, content)?;
                replays.push(played.replay().await?);
            }
        }
    }
    let mut found = Outcome::new();
    found.insert(SILVER, silver_table(&played.silver().await?, document)?);
    found.insert(LEDGER, ledger_table(&replays, document)?);
    found.insert(QUARANTINE, quarantine_table(&played.quarantine().await?)?);
    found.insert(STOPPED, stopped_table(&replays));
    Ok(found)
}

/// The columns that the scenario shows; all if it shows none yet.
fn silver_table(rows: &Rows, document: &Document) -> Result<Table> {
    let shown = document.expected.get(SILVER).map(|table| table.columns.clone()).unwrap_or_default();
    let mut shown: Vec<&str> = shown.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    if shown.is_empty() {
        shown = rows.columns.iter().map(String::as_str).filter(|name| !name.starts_with('_')).collect();
    }
    Ok(table_of(&rows.select(&shown)?).sorted())
}

fn table_of(rows: &Rows) -> Table {
    let line = |row: &Vec<Option<String>>| row.iter().map(|cell| written(cell.as_deref())).collect();
    Table { columns: rows.columns.clone(), rows: rows.rows.iter().map(line).collect() }
}

/// One line per batch: the counters that the scenario names, or all that are not 0.
fn ledger_table(replays: &[TableReplay], document: &Document) -> Result<Table> {
    let counters: Vec<Value> =
        replays.iter().map(|replay| Ok(serde_json::to_value(replay.counters)?)).collect::<Result<_>>()?;
    let named = document.expected.get(LEDGER).map(|table| table.columns.clone()).unwrap_or_default();
    let mut names: Vec<String> = named.into_iter().skip(1).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        let all = counters.first().and_then(Value::as_object).context("counters are an object")?.keys();
        let used = |name: &&String| counters.iter().any(|batch| batch[name.as_str()].as_u64() != Some(0));
        names = all.filter(used).cloned().collect();
    }
    let mut rows = Vec::new();
    for (at, batch) in counters.iter().enumerate() {
        ensure!(replays[at].counters.balances(), "the ledger of batch {} does not balance: {batch}", at + 1);
        let mut row = vec![(at + 1).to_string()];
        for name in &names {
            row.push(batch.get(name).with_context(|| format!("there is no counter `{name}`"))?.to_string());
        }
        rows.push(row);
    }
    Ok(Table { columns: std::iter::once("batch".to_owned()).chain(names).collect(), rows })
}

fn quarantine_table(rows: &Rows) -> Result<Table> {
    Ok(table_of(&rows.select(&["batch", "reason", "column", "row"])?).sorted())
}

fn stopped_table(replays: &[TableReplay]) -> Table {
    let mut rows = Vec::new();
    for (at, replay) in replays.iter().enumerate() {
        if let Some(error) = &replay.error {
            rows.push(vec![(at + 1).to_string(), error.message.clone()]);
        }
    }
    Table { columns: vec!["batch".to_owned(), "because".to_owned()], rows }
}

/// Silver does not depend on how the events are delivered: all at once, the batches in reverse order,
/// every batch twice, and built again from bronze. Where the scenario is about what happens between
/// the batches (another contract, a batch that was refused), only the last.
pub(crate) async fn replay_every_other_way(document: &Document, found: &Outcome) -> Result<()> {
    let batches: Vec<(&str, &str)> = document
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Batch { ending, content } => Some((*ending, content.as_str())),
            Step::Contract(_) => None,
        })
        .collect();
    let expected = &found[SILVER];
    let stopped = !found[STOPPED].rows.is_empty();
    if document.contracts() > 1 || stopped {
        return Ok(());
    }
    let at_once = start(document)?;
    let at_once = deliver(at_once, &batches, false).await?;
    ensure_same(&at_once, document, expected, "all batches at once").await?;
    at_once.lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure_same(&at_once, document, expected, "a rebuild from bronze").await?;
    let reversed: Vec<_> = batches.iter().rev().copied().collect();
    ensure_same(&deliver(start(document)?, &reversed, true).await?, document, expected, "the reverse order").await?;
    let twice: Vec<_> = batches.iter().chain(&batches).copied().collect();
    ensure_same(&deliver(start(document)?, &twice, true).await?, document, expected, "every batch twice").await
}

fn start(document: &Document) -> Result<Played> {
    let mut played = Played::new()?;
    for step in &document.steps {
        if let Step::Contract(text) = step {
            played.contract(text)?;
        }
    }
    Ok(played)
}

async fn deliver(mut played: Played, batches: &[(&str, &str)], one_by_one: bool) -> Result<Played> {
    for (ending, content) in batches {
        played.land(ending, content)?;
        if one_by_one {
            played.replay().await?;
        }
    }
    played.replay().await?;
    Ok(played)
}

async fn ensure_same(played: &Played, document: &Document, expected: &Table, how: &str) -> Result<()> {
    let found = silver_table(&played.silver().await?, document)?;
    ensure!(found.rows == expected.rows, "with {how} silver is\n{}", found.print().join("\n"));
    Ok(())
}
