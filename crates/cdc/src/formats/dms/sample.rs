//! Reads a sample of files into a profile.

use crate::columnar::texts::texts;
use crate::formats::dms::row as dms;
use crate::plan::{DMS_OP, DMS_SEQUENCE, DMS_TIME, FLAT_DELETED, FLAT_OP};
use crate::profile::Profile;
use crate::profile::guess::{of_parquet, of_schema};
use crate::profile::shape::Shape;
use crate::text::csv_fields::{Field, fields};
use crate::text::json_fields::{each_member, members, not_null, string};
use crate::text::records::{Cut, Records};
use crate::text::unpack::Ending;
use crate::value::encoding::Node;
use crate::value::unavailable::Unavailable;
use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sluice_change::SourceFile;
use sluice_contract::{ColumnType, SourceFormat};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Names of `null_text` that are tried in CSV.
pub(crate) const NULL_TEXTS: [&str; 4] = ["NULL", "<null>", "\\N", "null"];

/// Reads a file of `format`, at most `records_max` records of it.
pub(crate) fn read(profile: &mut Profile, format: SourceFormat, path: &str, bytes: &Bytes, records_max: u64) {
    match format {
        SourceFormat::DebeziumJson | SourceFormat::DebeziumFlatJson => {
            if path.contains(".keys.json") {
                read_key(profile, bytes);
            } else {
                read_json(profile, format, bytes, records_max);
            }
        }
        SourceFormat::DmsCsv => read_csv(profile, bytes, records_max),
        SourceFormat::DmsParquet => {
            let outcome = catch_unwind(AssertUnwindSafe(|| read_parquet(profile, bytes, records_max)));
            if !matches!(outcome, Ok(Some(()))) {
                profile.damaged_files += 1;
            }
        }
    }
}

/// The text for null that the CSV files use, unless it is the usual one.
pub(crate) fn null_text(files: &[(SourceFile, Bytes)]) -> Option<&'static str> {
    let mut counts = [0_u64; NULL_TEXTS.len()];
    for (_, bytes) in files {
        let mut records = Records::new(bytes.clone(), Cut::Csv, u64::MAX);
        for _ in 0..1_000 {
            let Some(record) = records.next() else { break };
            let fields = std::str::from_utf8(record.bytes).ok().and_then(fields).unwrap_or_default();
            for field in fields.iter().filter(|field| !field.quoted) {
                let known = NULL_TEXTS.iter().zip(counts.iter_mut()).find(|(text, _)| **text == field.text);
                if let Some((_, count)) = known {
                    *count += 1;
                }
            }
        }
    }
    let most = NULL_TEXTS.iter().zip(counts).max_by_key(|(_, count)| *count);
    most.filter(|(text, count)| *count > 0 && **text != "NULL").map(|(text, _)| *text)
}

fn read_key(profile: &mut Profile, bytes: &Bytes) {
    let mut records = Records::new(bytes.clone(), Cut::Lines, u64::MAX);
    let Some(line) = records.next().and_then(|record| std::str::from_utf8(record.bytes).ok().map(str::to_owned)) else {
        return;
    };
    let payload = members(&line, ["payload"]).and_then(|[payload]| not_null(payload));
    let mut names = Vec::new();
    if each_member(payload.unwrap_or(&line), |name, _| names.push(name.into_owned())) {
        profile.record_key = names;
    }
}

fn read_json(profile: &mut Profile, format: SourceFormat, bytes: &Bytes, records_max: u64) {
    let mut records = Records::new(bytes.clone(), Cut::Lines, u64::MAX);
    let mut count = 0;
    while count < records_max {
        let Some(record) = records.next() else {
            profile.damaged_files += u64::from(records.ending() != Ending::Whole);
            return;
        };
        let text = std::str::from_utf8(record.bytes).unwrap_or_default();
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() && !record.bytes.is_empty() || !text.is_empty() && text != "null" {
            count += 1;
            profile.records += 1;
            let deep = crate::text::json_fields::is_too_deep(record.bytes, sluice_contract::limits::JSON_DEPTH_MAX);
            let fits = !deep && read_envelope(profile, format, text).is_some();
            profile.fitting += u64::from(fits);
        } else if text == "null" {
            profile.tombstones += 1;
        }
    }
}

