//! Gathers what a file becomes.

use super::decode_error::DecodeError;
use super::decoded_file::DecodedFile;
use super::drift::Drift;
use super::first_events::FirstEvents;
use super::orders::Orders;
use super::record_error::RecordError;
use super::record_keys::{KeyCounts, KeyReader, RecordKeys, key_file_paths};
use super::source_logs::SourceLogs;
use super::source_tables::{SourceTables, TableOf, TableParts};
use crate::folder_values::folder_hashes;
use arrow::array::RecordBatch;
use sluice_change::{
    Cell, ChangeBatch, ChangeBatchBuilder, Event, EventSeq, Op, ReasonCode, Reject, RowRef, SharedReasons, SourceFile,
    contract_schema,
};
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of text and binary values in one batch: an Arrow column counts them with 31 bits.
const VALUE_BYTES_MAX: usize = (i32::MAX as usize) - (64 << 20);
/// Bytes of room that are made for a byte of a file at most, and what an event and a value of it take, more or less.
const ROOM_PER_BYTE: usize = 4;
const EVENT_BYTES: usize = 32;
const CELL_BYTES: usize = 16;
/// Letters of an operation that are counted apart.
const OPERATION_LEN_MAX: usize = 16;
/// Operations that are counted apart.
const OPERATIONS_MAX: usize = 64;

/// Gathers events, rejects and counts of one file or one piece of bronze.
pub(crate) struct Collector {
    builder: ChangeBatchBuilder,
    rejects: Vec<Reject>,
    reasons: SharedReasons,
    row_rejects: u64,
    tombstones: u64,
    value_bytes: usize,
    /// Rows of a backfill, which have a lower position than any change event.
    below_changes: bool,
    /// What stands before the rank of an event: later epochs of a source are newer.
    epoch_rank: u8,
    /// The first events of the table; `None`: all are its own.
    first_events: Option<FirstEvents>,
    columns: usize,
    /// Of a part of a file: what comes before it.
    before: (u64, u64),
    operations: BTreeMap<String, u64>,
    pub(crate) drift: Drift,
    source_tables: SourceTables,
    pub(crate) orders: Orders,
    pub(crate) logs: SourceLogs,
    /// Name of the source, where the table has several.
    source: Option<String>,
    /// Per file a hash of what its folders say of columns; empty where they say nothing.
    folders: Vec<u64>,
    /// The record as it was delivered, while what is inside of it is decoded.
    wrapped: Option<String>,
    keys: RecordKeys,
    key_reader: Option<KeyReader>,
    key_counts: KeyCounts,
    /// A record that cannot be decoded, with the key that was taken for it: bronze keeps it so.
    with_key: Option<String>,
}

impl Collector {
    pub(crate) fn new(contract: &Arc<Contract>, files: Vec<SourceFile>) -> Self {
        Self {
            folders: folder_hashes(contract, &files),
            builder: ChangeBatchBuilder::new(Arc::clone(contract), files),
            rejects: Vec::new(),
            reasons: SharedReasons::default(),
            row_rejects: 0,
            tombstones: 0,
            value_bytes: 0,
            below_changes: contract.backfill.is_some(),
            epoch_rank: contract.epoch.number.saturating_mul(2),
            first_events: None,
            columns: contract.columns.len(),
            before: (0, 0),
            operations: BTreeMap::new(),
            drift: Drift::default(),
            orders: Orders::default(),
            logs: SourceLogs::default(),
            source: contract.source_name().map(str::to_owned),
            wrapped: None,
            keys: RecordKeys::default(),
            key_reader: None,
            key_counts: KeyCounts::default(),
            with_key: None,
            source_tables: SourceTables::new(contract.source.as_ref().and_then(|source| source.table.clone())),
        }
    }

    /// Events of before these are counted and left out; `None`: there are none.
    pub(crate) fn beginning_with(self, first_events: Option<FirstEvents>) -> Self {
        Self { first_events, ..self }
    }

    /// For so many events, more or less, out of so many bytes. A table of many columns and short records gets no more
    /// room than a few times these bytes.
    pub(crate) fn with_room(self, events: usize, bytes: usize) -> Self {
        let most = bytes.saturating_mul(ROOM_PER_BYTE) / (EVENT_BYTES + self.columns * CELL_BYTES);
        Self { builder: self.builder.with_room(events.min(most)), ..self }
    }

    /// For a part of a file behind so many records and bytes.
    pub(crate) fn behind(self, records: u64, bytes: u64) -> Self {
        Self { before: (records, bytes), ..self }
    }

