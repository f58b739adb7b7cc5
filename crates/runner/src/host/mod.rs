//! Answers the screens and the command line. Each request has an `impl Answer` in the file of its subject;
//! [`Host::call`] answers one by its type, [`Host::handle`] any [`Request`] with its [`Reply`].

mod adopt;
mod batches;
pub(crate) mod changed_rows;
pub(crate) mod compare;
mod diff;
mod fingerprint;
mod jobs;
mod lag;
mod lake_view;
mod logging;
mod maintain;
pub(crate) mod onboard;
mod publish;
mod quality;
mod replays;
mod results;
mod row_history;
mod runs;
mod session;
mod sources;
mod table_results;
mod table_view;
mod verify;

use crate::{Clock, Job, JobRegistry, RunError};
use futures::future::LocalBoxFuture;
pub use logging::{LogOptions, log_to};
use sluice_api::{Answer, ApiError, Ask, JobId, JobKind, LakeView, PageRequest, Reply, Request, Responder, ask};
use sluice_lake::{Lake, LakeEnvironment, StoreTimes};
use sluice_query::{QueryEngine, QueryOptions};
use std::path::PathBuf;
use std::sync::Arc;
use table_results::Results;
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

/// An engine that may read the lake's files and what is cached of them, and nothing else.
fn open_engine(lake: &Lake) -> Result<QueryEngine, RunError> {
    Ok(QueryEngine::new(QueryOptions { allowed: lake.readable_folders(), ..QueryOptions::default() })?)
}

impl Host {
    /// A host with no lake open yet.
    #[must_use]
    pub fn new(options: HostOptions) -> Self {
        Self { options, open: RwLock::new(None), jobs: JobRegistry::default() }
    }

    /// Answers a request.
    ///
    /// # Errors
    /// That of the request.
    pub async fn call<R: Ask>(&self, request: R) -> Result<R::Reply, ApiError> {
        R::from_reply(self.handle(request.into()).await)
    }

    /// Answers a request from the wire. Never fails: an error is [`Reply::Error`].
    ///
    /// Boxed, so that the code of all answers is compiled here once and not in every program that waits for one.
    pub fn handle(&self, request: Request) -> LocalBoxFuture<'_, Reply> {
        Box::pin(request.answered_by(self))
    }

    /// Rows of a result as an Arrow IPC stream.
    ///
    /// # Errors
    /// When the result is gone or the rows cannot be read.
    pub fn page(&self, page: PageRequest) -> LocalBoxFuture<'_, Result<Vec<u8>, ApiError>> {
        let rows = async move { self.opened().await?.page(page).await };
        Box::pin(async { rows.await.map_err(|error: RunError| error.to_api()) })
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

    /// The lake, for callers that work on it without requests.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn lake(&self) -> Result<Lake, RunError> {
        Ok(self.opened().await?.lake.clone())
    }

    /// The lake's SQL engine, for the same.
    ///
    /// # Errors
    /// When the lake cannot be opened.
    pub async fn engine(&self) -> Result<QueryEngine, RunError> {
        Ok(self.opened().await?.engine.clone())
    }

    /// Runs `work` as a job that can be watched and cancelled by its id, until it ends. `failure` is what the job
    /// failed with although the work has a summary.
    async fn as_job<T>(
        &self,
        id: JobId,
        kind: JobKind,
        title: String,
        failure: impl FnOnce(&T) -> Option<ApiError>,
        work: impl AsyncFnOnce(&Job) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let job = self.jobs.start(id, kind, title);
        let result = work(&job).await;
        job.end(match &result {
            Ok(summary) => failure(summary),
            Err(error) => Some(error.to_api()),
        });
        result
    }
}

impl Responder for Host {
    type Error = RunError;
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        error.to_api()
    }
}

impl Answer<ask::OpenLake> for Host {
    async fn answer(&self, request: ask::OpenLake) -> Result<LakeView, RunError> {
        let url = request
            .url
            .or_else(|| self.options.lake.clone())
            .ok_or_else(|| RunError::input("No lake was named", "Give a folder or an s3:// URL"))?;
        self.open_lake(&url).await?.lake_view(&self.options.clock).await
    }
}
