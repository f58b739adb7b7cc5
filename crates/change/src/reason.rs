//! Why a record is in quarantine.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident $code:literal $stage:literal $sentence:literal,)+) => {
        /// Stable code of a quarantine reason. Codes are documented and never reused. A reason depends
        /// on the event, the contract and the limits only, so that replaying is safe.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum ReasonCode { $($(#[doc = $doc])+ $variant,)+ }

        impl ReasonCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code in capitals.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $code),+ } }

            /// One sentence for people.
            #[must_use]
            pub fn sentence(self) -> &'static str { match self { $(Self::$variant => $sentence),+ } }

            /// Where it is found: `decode` or `row`.
            #[must_use]
            pub fn stage(self) -> &'static str { match self { $(Self::$variant => $stage),+ } }
        }
    };
}

reasons! {
    /// The file could not be read as its format at all.
    UnreadableFile "UNREADABLE_FILE" "decode" "The file is not what its format says",
    /// The compressed or columnar file ends too early; records before the end were taken.
    TruncatedFile "TRUNCATED_FILE" "decode" "The file ends too early, what could be read was taken",
    /// Text that is not UTF-8.
    BadEncoding "BAD_ENCODING" "decode" "The record is not UTF-8 text",
    /// Not JSON, not an envelope, or the wrong number of CSV fields.
    BadEnvelope "BAD_ENVELOPE" "decode" "The record is not a change event of this format",
    /// An operation that the format does not know.
    UnknownOperation "UNKNOWN_OPERATION" "decode" "The operation is not one of this format",
    /// The process that decoded the file ended, or took too long.
    DecoderCrashed "DECODER_CRASHED" "decode" "The file made its decoder crash, run out of memory or take too long",
    /// A limit of `limits.rs` for files.
    FileTooLarge "FILE_TOO_LARGE" "decode" "The file is over the limit",
    /// A limit of `limits.rs` for compression.
    RatioTooHigh "RATIO_TOO_HIGH" "decode" "The file unpacks to more than the limit",
    /// A limit of `limits.rs` for records.
    RowTooLarge "ROW_TOO_LARGE" "decode" "The record is over the limit",
    /// A limit of `limits.rs` for nesting.
    TooDeep "TOO_DEEP" "decode" "The record is nested deeper than the limit",
    /// A limit of `limits.rs` for columns that the contract does not declare, where new columns are added.
    TooManyColumns "TOO_MANY_COLUMNS" "decode" "The record has more new columns than a table can have",
    /// The position of the event is missing or cannot be read.
    MissingSeq "MISSING_SEQ" "row" "The event has no position, so its order is unknown",
    /// A key column is null or absent.
    MissingKey "MISSING_KEY" "row" "A key column is null or missing",
    /// A value is not of the column's type.
    TypeMismatch "TYPE_MISMATCH" "row" "A value is not of the type in the contract",
    /// A value is of the type but does not fit.
    ValueOutOfRange "VALUE_OUT_OF_RANGE" "row" "A value does not fit the type in the contract",
    /// Null in a required column.
    NullInRequired "NULL_IN_REQUIRED" "row" "A required column is null",
    /// `tie_policy: quarantine`: another event of the key at the same position counts as the later.
    SeqConflict "SEQ_CONFLICT" "row" "Another event of the key has the same position",
    /// `keep` reads a column that the event does not provide.
    UndecidedKeep "UNDECIDED_KEEP" "row" "The event lacks a column that keep reads, so it is unknown whether the row stays",
    /// `source.from` is a time and the event has none.
    UnknownStart "UNKNOWN_START" "row" "The event has no time, so it is unknown whether it is of before the table begins",
    /// `key_change: error`: the row had another key before.
    KeyChanged "KEY_CHANGED" "row" "The record changes the key of its row",
    /// A truncate of one of several sources.
    SourceTruncated "SOURCE_TRUNCATED" "row" "One of several sources was emptied, which is no truncate of the table",
    /// `tombstone_retention`: the event is older than what deletes are remembered for.
    TooLate "TOO_LATE" "row" "The event is older than the deletes that are remembered",
    /// A check of the contract with `on_fail: quarantine`.
    CheckFailed "CHECK_FAILED" "row" "The record fails a check of the contract that puts records into quarantine",
    /// Two column names of one record are equal, or differ in case only.
    IncompatibleChange "INCOMPATIBLE_CHANGE" "row" "The record's columns are incompatible with the contract",
}

impl std::fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ReasonCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or_else(|| format!("`{text}` is not a reason"))
    }
}
