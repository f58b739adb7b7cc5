//! What a format puts into its records besides the columns of the table.

/// Members of a record that are the format's, not the table's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Markers {
    /// Its records say what they do to their row.
    pub(crate) carries_operations: bool,
    /// Member of the row with the operation.
    pub(crate) operation: Option<&'static str>,
    /// Its name may be written in any upper and lower case, as catalogs that fold names leave it.
    pub(crate) operation_of_any_case: bool,
    /// Member of the row that marks a delete.
    pub(crate) deleted: Option<&'static str>,
    /// Member of the row with the source's time.
    pub(crate) time: Option<&'static str>,
    /// What stands before the name of a key column in the member with its value before the change.
    pub(crate) before_key: Option<&'static str>,
    /// Members of a position of the format's own order, where they are in the row: their names without a prefix.
    pub(crate) position_members: &'static [&'static str],
    /// What may stand before them.
    pub(crate) position_prefixes: &'static [&'static str],
    /// Other members of the row that decoding reads.
    pub(crate) beside: &'static [&'static str],
    /// Whether the text of a member is Extended JSON of MongoDB.
    pub(crate) is_document: fn(&str) -> bool,
    /// Whether a member that the contract does not declare is the format's own.
    pub(crate) is_own: fn(&str) -> bool,
    /// Whether a part of the sequence that is no column is a path into the envelope around the row.
    pub(crate) is_in_envelope: fn(&str) -> bool,
}

impl Markers {
    /// A row that is nothing but the columns of the table.
    pub(crate) const PLAIN_ROW: Self = Self {
        carries_operations: false,
        operation: None,
        operation_of_any_case: false,
        deleted: None,
        time: None,
        before_key: None,
        position_members: &[],
        position_prefixes: &[],
        beside: &[],
        is_document: |_| false,
        is_own: |_| false,
        is_in_envelope: |_| false,
    };
    /// An operation that is not a member of the row.
    pub(crate) const CHANGE: Self = Self { carries_operations: true, ..Self::PLAIN_ROW };
}
