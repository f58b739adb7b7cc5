//! A test of a lake as written.

use crate::RecordNumber;
use crate::document::Scalar;
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestDocument {
    pub(super) about: Option<String>,
    pub(super) now: Option<Spanned<String>>,
    pub(super) batches: Spanned<Vec<Spanned<BatchDocument>>>,
}

/// An entry of `batches`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchDocument {
    pub(super) contract: Option<Spanned<String>>,
    pub(super) table: Option<Spanned<String>>,
    pub(super) source: Option<String>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) text: Option<Spanned<String>>,
    pub(super) base64: Option<Spanned<String>>,
    pub(super) records: Option<Spanned<String>>,
    pub(super) events: Option<Spanned<Vec<Spanned<Row>>>>,
    pub(super) files: Option<Spanned<Vec<Spanned<FileDocument>>>>,
    pub(super) expect: Option<Spanned<ExpectDocument>>,
}

/// An entry of `files`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileDocument {
    pub(super) table: Option<Spanned<String>>,
    pub(super) source: Option<String>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) text: Option<Spanned<String>>,
    pub(super) base64: Option<Spanned<String>>,
    pub(super) records: Option<Spanned<String>>,
    pub(super) events: Option<Spanned<Vec<Spanned<Row>>>>,
}

/// Values by name, as they are written.
pub(super) type Row = BTreeMap<String, Option<Scalar>>;
/// Rows.
pub(super) type Rows = Spanned<Vec<Spanned<Row>>>;

/// `expect`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectDocument {
    pub(super) silver: Option<Rows>,
    pub(super) silver_has: Option<Rows>,
    pub(super) columns: Option<Spanned<Vec<String>>>,
    pub(super) changes: Option<Rows>,
    pub(super) changes_has: Option<Rows>,
    pub(super) quarantine: Option<Spanned<Vec<Spanned<RejectDocument>>>>,
    #[serde(default)]
    pub(super) checks: BTreeMap<String, Spanned<String>>,
    pub(super) all_checks: Option<Spanned<BTreeMap<String, Spanned<String>>>>,
    pub(super) stopped: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) counters: BTreeMap<String, Spanned<u64>>,
    #[serde(default)]
    pub(super) gold: BTreeMap<String, Rows>,
    #[serde(default)]
    pub(super) gold_has: BTreeMap<String, Rows>,
}

/// An entry of `quarantine`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RejectDocument {
    pub(super) reason: String,
    pub(super) column: Option<String>,
    pub(super) record: Option<RecordNumber>,
}
