//! One page of a result.

use super::cell_text;
use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use sluice_api::{ApiError, ErrorCode};
use std::io::Cursor;

/// Text of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellText {
    /// What to show; `∅` for null.
    pub text: String,
    /// The value is null.
    pub is_null: bool,
}

/// Decoded rows.
pub struct Page {
    batch: RecordBatch,
    bytes: usize,
}

impl Page {
    /// Decodes an Arrow IPC stream with one record batch.
    ///
    /// # Errors
    /// When the bytes are not such a stream.
    pub fn decode(bytes: &[u8]) -> Result<Self, ApiError> {
        let wrong = |_| {
            ApiError::new(
                ErrorCode::Internal,
                "A page of rows could not be decoded",
                "The table is unchanged. Open it again, and report this if it happens again",
            )
        };
        let mut reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(wrong)?;
        let batch = match reader.next() {
            Some(batch) => batch.map_err(wrong)?,
            None => RecordBatch::new_empty(reader.schema()),
        };
        let bytes = batch.get_array_memory_size();
        Ok(Self { batch, bytes })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.batch.num_columns()
    }

    /// Memory it holds, bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Text of a cell.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> CellText {
        match self.batch.columns().get(column) {
            Some(array) if row < array.len() => match cell_text(array, row) {
                Some(text) => CellText { text, is_null: false },
                None => CellText { text: "∅".to_owned(), is_null: true },
            },
            _ => CellText { text: "…".to_owned(), is_null: false },
        }
    }
}

impl CellText {
    /// A value.
    #[must_use]
    pub fn value(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_null: false }
    }
}
