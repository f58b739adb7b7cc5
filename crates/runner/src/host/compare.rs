//! Silver against the source database's own rows.

use crate::support::blocking::blocking;
use crate::{ContractSet, RunError};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use arrow::row::{RowConverter, SortField};
use flate2::read::GzDecoder;
use sluice_api::TableComparison;
use sluice_change::{Cell, ColumnBuilder, arrow_field, parse_cell};
use sluice_contract::{Column, Contract};
use sluice_engine::{KeyEncoder, current_rows, silver_schema};
use sluice_lake::{Lake, TableLocation};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

/// Compares every table of the set that has a dump `<table>.jsonl.gz` (one JSON object per row, every
/// value as the text that the source prints, or null) in `folder`. Columns that the source has and
/// the contract has under a newer name are found by `renamed_from`.
///
/// # Errors
/// When a dump cannot be read or names a column that the contract does not know.
pub async fn compare_with_source(
    lake: &Lake,
    set: &ContractSet,
    folder: &Path,
) -> Result<Vec<TableComparison>, RunError> {
    let mut comparisons = Vec::new();
    for contract in set.contracts.values() {
        let dump = folder.join(format!("{}.jsonl.gz", contract.name.table));
        if !dump.exists() {
            continue;
        }
        let store = lake.table(TableLocation::Silver(contract.name.clone()));
        let silver = match store.snapshot(None).await? {
            Some(snapshot) => store.read_files(&snapshot, &snapshot.files, None).await?,
            None => Vec::new(),
        };
        let contract = Arc::clone(contract);
        comparisons.push(blocking(move || compare(&contract, &silver, &dump)).await?);
    }
    Ok(comparisons)
}

fn compare(contract: &Contract, silver: &[RecordBatch], dump: &Path) -> Result<TableComparison, RunError> {
    let (columns, source) = read_dump(contract, dump)?;
    // Silver may have columns besides those of the contract.
    let schema = silver.first().map_or_else(|| Arc::new(silver_schema(contract)), RecordBatch::schema);
    let silver = current_rows(contract, &concat_batches(&schema, silver)?)?;
    let encoder = KeyEncoder::new(contract)?;
    let silver_keys = encoder.encode(&silver)?;
    let source_keys = encoder.encode(&source)?;
    let mut place: HashMap<&[u8], usize> = HashMap::new();
    let silver_rows: Vec<_> = silver_keys.iter().collect();
    for (row, key) in silver_rows.iter().enumerate() {
        place.insert(key.as_ref(), row);
    }
    let mut pairs = Vec::new();
    let mut missing = 0;
    for (row, key) in source_keys.iter().enumerate() {
        match place.get(key.as_ref()) {
            Some(at) => pairs.push((row, *at)),
            None => missing += 1,
        }
    }
    let mut differing = Vec::new();
    for column in &columns {
        let find = |batch: &RecordBatch| {
            batch
                .column_by_name(&column.name)
                .cloned()
                .ok_or_else(|| RunError::Internal(format!("no column {}", column.name)))
        };
        let differ = count_different(&find(&source)?, &find(&silver)?, &pairs)?;
        if differ > 0 {
            differing.push((column.name.clone(), differ));
        }
    }
    Ok(TableComparison {
        table: contract.name.clone(),
        source_rows: source.num_rows() as u64,
        silver_rows: silver.num_rows() as u64,
        columns: columns.len() as u64,
        missing,
        surplus: (silver.num_rows() - pairs.len()) as u64,
        differing,
    })
}

fn count_different(a: &ArrayRef, b: &ArrayRef, pairs: &[(usize, usize)]) -> Result<u64, RunError> {
    let converter = RowConverter::new(vec![SortField::new(a.data_type().clone())])?;
    let left = converter.convert_columns(std::slice::from_ref(a))?;
    let right = converter.convert_columns(std::slice::from_ref(b))?;
    Ok(pairs.iter().filter(|(l, r)| left.row(*l) != right.row(*r)).count() as u64)
}

/// The columns of the dump by their names in the contract, and its rows.
fn read_dump(contract: &Contract, dump: &Path) -> Result<(Vec<Column>, RecordBatch), RunError> {
    let path = dump.display().to_string();
    let file_error = |source| RunError::File { path: path.clone(), source };
    let file = std::fs::File::open(dump).map_err(file_error)?;
    let mut columns: Vec<Column> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut builders: Vec<ColumnBuilder> = Vec::new();
    for (number, line) in BufReader::new(GzDecoder::new(file)).split(b'\n').enumerate() {
        let line = line.map_err(file_error)?;
        let row: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&line).map_err(|_| {
            RunError::input(format!("{path}:{} is not a JSON object", number + 1), "Use a dump of the source")
        })?;
        if columns.is_empty() {
            for name in row.keys() {
                let known = |column: &&Column| column.name == *name || column.renamed_from.contains(name);
                let column = contract.columns.iter().find(known).ok_or_else(|| {
                    let next = "Add the column to the contract, or declare it with renamed_from";
                    RunError::input(
                        format!("{path} has column {name}, the contract of {} has not", contract.name),
                        next,
                    )
                })?;
                builders.push(ColumnBuilder::new(&column.data_type));
                columns.push(column.clone());
                names.push(name.clone());
            }
        }
        for ((column, name), builder) in columns.iter().zip(&names).zip(&mut builders) {
            let cell = match row.get(name) {
                Some(serde_json::Value::String(text)) => parse_cell(&column.data_type, text).map_err(|error| {
                    RunError::input(format!("{path}:{}: {name}: {error}", number + 1), "Correct the column's type")
                })?,
                _ => Cell::Null,
            };
            builder.append(&cell);
        }
    }
    if columns.is_empty() {
        columns.clone_from(&contract.columns);
        builders = columns.iter().map(|column| ColumnBuilder::new(&column.data_type)).collect();
    }
    let schema = arrow::datatypes::Schema::new(columns.iter().map(arrow_field).collect::<Vec<_>>());
    let arrays = builders.iter_mut().map(ColumnBuilder::finish).collect();
    Ok((columns, RecordBatch::try_new(Arc::new(schema), arrays)?))
}
