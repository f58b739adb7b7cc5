//! Progress bars for long work, and what ends it early.

use crate::print::{Output, note};
use crate::signals::{Signal, Signals, TERMINATED};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sluice_api::{JobId, JobProgress, ask};
use sluice_contract::limits::STOP_GRACE_SECONDS;
use sluice_runner::Host;
use std::collections::BTreeMap;
use std::future::Future;
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::Instant;

/// A call has one job.
pub(crate) const JOB: JobId = JobId(1);

/// Runs `work`, which is a request with the job [`JOB`], and shows the job's progress on a terminal; Ctrl-C asks the
/// job to stop at the end of a batch, a second one ends the program. SIGTERM asks for the same and is waited for no
/// longer than the grace period.
pub(crate) async fn watch<T>(host: &Host, out: &Output, work: impl Future<Output = T>) -> T {
    Watch::new(host, out).each(work, async || {}).await
}

/// How a job is watched.
pub(crate) struct Watch<'a> {
    host: &'a Host,
    out: &'a Output,
    /// How long a job that was asked to end by SIGTERM may take to the end of its batch.
    grace: Duration,
}

impl<'a> Watch<'a> {
    /// With the usual grace period.
    pub(crate) fn new(host: &'a Host, out: &'a Output) -> Self {
        Self { host, out, grace: Duration::from_secs(STOP_GRACE_SECONDS) }
    }

    /// With another grace period.
    pub(crate) fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Runs `work` as [`watch`] does, with something to do every moment while it continues. Where nobody reads what is
    /// printed any more the job is asked to stop.
    pub(crate) async fn each<T>(self, work: impl Future<Output = T>, mut each: impl AsyncFnMut()) -> T {
        let Self { host, out, grace } = self;
        let mut bars = Bars { shown: BTreeMap::new(), all: MultiProgress::new() };
        let show = !out.json && std::io::stderr().is_terminal();
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        let mut stop = Stop::No;
        let mut last_moment: Option<Instant> = None;
        let mut signals = Signals::listen();
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => {
                    if show {
                        bars.draw(&progress(host).await);
                        bars.finish();
                    }
                    return done;
                }
                _ = tick.tick() => {
                    if last_moment.is_some_and(|last| Instant::now() >= last) {
                        note("the batch did not end in time, stopping at once (no data is lost)");
                        std::process::exit(TERMINATED);
                    }
                    if stop == Stop::Wanted && host.call(ask::Cancel { job: JOB }).await.is_ok() {
                        stop = Stop::Asked;
                    }
                    if show {
                        bars.draw(&progress(host).await);
                    }
                    each().await;
                    if out.is_closed() && stop == Stop::No {
                        stop = Stop::Wanted;
                    }
                }
                signal = signals.next() => {
                    if stop != Stop::No {
                        std::process::exit(signal.exit_code());
                    }
                    stop = Stop::Wanted;
                    match signal {
                        Signal::Interrupt => {
                            note("stopping; a batch is finished first, Ctrl-C again stops at once (no data is lost)");
                        }
                        Signal::Terminate => {
                            last_moment = Some(Instant::now() + grace);
                            note(format_args!("stopping; a batch is finished first, for at most {} s", grace.as_secs()));
                        }
                    }
                    // At once, not with the next tick: a query is to end at the press of a key.
                    if host.call(ask::Cancel { job: JOB }).await.is_ok() {
                        stop = Stop::Asked;
                    }
                }
            }
        }
    }
}

/// Whether the job is to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    No,
    /// Ctrl-C was pressed; the job may not have begun yet, so it is asked until it hears.
    Wanted,
    Asked,
}

/// How far the tables of the job are.
async fn progress(host: &Host) -> Vec<JobProgress> {
    let jobs = host.call(ask::Jobs {}).await.unwrap_or_default();
    jobs.into_iter().find(|job| job.id == JOB).map(|job| job.progress).unwrap_or_default()
}

struct Bars {
    shown: BTreeMap<String, ProgressBar>,
    all: MultiProgress,
}

impl Bars {
    fn draw(&mut self, tables: &[JobProgress]) {
        for progress in tables {
            let bar = self.shown.entry(progress.what.clone()).or_insert_with(|| {
                let bar = self.all.add(ProgressBar::new(progress.total));
                let style = ProgressStyle::with_template("{prefix:24} {bar:30} {pos:>5}/{len:<5} {msg}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_prefix(progress.what.clone());
                bar
            });
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_message(format!("{} rows  {}", crate::print::number(progress.rows), progress.note));
        }
    }

    fn finish(&self) {
        for bar in self.shown.values() {
            bar.finish();
        }
    }
}
