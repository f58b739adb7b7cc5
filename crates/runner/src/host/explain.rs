//! Answers why a row has its values.

use super::holding_decisions::Holding;
use super::{Host, OpenLake};
use crate::pipeline::explain::{ExplainedKey, explain};
use crate::support::column_texts::ColumnTexts;
use crate::support::elapsed::elapsed_ms;
use crate::support::given_key::given_key;
use crate::support::masked_record::masked_record;
use crate::{Job, RunError};
use sluice_api::{
    Answer, EventOutcome, ExplainedCell, ExplainedEvent, ExplainedRow, Explanation, JobKind, Layer, QuarantineReason,
    SilverAgrees, TableRef, ask, masked,
};
use sluice_change::{Op, Reject, RejectReason};
use sluice_contract::Contract;
use sluice_contract::RecordNumber;
use sluice_engine::{Outcome, first_difference};
use std::sync::Arc;
use std::time::Instant;

impl Answer<ask::Explain> for Host {
    async fn answer(&self, request: ask::Explain) -> Result<Explanation, RunError> {
        let ask::Explain { table, key, version, reveal, job } = request;
        let open = self.opened().await?;
        let title = format!("Explain a row of {table}");
        let work = async |job: &Job| open.explain(&table, key, version, reveal, job).await;
        self.as_job(job, JobKind::Explain, title, |_| None, work).await
    }
}

impl OpenLake {
    pub(super) async fn explain(
        &self,
        table: &TableRef,
        key: Vec<(String, String)>,
        version: Option<u64>,
        reveal: bool,
        job: &Job,
    ) -> Result<Explanation, RunError> {
        let started = Instant::now();
        if table.layer != Layer::Silver {
            let next = format!("Explain the rows of silver that it is made of, for example silver.{}", table.name);
            return Err(RunError::input(format!("{table} has no events of its own"), next));
        }
        let contract = self.contract_of(table).await?;
        let key = given_key(&contract.apply.key, key);
        let found = explain(&self.lake, &self.engine, &contract, &key, version, job).await?;
        let texts = Texts { contract: Arc::clone(&found.contract), reveal };
        let events = events(&found, &texts);
        let rows = rows(&found, &texts)?;
        let silver = agrees(&found)?;
        let verdict = verdict(&found, &events, &rows, &silver);
        Ok(Explanation {
            table: table.clone(),
            key,
            version: found.version,
            batch: found.batch,
            verdict,
            events,
            rows,
            silver,
            records_read: found.records_read,
            elapsed_ms: elapsed_ms(started),
        })
    }

    /// A key of a table as people write it; of a table without a contract as it is.
    pub(super) async fn key_as_given(&self, table: &TableRef, key: Vec<(String, String)>) -> Vec<(String, String)> {
        if table.layer != Layer::Silver {
            return key;
        }
        match self.contract_of(table).await {
            Ok(contract) => given_key(&contract.apply.key, key),
            Err(_) => key,
        }
    }

    /// The contract that silver is made by: of the release, or of the draft where there is none; in a sandbox of its draft.
    pub(super) async fn contract_of(&self, table: &TableRef) -> Result<Arc<Contract>, RunError> {
        let sets = self.contracts.of(&self.lake).await?;
        let mut made_by = sets.iter().skip(usize::from(self.lake.sandbox().is_none()));
        match made_by.find_map(|set| set.contracts.get(&table.name).cloned()) {
            Some(contract) => Ok(contract),
            None => match sets.first() {
                Some(draft) => draft.contract(&table.name),
                None => {
                    Err(RunError::not_found(format!("There is no contract for {}", table.name), "Onboard it first"))
                }
            },
        }
    }
}

/// What may be shown.
struct Texts {
    contract: Arc<Contract>,
    reveal: bool,
}

impl Texts {
    fn record(&self, text: &str) -> String {
        if self.reveal { text.to_owned() } else { masked_record(text, &self.contract) }
    }

    fn column(&self, position: u16) -> Option<String> {
        self.contract.columns.get(usize::from(position)).map(|column| column.name.clone())
    }

    fn columns(&self, positions: &[u16]) -> Vec<String> {
        positions.iter().filter_map(|position| self.column(*position)).collect()
    }
}

/// An event's number among all, from its index.
fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

