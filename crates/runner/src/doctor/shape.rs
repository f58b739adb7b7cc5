//! The shape of the feed: operations by file, columns and types by file, whether it can say that a row is gone.

use super::found::{Found, Place};
use super::record::{Delivered, RecordView};
use serde_json::{Map, Value};
use sluice_api::FindingCode;
use sluice_cdc::is_of_changes;
use sluice_contract::{ColumnType, Contract, Scd, SourceFormat, limits};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Deletes of a file below which their share means nothing.
const DELETES_MIN: u64 = 100;
/// Files to compare with.
const OTHERS_MIN: usize = 5;
/// How many times the share of deletes of any other file a file has that stands out.
const SHARE_TIMES: f64 = 3.0;
/// Columns below which a row before that has few of them says nothing.
const BEFORE_COLUMNS_MIN: usize = 4;
/// Rows of a file below which its columns may be there by chance.
const ROWS_MIN: u64 = 5;
/// Words of operations that are no rows; those that begin with one of the others are statements.
const CONTROL: [&str; 9] =
    ["m", "ddl", "heartbeat", "transaction", "QUERY", "CINDEX", "DINDEX", "TIDB_WATERMARK", "ERASE"];
const CONTROL_PREFIXES: [&str; 8] =
    ["table-", "database-", "create-", "drop-", "rename-", "truncate-table-ddl", "CREATE", "ALTER"];

/// Events of a file.
#[derive(Clone, Copy, Debug)]
struct OfFile {
    file: u32,
    events: u64,
    deletes: u64,
}

/// Columns of the rows of a file.
#[derive(Debug, Default)]
struct Columns {
    /// Of a full load, or of changes, where files are of either.
    is_load: Option<bool>,
    rows: u64,
    by_name: HashMap<String, u64>,
}

/// JSON types of one column, in the order of arrival.
#[derive(Debug, Default)]
struct Types {
    last: Option<&'static str>,
    switches: u32,
    counts: BTreeMap<&'static str, u64>,
    examples: BTreeMap<&'static str, Vec<(Place, String)>>,
}

/// What is kept of the shape.
#[derive(Debug)]
pub(crate) struct Shape {
    files: Vec<OfFile>,
    columns: Vec<(u32, Columns)>,
    types: BTreeMap<String, Types>,
    /// Columns whose values are numbers or booleans in JSON.
    typed: Vec<String>,
    before: [(u64, Option<(Place, String)>); 2],
    says_deletes: bool,
    /// A file of changes, where the format has others too.
    changes_without_operation: Option<(Place, String)>,
    events: u64,
}

impl Shape {
    pub(crate) fn new(contract: &Contract) -> Self {
        let is_typed = |data_type: &ColumnType| {
            use ColumnType::{BigInt, Boolean, Decimal, Double, Float, Int, Numeric, SmallInt};
            matches!(data_type, SmallInt | Int | BigInt | Float | Double | Decimal { .. } | Numeric | Boolean)
        };
        let typed = contract.columns.iter().filter(|column| is_typed(&column.data_type) && !column.is_system());
        Self {
            files: Vec::new(),
            columns: Vec::new(),
            types: BTreeMap::new(),
            typed: typed.map(|column| column.name.clone()).collect(),
            before: [(0, None), (0, None)],
            says_deletes: contract.apply.delete_when.is_some() || contract.apply.truncate_when.is_some(),
            changes_without_operation: None,
            events: 0,
        }
    }

    pub(crate) fn begin_file(&mut self, file: u32) {
        self.files.push(OfFile { file, events: 0, deletes: 0 });
        self.columns.push((file, Columns::default()));
    }

    /// Deletes of the file that is read.
    pub(crate) fn deletes(&self) -> u64 {
        self.files.last().map_or(0, |file| file.deletes)
    }

    pub(crate) fn event(&mut self, place: Place, is_delete: bool, view: Option<&RecordView>, record: &str) {
        self.events += 1;
        self.says_deletes |= is_delete;
        if let Some(file) = self.files.last_mut() {
            file.events += 1;
            file.deletes += u64::from(is_delete);
        }
        let Some(view) = view else { return };
        if let Some(row) = &view.after {
            self.says_deletes |= row.contains_key("__deleted") || row.contains_key("__op") || row.contains_key("Op");
            if !is_delete {
                self.row(place, row, record);
            }
        }
        self.says_deletes |= matches!(view.delivered, Delivered::Update | Delivered::Delete | Delivered::Insert);
        if view.delivered == Delivered::Update
            && let Some(after) = &view.after
            && after.len() >= BEFORE_COLUMNS_MIN
        {
            let values = |row: &Map<String, Value>| row.values().filter(|value| !value.is_null()).count();
            let is_full = view.before.as_ref().is_some_and(|before| values(before) * 2 >= values(after));
            let (count, first) = &mut self.before[usize::from(is_full)];
            *count += 1;
            first.get_or_insert_with(|| (place, record.to_owned()));
        }
    }

