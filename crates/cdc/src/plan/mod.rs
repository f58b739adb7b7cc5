//! A contract prepared for decoding.

pub(crate) mod conditions;
mod delivery;
pub(crate) mod folder_cells;
pub(crate) mod markers;
pub(crate) mod names;
pub(crate) mod position_bits;
pub(crate) mod position_text;
pub(crate) mod sequence;
pub(crate) mod start;

use crate::outcome::decode_error::DecodeError;
use crate::value::reading::Reading;
use crate::value::time_number::time_length;
use crate::value::unavailable::Unavailable;
use conditions::RowCondition;
use delivery::delivery_of;
use folder_cells::FolderCells;
use markers::Markers;
use names::{Names, RowName, Target};
use sequence::Sequence;
use sluice_change::{
    Cell, CellError, EventSeq, Op, RowChecks, RowRef, RowTest, SeqParts, SourceFile, hash_head, parse_cell,
};
use sluice_contract::{
    Column, ColumnType, ColumnValue, Contract, HashKey, RESCUED, SchemaPolicy, Source, TiePolicy, TimeUnit, added_field,
};
use start::first_events;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A contract prepared for decoding.
pub(crate) struct Plan {
    pub(crate) contract: Arc<Contract>,
    pub(crate) source: Source,
    /// Per column: it is part of the key.
    pub(crate) is_key: Vec<bool>,
    /// Names of the key columns, former ones too, with their positions.
    key_names: Vec<(String, usize)>,
    /// Per column: its declared default.
    pub(crate) defaults: Vec<Option<Cell<'static>>>,
    pub(crate) sequence: Sequence,
    /// Where the order is the format's own and in the row: the members of a position, by their names without a prefix.
    own_position: Vec<(&'static str, RowName)>,
    /// Which rows the table keeps.
    pub(crate) keep: Option<RowTest>,
    /// What a record has to pass for silver to have it.
    pub(crate) checks: RowChecks,
    delete_when: Option<RowCondition>,
    truncate_when: Option<RowCondition>,
    /// Member of `update_columns`.
    pub(crate) update_columns: Option<RowName>,
    /// Per key column: the member of the row that holds its value before the change.
    pub(crate) before_key: Vec<(usize, RowName)>,
    pub(crate) unavailable: Unavailable,
    /// How texts are read.
    pub(crate) reading: Reading,
    /// The row's own operation: `__op`, `Op`.
    pub(crate) operation: Option<RowName>,
    /// The row's own mark of a delete: `__deleted`.
    pub(crate) deleted: Option<RowName>,
    /// The row's own source time: `__source_ts_ms` (milliseconds), `dms_timestamp` (text).
    pub(crate) time: Option<RowName>,
    /// Per column: its texts are Extended JSON of MongoDB.
    documents: Vec<bool>,
    /// Other members of the row that the format reads, as [`Markers::beside`] lists them.
    pub(crate) beside: Vec<RowName>,
    /// Position of the column that takes what does not fit (`_rescued`).
    pub(crate) rescued: Option<usize>,
    /// Values that do not fit go there too.
    pub(crate) rescues_values: bool,
    /// Columns whose type may become wider.
    pub(crate) widens: bool,
    /// New columns are added, and there is no room for another one.
    pub(crate) is_full: bool,
    /// Per file that is decoded: its position, where the format orders events by file and row.
    file_positions: Vec<Option<u64>>,
    /// Per file that is decoded: its name says that it is of a full load.
    full_loads: Vec<bool>,
    /// Per file that is decoded: the number in its name, and a hash of its path.
    file_names: Vec<(u64, u64)>,
    /// Per file that is decoded: its place among the files of the table, where ties are decided by it.
    deliveries: Vec<[u64; 2]>,
    /// What their folders say of columns.
    folder_cells: FolderCells,
    names: Names,
}

impl Plan {
    /// Prepares `contract` for records of a format with these markers.
    ///
    /// # Errors
    /// [`DecodeError`] when it has no source, a default is not of its type, or its sequence has no room.
    pub(crate) fn new(contract: &Arc<Contract>, markers: &Markers) -> Result<Self, DecodeError> {
        let table = || contract.name.to_string();
        let source = contract.source.clone().ok_or_else(|| DecodeError::NoSource { table: table() })?;
        check_keys(contract)?;
        first_events(contract)?;
        let key = contract.key_positions();
        let apply = &contract.apply;
        let mut names = Names::new(contract, markers.is_own);
        let added = &source.add_fields;
        let member = |names: &mut Names, field: &str, usual: Option<&str>| {
            added.get(field).map(String::as_str).or(usual).map(|name| names.row_name(name))
        };
        let operation = match markers.operation.filter(|_| markers.operation_of_any_case) {
            Some(name) => Some(names.row_name_of_any_case(name)),
            None => member(&mut names, "op", markers.operation),
        };
        let mut member = |field: &str, usual: Option<&str>| member(&mut names, field, usual);
        let (deleted, time) = (member("deleted", markers.deleted), member("source.ts_ms", markers.time));
        let beside = markers.beside.iter().map(|name| names.row_name(name)).collect();
        let sequence = Sequence::new(contract, &mut names, markers.is_in_envelope);
        let sequence = sequence.ok_or_else(|| DecodeError::LongSequence { table: table() })?;
        let own_position = if sequence.is_own() { own_position(markers, added, &mut names) } else { Vec::new() };
        let delete_when = apply.delete_when.as_ref().map(|when| RowCondition::new(when, &mut names, markers, added));
        let truncate_when =
            apply.truncate_when.as_ref().map(|when| RowCondition::new(when, &mut names, markers, added));
        let update_columns = apply.update_columns.as_deref().map(|name| names.row_name(name));
        let before = markers.before_key.filter(|_| apply.from_snapshot.is_none());
        Ok(Self {
            is_key: (0..contract.columns.len()).map(|position| key.contains(&position)).collect(),
            key_names: key_names(contract, &key),
            defaults: defaults(contract)?,
            keep: RowTest::of(contract).map_err(|error| DecodeError::BadFilter { table: table(), error })?,
            checks: RowChecks::of(contract).map_err(|error| DecodeError::BadCheck { table: table(), error })?,
            sequence,
            own_position,
            delete_when,
            truncate_when,
            update_columns,
            before_key: before.map_or_else(Vec::new, |prefix| before_key(contract, &key, prefix, &mut names)),
            unavailable: Unavailable::new(&source.unavailable_value),
            reading: Reading::new(&source).map_err(|zone| DecodeError::UnknownZone { table: table(), zone })?,
            operation,
            deleted,
            time,
            beside,
            documents: documents(contract, markers),
            rescued: contract.columns.iter().position(|column| column.discovered && column.name == RESCUED),
            rescues_values: source.schema_policy == SchemaPolicy::Evolve,
            widens: source.evolution.widens(),
            is_full: source.evolution.adds() && contract.is_full(),
            file_positions: Vec::new(),
            full_loads: Vec::new(),
            file_names: Vec::new(),
            deliveries: Vec::new(),
            folder_cells: FolderCells::default(),
            names,
            contract: Arc::clone(contract),
            source,
        })
    }

