//! Decisions on changes of a source's shape, written into the text of a contract.
//!
//! The text keeps its comments and its form. What comes out is read again and compared with what was meant, so a text
//! that cannot be changed like this is refused and stays as it is.

mod yaml_text;

use crate::entry::text::{quoted, words, written_word};
use crate::{Column, ColumnType, Contract, Mistake, is_column_name, plain_column_name};
use yaml_text::{Mapping, element_end, element_start, line_at, line_start};

/// What a contract is to say of a column from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaEdit {
    /// It is a column of the table.
    Add {
        /// Name in the records.
        name: String,
        /// Type.
        data_type: ColumnType,
        /// It holds personal data.
        pii: bool,
        /// Position of its first event, where another column had the name before.
        since: Option<String>,
    },
    /// Silver leaves it out.
    Ignore {
        /// Name in the records.
        name: String,
    },
    /// A column has a wider type.
    Widen {
        /// Column.
        column: String,
        /// Type.
        data_type: ColumnType,
    },
    /// A column has another name in the records.
    Rename {
        /// Column in silver.
        column: String,
        /// Name in the records.
        to: String,
        /// Silver keeps the name that readers know.
        keep_name: bool,
    },
    /// The source dropped it.
    Remove {
        /// Column.
        column: String,
    },
    /// The source dropped it and has another column of the name.
    AddedAgain {
        /// Column.
        column: String,
        /// Position of the other one's first event.
        since: String,
    },
}

impl SchemaEdit {
    /// The columns of the contract afterwards.
    fn meant(&self, before: &Contract) -> Vec<Column> {
        let mut columns = before.columns.clone();
        let declared = columns.iter().filter(|column| column.is_declared()).count();
        let mut of = |name: &str, change: &dyn Fn(&mut Column)| {
            columns.iter_mut().filter(|column| column.name == name).for_each(change);
        };
        match self {
            Self::Ignore { .. } => {}
            Self::Widen { column, data_type } => of(column, &|column| column.data_type = data_type.clone()),
            Self::Rename { column, to, keep_name: true } => {
                of(column, &|column| column.renamed_from.insert(0, to.clone()));
            }
            Self::Rename { column, to, keep_name: false } => of(column, &|column| {
                let former = std::mem::replace(&mut column.name, to.clone());
                column.renamed_from.insert(0, former);
            }),
            Self::Remove { column } => of(column, &|column| column.removed = true),
            Self::AddedAgain { column, since } => of(column, &|column| {
                column.since = Some(since.clone());
                column.removed = false;
            }),
            Self::Add { name, data_type, pii, since } => {
                let mut column = Column::named(&silver_name(name), data_type.clone());
                if column.name != *name {
                    column.renamed_from.push(name.clone());
                }
                column.pii = *pii;
                column.since.clone_from(since);
                columns.insert(declared.min(columns.len()), column);
            }
        }
        columns
    }

    fn write(&self, contract: &Contract) -> Option<String> {
        let text = contract.text.as_str();
        match self {
            Self::Add { name, data_type, pii, since } => {
                let last = contract.columns.iter().map(|column| column.line).max()?;
                let (start, indent) = element_start(text, last)?;
                let end = element_end(text, start, indent);
                let pii = if *pii { ", pii: true" } else { "" };
                let since = since.as_ref().map(|since| format!(", since: \"{since}\"")).unwrap_or_default();
                let silver = silver_name(name);
                let former = if silver == *name { String::new() } else { format!(", renamed_from: {}", quoted(name)) };
                let (blanks, silver) = (" ".repeat(indent), written_word(&silver));
                let data_type = written_word(&data_type.to_string());
                let mut changed = text.to_owned();
                let column = format!("{{name: {silver}, type: {data_type}{former}{pii}{since}}}");
                changed.insert_str(end, &format!("\n{blanks}- {column}"));
                Some(changed)
            }
            Self::Ignore { name } => {
                let mut ignored = contract.source.as_ref()?.ignored.clone();
                ignored.insert(name.clone());
                Some(source_of(text)?.with(text, "ignored", &words(&ignored)))
            }
            Self::Widen { column, data_type } => {
                set(contract, column, &[("type", written_word(&data_type.to_string()))])
            }
            Self::Remove { column } => set(contract, column, &[("removed", "true".to_owned())]),
            Self::AddedAgain { column, since } => {
                let mut entries = vec![("since", format!("\"{since}\""))];
                if contract.column(column)?.removed {
                    entries.push(("removed", "false".to_owned()));
                }
                set(contract, column, &entries)
            }
            Self::Rename { column, to, keep_name } => {
                let mut former = contract.column(column)?.renamed_from.clone();
                former.insert(0, if *keep_name { to.clone() } else { column.clone() });
                let mut entries = vec![("renamed_from", words(&former))];
                if !keep_name {
                    entries.push(("name", written_word(to)));
                }
                set(contract, column, &entries)
            }
        }
    }
}

