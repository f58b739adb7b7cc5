//! Why the contract holds a batch that could be decoded: it stays pending, and bronze has it.

use super::batch::DecodedBatch;
use super::ties::tie_error;
use crate::RunError;
use crate::silver::schema_change::strict_violation;
use sluice_api::RefusalCause;
use sluice_change::{ReasonCode, RowLedger};
use sluice_contract::Contract;
use sluice_lake::SourceMark;
use std::collections::{BTreeMap, BTreeSet};

/// Tables of the source that one message names.
const TABLES_SHOWN: usize = 5;

/// Why a batch is held, for people, and where the rows are because of which it is.
pub(crate) struct HoldReason {
    /// One sentence without a full stop, with what was measured and the limit.
    pub(crate) text: String,
    pub(crate) cause: RefusalCause,
    /// What the merge plan counts, if there is one.
    pub(crate) counters: Option<RowLedger>,
}

impl HoldReason {
    /// A rule of the contract about the batch as a whole.
    pub(crate) fn contract(text: String) -> Self {
        Self { text, cause: RefusalCause::Contract, counters: None }
    }

    /// Records or files in quarantine.
    pub(crate) fn quarantine(text: String) -> Self {
        Self { text, cause: RefusalCause::Quarantine, counters: None }
    }

    /// Checks that did not hold.
    pub(crate) fn checks(text: String) -> Self {
        Self { text, cause: RefusalCause::Checks, counters: None }
    }

    /// The same with what the merge plan counts.
    pub(crate) fn counted(self, counters: Option<RowLedger>) -> Self {
        Self { counters, ..self }
    }
}

/// Why a batch may not be merged, if it may not. `before` is what silver has of its source.
///
/// # Errors
/// If its events do not fit together.
pub(crate) fn hold_reason(
    contract: &Contract,
    before: &SourceMark,
    batch: &DecodedBatch,
) -> Result<Option<HoldReason>, RunError> {
    let by_contract = strict_violation(contract, &batch.records).or_else(|| several_tables(contract, before, batch));
    if let Some(reason) = by_contract {
        return Ok(Some(HoldReason::contract(reason)));
    }
    match quarantine_limit_exceeded(contract, batch) {
        Some(reason) => Ok(Some(HoldReason::quarantine(reason))),
        None => Ok(tie_error(contract, &batch.records)?.map(HoldReason::contract)),
    }
}

/// Why silver may not be rebuilt from all records of bronze, if it may not: what holds a batch holds them too.
///
/// # Errors
/// If the events do not fit together.
pub(crate) fn rebuild_hold_reason(contract: &Contract, all: &DecodedBatch) -> Result<Option<HoldReason>, RunError> {
    if let Some(reason) = several_tables(contract, &SourceMark::default(), all) {
        return Ok(Some(HoldReason::contract(reason)));
    }
    match quarantine_limit_exceeded(contract, all) {
        Some(reason) => Ok(Some(HoldReason::quarantine(reason))),
        None => Ok(tie_error(contract, &all.records)?.map(HoldReason::contract)),
    }
}

/// Records of several tables of the source are no rows of one: equal keys would overwrite each other.
fn several_tables(contract: &Contract, before: &SourceMark, batch: &DecodedBatch) -> Option<String> {
    let named = contract.source.as_ref()?.table.as_ref();
    if named.is_some_and(sluice_contract::SourceTable::may_be_several) {
        return None;
    }
    let mut records: BTreeMap<&str, u64> = BTreeMap::new();
    for (table, count) in batch.records.iter().flat_map(|file| &file.source_tables) {
        *records.entry(table).or_default() += count;
    }
    let tables: BTreeSet<&str> = before.tables.iter().map(String::as_str).chain(records.keys().copied()).collect();
    if records.is_empty() || tables.len() < 2 {
        return None;
    }
    let shown = tables.iter().take(TABLES_SHOWN).map(|table| match records.get(table) {
        Some(count) => format!("{table} ({count} records)"),
        None => format!("{table} (earlier batches)"),
    });
    let more = if tables.len() > TABLES_SHOWN { ", …" } else { "" };
    let shown = shown.collect::<Vec<_>>().join(", ");
    let first = records.keys().next().copied().unwrap_or_default();
    Some(format!(
        "Its records are of several tables of the source: {shown}{more}. Name the one of this table in source.table, \
         for example table: {first}; if all of them are rows of this table, write a name that fits all, with `*`"
    ))
}

fn quarantine_limit_exceeded(contract: &Contract, batch: &DecodedBatch) -> Option<String> {
    let (rows, quarantined) = (batch.rows(), batch.summary.quarantined);
    #[expect(clippy::cast_precision_loss, reason = "a share for a limit")]
    let share = if rows == 0 { 0.0 } else { quarantined as f64 / rows as f64 };
    if share <= contract.apply.quarantine_limit {
        return None;
    }
    let limit = contract.apply.quarantine_limit * 100.0;
    let most = most_frequent(batch).unwrap_or_default();
    Some(format!("{:.1} % of its records are in quarantine, the limit is {limit:.1} %{most}", share * 100.0))
}

/// The most frequent reason, in words, and where its first record is. No row value: the quarantine has the record.
fn most_frequent(batch: &DecodedBatch) -> Option<String> {
    let (reason, count) = batch.summary.reasons.iter().max_by_key(|(_, count)| **count)?;
    let code: ReasonCode = reason.parse().ok()?;
    let mut rejects = batch.records.iter().flat_map(|file| file.rejects.iter().map(move |reject| (file, reject)));
    let (file, reject) = rejects.find(|(_, reject)| reject.reason == code)?;
    let path = file.changes.files.get(reject.at.file as usize).map_or("", |file| file.path.as_str());
    let column = reject.column.as_ref().map(|column| format!(", column `{column}`")).unwrap_or_default();
    let row = if reject.whole_file { String::new() } else { format!(" row {}", reject.at.row) };
    Some(format!(": {count} of them {reason} ({}), for example {path}{row}{column}", code.sentence()))
}