    /// What the numbers of a column count, where the contract says it.
    pub(crate) fn unit(&self, position: usize) -> Option<TimeUnit> {
        self.contract.columns.get(position)?.unit
    }

    /// What a number counts in a column of texts that are lengths of time.
    pub(crate) fn length_unit(&self, position: usize) -> Option<TimeUnit> {
        let column = self.contract.columns.get(position)?;
        column.unit.filter(|_| column.data_type == ColumnType::String)
    }

    /// A text of a column as a value of `data_type`.
    ///
    /// # Errors
    /// As [`Reading::cell`].
    pub(crate) fn text_cell<'a>(
        &self,
        position: usize,
        data_type: &ColumnType,
        text: &'a str,
    ) -> Result<Cell<'a>, CellError> {
        match self.length_unit(position).filter(|_| *data_type == ColumnType::String) {
            Some(unit) => time_length(unit, text),
            None => self.reading.cell(data_type, self.unit(position), text),
        }
    }

    /// Whether the texts of a column are Extended JSON of MongoDB.
    pub(crate) fn is_document(&self, position: usize) -> bool {
        self.documents.get(position).copied().unwrap_or(false)
    }

    /// Whether there is a column whose texts are Extended JSON of MongoDB.
    pub(crate) fn has_documents(&self) -> bool {
        self.documents.contains(&true)
    }

    /// The same for records of these files, whose positions `position` tells by their paths, and `is_full_load` whether
    /// they are of a full load.
    pub(crate) fn of_files(
        mut self,
        files: &[SourceFile],
        position: impl Fn(&str) -> Option<u64>,
        is_full_load: impl Fn(&str) -> bool,
    ) -> Self {
        self.file_positions = files.iter().map(|file| position(&file.path)).collect();
        self.full_loads = files.iter().map(|file| is_full_load(&file.path)).collect();
        self.file_names = files
            .iter()
            .map(|file| (number_in_name(&file.path), hash_head(&blake3::hash(file.path.as_bytes()))))
            .collect();
        if self.contract.apply.tie_policy == TiePolicy::ByFile {
            self.deliveries = files.iter().map(|file| delivery_of(&self.source.path, &file.path)).collect();
        }
        self.folder_cells = FolderCells::of(&self.contract, &self.reading, files);
        self
    }

    /// What the folders of a record's file say of a column; `None` if they say nothing.
    pub(crate) fn folder_cell(&self, at: RowRef, position: usize) -> Option<&Result<Cell<'static>, CellError>> {
        self.folder_cells.get(at, position)
    }

    /// The text of a member of the row by which rows are ordered, where a folder says it and not the record.
    pub(crate) fn folder_order(&self, at: RowRef, name: RowName) -> Option<&str> {
        match name {
            RowName::Column(position) => self.folder_cells.order(at, position),
            RowName::Extra(_) => None,
        }
    }

    /// Whether a record is in a file whose name says that it is of a full load.
    pub(crate) fn is_full_load(&self, at: RowRef) -> bool {
        usize::try_from(at.file).ok().and_then(|file| self.full_loads.get(file).copied()).unwrap_or(false)
    }

    /// Whether the name of a record's file says that it is of changes, not of a full load.
    pub(crate) fn is_change_file(&self, at: RowRef) -> bool {
        self.contract.apply.from_snapshot.is_none() && !self.is_full_load(at) && self.place_of(at).is_some()
    }

    /// The position of a record by its file and row, where the format has one.
    pub(crate) fn place_of(&self, at: RowRef) -> Option<[u64; 2]> {
        let file = usize::try_from(at.file).ok().and_then(|file| self.file_positions.get(file).copied().flatten())?;
        Some([file, at.row.saturating_add(1)])
    }

    /// Where the row may have a member of its own position, see [`Markers::position_members`].
    pub(crate) fn own_position(&self, member: &str) -> impl Iterator<Item = RowName> {
        self.own_position.iter().filter(move |(name, _)| *name == member).map(|(_, place)| *place)
    }

    /// A position of a record that no other record of the table has: by the number in the name of its file, its file
    /// and its row.
    pub(crate) fn own_place_of(&self, at: RowRef) -> SeqParts {
        let file = usize::try_from(at.file).ok().and_then(|file| self.file_names.get(file).copied());
        let (number, path) = file.unwrap_or((0, 0));
        EventSeq::parts_of([number, path, at.row.saturating_add(1)])
    }

    /// The place of a record's file among those of the table, where the contract orders rows of one position by it.
    pub(crate) fn delivery_of(&self, at: RowRef) -> Option<[u64; 2]> {
        usize::try_from(at.file).ok().and_then(|file| self.deliveries.get(file).copied())
    }

    /// What the member `name` of a row is for.
    pub(crate) fn target(&self, name: &str) -> Target {
        self.names.target(name)
    }

    /// Whether silver may have a member of a row: it is a column, or may become a part of one.
    pub(crate) fn may_keep(&self, name: &str) -> bool {
        if !self.made_of(name).is_empty() || !self.inside(name).is_empty() {
            return true;
        }
        match self.target(name) {
            Target::Column { .. } => true,
            Target::Unknown => self.source.evolution.adds() || self.rescued.is_some(),
            Target::Extra(_) | Target::Meta => false,
        }
    }

    /// Columns that are parts of the nested member `name`: the names inside it, and the position of the column.
    pub(crate) fn inside(&self, name: &str) -> &[(Vec<String>, usize)] {
        self.names.inside(name)
    }

    /// Columns that are made of the whole member `name`: the rank of the name and the position of the column.
    pub(crate) fn made_of(&self, name: &str) -> &[(usize, usize)] {
        self.names.made_of(name)
    }

    /// The columns that have the value of the member `name` or a part of it: ranks of the name and positions.
    pub(crate) fn columns_of(&self, name: &str) -> impl Iterator<Item = (usize, usize)> {
        let own = match self.target(name) {
            Target::Column { position, rank } => Some((rank, position)),
            _ => None,
        };
        own.into_iter().chain(self.made_of(name).iter().copied())
    }

    /// Number of members of a row that are read and are no columns of the contract.
    pub(crate) fn extras(&self) -> usize {
        self.names.extras()
    }

    /// The key column that a member of a row is.
    pub(crate) fn key_column(&self, name: &str) -> Option<usize> {
        self.key_names.iter().find(|(of, _)| of == name).map(|(_, position)| *position)
    }

    /// Whether a member is a column that the contract does not declare, whatever the events before have shown.
    pub(crate) fn is_undeclared(&self, target: Target) -> bool {
        match target {
            Target::Unknown => true,
            Target::Column { position, .. } => {
                self.contract.columns.get(position).is_some_and(|column| column.discovered)
            }
            Target::Extra(_) | Target::Meta => false,
        }
    }

    /// Whether a member is part of the record's content: a column, or a value before the change.
    pub(crate) fn is_content(&self, target: Target) -> bool {
        match target {
            Target::Column { .. } | Target::Unknown => true,
            Target::Extra(extra) => self.before_key.iter().any(|(_, name)| *name == RowName::Extra(extra)),
            Target::Meta => false,
        }
    }

    /// What a record is by `truncate_when` and `delete_when`; `op`, which the format says, if neither holds.
    pub(crate) fn operation_of<'a>(
        &self,
        op: Op,
        op_text: &str,
        mut text: impl FnMut(RowName) -> Option<Cow<'a, str>>,
    ) -> Op {
        let mut holds = |when: &Option<RowCondition>| when.as_ref().is_some_and(|when| when.holds(op_text, &mut text));
        if holds(&self.truncate_when) {
            Op::Truncate
        } else if holds(&self.delete_when) {
            Op::Delete
        } else {
            op
        }
    }
}

