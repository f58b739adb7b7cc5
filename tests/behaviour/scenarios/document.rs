//! A scenario as written.

use super::table::Table;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;

/// What happens, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The contract becomes this. One of another dataset is one of another table.
    Contract(String),
    /// A file lands (none if its content is empty), then a replay.
    Batch(Batch),
}

/// A file that lands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Its table; that of the first contract if it names none.
    pub(crate) table: Option<String>,
    /// Its name without ending, where that says its place: `orders+0+0000000100`, `LOAD00000001`.
    pub(crate) name: Option<String>,
    pub(crate) ending: &'static str,
    pub(crate) content: String,
}

/// What a scenario says or what came of it: tables by their headings.
pub(crate) type Outcome = BTreeMap<&'static str, Table>;

/// Headings of the tables of an outcome.
pub(crate) const SILVER: &str = "Silver";
pub(crate) const LEDGER: &str = "Ledger";
pub(crate) const QUARANTINE: &str = "Quarantine";
pub(crate) const STOPPED: &str = "Stopped";
pub(crate) const CHECKS: &str = "Checks";
const HEADINGS: [&str; 5] = [SILVER, LEDGER, QUARANTINE, STOPPED, CHECKS];

/// A piece of the file, so that it can be written again as it was.
#[derive(Clone, Debug)]
enum Piece {
    Line(String),
    Table(&'static str),
}

/// A scenario.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pieces: Vec<Piece>,
    pub(crate) steps: Vec<Step>,
    pub(crate) expected: Outcome,
}

impl Document {
    /// Reads a scenario.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        ensure!(text.starts_with("# "), "a scenario begins with a title");
        let lines: Vec<&str> = text.lines().collect();
        let mut document = Self { pieces: Vec::new(), steps: Vec::new(), expected: Outcome::new() };
        let mut heading = None;
        let mut at = 0;
        while let Some(&line) = lines.get(at) {
            if let Some(kind) = line.strip_prefix("```") {
                let length = lines[at + 1..].iter().position(|line| *line == "```").context("a block is not closed")?;
                document.block(kind.trim(), &lines[at + 1..at + 1 + length])?;
                document.keep(&lines[at..at + 2 + length]);
                at += length + 2;
                continue;
            }
            if let Some(name) = line.strip_prefix("## ") {
                heading = HEADINGS.into_iter().find(|known| *known == name.trim());
            }
            match heading {
                Some(known) if line.starts_with('|') => {
                    let length = lines[at..].iter().take_while(|line| line.starts_with('|')).count();
                    document.expected.insert(known, Table::parse(&lines[at..at + length]));
                    document.pieces.push(Piece::Table(known));
                    at += length;
                }
                _ => {
                    document.keep(&[line]);
                    at += 1;
                }
            }
        }
        ensure!(document.contracts() > 0, "a scenario has a contract in a yaml block");
        ensure!(document.expected.contains_key(SILVER), "a scenario has a table under `## Silver`");
        ensure!(document.expected.contains_key(LEDGER), "a scenario has a table under `## Ledger`");
        Ok(document)
    }

    fn keep(&mut self, lines: &[&str]) {
        self.pieces.extend(lines.iter().map(|line| Piece::Line((*line).to_owned())));
    }

    fn block(&mut self, kind: &str, lines: &[&str]) -> Result<()> {
        let mut content = lines.join("\n");
        let (kind, rest) = kind.split_once(' ').unwrap_or((kind, ""));
        // A table has a dataset before it.
        let is_of_file = |word: &str| word.contains(['+', '/']) || !word.contains('.');
        let word = |is_name: bool| rest.split(' ').find(|word| !word.is_empty() && is_of_file(word) == is_name);
        let (table, name) = (word(false).map(str::to_owned), word(true).map(str::to_owned));
        let ending = match kind {
            "yaml" => {
                self.steps.push(Step::Contract(content));
                return Ok(());
            }
            "json" => "json",
            "csv" => "csv",
            other => bail!("a block of `{other}`; a scenario has yaml, json and csv"),
        };
        // A block of the last line without line end: the file ends inside its record.
        if !content.is_empty() && !content.ends_with("⏏") {
            content.push('\n');
        }
        self.steps.push(Step::Batch(Batch { table, name, ending, content: content.replace('⏏', "") }));
        Ok(())
    }

    /// How many contracts it has.
    pub(crate) fn contracts(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Contract(_))).count()
    }

    /// Whether what came of it is what it says.
    pub(crate) fn compare(&self, found: &Outcome) -> Result<()> {
        for heading in HEADINGS {
            let expected = self.expected.get(heading).cloned().unwrap_or_default();
            let found = found.get(heading).cloned().unwrap_or_default();
            let (expected, found) = (expected.sorted(), found.sorted());
            let same = expected.rows == found.rows && (found.columns == expected.columns || found.rows.is_empty());
            let (expected, found) = (expected.print().join("\n"), found.print().join("\n"));
            ensure!(same, "{heading} should be\n{expected}\nbut is\n{found}");
        }
        Ok(())
    }

    /// Takes what came of it as what it says.
    pub(crate) fn take(&mut self, found: &Outcome) {
        for (heading, table) in found {
            let said = self.pieces.iter().any(|piece| matches!(piece, Piece::Table(of) if of == heading));
            if !said && !table.rows.is_empty() {
                self.pieces.push(Piece::Line(String::new()));
                self.pieces.push(Piece::Line(format!("## {heading}")));
                self.pieces.push(Piece::Line(String::new()));
                self.pieces.push(Piece::Table(heading));
            }
        }
        self.expected.clone_from(found);
    }

    /// The text of the file.
    pub(crate) fn print(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Line(line) => lines.push(line.clone()),
                Piece::Table(heading) => lines.extend(self.expected.get(heading).cloned().unwrap_or_default().print()),
            }
        }
        let mut text = lines.join("\n");
        text.push('\n');
        text
    }
}
