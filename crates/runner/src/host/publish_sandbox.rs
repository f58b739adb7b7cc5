//! Publishing from a sandbox: its draft becomes the lake's, and what it made of the tables becomes production.

use super::OpenLake;
use super::publish_beside::reached_by;
use super::publish_records::Carried;
use crate::contract_set::Model;
use crate::gold::refresh_gold;
use crate::pipeline::sides::Sides;
use crate::pipeline::take_over::{TakenOver, hold, release, take_over};
use crate::pipeline::take_over_gold::take_over_gold;
use crate::{ContractSet, Job, RunError};
use sluice_api::{Effect, Layer, PlanDocument, PublishScope, PublishedTable, TableEffect, TableName, TableRef};
use sluice_lake::{Lake, LakeError, Lease, Sandbox};
use sluice_publish::Contents;
use std::collections::{BTreeMap, BTreeSet};

/// Folders of a draft that are published.
const PUBLISHED: [&str; 3] = ["contracts", "models", "tests"];

/// The files in which the draft of a sandbox differs from the one that it began with; `None` for one that is gone.
pub(super) type ChangedDrafts = BTreeMap<String, Option<String>>;

impl OpenLake {
    /// What a sandbox changed in its draft, if the lake's own draft of it is still as it was; nothing outside of a sandbox.
    ///
    /// # Errors
    /// [`RunError::Input`] that names what somebody else changed meanwhile; nothing is lost.
    pub(super) async fn changed_drafts(&self, scope: &PublishScope) -> Result<ChangedDrafts, RunError> {
        let (Some(sandbox), Some(base)) = (self.lake.sandbox(), self.lake.base()) else { return Ok(BTreeMap::new()) };
        if matches!(scope, PublishScope::Rollback(_)) {
            return Ok(BTreeMap::new());
        }
        let changed = changed(sandbox, &self.lake).await?;
        for (path, text) in &changed {
            let now = text_of(base, path).await?;
            let began = sandbox.drafts.get(path);
            let is_as_it_began = now.as_deref().map(hash) == began.cloned();
            if !is_as_it_began && now != *text {
                let message = format!("the lake's draft of {path} was changed since the sandbox was made");
                let next = format!(
                    "Compare {path} of {} with that of the sandbox, take over what is right into the sandbox and into the \
                     lake, then publish",
                    base.url()
                );
                return Err(RunError::input(message, next));
            }
        }
        Ok(changed)
    }

    /// Makes the lake's draft what was published, so that nobody publishes the former one again by accident.
    ///
    /// # Errors
    /// If the store fails; the release is published then.
    pub(super) async fn carry_drafts(&self, changed: &ChangedDrafts, plan: &PlanDocument) -> Result<(), RunError> {
        let Some(base) = self.lake.base() else { return Ok(()) };
        for (path, text) in changed.iter().filter(|(path, _)| is_of(plan, path)) {
            match text {
                Some(text) => base.objects().put(path, text.clone().into()).await?,
                None => base.objects().delete(path).await?,
            }
        }
        Ok(())
    }

    /// The same after a release whose publisher was stopped: only what the release holds, not what the sandbox changed
    /// since.
    pub(super) async fn carry_published_drafts(
        &self,
        published: &BTreeMap<String, String>,
        plan: &PlanDocument,
    ) -> Result<(), RunError> {
        let changed = self.changed_drafts(&plan.scope).await?;
        let of_release = changed.into_iter().filter(|(path, text)| text.as_ref() == published.get(path));
        self.carry_drafts(&of_release.collect(), plan).await
    }

    /// What is said where nothing could be taken over.
    pub(super) fn rebuilt_by_next_run(plan: &PlanDocument, error: &RunError) -> Vec<PublishedTable> {
        let tables = plan.tables.iter().filter(|table| is_built(table));
        let note = format!("the next run rebuilds it: {}", error.to_api().message);
        tables.map(|table| PublishedTable { table: table.reference(), version: None, note: note.clone() }).collect()
    }
}

/// Whether a release makes silver of a table anew.
fn is_built(table: &TableEffect) -> bool {
    table.layer == Layer::Silver && matches!(table.effect, Effect::Rebuild | Effect::ColumnsOnly)
}

/// The leases of tables that are about to be taken over.
pub(super) type Held = BTreeMap<TableName, Lease>;

/// Takes the leases of all tables that a sandbox can make production, so that between the release and what it makes of
/// them no run begins to rebuild them.
pub(super) async fn hold_tables(
    sides: &Sides<'_>,
    contents: &Contents,
    plan: &PlanDocument,
    decided: &Carried,
) -> Held {
    let set = ContractSet::of(&contents.draft);
    let mut held = Held::new();
    // In order of the names, so that of two who publish none waits for the other one's tables.
    let names: BTreeSet<&TableName> =
        plan.tables.iter().filter(|table| is_built(table)).map(|table| &table.table).collect();
    for name in names {
        let Ok(contract) = set.contract(name) else { continue };
        let coming = decided.iter().find(|(of, _)| of == name).map_or(&[][..], |(_, coming)| coming);
        match Box::pin(hold(sides, &contract, coming)).await {
            Ok(lease) => held.extend(lease.map(|lease| (name.clone(), lease))),
            Err(error) => sides.job.log(format!("{name}: {}", error.to_api())),
        }
    }
    held
}

