//! Files of a test as they land: their paths, and events in columns as records of the format.

use super::mistakes::problem;
use serde_json::{Map, Value, json};
use sluice_api::Problem;
use sluice_contract::{
    ColumnType, Contract, DecimalText, Given, LakeTest, Source, SourceFormat, TestEvent, TestFile, TestOp,
};
use std::collections::BTreeMap;

/// Digits that a number of JSON keeps with every reader.
const DIGITS_OF_JSON: usize = 15;

/// A file to put into the lake.
pub(super) struct Landed {
    pub(super) path: String,
    pub(super) content: Vec<u8>,
    /// Its records as bronze keeps them, where it is not read as a file of its format.
    pub(super) records: Option<Vec<String>>,
}

/// The file of a batch, numbered `(batch, file)` from 1. `position` is the place of the last event in columns so far.
pub(super) fn land(
    test: &LakeTest,
    file: &TestFile,
    contract: &Contract,
    numbers: (usize, usize),
    position: &mut u64,
) -> Result<Landed, Problem> {
    let (folder, source) = folder_of(test, file, contract)?;
    let wrong = |message: String, fix: String| problem(test, file.line, message, fix);
    let ending = if is_csv(source.format) { "csv" } else { "json" };
    let name = file.name.clone().unwrap_or_else(|| format!("batch-{:04}-{}.{ending}", numbers.0, numbers.1));
    let path = format!("{}/{name}", folder.trim_end_matches('/'));
    let is_of_backfill = contract.backfill_of(&path).is_some();
    if !is_of_backfill && !source.has(&path) {
        return Err(wrong(
            format!("{name} is no file of the source, whose files are named in source.files of the contract"),
            "Give the batch a file with such a name".to_owned(),
        ));
    }
    if let Some(pattern) = contract.apply.from_snapshot.as_ref().and_then(|snapshot| snapshot.files.as_ref())
        && file.name.is_none()
        && !is_of_backfill
    {
        return Err(wrong(
            "the name of a file says which full snapshot of the table it is of, and this one has no name".to_owned(),
            format!("Add file, after the pattern {pattern}"),
        ));
    }
    let (content, records) = match &file.given {
        Given::Text(text) => (text.clone().into_bytes(), None),
        Given::Bytes(bytes) => (bytes.clone(), None),
        Given::Records(records) => (lines(records).into_bytes(), Some(records.clone())),
        Given::Events(events) => {
            let records = records_of(test, events, contract, source, position)?;
            (lines(&records).into_bytes(), Some(records))
        }
    };
    Ok(Landed { path, content, records })
}

/// The folder that a file is put into, and the source that it is of.
fn folder_of<'a>(test: &LakeTest, file: &TestFile, contract: &'a Contract) -> Result<(&'a str, &'a Source), Problem> {
    let first = contract.source.as_ref();
    let Some(first) = first else {
        return Err(problem(test, file.line, format!("{} has no source", contract.name), "Give its contract a source"));
    };
    let Some(name) = &file.source else {
        // Of several sources in one folder the name of the file tells.
        let has = |source: &&Source| {
            file.name.as_ref().is_some_and(|name| source.has(&format!("{}/{name}", source.path.trim_end_matches('/'))))
        };
        let source = [first].into_iter().chain(&contract.sources).find(has).unwrap_or(first);
        return Ok((&source.path, source));
    };
    let mut sources = contract.sources.iter().chain([first]);
    if let Some(source) = sources.find(|source| source.name.as_ref() == Some(name)) {
        return Ok((&source.path, source));
    }
    if let Some(backfill) = contract.backfills.iter().find(|backfill| backfill.name == *name) {
        return Ok((&backfill.path, first));
    }
    let known = contract.sources.iter().filter_map(|source| source.name.clone());
    let known: Vec<String> = known.chain(contract.backfills.iter().map(|backfill| backfill.name.clone())).collect();
    let next = match known.as_slice() {
        [] => "Remove source: the table has one".to_owned(),
        known => format!("It has {}", known.join(", ")),
    };
    Err(problem(test, file.line, format!("{} has no source {name}", contract.name), next))
}

