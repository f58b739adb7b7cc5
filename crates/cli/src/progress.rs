//! Progress bars for long work, and Ctrl-C.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sluice_api::JobId;
use sluice_runner::{Job, JobRegistry};
use std::collections::BTreeMap;
use std::future::Future;
use std::io::IsTerminal;
use std::time::Duration;

/// Runs `work` and shows the progress of `job` on a terminal; Ctrl-C asks the job to stop at the
/// end of a batch, a second one ends the program.
pub(crate) async fn watch<T>(job: &Job, quiet: bool, work: impl Future<Output = T>) -> T {
    follow(|| Some(job.clone()), quiet, work).await
}

/// The same for a job that the work itself starts.
pub(crate) async fn watch_id<T>(jobs: &JobRegistry, id: JobId, quiet: bool, work: impl Future<Output = T>) -> T {
    follow(|| jobs.get(id), quiet, work).await
}

async fn follow<T>(job: impl Fn() -> Option<Job>, quiet: bool, work: impl Future<Output = T>) -> T {
    let bars = MultiProgress::new();
    let show = !quiet && std::io::stderr().is_terminal();
    let mut shown: BTreeMap<String, ProgressBar> = BTreeMap::new();
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let mut asked = false;
    // One listener over the rounds: a new one would not hear a signal of before it.
    let mut interrupt = Box::pin(tokio::signal::ctrl_c());
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                if show {
                    draw(job().as_ref(), &bars, &mut shown);
                    for bar in shown.values() {
                        bar.finish();
                    }
                }
                return done;
            }
            _ = tick.tick() => if show { draw(job().as_ref(), &bars, &mut shown) },
            signal = &mut interrupt => {
                interrupt.set(tokio::signal::ctrl_c());
                if signal.is_err() {
                    continue;
                }
                if asked {
                    std::process::exit(130);
                }
                asked = true;
                eprintln!("stopping at the end of the batch, Ctrl-C again ends at once (nothing is lost either way)");
                if let Some(job) = job() {
                    job.cancel();
                }
            }
        }
    }
}

fn draw(job: Option<&Job>, bars: &MultiProgress, shown: &mut BTreeMap<String, ProgressBar>) {
    for progress in job.map(|job| job.view().progress).unwrap_or_default() {
        let bar = shown.entry(progress.what.clone()).or_insert_with(|| {
            let bar = bars.add(ProgressBar::new(progress.total));
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