fn events(found: &ExplainedKey, texts: &Texts) -> Vec<ExplainedEvent> {
    let holding = Holding::of(&found.decided);
    let ordered = found.story.events.iter().enumerate().filter_map(|(index, event)| {
        let (source, row) = event.at;
        let changes = found.changes.get(source)?;
        let at = changes.refs.at(row);
        let batch = found.batches.get(source).copied().unwrap_or(0);
        let file = changes.files.get(at.file as usize).map_or_else(String::new, |file| file.path.clone());
        let decision = holding.on(batch, &file, at.row);
        let is_edited = decision.is_some() && event.op != Op::Dropped;
        Some(ExplainedEvent {
            number: number(index),
            batch,
            file,
            record: RecordNumber::of_row(at.row),
            operation: if is_edited {
                format!("{}{EDITED}", operation(event.op))
            } else {
                operation(event.op).to_owned()
            },
            position: event.seq.position(),
            source_time_ms: changes.source_times_ms.at(row),
            outcome: outcome(event.outcome).decided(decision),
            columns: texts.columns(&event.wins),
            absent: texts.columns(&event.absent),
            record_text: changes.records.get(row).map_or_else(String::new, |record| texts.record(record)),
        })
    });
    let ordered: Vec<ExplainedEvent> = ordered.collect();
    let before = ordered.len();
    let rejects = found.rejects.iter().enumerate().map(|(index, (batch, file, reject))| ExplainedEvent {
        number: number(before + index),
        batch: *batch,
        file: file.clone(),
        record: RecordNumber::of_row(reject.at.row),
        operation: "record".to_owned(),
        position: String::new(),
        source_time_ms: None,
        outcome: quarantined(reject),
        columns: Vec::new(),
        absent: Vec::new(),
        record_text: texts.record(&reject.raw),
    });
    ordered.into_iter().chain(rejects).collect()
}

/// What keeps a record out of silver.
pub(super) fn quarantined(reject: &Reject) -> EventOutcome {
    let further = reject.further.iter().map(|RejectReason { reason, column, detail }| QuarantineReason {
        reason: reason.as_str().to_owned(),
        column: column.clone(),
        detail: detail.clone(),
    });
    EventOutcome::Quarantined {
        reason: reject.reason.as_str().to_owned(),
        column: reject.column.clone(),
        detail: reject.detail.clone(),
        further: further.collect(),
    }
}

/// What an event is whose row the contract leaves out.
const LEFT_OUT: &str = "row that keep leaves out";
/// What stands behind the operation of an event of which a person wrote the text.
const EDITED: &str = ", edited";

pub(super) fn operation(op: Op) -> &'static str {
    match op {
        Op::Read => "snapshot row",
        Op::Upsert => "upsert",
        Op::Delete | Op::SoftDelete => "delete",
        Op::Truncate => "truncate",
        Op::Filtered => LEFT_OUT,
        Op::Early | Op::Dropped => "event",
    }
}

pub(super) fn outcome(outcome: Outcome) -> EventOutcome {
    match outcome {
        Outcome::Applied => EventOutcome::Applied,
        Outcome::Partly(by) => EventOutcome::Partly { by: number(by) },
        Outcome::Older(by) => EventOutcome::Older { by: number(by) },
        Outcome::Duplicate(of) => EventOutcome::Duplicate { of: number(of) },
        Outcome::Tie(with) => EventOutcome::Tie { with: number(with) },
        Outcome::BeforeDelete(by) => EventOutcome::BeforeDelete { by: number(by) },
        Outcome::NothingToDelete => EventOutcome::NothingToDelete,
        Outcome::NoNewVersion => EventOutcome::NoNewVersion,
        Outcome::LeftOut => EventOutcome::LeftOut,
        Outcome::BeforeStart => EventOutcome::BeforeStart,
        Outcome::Dropped => EventOutcome::Dropped { decision: None },
    }
}

fn rows(found: &ExplainedKey, texts: &Texts) -> Result<Vec<ExplainedRow>, RunError> {
    let rows = &found.story.rows;
    let mut explained = Vec::with_capacity(rows.num_rows());
    for row in 0..rows.num_rows() {
        let mut cells = Vec::with_capacity(found.contract.columns.len());
        for (position, column) in (0_u16..).zip(&found.contract.columns) {
            let Some(values) = rows.column_by_name(&column.name) else { continue };
            let text = ColumnTexts::of(values)?.text(row);
            let value = text.map(|text| if column.pii && !texts.reveal { masked(&text) } else { text });
            let writer = found.story.writers.get(row).and_then(|of_row| of_row.get(&position));
            cells.push(ExplainedCell { column: column.name.clone(), value, event: writer.map(|index| number(*index)) });
        }
        explained.push(ExplainedRow { cells });
    }
    Ok(explained)
}