    fn row(&mut self, place: Place, row: &Map<String, Value>, record: &str) {
        if let Some((_, columns)) = self.columns.last_mut() {
            columns.rows += 1;
            for name in row.keys() {
                if let Some(count) = columns.by_name.get_mut(name) {
                    *count += 1;
                } else if columns.by_name.len() < limits::COLUMNS_MAX {
                    columns.by_name.insert(name.clone(), 1);
                }
            }
        }
        for name in &self.typed {
            let Some(kind) = row.get(name).and_then(kind_of) else { continue };
            if !self.types.contains_key(name) {
                self.types.insert(name.clone(), Types::default());
            }
            let Some(types) = self.types.get_mut(name) else { continue };
            types.switches += u32::from(types.last.is_some_and(|last| last != kind));
            types.last = Some(kind);
            *types.counts.entry(kind).or_default() += 1;
            let examples = types.examples.entry(kind).or_default();
            if examples.len() < 5 {
                examples.push((place, record.to_owned()));
            }
        }
    }

    /// Counts of a whole file.
    pub(crate) fn end_file(
        &mut self,
        found: &mut Found,
        place: Place,
        format: SourceFormat,
        operations: &BTreeMap<String, u64>,
    ) {
        let is_control =
            |word: &str| CONTROL.contains(&word) || CONTROL_PREFIXES.iter().any(|prefix| word.starts_with(prefix));
        for (word, count) in operations.iter().filter(|(word, _)| is_control(word)) {
            let detail = format!("{count} records with the operation {word}");
            found.note_many(FindingCode::ControlRecord, place, *count, detail, "");
        }
        let unsaid = operations.get("load").or_else(|| operations.get("row")).copied().unwrap_or(0);
        let path = found.path(place.file).to_owned();
        let is_load = has_loads(format) && !is_of_changes(format, &path);
        let said: u64 = operations.values().sum::<u64>() - unsaid;
        if unsaid > 0 && said > 0 && !is_load {
            let detail = format!("{unsaid} records lack the operation that the others of the file have");
            found.note_many(FindingCode::UnknownOperation, place, unsaid, detail, "");
        }
        if let Some((_, columns)) = self.columns.last_mut() {
            columns.is_load = has_loads(format).then_some(is_load);
        }
        if unsaid > 0 && !is_load && self.changes_without_operation.is_none() {
            self.changes_without_operation = Some((place, format!("{unsaid} records without an operation")));
        }
    }

    pub(crate) fn finish(self, found: &mut Found, contract: &Contract, format: SourceFormat) {
        operation_shift(found, &self.files);
        columns_that_come_and_go(found, &self.columns);
        columns_of_loads(found, &self.columns);
        for (name, types) in &self.types {
            types_that_change(found, name, types);
        }
        let [(without, first), (with, _)] = &self.before;
        if *without > 0
            && *with > 0
            && let Some((place, record)) = first
        {
            let detail = format!("{without} updates without the row before, {with} with it");
            found.note_many(FindingCode::BeforeMissing, *place, *without, detail, record);
        }
        let only_grows = contract.apply.scd == Scd::Append || contract.apply.from_snapshot.is_some();
        if self.says_deletes || only_grows || self.events == 0 {
            return;
        }
        let detail = match (format.carries_operations(), self.changes_without_operation) {
            (true, None) => return,
            (true, Some((place, detail))) => Some((place, detail)),
            (false, _) => self.files.first().map(|file| {
                let place = Place { file: file.file, record: None };
                (place, "its records are plain rows, ordered by a column".to_owned())
            }),
        };
        if let Some((place, detail)) = detail {
            found.note_many(FindingCode::NoDeletes, place, self.events, detail, "");
        }
    }
}

/// Formats with files of a full load, which have no operation, beside those of changes.
fn has_loads(format: SourceFormat) -> bool {
    format.as_str().starts_with("dms_")
}

fn kind_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some("boolean"),
        Value::Number(_) => Some("number"),
        Value::String(text) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity" | "") => None,
        Value::String(text) if super::values::is_placeholder(text) => None,
        Value::String(_) => Some("text"),
        Value::Array(_) | Value::Object(_) => Some("object"),
    }
}

