//! The table of what came of all cases.

use super::verdict::{Outcome, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Verdicts in the order in which they came.
#[derive(Default)]
pub(crate) struct Report(Vec<Verdict>);

/// How many cases of a suite ended how.
#[derive(Default)]
struct Counts {
    passed: usize,
    by_design: usize,
    not_supported: usize,
    failed: usize,
}

impl Report {
    pub(crate) fn add(&mut self, verdict: Verdict) {
        self.0.push(verdict);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn failed(&self) -> usize {
        self.counts().values().map(|counts| counts.failed).sum()
    }

    fn counts(&self) -> BTreeMap<&'static str, Counts> {
        let mut all: BTreeMap<&'static str, Counts> = BTreeMap::new();
        for verdict in &self.0 {
            let counts = all.entry(verdict.suite).or_default();
            match verdict.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::DiffersByDesign(_) => counts.by_design += 1,
                Outcome::NotSupported(_) => counts.not_supported += 1,
                Outcome::Failed(_) => counts.failed += 1,
            }
        }
        all
    }

    /// For the terminal.
    pub(crate) fn text(&self) -> String {
        self.table() + &self.others()
    }

    /// For `docs/conformance.md`.
    pub(crate) fn page(&self) -> String {
        let mut page = String::from(
            "# Cases of other projects\n\n\
             What other projects test their own products with, run against Sluice. The cases are not in this repository;\n\
             `cargo xtask conformance --from DIR --write` runs a folder of them and writes this page. Change data is\n\
             delivered in the order of the case, in two other orders where the order must not count, and with the last\n\
             batch again. Files of a producer are delivered one by one, single records out of documentation and tests are\n\
             onboarded and replayed. What was learned from a case is a scenario in `tests/behaviour/scenarios/`.\n\n",
        );
        page.push_str(&self.table());
        page.push_str(&self.others());
        page
    }

    fn table(&self) -> String {
        let mut text = String::from(
            "| suite | cases | passed | differ by design | not supported | fail |\n|---|---|---|---|---|---|\n",
        );
        for (suite, counts) in self.counts() {
            let Counts { passed, by_design, not_supported, failed } = counts;
            let all = passed + by_design + not_supported + failed;
            writeln!(text, "| {suite} | {all} | {passed} | {by_design} | {not_supported} | {failed} |").ok();
        }
        text
    }

    /// Every case that did not simply pass.
    fn others(&self) -> String {
        let mut text = String::from("\n| case | what it is about | outcome |\n|---|---|---|\n");
        for Verdict { id, title, outcome, .. } in &self.0 {
            let outcome = match outcome {
                Outcome::Passed => continue,
                Outcome::DiffersByDesign(reason) => format!("by design: {reason}"),
                Outcome::NotSupported(reason) => format!("not supported: {reason}"),
                Outcome::Failed(what) => format!("**fails**: {what}"),
            };
            writeln!(text, "| `{id}` | {} | {} |", cell(title), cell(&outcome)).ok();
        }
        text
    }
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
