//! A contract under edit: its text, and what follows from it.

use super::document::{Written, columns};
use crate::code::CodeNote;
use sluice_api::{OnboardDraft, Problem};
use sluice_contract::{ColumnType, Contract};

/// A draft of a contract.
pub(super) struct Edit {
    /// The text; everything else follows from it.
    pub yaml: String,
    /// As it was proposed.
    pub proposed: String,
    /// Problems in the text, in its order.
    pub problems: Vec<Problem>,
    /// The contract, if the text has no problem.
    pub contract: Option<Contract>,
    /// Columns as written.
    pub columns: Vec<Written>,
    /// Text that is saved in the lake.
    pub saved: Option<String>,
    /// Text that was handed to be saved last.
    pub saving: Option<String>,
    file: String,
}

impl Edit {
    /// Begins with what was proposed, or with what was written before.
    pub(super) fn new(draft: &OnboardDraft, before: Option<String>) -> Self {
        let name = &draft.name;
        let mut edit = Self {
            yaml: String::new(),
            proposed: draft.yaml.clone(),
            problems: Vec::new(),
            contract: None,
            columns: Vec::new(),
            saved: None,
            saving: None,
            file: format!("contracts/{}/{}.yaml", name.dataset, name.table),
        };
        edit.set(before.unwrap_or_else(|| draft.yaml.clone()));
        edit
    }

    /// Replaces the text.
    pub(super) fn set(&mut self, yaml: String) {
        self.columns = columns(&yaml);
        (self.contract, self.problems) = match Contract::parse(&yaml, &self.file) {
            Ok(contract) => (Some(contract), Vec::new()),
            Err(problems) => (None, problems),
        };
        self.yaml = yaml;
    }

    /// Where the file will be, for headings.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// The column of that name as written.
    pub(super) fn column(&self, name: &str) -> Option<&Written> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Problems in the lines of a column.
    pub(super) fn problems_of<'a>(&'a self, column: &'a Written) -> impl Iterator<Item = &'a Problem> {
        self.problems.iter().filter(|problem| column.lines.contains(&problem.line))
    }

    /// Problems as notes of the editor.
    pub(super) fn notes(&self) -> Vec<CodeNote> {
        self.problems
            .iter()
            .map(|problem| CodeNote {
                line: problem.line.max(1),
                column: problem.column.max(1),
                text: sentences(problem),
            })
            .collect()
    }

    /// Why it cannot be saved into the lake.
    pub(super) fn unsavable(&self) -> Option<String> {
        match self.problems.as_slice() {
            [] => None,
            [one] => Some(format!("Line {}: {}", one.line.max(1), sentences(one))),
            [first, ..] => {
                let count = self.problems.len();
                Some(format!("{count} problems, the first in line {}: {}", first.line.max(1), sentences(first)))
            }
        }
    }
}

/// `Scale is missing. Write decimal(12,2).`
pub(super) fn sentences(problem: &Problem) -> String {
    let end = |text: &str| if text.ends_with('.') { text.to_owned() } else { format!("{text}.") };
    if problem.fix.is_empty() {
        end(&problem.message)
    } else {
        format!("{} {}", end(&problem.message), end(&problem.fix))
    }
}

/// The type that a problem proposes, for example of `Write decimal(12,2), or numeric for any`.
pub(super) fn proposed_type(problem: &Problem) -> Option<String> {
    let rest = problem.fix.strip_prefix("Write ")?;
    let end = rest.find([' ', ';']).unwrap_or(rest.len());
    let word = rest.get(..end)?.trim_end_matches([',', '.']);
    word.parse::<ColumnType>().ok().map(|_| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{proposed_type, sentences};
    use sluice_api::Problem;

    #[test]
    fn the_fix_is_read_from_its_sentence() {
        let problem = |fix: &str| Problem {
            file: String::new(),
            line: 21,
            column: 10,
            message: "Scale is missing".to_owned(),
            fix: fix.to_owned(),
        };
        assert_eq!(
            proposed_type(&problem("Write decimal(12,2), or numeric for any")).as_deref(),
            Some("decimal(12,2)")
        );
        assert_eq!(proposed_type(&problem("Write a folder")), None);
        assert_eq!(sentences(&problem("Write decimal(12,2)")), "Scale is missing. Write decimal(12,2).");
    }
}
