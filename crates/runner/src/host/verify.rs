//! Files compared with the log, and what the lake can make anew.

use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::gold::refresh_again;
use crate::pipeline::release_rule::Unpublished;
use crate::support::elapsed::elapsed_ms;
use crate::support::places::location;
use crate::{Job, ReplayOptions, RunError, replay};
use sluice_api::{
    Answer, ApiError, BrokenFileView, ErrorCode, JobKind, Layer, Repair, ReplayLimits, TableRef, VerifiedTable,
    VerifySummary, ask,
};
use sluice_lake::{BrokenFile, DeltaStore, TableLocation};
use std::time::Instant;

impl Answer<ask::StartVerify> for Host {
    async fn answer(&self, request: ask::StartVerify) -> Result<VerifySummary, RunError> {
        let ask::StartVerify { job, tables, repair } = request;
        let open = self.opened().await?;
        let title = match tables.as_slice() {
            [] => "Verify all tables".to_owned(),
            [table] => format!("Verify {table}"),
            several => format!("Verify {} tables", several.len()),
        };
        let failure = |summary: &VerifySummary| {
            let unsound = summary.tables.iter().find(|table| !table.is_sound())?;
            let broken = format!("{} files of {} are not what was written", unsound.broken.len(), unsound.table);
            let error = ApiError::new(ErrorCode::Storage, broken, unsound.next.clone());
            Some(unsound.error.clone().unwrap_or(error))
        };
        let work = async |job: &Job| open.verify(tables, repair, job).await;
        self.as_job(job, JobKind::Verify, title, failure, work).await
    }
}

impl OpenLake {
    /// Bronze before silver before gold, so that what is made anew is made of sound files.
    async fn verify(&self, tables: Vec<TableRef>, repair: bool, job: &Job) -> Result<VerifySummary, RunError> {
        let started = Instant::now();
        let mut set = ContractSet::draft(&self.lake).await?;
        if set.contracts.is_empty() && set.models.is_empty() {
            // A lake of a runner has releases alone.
            set = ContractSet::published(&self.lake).await.map_or(set, |(_, published)| published);
        }
        let unpublished = if repair { Unpublished::of(&self.lake, &set).await? } else { Unpublished::default() };
        let mut tables = if tables.is_empty() { self.all_tables(&set).await? } else { tables };
        tables.sort();
        let mut summary = VerifySummary::default();
        for table in tables {
            job.check()?;
            summary.tables.push(self.verify_table(table, repair, &set, &unpublished, job).await);
        }
        Ok(VerifySummary { elapsed_ms: elapsed_ms(started), ..summary })
    }

    /// Every table that exists of the draft's contracts and models.
    async fn all_tables(&self, set: &ContractSet) -> Result<Vec<TableRef>, RunError> {
        let sources = set.contracts.keys().flat_map(|name| [(Layer::Bronze, name), (Layer::Silver, name)]);
        let sources = sources.chain(set.changes.keys().map(|name| (Layer::Silver, name)));
        let models = set.models.iter().map(|model| (Layer::Gold, &model.name));
        let mut found = Vec::new();
        for (layer, name) in sources.chain(models) {
            let table = TableRef { layer, name: name.clone() };
            // One that cannot be opened is there, too.
            if !matches!(self.lake.table(location(&table)).snapshot(None).await, Ok(None)) {
                found.push(table);
            }
        }
        Ok(found)
    }

    async fn verify_table(
        &self,
        table: TableRef,
        repair: bool,
        set: &ContractSet,
        unpublished: &Unpublished,
        job: &Job,
    ) -> VerifiedTable {
        let mut verified = VerifiedTable {
            version: None,
            files: 0,
            bytes: 0,
            without_hash: 0,
            broken: Vec::new(),
            repair: Repair::NotNeeded,
            next: String::new(),
            error: None,
            table,
        };
        if let Err(error) = self.look(&mut verified, job).await {
            let error = error.to_api();
            verified.next.clone_from(&error.next);
            verified.error = Some(error);
            return verified;
        }
        if verified.broken.is_empty() {
            return verified;
        }
        let layer = verified.table.layer;
        verified.repair = if layer == Layer::Bronze { Repair::Impossible } else { Repair::Possible };
        verified.next = next_step(&verified.table);
        if repair && verified.repair == Repair::Possible {
            let made = match unpublished.refuse(&verified.table.name) {
                Some(refused) => Err(refused),
                None => self.make_anew(&verified.table, set, job).await,
            };
            match made {
                Ok(()) => {
                    verified.repair = Repair::Done;
                    verified.next.clear();
                }
                Err(error) => {
                    let error = error.to_api();
                    verified.next.clone_from(&error.next);
                    verified.error = Some(error);
                }
            }
        }
        verified
    }

