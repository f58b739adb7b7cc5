//! Every table of two lakes compared, and a replay that is seen before it is one.

use super::sandboxes::who;
use super::{Host, HostOptions, OpenLake};
use crate::pipeline::replay_options::ReplayOptions;
use crate::quality::read_records;
use crate::support::elapsed::elapsed_ms;
use crate::support::places::location;
use crate::{ContractSet, Job, RunError, replay};
use sluice_api::{
    Answer, DiffOptions, DiffSide, Impact, JobKind, Layer, Preview, PreviewedChecks, ReplayLimits, ReplaySummary,
    SideLake, SideVersion, TableImpact, TableName, TableRef, ask,
};
use sluice_lake::{Lake, LakeError, NewSandbox, StoreTimes};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long the lake keeps what a preview needs if the preview never ends.
const PREVIEW_KEPT: Duration = Duration::from_secs(86_400);

impl Answer<ask::DiffImpacted> for Host {
    async fn answer(&self, request: ask::DiffImpacted) -> Result<Impact, RunError> {
        let ask::DiffImpacted { from, to, ignore, job } = request;
        let options = DiffOptions { ignore, ..DiffOptions::default() };
        let open = self.opened().await?;
        let work = async |job: &Job| {
            let (before, from_name) = open.side_lake(&from, &self.options).await?;
            let (after, to_name) = open.side_lake(&to, &self.options).await?;
            let mut tables = tables_of(&before).await?;
            tables.extend(tables_of(&after).await?);
            let sides = ((&from, &before), (&to, &after));
            let impact = open.impact(&tables, sides.0, sides.1, &options, self.options.store, job).await?;
            Ok(Impact { from: from_name, to: to_name, ..impact })
        };
        self.as_job(job, JobKind::Diff, "Diff all tables".to_owned(), |_| None, work).await
    }
}

impl Answer<ask::PreviewReplay> for Host {
    async fn answer(&self, request: ask::PreviewReplay) -> Result<Preview, RunError> {
        let ask::PreviewReplay { tables, limits, job } = request;
        let open = self.opened().await?;
        let work = async |job: &Job| open.preview(tables, limits, &self.options, job).await;
        self.as_job(job, JobKind::Replay, "Preview".to_owned(), |_| None, work).await
    }
}

impl OpenLake {
    /// Compares tables of two lakes. One that cannot be compared costs itself.
    pub(super) async fn impact(
        &self,
        tables: &BTreeSet<TableRef>,
        (from, before): (&SideLake, &Lake),
        (to, after): (&SideLake, &Lake),
        options: &DiffOptions,
        times: StoreTimes,
        job: &Job,
    ) -> Result<Impact, RunError> {
        let started = Instant::now();
        let mut impact = Impact::default();
        for table in tables {
            job.check()?;
            let side =
                |lake: &SideLake| DiffSide { table: table.clone(), lake: lake.clone(), version: SideVersion::Latest };
            let versions =
                (before.table(location(table)).snapshot(None).await, after.table(location(table)).snapshot(None).await);
            let mut found =
                TableImpact { table: table.clone(), from: None, to: None, rows: 0, diff: None, error: None };
            let compared = match versions {
                (Ok(old), Ok(new)) => {
                    found.from = old.as_ref().map(|old| old.version);
                    found.to = new.as_ref().map(|new| new.version);
                    found.rows = new.as_ref().or(old.as_ref()).map_or(0, sluice_lake::Snapshot::rows);
                    match (old, new) {
                        (Some(_), Some(_)) => {
                            self.diff_sides(&side(from), &side(to), options, times, job).await.map(Some)
                        }
                        (None, None) => continue,
                        _ => Ok(None),
                    }
                }
                (Err(error), _) | (_, Err(error)) => Err(error.into()),
            };
            match compared {
                Ok(diff) => {
                    found.diff =
                        diff.filter(|diff| diff.inserted + diff.updated + diff.deleted > 0 || !diff.schema.is_empty());
                }
                Err(RunError::Cancelled) => return Err(RunError::Cancelled),
                Err(error) => found.error = Some(error.to_api()),
            }
            impact.tables.push(found);
        }
        impact.elapsed_ms = elapsed_ms(started);
        Ok(impact)
    }

