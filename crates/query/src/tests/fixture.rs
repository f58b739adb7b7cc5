//! A folder with Parquet files, and an engine over it.

use crate::{QueryEngine, QueryOptions, TableFile, TableFiles};
use duckdb::arrow::array::Array;
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::arrow::util::display::array_value_to_string;
use sluice_api::{PageRequest, ResultId, ResultView};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A lake and its engine.
pub(super) struct Lake {
    pub(super) dir: TempDir,
    pub(super) engine: QueryEngine,
    writer: duckdb::Connection,
}

impl Lake {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("lake")).unwrap();
        std::fs::create_dir(dir.path().join("tmp")).unwrap();
        let options = QueryOptions {
            allowed: vec![dir.path().join("lake")],
            temp_dir: Some(dir.path().join("tmp")),
            ..QueryOptions::default()
        };
        let engine = QueryEngine::new(options).unwrap();
        let writer = duckdb::Connection::open_in_memory().unwrap();
        writer.execute_batch("SET TimeZone = 'UTC'").unwrap();
        Self { dir, engine, writer }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("lake")
    }

    /// Writes the rows of `select` as a Parquet file.
    pub(super) fn file(&self, name: &str, select: &str) -> TableFile {
        let path = self.path().join(name);
        let sql = format!("COPY ({select}) TO '{}' (FORMAT parquet)", text(&path).replace('\'', "''"));
        self.writer.execute_batch(&sql).unwrap();
        TableFile::whole(path)
    }

    /// Defines one table.
    pub(super) fn table(&self, name: &str, columns: &[(&str, &str)], files: &[TableFile]) -> TableFiles {
        let table = TableFiles { table: name.parse().unwrap(), columns: owned(columns), files: files.to_vec() };
        self.engine.set_tables(std::slice::from_ref(&table)).unwrap();
        table
    }

    /// All rows of a query as text.
    pub(super) fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let view = self.engine.query(sluice_api::JobId(1), sql).unwrap();
        self.all(&view)
    }

    /// The first thousand rows of a result.
    pub(super) fn all(&self, view: &ResultView) -> Vec<Vec<String>> {
        self.page(view.id, 0, 1_000)
    }

    pub(super) fn page(&self, result: ResultId, first_row: u64, rows: u32) -> Vec<Vec<String>> {
        cells(&self.batch(result, first_row, rows))
    }

    pub(super) fn batch(&self, result: ResultId, first_row: u64, rows: u32) -> RecordBatch {
        let bytes = self.engine.page(PageRequest { result, first_row, rows }).unwrap();
        let (_, batches) = crate::engine::ipc::read(&bytes).unwrap();
        assert_eq!(batches.len(), 1, "a page is one batch");
        batches[0].clone()
    }
}

pub(super) fn owned(columns: &[(&str, &str)]) -> Vec<(String, String)> {
    columns.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())).collect()
}

pub(super) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

pub(super) fn cells(batch: &RecordBatch) -> Vec<Vec<String>> {
    (0..batch.num_rows())
        .map(|row| {
            batch
                .columns()
                .iter()
                .map(
                    |column| {
                        if column.is_null(row) {
                            "null".to_owned()
                        } else {
                            array_value_to_string(column, row).unwrap()
                        }
                    },
                )
                .collect()
        })
        .collect()
}
