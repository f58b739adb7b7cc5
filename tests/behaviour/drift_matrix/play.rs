//! Replays all cells of one timing in one lake, a table each, and compares.

use super::cell::{Cell, Format, Outcome, Policy, Timing};
use super::change::{Change, UPDATED, changes};
use super::files::{Delivered, ending, files};
use super::matrix;
use super::value::Image;
use anyhow::{Context, Result, bail, ensure};
use sluice_api::{JobId, Layer, ReplaySummary, TableRef, TableReplay};
use sluice_runner::{Job, ReplayOptions, replay};
use sluice_tests::{Rows, TestLake};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Tables at the same time.
const CONCURRENCY: usize = 4;

/// Replays every cell of a timing; the error lists all cells that are not as the file says.
pub(crate) async fn play(timing: Timing) -> Result<()> {
    let changes: BTreeMap<&str, Change> = changes().into_iter().map(|change| (change.name, change)).collect();
    let cells: Vec<Cell> = matrix::read()?.into_iter().filter(|cell| cell.timing == timing).collect();
    ensure!(cells.len() == 240, "{} cells", cells.len());
    let memory = std::path::Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("sluice-drift-");
    let folder = if memory.is_dir() { builder.tempdir_in(memory)? } else { builder.tempdir()? };
    let lake = TestLake::at(folder.path());
    for cell in &cells {
        lake.write(&format!("contracts/m/{}.yaml", cell.table()), contract(cell, change_of(&changes, cell)?))?;
    }
    let mut summary = None;
    for round in 0..rounds(timing) {
        for cell in &cells {
            let events = &deliveries(timing, change_of(&changes, cell)?)[round];
            for (at, content) in files(cell.format, events)?.into_iter().enumerate() {
                let stem = match cell.format {
                    // As AWS DMS names files of changes: by their time.
                    Format::DmsParquet | Format::DmsCsv => format!("20251101-1200{:05}", round * 100 + at),
                    Format::DebeziumJson | Format::DebeziumFlatJson => format!("{round}-{at}"),
                };
                let name = format!("{stem}.{}", ending(cell.format));
                lake.write(&format!("landing/{}/{name}", cell.table()), content)?;
            }
        }
        summary = Some(replay_all(&lake).await?);
    }
    let replays: BTreeMap<String, TableReplay> =
        summary.context("no round")?.tables.into_iter().map(|table| (table.table.table.clone(), table)).collect();
    let mut wrong = String::new();
    for cell in &cells {
        let replayed = replays.get(&cell.table()).context("a table was not replayed")?;
        if let Err(error) = check(&lake, cell, change_of(&changes, cell)?, replayed).await {
            writeln!(wrong, "{} {}: {error:#}", cell.table(), timing.word())?;
        }
    }
    if !wrong.is_empty() {
        bail!("{} cells are not as docs/drift-matrix.csv says\n{wrong}", wrong.lines().count());
    }
    Ok(())
}

fn change_of<'c>(changes: &'c BTreeMap<&str, Change>, cell: &Cell) -> Result<&'c Change> {
    changes.get(cell.change.as_str()).with_context(|| format!("no change {}", cell.change))
}

fn contract(cell: &Cell, change: &Change) -> String {
    let (table, format, policy) = (cell.table(), cell.format.word(), cell.policy.word());
    let mut text = format!(
        "dataset: \"m.{table}\"\nsource: {{path: \"landing/{table}/\", format: {format}, schema_policy: {policy}, \
         decimals: text}}\napply: {{quarantine_limit: 1.0}}\nschema:\n"
    );
    for (name, data_type) in &change.declared {
        text.push_str(&format!("- {{name: {name}, type: {data_type}}}\n"));
    }
    text
}

fn rounds(timing: Timing) -> usize {
    match timing {
        Timing::InsideAFile => 1,
        Timing::BetweenBatches => 2,
        Timing::LateOldEvents => 3,
    }
}

/// The events of each round.
fn deliveries(timing: Timing, change: &Change) -> Vec<Vec<Delivered>> {
    let old = |id, position| Delivered { id, position, row: change.old(id), new: false };
    let new = |id, position| Delivered { id, position, row: change.new_row(id), new: true };
    let before = vec![old(1, 10), old(UPDATED, 11)];
    let after = vec![new(UPDATED, 20), new(3, 21)];
    match timing {
        Timing::InsideAFile => vec![[before, after].concat()],
        Timing::BetweenBatches => vec![before, after],
        Timing::LateOldEvents => vec![before, after, vec![old(4, 5), old(3, 4)]],
    }
}

async fn replay_all(lake: &TestLake) -> Result<ReplaySummary> {
    let set = lake.draft().await?;
    ensure!(set.problems.is_empty(), "{:?}", set.problems);
    let options = ReplayOptions { concurrency: CONCURRENCY, ..ReplayOptions::default() };
    let job = Job::new(JobId(1), "drift");
    Ok(replay(&lake.lake().await?, &lake.host().engine().await?, &set, &options, &job).await?)
}

