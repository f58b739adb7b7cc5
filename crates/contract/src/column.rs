//! A column of a contract.

use crate::{ColumnPath, ColumnType, ColumnValue, Step, TimeUnit};

/// A column as the contract declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in silver.
    pub name: String,
    /// Type.
    pub data_type: ColumnType,
    /// Where in a nested member of the record its value is; `None`: it is a member of its own.
    pub path: Option<ColumnPath>,
    /// What its value is made of; `None`: the member of its own name, or at its path.
    pub from: Option<ColumnValue>,
    /// Its value is the name of the source that the row is from.
    pub is_source_name: bool,
    /// The key of the folder `key=value` that its value is from where a record does not have it; `None`: from none.
    pub from_folder: Option<String>,
    /// What its numbers count, in a column of dates or times whose records do not say it themselves.
    pub unit: Option<TimeUnit>,
    /// Part of the key.
    pub key: bool,
    /// Null is not allowed; a null ends in quarantine (`NULL_IN_REQUIRED`).
    pub required: bool,
    /// Personal data.
    pub pii: bool,
    /// Text of the value used for events older than the column; `None` means null.
    pub default: Option<String>,
    /// Names the column had before, newest first; events of that time still use them.
    pub renamed_from: Vec<String>,
    /// The source dropped it: old rows keep their value, new events leave it null.
    pub removed: bool,
    /// Position (`_seq` as text) of its first event, where an earlier column of the source had the name: what events
    /// before it carry under the name is not its value.
    pub since: Option<String>,
    /// It is of before [`Column::since`]: records do not fill it; see [`Contract::before`](crate::Contract::before).
    pub unread: bool,
    /// The events brought it, the contract does not declare it.
    pub discovered: bool,
    /// For people.
    pub description: Option<String>,
    /// Line in the contract, from 1; 0 if unknown.
    pub line: u32,
}

impl Column {
    /// Column of a table with soft deletes: whether the key is deleted.
    pub const DELETED: &'static str = "_deleted";
    /// Column of a table with soft deletes: sequence of the delete, null in rows that are not deleted.
    pub const DELETED_SEQ: &'static str = "_deleted_seq";
    /// Column of a table with history: position from which the version holds.
    pub const START_AT: &'static str = "__START_AT";
    /// Column of a table with history: position from which the version holds no more, null while it does.
    pub const END_AT: &'static str = "__END_AT";
    /// Column of every silver table: sequence of the event that the row is of.
    pub const SEQ: &'static str = "_seq";
    /// Column of an append-only table: the operation, `r`, `u` or `d`.
    pub const OP: &'static str = "_op";

    /// Whether Sluice adds the column, rather than the source.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.name.starts_with('_')
    }

    /// Whether it is a date or time that a function reads by the pattern of the source: the one kind of column made by
    /// functions that can order events, because the pattern says what the source sent.
    #[must_use]
    pub fn is_read_time(&self) -> bool {
        let is_time = matches!(self.data_type, ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampNtz);
        let step = self.from.as_ref().and_then(ColumnValue::parsed_by);
        is_time && matches!(step, Some(Step::ParseDate(_) | Step::ParseTimestamp(_)))
    }

    /// Whether the contract itself names the column.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        !self.is_system() && !self.discovered
    }

    /// Whether its value is of the file that a record is in, so that the record need not have it.
    #[must_use]
    pub fn is_of_file(&self) -> bool {
        self.is_source_name || self.from_folder.is_some()
    }

    /// A column of which nothing is said but name and type.
    #[must_use]
    pub fn named(name: &str, data_type: ColumnType) -> Self {
        Self {
            name: name.to_owned(),
            data_type,
            path: None,
            from: None,
            is_source_name: false,
            from_folder: None,
            unit: None,
            key: false,
            required: false,
            pii: false,
            default: None,
            renamed_from: Vec::new(),
            removed: false,
            since: None,
            unread: false,
            discovered: false,
            description: None,
            line: 0,
        }
    }

    /// A column that Sluice adds.
    #[must_use]
    pub(crate) fn system(name: &str, data_type: ColumnType, description: &str) -> Self {
        Self { description: Some(description.to_owned()), ..Self::named(name, data_type) }
    }
}
