//! The text of a proposed contract.

use super::proposal::{Inferred, InferredColumn};
use crate::format::SourceSettings;
use crate::text::csv_dialect::CsvDialect;
use sluice_contract::{ColumnValue, Evolution, QuestionKind, Step, TableName, TextEncoding, TiePolicy};
use std::fmt::Write as _;

/// What goes into the contract besides what is shown.
pub(crate) struct Extra<'a> {
    pub(crate) path: &'a str,
    /// Table of the source that the contract is for.
    pub(crate) table: Option<String>,
    pub(crate) terms: Terms<'a>,
    pub(crate) settings: SourceSettings,
    /// The column with the version, where every file is a full snapshot.
    pub(crate) by_snapshot: Option<String>,
    /// The names of files with the version, where those of one date are a full snapshot.
    pub(crate) by_files: Option<String>,
    /// Rows of one position are in the order of their files and lines.
    pub(crate) ties_by_file: bool,
    /// Every row is an event of its own.
    pub(crate) appends: bool,
    /// What orders the events besides columns.
    pub(crate) sequence_stated: Option<String>,
    /// What people have to decide about the sequence.
    pub(crate) sequence_question: Option<String>,
}

/// Entries that were answered, not found.
pub(crate) struct Terms<'a> {
    pub(crate) owner: &'a str,
    pub(crate) sla: Option<&'a str>,
    pub(crate) time_zone: Option<&'a str>,
    /// Condition of `apply.delete_when`.
    pub(crate) deletes: Option<&'a str>,
}

/// How late a table may be, unless somebody says it.
const SLA: &str = "4 hours";

/// A whole contract in the house format.
pub(crate) fn contract(name: &TableName, inferred: &Inferred, extra: &Extra<'_>) -> String {
    let mut yaml = String::new();
    let _ = writeln!(yaml, "dataset: {}", quoted(&name.to_string()));
    let _ = writeln!(yaml, "owner: {}", quoted(extra.terms.owner));
    let _ = writeln!(yaml, "sla: {}", quoted(extra.terms.sla.unwrap_or(SLA)));
    write_source(&mut yaml, inferred, extra);
    yaml.push_str("apply:\n");
    if !inferred.key.is_empty() {
        let _ = writeln!(yaml, "  key: [{}]", list(&inferred.key));
    }
    for question in inferred.asked(QuestionKind::Folders) {
        let _ = writeln!(yaml, "  # decide: {}", question.replace('\n', " "));
    }
    if let Some(question) = &extra.sequence_question {
        let _ = writeln!(yaml, "  # decide: {}", question.replace('\n', " "));
    }
    if let Some(stated) = &extra.sequence_stated {
        let _ = writeln!(yaml, "  # {stated}");
    }
    if let Some(column) = &extra.by_snapshot {
        let _ = writeln!(yaml, "  from_snapshot: {{column: {}}}", plain(column));
    }
    if let Some(files) = &extra.by_files {
        let _ = writeln!(yaml, "  from_snapshot: {{files: {}}}", quoted(files));
    }
    if !inferred.sequence.is_empty() || extra.sequence_question.is_some() {
        let _ = writeln!(yaml, "  sequence: [{}]", list(&inferred.sequence));
    }
    // Of rows with one watermark the one in the later file, or line, is the newer one.
    if extra.ties_by_file && !inferred.sequence.is_empty() {
        let _ = writeln!(yaml, "  tie_policy: {}", TiePolicy::ByFile.as_str());
    }
    if extra.appends {
        yaml.push_str("  scd: append\n");
    }
    if let Some(condition) = extra.terms.deletes {
        let _ = writeln!(yaml, "  delete_when: {}", quoted(condition));
    }
    yaml.push_str("quality:\n- check: \"row_count > 0\"\n");
    if !inferred.key.is_empty() {
        let _ = writeln!(yaml, "- check: \"unique({})\"", inferred.key.join(", "));
    }
    yaml.push_str("schema:\n");
    for column in &inferred.columns {
        write_column(&mut yaml, column);
    }
    yaml
}

