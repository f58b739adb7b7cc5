//! One table as several producers write its changes: all have to end in the same rows.

use super::case::Row;
use super::rows::{equal, shown, shown_rows};
use super::table_lake::TableLake;
use super::verdict::Outcome;
use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// Name of the suite.
pub(crate) const SUITE: &str = "One table, several producers";

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

/// Files of a producer, and the rows after each.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    format: String,
    key: Vec<String>,
    /// Paths from the folder of the cases.
    files: Vec<String>,
    /// Rows, or an object with what the other product refuses.
    expect_after: Vec<Value>,
}

impl Case {
    /// What it is about, in words.
    pub(crate) fn title(&self) -> String {
        format!("{} files of {}, with new columns between them", self.files.len(), self.format)
    }
}

/// The cases of a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Case>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: File = serde_json::from_str(&text).with_context(|| format!("{} is no file of cases", path.display()))?;
    Ok(file.cases)
}

/// What comes of a case whose files lie below `folder`. As the cases say, the place in the topic orders the records: where
/// they carry no position that is so by itself, and the places in GoldenGate's trail are made up.
pub(crate) fn play(sluice: &Path, folder: &Path, case: &Case) -> anyhow::Result<Outcome> {
    let Some((format, sequence)) = format_of(&case.format) else {
        return Ok(Outcome::NotSupported(format!("records of {} as JSON", case.format)));
    };
    let mut lake = TableLake::new(sluice)?;
    lake.contract(&contract(format, sequence, &case.key))?;
    let mut offset = 0;
    for (number, (file, expected)) in case.files.iter().zip(&case.expect_after).enumerate() {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let records = records(&text);
        lake.deliver(&format!("t+0+{offset:010}.json"), &(records.join("\n") + "\n"))?;
        offset += records.len();
        let before = lake.said.clone();
        lake.replay()?;
        let refused = lake.said.quarantined > before.quarantined || lake.said.stopped.is_some();
        let after = || format!("after file {}", number + 1);
        let Some(rows) = expected.as_array() else {
            if !refused {
                return Ok(Outcome::Failed(format!("{}: taken without a word", after())));
            }
            continue;
        };
        let rows: Vec<Row> = rows.iter().filter_map(Value::as_object).cloned().collect();
        let found = lake.rows(&[])?.unwrap_or_default();
        if refused || !equal(&found, &rows) {
            let why = lake.said.stopped.clone().unwrap_or_default();
            return Ok(Outcome::Failed(format!(
                "{}: {} instead of {} {why}",
                after(),
                shown(&found),
                shown_rows(&rows)
            )));
        }
    }
    Ok(Outcome::Passed)
}

/// The format of a producer, and the sequence where it is not the format's own.
fn format_of(producer: &str) -> Option<(&'static str, &'static str)> {
    const BY_OFFSET: &str = "sequence: [record.offset], ";
    Some(match producer {
        "debezium" | "debezium with schema" => ("debezium_json", ""),
        "aws-dms" => ("dms_json", ""),
        "maxwell" => ("maxwell_json", BY_OFFSET),
        "canal" => ("canal_json", ""),
        "ogg" => ("goldengate_json", BY_OFFSET),
        _ => return None,
    })
}

/// The table as it is before the first file; new columns come with the records.
fn contract(format: &str, sequence: &str, key: &[String]) -> String {
    let key = key.join(", ");
    format!(
        "dataset: c.t\nsource: {{path: landing/t, format: {format}, evolution: add_new_columns_with_type_widening}}\n\
         apply: {{key: [{key}], {sequence}quarantine_limit: 1}}\nschema:\n- {{name: id, type: int}}\n\
         - {{name: name, type: string}}\n- {{name: description, type: string}}\n- {{name: weight, type: double}}\n"
    )
}

/// The records of a file, which may begin with a comment about its licence.
pub(crate) fn records(text: &str) -> Vec<&str> {
    let content = text.split_once("*/").filter(|_| text.trim_start().starts_with("/*")).map_or(text, |(_, rest)| rest);
    content.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn a_licence_is_no_record() {
        assert_eq!(
            records("/*\n * a licence\n */\n\n{\"a\": 1}\n{\"a\": \"*/\"}\n"),
            ["{\"a\": 1}", "{\"a\": \"*/\"}"]
        );
        assert_eq!(records("{\"a\": \"/* */\"}\n"), ["{\"a\": \"/* */\"}"]);
    }
}
