//! What became of the records in quarantine, and merging those that can be read now.
//!
//! Nothing is counted as done because somebody said so: a record is `readable` where the contract of today decodes it,
//! `edited` where a correction of it is in silver, and `ignored` where a decision says so.

use super::batch::{BatchDone, DecodedBatch};
use super::batch_contract::contract_of;
use super::context::TableContext;
use super::corrections::correction_of;
use super::decided_records::in_place;
use super::merge::Merged;
use super::quarantine::reasons_text;
use super::silver_commit::of_reprocessed;
use super::snapshot_changes::Changes;
use super::table_run::TableRun;
use super::table_state::TableState;
use crate::RunError;
use crate::silver::merge::prepare;
use crate::silver::schema_change::infer_schema;
use crate::support::blocking::blocking;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use sluice_api::QuarantineStatus;
use sluice_cdc::DecodedFile;
use sluice_change::{ReasonCode, Reject, RejectReason, RowRef};
use sluice_lake::{Lake, QuarantineAction, QuarantineDecision, RecordPlace, TableLocation};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// A record in quarantine.
#[derive(Clone, Debug)]
pub(crate) struct Quarantined {
    pub(crate) place: RecordPlace,
    pub(crate) reason: String,
    pub(crate) stage: String,
    pub(crate) column: Option<String>,
    pub(crate) detail: String,
    /// Everything that is wrong with it as JSON, by the contract of today where that rejects it.
    pub(crate) reasons: String,
    /// It is in the place of a whole file.
    pub(crate) whole_file: bool,
    pub(crate) raw: String,
    pub(crate) status: QuarantineStatus,
    /// How often it was corrected or tried again.
    pub(crate) attempts: u64,
    /// Who did something with it last, why and when.
    pub(crate) last: Option<(String, String, i64)>,
}

/// Every record in quarantine, in the order of batch, file and record.
///
/// # Errors
/// If the lake cannot be read, or the contract allows no decoding.
pub(crate) async fn quarantined(context: &TableContext, table: &TableState) -> Result<Vec<Quarantined>, RunError> {
    let (lake, name) = (&context.lake, &context.contract.name);
    let mut records = read_all(lake, name).await?;
    let mut places: BTreeMap<RecordPlace, usize> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        places.insert(record.place.clone(), at);
    }
    let readable = judge_again(context, table, &mut records).await?;
    for record in records.iter_mut().filter(|record| readable.contains(&record.place)) {
        record.status = QuarantineStatus::Readable;
    }
    for decision in lake.ledger().quarantine_decisions(name).await? {
        let QuarantineDecision { action, records: of, because, by, at_ms, .. } = decision;
        for at in of.iter().filter_map(|place| places.get(place)) {
            let Some(record) = records.get_mut(*at) else { continue };
            record.last = Some((by.clone(), because.clone(), at_ms));
            match action {
                QuarantineAction::Ignore => record.status = QuarantineStatus::Ignored,
                QuarantineAction::Reopen if record.status == QuarantineStatus::Ignored => {
                    let is_readable = readable.contains(&record.place);
                    record.status = if is_readable { QuarantineStatus::Readable } else { QuarantineStatus::Open };
                }
                QuarantineAction::Reopen => {}
                QuarantineAction::Replay => record.attempts += 1,
            }
        }
    }
    let in_silver = corrections_in_silver(table);
    for file in lake.ledger().correction_files(name).await? {
        let correction = lake.ledger().correction(&file.path).await?;
        let is_done = in_silver.contains(&file.path);
        for origin in correction.origins() {
            let Some(record) = places.get(origin).and_then(|at| records.get_mut(*at)) else { continue };
            record.attempts += 1;
            record.last = Some((correction.by.clone(), correction.because.clone(), correction.at_ms));
            record.status = if is_done { QuarantineStatus::Edited } else { QuarantineStatus::Waiting };
        }
    }
    Ok(records)
}

/// Paths of the corrections whose batches silver has.
fn corrections_in_silver(table: &TableState) -> BTreeSet<String> {
    let made_of = table.claimed.iter().filter(|manifest| table.silver.is_made_of(manifest.batch));
    let corrections = made_of.filter(|manifest| correction_of(manifest).is_some());
    corrections.flat_map(|manifest| &manifest.files).map(|file| file.path.clone()).collect()
}

async fn read_all(lake: &Lake, name: &sluice_contract::TableName) -> Result<Vec<Quarantined>, RunError> {
    let store = lake.table(TableLocation::Quarantine(name.clone()));
    let Some(snapshot) = store.snapshot(None).await? else { return Ok(Vec::new()) };
    let mut records = Vec::new();
    for rows in store.read_files(&snapshot, &snapshot.files, None).await? {
        records.extend(rows_of(&rows)?);
    }
    records.sort_by(|a: &Quarantined, b| a.place.cmp(&b.place));
    Ok(records)
}