/// The text of a contract that says what was decided.
///
/// ```
/// use sluice_contract::{Contract, SchemaEdit, edited_contract};
///
/// let text = "dataset: shop.orders\nsource: {path: in, format: debezium_json}\nschema:\n\
///             - {name: id, type: int, primary_key: true}\n- {name: note, type: string} # free text\n";
/// let contract = Contract::parse(text, "orders.yaml").unwrap();
/// let edit = SchemaEdit::Rename { column: "note".to_owned(), to: "remark".to_owned(), keep_name: false };
/// let edited = edited_contract(&contract, &edit).unwrap();
/// assert!(edited.ends_with("- {name: remark, type: string, renamed_from: [note]} # free text\n"));
/// ```
///
/// # Errors
/// What to write by hand, where the text cannot be changed without changing something else, or the contract would not
/// be valid afterwards.
pub fn edited_contract(contract: &Contract, edit: &SchemaEdit) -> Result<String, Mistake> {
    let by_hand = || {
        let message = format!("The text of the contract of {} could not be changed by itself", contract.name);
        Mistake::new(message, format!("Write it by hand: {}", in_words(edit)))
    };
    let text = edit.write(contract).ok_or_else(by_hand)?;
    let after = Contract::parse(&text, "contract").map_err(|problems| {
        let problem = problems.into_iter().next();
        let why = problem.as_ref().map_or_else(String::new, |problem| problem.message.clone());
        let fix = problem.map_or_else(|| in_words(edit), |problem| problem.fix);
        Mistake::new(format!("The contract of {} would not be valid: {why}", contract.name), fix)
    })?;
    let plain = |columns: Vec<Column>| -> Vec<Column> {
        columns.into_iter().map(|column| Column { line: 0, ..column }).collect()
    };
    let mut meant = Contract { columns: plain(edit.meant(contract)), text: String::new(), ..contract.clone() };
    if let (SchemaEdit::Ignore { name }, Some(source)) = (edit, &mut meant.source) {
        source.ignored.insert(name.clone());
    }
    let mut found = Contract { columns: plain(after.columns), text: String::new(), ..after };
    for rules in [&mut meant.checks, &mut found.checks] {
        rules.iter_mut().for_each(|rule| rule.line = 0);
    }
    if meant == found { Ok(text) } else { Err(by_hand()) }
}

/// Name in silver of a column that records call so.
fn silver_name(name: &str) -> String {
    if is_column_name(name) { name.to_owned() } else { plain_column_name(name) }
}

