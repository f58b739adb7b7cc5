//! Single change events out of the documentation and the tests of their producers: each is onboarded and replayed.

use super::case::Row;
use super::rows::{equal, shown, shown_rows};
use super::table_lake::{LANDING, TableLake};
use super::verdict::{Outcome, Verdict};
use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;

const DEBEZIUM: &str = "Change events, Debezium's documentation";
const MAXWELL: &str = "Records, Maxwell's tests";
/// Why nothing comes of an event without a row, which has no column to onboard.
const WITHOUT_ROW: &str = "an event without a row shows no columns, so there is nothing to onboard";

/// Members of an object with their raw values: a number keeps its digits.
type Members<'a> = BTreeMap<String, &'a RawValue>;

#[derive(Deserialize)]
struct Index {
    index: Vec<Documented>,
}

/// A JSON text of the documentation.
#[derive(Deserialize)]
struct Documented {
    file: String,
    kind: String,
    op: Option<String>,
}

/// The documented change events of a folder with `INDEX.json`. Keys, records of schema changes and settings are no
/// change events.
pub(crate) fn debezium(sluice: &Path, folder: &Path) -> anyhow::Result<Vec<Verdict>> {
    let path = folder.join("INDEX.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let index: Index = serde_json::from_str(&text).with_context(|| format!("{} is no index", path.display()))?;
    let mut verdicts = Vec::new();
    for event in index.index.into_iter().filter(|event| event.kind == "envelope") {
        // The pages of MySQL and MariaDB are one text with a blank for the name.
        let text = std::fs::read_to_string(folder.join(&event.file))?.replace("{context}", "mysql");
        let record = members(&text).with_context(|| format!("{} is not JSON", event.file))?;
        // The pages leave schemas out; what is left is a payload.
        let payload = record.get("payload").map_or(text.as_str(), |payload| payload.get());
        let envelope = members(payload).with_context(|| format!("{} has no envelope", event.file))?;
        let op = event.op.unwrap_or_default();
        let image = envelope.get(if op == "d" { "before" } else { "after" });
        let id = event.file.trim_end_matches(".json").trim_end_matches("-envelope").to_owned();
        let outcome = play(sluice, payload, image.copied(), matches!(op.as_str(), "d" | "t"))?;
        verdicts.push(Verdict { suite: DEBEZIUM, id, title: format!("an event `{op}`"), outcome });
    }
    Ok(verdicts)
}

/// The records of a folder of Maxwell's tests.
pub(crate) fn maxwell(sluice: &Path, folder: &Path) -> anyhow::Result<Vec<Verdict>> {
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok().filter(|name| name.ends_with(".json")));
    }
    names.sort();
    let mut verdicts = Vec::new();
    for name in names {
        let text = std::fs::read_to_string(folder.join(&name))?;
        let record = members(&text).with_context(|| format!("{name} is not JSON"))?;
        let op = record.get("type").map_or("none", |raw| raw.get().trim_matches('"'));
        let outcome = play(sluice, &text, record.get("data").copied(), op == "delete")?;
        let id = name.trim_end_matches(".json").trim_start_matches("json__").to_owned();
        verdicts.push(Verdict { suite: MAXWELL, id, title: format!("a record `{op}`"), outcome });
    }
    Ok(verdicts)
}

/// What comes of a record that has to become the row `image`, or take its key out.
fn play(sluice: &Path, record: &str, image: Option<&RawValue>, is_removed: bool) -> anyhow::Result<Outcome> {
    let mut lake = TableLake::new(sluice)?;
    lake.deliver("t+0+0000000000.json", record)?;
    let draft = match lake.onboard()? {
        Ok(draft) => draft,
        Err(why) => return Ok(of_refusal(&why, image)),
    };
    // One row shows no key: the first column of the examples is it.
    let key = draft["columns"].as_array().and_then(|columns| columns.first()?["name"].as_str()).unwrap_or_default();
    let questions = draft["questions"].as_array().into_iter().flatten();
    let mut questions =
        questions.filter(|question| question["kind"] != "key").filter_map(|question| question["text"].as_str());
    if let Some(question) = questions.next() {
        return Ok(Outcome::NotSupported(format!("onboarding asks: {}", first_sentence(question))));
    }
    let yaml = draft["yaml"].as_str().unwrap_or_default();
    lake.contract(&with_key(yaml, key))?;
    lake.replay()?;
    if let Some(why) = &lake.said.stopped {
        return Ok(Outcome::Failed(format!("stopped: {why}")));
    }
    let rows: Vec<Row> = image.filter(|_| !is_removed).and_then(|image| row(image.get())).into_iter().collect();
    let found = lake.rows(&[])?.unwrap_or_default();
    // A change of the key is two events of one record.
    let is_read = (1..=2).contains(&lake.said.rows_in) && lake.said.quarantined == 0;
    Ok(if is_read && equal(&found, &rows) {
        Outcome::Passed
    } else {
        let quarantined = lake.said.quarantined;
        let what = format!("{} instead of {}, {quarantined} in quarantine", shown(&found), shown_rows(&rows));
        Outcome::Failed(what)
    })
}

