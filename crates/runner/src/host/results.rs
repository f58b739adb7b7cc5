//! Results: of SQL in the engine, of whole tables straight from their files.

use super::diff_sides::version_at;
use super::table_results::TableResult;
use super::{Host, OpenLake};
use crate::RunError;
use crate::support::arrow_ipc::to_ipc;
use crate::support::blocking::blocking;
use crate::support::column_types::column_types;
use crate::support::elapsed::elapsed_ms;
use crate::support::local_tables::{table_files, version_files};
use crate::support::places::location;
use crate::support::time_text::time_ms;
use sluice_api::{Answer, JobId, Layer, PageRequest, ResultColumn, ResultId, ResultView, TableRef, ask};
use sluice_contract::{ColumnType, limits};
use sluice_lake::{DeltaStore, Snapshot};
use sluice_query::{PastAt, PastTable, PersonalColumns, TableFiles};
use std::time::Instant;

/// Tables that a statement reads as they were.
pub(super) struct PastTables {
    /// Each with its version and the files of that.
    pub(super) read: Vec<(PastTable, u64, TableFiles)>,
    /// Columns of which nobody knows whether they are personal.
    pub(super) unknown: PersonalColumns,
}

impl Answer<ask::TableRows> for Host {
    async fn answer(&self, request: ask::TableRows) -> Result<ResultView, RunError> {
        self.opened().await?.table_rows(&request.table, request.version).await
    }
}

impl Answer<ask::Query> for Host {
    async fn answer(&self, request: ask::Query) -> Result<ResultView, RunError> {
        self.opened().await?.query(request.job, request.sql).await
    }
}

impl Answer<ask::Refine> for Host {
    async fn answer(&self, request: ask::Refine) -> Result<ResultView, RunError> {
        let ask::Refine { result, filter, order_by } = request;
        self.opened().await?.refine(result, filter, order_by).await
    }
}

impl Answer<ask::DropResult> for Host {
    async fn answer(&self, request: ask::DropResult) -> Result<(), RunError> {
        self.opened().await?.drop_result(request.result);
        Ok(())
    }
}

impl OpenLake {
    /// A version of a table as a result; nothing is read before its first page.
    pub(crate) async fn table_rows(&self, table: &TableRef, version: Option<u64>) -> Result<ResultView, RunError> {
        let started = Instant::now();
        let (store, snapshot) = self.snapshot(table, version).await?;
        let columns = column_types(&snapshot).into_iter().map(|(name, data_type)| result_column(name, data_type));
        let (columns, rows) = (columns.collect(), snapshot.rows());
        let personal = self.personal_of(table).await?.joined(&self.forgotten_columns(table, &store, &snapshot).await?);
        let id = self.results.add(TableResult { table: table.clone(), store, snapshot });
        Ok(self.marked(ResultView { id, columns, rows, elapsed_ms: elapsed_ms(started) }, personal))
    }

    /// A version of a table that has to exist; the lake names a version that does not.
    pub(crate) async fn snapshot(
        &self,
        table: &TableRef,
        version: Option<u64>,
    ) -> Result<(DeltaStore, Snapshot), RunError> {
        let store = self.lake.table(location(table));
        match store.snapshot(version).await? {
            Some(snapshot) => Ok((store, snapshot)),
            None => Err(RunError::not_found(
                format!("{table} does not exist yet"),
                match table.layer {
                    Layer::Gold => "Replay, gold is built at its end".to_owned(),
                    Layer::Bronze | Layer::Silver => format!("Replay it with `sluice replay --table {}`", table.name),
                },
            )),
        }
    }

    /// Runs SQL over the latest versions of the tables it names.
    pub(crate) async fn query(&self, job: JobId, sql: String) -> Result<ResultView, RunError> {
        // The process starts while the logs of the tables are read.
        self.engine.warm();
        let (engine, text) = (self.engine.clone(), sql.clone());
        let named = blocking(move || Ok(engine.past_tables(&text)?)).await?;
        let latest = async |table: &TableRef| Ok(self.snapshot(table, None).await?.1.version);
        let PastTables { read, unknown } = self.versions_read(named, latest).await?;
        let personal = self.personal_in_sql(&sql, &unknown).await?;
        let engine = self.engine.clone();
        let sql = blocking(move || Ok(engine.with_past_tables(&sql, read)?)).await?;
        self.define_tables(&sql).await?;
        let engine = self.engine.clone();
        let view = blocking(move || Ok(engine.query(job, &sql)?)).await?;
        Ok(self.marked(view, personal))
    }

