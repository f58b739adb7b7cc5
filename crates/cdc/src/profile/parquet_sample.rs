//! Samples of Parquet files.

use super::Profile;
use super::guess::{joined, of_columns, of_several_types};
use crate::columnar::guard::caught;
use crate::columnar::nested::{TextsFor, column_texts};
use crate::files::parquet_file::row_texts;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Names of the columns of a whole file; `None` if its footer cannot be read.
pub(crate) fn column_names(bytes: &Bytes) -> Option<Vec<String>> {
    let metadata = caught(|| ArrowReaderMetadata::load(bytes, ArrowReaderOptions::default()))?;
    Some(metadata.schema().fields().iter().map(|field| field.name().clone()).collect())
}

/// Takes the types of the columns in `structs`, where the text of a value as JSON does not show them. Whole numbers may
/// count days or times, and bytes are known by their letters.
fn note_types(profile: &mut Profile, schema: &Schema, structs: &[&str]) {
    for field in structs.iter().filter_map(|name| schema.field_with_name(name).ok()) {
        let DataType::Struct(columns) = field.data_type() else { continue };
        for column in columns {
            let is_lost_in_json = !column.data_type().is_integer()
                && !matches!(
                    column.data_type(),
                    DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_)
                )
                && (column.data_type().is_primitive() || *column.data_type() == DataType::Boolean);
            if let Some(found) = of_columns(column.data_type()).filter(|_| is_lost_in_json)
                && profile.has_column(column.name())
            {
                profile.column(column.name()).by_schema = Some(found);
            }
        }
    }
}

/// Reads at most `records_max` rows of a file as JSON objects; `structs` are those with the columns of the table.
pub(crate) fn read_as_json(
    profile: &mut Profile,
    bytes: &Bytes,
    records_max: u64,
    structs: &[&str],
    read_record: impl Fn(&mut Profile, &str) -> Option<()>,
) {
    let mut read = || {
        let limit = usize::try_from(records_max).unwrap_or(usize::MAX);
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).ok()?;
        let schema = builder.schema().clone();
        for batch in builder.with_batch_size(1_024).with_limit(limit).build().ok()? {
            for text in row_texts(&batch.ok()?)? {
                profile.records += 1;
                profile.fitting += u64::from(read_record(profile, &text).is_some());
            }
        }
        note_types(profile, &schema, structs);
        Some(())
    };
    if !matches!(catch_unwind(AssertUnwindSafe(&mut read)), Ok(Some(()))) {
        profile.damaged_files += 1;
    }
}

/// Reads at most `records_max` rows of a file; `is_column` tells the table's columns from the format's, `read_row`
/// gets names and texts of each row.
pub(crate) fn read(
    profile: &mut Profile,
    bytes: &Bytes,
    records_max: u64,
    is_column: impl Fn(&str) -> bool,
    read_row: impl Fn(&mut Profile, &[(&str, Option<&str>)]),
) {
    read_part(profile, bytes, &[], records_max, is_column, read_row);
}

/// The same for a file whose rows have the columns `shared` too.
pub(crate) fn read_part(
    profile: &mut Profile,
    bytes: &Bytes,
    shared: &[(String, Option<String>)],
    records_max: u64,
    is_column: impl Fn(&str) -> bool,
    read_row: impl Fn(&mut Profile, &[(&str, Option<&str>)]),
) {
    let read_row = |profile: &mut Profile, values: &[(&str, Option<&str>)]| {
        if shared.is_empty() {
            return read_row(profile, values);
        }
        let has = |name: &str| values.iter().any(|(known, _)| *known == name);
        let more = shared.iter().filter(|(name, _)| !has(name));
        let more = more.map(|(name, value)| (name.as_str(), value.as_deref()));
        read_row(profile, &values.iter().copied().chain(more).collect::<Vec<_>>());
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| read_rows(profile, bytes, records_max, &is_column, &read_row)));
    if !matches!(outcome, Ok(Some(()))) {
        profile.damaged_files += 1;
    }
}

fn read_rows(
    profile: &mut Profile,
    bytes: &Bytes,
    records_max: u64,
    is_column: &impl Fn(&str) -> bool,
    read_row: &impl Fn(&mut Profile, &[(&str, Option<&str>)]),
) -> Option<()> {
    let limit = usize::try_from(records_max).unwrap_or(usize::MAX);
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).ok()?;
    let reader = builder.with_batch_size(1_024).with_limit(limit).build().ok()?;
    for batch in reader {
        read_batch(profile, &batch.ok()?, is_column, read_row);
    }
    Some(())
}

pub(crate) fn read_batch(
    profile: &mut Profile,
    batch: &RecordBatch,
    is_column: &impl Fn(&str) -> bool,
    read_row: &impl Fn(&mut Profile, &[(&str, Option<&str>)]),
) {
    let schema = batch.schema();
    let readable = schema.fields().iter().zip(batch.columns());
    let columns: Vec<(&str, Vec<Option<String>>)> = readable
        .filter_map(|(field, column)| Some((field.name().as_str(), column_texts(column, TextsFor::Other)?)))
        .collect();
    for (name, _) in columns.iter().filter(|(name, _)| is_column(name)) {
        let Ok(field) = schema.field_with_name(name) else { continue };
        if *field.data_type() == DataType::Null {
            continue;
        }
        let column = profile.column(name);
        column.by_schema = match (column.by_schema.take(), of_columns(field.data_type())) {
            (Some(known), Some(found)) => Some(joined(known, found)),
            (Some(_), None) => Some(of_several_types()),
            // A column without a type of its own is text.
            (None, Some(_)) if column.shape.values() > 0 => Some(of_several_types()),
            (None, found) => found,
        };
    }
    for row in 0..batch.num_rows() {
        let values: Vec<(&str, Option<&str>)> =
            columns.iter().map(|(name, texts)| (*name, texts.get(row).and_then(Option::as_deref))).collect();
        profile.records += 1;
        profile.fitting += 1;
        read_row(profile, &values);
    }
}
