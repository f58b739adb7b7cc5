//! A batch that went wrong as one file for a colleague, and tests made of real records.

use crate::{BatchView, DoctorReport, TableName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything of a batch that a colleague needs to reproduce what it did: one JSON document. Personal values are replaced,
/// equal ones by equal ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// The form of the document, 1.
    pub format: u32,
    /// Version of Sluice that wrote it.
    pub engine: String,
    /// When, milliseconds since the Unix epoch.
    pub written_ms: i64,
    /// Where: operating system, architecture, cores, kind of store. No address, no name of a machine or a person.
    pub environment: BTreeMap<String, String>,
    /// Table.
    pub table: TableName,
    /// Number of the batch.
    pub batch: u64,
    /// Path and text of the contract that it was read by.
    pub contract: (String, String),
    /// Text of `sluice.yaml`; empty if there is none.
    pub settings: String,
    /// Versions of bronze and silver, each with the version after the batch where it has one.
    pub versions: BTreeMap<String, Option<u64>>,
    /// The batch and those before it that have a record here.
    pub ledger: Vec<BatchView>,
    /// What the doctor finds in the batch.
    pub doctor: Vec<DoctorReport>,
    /// Records of the batch, and of its keys from before, in the order in which they came.
    pub records: Vec<IncidentRecord>,
    /// Different keys of the batch.
    pub keys: u64,
    /// Records that are not here because there are too many.
    pub left_out: u64,
    /// Different personal values that were replaced.
    pub replaced: u64,
}

/// A record of bronze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// Batch.
    pub batch: u64,
    /// File.
    pub file: String,
    /// Number in the file, from 0.
    pub record: u64,
    /// Text without personal values.
    pub text: String,
}

/// An incident that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFile {
    /// Where it is; `None` if it was not asked for.
    pub file: Option<String>,
    /// The test of it, if one was asked for.
    pub test: Option<SavedTest>,
    /// Records in it.
    pub records: u64,
    /// Different keys of the batch.
    pub keys: u64,
    /// Records that are not in it because there are too many.
    pub left_out: u64,
    /// Different personal values that were replaced.
    pub replaced: u64,
}

/// A test made of real records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedTest {
    /// Path in the lake, `tests/<dataset>/<table>/<name>.yaml`.
    pub path: String,
    /// Text.
    pub text: String,
    /// Whether it is in the lake's draft.
    pub saved: bool,
}

/// A lake made of an incident alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedIncident {
    /// Folder.
    pub lake: String,
    /// Table.
    pub table: TableName,
    /// Batches of the incident's lake, each with its number in this one.
    pub batches: Vec<(u64, u64)>,
    /// Why the last one was not published, if it was not.
    pub stopped: Option<String>,
    /// Rows of silver.
    pub silver_rows: u64,
    /// Records in quarantine.
    pub quarantined: u64,
}
