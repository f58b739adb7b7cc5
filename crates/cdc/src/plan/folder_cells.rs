//! Cells of columns that are taken from the folders of files (`schema.from_folder`).

use crate::folder_values::{FolderValue, folder_value};
use crate::value::reading::Reading;
use sluice_change::{Cell, CellError, ReasonCode, RowRef, SourceFile, parse_cell};
use sluice_contract::{Column, ColumnType, Contract};

/// What the folders of each file say of columns.
#[derive(Default)]
pub(crate) struct FolderCells {
    /// Per file: positions of columns with their cells.
    files: Vec<Vec<FolderCell>>,
}

struct FolderCell {
    position: usize,
    cell: Result<Cell<'static>, CellError>,
    /// Its text where rows are ordered by it, as a record would have it.
    order: Option<String>,
}

impl FolderCells {
    /// Those of these files.
    pub(crate) fn of(contract: &Contract, reading: &Reading, files: &[SourceFile]) -> Self {
        let columns: Vec<(usize, &Column, &str)> = contract
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.unread)
            .filter_map(|(position, column)| Some((position, column, column.from_folder.as_deref()?)))
            .collect();
        if columns.is_empty() {
            return Self::default();
        }
        let of_file = |file: &SourceFile| {
            let cells = columns.iter().filter_map(|(position, column, key)| {
                let value = folder_value(&file.path, key);
                let cell = cell(column, reading, value.clone())?;
                let order = order_text(column, &cell, value);
                Some(FolderCell { position: *position, cell, order })
            });
            cells.collect()
        };
        Self { files: files.iter().map(of_file).collect() }
    }

    /// What the folders of a record's file say of a column; `None` if they say nothing.
    pub(crate) fn get(&self, at: RowRef, position: usize) -> Option<&Result<Cell<'static>, CellError>> {
        self.of_column(at, position).map(|folder| &folder.cell)
    }

    /// The text of a column by which rows are ordered; `None` if folders say nothing of it.
    pub(crate) fn order(&self, at: RowRef, position: usize) -> Option<&str> {
        self.of_column(at, position)?.order.as_deref()
    }

    fn of_column(&self, at: RowRef, position: usize) -> Option<&FolderCell> {
        // Asked for every value of every row, and most tables have none.
        if self.files.is_empty() {
            return None;
        }
        self.files.get(usize::try_from(at.file).ok()?)?.iter().find(|folder| folder.position == position)
    }
}

/// The cell of a column; `None` if there is no such folder.
fn cell(column: &Column, reading: &Reading, value: FolderValue) -> Option<Result<Cell<'static>, CellError>> {
    let text = match value {
        FolderValue::Missing => return None,
        FolderValue::Null => return Some(Ok(Cell::Null)),
        FolderValue::Unclear(why) => {
            return Some(Err(CellError { reason: ReasonCode::IncompatibleChange, detail: why.to_owned() }));
        }
        FolderValue::Text(text) => text,
    };
    // Numbers are written with a point, whatever the records have. A time without a zone is of the zone of the source.
    let cell = match column.data_type {
        ColumnType::Timestamp | ColumnType::TimestampNtz | ColumnType::Date | ColumnType::Time => {
            reading.cell(&column.data_type, column.unit, &text)
        }
        _ => parse_cell(&column.data_type, &text),
    };
    let of_folder = |error: CellError| {
        let key = column.from_folder.as_deref().unwrap_or(&column.name);
        CellError { detail: format!("{}, of the folder {key}= of the file", error.detail), ..error }
    };
    Some(cell.map(Cell::into_owned).map_err(of_folder))
}

fn order_text(column: &Column, cell: &Result<Cell<'static>, CellError>, value: FolderValue) -> Option<String> {
    match (&column.data_type, cell, value) {
        (ColumnType::Timestamp, Ok(Cell::Int(micros)), _) => Some(micros.to_string()),
        (ColumnType::TimestampNtz, Ok(Cell::Int(micros)), _) if column.unit.is_some() => Some(micros.to_string()),
        (_, Ok(_), FolderValue::Text(text)) => Some(text).filter(|text| !text.is_empty()),
        _ => None,
    }
}
