//! A data file of rows that are built while it is encoded.

use super::data_files::TAG_NEWEST;
use crate::RunError;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use sluice_change::EventSeq;
use sluice_engine::KeyEncoder;
use sluice_lake::{DeltaStore, NewFile, ROW_GROUP_ROWS};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// What a data file is to have besides its rows.
pub(crate) struct RowFile {
    pub(crate) schema: SchemaRef,
    /// No row is newer, if it is known.
    pub(crate) newest: Option<EventSeq>,
    /// Columns whose smallest and largest value the log does not get: personal data.
    pub(crate) hidden: BTreeSet<String>,
    /// For its key run, if its keys are known to be looked up soon.
    pub(crate) index: Option<KeyEncoder>,
}

impl RowFile {
    /// Writes the rows of a range, one row group at a time.
    pub(crate) async fn write(
        self,
        store: &DeltaStore,
        range: Range<usize>,
        build: impl Fn(Range<usize>) -> Result<RecordBatch, RunError> + Send + 'static,
    ) -> Result<NewFile, RunError> {
        let hashes: Arc<Mutex<Vec<u128>>> = Arc::default();
        let Self { schema, newest, hidden, index } = self;
        let (of_file, indexed) = (Arc::clone(&hashes), index.is_some());
        let end = range.end;
        let parts = range.step_by(ROW_GROUP_ROWS).map(move |first| {
            let part = build(first..end.min(first + ROW_GROUP_ROWS))?;
            if let Some(encoder) = &index {
                let of_part = encoder.hashes(&part)?;
                of_file.lock().unwrap_or_else(PoisonError::into_inner).extend(of_part);
            }
            Ok::<_, RunError>(part)
        });
        let file = store.writer().write_rows(schema, parts).await?;
        let mut file = file.without_bounds(|column| hidden.contains(column));
        if let Some(newest) = newest {
            file.tags.insert(TAG_NEWEST.to_owned(), newest.to_string());
        }
        if indexed {
            let hashes = std::mem::take(&mut *hashes.lock().unwrap_or_else(PoisonError::into_inner));
            store.cached().index_new_file(&file, hashes).await?;
        }
        Ok(file)
    }
}
