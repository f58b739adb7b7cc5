//! Answers the screens and the command line. Each request has an `impl Answer` in the file of its subject;
//! [`Host::call`] answers one by its type, [`Host::handle`] any [`Request`] with its [`Reply`].

mod adopt;
mod adoption;
mod batch_decisions;
mod batches;
mod bisect;
pub(crate) mod change_tables;
mod changed_rows;
pub(crate) mod compare;
mod demo;
mod diff;
mod diff_sides;
mod doctor;
mod draft_folder;
mod drafts;
mod explain;
mod export;
mod exported_tables;
mod fingerprint;
mod holding_decisions;
mod impact;
mod incident;
mod jobs;
mod known_contracts;
mod known_definitions;
mod known_tests;
mod lag;
mod lake_doctor;
mod lake_tests;
mod lake_view;
mod logging;
mod maintain;
pub(crate) mod onboard;
mod personal;
mod personal_results;
mod plan_files;
mod publish;
mod publish_beside;
mod publish_preview;
mod publish_records;
mod publish_sandbox;
mod quality;
mod quarantine;
mod queries;
mod rebuild_time;
mod reconcile;
mod record_decisions;
mod release_side;
mod releases;
mod replays;
mod results;
mod row_history;
mod runs;
mod sandboxes;
mod saved_tests;
mod session;
mod source_changes;
mod source_tables;
mod sources;
mod table_names;
mod table_results;
mod table_view;
mod trace;
mod trace_words;
mod verify;

use crate::support::blocking::blocking;
use crate::support::program::sluice_program;
use crate::support::table_content::KnownFingerprints;
use crate::{Clock, Job, JobRegistry, RunError};
use futures::future::LocalBoxFuture;
use known_contracts::KnownContracts;
use known_definitions::KnownDefinitions;
use known_tests::KnownTests;
pub use logging::{LogOptions, log_to};
use personal_results::PersonalResults;
use sluice_api::{
    Answer, ApiError, Ask, DEMO_LAKE, JobId, JobKind, LakeView, PageRequest, Reply, Request, Responder, ask,
};
use sluice_lake::{Lake, LakeEnvironment, Secrets, StoreTimes};
use sluice_query::{QueryEngine, QueryOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use table_results::Results;
use tokio::sync::RwLock;

/// What opening does where no lake is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingLake {
    /// [`sluice_lake::LakeError::NoLake`]: the address may be mistyped.
    #[default]
    Refuse,
    /// A new lake.
    Create,
}

/// How a host starts.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// Lake to open when [`Request::OpenLake`] names none.
    pub lake: Option<String>,
    /// Sandbox of that lake to work in instead.
    pub sandbox: Option<String>,
    /// Where the screens' session is kept; `None` keeps none.
    pub session_file: Option<PathBuf>,
    /// Where [`sluice_api::DEMO_LAKE`] is kept; `None` for the folder of the user's data.
    pub demo_folder: Option<PathBuf>,
    /// The time.
    pub clock: Clock,
    /// How long a remote store is waited for.
    pub store: StoreTimes,
    /// Where the keys of keyed hashes are.
    pub secrets: Secrets,
    /// What opening does where no lake is.
    pub missing_lake: MissingLake,
    /// Time that a person's query may take; `None` for the usual one.
    pub query_timeout: Option<Duration>,
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
    pub(crate) personal: PersonalResults,
    pub(crate) contracts: KnownContracts,
    pub(crate) definitions: KnownDefinitions,
    pub(crate) fingerprints: KnownFingerprints,
    pub(crate) tested: KnownTests,
}

impl OpenLake {
    /// Opens a lake and an engine that may read its files.
    pub(crate) async fn open(url: &str, options: &HostOptions) -> Result<Self, RunError> {
        let (store, secrets) = (options.store, options.secrets.clone());
        let environment = LakeEnvironment { store, secrets, ..LakeEnvironment::default() };
        let lake = match options.missing_lake {
            MissingLake::Refuse => Lake::open_existing(url, environment).await?,
            MissingLake::Create => Lake::open_in(url, environment).await?,
        };
        Self::over(lake, options.query_timeout)
    }

    /// An open lake with an engine that may read its files.
    pub(crate) fn over(lake: Lake, query_timeout: Option<Duration>) -> Result<Self, RunError> {
        let engine = open_engine(&lake, query_timeout)?;
        Ok(Self {
            lake,
            engine,
            results: Results::default(),
            personal: PersonalResults::default(),
            contracts: KnownContracts::default(),
            definitions: KnownDefinitions::default(),
            fingerprints: KnownFingerprints::default(),
            tested: KnownTests::default(),
        })
    }
}

