//! Reads the file that users read.

use super::cell::{Cell, Format, Outcome, Policy, Timing};
use anyhow::{Context, Result};

const MATRIX: &str = include_str!("../../../docs/drift-matrix.csv");

/// All cells, in order.
pub(crate) fn read() -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for (line, record) in csv::Reader::from_reader(MATRIX.as_bytes()).records().enumerate() {
        let record = record?;
        let field = |at: usize| record.get(at).with_context(|| format!("record {line} is short"));
        cells.push(Cell {
            change: field(0)?.to_owned(),
            format: Format::of(field(1)?)?,
            timing: Timing::of(field(2)?)?,
            policy: Policy::of(field(3)?)?,
            outcome: Outcome::of(field(4)?)?,
            reason: field(5)?.to_owned(),
        });
    }
    Ok(cells)
}
