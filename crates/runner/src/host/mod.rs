//! Answers the screens and the command line: one [`Request`] in, one [`Reply`] out.

mod diff;
mod lake_view;
mod publish;
mod quality;
mod replays;
mod results;
mod row_history;
mod session;
mod table_view;

use crate::{Clock, ContractSet, JobRegistry, RunError};
use results::Results;
use sluice_api::{ApiError, DiffCounts, PageRequest, Reply, Request, RowHistory, TableRef};
use sluice_lake::{Lake, LakeEnvironment, StoreTimes};
use sluice_query::{QueryEngine, QueryOptions};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::RwLock;

/// How a host starts.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// Lake to open when [`Request::OpenLake`] names none.
    pub lake: Option<String>,
    /// Where the screens' session is kept; `None` keeps none.
    pub session_file: Option<PathBuf>,
    /// The time.
    pub clock: Clock,
    /// How long a remote store is waited for.
    pub store: StoreTimes,
}

/// A host. Share it by `Arc`; requests run at the same time.
pub struct Host {
    options: HostOptions,
    open: RwLock<Option<Arc<OpenLake>>>,
    jobs: JobRegistry,
}

/// The lake that is open, with its SQL engine and results.
pub(crate) struct OpenLake {
    pub(crate) lake: Lake,
    pub(crate) engine: QueryEngine,
    pub(crate) results: Results,
}

impl OpenLake {
    /// Opens a lake and an engine that may read its files.
    pub(crate) async fn open(url: &str, store: StoreTimes) -> Result<Self, RunError> {
        let lake = Lake::open_in(url, LakeEnvironment { store, ..LakeEnvironment::default() }).await?;
        let engine = open_engine(&lake)?;
        Ok(Self { lake, engine, results: Results::default() })
    }
}

/// An engine that may read the lake's folder, or the cache for a lake on S3.
fn open_engine(lake: &Lake) -> Result<QueryEngine, RunError> {
    let allowed = match lake.local_root() {
        Some(root) => vec![root.to_path_buf()],
        None => vec![lake.cache_folder()],
    };
    Ok(QueryEngine::new(QueryOptions { allowed, ..QueryOptions::default() })?)
}

impl Host {
    /// A host with no lake open yet.
    #[must_use]
    pub fn new(options: HostOptions) -> Self {
        Self { options, open: RwLock::new(None), jobs: JobRegistry::default() }
    }

    /// Jobs of this host.
    #[must_use]
    pub fn jobs(&self) -> &JobRegistry {
        &self.jobs
    }

    /// Answers a request. Never fails: an error is [`Reply::Error`].
    pub async fn handle(&self, request: Request) -> Reply {
        match self.answer(request).await {
            Ok(reply) => reply,
            Err(error) => Reply::Error(error.to_api()),
        }
    }

    /// Rows of a result as an Arrow IPC stream.
    ///
    /// # Errors
    /// When the result is gone or the rows can not be read.
    pub async fn page(&self, page: PageRequest) -> Result<Vec<u8>, ApiError> {
        let rows = async { self.opened().await?.page(page).await };
        rows.await.map_err(|error| error.to_api())
    }

