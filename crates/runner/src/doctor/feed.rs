//! One feed, file after file, and what all of it shows.

use super::files::{Files, partition_of};
use super::found::{Found, Place};
use super::history_noise::Tracked;
use super::key_story::{Stories, StoryRules};
use super::keyed_events::{Image, KeyedEvent, KeyedEvents};
use super::orders::other_orders;
use super::other_clocks::OtherClocks;
use super::positions::Positions;
use super::record::{Delivered, Form, RecordView, plain_text};
use super::rejects;
use super::shape::Shape;
use super::transactions::Transactions;
use super::values::{Values, is_placeholder};
use crate::RunError;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use serde_json::{Map, Value};
use sluice_api::FindingCode;
use sluice_cdc::DecodedFile;
use sluice_change::{Op, Reject, arrow_type};
use sluice_contract::{Contract, SourceFormat};
use sluice_engine::{KeyEncoder, row_hashes};
use sluice_lake::SpillFile;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

pub(crate) use super::files::FileFacts;

/// Bytes of records that are kept for examples of the checks by key.
const RECORDS_BYTES_MAX: usize = 64 << 20;
/// Records in quarantine whose key is looked for.
const REJECTS_MAX: u64 = 100_000;

/// What a feed is.
pub(crate) struct FeedOptions {
    pub(crate) contract: Arc<Contract>,
    pub(crate) format: SourceFormat,
    /// Where events go that do not fit into memory.
    pub(crate) spill: SpillFile,
}

/// What was found in a feed.
pub(crate) struct Diagnosis {
    pub(crate) found: Found,
    pub(crate) records: u64,
}

/// Looks at one feed.
pub(crate) struct Feed {
    contract: Arc<Contract>,
    format: SourceFormat,
    form: Form,
    encoder: KeyEncoder,
    found: Found,
    files: Files,
    shape: Shape,
    values: Values,
    transactions: Transactions,
    positions: Positions,
    events: KeyedEvents,
    tracked: Tracked,
    clocks: OtherClocks,
    columns: Vec<String>,
    numbers: HashMap<String, u16>,
    truncates: Vec<((u8, sluice_change::SeqParts), u64)>,
    tainted: HashSet<u128>,
    unknown_rejects: u64,
    unknown_transactions: u64,
    rejects: u64,
    /// Events by what ordered them, with their files.
    orders: BTreeMap<String, Vec<(Place, u64)>>,
    begins_with_rows: Option<bool>,
    has_early: bool,
    first_change: u64,
    arrival: u64,
    records: u64,
    record_bytes: usize,
    of_snapshots: bool,
    orders_itself: bool,
}

impl Feed {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// If the key has no order, which no contract's lacks.
    pub(crate) fn new(options: FeedOptions) -> Result<Self, RunError> {
        let FeedOptions { contract, format, spill } = options;
        let of_snapshots = contract.apply.from_snapshot.is_some();
        Ok(Self {
            encoder: KeyEncoder::new(&contract)?,
            found: Found::new(Arc::clone(&contract)),
            files: Files::new(Arc::clone(&contract)),
            shape: Shape::new(&contract),
            values: Values::new(&contract),
            transactions: Transactions::default(),
            positions: Positions::default(),
            events: KeyedEvents::new(spill),
            tracked: Tracked::of(&contract),
            clocks: OtherClocks::of(&contract),
            columns: Vec::new(),
            numbers: HashMap::new(),
            truncates: Vec::new(),
            tainted: HashSet::new(),
            unknown_rejects: 0,
            unknown_transactions: 0,
            rejects: 0,
            orders: BTreeMap::new(),
            begins_with_rows: None,
            has_early: false,
            first_change: u64::MAX,
            arrival: 0,
            records: 0,
            record_bytes: 0,
            of_snapshots,
            orders_itself: format.carries_operations() && contract.apply.sequence.is_empty(),
            form: Form::of(format),
            format,
            contract,
        })
    }