    /// Looks at all files of a table; the quarantine counts to bronze.
    async fn look(&self, verified: &mut VerifiedTable, job: &Job) -> Result<(), RunError> {
        let name = &verified.table.name;
        let of_table = location(&verified.table);
        let quarantine = TableLocation::Quarantine(name.clone());
        let locations = match verified.table.layer {
            Layer::Bronze => vec![of_table, quarantine],
            Layer::Silver | Layer::Gold => vec![of_table],
        };
        for (number, location) in locations.into_iter().enumerate() {
            let store = self.lake.table(location);
            let Some(version) = self.look_at(&store, verified, job).await? else {
                if number == 0 {
                    let message = format!("{} does not exist yet", verified.table);
                    return Err(RunError::not_found(message, "Replay it first"));
                }
                continue;
            };
            verified.version = verified.version.or(Some(version));
        }
        Ok(())
    }

    async fn look_at(
        &self,
        store: &DeltaStore,
        verified: &mut VerifiedTable,
        job: &Job,
    ) -> Result<Option<u64>, RunError> {
        let Some(snapshot) = store.snapshot(None).await? else { return Ok(None) };
        let what = verified.table.to_string();
        job.progress(&what, |progress| progress.total += snapshot.files.len() as u64);
        let found =
            store.maintenance().verify(&snapshot, || job.progress(&what, |progress| progress.done += 1)).await?;
        verified.files += found.files;
        verified.bytes = verified.bytes.saturating_add(found.bytes);
        verified.without_hash += found.without_hash;
        verified.broken.extend(found.broken.into_iter().map(view_of));
        Ok(Some(snapshot.version))
    }

    /// Makes a table anew of what the lake has, and looks at the result.
    async fn make_anew(&self, table: &TableRef, set: &ContractSet, job: &Job) -> Result<(), RunError> {
        match table.layer {
            Layer::Silver => {
                let limits = ReplayLimits { full_refresh: true, batches: Some(0), ..ReplayLimits::default() };
                let options = ReplayOptions { tables: vec![table.name.clone()], limits, ..ReplayOptions::default() };
                let summary = replay(&self.lake, &self.engine, set, &options, job).await?;
                if let Some(error) = summary.tables.into_iter().find_map(|table| table.error) {
                    return Err(RunError::Input { message: error.message, next: error.next });
                }
            }
            Layer::Gold => refresh_again(&self.lake, &self.engine, set, &table.name, job).await?,
            Layer::Bronze => return Ok(()),
        }
        let store = self.lake.table(location(table));
        let Some(snapshot) = store.snapshot(None).await? else { return Ok(()) };
        match store.maintenance().verify(&snapshot, || ()).await?.broken.first() {
            None => Ok(()),
            Some(broken) => {
                let message = format!("{table} was made anew and is broken again: {}: {}", broken.path, broken.fault);
                Err(RunError::input(message, "Check the disk"))
            }
        }
    }
}

fn view_of(broken: BrokenFile) -> BrokenFileView {
    BrokenFileView { path: broken.path, rows: broken.rows, fault: broken.fault.to_string() }
}

fn next_step(table: &TableRef) -> String {
    match table.layer {
        Layer::Bronze => format!(
            "Nothing in the lake has these records: restore the files from a copy of the lake, and do not rebuild \
             silver.{} before",
            table.name
        ),
        Layer::Silver => format!("`sluice verify {table} --repair` makes it anew from bronze"),
        Layer::Gold => format!("`sluice verify {table} --repair` runs its model again"),
    }
}