    /// With the keys of the records.
    pub(crate) fn with_keys(self, keys: RecordKeys) -> Self {
        let key_reader = if let RecordKeys::Lines(lines) = &keys { Some(KeyReader::of(lines)) } else { None };
        Self { keys, key_reader, ..self }
    }

    /// Whether there are keys of the records.
    pub(crate) fn has_keys(&self) -> bool {
        self.key_reader.is_some()
    }

    /// The key of a record, read once and in the order of the records.
    pub(crate) fn key_of(&mut self, at: RowRef) -> Option<String> {
        self.key_reader.as_mut()?.key(at.row)
    }

    /// A record has the key that [`Collector::key_of`] gave.
    pub(crate) fn note_key(&mut self) {
        self.key_counts.taken += 1;
    }

    /// A record does not say which row it is of. Where there are keys, its line has none that says it.
    pub(crate) fn note_without_key(&mut self) {
        self.key_counts.lacking += u64::from(!self.has_keys());
    }

    /// A record that is not blank.
    pub(crate) fn note_record(&mut self, at: RowRef) {
        self.key_counts.records = at.row + 1;
    }

    /// The reject of the record at hand keeps it with its key.
    pub(crate) fn keep_with_key(&mut self, record: String) {
        self.with_key = Some(record);
    }

    /// Why a record has no key besides what is in it.
    pub(crate) fn why_without_key(&self, at: RowRef) -> String {
        let line = at.row + 1;
        match &self.keys {
            RecordKeys::Refused(why) => why.to_string(),
            RecordKeys::Lines(lines) => format!("line {line} of {} is no key with names of columns", lines.path),
            RecordKeys::Absent => {
                let file = self.builder.files().get(at.file as usize);
                let path = file.and_then(|file| key_file_paths(&file.path).into_iter().next()).unwrap_or_default();
                format!("a sink with store.kafka.keys writes it into line {line} of {path}, which was not there")
            }
        }
    }

    /// The place of the record of a number and offset, counted from the beginning of the part.
    pub(crate) fn place(&self, number: u64, offset: u64) -> RowRef {
        let (records, bytes) = self.before;
        RowRef { file: 0, row: records + number, offset: bytes + offset }
    }

    /// Whether the bytes are a part of a file that is not its beginning.
    pub(crate) fn is_continued(&self) -> bool {
        self.before != (0, 0)
    }

    /// The events until [`Collector::end_wrapped`] are inside of this record, which bronze keeps.
    pub(crate) fn begin_wrapped(&mut self, record: &str) {
        self.wrapped = Some(record.to_owned());
    }

    /// See [`Collector::begin_wrapped`].
    pub(crate) fn end_wrapped(&mut self) {
        self.wrapped = None;
    }

    /// Adds an event; `content` is the hash of its values as delivered.
    ///
    /// # Errors
    /// `FILE_TOO_LARGE` when the batch has no room for its values, `UNKNOWN_START`.
    pub(crate) fn push(&mut self, event: Event<'_>, content: u64) -> Result<(), RecordError> {
        let bytes: usize = event.cells.iter().map(value_bytes).sum();
        if self.value_bytes.saturating_add(bytes) > VALUE_BYTES_MAX {
            return Err(RecordError::new(ReasonCode::FileTooLarge, "more than 2 GiB of values in one file, split it"));
        }
        self.value_bytes += bytes;
        let is_early = match &self.first_events {
            Some(first) => first.is_after(&event)?,
            None => false,
        };
        let rank = if self.below_changes { 0 } else { self.epoch_rank.saturating_add(event.rank) };
        let event = Event { rank, ..event };
        let event = match &self.wrapped {
            Some(record) if !event.record.is_empty() => Event { record: record.clone(), ..event },
            _ => event,
        };
        // Equal records of two folders are different events.
        let file = usize::try_from(event.at.file).unwrap_or(usize::MAX);
        let content = content ^ self.folders.get(file).copied().unwrap_or(0);
        self.builder.push_delivered(event, content);
        if is_early {
            self.builder.mark_early();
        }
        Ok(())
    }

    /// Takes everything before a reload out of the table: a truncate behind the last event of the epoch before, which
    /// has no record of its own.
    pub(crate) fn empty_table(&mut self, at: RowRef) {
        let (cells, record) = (vec![Cell::Null; self.columns], String::new());
        let (rank, parts) = (self.epoch_rank.saturating_sub(1), EventSeq::END_OF_EPOCH);
        self.builder
            .push_delivered(Event { at, op: Op::Truncate, rank, parts, cells, source_time_ms: None, record }, 0);
    }

