//! Long work that can be watched and cancelled.

use crate::RunError;
use crate::support::elapsed::elapsed_ms;
use sluice_api::{ApiError, JobId, JobKind, JobProgress, JobState, JobView, RunRound};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Log lines kept per job.
const LOG_LINES_MAX: usize = 200;
/// Rounds of a run kept per job.
const ROUNDS_MAX: usize = 1_000;

/// A running job. Clones are handles to the same one.
#[derive(Clone)]
pub struct Job {
    inner: Arc<Inner>,
}

struct Inner {
    id: JobId,
    title: String,
    started: Instant,
    cancel: CancellationToken,
    shared: Mutex<Shared>,
}

struct Shared {
    state: JobState,
    progress: Vec<JobProgress>,
    log: Vec<String>,
    rounds: VecDeque<RunRound>,
    rounds_ever: u64,
    ended_ms: Option<u64>,
}

impl Job {
    /// A job that nobody watches.
    #[must_use]
    pub fn new(id: JobId, title: impl Into<String>) -> Self {
        let shared = Shared {
            state: JobState::Running,
            progress: Vec::new(),
            log: Vec::new(),
            rounds: VecDeque::new(),
            rounds_ever: 0,
            ended_ms: None,
        };
        Self {
            inner: Arc::new(Inner {
                id,
                title: title.into(),
                started: Instant::now(),
                cancel: CancellationToken::new(),
                shared: Mutex::new(shared),
            }),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.inner.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.inner.id
    }

    /// Asks it to stop at the end of a batch.
    pub fn cancel(&self) {
        self.inner.cancel.cancel();
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancel.is_cancelled()
    }

    /// An error if it was asked to stop.
    ///
    /// # Errors
    /// [`RunError::Cancelled`].
    pub fn check(&self) -> Result<(), RunError> {
        if self.is_cancelled() { Err(RunError::Cancelled) } else { Ok(()) }
    }

    /// Waits until it is asked to stop.
    pub async fn cancelled(&self) {
        self.inner.cancel.cancelled().await;
    }

    /// Changes the progress of a table.
    pub fn progress(&self, what: &str, change: impl FnOnce(&mut JobProgress)) {
        let mut shared = self.shared();
        if let Some(progress) = shared.progress.iter_mut().find(|progress| progress.what == what) {
            change(progress);
            return;
        }
        let mut progress = JobProgress { what: what.to_owned(), ..JobProgress::default() };
        change(&mut progress);
        shared.progress.push(progress);
    }

    /// Adds a line to its log.
    pub fn log(&self, line: impl Into<String>) {
        let mut shared = self.shared();
        if shared.log.len() >= LOG_LINES_MAX {
            shared.log.remove(0);
        }
        shared.log.push(line.into());
    }

    /// Adds a round of a run and gives it its number; the oldest go once there are many.
    pub(crate) fn add_round(&self, round: RunRound) {
        let mut shared = self.shared();
        shared.rounds_ever += 1;
        let round = RunRound { round: shared.rounds_ever, ..round };
        if shared.rounds.len() >= ROUNDS_MAX {
            shared.rounds.pop_front();
        }
        shared.rounds.push_back(round);
    }

    /// Its rounds with a larger number than `after`, oldest first, and how many there ever were.
    pub(crate) fn rounds(&self, after: u64) -> (Vec<RunRound>, u64) {
        let shared = self.shared();
        (shared.rounds.iter().filter(|round| round.round > after).cloned().collect(), shared.rounds_ever)
    }

    /// Ends it.
    pub fn end(&self, error: Option<ApiError>) {
        let elapsed = self.elapsed_ms();
        let mut shared = self.shared();
        shared.ended_ms = Some(elapsed);
        shared.state = match error {
            None => JobState::Done,
            Some(error) if error.code == sluice_api::ErrorCode::Cancelled => JobState::Cancelled,
            Some(error) => JobState::Failed { error },
        };
    }

    fn elapsed_ms(&self) -> u64 {
        elapsed_ms(self.inner.started)
    }

    /// A snapshot.
    fn view(&self, kind: JobKind) -> JobView {
        let shared = self.shared();
        JobView {
            id: self.inner.id,
            kind,
            title: self.inner.title.clone(),
            state: shared.state.clone(),
            progress: shared.progress.clone(),
            elapsed_ms: shared.ended_ms.unwrap_or_else(|| self.elapsed_ms()),
            log: shared.log.clone(),
        }
    }

    /// Whether it has not ended.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.shared().state, JobState::Running | JobState::Queued)
    }
}

/// Jobs of a host, the last ones that ended included.
#[derive(Clone, Default)]
pub struct JobRegistry {
    jobs: Arc<Mutex<BTreeMap<JobId, (JobKind, Job)>>>,
}

impl JobRegistry {
    /// Ended jobs kept.
    const ENDED_MAX: usize = 20;

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<JobId, (JobKind, Job)>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a job.
    #[must_use]
    pub fn start(&self, id: JobId, kind: JobKind, title: impl Into<String>) -> Job {
        let job = Job::new(id, title);
        let mut jobs = self.jobs();
        let ended: Vec<JobId> = jobs.iter().filter(|(_, (_, job))| !job.is_running()).map(|(id, _)| *id).collect();
        let surplus = ended.len().saturating_sub(Self::ENDED_MAX);
        for id in ended.into_iter().take(surplus) {
            jobs.remove(&id);
        }
        jobs.insert(id, (kind, job.clone()));
        job
    }

    /// The job of that id.
    #[must_use]
    pub fn get(&self, id: JobId) -> Option<Job> {
        self.jobs().get(&id).map(|(_, job)| job.clone())
    }

    /// Snapshots of all, by id. What only looks for the events of a row is over before anybody could read of it, so it is
    /// a job to see only with an index to make.
    #[must_use]
    pub fn views(&self) -> Vec<JobView> {
        let views = self.jobs().values().map(|(kind, job)| job.view(*kind)).collect::<Vec<_>>();
        views.into_iter().filter(|view| view.kind != JobKind::Explain || !view.progress.is_empty()).collect()
    }

    /// The running job that works on `what`.
    #[must_use]
    pub fn working_on(&self, what: &str) -> Option<JobId> {
        let views = self.views();
        let running = |view: &&JobView| matches!(view.state, JobState::Running | JobState::Queued);
        views.iter().filter(running).find(|view| view.progress.iter().any(|p| p.what == what)).map(|view| view.id)
    }
}
