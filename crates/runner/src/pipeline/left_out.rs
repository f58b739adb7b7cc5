//! A changed `keep`, by its difference: rows that leave are known from silver, rows that enter from the records of their
//! keys' newest events.
//!
//! Every event provides what `keep` reads, and a row that is left out is a delete at the position of its event. So silver
//! has the newest event of each key that is kept, and its deletes name the newest of each other key. Where such an event
//! provides every column, older ones have no say in the row: it is what the new condition makes of that event alone. What
//! this does not decide is rebuilt: rows with values of several events, deletes whose record is not found.

use super::audit::Audited;
use super::batch::BatchSummary;
use super::bronze::DECODED_FROM;
use super::decode::{BatchPiece, BronzeDecoder};
use super::merge::Merged;
use super::silver_commit::of_part;
use super::table_run::TableRun;
use super::tally::Tally;
use crate::RunError;
use crate::silver::Silver;
use crate::silver::candidate::NewDeletes;
use crate::silver::changed_keep::{Leaving, leaving_rows, made_by_other_keep};
use crate::silver::merge::prepare_with_leaving;
use crate::silver::tombstones::{remembered_deletes, tombstones_of};
use crate::support::blocking::blocking;
use arrow::array::{AsArray, RecordBatch};
use futures::{StreamExt, TryStreamExt};
use hashbrown::{HashMap, HashSet};
use sluice_api::SilverRemade;
use sluice_change::{ChangeBatch, contract_schema};
use sluice_contract::Contract;
use sluice_engine::{EngineError, KeyEncoder, SEQ, changed_segment};
use sluice_lake::{DataFile, Snapshot};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// Records that are decoded at a time.
const STEP_ROWS: usize = 16_384;
/// Data files of bronze that are searched at the same time.
const FILES_AT_ONCE: usize = 2;
/// Of so many percent of the records the keys may be left out: to read more of them costs what a rebuild does.
const LEFT_OUT_PERCENT_MAX: u64 = 75;

impl TableRun {
    /// Makes silver what a changed `keep` says by the rows that enter and leave; false where that takes a rebuild.
    ///
    /// # Errors
    /// [`RunError::Refused`] if a check of severity `fail` does not hold of it; errors of the store and the engine.
    pub(super) async fn change_kept_rows(&mut self) -> Result<bool, RunError> {
        let started = Instant::now();
        let (lake, contract) = (self.context.lake.clone(), Arc::clone(&self.context.contract));
        let is_decided = !self.table.records.in_force().is_empty() || self.table.has_other_records();
        if is_decided || !self.table.skipped.is_empty() || !self.table.silver.skipped.is_empty() {
            return Ok(false);
        }
        let Some(before) = made_by_other_keep(&lake, &self.table.silver, &contract).await? else { return Ok(false) };
        if !self.decides_as_before(&before).await? {
            return Ok(false);
        }
        let mut silver = Silver::open(&lake, &before).await?;
        if silver.lost_state || silver.version() != self.silver_version() {
            return Ok(false);
        }
        silver.store = self.table.silver.store.clone();
        let encoder = KeyEncoder::new(&contract)?;
        let Some(Leaving { rows, deletes }) = leaving_rows(&silver, &contract).await? else { return Ok(false) };
        let remembered = remembered_deletes(&lake, &silver, &encoder).await?;
        let changes = match &remembered {
            Some(remembered) => self.entering_events(remembered).await?,
            None => Some(Vec::new()),
        };
        let Some(mut changes) = changes else { return Ok(false) };
        let mut entering = HashSet::new();
        for of_piece in &changes {
            entering.extend(encoder.hashes(&of_piece.rows)?);
        }
        if changes.is_empty() {
            let none = RecordBatch::new_empty(Arc::new(contract_schema(&contract)));
            changes.push(ChangeBatch::without_events(Vec::new(), none));
        }
        // The plan is about the rows that enter: those that leave are still there for it.
        let stay = changed_segment(&encoder, remembered.as_ref(), |hash| entering.contains(&hash), &[])?;
        silver.tombstones = Arc::new(tombstones_of(&encoder, stay.as_ref())?);
        let leave = rows.len();
        let mut candidate = prepare_with_leaving(&silver, &contract, changes, rows).await?;
        let segment = changed_segment(&encoder, stay.as_ref(), |_| false, &deletes)?;
        candidate.deletes = NewDeletes::All(tombstones_of(&encoder, segment.as_ref())?, segment);
        // Whether a condition that keeps nothing is meant is asked by the rebuild.
        if candidate.ledger.silver_after == 0 && candidate.ledger.silver_before > 0 {
            candidate.discard(&silver.store).await;
            return Ok(false);
        }
        let enter = candidate.ledger.inserted;
        self.context.log(format_args!("keep is another one: {enter} rows enter and {leave} leave, the others stay"));
        let summary = BatchSummary::of(Tally::default(), silver.batch(), 0, started);
        let commit = of_part(&self.context, &silver, &summary);
        self.audited = Audited::of_version(&lake, &silver, &before).await;
        self.audit_and_publish(Merged { summary, candidate, commit }).await?;
        self.has_remade(SilverRemade::OtherRowsKept { entered: enter, left: leave as u64 });
        Ok(true)
    }

