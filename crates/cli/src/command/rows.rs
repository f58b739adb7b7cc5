//! Rows of a result as text.

use anyhow::Result;
use arrow::array::Array;
use arrow::ipc::reader::StreamReader;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use sluice_api::{PageRequest, ResultView};
use sluice_runner::Host;

use crate::print::Grid;

/// Rows per page asked of the host.
const PAGE_ROWS: u32 = 1_000;

/// Rows with the text of every cell; null is `None`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Rows {
    /// Names.
    pub(crate) columns: Vec<String>,
    /// Cells.
    pub(crate) rows: Vec<Vec<Option<String>>>,
    #[serde(skip)]
    numeric: Vec<bool>,
}

/// The first `most` rows of a result.
pub(crate) async fn fetch(host: &Host, result: &ResultView, most: u64) -> Result<Rows> {
    let mut rows = Rows {
        columns: result.columns.iter().map(|column| column.name.clone()).collect(),
        rows: Vec::new(),
        numeric: result.columns.iter().map(|column| column.numeric).collect(),
    };
    let wanted = most.min(result.rows);
    while (rows.rows.len() as u64) < wanted {
        let first_row = rows.rows.len() as u64;
        let count = u32::try_from((wanted - first_row).min(u64::from(PAGE_ROWS))).unwrap_or(PAGE_ROWS);
        let page = host.page(PageRequest { result: result.id, first_row, rows: count }).await?;
        let before = rows.rows.len();
        let options = FormatOptions::default();
        for batch in StreamReader::try_new(page.as_slice(), None)? {
            let batch = batch?;
            let formatters = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column, &options))
                .collect::<Result<Vec<_>, _>>()?;
            for row in 0..batch.num_rows() {
                let cell = |(column, formatter): (&arrow::array::ArrayRef, &ArrayFormatter<'_>)| {
                    column
                        .is_valid(row)
                        .then(|| formatter.value(row).try_to_string().unwrap_or_else(|_| special(column, row)))
                };
                rows.rows.push(batch.columns().iter().zip(&formatters).map(cell).collect());
            }
        }
        if rows.rows.len() == before {
            break;
        }
    }
    Ok(rows)
}

/// Dates and timestamps that no calendar holds.
fn special(column: &arrow::array::ArrayRef, row: usize) -> String {
    use arrow::array::AsArray;
    let days = column.as_primitive_opt::<arrow::datatypes::Date32Type>().map(|c| c.value(row));
    match days {
        Some(i32::MAX) => return "infinity".to_owned(),
        Some(days) if days == -i32::MAX => return "-infinity".to_owned(),
        _ => {}
    }
    let micros = column.as_primitive_opt::<arrow::datatypes::TimestampMicrosecondType>().map(|c| c.value(row));
    match micros {
        Some(i64::MAX) => "infinity".to_owned(),
        Some(micros) if micros <= -i64::MAX => "-infinity".to_owned(),
        _ => "out of range".to_owned(),
    }
}

impl Rows {
    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// As a grid; null is `∅`.
    pub(crate) fn to_text(&self) -> String {
        let header: Vec<String> = self
            .columns
            .iter()
            .zip(&self.numeric)
            .map(|(name, numeric)| if *numeric { format!(">{name}") } else { name.clone() })
            .collect();
        let mut grid = Grid::new(&header.iter().map(String::as_str).collect::<Vec<_>>());
        for row in &self.rows {
            grid.row(row.iter().map(|cell| cell.clone().unwrap_or_else(|| "∅".to_owned()).replace('\n', "⏎")));
        }
        grid.to_text()
    }

    /// Rows of a diff, one line each: kind, key, and the cells that changed.
    pub(crate) fn to_changes(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_else(|| "∅".to_owned());
            let kind = cell(0);
            let mut parts = Vec::new();
            for (at, name) in self.columns.iter().enumerate().skip(1) {
                if let Some(column) = name.strip_prefix("old.") {
                    let new = self.columns.iter().position(|other| *other == format!("new.{column}"));
                    let (old, new) = (cell(at), new.map_or_else(|| "∅".to_owned(), &cell));
                    if kind == "~" && old != new {
                        parts.push(format!("{column} {old} -> {new}"));
                    }
                } else if !name.starts_with("new.") {
                    parts.push(format!("{name}={}", cell(at)));
                }
            }
            text.push_str(&format!("{kind} {}\n", parts.join("  ").replace('\n', "⏎")));
        }
        text
    }
}
