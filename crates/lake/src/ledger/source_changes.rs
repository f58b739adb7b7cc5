//! Changes of a source's shape as batches showed them, and what people decided of them. Written once, never changed.

use crate::LakeError;
use crate::ledger::registry::Ledger;
use serde::{Deserialize, Serialize};
use sluice_contract::{ColumnType, SourceChange, SourceDecision, TableName};

/// A change that a batch showed first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedChange {
    /// What changed.
    pub change: SourceChange,
    /// Name of the column in the records.
    pub column: String,
    /// Records of the batch that show it.
    pub records: u64,
    /// First file of them.
    pub file: String,
    /// Records of that file that show it.
    pub records_of_file: u64,
    /// Name that the column had before, as a statement of the source in the stream says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Of values that do not fit: the type that the contract had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<ColumnType>,
    /// Type that holds the values, where the contract lets types become wider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wider: Option<ColumnType>,
}

/// What a batch showed of the source's shape that no batch before it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChangeNote {
    /// Batch.
    pub batch: u64,
    /// When it was seen, milliseconds since 1970.
    pub at_ms: i64,
    /// The changes.
    pub changes: Vec<NotedChange>,
}

/// A decision on a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceDecisionNote {
    /// Number, from 1 without gaps.
    pub number: u64,
    /// Who decided.
    pub by: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Batch that showed the change.
    pub batch: u64,
    /// What changed.
    pub change: SourceChange,
    /// Column.
    pub column: String,
    /// What was decided.
    pub decision: SourceDecision,
    /// What the contract says of it since then, in words.
    pub says: String,
    /// What spoke for it, in words without a value of a row.
    pub evidence: Vec<String>,
    /// Hash of the contract's text afterwards.
    pub contract: String,
}

impl Ledger {
    /// What batches of a table showed of its source's shape, by batch.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn source_changes(&self, table: &TableName) -> Result<Vec<SourceChangeNote>, LakeError> {
        let mut notes: Vec<SourceChangeNote> = self.read_numbered(&folder(NOTES, table)).await?;
        notes.sort_by_key(|note| note.batch);
        Ok(notes)
    }

    /// Keeps what a batch showed. A batch that is decoded again showed it before, so the first note stays.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put_source_changes(&self, table: &TableName, note: &SourceChangeNote) -> Result<(), LakeError> {
        self.put_numbered(&folder(NOTES, table), note.batch, note).await.map(|_| ())
    }

    /// Decisions on changes of a table's source, by number.
    ///
    /// # Errors
    /// As [`Ledger::source_changes`].
    pub async fn source_decisions(&self, table: &TableName) -> Result<Vec<SourceDecisionNote>, LakeError> {
        let mut decisions: Vec<SourceDecisionNote> = self.read_numbered(&folder(DECISIONS, table)).await?;
        decisions.sort_by_key(|decision| decision.number);
        Ok(decisions)
    }

    /// Keeps a decision under the next number that is free.
    ///
    /// # Errors
    /// [`LakeError::Write`], those of [`Ledger::source_decisions`].
    pub async fn put_source_decision(
        &self,
        table: &TableName,
        decision: SourceDecisionNote,
    ) -> Result<SourceDecisionNote, LakeError> {
        let last = self.source_decisions(table).await?.last().map_or(0, |decision| decision.number);
        let numbered = |number| SourceDecisionNote { number, ..decision.clone() };
        Ok(self.put_next(&folder(DECISIONS, table), last + 1, numbered).await?.1)
    }
}

const NOTES: &str = "source_changes";
const DECISIONS: &str = "source_decisions";

fn folder(kind: &str, table: &TableName) -> String {
    format!("_sluice/{kind}/{}/{}", table.dataset, table.table)
}
