//! Publishing from a sandbox: its draft becomes the lake's, and what it made of the tables becomes production.

use super::OpenLake;
use crate::pipeline::take_over::{TakenOver, take_over};
use crate::{ContractSet, Job, RunError};
use sluice_api::{Effect, JobId, Layer, PlanDocument, PublishScope, PublishedTable};
use sluice_lake::{Lake, LakeError, Sandbox};
use std::collections::BTreeMap;

/// Folders of a draft that are published.
const PUBLISHED: [&str; 2] = ["contracts", "models"];

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

    /// Makes production what the sandbox made of it, table by table. A table that cannot be is rebuilt by the next run.
    pub(super) async fn take_over_tables(&self, plan: &PlanDocument) -> Result<Vec<PublishedTable>, RunError> {
        let Some(base) = self.lake.base() else { return Ok(Vec::new()) };
        let set = ContractSet::draft(&self.lake).await?;
        let job = Job::new(JobId(0), "publish");
        let mut tables = Vec::new();
        let built = plan.tables.iter().filter(|table| {
            table.layer == Layer::Silver && matches!(table.effect, Effect::Rebuild | Effect::ColumnsOnly)
        });
        for table in built {
            let reference = table.reference();
            let done = match set.contract(&table.table) {
                Ok(contract) => take_over(&self.lake, base, &contract, &job).await,
                Err(error) => Err(error),
            };
            let (version, note) = match done {
                Ok(TakenOver::Adopted(version)) => {
                    (Some(version), "adopted: the sandbox's files are production now".to_owned())
                }
                Ok(TakenOver::NotNeeded) => (None, "it is by this contract already".to_owned()),
                Ok(TakenOver::Rebuilt(because)) => (None, format!("the next run rebuilds it, because {because}")),
                // The release is published; the next run does the same work once more.
                Err(error) => (None, format!("the next run rebuilds it: {}", error.to_api().message)),
            };
            tables.push(PublishedTable { table: reference, version, note });
        }
        Ok(tables)
    }
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
    plan.taken.iter().any(|taken| taken.name.to_string() == name)
}