fn read_envelope(profile: &mut Profile, format: SourceFormat, text: &str) -> Option<()> {
    let [schema, payload] = members(text, ["schema", "payload"])?;
    let envelope = if schema.is_some() { payload? } else { text };
    let schema = not_null(schema).and_then(|raw| serde_json::from_str::<Node>(raw).ok());
    profile.with_schema += u64::from(schema.is_some());
    if format == SourceFormat::DebeziumFlatJson {
        return read_flat(profile, schema.as_ref(), envelope);
    }
    let [op, before, after, source, transaction] =
        members(envelope, ["op", "before", "after", "source", "transaction"])?.map(not_null);
    let op = string(op?)?;
    *profile.operations.entry(op.clone().into_owned()).or_default() += 1;
    if let Some(source) = source {
        let [connector, lsn] = members(source, ["connector", "lsn"])?.map(not_null);
        profile.connector = connector.and_then(string).map(Cow::into_owned).or(profile.connector.take());
        *profile.positioned.entry("source.lsn").or_default() += u64::from(lsn.is_some());
    }
    *profile.positioned.entry("transaction.total_order").or_default() += u64::from(transaction.is_some());
    let node =
        schema.as_ref().and_then(|node| node.fields.iter().find(|field| field.field.as_deref() == Some("after")));
    match op.as_ref() {
        "d" => read_row(profile, node, before?, true, Birth::None),
        "t" | "m" => Some(()),
        op => read_row(profile, node, after?, false, Birth::of(op)),
    }
}

/// How a row came into the table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Birth {
    None,
    Snapshot,
    Insert,
}

impl Birth {
    fn of(op: &str) -> Self {
        match op {
            "r" => Self::Snapshot,
            "c" => Self::Insert,
            _ => Self::None,
        }
    }
}

fn read_flat(profile: &mut Profile, schema: Option<&Node>, row: &str) -> Option<()> {
    let [op, deleted, lsn] = members(row, [FLAT_OP, FLAT_DELETED, "__lsn"])?.map(not_null);
    let op = op.and_then(string).unwrap_or(Cow::Borrowed("row")).into_owned();
    let is_delete = op == "d" || deleted.and_then(string).is_some_and(|text| text == "true");
    let birth = Birth::of(&op);
    *profile.operations.entry(op).or_default() += 1;
    *profile.positioned.entry("__lsn").or_default() += u64::from(lsn.is_some());
    read_row(profile, schema, row, is_delete, birth)
}