/// An engine that may read the lake's files and what is cached of them, and has a process for people's SQL.
fn open_engine(lake: &Lake, query_timeout: Option<Duration>) -> Result<QueryEngine, RunError> {
    let allowed = lake.readable_folders();
    let options = QueryOptions { allowed, program: sluice_program(), ..QueryOptions::default() };
    let query_timeout = query_timeout.unwrap_or(options.query_timeout);
    Ok(QueryEngine::new(QueryOptions { query_timeout, ..options })?)
}

impl Host {
    /// A host with no lake open yet.
    #[must_use]
    pub fn new(options: HostOptions) -> Self {
        Self { options, open: RwLock::new(None), jobs: JobRegistry::default() }
    }

    /// A host on a lake that is open already, for example over a store that injects faults.
    ///
    /// # Errors
    /// When the SQL engine does not start.
    pub fn on_lake(lake: Lake, options: HostOptions) -> Result<Self, RunError> {
        let open = OpenLake::over(lake, options.query_timeout)?;
        Ok(Self { open: RwLock::new(Some(Arc::new(open))), ..Self::new(options) })
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
            return Err(RunError::NoLake);
        };
        let url = self.place_of(url).await?;
        let url = self.sandbox_of(url).await?;
        // Whoever waits here finds the lake that the first one opened.
        let mut slot = self.open.write().await;
        if let Some(open) = slot.as_ref() {
            return Ok(Arc::clone(open));
        }
        let opened = Arc::new(OpenLake::open(&url, &self.options).await?);
        *slot = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// The address of a request, or the one given at start.
    fn named(&self, url: Option<String>) -> Result<String, RunError> {
        url.or_else(|| self.options.lake.clone()).ok_or(RunError::NoLake)
    }

    /// Where the sandbox is that was named at start; the lake's own address without one.
    async fn sandbox_of(&self, url: String) -> Result<String, RunError> {
        let Some(name) = &self.options.sandbox else { return Ok(url) };
        let environment = LakeEnvironment { store: self.options.store, ..LakeEnvironment::default() };
        let lake = Lake::open_existing(&url, environment).await?;
        let lake = lake.base().unwrap_or(&lake);
        Ok(lake.sandbox_named(name).await?.place)
    }

    /// Where a lake is; the demo is made if this machine does not have it yet.
    async fn place_of(&self, url: String) -> Result<String, RunError> {
        if url != DEMO_LAKE {
            return Ok(url);
        }
        let folder = self.options.demo_folder.clone().or_else(demo::default_folder);
        let folder = folder.ok_or_else(|| {
            RunError::input("There is no folder for the demo lake", "Set XDG_DATA_HOME or HOME to a folder of yours")
        })?;
        let place = folder.display().to_string();
        blocking(move || demo::make(&folder)).await?;
        Ok(place)
    }

    /// Opens another lake, or the open one anew.
    async fn open_lake(&self, url: String) -> Result<Arc<OpenLake>, RunError> {
        let url = self.place_of(url).await?;
        let opened = Arc::new(OpenLake::open(&url, &self.options).await?);
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

impl Answer<ask::InitLake> for Host {
    async fn answer(&self, request: ask::InitLake) -> Result<(), RunError> {
        Ok(Lake::make(&self.named(request.url)?, self.options.store).await?)
    }
}

impl Answer<ask::OpenLake> for Host {
    async fn answer(&self, request: ask::OpenLake) -> Result<LakeView, RunError> {
        let url = self.named(request.url)?;
        if request.create {
            Lake::make(&url, self.options.store).await?;
        }
        let opened = self.open_lake(url).await?;
        // While a person looks at the tree.
        opened.engine.warm();
        opened.lake_view(&self.options.clock).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Host, HostOptions};
    use sluice_api::{ErrorCode, ask};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_wrong_path_is_no_new_lake() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("shopp");
        let url = Some(nowhere.display().to_string());
        let host = Host::new(HostOptions::default());
        let none = host.call(ask::OpenLake { url: None, create: false }).await.unwrap_err();
        assert_eq!(none.code, ErrorCode::NoLake, "{none}");
        let wrong = host.call(ask::OpenLake { url: url.clone(), create: false }).await.unwrap_err();
        assert_eq!(wrong.code, ErrorCode::NotFound, "{wrong}");
        assert!(!nowhere.exists(), "nothing is made by asking");
        let made = host.call(ask::OpenLake { url: url.clone(), create: true }).await.unwrap();
        assert!(nowhere.is_dir() && made.tables.is_empty());
        // The command line names its lake at start.
        let of_command =
            Host::new(HostOptions { lake: Some(format!("{}x", nowhere.display())), ..HostOptions::default() });
        assert_eq!(of_command.call(ask::Lake {}).await.unwrap_err().code, ErrorCode::NotFound);
    }
}
