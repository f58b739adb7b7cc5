//! What a record of Canal is.

/// What a record is, by its `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Insert,
    Update,
    Delete,
    Truncate,
    /// A change of the schema, a statement, a mark: nothing with rows.
    Other,
}

/// Words of `type` of records with rows, and of a truncate.
const ROWS: [(&str, Kind); 4] =
    [("INSERT", Kind::Insert), ("UPDATE", Kind::Update), ("DELETE", Kind::Delete), ("TRUNCATE", Kind::Truncate)];
/// Words of `type` of all others.
const OTHERS: [&str; 13] = [
    "CREATE",
    "ALTER",
    "ERASE",
    "RENAME",
    "CINDEX",
    "DINDEX",
    "QUERY",
    "GTID",
    "XACOMMIT",
    "XAROLLBACK",
    "MHEARTBEAT",
    "DROP",
    "TIDB_WATERMARK",
];

impl Kind {
    /// By the word; `None` if it is not one of Canal's.
    pub(super) fn of(word: &str) -> Option<Self> {
        let with_rows = ROWS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind);
        with_rows.or_else(|| OTHERS.contains(&word).then_some(Self::Other))
    }

    /// Words of records with rows, for a message.
    pub(super) fn words() -> String {
        ROWS.map(|(word, _)| word).join(", ")
    }
}
