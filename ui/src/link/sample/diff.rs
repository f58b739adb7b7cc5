//! A diff of the sample lake.

use super::lake::ORDERS;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use sluice_api::{
    ApiError, DiffColumn, DiffCounts, DiffKinds, DiffNames, DiffView, ErrorCode, ExportedFile, PageRequest,
    ResultColumn, ResultId, ResultView, SchemaChange, TableRef,
};
use std::sync::Arc;

/// Changed rows of a diff.
pub(super) const RESULT: ResultId = ResultId(4_142);
const ROWS: u64 = 56_395;

/// What changed.
pub(super) fn view(table: &TableRef, from: u64, to: u64) -> DiffView {
    let changed = [("status", 33_918), ("tracking_no", 28_114), ("carrier", 9_870), ("total_amount", 1_204)];
    let mut columns: Vec<DiffColumn> = ORDERS
        .into_iter()
        .map(|(name, data_type, key, ..)| DiffColumn {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            key,
            changed: changed.iter().find(|(column, _)| *column == name).map_or(0, |(_, changed)| *changed),
        })
        .collect();
    columns.sort_by_key(|column| std::cmp::Reverse(column.changed));
    DiffView {
        table: table.clone(),
        from,
        to,
        inserted: 18_204,
        updated: 37_011,
        deleted: 1_180,
        unchanged: 1_864_165,
        schema: vec![
            SchemaChange { column: "gift_note".to_owned(), before: None, after: Some("string".to_owned()) },
            SchemaChange {
                column: "discount".to_owned(),
                before: Some("decimal(8,2)".to_owned()),
                after: Some("decimal(10,2)".to_owned()),
            },
        ],
        columns,
        result: result(),
        of: None,
        sides: None,
        by: sluice_api::KeyOrigin::default(),
        changed_in_all: None,
        elapsed_ms: 12,
    }
}

/// Its first rows, before all of them are known.
pub(super) fn first(table: &TableRef, from: u64, to: u64) -> DiffView {
    let whole = view(table, from, to);
    let DiffView { inserted, updated, deleted, unchanged, .. } = whole;
    let of = DiffCounts {
        table: table.clone(),
        from,
        to,
        rows_before: unchanged + updated + deleted,
        rows_after: unchanged + updated + inserted,
        added: inserted + updated,
        removed: updated + deleted,
        commits: 1,
        rearranging: 0,
        kinds: Some(DiffKinds { inserted, updated, deleted }),
        elapsed_ms: 1,
    };
    DiffView { inserted: 64, updated: 130, deleted: 6, unchanged: 0, of: Some(Box::new(of)), ..whole }
}

/// The same rows between two sides.
pub(super) fn of_sides(table: &TableRef) -> DiffView {
    let sides = Some(DiffNames { from: "production v41".to_owned(), to: "sandbox payments-limit s1".to_owned() });
    DiffView { sides, ..view(table, 41, 42) }
}

/// The rows as a file.
pub(super) fn exported(file: &str) -> ExportedFile {
    ExportedFile { file: file.replace('~', "/out"), rows: ROWS, bytes: 4_096, masked: Vec::new() }
}

/// The changed rows.
pub(super) fn result() -> ResultView {
    let column = |name: String, data_type: &str| ResultColumn {
        name,
        data_type: data_type.to_owned(),
        numeric: data_type.starts_with("bigint") || data_type.starts_with("decimal"),
        pii: false,
    };
    let mut columns = vec![column("_change".to_owned(), "string"), column("order_id".to_owned(), "bigint")];
    for (name, data_type, ..) in ORDERS.into_iter().skip(1) {
        columns.push(column(format!("old.{name}"), data_type));
        columns.push(column(format!("new.{name}"), data_type));
    }
    ResultView { id: RESULT, columns, rows: ROWS, elapsed_ms: 12 }
}

/// A page of it.
pub(super) fn page(request: &PageRequest) -> Result<Vec<u8>, ApiError> {
    let end = (request.first_row + u64::from(request.rows)).min(ROWS);
    let rows: Vec<u64> = (request.first_row..end).collect();
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("_change".to_owned(), Arc::new(StringArray::from_iter_values(rows.iter().map(|row| change(*row))))),
        (
            "order_id".to_owned(),
            Arc::new(Int64Array::from_iter_values(
                rows.iter().map(|row| 1_204_377 + i64::try_from(*row * 7).unwrap_or(0)),
            )),
        ),
    ];
    for (name, ..) in ORDERS.into_iter().skip(1) {
        let old = rows.iter().map(|row| (change(*row) != "+").then(|| value(name, *row, false)).flatten());
        columns.push((format!("old.{name}"), Arc::new(StringArray::from_iter(old))));
        let new = rows.iter().map(|row| (change(*row) != "-").then(|| value(name, *row, true)).flatten());
        columns.push((format!("new.{name}"), Arc::new(StringArray::from_iter(new))));
    }
    encode(columns).map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string(), ""))
}

fn change(row: u64) -> &'static str {
    match row % 10 {
        4..=6 => "+",
        9 => "-",
        _ => "~",
    }
}

fn value(column: &str, row: u64, new: bool) -> Option<String> {
    let updated = new && change(row) == "~";
    match column {
        "status" if updated && row % 10 != 3 => Some("shipped".to_owned()),
        "status" => Some("paid".to_owned()),
        "total_amount" if updated && row % 10 == 1 => Some("119.00".to_owned()),
        "total_amount" => Some("129.00".to_owned()),
        "tracking_no" => updated.then(|| format!("1Z 88 {row:03}")),
        "carrier" if updated && row % 10 == 3 => Some("UPS".to_owned()),
        "carrier" => Some("DHL".to_owned()),
        "shipping_city" => Some("Turin".to_owned()),
        "currency" => Some("EUR".to_owned()),
        "discount" => Some("0.00".to_owned()),
        _ => None,
    }
}

/// Writes columns as an Arrow IPC stream.
pub(super) fn encode(columns: Vec<(String, ArrayRef)>) -> Result<Vec<u8>, ArrowError> {
    let batch = RecordBatch::try_from_iter(columns)?;
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}
