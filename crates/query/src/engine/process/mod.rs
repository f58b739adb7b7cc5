//! People's SQL in a process of its own.
//!
//! DuckDB looks whether it is to stop, and counts what it takes, between rows and buffers; a single function over one
//! value may take gigabytes or minutes in between. So the SQL of people runs in `sluice sql-worker`: a child that limits
//! its own address space and that is killed when it neither ends nor lets itself be interrupted. Its end is the error
//! of a query, and the next query starts another one. Results stay with the process and pages are pulled from it.
//!
//! `src/worker.rs` is the other side.

mod running;
pub(crate) mod wire;

use crate::engine::options::QueryOptions;
use crate::error::{QueryError, QueryErrorKind};
use crate::files::table_files::TableFiles;
use running::{Answered, Running};
use sluice_api::{JobId, PageRequest, ResultId, ResultView};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wire::{Answer, Call};

/// Ids from here on are results of the process; the engine counts from 1, a host from 2^40.
const FIRST_RESULT: u64 = 1 << 41;
/// How often a call that waits looks whether it is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Time that a cancelled query has to end by itself.
const CANCEL_GRACE: Duration = Duration::from_millis(150);
/// Time that a query which took too long has to end by itself.
const TIMEOUT_GRACE: Duration = Duration::from_secs(2);
/// Time for what no person's text decides: pages and tables.
const OWN_WORK: Duration = Duration::from_secs(600);

/// The process, started when it is first needed.
pub(crate) struct SqlProcess {
    program: PathBuf,
    options: QueryOptions,
    state: Mutex<State>,
    results: Mutex<Results>,
    /// Jobs that run in the process, and since when they are to stop.
    jobs: Mutex<HashMap<JobId, Option<Instant>>>,
}

enum State {
    NotStarted,
    Running(Arc<Running>),
    /// It cannot be started here.
    Impossible,
}

/// Results that the screens hold: in which process, and by which number there.
#[derive(Default)]
struct Results {
    next: u64,
    held: BTreeMap<ResultId, (Arc<Running>, ResultId)>,
}