fn rows_of(rows: &RecordBatch) -> Result<Vec<Quarantined>, RunError> {
    let damaged = || RunError::Internal("a quarantine does not have the columns of one".to_owned());
    let texts = |name: &str| rows.column_by_name(name).and_then(|c| c.as_string_opt::<i32>()).ok_or_else(damaged);
    let numbers =
        |name: &str| rows.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or_else(damaged);
    let (batch, row, offset) = (numbers("batch")?, numbers("row")?, numbers("offset")?);
    let (reason, stage, column) = (texts("reason")?, texts("stage")?, texts("column")?);
    let (detail, file, raw) = (texts("detail")?, texts("file")?, texts("raw")?);
    let whole = rows.column_by_name("whole_file").and_then(|c| c.as_boolean_opt()).ok_or_else(damaged)?;
    // Older versions named one reason.
    let reasons = rows.column_by_name("reasons").and_then(|c| c.as_string_opt::<i32>());
    let one_reason = |at: usize| {
        let reason: ReasonCode = reason.value(at).parse().ok()?;
        let column = column.is_valid(at).then(|| column.value(at).to_owned());
        serde_json::to_string(&[RejectReason { reason, column, detail: detail.value(at).to_owned() }]).ok()
    };
    let number = |of: &arrow::array::Int64Array, at| u64::try_from(of.value(at)).unwrap_or(0);
    let record = |at: usize| Quarantined {
        place: RecordPlace {
            batch: number(batch, at),
            file: file.value(at).to_owned(),
            row: number(row, at),
            offset: number(offset, at),
        },
        reason: reason.value(at).to_owned(),
        stage: stage.value(at).to_owned(),
        column: column.is_valid(at).then(|| column.value(at).to_owned()),
        detail: detail.value(at).to_owned(),
        reasons: match reasons.filter(|reasons| reasons.is_valid(at)) {
            Some(reasons) => reasons.value(at).to_owned(),
            None => one_reason(at).unwrap_or_default(),
        },
        whole_file: whole.is_valid(at) && whole.value(at),
        raw: raw.value(at).to_owned(),
        status: QuarantineStatus::Open,
        attempts: 0,
        last: None,
    };
    Ok((0..rows.num_rows()).map(record).collect())
}

/// Whether decoding says if a record can be merged: ties and late events depend on more than the record.
fn is_by_record(record: &Quarantined) -> bool {
    let reason: Option<ReasonCode> = record.reason.parse().ok();
    !record.whole_file
        && !record.raw.is_empty()
        && !matches!(reason, Some(ReasonCode::SeqConflict | ReasonCode::TooLate))
}

/// Places of the records that the contract of today decodes; the others get the reasons that it has.
async fn judge_again(
    context: &TableContext,
    table: &TableState,
    records: &mut [Quarantined],
) -> Result<BTreeSet<RecordPlace>, RunError> {
    let mut readable = BTreeSet::new();
    let mut rejects: BTreeMap<RecordPlace, Reject> = BTreeMap::new();
    for (batch, of_batch) in by_batch(table, records) {
        let decoded = decode(context, table, batch, of_batch.clone()).await?;
        let rejected: BTreeMap<(&str, u64), &Reject> = decoded
            .rejects
            .iter()
            .filter_map(|reject| Some(((path(&decoded, reject.at)?, reject.at.row), reject)))
            .collect();
        for record in of_batch {
            match rejected.get(&(record.place.file.as_str(), record.place.row)).copied() {
                Some(reject) => {
                    rejects.insert(record.place, Reject { raw: String::new(), ..reject.clone() });
                }
                None => {
                    readable.insert(record.place);
                }
            }
        }
    }
    for record in records {
        let Some(reject) = rejects.get(&record.place) else { continue };
        record.reasons = reasons_text(reject);
        record.reason = reject.reason.to_string();
        record.stage = reject.reason.stage().to_owned();
        (record.column, record.detail) = (reject.column.clone(), reject.detail.clone());
    }
    Ok(readable)
}

fn path(decoded: &DecodedFile, at: RowRef) -> Option<&str> {
    decoded.changes.files.get(at.file as usize).map(|file| file.path.as_str())
}

/// Records that decoding alone decides about, by batch; those of batches that silver is made without are left out.
fn by_batch(table: &TableState, records: &[Quarantined]) -> BTreeMap<u64, Vec<Quarantined>> {
    let mut of_batch: BTreeMap<u64, Vec<Quarantined>> = BTreeMap::new();
    for record in records.iter().filter(|record| is_by_record(record)) {
        if !table.skipped.contains(&record.place.batch) {
            of_batch.entry(record.place.batch).or_default().push(record.clone());
        }
    }
    of_batch
}

