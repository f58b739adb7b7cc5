//! The production runner: replays the published release, once or repeatedly.

use super::folder_watch::FolderWatch;
use super::retry::Retries;
use crate::previewed::Previews;
use crate::support::blocking::blocking;
use crate::{ContractSet, Job, ReplayOptions, RunError, replay};
use futures::future::LocalBoxFuture;
use sluice_api::{ApiError, ReplayLimits, ReplaySummary, RunMode, RunRound};
use sluice_contract::{Contract, Schedule, TableName};
use sluice_lake::Lake;
use sluice_query::QueryEngine;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

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

/// What is done before the first round of a release, by its number.
pub type BeginRelease<'a> = dyn Fn(u64) -> LocalBoxFuture<'a, ()> + 'a;

/// How often a continuous run looks for files of a remote lake.
const CONTINUOUS_PAUSE: Duration = Duration::from_millis(200);
/// The same for a lake on this machine, where looking costs nothing.
const CONTINUOUS_PAUSE_LOCAL: Duration = Duration::from_millis(50);
/// Looks at folders take at most one part in so many of a continuous run's time.
const LOOK_SHARE: u32 = 50;
/// The same for rounds of a lake in whose folders nothing came or went; they find files that were written again.
const ROUND_SHARE: u32 = 50;
/// Such a round at least this often,
const ROUND_AT_LEAST: Duration = Duration::from_secs(60);
/// and no more often than this.
const ROUND_AT_MOST: Duration = Duration::from_secs(2);
/// What the lake as a whole is called among the things that are tried again.
const THE_LAKE: &str = "";

