//! Plays a scenario on a lake of its own, with the real engine.

use super::document::{Batch, CHECKS, Document, LEDGER, Outcome, QUARANTINE, SILVER, STOPPED, Step};
use super::table::{Table, written};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_api::{CheckState, CheckView, Layer, ReplayLimits, Reply, Request, TableRef, TableReplay};
use sluice_contract::Contract;
use sluice_tests::{Rows, TestLake};

/// The contracts as the scenario has them, and where their files land.
struct Played {
    lake: TestLake,
    _folder: tempfile::TempDir,
    /// The first is the one that the tables of the scenario are about.
    tables: Vec<(TableRef, String)>,
    batch: u32,
}

impl Played {
    fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-scenario-").tempdir()?;
        Ok(Self { lake: TestLake::at(folder.path()), _folder: folder, tables: Vec::new(), batch: 0 })
    }

    fn contract(&mut self, text: &str) -> Result<()> {
        let contract = Contract::parse(text, "the contract of the scenario").map_err(|problems| {
            anyhow::Error::msg(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let source = contract.source.context("the contract of a scenario has a source")?;
        let table = TableRef { layer: Layer::Silver, name: contract.name };
        self.lake.write(&format!("contracts/{}.yaml", table.name), text)?;
        match self.tables.iter_mut().find(|(known, _)| *known == table) {
            Some((_, path)) => *path = source.path,
            None => self.tables.push((table, source.path)),
        }
        Ok(())
    }

    fn land(&mut self, batch: &Batch) -> Result<()> {
        let Batch { table, name, ending, content } = batch;
        let is_of =
            |(known, _): &&(TableRef, String)| table.as_ref().is_none_or(|table| known.name.to_string() == *table);
        let (_, path) = self.tables.iter().find(is_of).context("the contract comes before the files of its table")?;
        self.batch += 1;
        if content.is_empty() {
            return Ok(());
        }
        let name = name.clone().unwrap_or_else(|| format!("batch-{}", self.batch));
        let path = format!("{}/{name}.{ending}", path.trim_end_matches('/'));
        self.lake.write(&path, content)
    }

    fn table(&self) -> Result<&TableRef> {
        self.tables.first().map(|(table, _)| table).context("the contract comes first")
    }

    async fn replay(&self) -> Result<TableReplay> {
        let name = &self.table()?.name;
        let tables = self.lake.replay().await?.tables;
        tables.into_iter().find(|replay| replay.table == *name).context("the table is replayed")
    }

    async fn silver(&self) -> Result<Rows> {
        self.lake.rows(self.table()?).await
    }

    async fn checks(&self) -> Result<Vec<CheckView>> {
        let table = self.table()?.name.clone();
        match self.lake.host().handle(Request::Quality { table }).await {
            Reply::Quality(view) => Ok(view.checks),
            other => anyhow::bail!("{other:?}"),
        }
    }

    async fn quarantine(&self) -> Result<Rows> {
        self.lake.quarantine(&self.table()?.name.to_string()).await
    }
}

/// Plays it batch by batch, as written.
pub(crate) async fn play(document: &Document) -> Result<Outcome> {
    let mut played = Played::new()?;
    let (mut replays, mut checks) = (Vec::new(), Vec::new());
    for step in &document.steps {
        match step {
            Step::Contract(text) => played.contract(text)?,
            Step::Batch(batch) => {
                played.land(batch)?;
                replays.push(played.replay().await?);
                if document.expected.contains_key(CHECKS) {
                    checks.push(played.checks().await?);
                }
            }
        }
    }
    let mut found = Outcome::new();
    found.insert(SILVER, silver_table(&played.silver().await?, document)?);
    found.insert(LEDGER, ledger_table(&replays, document)?);
    found.insert(QUARANTINE, quarantine_table(&played.quarantine().await?)?);
    found.insert(STOPPED, stopped_table(&replays));
    if let Some(expected) = document.expected.get(CHECKS) {
        found.insert(CHECKS, checks_table(&checks, expected));
    }
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

/// The checks that the scenario names, all if it names none, as they stand after each batch.
fn checks_table(checks: &[Vec<CheckView>], expected: &Table) -> Table {
    let named =
        |check: &CheckView| expected.rows.is_empty() || expected.rows.iter().any(|row| row.contains(&check.check));
    let mut rows = Vec::new();
    for (at, checks) in checks.iter().enumerate() {
        for check in checks.iter().filter(|check| named(check)) {
            let verdict = match check.state() {
                CheckState::Passed => "passed",
                CheckState::Failed => "failed",
                CheckState::Warned => "failed, a warning",
                CheckState::NotEvaluated => "not evaluated",
            };
            let says = check.outcome.reason().unwrap_or(&check.observed);
            rows.push(vec![(at + 1).to_string(), check.check.clone(), verdict.to_owned(), says.to_owned()]);
        }
    }
    let columns = ["batch", "check", "verdict", "because"].map(str::to_owned).into();
    Table { columns, rows }.sorted()
}

/// Silver does not depend on how the events are delivered: all at once, the batches in reverse order,
/// every batch twice, and built again from bronze. Where the scenario is about what happens between
/// the batches (another contract, a batch that was refused), only the last.
pub(crate) async fn replay_every_other_way(document: &Document, found: &Outcome) -> Result<()> {
    let batches: Vec<Batch> = document
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Batch(batch) => Some(Batch { table: None, ..batch.clone() }),
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
    let reversed: Vec<_> = batches.iter().rev().cloned().collect();
    ensure_same(&deliver(start(document)?, &reversed, true).await?, document, expected, "the reverse order").await?;
    let twice: Vec<_> = batches.iter().chain(&batches).cloned().collect();
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

async fn deliver(mut played: Played, batches: &[Batch], one_by_one: bool) -> Result<Played> {
    for batch in batches {
        played.land(batch)?;
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