fn lines(records: &[String]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn is_csv(format: SourceFormat) -> bool {
    format.as_str().contains("csv")
}

/// How events in columns become records.
#[derive(Clone, Copy)]
enum Form {
    Envelope,
    Flat,
    Dms,
    Row,
}

fn form_of(format: SourceFormat) -> Option<Form> {
    match format.container().unwrap_or(format) {
        SourceFormat::DebeziumJson | SourceFormat::DebeziumParquet => Some(Form::Envelope),
        SourceFormat::DebeziumFlatJson => Some(Form::Flat),
        SourceFormat::DmsCsv | SourceFormat::DmsParquet => Some(Form::Dms),
        other if !other.carries_operations() => Some(Form::Row),
        _ => None,
    }
}

fn records_of(
    test: &LakeTest,
    events: &[TestEvent],
    contract: &Contract,
    source: &Source,
    position: &mut u64,
) -> Result<Vec<String>, Problem> {
    let mut records = Vec::with_capacity(events.len());
    for event in events {
        let refuse = |message: String| {
            let fix = "Write the records as they arrive, with records or text instead of events";
            Err(problem(test, event.line, message, fix))
        };
        let Some(form) = form_of(source.format) else {
            return refuse(format!("{} has no short form for events", source.format.as_str()));
        };
        *position = event.at.unwrap_or(*position + 1);
        let Some(values) = values(event, contract, source) else {
            return refuse("a decimal of more than 15 digits is no number of JSON".to_owned());
        };
        let record = match (form, event.op) {
            (Form::Envelope, op) => envelope(op, values, *position, source),
            (Form::Flat, TestOp::Truncate) | (Form::Dms, TestOp::Truncate) => {
                return refuse(format!("{} has no record for a truncate", source.format.as_str()));
            }
            (Form::Flat, op) => {
                let mark = [("__op", json!(letter(op))), ("__lsn", json!(*position))];
                let deleted = ("__deleted", json!(if op == TestOp::Delete { "true" } else { "false" }));
                with(values, mark.into_iter().chain([deleted]))
            }
            (Form::Dms, TestOp::Snapshot) => Value::Object(values),
            (Form::Dms, op) => {
                let op = letter(op).to_ascii_uppercase().replace('C', "I");
                with(values, [("Op", json!(op)), ("transact_seq", json!(format!("{:035}", *position)))])
            }
            (Form::Row, TestOp::Snapshot | TestOp::Insert | TestOp::Update) => Value::Object(values),
            (Form::Row, TestOp::Delete | TestOp::Truncate) => {
                return refuse(format!("a row of {} says nothing of a {}", source.format.as_str(), event.op.as_str()));
            }
        };
        records.push(record.to_string());
    }
    Ok(records)
}

fn letter(op: TestOp) -> &'static str {
    match op {
        TestOp::Snapshot => "r",
        TestOp::Insert => "c",
        TestOp::Update => "u",
        TestOp::Delete => "d",
        TestOp::Truncate => "t",
    }
}

fn with(mut row: Map<String, Value>, more: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    row.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(row)
}

fn envelope(op: TestOp, row: Map<String, Value>, position: u64, source: &Source) -> Value {
    let mut from = Map::from_iter([("lsn".to_owned(), json!(position))]);
    if let Some(table) = &source.table {
        let text = table.to_string();
        let mut parts = text.rsplit('.');
        let names = [("table", parts.next()), ("schema", parts.next()), ("db", parts.next())];
        from.extend(names.into_iter().filter_map(|(name, part)| Some((name.to_owned(), json!(part?)))));
    }
    let row = Value::Object(row);
    match op {
        TestOp::Truncate => json!({"op": "t", "source": from}),
        TestOp::Delete => json!({"op": "d", "before": row, "after": null, "source": from}),
        op => json!({"op": letter(op), "before": null, "after": row, "source": from}),
    }
}

/// Values as the format has them: CSV has texts alone, the others have numbers and booleans where the column says so.
/// `None` for a decimal that JSON does not hold.
fn values(event: &TestEvent, contract: &Contract, source: &Source) -> Option<Map<String, Value>> {
    let all_texts = is_csv(source.format);
    let types: BTreeMap<&str, &ColumnType> =
        contract.columns.iter().map(|column| (column.name.as_str(), &column.data_type)).collect();
    let value = |name: &str, text: &str| {
        let is_plain = match types.get(name) {
            _ if all_texts => false,
            Some(ColumnType::Decimal { .. } | ColumnType::Numeric) => {
                let is_text = source.decimals == DecimalText::Text;
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                if !is_text && digits > DIGITS_OF_JSON {
                    return None;
                }
                !is_text
            }
            Some(
                ColumnType::Boolean
                | ColumnType::SmallInt
                | ColumnType::Int
                | ColumnType::BigInt
                | ColumnType::Float
                | ColumnType::Double
                | ColumnType::Array(_)
                | ColumnType::Struct(_),
            ) => true,
            _ => false,
        };
        let plain = is_plain.then(|| serde_json::from_str::<Value>(text).ok()).flatten();
        Some(plain.unwrap_or_else(|| json!(text)))
    };
    let mut row = Map::new();
    for (name, text) in &event.values {
        let cell = match text {
            Some(text) => value(name, text)?,
            None => Value::Null,
        };
        row.insert(name.clone(), cell);
    }
    Some(row)
}