    /// Counts a record by its table; whether it is of another table than the contract's.
    ///
    /// # Errors
    /// `BAD_ENVELOPE` when the contract names a table and the record does not.
    pub(crate) fn is_of_other_table(&mut self, parts: TableParts<'_>) -> Result<bool, RecordError> {
        match self.source_tables.note(parts) {
            TableOf::Contract => Ok(false),
            TableOf::Other => Ok(true),
            TableOf::Unsaid => {
                let detail = "the record does not say which table it is of, and the contract has source.table";
                Err(RecordError::new(ReasonCode::BadEnvelope, detail))
            }
        }
    }

    /// A record without a row.
    pub(crate) fn tombstone(&mut self) {
        self.tombstones += 1;
    }

    /// A record that cannot be decoded.
    pub(crate) fn reject(&mut self, at: RowRef, error: RecordError, raw: &[u8]) {
        self.row_rejects += 1;
        let with_key = self.with_key.take();
        let raw = with_key.as_ref().map_or(raw, |record| record.as_bytes());
        let RecordError { reason, column, detail, further } = error;
        let further = self.reasons.share(further);
        self.rejects.push(Reject { at, reason, column, detail, further, raw: Reject::raw_of(raw), whole_file: false });
    }

    /// A file, or the rest of one, that cannot be counted.
    pub(crate) fn reject_file(&mut self, at: RowRef, reason: ReasonCode, detail: impl Into<String>) {
        let detail = detail.into();
        let (further, raw) = (self.reasons.share(Vec::new()), String::new());
        self.rejects.push(Reject { at, reason, column: None, detail, further, raw, whole_file: true });
    }

    pub(crate) fn count_operation(&mut self, operation: &str) {
        if let Some(count) = self.operations.get_mut(operation) {
            *count += 1;
        } else if operation.len() > OPERATION_LEN_MAX || self.operations.len() >= OPERATIONS_MAX {
            *self.operations.entry("other".to_owned()).or_default() += 1;
        } else {
            self.operations.insert(operation.to_owned(), 1);
        }
    }

    /// Events, row rejects and tombstones so far.
    pub(crate) fn records(&self) -> u64 {
        self.builder.len() as u64 + self.row_rejects + self.tombstones
    }

    /// Everything gathered.
    ///
    /// # Errors
    /// [`DecodeError::Internal`], which would be a bug.
    pub(crate) fn finish(self) -> Result<DecodedFile, DecodeError> {
        let (source_tables, other_tables) = self.source_tables.counts();
        let changes = self.builder.finish().map_err(|error| DecodeError::Internal { detail: error.to_string() })?;
        Ok(DecodedFile {
            source: self.source,
            rows_in: changes.len() as u64 + self.row_rejects,
            changes,
            rejects: self.rejects,
            tombstones: self.tombstones,
            operations: self.operations,
            drift: self.drift,
            source_tables,
            other_tables,
            // Rows of a backfill are below every change, whatever orders those.
            orders: if self.below_changes { BTreeMap::new() } else { self.orders.counts() },
            logs: if self.below_changes { BTreeMap::new() } else { self.logs.counts() },
            keys: self.key_counts,
        })
    }
}

/// A result without events.
pub(crate) fn nothing(contract: &Arc<Contract>, files: Vec<SourceFile>, rejects: Vec<Reject>) -> DecodedFile {
    let changes = ChangeBatch::without_events(files, RecordBatch::new_empty(Arc::new(contract_schema(contract))));
    let rows_in = rejects.iter().filter(|reject| !reject.whole_file).count() as u64;
    DecodedFile::uncounted(changes, rejects, rows_in, contract.source_name().map(str::to_owned))
}

fn value_bytes(cell: &Cell<'_>) -> usize {
    match cell {
        Cell::Text(text) => text.len(),
        Cell::Bytes(bytes) => bytes.len(),
        Cell::List(cells) | Cell::Struct(cells) => cells.iter().map(value_bytes).sum::<usize>() + 4 * cells.len(),
        Cell::Map(entries) => entries.iter().map(|(key, value)| key.len() + value_bytes(value) + 8).sum(),
        Cell::Null | Cell::Absent | Cell::Bool(_) | Cell::Int(_) | Cell::Float(_) | Cell::Decimal(_) => 0,
    }
}
