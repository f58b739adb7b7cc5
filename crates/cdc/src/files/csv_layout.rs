//! Which columns the fields of a CSV record are.
//!
//! A file may have no header, may lack the operation in front, and a schema change shifts the columns from one
//! file to the next. So the contract lists the layouts and the number of fields of a record tells which one holds.

use crate::plan::Plan;
use crate::plan::names::Target;
use crate::text::csv_fields::{Field, names_of};
use sluice_contract::{Column, ColumnValue, SourceFormat};

/// What a format puts around the columns of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CsvExtras {
    /// A field in front that may be missing; where the table is behind it, it never is.
    pub(crate) operation: Option<OperationField>,
    /// Names of the two fields behind the operation, with the table and the schema of the record.
    pub(crate) table: Option<[&'static str; 2]>,
    /// The name of a field behind the columns that orders the records, where the contract names none.
    pub(crate) sequence: Option<&'static str>,
    /// The name of a field behind all others that may be missing.
    pub(crate) time: Option<&'static str>,
    /// The name of a field with all columns as a JSON object: a record with it is a header.
    pub(crate) nested: Option<&'static str>,
}

/// A field in front with the operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OperationField {
    /// Its name in a header.
    pub(crate) name: &'static str,
    /// Whether a text is a value of it.
    pub(crate) is_operation: fn(&str) -> bool,
}

/// The layouts that a contract allows.
#[derive(Clone, Debug)]
pub(crate) struct CsvLayouts {
    layouts: Vec<CsvLayout>,
    operation: Option<OperationField>,
}

/// Names of the fields of a record, with what they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CsvLayout {
    pub(crate) names: Vec<String>,
    pub(crate) targets: Vec<Target>,
    starts_with_op: bool,
}

impl CsvLayout {
    fn new(plan: &Plan, names: Vec<String>, operation: Option<OperationField>) -> Self {
        let targets = names.iter().map(|name| plan.target(name)).collect();
        let starts_with_op = operation.is_some_and(|op| names.first().is_some_and(|name| name == op.name));
        Self { names, targets, starts_with_op }
    }

    /// Names that the contract does not know.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        let known = self.names.iter().zip(&self.targets);
        known.filter(|(_, target)| **target == Target::Unknown).map(|(name, _)| name.as_str())
    }
}

impl CsvLayouts {
    /// Every layout that the contract allows: as listed, each with and without a leading operation. When
    /// it lists none: its columns in order, with and without those that the source removed, then
    /// the sequence columns, then the time or not. Records without a position need their list: a record that lacks a
    /// column and one that lacks the position have as many fields.
    pub(crate) fn of_contract(plan: &Plan, extras: CsvExtras) -> Self {
        let source = &plan.source;
        let mut written: Vec<Vec<String>> = source.csv_layouts.clone();
        if !source.csv_columns.is_empty() {
            written.insert(0, source.csv_columns.clone());
        }
        if written.is_empty() {
            written = from_columns(plan, extras);
        }
        let mut layouts: Vec<CsvLayout> = Vec::new();
        for names in written.into_iter().flat_map(|names| with_fields_in_front(names, extras)) {
            let layout = CsvLayout::new(plan, names, extras.operation);
            if !layouts.contains(&layout) {
                layouts.push(layout);
            }
        }
        Self { layouts, operation: extras.operation }
    }