fn read_row(profile: &mut Profile, schema: Option<&Node>, row: &str, is_delete: bool, birth: Birth) -> Option<()> {
    let unavailable = Unavailable::new("__debezium_unavailable_value");
    // One type with bytes and one without, for the two forms of the placeholder.
    let is_placeholder = |raw: &str| unavailable.is(&ColumnType::Binary, raw) || unavailable.is(&ColumnType::Json, raw);
    let mut values: Vec<(Cow<'_, str>, &str)> = Vec::new();
    each_member(row, |name, raw| values.push((name, raw))).then_some(())?;
    values.retain(|(name, _)| !name.starts_with("__"));
    profile.rows += u64::from(!is_delete);
    profile.deletes += u64::from(is_delete);
    for (name, raw) in &values {
        let column = profile.column(name);
        let shape: &mut Shape = if is_delete { &mut column.deleted } else { &mut column.shape };
        if is_placeholder(raw) {
            shape.unavailable();
        } else {
            shape.json(raw);
        }
        if let Some(node) = schema {
            let field = node.fields.iter().find(|field| field.field.as_deref() == Some(name));
            column.said = field.map(of_schema).or(column.said.take());
        }
    }
    if birth != Birth::None {
        profile.born(birth == Birth::Snapshot, values.iter().map(|(name, raw)| (name.as_ref(), *raw)));
    }
    Some(())
}

fn read_csv(profile: &mut Profile, bytes: &Bytes, records_max: u64) {
    let mut records = Records::new(bytes.clone(), Cut::Csv, u64::MAX);
    let mut names: Option<Vec<String>> = None;
    for number in 0..records_max {
        let Some(record) = records.next() else {
            profile.damaged_files += u64::from(records.ending() != Ending::Whole);
            return;
        };
        if record.bytes.is_empty() {
            continue;
        }
        let fields = std::str::from_utf8(record.bytes).ok().and_then(fields);
        if let (0, Some(fields)) = (number, &fields)
            && looks_like_header(fields)
        {
            names = Some(fields.iter().map(|field| field.text.clone().into_owned()).collect());
            continue;
        }
        profile.records += 1;
        let Some(fields) = fields else { continue };
        profile.fitting += 1;
        read_csv_row(profile, names.as_deref(), &fields);
    }
}

/// Nothing but words that could be column names, no operation and no number among them.
fn looks_like_header(fields: &[Field<'_>]) -> bool {
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let named = fields.iter().all(|field| is_name(&field.text) && !NULL_TEXTS.contains(&field.text.as_ref()));
    named
        && fields.first().is_some_and(|field| field.text == DMS_OP || !dms::is_operation(&field.text))
        && fields.len() > 1
}

fn read_csv_row(profile: &mut Profile, names: Option<&[String]>, fields: &[Field<'_>]) {
    let first = fields.first().map_or("", |field| field.text.as_ref());
    let named_op = names.is_some_and(|names| names.first().is_some_and(|name| name == DMS_OP));
    let has_op = named_op || (names.is_none() && dms::is_operation(first));
    let values = fields.get(usize::from(has_op)..).unwrap_or_default();
    let column_names: Vec<String> = match names {
        Some(names) => names.iter().skip(usize::from(has_op)).cloned().collect(),
        None => positional_names(values),
    };
    *profile.widths.entry(values.len()).or_default() += 1;
    let own: Vec<String> = column_names.iter().filter(|name| is_own(name)).cloned().collect();
    profile.note_own_names(own);
    let texts: Vec<Option<&str>> = values
        .iter()
        .map(|field| (field.quoted || !NULL_TEXTS.contains(&field.text.as_ref())).then_some(field.text.as_ref()))
        .collect();
    let pairs = column_names.iter().map(String::as_str).zip(texts.iter().copied());
    read_dms_row(profile, if has_op { first } else { "" }, &pairs.collect::<Vec<_>>());
}

/// `column_1` and so on; the change sequence and the commit time at the end are known by their form.
fn positional_names(values: &[Field<'_>]) -> Vec<String> {
    let count = values.len();
    let text = |from_end: usize| {
        count.checked_sub(from_end).and_then(|at| values.get(at)).map_or("", |field| field.text.as_ref())
    };
    let is_sequence = |text: &str| text.len() == 35 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = |text: &str| text.len() == 26 && sluice_change::parse_cell(&ColumnType::Timestamp, text).is_ok();
    let null = |text: &str| text.is_empty() || NULL_TEXTS.contains(&text);
    let both = is_time(text(1)) && (is_sequence(text(2)) || null(text(2)));
    let name = |at: usize| match count - at {
        1 if both => DMS_TIME.to_owned(),
        2 if both => DMS_SEQUENCE.to_owned(),
        1 if is_sequence(text(1)) => DMS_SEQUENCE.to_owned(),
        _ => format!("column_{}", at + 1),
    };
    (0..count).map(name).collect()
}

/// Columns of AWS DMS, not of the table.
fn is_own(name: &str) -> bool {
    matches!(name, DMS_OP | DMS_SEQUENCE | DMS_TIME)
}

fn read_dms_row(profile: &mut Profile, op: &str, values: &[(&str, Option<&str>)]) {
    let is_delete = op.eq_ignore_ascii_case("D") || op.eq_ignore_ascii_case("DELETE");
    let is_new = op.is_empty() || op.eq_ignore_ascii_case("I") || op.eq_ignore_ascii_case("INSERT");
    *profile.operations.entry(if op.is_empty() { "load" } else { op }.to_owned()).or_default() += 1;
    profile.rows += u64::from(!is_delete);
    profile.deletes += u64::from(is_delete);
    for (name, value) in values {
        if *name == DMS_SEQUENCE {
            *profile.positioned.entry(DMS_SEQUENCE).or_default() += u64::from(value.is_some());
        }
        if is_own(name) {
            continue;
        }
        let column = profile.column(name);
        if is_delete { column.deleted.text(*value) } else { column.shape.text(*value) }
    }
    if is_new {
        profile.born(
            op.is_empty(),
            values.iter().filter(|(name, _)| !is_own(name)).filter_map(|(name, value)| Some((*name, (*value)?))),
        );
    }
}

fn read_parquet(profile: &mut Profile, bytes: &Bytes, records_max: u64) -> Option<()> {
    let limit = usize::try_from(records_max).unwrap_or(usize::MAX);
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).ok()?;
    let reader = builder.with_batch_size(1_024).with_limit(limit).build().ok()?;
    for batch in reader {
        read_batch(profile, &batch.ok()?);
    }
    Some(())
}

fn read_batch(profile: &mut Profile, batch: &RecordBatch) {
    let schema = batch.schema();
    let columns: Vec<Vec<Option<String>>> =
        batch.columns().iter().map(|column| texts(column).unwrap_or_else(|| vec![None; column.len()])).collect();
    for field in schema.fields() {
        if !is_own(field.name()) {
            let column = profile.column(field.name());
            column.said = of_parquet(field.data_type()).or(column.said.take());
        }
    }
    for row in 0..batch.num_rows() {
        let value = |column: &'_ Vec<Option<String>>| column.get(row).cloned().flatten();
        let texts: Vec<Option<String>> = columns.iter().map(value).collect();
        let names = schema.fields().iter().map(|field| field.name().as_str());
        let values: Vec<(&str, Option<&str>)> = names.zip(texts.iter().map(Option::as_deref)).collect();
        let op = values.iter().find(|(name, _)| *name == DMS_OP).and_then(|(_, value)| *value).unwrap_or_default();
        profile.records += 1;
        profile.fitting += 1;
        read_dms_row(profile, op, &values);
    }
}
