//! What a record of AWS DMS is.

/// What a record is, by its `operation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A row of the full load.
    Load,
    Insert,
    Update,
    Delete,
    /// The table was emptied.
    Truncate,
}

/// Words of `operation` of records that are about rows.
const KINDS: [(&str, Kind); 5] = [
    ("load", Kind::Load),
    ("insert", Kind::Insert),
    ("update", Kind::Update),
    ("delete", Kind::Delete),
    ("truncate-table", Kind::Truncate),
];

impl Kind {
    /// By the word; `None` if it is another one.
    pub(super) fn of(word: &str) -> Option<Self> {
        KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    /// All words, for a message.
    pub(super) fn words() -> String {
        KINDS.map(|(word, _)| word).join(", ")
    }
}