    /// The open lake; opens the one given at start if none is.
    pub(crate) async fn opened(&self) -> Result<Arc<OpenLake>, RunError> {
        if let Some(open) = self.open.read().await.as_ref() {
            return Ok(Arc::clone(open));
        }
        let Some(url) = self.options.lake.clone() else {
            return Err(RunError::input("No lake is open", "Open a folder or an s3:// URL"));
        };
        // Whoever waits here finds the lake that the first one opened.
        let mut slot = self.open.write().await;
        if let Some(open) = slot.as_ref() {
            return Ok(Arc::clone(open));
        }
        let opened = Arc::new(OpenLake::open(&url, self.options.store).await?);
        *slot = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Opens another lake, or the open one anew.
    async fn open_lake(&self, url: &str) -> Result<Arc<OpenLake>, RunError> {
        let opened = Arc::new(OpenLake::open(url, self.options.store).await?);
        *self.open.write().await = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// The lake, for the command line.
    ///
    /// # Errors
    /// When it can not be opened.
    pub async fn lake(&self) -> Result<Lake, RunError> {
        Ok(self.opened().await?.lake.clone())
    }

    /// The lake's SQL engine, for the command line.
    ///
    /// # Errors
    /// When the lake can not be opened.
    pub async fn engine(&self) -> Result<QueryEngine, RunError> {
        Ok(self.opened().await?.engine.clone())
    }

    /// How much changed between two versions of a table, by the log alone.
    ///
    /// # Errors
    /// When a version can not be read.
    pub async fn diff_counts(&self, table: &TableRef, from: u64, to: u64) -> Result<DiffCounts, RunError> {
        self.opened().await?.diff_counts(table, from, to).await
    }

    /// What happened to the rows of a key, over all versions that can be read; `key` is name and value
    /// as text.
    ///
    /// # Errors
    /// When the table can not be read, or a value is not of its column's type.
    pub async fn row_history(&self, table: &TableRef, key: Vec<(String, String)>) -> Result<RowHistory, RunError> {
        self.opened().await?.row_history(table, key).await
    }

    /// The time.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.options.clock
    }

    async fn answer(&self, request: Request) -> Result<Reply, RunError> {
        match request {
            Request::OpenLake { url } => {
                let url = url
                    .or_else(|| self.options.lake.clone())
                    .ok_or_else(|| RunError::input("No lake was named", "Give a folder or an s3:// URL"))?;
                let open = self.open_lake(&url).await?;
                Ok(Reply::Lake(open.lake_view().await?))
            }
            Request::Jobs => Ok(Reply::Jobs(self.jobs.views())),
            Request::Cancel { job } => {
                let open = self.opened().await?;
                let running = self.jobs.get(job);
                if let Some(running) = &running {
                    running.cancel();
                }
                if !open.engine.cancel(job) && running.is_none() {
                    return Err(RunError::not_found("This job does not run any more", "Look at the list of jobs"));
                }
                Ok(Reply::Done)
            }
            Request::LoadSession => self.load_session().await,
            Request::SaveSession { session } => self.save_session(&session).await,
            Request::FirstFrame { .. } => Ok(Reply::Done),
            Request::StartReplay { job, tables, limits } => self.start_replay(job, tables, limits).await,
            Request::Diff { job, table, from, to } => self.diff(job, &table, from, to).await,
            Request::Replay { table } => self.replay_view(&table).await,
            other => self.opened().await?.answer(other, &self.options.clock).await,
        }
    }
}

impl OpenLake {
    async fn answer(&self, request: Request, clock: &Clock) -> Result<Reply, RunError> {
        Ok(match request {
            Request::Lake => Reply::Lake(self.lake_view().await?),
            Request::Table { table, version } => Reply::Table(self.table_view(&table, version, clock).await?),
            Request::TableRows { table, version } => Reply::Result(self.table_rows(&table, version).await?),
            Request::Query { job, sql } => Reply::Result(self.query(job, sql).await?),
            Request::Refine { result, filter, order_by } => Reply::Result(self.refine(result, filter, order_by).await?),
            Request::DropResult { result } => {
                self.drop_result(result);
                Reply::Done
            }
            Request::InspectSource { source } => {
                let set = ContractSet::draft(&self.lake).await?;
                Reply::Source(crate::onboard::inspect(&self.lake, &source, &set.contracts).await?)
            }
            Request::InferContract { path, name } => {
                Reply::Draft(Box::new(crate::onboard::draft(&self.lake, &self.engine, &path, name).await?))
            }
            Request::CheckContract { yaml } => Reply::ContractCheck(publish::check_contract(&yaml)),
            Request::SaveContract { yaml } => {
                self.save_contract(&yaml).await?;
                Reply::Lake(self.lake_view().await?)
            }
            Request::DiffFirst { table, from, to, rows } => {
                Reply::Diff(self.diff_first(&table, from, to, rows as usize).await?)
            }
            Request::Quality { table } => Reply::Quality(self.quality(&table).await?),
            Request::FailingRows { table, check } => Reply::Result(self.failing_rows(&table, check).await?),
            Request::PublishPlan => Reply::PublishPlan(self.publish_plan().await?),
            Request::Publish { release, base, note } => {
                Reply::Published(self.publish(release, base, &note, clock).await?)
            }
            Request::Page { .. } => {
                return Err(RunError::input("A page is asked for by its own call", "Use the call for pages"));
            }
            Request::OpenLake { .. }
            | Request::Jobs
            | Request::Cancel { .. }
            | Request::LoadSession
            | Request::SaveSession { .. }
            | Request::FirstFrame { .. }
            | Request::StartReplay { .. }
            | Request::Diff { .. }
            | Request::Replay { .. } => Reply::Done,
        })
    }
}