/// Compares the rows that the events make with those of silver; names columns, never values.
fn agrees(found: &ExplainedKey) -> Result<SilverAgrees, RunError> {
    let silver = match &found.silver {
        Ok(rows) => rows,
        Err(because) => return Ok(SilverAgrees::NotCompared { because: because.clone() }),
    };
    let made: Vec<_> = std::iter::once(found.story.rows.clone()).filter(|rows| rows.num_rows() > 0).collect();
    let of_silver: Vec<_> = silver.iter().filter(|rows| rows.num_rows() > 0).cloned().collect();
    let Some(difference) = first_difference(&made, &of_silver, &found.contract.apply.key)? else {
        return Ok(SilverAgrees::Same);
    };
    let columns: Vec<&str> = difference.columns.iter().map(|(name, _, _)| name.as_str()).collect();
    let first = match difference.change {
        '-' => "a row that the events make is not in silver".to_owned(),
        '+' => "silver has a row that the events do not make".to_owned(),
        _ if columns.is_empty() => "the rows differ".to_owned(),
        _ => format!("{} differs", columns.join(", ")),
    };
    Ok(SilverAgrees::Differs { first })
}

/// The whole in one sentence or two.
fn verdict(found: &ExplainedKey, events: &[ExplainedEvent], rows: &[ExplainedRow], silver: &SilverAgrees) -> String {
    let named = |number: u32| {
        let batch = events.iter().find(|event| event.number == number).map_or(0, |event| event.batch);
        format!("event {number} of batch {batch}")
    };
    let quarantined = found.rejects.len();
    let what = match rows {
        _ if found.story.events.is_empty() && quarantined > 0 => {
            format!("There is no row: of this key there are only records in quarantine ({quarantined})")
        }
        _ if found.story.events.is_empty() => {
            format!("No record up to batch {} has this key", found.batch)
        }
        [] => {
            let is_end = |event: &&ExplainedEvent| {
                matches!(event.operation.trim_end_matches(EDITED), "delete" | "truncate" | LEFT_OUT)
            };
            let end = events.iter().rev().find(is_end);
            end.map_or_else(
                || "No event of the key makes a row".to_owned(),
                |end| format!("There is no row because of {}, a {}", named(end.number), end.operation),
            )
        }
        [row] => of_row(row, &named),
        rows => format!("The key has {} rows, one for each version or event", rows.len()),
    };
    let mut verdict = what;
    let lost = events.iter().rev().find(|event| {
        matches!(
            event.outcome,
            EventOutcome::Older { .. } | EventOutcome::Tie { .. } | EventOutcome::BeforeDelete { .. }
        )
    });
    if let Some(lost) = lost.filter(|_| !rows.is_empty()) {
        verdict.push_str(&format!("; {} lost: {}", named(lost.number), why_lost(&lost.outcome)));
    }
    let dropped = events.iter().rev().find_map(|event| match &event.outcome {
        EventOutcome::Dropped { decision: Some(decision) } => Some((event, decision)),
        _ => None,
    });
    if let Some((event, decision)) = dropped {
        verdict.push_str(&format!(
            "; record {} of batch {} {} by {} because {}",
            event.record,
            event.batch,
            decision.action.done(),
            decision.by,
            decision.because
        ));
    }
    if quarantined > 0 && !found.story.events.is_empty() {
        verdict.push_str(&format!("; {quarantined} more in quarantine"));
    }
    verdict.push_str(&match silver {
        SilverAgrees::Same => format!(". Silver v{} holds exactly that", found.version),
        SilverAgrees::Differs { first } => format!(
            ". Silver v{} does not hold that: {first}. `sluice verify` says whether a file is damaged, `sluice replay \
             --full-refresh` makes silver anew",
            found.version
        ),
        SilverAgrees::NotCompared { because } => format!(". Silver was not compared: {because}"),
    });
    verdict
}

fn of_row(row: &ExplainedRow, named: &impl Fn(u32) -> String) -> String {
    let mut writers: Vec<u32> = row.cells.iter().filter_map(|cell| cell.event).collect();
    writers.sort_unstable();
    writers.dedup();
    let Some((newest, older)) = writers.split_last() else {
        return "The row has no value of any event".to_owned();
    };
    let mut text = format!("The row has its values because of {}", named(*newest));
    for writer in older.iter().rev().take(3) {
        let columns: Vec<&str> =
            row.cells.iter().filter(|cell| cell.event == Some(*writer)).map(|cell| cell.column.as_str()).collect();
        text.push_str(&format!(", {} because of {}", columns.join(" and "), named(*writer)));
    }
    if older.len() > 3 {
        text.push_str(&format!(" and others because of {} older events", older.len() - 3));
    }
    text
}

/// What an outcome says in words, as it follows `lost:`.
fn why_lost(outcome: &EventOutcome) -> String {
    match outcome {
        EventOutcome::Older { by } => format!("it is older than event {by}"),
        EventOutcome::Tie { with } => format!("it has the position of event {with}, which the tie-breaker chose"),
        EventOutcome::BeforeDelete { by } => format!("it is older than the delete of event {by}"),
        _ => String::new(),
    }
}
