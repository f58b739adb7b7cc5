//! Queries under way: how far they are, and how to stop them.

use crate::error::QueryError;
use duckdb::{Connection, InterruptHandle, ProgressHandle};
use sluice_api::JobId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often an interrupt is repeated until the query has ended: one that comes before DuckDB has
/// begun is forgotten by it.
const INTERRUPT_EVERY: Duration = Duration::from_millis(20);

struct Running {
    interrupt: Arc<InterruptHandle>,
    progress: ProgressHandle,
    cancelled: AtomicBool,
    ended: AtomicBool,
}

/// Queries under way.
#[derive(Default)]
pub(crate) struct Jobs {
    running: Mutex<HashMap<JobId, Arc<Running>>>,
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on `conn` as `job`, no longer than `limit`. An error after a cancel is [`QueryError::cancelled`],
    /// one after the limit [`QueryError::timed_out`].
    pub(crate) fn run<T>(
        &self,
        job: JobId,
        conn: &Connection,
        limit: Duration,
        work: impl FnOnce() -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        let running = Arc::new(Running {
            interrupt: conn.interrupt_handle(),
            progress: conn.progress_handle(),
            cancelled: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        self.lock().insert(job, Arc::clone(&running));
        let result = within(conn, limit, work);
        running.ended.store(true, Ordering::Release);
        let mut all = self.lock();
        if all.get(&job).is_some_and(|current| Arc::ptr_eq(current, &running)) {
            all.remove(&job);
        }
        drop(all);
        if running.cancelled.load(Ordering::Acquire) { Err(QueryError::cancelled()) } else { result }
    }

    /// Share done, if DuckDB can tell.
    pub(crate) fn progress(&self, job: JobId) -> Option<f64> {
        let running = self.lock().get(&job).cloned()?;
        running.progress.query_progress().percentage().map(|percent| (percent / 100.0).clamp(0.0, 1.0))
    }

    /// Stops a job; false if it is not running.
    pub(crate) fn cancel(&self, job: JobId) -> bool {
        let Some(running) = self.lock().get(&job).cloned() else { return false };
        running.cancelled.store(true, Ordering::Release);
        running.interrupt.interrupt();
        // The thread ends with the query; an engine runs one connection per job, so that no other
        // query can be hit.
        std::thread::spawn(move || {
            while !running.ended.load(Ordering::Acquire) {
                std::thread::sleep(INTERRUPT_EVERY);
                running.interrupt.interrupt();
            }
        });
        true
    }
}

/// Runs `work` on `conn`, no longer than `limit`: then every statement of the connection is interrupted until the work
/// gives up, and its error is [`QueryError::timed_out`]. A result that comes at that moment counts.
pub(crate) fn within<T>(
    conn: &Connection,
    limit: Duration,
    work: impl FnOnce() -> Result<T, QueryError>,
) -> Result<T, QueryError> {
    let interrupt = conn.interrupt_handle();
    let (done, waiting) = channel::<()>();
    let watch = std::thread::spawn(move || {
        let mut late = false;
        let mut wait = limit;
        while waiting.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            late = true;
            wait = INTERRUPT_EVERY;
            interrupt.interrupt();
        }
        late
    });
    let result = work();
    drop(done);
    let late = watch.join().unwrap_or(false);
    match result {
        Err(_) if late => Err(QueryError::timed_out(limit)),
        result => result,
    }
}
