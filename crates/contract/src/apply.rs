//! How changes become rows.

use crate::{FromSnapshot, RowFilter};
use std::fmt;

/// How history is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scd {
    /// `1`, the default: the latest row per key.
    #[default]
    Type1,
    /// `2`: one row per version of a key, valid from `__START_AT` until `__END_AT`.
    Type2,
    /// `append`: one row per event, nothing is replaced.
    Append,
}

impl Scd {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Type1 => "1",
            Self::Type2 => "2",
            Self::Append => "append",
        }
    }
}

/// How a merge takes rows out of files that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApplyMode {
    /// `deletion_vectors`, the default: a bitmap beside the file says which of its rows are deleted.
    /// Readers have to know Delta's deletion vectors.
    #[default]
    DeletionVectors,
    /// `copy_on_write`: files with touched rows are written again. For readers without deletion vectors.
    CopyOnWrite,
}

impl ApplyMode {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeletionVectors => "deletion_vectors",
            Self::CopyOnWrite => "copy_on_write",
        }
    }
}

/// Which of two different events of one key and one position counts as the later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TiePolicy {
    /// `content`, the default: an upsert before a delete, then the content decides by its hash.
    #[default]
    Content,
    /// `by_file`, the default of rows without an operation: the one in the later file, by the dates and numbers in its
    /// path; in one file the one with the larger record number.
    ByFile,
    /// `last_in_file`: the one with the larger record number in its file.
    LastInFile,
    /// `first`: the one with the smaller record number in its file.
    First,
    /// `error`: the table stops.
    Error,
    /// `quarantine`: as `content`, and the losing event is in quarantine.
    Quarantine,
}

impl TiePolicy {
    /// All policies.
    pub const ALL: [Self; 6] =
        [Self::Content, Self::ByFile, Self::LastInFile, Self::First, Self::Error, Self::Quarantine];

    /// Parts of a sequence beside which a position has room for the place of its file.
    pub const PARTS_BY_FILE_MAX: usize = 3;

    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::ByFile => "by_file",
            Self::LastInFile => "last_in_file",
            Self::First => "first",
            Self::Error => "error",
            Self::Quarantine => "quarantine",
        }
    }
}

/// What a delete leaves in silver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeleteMode {
    /// `hard`, the default: the row is gone.
    #[default]
    Hard,
    /// `soft`: the row stays with its last values, `_deleted` is true.
    Soft,
}

impl DeleteMode {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
        }
    }
}

/// What becomes of an event whose row had another key before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyChange {
    /// `split`, the default: a delete of the former key and an upsert of the new one, at one position.
    #[default]
    Split,
    /// `error`: the record is in quarantine (`KEY_CHANGED`).
    Error,
}

impl KeyChange {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Error => "error",
        }
    }
}

/// What becomes of an event that leaves out columns with no value from any event yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingBase {
    /// `insert_partial`, the default: the row has null there until an event fills it.
    #[default]
    InsertPartial,
    /// `hold`: the batch waits for the events that provide the columns.
    Hold,
}

impl MissingBase {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InsertPartial => "insert_partial",
            Self::Hold => "hold",
        }
    }
}

/// Some of the columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ColumnSet {
    /// All of them.
    #[default]
    All,
    /// These.
    Only(Vec<String>),
    /// All but these.
    Except(Vec<String>),
}

impl ColumnSet {
    /// Whether the column of that name is one of them.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|one| one == name),
            Self::Except(names) => !names.iter().any(|one| one == name),
        }
    }
}

impl fmt::Display for ColumnSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Only(names) => write!(f, "[{}]", names.join(", ")),
            Self::Except(names) => write!(f, "all except [{}]", names.join(", ")),
        }
    }
}

/// `column = 'text'`: a condition on a record as delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Column of the record, or `op` for the operation of the envelope.
    pub column: String,
    /// Text to be equal to.
    pub value: String,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = '{}'", self.column, self.value.replace('\'', "''"))
    }
}

/// Rules for one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    /// Key columns in order; never empty.
    pub key: Vec<String>,
    /// What orders the events of a key, most significant first, at most four: a path into the
    /// envelope such as `source.lsn`, or a column. Empty: the default of the format.
    pub sequence: Vec<String>,
    /// What else is a delete, besides the operation of the format.
    pub delete_when: Option<Condition>,
    /// What else is a truncate, besides the operation of the format.
    pub truncate_when: Option<Condition>,
    /// The rows that the table keeps; `None`: all.
    pub keep: Option<RowFilter>,
    /// History.
    pub scd: Scd,
    /// SCD type 2: the columns whose change makes a new version. A change of others alters the
    /// version that is there.
    pub track_history: ColumnSet,
    /// What decides between events of one position.
    pub tie_policy: TiePolicy,
    /// Columns in which a null of an update leaves the older value in place; `None`: null is a value.
    pub ignore_nulls: Option<ColumnSet>,
    /// Column of the record that lists the columns which the record provides.
    pub update_columns: Option<String>,
    /// What a delete leaves.
    pub delete_mode: DeleteMode,
    /// An event whose row had another key before.
    pub key_change: KeyChange,
    /// An event that leaves columns out, of a key whose older events are not there.
    pub missing_base: MissingBase,
    /// Seconds of event time before the newest event after which a delete may be forgotten; `None`: never.
    pub tombstone_retention: Option<u64>,
    /// The deliveries are full snapshots rather than changes.
    pub from_snapshot: Option<FromSnapshot>,
    /// How rows are replaced.
    pub mode: ApplyMode,
    /// A table of every change is kept beside the replica.
    pub changes_table: bool,
    /// Share of a batch that may go to quarantine before the table stops, 0 to 1.
    pub quarantine_limit: f64,
}

impl Apply {
    /// Whether a null in the column leaves the older value in place.
    #[must_use]
    pub fn ignores_null(&self, column: &str) -> bool {
        self.ignore_nulls.as_ref().is_some_and(|columns| columns.contains(column)) && !self.is_key(column)
    }

    /// Whether the column is part of the key.
    #[must_use]
    pub fn is_key(&self, column: &str) -> bool {
        self.key.iter().any(|key| key == column)
    }
}
