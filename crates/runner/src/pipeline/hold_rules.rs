//! Why the contract holds a batch that could be decoded: it stays pending, and bronze has it.

use super::batch::{BatchSummary, DecodedBatch};
use super::counts_anew::counts_anew;
use super::ties::{changes, tie_error};
use crate::RunError;
use crate::silver::schema_change::strict_violation;
use sluice_api::RefusalCause;
use sluice_cdc::{full_export, is_full_load, is_of_changes};
use sluice_change::RowLedger;
use sluice_contract::{Contract, Restart, SourceFormat};
use sluice_lake::{BatchManifest, SourceMark};
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
    /// The first keys that it is about, as they may be shown to everybody.
    pub(crate) keys: Vec<String>,
}

impl HoldReason {
    /// Nothing is counted of it.
    pub(crate) fn because(cause: RefusalCause, text: String) -> Self {
        Self { text, cause, counters: None, keys: Vec::new() }
    }

    /// A rule of the contract about the batch as a whole.
    pub(crate) fn contract(text: String) -> Self {
        Self::because(RefusalCause::Contract, text)
    }

    /// Records or files in quarantine.
    pub(crate) fn quarantine(text: String) -> Self {
        Self::because(RefusalCause::Quarantine, text)
    }

    /// Checks that did not hold.
    pub(crate) fn checks(text: String) -> Self {
        Self::because(RefusalCause::Checks, text)
    }

    /// The same with what the merge plan counts.
    pub(crate) fn counted(self, counters: Option<RowLedger>) -> Self {
        Self { counters, ..self }
    }
}

/// Why a batch may not be merged, if it may not. `before` is what silver has of its source, and `first` the first
/// batch that it lacks: what was held is merged with the next batch.
///
/// # Errors
/// If its events do not fit together.
pub(crate) fn hold_reason(
    contract: &Contract,
    first: u64,
    before: &SourceMark,
    batch: &DecodedBatch,
) -> Result<Option<HoldReason>, RunError> {
    let by_contract = strict_violation(contract, &batch.records).or_else(|| {
        each_source(contract, before, &batch.summary, |contract, before, summary| {
            let of_source = contract.source_name();
            let files = batch.records.iter().filter(move |file| file.source.as_deref() == of_source);
            let files = files.map(|file| &file.changes);
            several_of_one(contract, first, before, summary).or_else(|| counts_anew(contract, first, before, files))
        })
    });
    if let Some(reason) = by_contract {
        return Ok(Some(HoldReason::contract(reason)));
    }
    match quarantine_limit_exceeded(contract, &batch.summary) {
        Some(reason) => Ok(Some(HoldReason::quarantine(reason))),
        None => Ok(tie_error(contract, &changes(&batch.records))?.map(HoldReason::contract)),
    }
}

/// Why silver may not be rebuilt from all records of bronze, if it may not: what holds a batch holds them too. Ties that
/// may not be decided are known once the events are sorted by key.
pub(crate) fn rebuild_hold_reason(contract: &Contract, all: &BatchSummary) -> Option<HoldReason> {
    let none = SourceMark::default();
    let several = each_source(contract, &none, all, |contract, before, all| several_of_one(contract, 1, before, all));
    several.map(HoldReason::contract).or_else(|| quarantine_limit_exceeded(contract, all).map(HoldReason::quarantine))
}

/// What `why` says of the one source, or of the first of several of which it says something, with its name.
fn each_source(
    contract: &Contract,
    before: &SourceMark,
    batch: &BatchSummary,
    why: impl Fn(&Contract, &SourceMark, &BatchSummary) -> Option<String>,
) -> Option<String> {
    if !contract.has_several_sources() {
        return why(contract, before, batch);
    }
    batch.by_source.iter().find_map(|(name, of_source)| {
        let before = before.by_source.get(name).cloned().unwrap_or_default();
        let reason = why(&contract.for_source(name)?, &before, of_source)?;
        Some(format!("Source {name}: {reason}"))
    })
}

/// Records that are of several tables, logs or orders where they have to be of one.
fn several_of_one(contract: &Contract, first: u64, before: &SourceMark, batch: &BatchSummary) -> Option<String> {
    several_tables(contract, before, batch)
        .or_else(|| several_logs(contract, first, before, batch))
        .or_else(|| several_orders(first, before, batch))
}