fn write_source(yaml: &mut String, inferred: &Inferred, extra: &Extra<'_>) {
    let SourceSettings { text_decimals, binary, null_text, layouts, names_columns, .. } = &extra.settings;
    let _ = writeln!(yaml, "source:\n  path: {}", quoted(extra.path));
    let _ = writeln!(yaml, "  format: {}", inferred.format);
    if let Some(table) = &extra.table {
        let _ = writeln!(yaml, "  table: {}", quoted(table));
    }
    // Where a file has no names for its columns, a new one cannot be added.
    if *names_columns {
        let _ = writeln!(yaml, "  evolution: {}", Evolution::AddNewColumns);
    }
    write_text_form(yaml, &extra.settings);
    let added = extra.settings.add_fields.iter().map(|(field, member)| format!("{field}: {}", plain(member)));
    let added: Vec<String> = added.collect();
    if !added.is_empty() {
        let _ = writeln!(yaml, "  add_fields: {{{}}}", added.join(", "));
    }
    if !extra.settings.ignored.is_empty() {
        let _ = writeln!(yaml, "  ignored: [{}]", list(&extra.settings.ignored));
    }
    for question in &extra.settings.questions {
        let _ = writeln!(yaml, "  # decide: {}", question.replace('\n', " "));
    }
    if *text_decimals {
        yaml.push_str("  decimals: text\n");
    }
    if let Some(binary) = binary {
        let _ = writeln!(yaml, "  binary: {binary}");
    }
    if let Some(zone) = extra.terms.time_zone {
        let _ = writeln!(yaml, "  time_zone: {}", quoted(zone));
    }
    if let Some(text) = null_text {
        let _ = writeln!(yaml, "  null_text: {}", quoted(text));
    }
    if !layouts.is_empty() {
        yaml.push_str("  csv_layouts:\n");
        for names in layouts {
            let _ = writeln!(yaml, "  - [{}]", list(names));
        }
    }
}

/// How text files and workbooks are written, where it is not the usual way.
fn write_text_form(yaml: &mut String, settings: &SourceSettings) {
    let SourceSettings { dialect, decimal_comma, encoding, sheet, .. } = settings;
    let usual = CsvDialect::RFC_4180;
    let letter = |byte: u8| quoted(&char::from(byte).to_string());
    if *encoding != TextEncoding::Utf8 {
        let _ = writeln!(yaml, "  encoding: {encoding}");
    }
    if dialect.delimiter != usual.delimiter {
        let _ = writeln!(yaml, "  csv_delimiter: {}", letter(dialect.delimiter));
    }
    if let Some(escape) = dialect.escape {
        let _ = writeln!(yaml, "  csv_escape: {}", letter(escape));
    }
    if *decimal_comma {
        yaml.push_str("  decimal_comma: true\n");
    }
    if let Some(sheet) = sheet {
        let _ = writeln!(yaml, "  sheet: {}", quoted(sheet));
    }
}

fn write_column(yaml: &mut String, column: &InferredColumn) {
    let _ = writeln!(yaml, "- name: {}", plain(&column.name));
    let _ = write!(yaml, "  type: {}", plain(&column.data_type));
    match &column.decide {
        Some(decide) => {
            let _ = writeln!(yaml, " # decide: {}", decide.replace('\n', " "));
        }
        None => yaml.push('\n'),
    }
    if let Some(unit) = column.unit {
        let _ = writeln!(yaml, "  unit: {unit}");
    }
    if let Some(key) = &column.from_folder {
        let _ = writeln!(yaml, "  from_folder: {}", plain(key));
    }
    if let Some(path) = &column.path {
        let _ = writeln!(yaml, "  path: {}", quoted(path));
    }
    let nulls = Some(&column.nulls_written).filter(|nulls| !nulls.is_empty());
    let nulls = nulls.map(|nulls| Step::NullIf(nulls.iter().map(|text| (*text).to_owned()).collect()));
    let steps: Vec<Step> = nulls.into_iter().chain(column.steps.iter().cloned()).collect();
    match (steps.is_empty(), &column.renamed_from) {
        (true, Some(name)) => {
            let _ = writeln!(yaml, "  renamed_from: {}", plain(name));
        }
        (true, None) => {}
        (false, name) => {
            let value = ColumnValue::new(name.as_ref().unwrap_or(&column.name), steps).to_string();
            let _ = writeln!(yaml, "  from: {}", quoted(&value));
        }
    }
    if column.key {
        yaml.push_str("  primary_key: true\n");
    }
    if column.pii.is_some() {
        yaml.push_str("  pii: true\n");
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ")
}

/// A scalar, in quotes unless it is a plain word that YAML reads as text.
fn plain(text: &str) -> String {
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let special = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if word && !special { text.to_owned() } else { quoted(text) }
}

/// A scalar in double quotes, whose escapes are those of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
