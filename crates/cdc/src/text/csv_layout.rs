//! Which columns the fields of a CSV record are.
//!
//! AWS DMS writes no header (unless `AddColumnName` is set), a full load has no `Op`, and a schema
//! change shifts the columns from one file to the next. So the contract lists the layouts and the
//! number of fields of a record tells which one holds.

use crate::formats::dms::row as dms;
use crate::plan::{DMS_OP, DMS_TIME, Plan, Target};
use crate::text::csv_fields::Field;

/// Names of the fields of a record, with what they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CsvLayout {
    pub(crate) names: Vec<String>,
    pub(crate) targets: Vec<Target>,
    starts_with_op: bool,
}

impl CsvLayout {
    fn new(plan: &Plan, names: Vec<String>) -> Self {
        let targets = names.iter().map(|name| plan.target(name)).collect();
        let starts_with_op = names.first().is_some_and(|name| name == DMS_OP);
        Self { names, targets, starts_with_op }
    }

    /// Every layout that the contract allows: as listed, each with and without a leading `Op`. When
    /// it lists none: its columns in order, with and without those that the source removed, then
    /// the sequence columns, then `dms_timestamp` or not.
    pub(crate) fn of_contract(plan: &Plan) -> Vec<Self> {
        let source = &plan.source;
        let mut written: Vec<Vec<String>> = source.csv_layouts.clone();
        if !source.csv_columns.is_empty() {
            written.insert(0, source.csv_columns.clone());
        }
        if written.is_empty() {
            written = from_columns(plan);
        }
        let mut layouts: Vec<Self> = Vec::new();
        for mut names in written {
            if names.first().is_some_and(|name| name == DMS_OP) {
                names.remove(0);
            }
            let with_op = std::iter::once(DMS_OP.to_owned()).chain(names.iter().cloned()).collect();
            let op_inside = names.iter().any(|name| name == DMS_OP);
            for names in if op_inside { vec![names] } else { vec![with_op, names] } {
                let layout = Self::new(plan, names);
                if !layouts.contains(&layout) {
                    layouts.push(layout);
                }
            }
        }
        layouts
    }

    /// The layout that a header says, if the record is one: it has the names of the key and of another
    /// column, or nothing but names that the contract knows.
    pub(crate) fn of_header(plan: &Plan, fields: &[Field<'_>]) -> Option<Self> {
        let names = fields.iter().map(|field| field.text.clone().into_owned()).collect();
        let layout = Self::new(plan, names);
        let known = layout.targets.iter().all(|target| *target != Target::Unknown);
        let has = |wanted: usize| {
            layout.targets.iter().any(|target| matches!(target, Target::Column { position, .. } if *position == wanted))
        };
        let keys = plan.is_key.iter().enumerate().filter(|(_, is_key)| **is_key);
        let columns = layout.targets.iter().filter(|target| matches!(target, Target::Column { .. })).count();
        let more = known || columns > keys.clone().count();
        (more && keys.clone().count() > 0 && keys.map(|(position, _)| position).all(has)).then_some(layout)
    }

    /// Names that the contract does not know.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        let known = self.names.iter().zip(&self.targets);
        known.filter(|(_, target)| **target == Target::Unknown).map(|(name, _)| name.as_str())
    }

    /// Layouts that fit a record, the most likely first: those with `Op` when its first field is
    /// an operation, else those without.
    pub(crate) fn fitting<'l>(layouts: &'l [Self], fields: &[Field<'_>]) -> Vec<&'l Self> {
        let is_op = fields.first().is_some_and(|field| dms::is_operation(&field.text));
        let mut fitting: Vec<&Self> = layouts.iter().filter(|layout| layout.names.len() == fields.len()).collect();
        fitting.sort_by_key(|layout| layout.starts_with_op != is_op);
        fitting
    }
}

fn from_columns(plan: &Plan) -> Vec<Vec<String>> {
    let columns = |all: bool| {
        let declared = plan.contract.columns.iter().filter(|column| !column.discovered && !column.is_system());
        let kept = declared.filter(move |column| all || !column.removed);
        kept.map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    let mut layouts = Vec::new();
    for names in [columns(true), columns(false)] {
        let mut with_sequence = names;
        for part in plan.contract.sequence() {
            if !with_sequence.contains(&part) {
                with_sequence.push(part);
            }
        }
        let mut with_time = with_sequence.clone();
        with_time.push(DMS_TIME.to_owned());
        layouts.extend([with_sequence, with_time]);
    }
    layouts
}