async fn check(lake: &TestLake, cell: &Cell, change: &Change, replayed: &TableReplay) -> Result<()> {
    let error = replayed.error.as_ref().map(ToString::to_string);
    let name = format!("m.{}", cell.table());
    let quarantined = lake.quarantine(&name).await?;
    let reasons: Vec<String> = match quarantined.rows.is_empty() {
        true => Vec::new(),
        false => quarantined.select(&["reason"])?.rows.into_iter().flatten().flatten().collect(),
    };
    match &cell.outcome {
        Outcome::StopTable(code) => {
            ensure!(
                error.as_ref().is_some_and(|error| error.contains(code)),
                "{error:?} instead of a stop with {code}"
            );
        }
        Outcome::QuarantineRows(code) => {
            ensure!(error.is_none(), "{error:?}");
            let expected =
                deliveries(cell.timing, change).concat().iter().filter(|e| !applied(cell, change, e)).count();
            let same = reasons.iter().all(|reason| reason == code);
            ensure!(same && reasons.len() == expected, "in quarantine {reasons:?} instead of {expected} {code}");
        }
        Outcome::Apply | Outcome::ApplyAndWiden => {
            ensure!(error.is_none() && reasons.is_empty(), "{error:?}, in quarantine {reasons:?}");
        }
    }
    check_types(lake, cell, change).await?;
    let silver = lake.rows(&TableRef { layer: Layer::Silver, name: name.parse().map_err(anyhow::Error::msg)? }).await?;
    check_rows(cell, change, &silver)
}

/// Types of silver, as the contract declares or wider.
async fn check_types(lake: &TestLake, cell: &Cell, change: &Change) -> Result<()> {
    let Some(wider) = change.wider else { return Ok(()) };
    let name = format!("m.{}", cell.table()).parse().map_err(anyhow::Error::msg)?;
    let store = lake.store(&TableRef { layer: Layer::Silver, name }).await?;
    let Some(snapshot) = store.snapshot(None).await? else {
        ensure!(matches!(cell.outcome, Outcome::StopTable(_)), "there is no silver");
        return Ok(());
    };
    let found = snapshot.schema.field_with_name("v")?.data_type().to_string();
    ensure!((found == wider) == (cell.outcome == Outcome::ApplyAndWiden), "`v` is {found}");
    Ok(())
}

/// Whether an event has to be in silver.
fn applied(cell: &Cell, change: &Change, event: &Delivered) -> bool {
    match cell.outcome {
        Outcome::Apply | Outcome::ApplyAndWiden => true,
        Outcome::QuarantineRows(_) => !event.new || change.fits(cell.format, event.id),
        // Of the batches before the one that stops.
        Outcome::StopTable(_) => !event.new && cell.timing != Timing::InsideAFile && event.position >= 10,
    }
}

fn check_rows(cell: &Cell, change: &Change, silver: &Rows) -> Result<()> {
    let mut expected: BTreeMap<i64, Delivered> = BTreeMap::new();
    for event in deliveries(cell.timing, change).concat() {
        let newer = expected.get(&event.id).is_none_or(|known| known.position < event.position);
        if newer && applied(cell, change, &event) {
            expected.insert(event.id, event);
        }
    }
    ensure!(
        silver.rows.len() == expected.len(),
        "{} rows instead of {}: {silver:?}",
        silver.rows.len(),
        expected.len()
    );
    if expected.is_empty() {
        return Ok(());
    }
    let mut columns: Vec<&str> = change.declared.iter().map(|(name, _)| *name).collect();
    if cell.policy == Policy::Evolve && cell.format != Format::DmsCsv {
        let new = change.new_row(3);
        let fresh =
            new.iter().map(|(name, _)| *name).filter(|name| !columns.iter().any(|c| c.eq_ignore_ascii_case(name)));
        let fresh: Vec<&str> = fresh.collect();
        columns.extend(fresh);
    }
    let shown = silver.select(&columns)?;
    for row in &shown.rows {
        let id: i64 = row[0].as_deref().context("a row without key")?.parse()?;
        let event = expected.get(&id).with_context(|| format!("row {id} should not be there"))?;
        for (at, column) in columns.iter().enumerate() {
            let value = value_of(cell.format, change, &event.row, column);
            let same = match value {
                Some(value) => is_shown(column, change, value, row[at].as_deref()),
                None => row[at].is_none(),
            };
            ensure!(same, "row {id}: `{column}` is {:?} instead of {value:?}", row[at]);
        }
    }
    Ok(())
}

/// The value that an event gives a column: by name, in a file without header by position.
fn value_of(format: Format, change: &Change, row: &Image, column: &str) -> Option<super::value::Value> {
    if format == Format::DmsCsv {
        let position = change.declared.iter().position(|(name, _)| *name == column)?;
        return row.get(position).map(|(_, value)| *value);
    }
    row.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, value)| *value)
}

fn is_shown(column: &str, change: &Change, value: super::value::Value, cell: Option<&str>) -> bool {
    let wall_clock = change.declared.iter().any(|(name, t)| *name == column && *t == "timestamp_ntz");
    // Arrow prints a time of day without fraction as it came.
    value.is(cell) || (wall_clock && cell.is_some_and(|cell| value.is(Some(&cell.replace(' ', "T")))))
}