/// How long a call may take, and who may cancel it.
#[derive(Clone, Copy)]
struct CallLimit {
    limit: Duration,
    job: Option<JobId>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SqlProcess {
    /// The process for an engine; `None` if it has none.
    pub(crate) fn of(options: &QueryOptions) -> Option<Self> {
        let program = options.program.clone()?;
        Some(Self {
            program,
            // The process is not to start another one.
            options: QueryOptions { program: None, ..options.clone() },
            state: Mutex::new(State::NotStarted),
            results: Mutex::default(),
            jobs: Mutex::default(),
        })
    }

    /// Starts it unless it runs.
    pub(crate) fn warm(&self) {
        let _started = self.running();
    }

    /// Runs a query; `None` if there can be no process here.
    pub(crate) fn query(
        &self,
        job: JobId,
        sql: &str,
        tables: Vec<TableFiles>,
    ) -> Result<Option<ResultView>, QueryError> {
        let Some(running) = self.running() else { return Ok(None) };
        let call = Call::Query { job, sql: sql.to_owned(), tables };
        let limits = CallLimit { limit: self.options.query_timeout, job: Some(job) };
        Ok(Some(self.keep(&running, self.ask(&running, call, limits)?)?))
    }

    /// Runs a model; `None` if there can be no process here.
    pub(crate) fn model(&self, job: JobId, sql: &str, tables: Vec<TableFiles>) -> Result<Option<Vec<u8>>, QueryError> {
        let Some(running) = self.running() else { return Ok(None) };
        let call = Call::Model { job, sql: sql.to_owned(), tables };
        let limits = CallLimit { limit: self.options.model_timeout, job: Some(job) };
        Ok(Some(self.ask(&running, call, limits)?.1))
    }

    /// All rows of a table as a result; `None` if there can be no process here.
    pub(crate) fn table_result(&self, table: &TableFiles) -> Result<Option<ResultView>, QueryError> {
        let Some(running) = self.running() else { return Ok(None) };
        let limits = CallLimit { limit: OWN_WORK, job: None };
        let answered = self.ask(&running, Call::TableResult(table.clone()), limits)?;
        Ok(Some(self.keep(&running, answered)?))
    }

    /// Whether a result is one of the process.
    pub(crate) fn holds(&self, result: ResultId) -> bool {
        result.0 >= FIRST_RESULT
    }

    /// A filtered and sorted view of a result of the process.
    pub(crate) fn refine(
        &self,
        result: ResultId,
        filter: Option<&str>,
        order_by: Option<&str>,
    ) -> Result<ResultView, QueryError> {
        let (running, result) = self.held(result)?;
        let call = Call::Refine { result, filter: filter.map(str::to_owned), order_by: order_by.map(str::to_owned) };
        let limits = CallLimit { limit: self.options.query_timeout, job: None };
        self.keep(&running, self.ask(&running, call, limits)?)
    }

    /// A filtered and sorted view of rows of the engine, an Arrow IPC stream, which go to the process for that; `None` if
    /// there can be no process here.
    pub(crate) fn refine_rows(
        &self,
        rows: Vec<u8>,
        filter: Option<&str>,
        order_by: Option<&str>,
    ) -> Result<Option<ResultView>, QueryError> {
        let Some(running) = self.running() else { return Ok(None) };
        let put = self.ask(&running, Call::PutRows(rows), CallLimit { limit: OWN_WORK, job: None })?;
        let base = self.keep(&running, put)?;
        let refined = self.refine(base.id, filter, order_by);
        // The view has what it needs of it.
        self.drop_result(base.id);
        refined.map(Some)
    }

    /// Rows of a result of the process.
    pub(crate) fn page(&self, page: PageRequest) -> Result<Vec<u8>, QueryError> {
        let (running, result) = self.held(page.result)?;
        let limits = CallLimit { limit: OWN_WORK, job: None };
        Ok(self.ask(&running, Call::Page(PageRequest { result, ..page }), limits)?.1)
    }

    /// Frees a result of the process.
    pub(crate) fn drop_result(&self, result: ResultId) {
        let held = locked(&self.results).held.remove(&result);
        if let Some((running, result)) = held {
            // Where the process has ended the result is gone.
            let _gone = running.send(Call::Drop(result));
        }
    }

    /// Stops a job; false if it does not run here. The call that waits for it does the rest.
    pub(crate) fn cancel(&self, job: JobId) -> bool {
        let mut jobs = locked(&self.jobs);
        let Some(since) = jobs.get_mut(&job) else { return false };
        since.get_or_insert_with(Instant::now);
        true
    }

    /// The process; a new one if it has ended. `None` if there can be none.
    fn running(&self) -> Option<Arc<Running>> {
        let mut state = locked(&self.state);
        match &*state {
            State::Impossible => return None,
            State::Running(running) if running.is_alive() => return Some(Arc::clone(running)),
            State::NotStarted | State::Running(_) => {}
        }
        let started = Running::start(&self.program, &self.options).map(Arc::new);
        *state = started.as_ref().map_or(State::Impossible, |running| State::Running(Arc::clone(running)));
        started
    }

    /// Gives a result of the process a number of ours.
    fn keep(&self, running: &Arc<Running>, (answer, _): Answered) -> Result<ResultView, QueryError> {
        let Answer::Result(view) = answer else { return Err(QueryError::internal("A query gave no result")) };
        let mut results = locked(&self.results);
        let id = ResultId(FIRST_RESULT + results.next);
        results.next += 1;
        results.held.insert(id, (Arc::clone(running), view.id));
        Ok(ResultView { id, ..view })
    }

    fn held(&self, result: ResultId) -> Result<(Arc<Running>, ResultId), QueryError> {
        let gone = || QueryError::not_found("This result is no longer held", "Run the query again");
        let mut results = locked(&self.results);
        let (running, id) = results.held.get(&result).cloned().ok_or_else(gone)?;
        if running.is_alive() {
            return Ok((running, id));
        }
        // Its process has ended, and all that it held with it.
        results.held.retain(|_, (running, _)| running.is_alive());
        Err(gone())
    }

    /// Asks and waits, within the limit; beyond it the process ends.
    fn ask(&self, running: &Running, call: Call, limits: CallLimit) -> Result<Answered, QueryError> {
        if let Some(job) = limits.job {
            locked(&self.jobs).insert(job, None);
        }
        let answered = self.wait(running, call, limits);
        if let Some(job) = limits.job {
            locked(&self.jobs).remove(&job);
        }
        match answered? {
            (Answer::Failed(error), _) => {
                if error.kind == QueryErrorKind::Internal {
                    // After an error of its own DuckDB answers nothing any more.
                    running.kill();
                }
                Err(error)
            }
            answered => Ok(answered),
        }
    }

    fn wait(&self, running: &Running, call: Call, limits: CallLimit) -> Result<Answered, QueryError> {
        let started = Instant::now();
        let answer = running.send(call).ok_or_else(ended)?;
        loop {
            match answer.recv_timeout(LOOK_EVERY) {
                Ok(answered) => return Ok(answered),
                Err(RecvTimeoutError::Disconnected) => return Err(ended()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let cancelled = limits.job.and_then(|job| locked(&self.jobs).get(&job).copied().flatten());
            if let (Some(job), Some(since)) = (limits.job, cancelled) {
                if since.elapsed() > CANCEL_GRACE {
                    running.kill();
                    return Err(QueryError::cancelled());
                }
                // Again and again: the query may not have begun.
                let _heard_by_the_query = running.send(Call::Cancel(job));
            }
            if started.elapsed() > limits.limit.saturating_add(TIMEOUT_GRACE) {
                running.kill();
                return Err(QueryError::timed_out(limits.limit));
            }
        }
    }
}

/// The process ended while a call waited.
fn ended() -> QueryError {
    let error = QueryError::out_of_memory();
    let message = "The process of the query ended. Most likely a query needed more memory than it may use";
    QueryError { message: message.to_owned(), ..error }
}