fn in_words(edit: &SchemaEdit) -> String {
    match edit {
        SchemaEdit::Add { name, data_type, since, .. } => {
            let since = since.as_ref().map(|since| format!(", since: \"{since}\"")).unwrap_or_default();
            format!("a column with name: {name}, type: {data_type}{since} in schema")
        }
        SchemaEdit::Ignore { name } => format!("{name} in source.ignored"),
        SchemaEdit::Widen { column, data_type } => format!("type: {data_type} of column {column}"),
        SchemaEdit::Rename { column, to, keep_name: true } => format!("renamed_from: {to} of column {column}"),
        SchemaEdit::Rename { column, to, .. } => format!("name: {to} and renamed_from: {column} of column {column}"),
        SchemaEdit::Remove { column } => format!("removed: true of column {column}"),
        SchemaEdit::AddedAgain { column, since } => format!("since: \"{since}\" of column {column}"),
    }
}

fn set(contract: &Contract, column: &str, entries: &[(&str, String)]) -> Option<String> {
    let line = contract.column(column)?.line;
    let mut text = contract.text.clone();
    for (name, value) in entries {
        let (start, _) = element_start(&text, line)?;
        text = Mapping::at(&text, start, "- ")?.with(&text, name, value);
    }
    Some(text)
}

/// The mapping of `source`.
fn source_of(text: &str) -> Option<Mapping> {
    let lines = u32::try_from(text.lines().count()).ok()?;
    let start = (1..=lines).find_map(|number| {
        let start = line_start(text, number)?;
        line_at(text, start).starts_with("source:").then_some(start)
    })?;
    Mapping::at(text, start, "source:")
}

#[cfg(test)]
mod tests {
    use super::{SchemaEdit, edited_contract};
    use crate::Contract;

    const TEXT: &str = "dataset: shop.orders\nsource:\n  path: in\n  format: debezium_json # as it comes\n\
        quality:\n- check: \"max_value(total, 100)\"\n  severity: warn\n\
        schema:\n  - {name: id, type: int, primary_key: true}\n  # money\n  - name: total\n    type: \"decimal(8,2)\"\n\n";

    fn edited(edit: &SchemaEdit) -> Result<String, String> {
        edited_contract(&Contract::parse(TEXT, "orders.yaml").unwrap(), edit).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn only_what_was_decided_is_written() {
        let position = "01".to_owned() + &"0".repeat(64);
        let (name, data_type) = ("note".to_owned(), "string".parse().unwrap());
        let add = SchemaEdit::Add { name, data_type, pii: true, since: None };
        let line = "\"decimal(8,2)\"\n  - {name: note, type: string, pii: true}\n";
        assert_eq!(edited(&add).unwrap(), TEXT.replace("\"decimal(8,2)\"\n", line));
        let ignored = edited(&SchemaEdit::Ignore { name: "etl tag".to_owned() }).unwrap();
        assert_eq!(ignored, TEXT.replace("it comes\n", "it comes\n  ignored: ['etl tag']\n"));
        let column = || "total".to_owned();
        let widened = edited(&SchemaEdit::Widen { column: column(), data_type: "decimal(12,2)".parse().unwrap() });
        assert_eq!(widened.unwrap(), TEXT.replace("\"decimal(8,2)\"", "'decimal(12,2)'"));
        let kept = edited(&SchemaEdit::Rename { column: column(), to: "sum".to_owned(), keep_name: true }).unwrap();
        assert_eq!(kept, TEXT.replace("(8,2)\"\n", "(8,2)\"\n    renamed_from: [sum]\n"));
        let again = edited(&SchemaEdit::AddedAgain { column: column(), since: position.clone() }).unwrap();
        assert_eq!(again, TEXT.replace("(8,2)\"\n", &format!("(8,2)\"\n    since: \"{position}\"\n")));
    }

    #[test]
    fn what_would_break_the_contract_is_refused() {
        let rename = SchemaEdit::Rename { column: "total".to_owned(), to: "sum".to_owned(), keep_name: false };
        let refused = edited(&rename).unwrap_err();
        assert!(refused.contains("reads column `total`"), "{refused}");
        let narrow = SchemaEdit::Widen { column: "nothing".to_owned(), data_type: "int".parse().unwrap() };
        assert!(edited(&narrow).unwrap_err().contains("by hand"));
    }
}
