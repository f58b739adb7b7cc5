//! Rows of a result as text.

use anyhow::Result;
use arrow::ipc::reader::StreamReader;
use serde::Serialize;
use sluice_api::{PageRequest, ResultView, masked};
use sluice_runner::{ColumnTexts, Host};

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
    /// Columns whose values are masked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    masked: Vec<String>,
    #[serde(skip)]
    numeric: Vec<bool>,
}

/// The first `most` rows of a result; personal data is masked unless `reveal`.
pub(crate) async fn fetch(host: &Host, result: &ResultView, most: u64, reveal: bool) -> Result<Rows> {
    let is_masked: Vec<bool> = result.columns.iter().map(|column| column.pii && !reveal).collect();
    let of_masked = result.columns.iter().zip(&is_masked).filter(|(_, masked)| **masked);
    let mut rows = Rows {
        masked: of_masked.map(|(column, _)| column.name.clone()).collect(),
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
        for batch in StreamReader::try_new(page.as_slice(), None)? {
            let batch = batch?;
            let texts = batch.columns().iter().map(ColumnTexts::of).collect::<Result<Vec<_>, _>>()?;
            for row in 0..batch.num_rows() {
                let cell = |(texts, is_masked): (&ColumnTexts<'_>, &bool)| {
                    texts.text(row).map(|text| if *is_masked { masked(&text) } else { text })
                };
                rows.rows.push(texts.iter().zip(&is_masked).map(cell).collect());
            }
        }
        if rows.rows.len() == before {
            break;
        }
    }
    Ok(rows)
}

impl Rows {
    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Some of the columns, in this order; those that it does not have are left out.
    pub(crate) fn select(&self, names: &[&str]) -> Self {
        let at: Vec<usize> =
            names.iter().filter_map(|name| self.columns.iter().position(|column| column == name)).collect();
        let chosen = |row: &Vec<Option<String>>| at.iter().filter_map(|at| row.get(*at).cloned()).collect();
        let columns: Vec<String> = at.iter().filter_map(|at| self.columns.get(*at).cloned()).collect();
        Self {
            rows: self.rows.iter().map(chosen).collect(),
            masked: self.masked.iter().filter(|name| columns.contains(name)).cloned().collect(),
            numeric: at.iter().filter_map(|at| self.numeric.get(*at).copied()).collect(),
            columns,
        }
    }

    /// The same with other texts in a column.
    pub(crate) fn with(&self, column: &str, text: impl Fn(&str) -> String) -> Self {
        let mut rows = self.clone();
        if let Some(at) = rows.columns.iter().position(|name| name == column) {
            let cells = rows.rows.iter_mut().filter_map(|row| row.get_mut(at));
            cells.for_each(|cell| *cell = cell.as_deref().map(&text));
        }
        rows
    }

    /// A line for every cell that is not null: its column and its text.
    pub(crate) fn to_lines(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            for (column, cell) in self.columns.iter().zip(row) {
                if let Some(cell) = cell {
                    text.push_str(&format!("{column}: {cell}\n"));
                }
            }
        }
        text + &self.masked_note()
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
        grid.to_text() + &self.masked_note()
    }

    /// What is masked and how to see it; empty if nothing is.
    fn masked_note(&self) -> String {
        if self.masked.is_empty() {
            return String::new();
        }
        format!("personal data is masked ({}), --reveal prints it\n", self.masked.join(", "))
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
        text.push_str(&self.masked_note());
        text
    }
}