/// Lets others write the tables again.
pub(super) async fn release_tables(held: Held, job: &Job) {
    for (name, lease) in held {
        release(lease, &name, job).await;
    }
}

/// Makes production what a sandbox made of it, table by table: silver, then the gold that reads it. A table that cannot be
/// is rebuilt by the next run.
pub(super) async fn take_over_tables(
    sides: &Sides<'_>,
    set: &ContractSet,
    plan: &PlanDocument,
    whose: &str,
    mut held: Held,
) -> Vec<PublishedTable> {
    let mut tables = Vec::new();
    for table in plan.tables.iter().filter(|table| is_built(table)) {
        let lease = held.remove(&table.table);
        let done = match set.contract(&table.table) {
            Ok(contract) => Box::pin(take_over(sides, &contract, lease)).await,
            Err(error) => Err(error),
        };
        tables.push(published_table(table.reference(), done, whose));
    }
    let reached = reached_by(plan);
    let models: Vec<&Model> = set.models.iter().filter(|model| reached.contains(&gold_table(model))).collect();
    if models.is_empty() {
        return tables;
    }
    // What arrived since is in its silver by now.
    if let Err(error) =
        Box::pin(refresh_gold(sides.sandbox, sides.engine, set, &BTreeSet::new(), None, sides.job)).await
    {
        sides.job.log(format!("gold of the sandbox was not refreshed: {}", error.to_api()));
    }
    let mut waiting = models;
    // A model that reads another one can be taken over after that one.
    loop {
        let mut left = Vec::new();
        let before = waiting.len();
        let mut rebuilt = Vec::new();
        for model in waiting {
            let done = Box::pin(take_over_gold(sides, set, model)).await;
            if matches!(done, Ok(TakenOver::Adopted(_) | TakenOver::NotNeeded)) {
                tables.push(published_table(gold_table(model), done, whose));
            } else {
                rebuilt.push(published_table(gold_table(model), done, whose));
                left.push(model);
            }
        }
        if left.is_empty() || left.len() == before {
            tables.extend(rebuilt);
            return tables;
        }
        waiting = left;
    }
}

fn gold_table(model: &Model) -> TableRef {
    TableRef { layer: Layer::Gold, name: model.name.clone() }
}

fn published_table(table: TableRef, done: Result<TakenOver, RunError>, whose: &str) -> PublishedTable {
    let makes = if table.layer == Layer::Gold { "makes" } else { "rebuilds" };
    let (version, note) = match done {
        Ok(TakenOver::Adopted(version)) => (Some(version), format!("adopted: {whose} files are production now")),
        Ok(TakenOver::NotNeeded) => (None, "it is by this release already".to_owned()),
        Ok(TakenOver::Rebuilt(because)) => (None, format!("the next run {makes} it, because {because}")),
        // The release is published; the next run does the same work once more.
        Err(error) => (None, format!("the next run {makes} it: {}", error.to_api().message)),
    };
    PublishedTable { table, version, note }
}

/// The files of a sandbox's draft that are not as it began with them.
async fn changed(sandbox: &Sandbox, lake: &Lake) -> Result<ChangedDrafts, RunError> {
    let mut changed = BTreeMap::new();
    let mut there = BTreeMap::new();
    for folder in PUBLISHED {
        for file in lake.objects().list(folder).await? {
            if let Some(text) = text_of(lake, &file.path).await? {
                there.insert(file.path, text);
            }
        }
    }
    let began = sandbox.drafts.keys().filter(|path| PUBLISHED.iter().any(|folder| path.starts_with(folder)));
    for path in began.filter(|path| !there.contains_key(*path)) {
        changed.insert(path.clone(), None);
    }
    for (path, text) in there {
        if sandbox.drafts.get(&path) != Some(&hash(&text)) {
            changed.insert(path, Some(text));
        }
    }
    Ok(changed)
}

async fn text_of(lake: &Lake, path: &str) -> Result<Option<String>, RunError> {
    match lake.objects().read(path).await {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(LakeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Whether a file is of what a plan takes from the draft.
fn is_of(plan: &PlanDocument, path: &str) -> bool {
    let PublishScope::Tables(_) = &plan.scope else { return true };
    let name = path.split_once('/').map_or("", |(_, rest)| rest);
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name).replace('/', ".");
    let is_of_table = |taken: &str| match path.starts_with("tests/") {
        true => name.strip_prefix(taken).is_some_and(|rest| rest.starts_with('.')),
        false => name == taken,
    };
    plan.taken.iter().any(|taken| is_of_table(&taken.name.to_string()))
}