/// What onboarding says that takes nothing: that the record is of a kind which Sluice does not read, by name, or
/// anything else.
fn of_refusal(why: &str, image: Option<&RawValue>) -> Outcome {
    if image.is_none_or(|image| image.get() == "null") && !why.contains("encrypted") {
        return Outcome::NotSupported(WITHOUT_ROW.to_owned());
    }
    let by_name = ["MongoDB connector", "encrypted"].iter().any(|name| why.contains(name));
    let why = why.strip_prefix(&format!("{LANDING}: ")).unwrap_or(why);
    let why = first_sentence(why).to_owned();
    if by_name { Outcome::NotSupported(why) } else { Outcome::Failed(why) }
}

fn first_sentence(text: &str) -> &str {
    text.split(". ").next().unwrap_or(text)
}

fn members(json: &str) -> anyhow::Result<Members<'_>> {
    Ok(serde_json::from_str(json)?)
}

/// A row whose numbers are texts of their digits.
fn row(json: &str) -> Option<Row> {
    let value = |raw: &str| match serde_json::from_str(raw).ok()? {
        Value::Number(_) => Some(Value::String(raw.to_owned())),
        other => Some(other),
    };
    let Ok(Value::String(document)) = serde_json::from_str(json) else {
        return members(json).ok()?.into_iter().map(|(name, raw)| Some((name, value(raw.get())?))).collect();
    };
    // A document of MongoDB as text: `{"$numberLong": "5"}` is its digits, `_id` the column `id`.
    let plain = |raw: &RawValue| match serde_json::from_str(raw.get()).ok()? {
        Value::Object(of) if of.len() == 1 && of.keys().all(|name| name.starts_with('$')) => {
            of.into_iter().next().map(|(_, value)| value)
        }
        _ => value(raw.get()),
    };
    members(&document)
        .ok()?
        .into_iter()
        .map(|(name, raw)| Some((name.trim_start_matches('_').to_owned(), plain(raw)?)))
        .collect()
}

/// The proposal as the contract of `c.t`, with a key and without checks.
fn with_key(yaml: &str, key: &str) -> String {
    with_keys(yaml, &[key.to_owned()])
}

/// The same with several key columns.
pub(crate) fn with_keys(yaml: &str, keys: &[String]) -> String {
    let mut text = String::new();
    let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
    let key = keys.join(", ");
    let mut in_checks = false;
    for line in yaml.lines() {
        in_checks = line == "quality:" || (in_checks && line != "schema:");
        match line {
            _ if in_checks => continue,
            line if line.starts_with("dataset:") => text.push_str("dataset: c.t"),
            line if line.trim_start().starts_with("key:") => continue,
            "apply:" => text.push_str(&format!("apply:\n  key: [{key}]\n  quarantine_limit: 1")),
            line => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{row, with_key};
    use serde_json::json;

    #[test]
    fn a_proposal_gets_a_name_and_a_key_and_loses_its_checks() {
        let yaml = "dataset: \"landing.t\"\nsource:\n  path: landing/t\napply:\n  sequence: [a]\nquality:\n\
                    - check: \"row_count > 0\"\nschema:\n";
        let expected = "dataset: c.t\nsource:\n  path: landing/t\napply:\n  key: [\"id\"]\n  quarantine_limit: 1\n  \
                        sequence: [a]\nschema:\n";
        assert_eq!(with_key(yaml, "id"), expected);
    }

    #[test]
    fn numbers_keep_their_digits() {
        let expected = json!({"a": "4500000001.512456777", "b": "x", "c": null});
        assert_eq!(
            row(r#"{"a": 4500000001.512456777, "b": "x", "c": null}"#).map(serde_json::Value::Object),
            Some(expected)
        );
    }
}
