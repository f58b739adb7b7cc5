//! Folders of Canal's records: what they lead to follows from the records, taken one after the other.

use super::events::with_keys;
use super::producers::records;
use super::rows::{equal, shown, shown_rows};
use super::table_lake::{Found, TableLake};
use super::verdict::{Outcome, Verdict};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

const SUITE: &str = "Folders of records, Canal";
/// Types whose values have one text, in the records and in a table.
const COMPARED: [&str; 4] = ["int", "smallint", "bigint", "string"];

type Row = Map<String, Value>;

/// Every folder with files of records.
pub(crate) fn run(sluice: &Path, folder: &Path) -> anyhow::Result<Vec<Verdict>> {
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort();
    let mut verdicts = Vec::new();
    for name in names {
        let mut files: Vec<_> = std::fs::read_dir(folder.join(&name))?.collect::<Result<Vec<_>, _>>()?;
        files.sort_by_key(std::fs::DirEntry::path);
        let texts = files.iter().map(|file| std::fs::read_to_string(file.path())).collect::<Result<Vec<_>, _>>()?;
        let outcome = play(sluice, &texts)?;
        let title = format!("{} files", texts.len());
        verdicts.push(Verdict { suite: SUITE, id: format!("canal-{name}"), title, outcome });
    }
    Ok(verdicts)
}

fn play(sluice: &Path, texts: &[String]) -> anyhow::Result<Outcome> {
    let all: Vec<&str> = texts.iter().flat_map(|text| records(text)).collect();
    let parsed: Vec<Value> = all.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let drafts = match deliver(sluice, &all)?.onboard_all()? {
        Ok(drafts) => drafts,
        Err(_) if parsed.iter().all(|record| !record["data"].is_array()) => {
            let why = "no record has a row, so there is nothing to onboard";
            return Ok(Outcome::NotSupported(why.to_owned()));
        }
        Err(why) => return Ok(Outcome::Failed(why)),
    };
    for draft in drafts {
        let keys: Vec<String> = texts_of(&draft["key"]);
        if keys.is_empty() {
            return Ok(Outcome::NotSupported("onboarding asks: the table has no key".to_owned()));
        }
        let mut lake = deliver(sluice, &all)?;
        // What onboarding asks about times is answered.
        let yaml = draft["yaml"].as_str().unwrap_or_default().replace("\nsource:\n", "\nsource:\n  time_zone: UTC\n");
        lake.contract(&with_keys(&yaml, &keys))?;
        lake.replay()?;
        let table = yaml.lines().find_map(|line| line.trim_start().strip_prefix("table: ")).unwrap_or_default();
        let table = table.trim_matches('"').rsplit('.').next().unwrap_or_default();
        let expected = expected(&parsed, table, &draft);
        let found = lake.rows(&[])?.unwrap_or_default();
        if lake.said.stopped.is_some() || lake.said.quarantined > 0 || !equal(&found, &expected) {
            return Ok(Outcome::Failed(format!(
                "{} instead of {}, {} in quarantine {}",
                shown(&short(found)),
                shown_rows(&expected),
                lake.said.quarantined,
                lake.said.stopped.unwrap_or_default()
            )));
        }
    }
    Ok(Outcome::Passed)
}

fn deliver(sluice: &Path, all: &[&str]) -> anyhow::Result<TableLake> {
    let lake = TableLake::new(sluice)?;
    lake.deliver("t+0+0000000000.json", &(all.join("\n") + "\n"))?;
    Ok(lake)
}

/// The rows that the records of a table lead to, or of any if it has no name, in the columns whose values have one text.
fn expected(records: &[Value], table: &str, draft: &Value) -> Vec<Row> {
    let columns = draft["columns"].as_array().cloned().unwrap_or_default();
    let is_compared = |column: &&Value| column["data_type"].as_str().is_some_and(|ty| COMPARED.contains(&ty));
    let compared: Vec<String> = columns.iter().filter(is_compared).map(|column| text_of(&column["name"])).collect();
    let mut rows: BTreeMap<Vec<String>, Row> = BTreeMap::new();
    for record in records.iter().filter(|record| table.is_empty() || record["table"] == *table) {
        let keys = texts_of(&record["pkNames"]);
        let keys = if keys.is_empty() { texts_of(&draft["key"]) } else { keys };
        let key_of = |row: &Row| keys.iter().map(|key| text_of(row.get(key).unwrap_or(&Value::Null))).collect();
        let kind = text_of(&record["type"]);
        for (number, image) in record["data"].as_array().into_iter().flatten().enumerate() {
            let Some(image) = image.as_object() else { continue };
            let key: Vec<String> = key_of(image);
            match kind.as_str() {
                "DELETE" => drop(rows.remove(&key)),
                "INSERT" | "UPDATE" => {
                    let former = record["old"].get(number).and_then(Value::as_object);
                    let before: Row = image.iter().chain(former.into_iter().flatten()).map(owned).collect();
                    let former = rows.remove(&key_of(&before)).filter(|_| kind == "UPDATE");
                    rows.insert(key, former.into_iter().flatten().chain(image.iter().map(owned)).collect());
                }
                _ => {}
            }
        }
    }
    let named = |row: Row| -> Row {
        let columns = row.into_iter().map(|(name, value)| (name.trim_start_matches('_').to_owned(), value));
        columns.filter(|(name, _)| compared.contains(name)).collect()
    };
    rows.into_values().map(named).collect()
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

fn texts_of(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(text_of).collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Rows without what nobody reads in a message.
fn short(found: Vec<Found>) -> Vec<Found> {
    found.into_iter().take(10).collect()
}