/// Decodes records of a batch, each in its place.
async fn decode(
    context: &TableContext,
    table: &TableState,
    batch: u64,
    records: Vec<Quarantined>,
) -> Result<DecodedFile, RunError> {
    let manifest = table.manifest(batch);
    let contract = contract_of(&context.contract, manifest, batch)?;
    let correction = manifest.and_then(correction_of);
    let decoded = blocking(move || {
        let texts: Vec<_> = records.iter().map(|record| (&record.place, record.raw.as_str())).collect();
        Ok(in_place(&contract, &texts))
    });
    let decoded = decoded.await?;
    Ok(match correction {
        Some(number) => super::corrections::behind_the_source(decoded, number),
        None => decoded,
    })
}

/// Why a record may not be decoded in the place of another one; `None` if it may.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn why_not_correct(
    context: &TableContext,
    table: &TableState,
    record: &Quarantined,
    text: &str,
) -> Result<Option<String>, RunError> {
    let corrected = Quarantined { raw: text.to_owned(), ..record.clone() };
    let decoded = decode(context, table, record.place.batch, vec![corrected]).await?;
    if let Some(reject) = decoded.rejects.first() {
        let reasons = reject.reasons().map(|RejectReason { reason, column, detail }| match column {
            Some(column) => format!("{reason} in `{column}`: {detail}"),
            None => format!("{reason}: {detail}"),
        });
        return Ok(Some(reasons.collect::<Vec<_>>().join("; ")));
    }
    Ok(decoded.changes.is_empty().then(|| "It is no event of this table".to_owned()))
}

impl TableRun {
    /// Refuses a table of which single records cannot be merged, or that is not what its contract and its batches say.
    ///
    /// # Errors
    /// [`RunError::Foreign`]; a mistake of the caller, with what to do first.
    pub(super) fn ensure_finished(&self) -> Result<(), RunError> {
        self.ensure_own()?;
        let name = &self.context.contract.name;
        if self.context.contract.apply.from_snapshot.is_some() {
            let message = format!("{name} is made of snapshots, of which one record alone says nothing");
            return Err(RunError::input(message, "`sluice replay --full-refresh` rebuilds silver from all of them"));
        }
        if self.is_unfinished() {
            let message = format!("Silver of {name} is not what the contract and its batches say");
            return Err(RunError::input(message, format!("Run `sluice replay --table {name}` first")));
        }
        Ok(())
    }

    /// Merges the records in quarantine that can be read now, in the order of the source. Those that silver has already
    /// change nothing, so it may be done again.
    ///
    /// # Errors
    /// If silver is not what the contract says, or a check does not hold; errors of the store.
    pub(crate) async fn replay_quarantined(&mut self) -> Result<(BatchDone, Vec<RecordPlace>), RunError> {
        self.ensure_finished()?;
        let name = &self.context.contract.name;
        let started = Instant::now();
        let records = quarantined(&self.context, &self.table).await?;
        let tried: Vec<Quarantined> =
            records.into_iter().filter(|record| record.status == QuarantineStatus::Readable).collect();
        let places = tried.iter().map(|record| record.place.clone()).collect();
        let mut decoded = Vec::new();
        for (batch, records) in by_batch(&self.table, &tried) {
            decoded.push(decode(&self.context, &self.table, batch, records).await?);
        }
        let last = self.table.silver.batch();
        let TableContext { lake, declared, contract, .. } = &self.context;
        if infer_schema(lake, declared, contract, &decoded, last).await?.is_some() {
            let message = format!("Records in quarantine of {name} bring columns that silver does not have");
            return Err(RunError::input(message, format!("`sluice replay --table {name} --full-refresh` adds them")));
        }
        let DecodedBatch { records, summary } = DecodedBatch::new(last, 0, started, decoded);
        let (changes, ledger) = Changes::as_delivered(records)?.into_parts();
        let silver = &self.table.silver;
        let mut candidate = prepare(silver, contract, changes, 0).await?;
        candidate.ledger = ledger.of(candidate.ledger)?;
        if candidate.writes_nothing {
            candidate.discard(&silver.store).await;
            let version = self.silver_version();
            return Ok((summary.done(candidate.ledger, version), places));
        }
        let commit = of_reprocessed(&self.context, silver, &summary).await?;
        let done = self.audit_and_publish(Merged { summary, candidate, commit }).await?;
        Ok((done, places))
    }
}