/// Records of several tables of the source are no rows of one: equal keys would overwrite each other.
fn several_tables(contract: &Contract, before: &SourceMark, batch: &BatchSummary) -> Option<String> {
    let named = contract.source.as_ref()?.table.as_ref();
    if named.is_some_and(sluice_contract::SourceTable::may_be_several) {
        return None;
    }
    let records = &batch.source_tables;
    let tables: BTreeSet<&str> = before.tables.iter().chain(records.keys()).map(String::as_str).collect();
    if records.is_empty() || tables.len() < 2 {
        return None;
    }
    let shown = tables.iter().take(TABLES_SHOWN).map(|table| match records.get(*table) {
        Some(count) => format!("{table} ({count} records)"),
        None => format!("{table} (earlier batches)"),
    });
    let more = if tables.len() > TABLES_SHOWN { ", …" } else { "" };
    let shown = shown.collect::<Vec<_>>().join(", ");
    let first = records.keys().next().map(String::as_str).unwrap_or_default();
    Some(format!(
        "Its records are of several tables of the source: {shown}{more}. Name the one of this table in source.table, \
         for example table: {first}; if all of them are rows of this table, write a name that fits all, with `*`"
    ))
}

/// Events of the logs of several servers: one row may be of both, and nothing says which position is newer.
fn several_logs(contract: &Contract, number: u64, before: &SourceMark, batch: &BatchSummary) -> Option<String> {
    let source = contract.source.as_ref()?;
    let is_meant = source.table.as_ref().is_some_and(sluice_contract::SourceTable::may_be_several)
        || source.restarts.values().any(|restart| *restart == Restart::Same);
    if is_meant {
        return None;
    }
    let new: BTreeSet<&(u8, String)> = batch.source.logs.difference(&before.logs).collect();
    let all = &before.logs | &batch.source.logs;
    let of_epoch = |epoch: u8| all.iter().filter(move |(of, _)| *of == epoch);
    let epoch = new.into_iter().map(|(epoch, _)| *epoch).find(|epoch| of_epoch(*epoch).count() > 1)?;
    let shown = of_epoch(epoch).take(TABLES_SHOWN).map(|(_, log)| match batch.logs.get(log) {
        Some(count) => format!("{log} ({count} records)"),
        None => format!("{log} (earlier batches)"),
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    Some(format!(
        "Its records are of the logs of several servers: {shown}. Positions of two logs cannot be compared, and equal keys \
         would overwrite each other. Give each server a folder and a table of its own; if the table moved to another server \
         and all events from batch {number} on are newer, write source.restarts: {{{number}: position}}; if it is one log \
         under two names, source.restarts: {{{number}: same}}"
    ))
}

/// Events that are ordered by something else than those before: positions of two orders cannot be compared.
fn several_orders(number: u64, before: &SourceMark, batch: &BatchSummary) -> Option<String> {
    let orders = &before.orders | &batch.source.orders;
    let of_epoch = |epoch: u8| orders.iter().filter(move |(of, _)| *of == epoch).map(|(_, words)| words.as_str());
    let several = orders.iter().map(|(epoch, _)| *epoch).find(|epoch| of_epoch(*epoch).count() > 1)?;
    let shown = of_epoch(several).collect::<Vec<_>>().join("; others by ");
    Some(format!(
        "Some of its events are ordered by {shown}, and positions of two orders cannot be compared. Write in \
         apply.sequence what orders all of them; or, if all events from batch {number} on are newer than those before, \
         source.restarts: {{{number}: position}}"
    ))
}

/// What the batches so far say of full loads.
#[derive(Default)]
struct Delivered<'m> {
    /// The last batch that has a file, by its path.
    batch_of: BTreeMap<&'m str, u64>,
    /// Folders of full exports that were taken, as far as the format has them.
    exports: BTreeSet<&'m str>,
    /// There was a full load.
    is_loaded: bool,
    /// The first batch with changes after, or with, a full load.
    changed_in: Option<u64>,
}

impl<'m> Delivered<'m> {
    fn add(&mut self, format: SourceFormat, manifest: &'m BatchManifest) {
        let paths = || manifest.files.iter().map(|file| file.path.as_str());
        self.exports.extend(paths().filter_map(|path| full_export(format, path)));
        self.batch_of.extend(paths().map(|path| (path, manifest.batch)));
        if manifest.backfill.is_none() {
            self.is_loaded |= paths().any(|path| is_full_load(format, path));
            if self.is_loaded && self.changed_in.is_none() && paths().any(|path| is_of_changes(format, path)) {
                self.changed_in = Some(manifest.batch);
            }
        }
    }
}

/// A file of a full load that was delivered before with another content, or one of a new name that comes after a load and
/// its changes: the table was loaded again. `earlier` are the batches before those that are `new`.
pub(crate) fn loaded_again<'m>(
    contract: &Contract,
    earlier: impl Iterator<Item = &'m BatchManifest>,
    new: impl Iterator<Item = &'m BatchManifest>,
) -> Option<String> {
    if !contract.has_several_sources() {
        return one_loaded_again(contract, earlier, new);
    }
    let (earlier, new): (Vec<_>, Vec<_>) = (earlier.collect(), new.collect());
    let first = contract.sources.first().and_then(|source| source.name.as_deref());
    contract.sources.iter().filter_map(|source| source.name.as_deref()).find_map(|name| {
        let is_of = |manifest: &&&'m BatchManifest| manifest.source.as_deref().or(first) == Some(name);
        let of_source = contract.for_source(name)?;
        one_loaded_again(&of_source, earlier.iter().filter(is_of).copied(), new.iter().filter(is_of).copied())
    })
}

