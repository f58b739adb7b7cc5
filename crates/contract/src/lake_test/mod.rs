//! Tests of a lake: what a table becomes when given records arrive, `tests/<dataset>/<table>/<name>.yaml`.

mod document;
mod place;
mod reader;
#[cfg(test)]
mod tests;
mod types;

use crate::{Problem, TableName};
pub use types::{
    CHECK_VERDICTS, Expected, ExpectedCheck, ExpectedColumns, ExpectedCounter, ExpectedReject, ExpectedRow,
    ExpectedRows, ExpectedText, Given, LakeTest, TestBatch, TestContract, TestEvent, TestFile, TestOp,
};

impl LakeTest {
    /// Reads a test.
    ///
    /// # Errors
    /// Every problem found, each with line, column and fix.
    pub fn parse(text: &str, path: &str) -> Result<Self, Vec<Problem>> {
        reader::read(text, path)
    }

    /// The table of a path `tests/<dataset>/<table>/<name>.yaml`.
    ///
    /// # Errors
    /// What the path is instead.
    pub fn table_of(path: &str) -> Result<TableName, Problem> {
        place::table_of(path)
    }

    /// The models whose rows it expects.
    pub fn models(&self) -> impl Iterator<Item = &TableName> {
        self.batches.iter().flat_map(|batch| batch.expect.gold.keys())
    }
}