/// A file whose deletes are most of its events, where no other file has nearly as many.
fn operation_shift(found: &mut Found, files: &[OfFile]) {
    let share = |file: &OfFile| share_of(file.deletes, file.events);
    let with_events: Vec<&OfFile> = files.iter().filter(|file| file.events > 0).collect();
    if with_events.len() <= OTHERS_MIN {
        return;
    }
    for file in &with_events {
        let others = with_events.iter().filter(|other| other.file != file.file);
        let most = others.map(|other| share(other)).fold(0.0, f64::max);
        if file.deletes >= DELETES_MIN && share(file) >= 0.5 && share(file) >= SHARE_TIMES * most {
            let detail = format!("{} of its {} records delete a row", file.deletes, file.events);
            found.note_many(
                FindingCode::OperationShift,
                Place { file: file.file, record: None },
                file.deletes,
                detail,
                "",
            );
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share_of(part: u64, all: u64) -> f64 {
    part as f64 / all.max(1) as f64
}

/// Columns that all rows of the files around have, and no row of a file. One that comes or goes for good is evolution.
fn columns_that_come_and_go(found: &mut Found, files: &[(u32, Columns)]) {
    let files: Vec<&(u32, Columns)> = files.iter().filter(|(_, columns)| columns.rows >= ROWS_MIN).collect();
    let is_whole = |columns: &Columns, name: &str| columns.by_name.get(name) == Some(&columns.rows);
    let mut names: Vec<&String> = files.iter().flat_map(|(_, columns)| columns.by_name.keys()).collect();
    names.sort();
    names.dedup();
    let mut of_file: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for name in names {
        let presence: Vec<Option<bool>> = files
            .iter()
            .map(|(_, columns)| match columns.by_name.get(name) {
                None => Some(false),
                Some(_) if is_whole(columns, name) => Some(true),
                Some(_) => None,
            })
            .collect();
        // A column that some rows lack within a file may be left out wherever it is empty.
        if presence.contains(&None) {
            continue;
        }
        let changes: Vec<usize> = (1..presence.len()).filter(|at| presence[*at] != presence[at - 1]).collect();
        if changes.len() < 2 {
            continue;
        }
        // The rarer side is the odd one.
        let with = presence.iter().filter(|is| **is == Some(true)).count();
        let odd = if with * 2 < presence.len() { Some(true) } else { Some(false) };
        for (at, (file, _)) in files.iter().enumerate() {
            if presence[at] == odd {
                of_file.entry(*file).or_default().push(name);
            }
        }
    }
    for (file, names) in of_file {
        let shown: Vec<&str> = names.iter().take(8).copied().collect();
        let more =
            if names.len() > shown.len() { format!(" and {} more", names.len() - shown.len()) } else { String::new() };
        let detail = format!("differs from the files around it in {}{more}", shown.join(", "));
        found.note(FindingCode::ColumnsDiffer, Place { file, record: None }, detail, "");
    }
}

/// Columns that the files of the full load have and no file of changes, or the other way round.
fn columns_of_loads(found: &mut Found, files: &[(u32, Columns)]) {
    /// Members of AWS DMS.
    const OWN: [&str; 3] = ["Op", "transact_seq", "dms_timestamp"];
    let of = |load: bool| -> Vec<&(u32, Columns)> {
        files.iter().filter(|(_, columns)| columns.is_load == Some(load) && columns.rows >= ROWS_MIN).collect()
    };
    let (loads, changes) = (of(true), of(false));
    let (Some((load, _)), Some((change, _))) = (loads.first(), changes.first()) else { return };
    let names = |files: &[&(u32, Columns)]| -> BTreeSet<String> {
        let names = files.iter().flat_map(|(_, columns)| columns.by_name.keys().cloned());
        names
            .filter(|name| !OWN.contains(&name.as_str()) && !name.starts_with("BI_") && !name.starts_with("AR_"))
            .collect()
    };
    let (of_loads, of_changes) = (names(&loads), names(&changes));
    for (file, more, less, what) in [
        (*load, &of_loads, &of_changes, "the full load has and no change"),
        (*change, &of_changes, &of_loads, "changes have and the full load has not"),
    ] {
        let only: Vec<&str> = more.difference(less).map(String::as_str).take(8).collect();
        // A column that comes after the load is evolution; one that the first changes have already is not.
        let is_evolution = file == *change
            && changes.first().is_some_and(|(_, first)| only.iter().all(|name| !first.by_name.contains_key(*name)));
        if !only.is_empty() && !is_evolution {
            let detail = format!("{}: columns that {what}", only.join(", "));
            found.note(FindingCode::ColumnsDiffer, Place { file, record: None }, detail, "");
        }
    }
}

/// A column whose JSON type changes and changes back. One change is an alteration of the column.
fn types_that_change(found: &mut Found, name: &str, types: &Types) {
    if types.switches < 2 {
        return;
    }
    let Some((usual, _)) = types.counts.iter().max_by_key(|(_, count)| **count) else { return };
    for (kind, count) in types.counts.iter().filter(|(kind, _)| kind != &usual) {
        let examples = types.examples.get(kind).map_or(&[][..], Vec::as_slice);
        let detail = format!("{name} is a {kind} where it is a {usual} elsewhere");
        let rest = count.saturating_sub(examples.len() as u64);
        for (place, record) in examples {
            found.note(FindingCode::TypeMismatch, *place, detail.clone(), record);
        }
        if rest > 0
            && let Some((place, record)) = examples.last()
        {
            found.note_many(FindingCode::TypeMismatch, *place, rest, detail, record);
        }
    }
}
