//! Rows of the sample lake, made from their row number.

use super::lake::ORDERS;
use arrow_array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use sluice_api::{ApiError, ErrorCode, PageRequest, ResultColumn, ResultId, ResultView, TableRef};
use std::sync::Arc;

const TEN_MILLION: ResultId = ResultId(10_000_000);
const STATUS: [&str; 4] = ["shipped", "paid", "delivered", "refunded"];
const CITY: [&str; 8] = ["Lyon", "Turin", "Gdansk", "Braga", "Leipzig", "Lille", "Bilbao", "Malmö"];
const CARRIER: [&str; 4] = ["DHL", "UPS", "Colis", "Postnord"];
/// 2026-11-17 20:58:11 UTC in microseconds.
const PLACED: i64 = 1_794_949_091_000_000;

/// All rows of `shop.orders`.
pub(super) fn orders() -> ResultView {
    view(ResultId(1), 1_919_380)
}

/// Rows of a table.
pub(super) fn of_table(table: &TableRef, _version: Option<u64>) -> ResultView {
    let rows = super::lake::table(table, None).map_or(0, |view| view.rows);
    view(ResultId(rows), rows)
}

/// The large one.
pub(super) fn ten_million() -> ResultView {
    view(TEN_MILLION, 10_000_000)
}

fn view(id: ResultId, rows: u64) -> ResultView {
    let columns = ORDERS
        .into_iter()
        .map(|(name, data_type, ..)| ResultColumn {
            name: name.to_owned(),
            data_type: data_type.to_owned(),
            numeric: data_type.starts_with("bigint") || data_type.starts_with("decimal"),
            pii: false,
        })
        .collect();
    ResultView { id, columns, rows, elapsed_ms: 12 }
}

/// A page of the sample lake.
///
/// # Errors
/// When Arrow cannot write it.
pub(super) fn page(request: &PageRequest) -> Result<Vec<u8>, ApiError> {
    let rows = request.first_row..request.first_row + u64::from(request.rows);
    encode(&rows.collect::<Vec<_>>()).map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string(), ""))
}

/// Rows of `shop.orders` by their numbers.
pub(super) fn batch(rows: &[u64]) -> Result<RecordBatch, ArrowError> {
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    let number = |row: &u64| i64::try_from(*row).unwrap_or(i64::MAX);
    for (name, data_type, ..) in ORDERS {
        let array: ArrayRef = match (name, data_type) {
            ("order_id", _) => Arc::new(Int64Array::from_iter_values(rows.iter().map(number))),
            (_, "bigint") => Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| number(row) * 31 % 402_880))),
            (_, "timestamp") => Arc::new(
                TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| PLACED + number(row) * 61_000_000))
                    .with_timezone("UTC"),
            ),
            (_, "decimal(12,2)") => Arc::new(decimals(rows, 12, 119_760)?),
            (_, "decimal(10,2)") => Arc::new(decimals(rows, 10, 900)?),
            (name, _) => Arc::new(StringArray::from_iter(rows.iter().map(|row| word(name, *row)))),
        };
        columns.push((name, array));
    }
    RecordBatch::try_from_iter(columns)
}

fn encode(rows: &[u64]) -> Result<Vec<u8>, ArrowError> {
    let batch = batch(rows)?;
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}

fn decimals(rows: &[u64], precision: u8, limit: u64) -> Result<Decimal128Array, ArrowError> {
    Decimal128Array::from_iter_values(rows.iter().map(|row| i128::from(row * 7_907 % limit)))
        .with_precision_and_scale(precision, 2)
}

fn word(column: &str, row: u64) -> Option<String> {
    let pick = |words: &[&str]| {
        let index = usize::try_from(row.wrapping_mul(2_654_435_761) >> 7).unwrap_or_default() % words.len();
        words.get(index).map(|word| (*word).to_owned())
    };
    match column {
        "status" => pick(&STATUS),
        "currency" => Some("EUR".to_owned()),
        "shipping_city" => pick(&CITY),
        "shipping_zip" => Some(format!("{:05}", row * 37 % 99_999)),
        "carrier" => pick(&CARRIER).filter(|_| row % 5 != 3),
        "tracking_no" => (row % 5 != 3).then(|| format!("JD {:04} {:04}", row % 997, row % 7919)),
        _ => None,
    }
}
