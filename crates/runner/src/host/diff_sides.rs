//! Two tables compared that need not be versions of one: a sandbox with its lake, tables of two lakes, a table with one
//! of another name.

use super::{Host, HostOptions, OpenLake};
use crate::host::changed_rows::{VersionOf, Versions, local_steps};
use crate::host::diff::{NotCounted, key_in};
use crate::host::release_side::version_of_release;
use crate::support::elapsed::elapsed_ms;
use crate::support::places::location;
use crate::{ContractSet, Job, RunError};
use sluice_api::{
    Answer, DiffNames, DiffOptions, DiffSide, DiffView, JobKind, Layer, SideLake, SideVersion, TableRef, ask,
};
use sluice_lake::{DeltaStore, Lake, LakeEnvironment, StoreTimes};
use sluice_query::{DiffKey, PersonalColumns};
use std::time::Instant;

/// Commits looked at for the version of a time.
const HISTORY_MAX: usize = 1_000_000;

/// A side with everything that is read of it.
pub(super) struct Opened {
    pub(super) lake: Lake,
    /// Whether the open lake's SQL may read its files.
    is_open: bool,
    pub(super) version: VersionOf,
    /// In words.
    pub(super) name: String,
}

impl Answer<ask::DiffSides> for Host {
    async fn answer(&self, request: ask::DiffSides) -> Result<DiffView, RunError> {
        let ask::DiffSides { from, to, options, job } = request;
        let open = self.opened().await?;
        let title = format!("Diff {} with another lake", to.table);
        let work = async |job: &Job| open.diff_sides(&from, &to, &options, self.options.store, job).await;
        self.as_job(job, JobKind::Diff, title, |_| None, work).await
    }
}

impl OpenLake {
    /// Compares two tables. Of a clone and its base only the files that one of them has alone are read.
    pub(super) async fn diff_sides(
        &self,
        from: &DiffSide,
        to: &DiffSide,
        options: &DiffOptions,
        times: StoreTimes,
        job: &Job,
    ) -> Result<DiffView, RunError> {
        let started = Instant::now();
        let not_counted = NotCounted {
            ignore: options.ignore.clone(),
            tolerance: tolerance(options)?,
            but_where: options.filter.clone().filter(|text| !text.trim().is_empty()),
        };
        let before = self.side(from, times).await?;
        let after = self.side(to, times).await?;
        let key = match options.key.is_empty() {
            true => key_in(&after.lake, &to.table, &after.version.snapshot).await?,
            false => DiffKey::Asked(options.key.clone()),
        };
        let changes = after
            .version
            .store
            .changes_from(&before.version.store, &before.version.snapshot, &after.version.snapshot)
            .await?;
        let personal = self.personal_of_sides([(from, &before), (to, &after)]).await?;
        let what = to.table.to_string();
        let versions = Versions {
            scratch: self.lake.table(location(&to.table)),
            before: VersionOf { is_readable_by_sql: before.is_open, ..before.version },
            after: VersionOf { is_readable_by_sql: after.is_open, ..after.version },
            key,
        };
        let local = local_steps(&versions, &changes, job, &what).await?;
        let view = self.compare_but(&to.table, &versions, local, not_counted, job.id()).await?;
        let result = self.marked(view.result, personal);
        let named = |side: &DiffSide, name: String| {
            if from.table == to.table { name } else { format!("{} of {name}", side.table) }
        };
        let sides = Some(DiffNames { from: named(from, before.name), to: named(to, after.name) });
        Ok(DiffView { result, sides, elapsed_ms: elapsed_ms(started), ..view })
    }

    /// The lake of a side, and its name in words.
    pub(super) async fn side_lake(&self, side: &SideLake, options: &HostOptions) -> Result<(Lake, String), RunError> {
        let (lake, _, name) = self.lake_of(side, options.store).await?;
        Ok((lake, name))
    }

    /// The lake of a side, whether the open lake's SQL may read its files, and its name in words.
    async fn lake_of(&self, side: &SideLake, times: StoreTimes) -> Result<(Lake, bool, String), RunError> {
        Ok(match side {
            SideLake::Open => (self.lake.clone(), true, self.own_name()),
            // A sandbox reads through to its lake.
            SideLake::Production => (self.production().clone(), true, "production".to_owned()),
            SideLake::Sandbox(name) if self.lake.sandbox().is_some_and(|open| open.entry.name == *name) => {
                (self.lake.clone(), true, format!("sandbox {name}"))
            }
            SideLake::Sandbox(name) => (self.production().open_sandbox(name).await?, false, format!("sandbox {name}")),
            SideLake::Other(url) => {
                let lake = open_other(url, times).await?;
                let name = lake.url().to_owned();
                (lake, false, name)
            }
        })
    }