    /// Whether the events of which a condition could not be decided are the same for both. Those of before are decided by what
    /// they lack, so a condition that reads all of it decides none of them; else no record may be in quarantine.
    async fn decides_as_before(&self, before: &Contract) -> Result<bool, RunError> {
        let reads = |contract: &Contract| -> BTreeSet<String> {
            let columns = contract.apply.keep.iter().flat_map(|keep| keep.columns());
            columns.map(str::to_owned).collect()
        };
        if reads(before).is_subset(&reads(&self.context.contract)) {
            return Ok(true);
        }
        let commits = self.table.silver.store.history(usize::MAX).await?;
        let is_whole = commits.last().is_some_and(|first| first.version == 0);
        let quarantined = commits.iter().filter_map(|commit| commit.info.ledger).any(|ledger| ledger.quarantined > 0);
        Ok(is_whole && !quarantined)
    }

    /// The events of keys that were left out and are kept now. `None` if they do not follow from the newest events.
    async fn entering_events(&self, remembered: &RecordBatch) -> Result<Option<Vec<ChangeBatch>>, RunError> {
        let last = self.table.silver.batch();
        let decoder = BronzeDecoder::new(&self.context, &self.table, 1..=last).await?;
        let Some((snapshot, files)) = self.table.bronze.files(&(1..=last)).await? else { return Ok(None) };
        let records: u64 = files.iter().map(|file| file.rows).sum();
        let too_many = remembered.num_rows() as u64 * 100 > records * LEFT_OUT_PERCENT_MAX;
        if decoder.needs_whole_files() || too_many || files.iter().any(DataFile::has_deletion_vector) {
            return Ok(None);
        }
        let search = Arc::new(Search::new(&self.context.contract, decoder, remembered)?);
        let (mut known, mut all) = (HashSet::with_capacity(search.newest.len()), Vec::new());
        let of_files = files.into_iter().map(|file| self.entering_events_of(&search, &snapshot, file));
        let mut of_files = futures::stream::iter(of_files).buffered(FILES_AT_ONCE);
        while let Some(of_file) = of_files.try_next().await? {
            let Some(found) = of_file else { return Ok(None) };
            known.extend(found.known);
            all.extend(found.changes);
        }
        Ok((known.len() == search.newest.len()).then_some(all))
    }

    /// `None` if a record is not understood, or an event lacks a column.
    async fn entering_events_of(
        &self,
        search: &Arc<Search>,
        snapshot: &Snapshot,
        file: DataFile,
    ) -> Result<Option<Found>, RunError> {
        self.context.job.check()?;
        let store = &self.table.bronze.store;
        let rows = store.read_files(snapshot, std::slice::from_ref(&file), Some(&[SEQ])).await?;
        let of_rows = Arc::clone(search);
        let positions = blocking(move || of_rows.positions_in(&rows)).await?;
        let mut all = Found::default();
        for step in positions.chunks(STEP_ROWS) {
            let records = store.read_positions(snapshot, &file, step, Some(&DECODED_FROM)).await?;
            let search = Arc::clone(search);
            let Some(found) = blocking(move || search.entering(&records)).await? else { return Ok(None) };
            all.known.extend(found.known);
            all.changes.extend(found.changes);
        }
        Ok(Some(all))
    }
}

