//! Delta tables that other programs wrote, beside what they hold.

use super::verdict::{Outcome, Verdict};
use crate::process::{output, program};
use anyhow::Context;
use serde::Deserialize;
use std::path::Path;

/// Reads the tables by `sluice query` and the expected rows by PyArrow, and compares them.
const SCRIPT: &str = include_str!("delta_tables.py");

#[derive(Deserialize)]
struct Line {
    table: String,
    about: String,
    /// `equal`, `refused` or `differs`.
    outcome: String,
    text: String,
}

/// Every folder with `delta/` and `expected/latest`.
pub(crate) fn run(sluice: &Path, python: &Path, tables: &Path) -> anyhow::Result<Vec<Verdict>> {
    let said = output(program(python).args(["-c", SCRIPT]).arg(sluice).arg(tables))?;
    let mut verdicts = Vec::new();
    for line in said.lines() {
        let line: Line = serde_json::from_str(line).with_context(|| format!("the comparison says {line}"))?;
        let outcome = match line.outcome.as_str() {
            "equal" => Outcome::Passed,
            "refused" => Outcome::NotSupported(line.text),
            _ => Outcome::Failed(line.text),
        };
        verdicts.push(Verdict { suite: "Delta tables", id: line.table, title: line.about, outcome });
    }
    Ok(verdicts)
}
