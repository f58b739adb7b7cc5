//! Progress bars for long work, and Ctrl-C.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sluice_api::{JobId, JobProgress, ask};
use sluice_runner::Host;
use std::collections::BTreeMap;
use std::future::Future;
use std::io::IsTerminal;
use std::time::Duration;

/// A call has one job.
pub(crate) const JOB: JobId = JobId(1);

/// Runs `work`, which is a request with the job [`JOB`], and shows the job's progress on a terminal; Ctrl-C asks the
/// job to stop at the end of a batch, a second one ends the program.
pub(crate) async fn watch<T>(host: &Host, quiet: bool, work: impl Future<Output = T>) -> T {
    watch_each(host, quiet, work, async || {}).await
}

/// The same, with something to do every moment while the work goes on.
pub(crate) async fn watch_each<T>(
    host: &Host,
    quiet: bool,
    work: impl Future<Output = T>,
    mut each: impl AsyncFnMut(),
) -> T {
    let mut bars = Bars { shown: BTreeMap::new(), all: MultiProgress::new() };
    let show = !quiet && std::io::stderr().is_terminal();
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let mut stop = Stop::No;
    // One listener over the rounds: a new one would not hear a signal of before it.
    let mut interrupt = Box::pin(tokio::signal::ctrl_c());
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
                if stop == Stop::Wanted && host.call(ask::Cancel { job: JOB }).await.is_ok() {
                    stop = Stop::Asked;
                }
                if show {
                    bars.draw(&progress(host).await);
                }
                each().await;
            }
            signal = &mut interrupt => {
                interrupt.set(tokio::signal::ctrl_c());
                if signal.is_err() {
                    continue;
                }
                if stop != Stop::No {
                    std::process::exit(130);
                }
                stop = Stop::Wanted;
                eprintln!("stopping at the end of the batch, Ctrl-C again stops at once (no data is lost)");
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
