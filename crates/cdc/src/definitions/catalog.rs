//! Tables from a CSV of `information_schema.columns`.

use super::sql_type::{Dialect, contract_type};
use super::table::{ColumnDefinition, TableDefinition};
use std::collections::BTreeMap;

/// Whether a text is such a CSV: its first line names the columns that it has to have.
pub(super) fn is_catalog(text: &str) -> bool {
    let header = header_of(text);
    ["table_name", "column_name", "data_type"].iter().all(|name| header.iter().any(|known| known == name))
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    let text = text.trim_start_matches('\u{feff}');
    csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes())
}

fn header_of(text: &str) -> Vec<String> {
    let mut reader = reader(text);
    reader.headers().map(|names| names.iter().map(str::to_ascii_lowercase).collect()).unwrap_or_default()
}

/// Its tables, columns in the order of the catalog.
pub(super) fn tables(text: &str) -> Vec<TableDefinition> {
    let header = header_of(text);
    let place = |name: &str| header.iter().position(|known| known == name);
    let mut found: BTreeMap<Vec<String>, Vec<(u64, bool, ColumnDefinition)>> = BTreeMap::new();
    for record in reader(text).records().filter_map(Result::ok) {
        let cell = |name: &str| place(name).and_then(|at| record.get(at));
        let (Some(table), Some(column), Some(kind)) = (cell("table_name"), cell("column_name"), cell("data_type"))
        else {
            continue;
        };
        let name: Vec<String> = [cell("table_schema"), Some(table)].into_iter().flatten().map(str::to_owned).collect();
        let number = |name: &str| cell(name).and_then(|text| text.parse::<u64>().ok());
        let kind = cell("column_type").unwrap_or(kind);
        let written = match (number("numeric_precision"), number("numeric_scale")) {
            (Some(precision), Some(scale))
                if ["numeric", "decimal", "number"].contains(&kind.to_ascii_lowercase().as_str()) =>
            {
                format!("{kind}({precision},{scale})")
            }
            _ => kind.to_owned(),
        };
        // `column_key` and `column_type` are MySQL's.
        let dialect = if place("column_key").is_some() { Dialect::MySql } else { Dialect::Standard };
        let is_key = cell("column_key").is_some_and(|key| key.eq_ignore_ascii_case("pri"));
        let definition =
            ColumnDefinition { name: column.to_owned(), data_type: contract_type(&written, dialect), written };
        let columns = found.entry(name).or_default();
        let at = number("ordinal_position").unwrap_or(columns.len() as u64);
        columns.push((at, is_key, definition));
    }
    found
        .into_iter()
        .map(|(name, mut columns)| {
            columns.sort_by_key(|(at, ..)| *at);
            let key = columns.iter().filter(|(_, is_key, _)| *is_key).map(|(.., column)| column.name.clone()).collect();
            TableDefinition { name, key, columns: columns.into_iter().map(|(.., column)| column).collect() }
        })
        .collect()
}