/// Every member of a position under each of its names.
fn own_position(
    markers: &Markers,
    added: &BTreeMap<String, String>,
    names: &mut Names,
) -> Vec<(&'static str, RowName)> {
    let is_time = |member: &str| member.starts_with("ts_");
    let in_added = |member: &str| added.get(added_field(&format!("source.{member}"))?);
    let members = markers.position_members.iter().flat_map(|member| {
        if let Some(name) = in_added(member) {
            return vec![(*member, name.clone())];
        }
        let in_row = member.replace('.', "_");
        // Without `source` a time is that of the producer.
        let prefixes = markers.position_prefixes.iter();
        let prefixes = prefixes.filter(|prefix| !is_time(member) || prefix.ends_with("source_"));
        prefixes.map(|prefix| (*member, format!("{prefix}{in_row}"))).collect()
    });
    members.map(|(member, name)| (member, names.row_name(&name))).collect()
}

/// Digits of a name that fit a number of 64 bits.
const NAME_DIGITS_MAX: usize = 18;

/// The digits in the name of a file as one number, 0 without: a counter, a date, a time.
fn number_in_name(path: &str) -> u64 {
    let name = path.rsplit('/').next().unwrap_or(path);
    let digits: String = name.chars().filter(char::is_ascii_digit).take(NAME_DIGITS_MAX).collect();
    digits.parse().unwrap_or(0)
}

