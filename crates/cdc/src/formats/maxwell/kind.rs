//! What a record of Maxwell is.

/// What a record is, by its `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Insert,
    Update,
    Delete,
    /// A row that a bootstrap read from the table.
    Bootstrap,
    /// Begin or end of a bootstrap.
    BootstrapMark,
    /// A change of the schema.
    Ddl,
}

/// Words of `type`.
const KINDS: [(&str, Kind); 12] = [
    ("insert", Kind::Insert),
    ("update", Kind::Update),
    ("delete", Kind::Delete),
    ("bootstrap-insert", Kind::Bootstrap),
    ("bootstrap-start", Kind::BootstrapMark),
    ("bootstrap-complete", Kind::BootstrapMark),
    ("table-create", Kind::Ddl),
    ("table-alter", Kind::Ddl),
    ("table-drop", Kind::Ddl),
    ("database-create", Kind::Ddl),
    ("database-alter", Kind::Ddl),
    ("database-drop", Kind::Ddl),
];

impl Kind {
    /// By the word; `None` if it is not one of Maxwell's.
    pub(super) fn of(word: &str) -> Option<Self> {
        KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    /// Whether it has a row.
    pub(super) fn has_row(self) -> bool {
        !matches!(self, Self::BootstrapMark | Self::Ddl)
    }

    /// All words, for a message.
    pub(super) fn words() -> String {
        KINDS.map(|(word, _)| word).join(", ")
    }
}