    /// A side with everything that is read of it.
    pub(super) async fn side(&self, side: &DiffSide, times: StoreTimes) -> Result<Opened, RunError> {
        let (lake, is_open, place) = self.lake_of(&side.lake, times).await?;
        let store = lake.table(location(&side.table));
        let number = match side.version {
            SideVersion::Latest => None,
            SideVersion::Number(number) => Some(number),
            SideVersion::At(ms) => Some(version_at(&store, &side.table, ms).await?),
            SideVersion::Release(number) => {
                if lake.sandbox().is_some() {
                    return Err(RunError::input(
                        format!("r{number} is a release of the lake, {place} is none of its versions"),
                        format!("Write release:r{number}"),
                    ));
                }
                Some(version_of_release(&lake, &side.table, number).await?)
            }
        };
        let Some(snapshot) = store.snapshot(number).await? else {
            return Err(RunError::not_found(
                format!("{} does not exist in {place}", side.table),
                "Name a table that both sides have, or replay it there first",
            ));
        };
        let folder = location(&side.table).folder();
        let began = lake.sandbox().and_then(|sandbox| sandbox.base_version(&folder));
        let name = match began.and_then(|began| snapshot.version.checked_sub(began)).filter(|own| *own > 0) {
            Some(own) => format!("{place} s{own}"),
            None => format!("{place} v{}", snapshot.version),
        };
        let name = match side.version {
            SideVersion::Release(number) => format!("release r{number}, {name}"),
            SideVersion::Latest | SideVersion::Number(_) | SideVersion::At(_) => name,
        };
        Ok(Opened { lake, is_open, version: VersionOf { store, snapshot, is_readable_by_sql: is_open }, name })
    }

    /// The open lake in a word.
    fn own_name(&self) -> String {
        match self.lake.sandbox() {
            Some(sandbox) => format!("sandbox {}", sandbox.entry.name),
            None => "production".to_owned(),
        }
    }

    /// Columns that are personal on one of the sides.
    pub(super) async fn personal_of_sides(
        &self,
        sides: [(&DiffSide, &Opened); 2],
    ) -> Result<PersonalColumns, RunError> {
        let mut personal = PersonalColumns::default();
        for (side, opened) in sides {
            personal = personal.joined(&self.personal_of(&side.table).await?);
            let VersionOf { store, snapshot, .. } = &opened.version;
            personal.extend(self.forgotten_columns(&side.table, store, snapshot).await?);
            if !opened.is_open {
                let set = ContractSet::draft(&opened.lake).await?;
                let there = match set.contracts.get(&side.table.name) {
                    Some(contract) => {
                        let columns = contract.columns.iter().filter(|column| column.pii);
                        PersonalColumns::named(columns.map(|column| column.name.as_str()))
                    }
                    None if side.table.layer == Layer::Gold => PersonalColumns::default(),
                    None => PersonalColumns::all(),
                };
                personal = personal.joined(&there);
            }
        }
        Ok(personal)
    }
}

async fn open_other(url: &str, times: StoreTimes) -> Result<Lake, RunError> {
    Ok(Lake::open_existing(url, LakeEnvironment { store: times, ..LakeEnvironment::default() }).await?)
}

/// The latest version that was committed until then.
pub(super) async fn version_at(store: &DeltaStore, table: &TableRef, ms: i64) -> Result<u64, RunError> {
    let found = store.history(HISTORY_MAX).await?.into_iter().find(|entry| entry.timestamp_ms <= ms);
    found
        .map(|entry| entry.version)
        .ok_or_else(|| RunError::not_found(format!("{table} had no version at that time"), "Choose a later time"))
}

fn tolerance(options: &DiffOptions) -> Result<Vec<(String, f64)>, RunError> {
    let parse = |(name, text): &(String, String)| match text.trim().parse::<f64>() {
        Ok(by) => Ok((name.clone(), by)),
        Err(_) => Err(RunError::input(
            format!("`{text}` is no tolerance for column {name}"),
            "Write a number of 0 or more, for example total=0.01",
        )),
    };
    options.tolerance.iter().map(parse).collect()
}