    /// The one layout that a header says, if the record is one: it has the names of the key and of another
    /// column, or nothing but names that the contract knows.
    pub(crate) fn of_header(plan: &Plan, fields: &[Field<'_>], extras: CsvExtras) -> Option<Self> {
        let layout = CsvLayout::new(plan, names_of(fields), extras.operation);
        let known = layout.targets.iter().all(|target| *target != Target::Unknown);
        let has = |wanted: usize| {
            layout.names.iter().any(|name| plan.columns_of(name).any(|(_, position)| position == wanted))
        };
        let is_in_records =
            |position: usize| plan.contract.columns.get(position).is_some_and(|column| !column.is_of_file());
        let keys = plan.is_key.iter().enumerate();
        let keys = keys.filter(|(position, is_key)| **is_key && is_in_records(*position));
        let columns = layout.names.iter().filter(|name| plan.columns_of(name).next().is_some()).count();
        let more = known || columns > keys.clone().count();
        let is_nested = extras.nested.is_some_and(|nested| layout.names.iter().any(|name| name == nested));
        let has_key = more && keys.clone().count() > 0 && keys.map(|(position, _)| position).all(has);
        let is_header = has_key || is_nested;
        is_header.then(|| Self { layouts: vec![layout], operation: extras.operation })
    }

    /// The first of them.
    pub(crate) fn first(&self) -> Option<&CsvLayout> {
        self.layouts.first()
    }

    /// The numbers of fields that a record may have, smallest first.
    pub(crate) fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.layouts.iter().map(|layout| layout.names.len()).collect();
        widths.sort_unstable();
        widths.dedup();
        widths
    }

    /// Layouts that fit a record, the most likely first: those with an operation when its first field is
    /// one, else those without.
    pub(crate) fn fitting(&self, fields: &[Field<'_>]) -> Vec<&CsvLayout> {
        let first = fields.first().map_or("", |field| field.text.as_ref());
        let is_op = self.operation.is_some_and(|op| (op.is_operation)(first));
        let mut fitting: Vec<&CsvLayout> =
            self.layouts.iter().filter(|layout| layout.names.len() == fields.len()).collect();
        fitting.sort_by_key(|layout| layout.starts_with_op != is_op);
        fitting
    }
}

/// A list of names with what is in front of every record; else as it may be with and without an operation.
fn with_fields_in_front(names: Vec<String>, extras: CsvExtras) -> Vec<Vec<String>> {
    let Some((operation, table)) = extras.operation.zip(extras.table) else {
        return with_and_without(names, extras.operation);
    };
    let own = [operation.name, table[0], table[1]];
    let columns = names.into_iter().filter(|name| !own.contains(&name.as_str()));
    vec![own.iter().map(|name| (*name).to_owned()).chain(columns).collect()]
}

/// A list of names with the operation in front, and without it; as it is where the format has none, or it is inside.
fn with_and_without(mut names: Vec<String>, operation: Option<OperationField>) -> Vec<Vec<String>> {
    let Some(operation) = operation else { return vec![names] };
    if names.first().is_some_and(|name| name == operation.name) {
        names.remove(0);
    }
    if names.iter().any(|name| name == operation.name) {
        return vec![names];
    }
    let with = std::iter::once(operation.name.to_owned()).chain(names.iter().cloned()).collect();
    vec![with, names]
}

fn from_columns(plan: &Plan, extras: CsvExtras) -> Vec<Vec<String>> {
    let columns = |all: bool| {
        let declared = plan
            .contract
            .columns
            .iter()
            .filter(|column| !column.discovered && !column.is_system() && !column.is_of_file());
        let kept = declared.filter(move |column| all || !column.removed);
        // A member that several columns are made of is one field.
        let mut names: Vec<String> = Vec::new();
        for column in kept {
            let name = column.from.as_ref().map_or(column.name.as_str(), ColumnValue::root);
            if !names.iter().any(|listed| listed == name) {
                names.push(name.to_owned());
            }
        }
        names
    };
    let mut layouts = Vec::new();
    for names in [columns(true), columns(false)] {
        let mut with_sequence = names;
        let own = SourceFormat::OWN_POSITION;
        let is_own = plan.sequence.is_own();
        let is_source = |part: &String| plan.contract.column(part).is_some_and(Column::is_of_file);
        let parts = plan.contract.sequence().into_iter().filter(|part| part != own && !is_source(part));
        for part in parts.chain(extras.sequence.filter(|_| is_own).map(str::to_owned)) {
            if !with_sequence.contains(&part) {
                with_sequence.push(part);
            }
        }
        let with_time = extras.time.map(|time| [with_sequence.as_slice(), &[time.to_owned()]].concat());
        layouts.push(with_sequence);
        layouts.extend(with_time);
    }
    layouts
}
