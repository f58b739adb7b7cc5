//! Writes a test of real records.

use crate::pipeline::incident_records::RecordPlace;
use serde_json::json;
use sluice_contract::Contract;
use sluice_contract::RecordNumber;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A row to expect.
pub(crate) type WrittenRow = Vec<(String, Option<String>)>;

/// A record in quarantine to expect: reason, column, number.
pub(crate) type WrittenReject = (String, Option<String>, Option<RecordNumber>);

/// What a test is to state of the last batch.
#[derive(Default)]
pub(crate) struct WrittenExpectation {
    pub(crate) silver: Vec<WrittenRow>,
    /// Whether there may be other rows.
    pub(crate) others_allowed: bool,
    pub(crate) quarantine: Option<Vec<WrittenReject>>,
    pub(crate) stopped: Option<String>,
}

/// The text of a test. `notes`: comments at its head.
pub(crate) fn text(
    contract: &Contract,
    about: &str,
    notes: &[String],
    records: &BTreeMap<RecordPlace, String>,
    expect: &WrittenExpectation,
) -> String {
    let mut text = String::new();
    for note in notes {
        let _ = writeln!(text, "# {}", note.replace('\n', " "));
    }
    let _ = writeln!(text, "about: {}", json!(about));
    text.push_str("batches:\n");
    let mut batches: BTreeMap<u64, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for ((batch, file, _), record) in records {
        batches.entry(*batch).or_default().entry(file).or_default().push(record);
    }
    for (batch, files) in batches {
        let _ = writeln!(text, "# batch {batch}\n- files:");
        for (file, records) in files {
            let (source, name) = place_in_source(contract, file);
            text.push_str("  - ");
            if let Some(source) = source {
                let _ = writeln!(text, "source: {}\n    file: {}", json!(source), json!(name));
            } else {
                let _ = writeln!(text, "file: {}", json!(name));
            }
            text.push_str("    records: |2\n");
            for record in records {
                let _ = writeln!(text, "      {record}");
            }
        }
    }
    text.push_str("  expect:\n");
    if let Some(stopped) = &expect.stopped {
        let _ = writeln!(text, "    stopped: {}", json!(stopped));
    }
    if let Some(rejects) = &expect.quarantine {
        let list = if rejects.is_empty() { " []" } else { "" };
        let _ = writeln!(text, "    quarantine:{list}");
        for (reason, column, record) in rejects {
            let column = column.as_ref().map(|column| format!(", column: {}", json!(column))).unwrap_or_default();
            let record = record.as_ref().map(|record| format!(", record: {record}")).unwrap_or_default();
            let _ = writeln!(text, "    - {{reason: {reason}{column}{record}}}");
        }
    }
    let word = if expect.others_allowed { "silver_has" } else { "silver" };
    if expect.silver.is_empty() && !expect.others_allowed {
        text.push_str("    silver: []\n");
    } else if !expect.silver.is_empty() {
        let _ = writeln!(text, "    {word}:");
        for row in &expect.silver {
            let cells = row.iter().map(|(name, value)| format!("{}: {}", json!(name), cell(value.as_deref())));
            let _ = writeln!(text, "    - {{{}}}", cells.collect::<Vec<_>>().join(", "));
        }
    }
    text
}

fn cell(value: Option<&str>) -> String {
    match value {
        None => "null".to_owned(),
        Some(text) => {
            let is_number = text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
            if is_number { text.to_owned() } else { json!(text).to_string() }
        }
    }
}

/// Whether YAML holds a record on a line of its own.
pub(crate) fn is_writable(record: &str) -> bool {
    !record.trim().is_empty() && !record.chars().any(|letter| letter.is_control() && letter != '\t')
}

/// The source or backfill that a file is of, if it is not the only one, and its path below it.
pub(crate) fn place_in_source(contract: &Contract, file: &str) -> (Option<String>, String) {
    let below = |folder: &str| {
        let rest = file.strip_prefix(folder.trim_end_matches('/'))?;
        rest.strip_prefix('/').map(str::to_owned)
    };
    let named = contract.sources.iter().map(|source| (source.name.clone(), &source.path));
    let backfills = contract.backfills.iter().map(|backfill| (Some(backfill.name.clone()), &backfill.path));
    let own = contract.source.iter().map(|source| (None, &source.path));
    let places = named.chain(backfills).chain(own);
    // The longest folder is the one that it is in.
    let found = places.filter_map(|(name, folder)| Some((folder.len(), name, below(folder)?)));
    match found.max_by_key(|(length, _, _)| *length) {
        Some((_, name, rest)) => (name, rest),
        None => (None, file.rsplit('/').next().unwrap_or(file).to_owned()),
    }
}