    /// Tables of a statement with the files of the versions that it reads; `now`: the version of one of which the
    /// statement says none.
    pub(super) async fn versions_read(
        &self,
        named: Vec<PastTable>,
        now: impl AsyncFn(&TableRef) -> Result<u64, RunError>,
    ) -> Result<PastTables, RunError> {
        let mut tables = PastTables { read: Vec::with_capacity(named.len()), unknown: PersonalColumns::default() };
        for past in named {
            let table = past.table.clone();
            let version = match &past.at {
                PastAt::Version(version) => *version,
                PastAt::Now => now(&table).await?,
                PastAt::Time(text) => {
                    let at = time_ms(text).ok_or_else(|| {
                        let next = "Write for example AT (TIMESTAMP => '2026-11-01 08:00:00'), which is UTC";
                        RunError::input(format!("`{text}` behind AT of {table} is no time"), next)
                    })?;
                    version_at(&self.lake.table(location(&table)), &table, at).await?
                }
            };
            let (store, snapshot) = self.snapshot(&table, Some(version)).await?;
            tables.unknown.extend(self.forgotten_columns(&table, &store, &snapshot).await?);
            let files = version_files(&store, &table, &snapshot).await?;
            tables.read.push((past, version, files));
        }
        Ok(tables)
    }

    /// Defines the views that `sql` reads.
    pub(crate) async fn define_tables(&self, sql: &str) -> Result<(), RunError> {
        let mut tables = Vec::new();
        for table in self.engine.tables_in(sql) {
            if let Some((_, files)) = table_files(&self.lake, &table).await? {
                tables.push(files);
            }
        }
        let engine = self.engine.clone();
        blocking(move || Ok(engine.set_tables(&tables)?)).await
    }

    /// A filtered and sorted view of a result.
    pub(crate) async fn refine(
        &self,
        result: ResultId,
        filter: Option<String>,
        order_by: Option<String>,
    ) -> Result<ResultView, RunError> {
        let base = match self.results.get(result) {
            Some(table) => self.table_in_engine(&table).await?,
            None => result,
        };
        let engine = self.engine.clone();
        let view = blocking(move || Ok(engine.refine(base, filter.as_deref(), order_by.as_deref())?)).await?;
        Ok(self.marked_like(view, result))
    }

    /// A table version as a result of the engine.
    async fn table_in_engine(&self, result: &TableResult) -> Result<ResultId, RunError> {
        let files = version_files(&result.store, &result.table, &result.snapshot).await?;
        let engine = self.engine.clone();
        blocking(move || Ok(engine.table_result(&files)?.id)).await
    }

    /// One page as an Arrow IPC stream.
    pub(crate) async fn page(&self, page: PageRequest) -> Result<Vec<u8>, RunError> {
        let rows = page.rows.min(limits::PAGE_ROWS_MAX);
        if let Some(table) = self.results.get(page.result) {
            let batch = table.store.read_range(&table.snapshot, page.first_row, rows as usize).await?;
            return to_ipc(&batch);
        }
        let engine = self.engine.clone();
        blocking(move || Ok(engine.page(PageRequest { rows, ..page })?)).await
    }

    pub(crate) fn drop_result(&self, result: ResultId) {
        self.personal.remove(result);
        if !self.results.remove(result) {
            self.engine.drop_result(result);
        }
    }
}

/// A column of a result.
pub(crate) fn result_column(name: String, data_type: String) -> ResultColumn {
    // Numeric columns are stored as text, so only types that sort as numbers stand right.
    let numeric = data_type.parse::<ColumnType>().is_ok_and(|data_type| data_type.is_numeric());
    ResultColumn { name, data_type, numeric, pii: false }
}
