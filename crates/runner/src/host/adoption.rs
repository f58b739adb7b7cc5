//! The adoption of a sandbox's files that a publisher was stopped in: the next run finishes it.
//!
//! Before a release becomes current a note says from which sandbox its tables are taken over, and after that the note is
//! removed. A run that finds one takes over what is left, before it would rebuild those tables.

use super::publish_records::{Carried, PRODUCTION, carry};
use super::publish_sandbox::{Held, take_over_tables};
use super::{HostOptions, OpenLake};
use crate::pipeline::sides::Sides;
use crate::{ContractSet, Job, RunError};
use serde::{Deserialize, Serialize};
use sluice_lake::{Lake, LakeError};
use std::collections::BTreeMap;

/// Which sandbox a release is taken over from.
#[derive(Debug, Serialize, Deserialize)]
struct Adoption {
    sandbox: String,
    /// Of several sandboxes of one name, one after the other, which one.
    id: String,
    /// Nobody asked for the sandbox: it is removed when it is not needed any more.
    is_beside: bool,
    /// Decisions on records that the release brings; the sandbox may be gone by then.
    #[serde(default, skip_serializing_if = "Carried::is_empty")]
    decided: Carried,
}

fn path(release: u64) -> String {
    format!("_sluice/adoptions/{release:020}.json")
}

impl OpenLake {
    /// Writes down from where a release is about to be taken over.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn note_adoption(
        &self,
        release: u64,
        sides: &Sides<'_>,
        decided: &Carried,
    ) -> Result<(), RunError> {
        let Some(sandbox) = sides.sandbox.sandbox() else { return Ok(()) };
        let is_beside = self.lake.sandbox().is_none_or(|own| own.entry.id != sandbox.entry.id);
        let (sandbox, id) = (sandbox.entry.name.clone(), sandbox.entry.id.clone());
        let note = Adoption { sandbox, id, is_beside, decided: decided.clone() };
        let bytes = serde_json::to_vec(&note).map_err(|error| RunError::Internal(error.to_string()))?;
        Ok(self.production().objects().put(&path(release), bytes.into()).await?)
    }

    /// Removes the note. One that stays costs the next run a look.
    pub(super) async fn forget_adoption(&self, release: u64, job: &Job) {
        if let Err(error) = self.production().objects().delete(&path(release)).await {
            job.log(format!("the note of what was taken over stays: {}", RunError::from(error).to_api()));
        }
    }

    /// Finishes what a publisher of the current release began. What cannot be taken over the run rebuilds.
    pub(super) async fn finish_adoption(&self, release: u64, options: &HostOptions, job: &Job) {
        match Box::pin(self.adopt_rest(release, options, job)).await {
            Ok(()) => {}
            Err(error) => job.log(format!("what r{release} was tried as is not taken over: {}", error.to_api())),
        }
    }

    async fn adopt_rest(&self, release: u64, options: &HostOptions, job: &Job) -> Result<(), RunError> {
        let Some(note) = read(&self.lake, release).await? else { return Ok(()) };
        let detail = sluice_publish::release(&self.lake, release).await?;
        let (current, set) = ContractSet::published(&self.lake).await?;
        let Some(plan) = detail.plan.filter(|_| current == release) else { return Ok(()) };
        Box::pin(carry(&self.lake, &note.decided, PRODUCTION, job)).await?;
        let opened = match self.lake.open_sandbox(&note.sandbox).await {
            Ok(opened) if opened.sandbox().is_some_and(|sandbox| sandbox.entry.id == note.id) => opened,
            Ok(_) | Err(LakeError::NoSandbox { .. }) => {
                self.forget_adoption(release, job).await;
                return Ok(());
            }
            // On another machine it may be there; what follows here is the rebuild, and then nothing is left to take over.
            Err(error) => {
                self.forget_adoption(release, job).await;
                return Err(error.into());
            }
        };
        job.log(format!("r{release} was published and not all of it taken over; that is finished now"));
        let open = Self::over(opened, options.query_timeout)?;
        if !note.is_beside {
            let texts: BTreeMap<String, String> = detail.texts.into_iter().map(|text| (text.path, text.text)).collect();
            if let Err(error) = open.carry_published_drafts(&texts, &plan).await {
                job.log(format!("the lake's draft stays as it is: {}", error.to_api()));
            }
        }
        let sides = Sides { sandbox: &open.lake, base: &self.lake, engine: &open.engine, job };
        let whose = if note.is_beside { "the" } else { "the sandbox's" };
        for table in Box::pin(take_over_tables(&sides, &set, &plan, whose, Held::new())).await {
            job.log(format!("{}: {}", table.table, table.note));
        }
        if note.is_beside {
            self.remove_beside(&note.sandbox, job).await;
        }
        self.forget_adoption(release, job).await;
        Ok(())
    }
}

async fn read(lake: &Lake, release: u64) -> Result<Option<Adoption>, RunError> {
    let path = path(release);
    match lake.objects().read(&path).await {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| RunError::Internal(format!("{path} is not what Sluice writes; move it away"))),
        Err(LakeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
