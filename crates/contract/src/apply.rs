//! How changes become rows.

/// How history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scd {
    /// SCD type 1: the latest row per key.
    Type1,
}

/// How a merge takes rows out of files that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApplyMode {
    /// `deletion_vectors`, the default: a bitmap beside the file says which of its rows count no more.
    /// Readers have to know Delta's deletion vectors.
    #[default]
    DeletionVectors,
    /// `copy_on_write`: files with touched rows are written again. For readers without deletion vectors.
    CopyOnWrite,
}

/// `column = 'text'`: an event for which it holds is a delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteWhen {
    /// Column of the record, or `op` for the operation of the envelope.
    pub column: String,
    /// Text to be equal to.
    pub value: String,
}

/// Rules for one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    /// Key columns in order; never empty.
    pub key: Vec<String>,
    /// What orders the events of a key, most significant first, at most three: a path into the
    /// envelope such as `source.lsn`, or a column. Empty: the default of the format.
    pub sequence: Vec<String>,
    /// What else is a delete, besides the operation of the format.
    pub delete_when: Option<DeleteWhen>,
    /// History.
    pub scd: Scd,
    /// How rows are replaced.
    pub mode: ApplyMode,
    /// Share of a batch that may go to quarantine before the table stops, 0 to 1.
    pub quarantine_limit: f64,
}