    /// Looks at a file, or at what bronze has of it.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub(crate) fn add(&mut self, facts: &FileFacts, decoded: &DecodedFile) -> Result<(), RunError> {
        let file = self.found.begin_file(&facts.path, facts.batch);
        let whole = Place { file, record: None };
        self.shape.begin_file(file);
        self.records += decoded.rows_in;
        for reject in &decoded.rejects {
            let is_of_table = rejects::note(&mut self.found, file, reject);
            if is_of_table && !reject.whole_file {
                self.rejected(reject, Place { file, record: Some(reject.at.row) });
            }
        }
        self.events_of(file, facts, decoded)?;
        let changes = &decoded.changes;
        let place = |row: usize| Place { file, record: Some(changes.refs.at(row).row) };
        self.values.rows(&mut self.found, &changes.rows, &changes.ops, place, &changes.records);
        self.shape.end_file(&mut self.found, whole, self.format, &decoded.operations);
        for (order, count) in &decoded.orders {
            self.orders.entry(order.clone()).or_default().push((whole, *count));
        }
        if self.contract.source.as_ref().is_none_or(|source| source.restarts.is_empty()) {
            self.positions.logs(&mut self.found, whole, &decoded.logs);
        }
        let deletes = self.shape.deletes();
        self.files.add(&mut self.found, file, facts, decoded, deletes);
        Ok(())
    }

    fn events_of(&mut self, file: u32, facts: &FileFacts, decoded: &DecodedFile) -> Result<(), RunError> {
        let changes = &decoded.changes;
        let partition = partition_of(&facts.path).filter(|_| self.orders_itself);
        let keys = self.encoder.hashes(&changes.rows)?;
        let contents = row_hashes(&changes.rows)?;
        let mut tracked = self.tracked.images(&changes.rows, &changes.absent)?.into_iter();
        let (mut is_split, mut deleted_at) = (false, None);
        for (row, op) in changes.ops.iter().copied().enumerate() {
            let at = changes.refs.at(row);
            let place = Place { file, record: Some(at.row) };
            let tracked = tracked.next().unwrap_or_default();
            let record = changes.records.get(row).map_or("", String::as_str);
            let (seq, time_ms) = (changes.seqs.at(row), changes.source_times_ms.at(row));
            self.arrival += 1;
            if op == Op::Truncate {
                self.truncates.push(((seq.rank, seq.parts), self.arrival));
                if !record.is_empty() {
                    self.shape.event(place, false, None, record);
                }
                continue;
            }
            // The former key of a row comes first, and has no record.
            let begins_split = op == Op::Delete && record.is_empty();
            let ends_split = std::mem::replace(&mut is_split, begins_split);
            let view = if record.is_empty() { None } else { RecordView::read(self.form, record) };
            if !begins_split {
                self.said(place, (op, ends_split), view.as_ref(), time_ms, record);
            }
            if self.of_snapshots {
                continue;
            }
            let run = match &partition {
                Some(partition) if op != Op::Read && !op.is_left_out() && !begins_split => {
                    self.positions.event(partition, seq, time_ms)
                }
                _ => 0,
            };
            self.begins_with_rows.get_or_insert(op == Op::Read);
            self.has_early |= op == Op::Early;
            if op != Op::Read {
                self.first_change = self.first_change.min(self.arrival);
            }
            let delivered = match view.as_ref().map_or(Delivered::Unsaid, |view| view.delivered) {
                _ if op == Op::Read => Delivered::Read,
                _ if begins_split => Delivered::Delete,
                delivered => delivered,
            };
            let absent = u32::try_from(row).ok().and_then(|row| changes.absent.get(&row));
            let has_placeholder = view.as_ref().and_then(|view| view.after.as_ref()).is_some_and(|after| {
                let names =
                    absent.into_iter().flatten().filter_map(|column| self.contract.columns.get(usize::from(*column)));
                let mut names = names.flat_map(|column| std::iter::once(&column.name).chain(&column.renamed_from));
                names.any(|name| after.get(name).is_some_and(|value| !value.is_null()))
            });
            // A key that changes is a delete, and a create right behind it of the same commit; the former key has the value.
            let commit = seq.parts.first().map(|part| (seq.rank, *part));
            let has_former_key = (deleted_at == commit && delivered == Delivered::Insert) || ends_split;
            deleted_at = commit.filter(|_| op == Op::Delete);
            let has_images = matches!(self.form, Form::Envelope | Form::GoldenGate | Form::Maxwell);
            let (before, after) = match view.filter(|_| has_images) {
                Some(view) => (view.before.map(|row| self.image(&row)), view.after.map(|row| self.image(&row))),
                None => (None, None),
            };
            let keeps_record = self.record_bytes + record.len() <= RECORDS_BYTES_MAX;
            self.record_bytes += if keeps_record { record.len() } else { 0 };
            let content =
                contents.get(row).and_then(|hash| hash.first_chunk::<8>().copied()).map_or(0, u64::from_le_bytes);
            let loaded_ms = time_ms.or_else(|| (op == Op::Read).then(|| load_time(record)).flatten());
            self.events.add(KeyedEvent {
                key: keys.get(row).copied().unwrap_or_default(),
                rank: seq.rank,
                parts: seq.parts,
                op,
                delivered,
                content,
                arrival: self.arrival,
                place,
                time_ms: loaded_ms,
                run,
                is_split: begins_split || ends_split,
                has_placeholder: has_placeholder && !has_former_key,
                before,
                after,
                tracked,
                clocks: self.clocks.read(&changes.rows, row),
                record: keeps_record.then(|| record.into()),
            })?;
        }
        Ok(())
    }

    /// What an event says, whatever its key.
    fn said(
        &mut self,
        place: Place,
        (op, is_split): (Op, bool),
        view: Option<&RecordView>,
        time_ms: Option<i64>,
        record: &str,
    ) {
        let delivered = view.map_or(Delivered::Unsaid, |view| view.delivered);
        let is_delete = op == Op::Delete || op == Op::SoftDelete || delivered == Delivered::Delete;
        self.shape.event(place, is_delete, view, record);
        self.values.source_time(time_ms, place, record);
        if is_split {
            let detail = "the update has another key than the row before it";
            self.found.note(FindingCode::KeyChanged, place, detail, record);
        }
        let Some(view) = view else { return };
        if let Some((id, order)) = &view.transaction {
            self.transactions.event(id, *order, place, record);
        }
        if let Some(after) = &view.after {
            self.values.zones(after, place, record);
        }
    }

    /// A record in quarantine: what it would have done to its key is not known.
    fn rejected(&mut self, reject: &Reject, place: Place) {
        self.rejects += 1;
        let view = RecordView::read(self.form, &reject.raw);
        match view.as_ref().and_then(|view| view.transaction.as_ref()) {
            Some((id, order)) => self.transactions.event(id, *order, place, &reject.raw),
            None => self.unknown_transactions += 1,
        }
        let key = view.as_ref().and_then(RecordView::row).and_then(|row| self.key_of(row));
        match key.filter(|_| self.rejects <= REJECTS_MAX) {
            Some(key) => {
                self.tainted.insert(key);
            }
            None => self.unknown_rejects += 1,
        }
    }

    fn key_of(&self, row: &Map<String, Value>) -> Option<u128> {
        let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
        for name in &self.contract.apply.key {
            let column = self.contract.column(name)?;
            let text = match row.get(name)? {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            let texts: ArrayRef = Arc::new(StringArray::from(vec![text]));
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            columns.push((name, cast_with_options(&texts, &arrow_type(&column.data_type), &strict).ok()?));
        }
        let row = RecordBatch::try_from_iter(columns).ok()?;
        self.encoder.hashes(&row).ok()?.first().copied()
    }

    fn image(&mut self, row: &Map<String, Value>) -> Image {
        let mut image = Image::with_capacity(row.len());
        for (name, value) in row {
            if value.as_str().is_some_and(is_placeholder) {
                continue;
            }
            let number = match self.numbers.get(name) {
                Some(number) => *number,
                None => {
                    let Ok(number) = u16::try_from(self.columns.len()) else { continue };
                    self.columns.push(name.clone());
                    self.numbers.insert(name.clone(), number);
                    number
                }
            };
            let mut hasher = DefaultHasher::new();
            plain_text(value).hash(&mut hasher);
            let bytes = hasher.finish().to_le_bytes();
            image.push((number, u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])));
        }
        image
    }

    /// What all of it shows.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub(crate) fn finish(self) -> Result<Diagnosis, RunError> {
        let Self { contract, format, mut found, mut files, shape, values, transactions, mut positions, .. } = self;
        found.end_files();
        files.finish(&mut found);
        shape.finish(&mut found, &contract, format);
        values.finish(&mut found);
        transactions.finish(&mut found, self.unknown_transactions);
        let mut truncates = self.truncates;
        truncates.sort_unstable();
        let rules = StoryRules {
            says_operations: self.form.says_operations(),
            is_complete: self.begins_with_rows == Some(true) && !self.has_early,
            tainted: self.tainted,
            unknown_rejects: self.unknown_rejects,
            truncates,
            first_change: self.first_change,
            columns: self.columns,
            tie_policy: contract.apply.tie_policy,
        };
        if self.of_snapshots {
            let because = "the table is made of full snapshots, which have no events";
            for check in [4, 5, 11, 12, 13, 14, 25, 26] {
                found.not_run.insert(check, because.to_owned());
            }
        } else {
            let mut stories = Stories::new(rules, &mut found, &mut positions);
            self.events.by_key(|events| stories.key(events))?;
            stories.finish(&contract);
        }
        positions.finish(&mut found);
        other_orders(&mut found, self.orders);
        if found.has(FindingCode::FileGap) || found.has(FindingCode::TruncatedFile) {
            let because = "records of missing or damaged files may be what is missing; deliver them first";
            for code in [FindingCode::UnknownRow, FindingCode::LostUpdate, FindingCode::TransactionIncomplete] {
                if found.has(code) {
                    found.withdraw(code, because);
                }
            }
        }
        Ok(Diagnosis { found, records: self.records })
    }
}

/// When a row of a full load was copied, milliseconds since 1970: AWS DMS writes it into the row.
fn load_time(record: &str) -> Option<i64> {
    let Ok(Value::Object(row)) = serde_json::from_str(record) else { return None };
    let text = row.get("dms_timestamp")?.as_str()?;
    match sluice_change::parse_cell(&sluice_contract::ColumnType::TimestampNtz, text) {
        Ok(sluice_change::Cell::Int(micros)) => Some(micros.div_euclid(1_000)),
        _ => None,
    }
}