/// Whether the keys of the keyed hashes are known.
fn check_keys(contract: &Contract) -> Result<(), DecodeError> {
    let missing = contract.key_names().into_iter().find(|name| contract.keys.get(name).is_none());
    missing.map_or(Ok(()), |name| {
        let (table, key) = (contract.name.to_string(), name.to_owned());
        Err(DecodeError::UnknownKey { table, variable: HashKey::variable(&key), key })
    })
}

/// Declared defaults by column.
fn defaults(contract: &Contract) -> Result<Vec<Option<Cell<'static>>>, DecodeError> {
    let of_column = |column: &Column| {
        let cell = column.default.as_deref().map(|text| parse_cell(&column.data_type, text).map(Cell::into_owned));
        cell.transpose().map_err(|error| DecodeError::BadDefault {
            table: contract.name.to_string(),
            column: column.name.clone(),
            detail: error.detail,
        })
    };
    contract.columns.iter().map(of_column).collect()
}

fn key_names(contract: &Contract, key: &[usize]) -> Vec<(String, usize)> {
    let columns = contract.columns.iter().enumerate();
    columns
        .filter(|(position, column)| !column.is_system() && !column.is_source_name && key.contains(position))
        .flat_map(|(position, column)| {
            let own = member_of(column);
            let former = column.renamed_from.iter().map(String::as_str);
            std::iter::once(own).chain(former).map(move |name| (name.to_owned(), position))
        })
        .collect()
}

fn before_key(contract: &Contract, key: &[usize], prefix: &str, names: &mut Names) -> Vec<(usize, RowName)> {
    let columns = key.iter().filter_map(|&position| Some((position, contract.columns.get(position)?)));
    let columns = columns.filter(|(_, column)| !column.is_source_name);
    columns.map(|(position, column)| (position, names.row_name(&format!("{prefix}{}", member_of(column))))).collect()
}

fn documents(contract: &Contract, markers: &Markers) -> Vec<bool> {
    let is_document = |column: &Column| {
        let root = column.path.as_ref().map_or_else(|| member_of(column), |path| path.root());
        (markers.is_document)(root) || column.renamed_from.iter().any(|name| (markers.is_document)(name))
    };
    contract.columns.iter().map(is_document).collect()
}

/// The member of the record that has the values of a column.
fn member_of(column: &Column) -> &str {
    column.from.as_ref().map_or(column.name.as_str(), ColumnValue::root)
}
