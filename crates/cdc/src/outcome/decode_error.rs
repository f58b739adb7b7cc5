//! What makes decoding impossible.

use sluice_change::FilterError;
use sluice_contract::SourceFormat;

/// Why nothing can be decoded. A damaged file is not an error: it yields what could be read and a
/// [`sluice_change::Reject`] for the rest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The contract does not say where the change data is.
    #[error("{table} has no source. Add source with path and format to its contract")]
    NoSource {
        /// Table.
        table: String,
    },
    /// A default of the contract is not of its column's type.
    #[error("The default of {table}, column {column}: {detail}. Correct it in the contract")]
    BadDefault {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// For example `expected decimal(5,2)`.
        detail: String,
    },
    /// There is no time zone of that name.
    #[error(
        "{table}: there is no time zone {zone}. Correct source.time_zone in its contract, for example Europe/Berlin"
    )]
    UnknownZone {
        /// Table.
        table: String,
        /// As the contract has it.
        zone: String,
    },
    /// A keyed hash of the contract has no key here.
    #[error("{table}: the key `{key}` of its keyed hashes is not known. Set {variable} to it, at least 32 letters")]
    UnknownKey {
        /// Table.
        table: String,
        /// Name of the key.
        key: String,
        /// Variable of the environment that has it.
        variable: String,
    },
    /// A value of `apply.keep` is not of its column's type.
    #[error("{table}, apply.keep: {error}. Correct it in the contract")]
    BadFilter {
        /// Table.
        table: String,
        /// What is wrong.
        error: FilterError,
    },
    /// A limit of a check with `on_fail: quarantine` is not of its column's type.
    #[error("{table}, quality: {error}. Correct it in the contract")]
    BadCheck {
        /// Table.
        table: String,
        /// What is wrong.
        error: FilterError,
    },
    /// The position of `source.from` is none.
    #[error("{table}, source.from, {column}: {detail}. Correct it in the contract")]
    BadStart {
        /// Table.
        table: String,
        /// First part of the sequence.
        column: String,
        /// What is wrong.
        detail: String,
    },
    /// The parts of the contract's sequence need more bits than a position has.
    #[error("The sequence of {table} is longer than a position. Keep its most significant parts")]
    LongSequence {
        /// Table.
        table: String,
    },
    /// The sampled files are of no format that Sluice knows.
    #[error("The format of {path} is not known: {seen}. docs/formats.md lists the formats")]
    UnknownFormat {
        /// Folder.
        path: String,
        /// What its first file looks like.
        seen: String,
    },
    /// The sampled records are of the format, and of a kind that cannot be read.
    #[error("The records of {path} cannot be read: {reason}")]
    NotReadable {
        /// Folder.
        path: String,
        /// Why, and what to do at the source.
        reason: &'static str,
    },
    /// No record could be read from the sampled files.
    #[error("No {format} record could be read in {path}. Check that the files are whole")]
    NothingToInfer {
        /// Folder.
        path: String,
        /// Format that was found.
        format: SourceFormat,
    },
    /// The column types or lengths of a batch do not match; a bug in Sluice.
    #[error("The types or lengths of the decoded columns do not match, please report it: {detail}")]
    Internal {
        /// What the columnar library says.
        detail: String,
    },
}
