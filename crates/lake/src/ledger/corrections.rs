//! Records of the quarantine that a person corrected, rows that were repaired from the source, and what was decided of
//! other records. Numbered, written once, never changed. A correction is ingested as a batch of its own, as if the source
//! had sent the record again.

use crate::ledger::registry::{Ledger, number_of};
use crate::{LakeError, SourceFile};
use serde::{Deserialize, Serialize};
use sluice_contract::TableName;
use std::fmt;

/// Where the folders of corrections are.
const CORRECTIONS: &str = "_sluice/corrections/";

/// A record as bronze has it: batch, file, number in it from 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordPlace {
    /// Batch that brought it.
    pub batch: u64,
    /// Its file.
    pub file: String,
    /// Its number in the file, from 0.
    pub row: u64,
    /// Where it begins in the file, bytes.
    pub offset: u64,
}

/// The text of a record, and whose place it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectedRecord {
    /// The record that it corrects, whose place it takes in the order of the source.
    pub origin: RecordPlace,
    /// Its text.
    pub record: String,
}

/// A corrected record, or several that were corrected alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The record that it corrects, whose place it takes in the order of the source.
    pub origin: RecordPlace,
    /// Its text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub record: String,
    /// Further records that were corrected with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<CorrectedRecord>,
    /// Corrective events of rows that differed from the source, instead of a record; the origin has no file then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<String>,
    /// Why.
    pub because: String,
    /// Who corrected it.
    pub by: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

impl Correction {
    /// The records that it corrects.
    pub fn origins(&self) -> impl Iterator<Item = &RecordPlace> {
        std::iter::once(&self.origin).chain(self.more.iter().map(|record| &record.origin))
    }
}

/// What is done with records in quarantine, besides correcting them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineAction {
    /// They stay out of silver, and nobody has to look at them.
    Ignore,
    /// They wait for somebody again.
    Reopen,
    /// They were decoded by the contract of that time, and what could be was merged.
    Replay,
}

impl fmt::Display for QuarantineAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ignore => "ignore",
            Self::Reopen => "reopen",
            Self::Replay => "replay",
        })
    }
}

/// A decision on records in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineDecision {
    /// Number, from 1.
    pub number: u64,
    /// What is done.
    pub action: QuarantineAction,
    /// With which records.
    pub records: Vec<RecordPlace>,
    /// Why.
    pub because: String,
    /// Who decided.
    pub by: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// The number of a correction by the path of its file; `None` for any other file.
#[must_use]
pub fn correction_number(path: &str) -> Option<u64> {
    path.strip_prefix(CORRECTIONS).and_then(|_| number_of(path).ok().flatten())
}

fn corrections_of(table: &TableName) -> String {
    format!("{CORRECTIONS}{}/{}", table.dataset, table.table)
}

fn decisions_of(table: &TableName) -> String {
    format!("_sluice/quarantine_decisions/{}/{}", table.dataset, table.table)
}

impl Ledger {
    /// The files with corrections of a table, by number.
    ///
    /// # Errors
    /// [`LakeError::List`].
    pub async fn correction_files(&self, table: &TableName) -> Result<Vec<SourceFile>, LakeError> {
        let mut files = self.objects.list(&corrections_of(table)).await?;
        files.retain(|file| correction_number(&file.path).is_some());
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Reads a correction.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn correction(&self, path: &str) -> Result<Correction, LakeError> {
        self.document(path).await
    }

    /// Keeps a correction under the next number; `after`: the greatest that a batch has. The next run ingests it.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Write`].
    pub async fn put_correction(
        &self,
        table: &TableName,
        correction: &Correction,
        after: u64,
    ) -> Result<u64, LakeError> {
        let listed = self.correction_files(table).await?;
        let last = listed.iter().filter_map(|file| correction_number(&file.path)).max().unwrap_or(0);
        Ok(self.put_next(&corrections_of(table), last.max(after) + 1, |_| correction).await?.0)
    }

    /// All decisions on records in quarantine, by number.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn quarantine_decisions(&self, table: &TableName) -> Result<Vec<QuarantineDecision>, LakeError> {
        let mut decisions: Vec<QuarantineDecision> = self.read_numbered(&decisions_of(table)).await?;
        decisions.sort_by_key(|decision| decision.number);
        Ok(decisions)
    }

    /// Keeps a decision under the next number that is free.
    ///
    /// # Errors
    /// [`LakeError::Write`], those of [`Ledger::quarantine_decisions`].
    pub async fn put_quarantine_decision(
        &self,
        table: &TableName,
        decision: &QuarantineDecision,
    ) -> Result<u64, LakeError> {
        let last = self.quarantine_decisions(table).await?.last().map_or(0, |decision| decision.number);
        let numbered = |number| QuarantineDecision { number, ..decision.clone() };
        Ok(self.put_next(&decisions_of(table), last + 1, numbered).await?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::correction_number;

    #[test]
    fn a_correction_is_known_by_its_path() {
        assert_eq!(correction_number("_sluice/corrections/shop/orders/00000000000000000007.json"), Some(7));
        assert_eq!(correction_number("landing/shop/orders/00000000000000000007.json"), None);
        assert_eq!(correction_number("_sluice/corrections/shop/orders/seven.json"), None);
    }
}