fn texts(rows: &RecordBatch) -> Result<&arrow::array::StringArray, RunError> {
    let texts = rows.column_by_name(SEQ).and_then(|column| column.as_string_opt::<i32>());
    Ok(texts.ok_or(EngineError::Sequence(SEQ))?)
}

/// The deletes that silver remembers, looked for in bronze.
struct Search {
    decoder: BronzeDecoder,
    encoder: KeyEncoder,
    /// Hash of the key by the sequence, as text, of its newest event.
    newest: HashMap<String, u128>,
    /// How these sequences end: to ask this first spares the hash of the whole text for nearly every record.
    ends: HashSet<[u8; SEQ_END_BYTES]>,
}

/// Bytes at the end of a sequence; the hash of the content is there.
const SEQ_END_BYTES: usize = 8;

/// What a few records are.
#[derive(Default)]
struct Found {
    /// Keys whose newest event is among them.
    known: Vec<u128>,
    /// Of these the events that are kept now.
    changes: Vec<ChangeBatch>,
}

impl Search {
    fn new(contract: &Contract, decoder: BronzeDecoder, remembered: &RecordBatch) -> Result<Self, RunError> {
        let encoder = KeyEncoder::new(contract)?;
        let hashes = encoder.hashes(remembered)?;
        let newest: HashMap<String, u128> =
            texts(remembered)?.iter().flatten().map(str::to_owned).zip(hashes).collect();
        let ends = newest.keys().filter_map(|seq| seq.as_bytes().last_chunk().copied()).collect();
        Ok(Self { decoder, encoder, newest, ends })
    }

    /// Which rows of a file are of one of the sequences, ascending.
    fn positions_in(&self, of_file: &[RecordBatch]) -> Result<Vec<u32>, RunError> {
        let mut positions = Vec::new();
        let mut first = 0_u32;
        let is_sought = |seq: &str| {
            let end = seq.as_bytes().last_chunk();
            end.is_none_or(|end| self.ends.contains(end)) && self.newest.contains_key(seq)
        };
        for rows in of_file {
            let sought = (first..).zip(texts(rows)?.iter()).filter(|(_, seq)| seq.is_some_and(is_sought));
            positions.extend(sought.map(|(row, _)| row));
            first = first.saturating_add(u32::try_from(rows.num_rows()).unwrap_or(u32::MAX));
        }
        Ok(positions)
    }

    /// `None` if a record is not understood, or an event lacks a column.
    fn entering(&self, records: &RecordBatch) -> Result<Option<Found>, RunError> {
        let mut found = Found::default();
        for BatchPiece { decoded, .. } in self.decoder.by_batch(std::slice::from_ref(records))? {
            if !decoded.rejects.is_empty() {
                return Ok(None);
            }
            let changes = decoded.changes;
            let hashes = self.encoder.hashes(&changes.rows)?;
            let mut enters = vec![false; changes.len()];
            for (event, hash) in hashes.into_iter().enumerate() {
                if self.newest.get(&changes.seqs.at(event).to_string()) != Some(&hash) {
                    continue;
                }
                found.known.push(hash);
                let is_kept = changes.ops.get(event).is_some_and(|op| op.is_upsert());
                let row = u32::try_from(event).unwrap_or(u32::MAX);
                if is_kept && changes.absent.contains_key(&row) {
                    return Ok(None);
                }
                if let Some(enters) = enters.get_mut(event) {
                    *enters = is_kept;
                }
            }
            if enters.contains(&true) {
                let mut changes = changes.filter(&enters)?;
                changes.records.iter_mut().for_each(|record| *record = String::new());
                found.changes.push(changes);
            }
        }
        Ok(Some(found))
    }
}
