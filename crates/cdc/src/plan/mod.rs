//! A contract prepared for decoding.

pub(crate) mod sequence;

use crate::DecodeError;
use crate::plan::sequence::Sequence;
use crate::value::unavailable::Unavailable;
use sluice_change::{Cell, parse_cell};
use sluice_contract::{Condition, Contract, RESCUED, SchemaPolicy, Source, SourceFormat};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// What a member or column of a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A column of the contract; of several names in one record the smallest rank holds.
    Column {
        /// Position in the contract.
        position: usize,
        /// 0 for the column's own name, then its former names, [`FOLDED`] for a name that differs in
        /// upper and lower case only.
        rank: usize,
    },
    /// Something else that decoding reads; position in [`Plan::extras`].
    Extra(usize),
    /// Something of the format that is no column.
    Meta,
    /// Nothing that the contract knows.
    Unknown,
}

/// A value of a row that decoding reads besides the contract's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowName {
    Column(usize),
    Extra(usize),
}

/// Rank of a name that is a column's but for upper and lower case.
pub(crate) const FOLDED: usize = usize::MAX;

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
    /// Column of `delete_when`, unless it is the operation.
    pub(crate) delete_column: Option<RowName>,
    /// Column of `truncate_when`, unless it is the operation.
    pub(crate) truncate_column: Option<RowName>,
    /// Column of `update_columns`.
    pub(crate) told: Option<RowName>,
    /// Per key column: the member of the row that holds its value before the change.
    pub(crate) before_key: Vec<(usize, RowName)>,
    pub(crate) unavailable: Unavailable,
    /// The row's own operation: `__op`, `Op`.
    pub(crate) operation: Option<RowName>,
    /// The row's own mark of a delete: `__deleted`.
    pub(crate) deleted: Option<RowName>,
    /// The row's own source time: `__source_ts_ms` (milliseconds), `dms_timestamp` (text).
    pub(crate) time: Option<RowName>,
    /// Members of the row that are no columns of the contract.
    pub(crate) extras: Vec<String>,
    /// Position of the column that takes what does not fit (`_rescued`).
    pub(crate) rescued: Option<usize>,
    /// Values that do not fit go there too.
    pub(crate) rescues_values: bool,
    /// Columns whose type may become wider.
    pub(crate) widens: bool,
    targets: HashMap<String, Target>,
    /// Columns by their lower-case names.
    folded: HashMap<String, usize>,
}

/// Operation of a flattened Debezium record.
pub(crate) const FLAT_OP: &str = "__op";
/// Mark of a rewritten delete.
pub(crate) const FLAT_DELETED: &str = "__deleted";
/// Source time of a flattened record.
pub(crate) const FLAT_TIME: &str = "__source_ts_ms";
/// Operation column of AWS DMS.
pub(crate) const DMS_OP: &str = "Op";
/// Commit time column of AWS DMS under its usual name (`TimestampColumnName`).
pub(crate) const DMS_TIME: &str = "dms_timestamp";
/// Change sequence column of AWS DMS (`AR_H_CHANGE_SEQ`) under its usual name.
pub(crate) const DMS_SEQUENCE: &str = "transact_seq";

/// What AWS DMS puts before the name of a column for its value before the change
/// (`add-before-image-columns`).
pub(crate) const DMS_BEFORE: &str = "BI_";

impl Plan {
    /// Prepares `contract`.
    ///
    /// # Errors
    /// [`DecodeError`] when it has no source, or a default is not of its type.
    pub(crate) fn new(contract: &Arc<Contract>) -> Result<Self, DecodeError> {
        let table = contract.name.to_string();
        let Some(source) = contract.source.clone() else { return Err(DecodeError::NoSource { table }) };
        let mut defaults = Vec::with_capacity(contract.columns.len());
        for column in &contract.columns {
            let default =
                column.default.as_deref().map(|text| parse_cell(&column.data_type, text).map(Cell::into_owned));
            defaults.push(default.transpose().map_err(|error| DecodeError::BadDefault {
                table: table.clone(),
                column: column.name.clone(),
                detail: error.detail,
            })?);
        }
        let mut targets = HashMap::new();
        let of_source = || contract.columns.iter().enumerate().filter(|(_, column)| !column.is_system());
        for (position, column) in of_source() {
            for (rank, name) in column.renamed_from.iter().enumerate().rev() {
                targets.insert(name.clone(), Target::Column { position, rank: rank + 1 });
            }
        }
        let mut folded = HashMap::new();
        let rescued = contract.columns.iter().position(|column| column.discovered && column.name == RESCUED);
        for (position, column) in of_source() {
            targets.insert(column.name.clone(), Target::Column { position, rank: 0 });
            folded.insert(column.name.to_lowercase(), position);
        }
        let key = contract.key_positions();
        let mut plan = Self {
            key_names: of_source()
                .filter(|(position, _)| key.contains(position))
                .flat_map(|(position, column)| {
                    std::iter::once(&column.name).chain(&column.renamed_from).map(move |name| (name.clone(), position))
                })
                .collect(),
            is_key: (0..contract.columns.len()).map(|position| key.contains(&position)).collect(),
            defaults,
            sequence: Sequence::default(),
            delete_column: None,
            truncate_column: None,
            told: None,
            before_key: Vec::new(),
            unavailable: Unavailable::new(&source.unavailable_value),
            operation: None,
            deleted: None,
            time: None,
            extras: Vec::new(),
            rescued,
            rescues_values: source.schema_policy == SchemaPolicy::Evolve,
            widens: source.evolution.widens(),
            targets,
            folded,
            contract: Arc::clone(contract),
            source,
        };
        match plan.source.format {
            SourceFormat::DebeziumJson => {}
            SourceFormat::DebeziumFlatJson => {
                plan.operation = Some(plan.row_name(FLAT_OP));
                plan.deleted = Some(plan.row_name(FLAT_DELETED));
                plan.time = Some(plan.row_name(FLAT_TIME));
            }
            SourceFormat::DmsParquet | SourceFormat::DmsCsv => {
                plan.operation = Some(plan.row_name(DMS_OP));
                plan.time = Some(plan.row_name(DMS_TIME));
            }
        }
        plan.sequence = Sequence::new(&contract.sequence(), &mut plan);
        let apply = &contract.apply;
        plan.delete_column = plan.condition_column(apply.delete_when.as_ref());
        plan.truncate_column = plan.condition_column(apply.truncate_when.as_ref());
        plan.told = apply.update_columns.as_deref().map(|name| plan.row_name(name));
        if plan.is_dms() && apply.from_snapshot.is_none() {
            let columns = key.iter().filter_map(|&position| Some((position, contract.columns.get(position)?)));
            plan.before_key = columns
                .map(|(position, column)| (position, plan.row_name(&format!("{DMS_BEFORE}{}", column.name))))
                .collect();
        }
        Ok(plan)
    }