fn one_loaded_again<'m>(
    contract: &Contract,
    earlier: impl Iterator<Item = &'m BatchManifest>,
    new: impl Iterator<Item = &'m BatchManifest>,
) -> Option<String> {
    // A full snapshot replaces the rows before it by itself.
    let source = contract.source.as_ref().filter(|_| contract.apply.from_snapshot.is_none())?;
    let mut before = Delivered::default();
    earlier.for_each(|manifest| before.add(source.format, manifest));
    for manifest in new.filter(|manifest| manifest.backfill.is_none()) {
        let number = manifest.batch;
        let loads = || manifest.files.iter().map(|file| &file.path).filter(|path| is_full_load(source.format, path));
        let known = |path: &String| before.batch_of.get(path.as_str()).copied();
        if source.restarts.contains_key(&number) {
            before.add(source.format, manifest);
            continue;
        }
        if let Some((path, batch)) = loads().find_map(|path| Some((path, known(path)?))) {
            return Some(format!(
                "{path} is a full load that was written again since batch {batch}: the table was loaded again. Its rows \
                 rank below the changes before it, so they would be lost. Write source.restarts: {{{number}: reload}} if \
                 the batch begins with all rows of the table, or {{{number}: same}} if the same load was delivered again"
            ));
        }
        let is_of_known =
            |path: &&String| full_export(source.format, path).is_some_and(|export| before.exports.contains(export));
        if let (Some(path), Some(batch)) = (loads().filter(|path| !is_of_known(path)).min(), before.changed_in) {
            return Some(format!(
                "{path} is a full load that came after a load and changes (batch {batch}): the table was loaded again \
                 under new names, or a file of the first load came late. Its rows rank below the changes before it. Write \
                 source.restarts: {{{number}: reload}} if the batch begins with all rows of the table, or \
                 {{{number}: same}} if the file belongs to the load before"
            ));
        }
        before.add(source.format, manifest);
    }
    None
}

fn quarantine_limit_exceeded(contract: &Contract, batch: &BatchSummary) -> Option<String> {
    let (rows, quarantined) = (batch.rows(), batch.quarantined);
    #[expect(clippy::cast_precision_loss, reason = "a share for a limit")]
    let share = if rows == 0 { 0.0 } else { quarantined as f64 / rows as f64 };
    if share <= contract.apply.quarantine_limit {
        return None;
    }
    let limit = contract.apply.quarantine_limit * 100.0;
    let most = batch.rejects.most_frequent().map_or_else(String::new, |reason| format!(". Most are {reason}"));
    Some(format!("{:.1} % of its records are in quarantine, the limit is {limit:.1} %{most}", share * 100.0))
}
