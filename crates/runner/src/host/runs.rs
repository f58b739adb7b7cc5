//! Runs of the published release as a job.

use super::Host;
use crate::{Job, RunError, RunOptions, run};
use futures::FutureExt;
use sluice_api::{Answer, JobKind, RunMode, RunRounds, RunSummary, ask};

impl Answer<ask::StartRun> for Host {
    async fn answer(&self, request: ask::StartRun) -> Result<RunSummary, RunError> {
        let ask::StartRun { job, mode, concurrency, limits } = request;
        let open = self.opened().await?;
        let options = RunOptions {
            mode,
            concurrency: usize::try_from(concurrency).unwrap_or(usize::MAX),
            lease_wait: limits.lease_wait,
            limits,
        };
        let failure = |summary: &RunSummary| {
            let last = summary.last.as_ref()?;
            last.error.as_ref().or_else(|| last.replay.first_error()).cloned()
        };
        let work = async |job: &Job| {
            let begin = |release: u64| open.finish_adoption(release, &self.options, job).boxed_local();
            let rounds = run(&open.lake, &open.engine, &options, job, &begin, |round| job.add_round(round));
            if options.mode == RunMode::Once {
                open.decide_by_policy(job).await;
                rounds.await?;
            } else {
                tokio::select! {
                    ended = rounds => ended?,
                    () = open.keep_deciding_by_policy(job) => {}
                }
            }
            let (mut rounds, ever) = job.rounds(0);
            Ok(RunSummary { rounds: ever, last: rounds.pop(), cancelled: job.is_cancelled() })
        };
        self.as_job(job, JobKind::Run, "Run the published release".to_owned(), failure, work).await
    }
}

impl Answer<ask::RunRounds> for Host {
    async fn answer(&self, request: ask::RunRounds) -> Result<RunRounds, RunError> {
        // A run that has not begun yet has done nothing yet.
        let rounds = self.jobs.get(request.job).map(|job| job.rounds(request.after).0);
        Ok(RunRounds { rounds: rounds.unwrap_or_default() })
    }
}