    /// Format of the files.
    pub(crate) fn format(&self) -> SourceFormat {
        self.source.format
    }

    /// What the member `name` of a row is for.
    pub(crate) fn target(&self, name: &str) -> Target {
        match self.targets.get(name) {
            Some(target) => *target,
            // `add.fields` of ExtractNewRecordState are prefixed with `__` unless renamed.
            None if name.starts_with("__") && self.format() == SourceFormat::DebeziumFlatJson => Target::Meta,
            None if name == DMS_SEQUENCE && self.is_dms() => Target::Meta,
            None => match self.folded.get(&name.to_lowercase()) {
                Some(position) => Target::Column { position: *position, rank: FOLDED },
                None => Target::Unknown,
            },
        }
    }

    /// The key column that a member of a row is.
    pub(crate) fn key_column(&self, name: &str) -> Option<usize> {
        self.key_names.iter().find(|(of, _)| of == name).map(|(_, position)| *position)
    }

    /// Whether a member is part of the record's content: a column, or a value before the change.
    pub(crate) fn is_content(&self, target: Target) -> bool {
        match target {
            Target::Column { .. } | Target::Unknown => true,
            Target::Extra(extra) => self.before_key.iter().any(|(_, name)| *name == RowName::Extra(extra)),
            Target::Meta => false,
        }
    }

    fn is_dms(&self) -> bool {
        matches!(self.format(), SourceFormat::DmsParquet | SourceFormat::DmsCsv)
    }

    /// The member `name` of a row, as a column or as an extra of its own.
    pub(crate) fn row_name(&mut self, name: &str) -> RowName {
        match self.targets.get(name) {
            Some(Target::Column { position, .. }) => RowName::Column(*position),
            Some(Target::Extra(position)) => RowName::Extra(*position),
            _ => {
                let position = self.extras.len();
                self.extras.push(name.to_owned());
                self.targets.insert(name.to_owned(), Target::Extra(position));
                RowName::Extra(position)
            }
        }
    }

    /// What `delete_when` says of a record.
    pub(crate) fn says_delete<'a>(&self, op: &str, text: impl FnMut(RowName) -> Option<Cow<'a, str>>) -> bool {
        says(self.contract.apply.delete_when.as_ref(), self.delete_column, op, text)
    }

    /// What `truncate_when` says of a record.
    pub(crate) fn says_truncate<'a>(&self, op: &str, text: impl FnMut(RowName) -> Option<Cow<'a, str>>) -> bool {
        says(self.contract.apply.truncate_when.as_ref(), self.truncate_column, op, text)
    }

    /// The member of the row that a condition is about; `None` if it is about the operation.
    fn condition_column(&mut self, condition: Option<&Condition>) -> Option<RowName> {
        let column = &condition?.column;
        (!self.is_operation(column)).then(|| self.row_name(column))
    }

    fn is_operation(&self, column: &str) -> bool {
        let is_column = matches!(self.targets.get(column), Some(Target::Column { .. }));
        !is_column && matches!(column, "op" | FLAT_OP | DMS_OP)
    }
}

/// Whether a condition holds for a record with this operation and these members.
fn says<'a>(
    condition: Option<&Condition>,
    column: Option<RowName>,
    op: &str,
    mut text: impl FnMut(RowName) -> Option<Cow<'a, str>>,
) -> bool {
    condition.is_some_and(|condition| match column {
        None => condition.value == op,
        Some(name) => text(name).is_some_and(|text| text == condition.value.as_str()),
    })
}
