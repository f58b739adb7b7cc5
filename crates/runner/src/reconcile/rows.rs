//! Rows of the source, read by the columns of the contract.

use crate::RunError;
use crate::pipeline::repair_records::for_rows;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use sluice_cdc::{BronzeRecord, DecodedFile, decode_records};
use sluice_change::{Op, Reject, RowRef, SourceFile};
use sluice_contract::{ColumnType, Contract, SourceFormat};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of the source.
pub(crate) struct SourceRows {
    /// By the columns of the contract.
    pub(crate) rows: RecordBatch,
    /// As records that are read as the same rows again; none of another table.
    pub(crate) records: Vec<String>,
    /// Format of the records.
    pub(crate) format: SourceFormat,
    /// Columns (positions in the contract) that single rows do not have.
    pub(crate) absent: BTreeMap<u32, Vec<u16>>,
    /// When each was committed, milliseconds since 1970; empty where nothing says.
    pub(crate) committed_ms: Vec<Option<i64>>,
    /// Columns that no row has, with the reason.
    pub(crate) left_out: BTreeMap<String, String>,
}

impl SourceRows {
    /// Rows that came out of files or records; `what` names those in errors.
    ///
    /// # Errors
    /// If one of them does not fit the contract: what cannot be read cannot be compared.
    pub(crate) fn of(decoded: DecodedFile, format: SourceFormat, what: &str) -> Result<Self, RunError> {
        if let Some(reject) = decoded.rejects.first() {
            return Err(unreadable(reject, decoded.rejects.len(), what));
        }
        let DecodedFile { changes, drift, rows_in, .. } = decoded;
        let left_out = drift.missing.into_iter().filter(|(_, rows)| *rows >= rows_in && rows_in > 0);
        let left_out = left_out.map(|(column, _)| (column, format!("{what} does not have it"))).collect();
        // Rows that the contract leaves out are none of the table.
        let keep: Vec<bool> = changes.ops.iter().map(|op| matches!(op, Op::Read | Op::Upsert)).collect();
        let mut absent = BTreeMap::new();
        let mut records = Vec::with_capacity(changes.records.len());
        for (row, record) in changes.records.into_iter().enumerate() {
            if keep.get(row) != Some(&true) {
                continue;
            }
            if let Some(columns) = u32::try_from(row).ok().and_then(|row| changes.absent.get(&row)) {
                absent.insert(u32::try_from(records.len()).unwrap_or(u32::MAX), columns.clone());
            }
            records.push(record);
        }
        let rows = filter_record_batch(&changes.rows, &BooleanArray::from(keep))?;
        Ok(Self { rows, records, format, absent, committed_ms: Vec::new(), left_out })
    }

    /// Rows of which every value is given as text, by the names of the source.
    ///
    /// # Errors
    /// As [`SourceRows::of`].
    pub(crate) fn of_texts(
        contract: &Contract,
        names: &[String],
        rows: &[Vec<Option<String>>],
        what: &str,
    ) -> Result<Self, RunError> {
        let columns: Vec<(String, bool)> =
            names.iter().map(|name| (text_value(name), is_json(contract, name))).collect();
        let texts: Vec<String> = rows.iter().map(|row| record_of(&columns, row)).collect();
        let in_file = |(row, record)| BronzeRecord { at: RowRef { file: 0, row, offset: 0 }, record };
        let records: Vec<BronzeRecord<'_>> = (0..).zip(texts.iter().map(String::as_str)).map(in_file).collect();
        let of_rows = Arc::new(for_rows(contract, SourceFormat::Json));
        Self::of(decode_records(&of_rows, vec![SourceFile::default()], &records), SourceFormat::Json, what)
    }
}

/// A row as a JSON object; `columns`: their names as JSON, and whether their values are JSON as they are.
fn record_of(columns: &[(String, bool)], row: &[Option<String>]) -> String {
    let member = |((name, is_json), value): (&(String, bool), &Option<String>)| {
        let value = match value {
            None => "null".to_owned(),
            Some(text) if *is_json && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => text.clone(),
            Some(text) => text_value(text),
        };
        format!("{name}:{value}")
    };
    format!("{{{}}}", columns.iter().zip(row).map(member).collect::<Vec<_>>().join(","))
}

fn text_value(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// Whether the contract has a column as JSON, which plain rows hold as it is.
fn is_json(contract: &Contract, name: &str) -> bool {
    let named =
        |column: &&sluice_contract::Column| column.name == name || column.renamed_from.iter().any(|n| n == name);
    let column = contract.columns.iter().find(named);
    column
        .is_some_and(|column| matches!(column.data_type, ColumnType::Json | ColumnType::Struct(_) | ColumnType::Map(_)))
}

fn unreadable(reject: &Reject, count: usize, what: &str) -> RunError {
    let column = reject.column.as_ref().map(|column| format!(" in column {column}")).unwrap_or_default();
    let place = match reject.whole_file {
        true => String::new(),
        false => format!(", row {}", reject.at.row.saturating_add(1)),
    };
    let detail = if reject.detail.is_empty() { String::new() } else { format!(" ({})", reject.detail) };
    RunError::input(
        format!(
            "{count} rows of {what} cannot be read by the contract; the first{place}: {}{column}{detail}",
            reject.reason
        ),
        "Rows that cannot be read cannot be compared: correct the type in the contract, or leave them out of what it is compared with",
    )
}