    /// Replays in a sandbox that lives as long as the preview, and compares it with the lake.
    async fn preview(
        &self,
        tables: Vec<TableName>,
        limits: ReplayLimits,
        options: &HostOptions,
        job: &Job,
    ) -> Result<Preview, RunError> {
        if let Some(sandbox) = self.lake.sandbox() {
            return Err(RunError::input(
                format!("{} is a sandbox, nothing has to be previewed in it", sandbox.entry.name),
                "Replay it, then compare it with its lake: `sluice diff TABLE`, or --impacted for all",
            ));
        }
        let folder = tempfile::Builder::new()
            .prefix("sluice-preview-")
            .tempdir()
            .map_err(|source| RunError::File { path: std::env::temp_dir().display().to_string(), source })?;
        let unique = folder.path().file_name().and_then(|name| name.to_str()).unwrap_or("preview").to_lowercase();
        let name: String = unique.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let keep_ms = u64::try_from(PREVIEW_KEPT.as_millis()).unwrap_or(u64::MAX);
        let place = Some(folder.path().join("lake").display().to_string());
        let made = self
            .lake
            .create_sandbox(NewSandbox {
                name: name.clone(),
                place,
                by: who().await?,
                keep_ms,
                versions: BTreeMap::new(),
            })
            .await?;
        let previewed = self.preview_in(&made.place, &name, tables, limits, options, job).await;
        // What is left of one that could not be removed expires.
        if let Err(error) = self.lake.remove_sandbox(&name).await
            && !matches!(error, LakeError::NoSandbox { .. })
        {
            job.log(format!("the sandbox of the preview stays: {}", RunError::from(error).to_api()));
        }
        previewed
    }

    async fn preview_in(
        &self,
        place: &str,
        name: &str,
        tables: Vec<TableName>,
        limits: ReplayLimits,
        options: &HostOptions,
        job: &Job,
    ) -> Result<Preview, RunError> {
        let sandbox = Self::open(place, options).await?;
        let set = ContractSet::draft(&sandbox.lake).await?;
        let limits = ReplayLimits { dry_run: false, ..limits };
        let asked = ReplayOptions { tables, limits, ..ReplayOptions::default() };
        let mut done = replay(&sandbox.lake, &sandbox.engine, &set, &asked, job).await?;
        done.dry_run = true;
        let checks = checks_of(&sandbox.lake, &done).await?;
        let silver = done.tables.iter().map(|table| TableRef { layer: Layer::Silver, name: table.table.clone() });
        let gold = set.models.iter().map(|model| TableRef { layer: Layer::Gold, name: model.name.clone() });
        let touched: BTreeSet<TableRef> = silver.chain(gold).collect();
        let in_sandbox = SideLake::Sandbox(name.to_owned());
        let (from, to) = ((&SideLake::Open, &self.lake), (&in_sandbox, &sandbox.lake));
        let impact = self.impact(&touched, from, to, &DiffOptions::default(), options.store, job).await?;
        let impact = Impact { from: "the lake".to_owned(), to: "after this replay".to_owned(), ..impact };
        Ok(Preview { replay: done, impact, checks })
    }
}

/// The outcomes of the checks on the last batch of each table that was replayed.
async fn checks_of(lake: &Lake, done: &ReplaySummary) -> Result<Vec<PreviewedChecks>, RunError> {
    let mut found = Vec::new();
    for table in &done.tables {
        let last = lake.ledger().batches(&table.table).await?.last().map(|manifest| manifest.batch);
        let checks = match last {
            Some(batch) => read_records(lake, &table.table, batch).await?,
            None => Vec::new(),
        };
        found.push(PreviewedChecks { table: table.table.clone(), checks });
    }
    Ok(found)
}

/// Silver and gold of a lake's draft.
async fn tables_of(lake: &Lake) -> Result<BTreeSet<TableRef>, RunError> {
    let set = ContractSet::draft(lake).await?;
    let silver = set.contracts.keys().chain(set.invalid.keys());
    let silver = silver.map(|name| TableRef { layer: Layer::Silver, name: name.clone() });
    let gold = set.models.iter().map(|model| TableRef { layer: Layer::Gold, name: model.name.clone() });
    Ok(silver.chain(gold).collect())
}