/// Runs the current release until the mode says stop or `job` is cancelled. A release published
/// meanwhile is taken at the next round, after what `begin` does for it. `report` hears of every round that did something or found something new, and
/// of the first.
///
/// In the repeating modes what fails in a later round is said once and tried again after a pause that grows: a table,
/// a model, or the lake as a whole when its release or its folder cannot be read for a moment. Pauses and schedules go
/// by a clock that nobody sets.
///
/// # Errors
/// When nothing is published or the lake cannot be used, in the first round. Errors of tables are in the summary.
pub async fn run(
    lake: &Lake,
    engine: &QueryEngine,
    options: &RunOptions,
    job: &Job,
    begin: &BeginRelease<'_>,
    mut report: impl FnMut(RunRound),
) -> Result<(), RunError> {
    let mut rounds = Rounds::default();
    loop {
        if options.mode == RunMode::Continuous && rounds.can_rest(lake).await? {
            tokio::select! {
                () = job.cancelled() => return Ok(()),
                () = tokio::time::sleep(CONTINUOUS_PAUSE_LOCAL.max(rounds.look * LOOK_SHARE)) => continue,
            }
        }
        let began = Instant::now();
        let next = rounds.next(lake, engine, options, job, begin).await;
        rounds.last = Some(LastRound { ended: Instant::now(), took: began.elapsed() });
        match next {
            Ok(Some(round)) => report(round),
            Ok(None) => {}
            Err(error) if rounds.release.is_none() || options.mode == RunMode::Once => return Err(error),
            Err(RunError::Cancelled) => return Ok(()),
            Err(error) => {
                let error = error.to_api();
                if rounds.retries.tried(THE_LAKE, Some(&error), Instant::now()) {
                    job.log(error.to_string());
                    let release = rounds.release.unwrap_or_default();
                    report(RunRound { release, error: Some(error), ..RunRound::default() });
                }
            }
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

/// What a run remembers from round to round.
#[derive(Debug, Default)]
struct Rounds {
    /// Release of the last round that could begin.
    release: Option<u64>,
    /// When each table was tried last.
    tried: BTreeMap<TableName, Instant>,
    /// What failed, by table, `gold.<model>`, or [`THE_LAKE`].
    retries: Retries,
    /// Contracts of the release.
    contracts: Vec<Arc<Contract>>,
    /// What that release was previewed to do.
    previews: Option<(u64, Option<Arc<Previews>>)>,
    last: Option<LastRound>,
    watch: Arc<Mutex<FolderWatch>>,
    /// How long the last look at the folders took.
    look: Duration,
}

#[derive(Clone, Copy, Debug)]
struct LastRound {
    ended: Instant,
    took: Duration,
}

impl Rounds {
    /// One round; `None` if there is nothing to say of it.
    async fn next(
        &mut self,
        lake: &Lake,
        engine: &QueryEngine,
        options: &RunOptions,
        job: &Job,
        begin: &BeginRelease<'_>,
    ) -> Result<Option<RunRound>, RunError> {
        let now = Instant::now();
        if !self.retries.is_due(THE_LAKE, now) {
            return Ok(None);
        }
        let (release, set) = ContractSet::published(lake).await?;
        let is_first = self.release != Some(release);
        if is_first {
            // What was published may be the fix.
            self.retries.forget();
            begin(release).await;
        }
        self.contracts = set.contracts.values().cloned().collect();
        let previews = self.previews_of(lake, release, &set).await?;
        let tables: Vec<TableName> = set
            .contracts
            .values()
            .filter(|contract| contract.source.is_some())
            .filter(|contract| options.mode == RunMode::Once || self.is_due(contract, now))
            .map(|contract| contract.name.clone())
            .collect();
        if tables.is_empty() {
            self.release = Some(release);
            return Ok(self.retries.tried(THE_LAKE, None, now).then(|| RunRound { release, ..RunRound::default() }));
        }
        let models = set.models.iter().map(|model| &model.name);
        let left_out_models = models.filter(|name| !self.retries.is_due(&gold(name), now)).cloned().collect();
        let options = ReplayOptions {
            tables: tables.clone(),
            limits: options.limits.clone(),
            concurrency: options.concurrency,
            lease_wait: options.lease_wait,
            left_out_models,
            previews: previews.clone(),
            ..ReplayOptions::default()
        };
        let replay = replay(lake, engine, &set, &options, job).await?;
        self.release = Some(release);
        self.tried.extend(tables.into_iter().map(|table| (table, now)));
        let recovered = self.retries.tried(THE_LAKE, None, now);
        let is_news = self.keep(&set, &options, &replay);
        let worked = replay.tables.iter().any(|table| table.batches > 0) || !replay.gold.is_empty();
        let reached = previews.map(|previews| previews.take_news()).unwrap_or_default();
        let is_compared = !reached.is_empty();
        let round = RunRound { release, replay, reached, ..RunRound::default() };
        Ok((is_first || recovered || is_news || worked || is_compared).then_some(round))
    }

    /// What the release was previewed to do, read once for each release.
    async fn previews_of(
        &mut self,
        lake: &Lake,
        release: u64,
        set: &ContractSet,
    ) -> Result<Option<Arc<Previews>>, RunError> {
        if let Some((_, known)) = self.previews.as_ref().filter(|(of, _)| *of == release) {
            return Ok(known.clone());
        }
        let previews = match &set.previewed {
            Some(previewed) => Previews::open(lake, release, previewed.clone()).await?,
            None => None,
        };
        self.previews = Some((release, previews.clone()));
        Ok(previews)
    }

    /// Whether a round would find nothing: no folder that it reads has changed since well before the last one, nothing
    /// is to be tried again, and no table waits for its schedule. Only of a lake on this machine can that be seen.
    async fn can_rest(&mut self, lake: &Lake) -> Result<bool, RunError> {
        let Some(roots) = self.watched(lake) else { return Ok(false) };
        let watch = Arc::clone(&self.watch);
        let began = Instant::now();
        let still = blocking(move || Ok(watch.lock().unwrap_or_else(PoisonError::into_inner).is_still(&roots))).await?;
        self.look = began.elapsed();
        let Some(last) = self.last.filter(|_| still) else { return Ok(false) };
        let now = Instant::now();
        let scheduled = |contract: &Arc<Contract>| contract.schedule != Schedule::EveryRun;
        let rest = (last.took * ROUND_SHARE).clamp(ROUND_AT_MOST, ROUND_AT_LEAST);
        Ok(now.saturating_duration_since(last.ended) < rest
            && !self.retries.any_is_due(now)
            && !self.contracts.iter().any(|contract| scheduled(contract) && self.is_due(contract, now)))
    }

    /// Folders whose content decides what a round does; `None` if one is not on this machine.
    fn watched(&self, lake: &Lake) -> Option<Vec<PathBuf>> {
        let (root, sources_root) = (lake.local_root()?, lake.objects().source_root()?);
        let mut folders = vec![sources_root.join("_sluice/current")];
        for contract in &self.contracts {
            let sources = contract.all_sources().iter().map(|source| &source.path);
            for path in sources.chain(contract.backfills.iter().map(|backfill| &backfill.path)) {
                // An absolute path stays one.
                folders.push(if path.contains("://") { return None } else { sources_root.join(path) });
            }
            let TableName { dataset, table } = &contract.name;
            folders.push(root.join(format!("_sluice/batches/{dataset}/{table}")));
            folders
                .extend(["bronze", "silver"].map(|layer| root.join(format!("{layer}/{dataset}/{table}/_delta_log"))));
        }
        Some(folders)
    }

    fn is_due(&self, contract: &Contract, now: Instant) -> bool {
        let scheduled = match contract.schedule {
            Schedule::EveryRun => true,
            Schedule::EverySeconds(seconds) => self
                .tried
                .get(&contract.name)
                .is_none_or(|last| now.saturating_duration_since(*last) >= Duration::from_secs(seconds)),
        };
        scheduled && self.retries.is_due(&contract.name.to_string(), now)
    }

    /// Keeps how each table and model ended; true if one of them ended otherwise than the last time.
    fn keep(&mut self, set: &ContractSet, options: &ReplayOptions, replay: &ReplaySummary) -> bool {
        // A pause counts from the end of a try: one that takes long must not follow itself at once.
        let ended = Instant::now();
        let mut is_news = false;
        for table in &replay.tables {
            is_news |= self.retries.tried(&table.table.to_string(), table.error.as_ref(), ended);
        }
        for model in set.models.iter().map(|model| &model.name) {
            if options.left_out_models.contains(model) {
                continue;
            }
            let failed = replay.gold_failed.iter().find(|failure| failure.model == *model);
            let error: Option<&ApiError> = failed.map(|failure| &failure.error);
            is_news |= self.retries.tried(&gold(model), error, ended);
        }
        is_news
    }
}

/// A model among the things that are tried again.
fn gold(model: &TableName) -> String {
    format!("gold.{model}")
}
