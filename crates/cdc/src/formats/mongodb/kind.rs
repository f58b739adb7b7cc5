//! What an event of a change stream is.

/// What an event is, by its `operationType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `insert` and `replace`: the document is in the event.
    Document,
    Update,
    Delete,
    /// The collection is gone or changed, or the stream ends: no document.
    Mark,
}

/// Words of `operationType`.
const KINDS: [(&str, Kind); 15] = [
    ("insert", Kind::Document),
    ("replace", Kind::Document),
    ("update", Kind::Update),
    ("delete", Kind::Delete),
    ("drop", Kind::Mark),
    ("rename", Kind::Mark),
    ("dropDatabase", Kind::Mark),
    ("invalidate", Kind::Mark),
    ("create", Kind::Mark),
    ("createIndexes", Kind::Mark),
    ("dropIndexes", Kind::Mark),
    ("modify", Kind::Mark),
    ("shardCollection", Kind::Mark),
    ("refineCollectionShardKey", Kind::Mark),
    ("reshardCollection", Kind::Mark),
];

impl Kind {
    /// By the word; `None` if it is not one of MongoDB's.
    pub(super) fn of(word: &str) -> Option<Self> {
        KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    /// All words, for a message.
    pub(super) fn words() -> String {
        KINDS.map(|(word, _)| word).join(", ")
    }
}
