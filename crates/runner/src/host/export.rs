//! The rows of a result as a file of the person's.

use super::personal::is_personal;
use super::{Host, OpenLake};
use crate::RunError;
use crate::support::arrow_ipc::read_ipc;
use crate::support::column_texts::ColumnTexts;
use crate::support::rows_file::RowsFile;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use sluice_api::{Answer, ExportedFile, PageRequest, ResultId, ask, masked};
use sluice_contract::limits::PAGE_ROWS_MAX;
use sluice_query::PersonalColumns;
use std::path::PathBuf;
use std::sync::Arc;

impl Answer<ask::ExportResult> for Host {
    async fn answer(&self, request: ask::ExportResult) -> Result<ExportedFile, RunError> {
        let ask::ExportResult { result, file, reveal } = request;
        self.opened().await?.export(result, &file, reveal).await
    }
}

impl OpenLake {
    async fn export(&self, result: ResultId, file: &str, reveal: bool) -> Result<ExportedFile, RunError> {
        let path = from_home(file);
        let personal = if reveal { PersonalColumns::default() } else { self.personal.get(result) };
        let mut first_row = 0;
        let mut writing: Option<RowsFile> = None;
        let mut hidden = Vec::new();
        loop {
            let page = self.page(PageRequest { result, first_row, rows: PAGE_ROWS_MAX }).await?;
            let mut rows = 0;
            for batch in read_ipc(&page)? {
                let batch = as_shown(&batch, &personal, &mut hidden)?;
                rows += batch.num_rows() as u64;
                let out = match &mut writing {
                    Some(out) => out,
                    none => none.insert(RowsFile::begin(&path, &batch.schema())?),
                };
                out.write(&batch)?;
            }
            first_row += rows;
            if rows < u64::from(PAGE_ROWS_MAX) {
                break;
            }
        }
        let writing = writing.ok_or_else(|| RunError::Internal("a result without columns".to_owned()))?;
        let (path, bytes) = writing.finish()?;
        Ok(ExportedFile { file: path.display().to_string(), rows: first_row, bytes, masked: hidden })
    }
}

/// A path as people write it: `~` is their home.
pub(super) fn from_home(file: &str) -> PathBuf {
    let file = file.trim();
    match (file.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(file),
    }
}

/// The rows with the values of personal columns masked, and the names of these.
fn as_shown(rows: &RecordBatch, personal: &PersonalColumns, hidden: &mut Vec<String>) -> Result<RecordBatch, RunError> {
    hidden.clear();
    let schema = rows.schema();
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in schema.fields().iter().zip(rows.columns()) {
        if !is_personal(personal, field.name()) {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
            continue;
        }
        let texts = ColumnTexts::of(column)?;
        let texts = (0..rows.num_rows()).map(|row| texts.text(row).map(|text| masked(&text)));
        columns.push(Arc::new(StringArray::from_iter(texts)));
        fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
        hidden.push(field.name().clone());
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
