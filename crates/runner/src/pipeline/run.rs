//! The production runner: replays the published release, once or repeatedly.

use crate::{Clock, ContractSet, Job, ReplayOptions, RunError, replay};
use sluice_api::{ReplayLimits, ReplaySummary, RunMode};
use sluice_contract::Schedule;
use sluice_lake::Lake;
use sluice_query::QueryEngine;
use std::collections::BTreeMap;
use std::time::Duration;

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// When.
    pub mode: RunMode,
    /// Number of tables to process in parallel; 0 means 2.
    pub concurrency: usize,
    /// Bounds of the batches.
    pub limits: ReplayLimits,
    /// How long to wait for another writer of a table; `None` means [`crate::LEASE_WAIT_DEFAULT`].
    pub lease_wait: Option<Duration>,
}

/// How often a continuous run looks for files of a remote lake.
const CONTINUOUS_PAUSE: Duration = Duration::from_millis(200);
/// The same for a lake on this machine, where looking costs nothing.
const CONTINUOUS_PAUSE_LOCAL: Duration = Duration::from_millis(50);

/// Runs the current release until the mode says stop or `job` is cancelled. A release published
/// meanwhile is taken at the next round. `report` hears of every round that did something, and of
/// the first.
///
/// # Errors
/// When nothing is published or the lake cannot be used. Errors of tables are in the summary; in
/// the repeating modes the next round tries them again.
pub async fn run(
    lake: &Lake,
    engine: &QueryEngine,
    options: &RunOptions,
    clock: &Clock,
    job: &Job,
    mut report: impl FnMut(u64, &ReplaySummary),
) -> Result<(), RunError> {
    let mut last_run_ms: BTreeMap<String, i64> = BTreeMap::new();
    let mut first = true;
    loop {
        let (release, set) = ContractSet::published(lake).await?;
        let now = clock.now_ms();
        let due = |contract: &sluice_contract::Contract| match contract.schedule {
            Schedule::EveryRun => true,
            Schedule::EverySeconds(seconds) => last_run_ms.get(&contract.name.to_string()).is_none_or(|last| {
                now.saturating_sub(*last) >= i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000)
            }),
        };
        let once = options.mode == RunMode::Once;
        let tables: Vec<_> = set
            .contracts
            .values()
            .filter(|contract| contract.source.is_some() && (once || due(contract)))
            .map(|contract| contract.name.clone())
            .collect();
        if !tables.is_empty() {
            for table in &tables {
                last_run_ms.insert(table.to_string(), now);
            }
            let replayed = replay(
                lake,
                engine,
                &set,
                &ReplayOptions {
                    tables,
                    limits: options.limits.clone(),
                    concurrency: options.concurrency,
                    lease_wait: options.lease_wait,
                    ..ReplayOptions::default()
                },
                job,
            )
            .await?;
            let worked = replayed.tables.iter().any(|table| table.batches > 0 || table.error.is_some());
            if first || worked || !replayed.gold.is_empty() {
                report(release, &replayed);
            }
            first = false;
        }
        let pause = match options.mode {
            RunMode::Once => return Ok(()),
            RunMode::Interval(pause) => pause,
            RunMode::Continuous if lake.local_root().is_some() => CONTINUOUS_PAUSE_LOCAL,
            RunMode::Continuous => CONTINUOUS_PAUSE,
        };
        tokio::select! {
            () = job.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}
