//! Releases as they were published, proposals, and the incident lock.

use super::publish::author;
use super::{Host, HostOptions, OpenLake};
use crate::{Clock, RunError};
use sluice_api::{Answer, IncidentLock, PlanDocument, ProposalView, ReleaseDetail, ReleaseDiff, ReleaseList, ask};
use std::collections::BTreeSet;

impl OpenLake {
    async fn releases(&self) -> Result<ReleaseList, RunError> {
        let approvals_needed = sluice_publish::lake_settings(&self.lake).await?.approvals;
        let releases = sluice_publish::releases(&self.lake).await?;
        let current = releases.iter().find(|release| release.current).map(|release| release.release);
        let published: BTreeSet<&str> = releases.iter().filter_map(|release| release.plan.as_deref()).collect();
        let (proposals, problems) =
            sluice_publish::proposals(&self.lake, &published, approvals_needed, current).await?;
        let lock = sluice_publish::open_lock(&self.lake).await?;
        Ok(ReleaseList { releases, proposals, problems, approvals_needed, lock })
    }

    async fn propose(&self, request: ask::ProposeRelease, clock: &Clock) -> Result<ProposalView, RunError> {
        let ask::ProposeRelease { scope, message, author: named, plan } = request;
        let scope = Self::scope_of(scope, plan.as_deref())?;
        let (contents, now) = self.planned(&scope).await?;
        let plan = Self::agreed(plan, now)?;
        if !contents.draft.problems.is_empty() {
            return Err(RunError::Contract(contents.draft.problems));
        }
        if plan.base_hash.as_ref() == Some(&plan.hash) {
            let base = plan.base.map(|base| format!("r{base}")).unwrap_or_default();
            return Err(RunError::input(format!("{base} holds this already"), "There is nothing to propose"));
        }
        let author = author(named.as_deref()).await?;
        let plan = self.with_preview(&contents, plan).await?;
        let needed = sluice_publish::lake_settings(&self.lake).await?.approvals;
        Ok(sluice_publish::propose(self.production(), &plan, &author, &message, needed, clock.now_ms()).await?)
    }

    async fn approve(&self, request: ask::ApprovePlan, options: &HostOptions) -> Result<ProposalView, RunError> {
        let plan = sluice_publish::proposed_plan(&self.lake, &request.plan).await?;
        let by = author(request.author.as_deref()).await?;
        let needed = sluice_publish::lake_settings(&self.lake).await?.approvals;
        let read = async |current| {
            let found = sluice_publish::proposal(&self.lake, &plan, needed, current).await?;
            found.ok_or_else(|| RunError::not_found("The proposal is gone", "Propose the plan again"))
        };
        let proposed = read(None).await?;
        // What is approved is what was reached where it was tried, so it is looked at there.
        let tried = self.tried_in(&proposed.document, options).await?;
        let place = tried.as_ref().unwrap_or(self);
        let (contents, now) = Box::pin(place.planned(&proposed.document.scope)).await?;
        sluice_publish::ensure_current(&proposed.document, &now)?;
        let seen = Box::pin(place.with_preview(&contents, PlanDocument { previewed: None, ..now.clone() })).await?;
        sluice_publish::ensure_reached(&proposed.document, &seen)?;
        sluice_publish::approve(self.production(), &proposed, &by, options.clock.now_ms()).await?;
        read(now.base).await
    }

    /// The sandbox in which a plan was tried, where it is not the one that is open.
    async fn tried_in(&self, document: &PlanDocument, options: &HostOptions) -> Result<Option<Self>, RunError> {
        let Some(name) = document.previewed.as_ref().and_then(|previewed| previewed.sandbox.as_deref()) else {
            return Ok(None);
        };
        if self.lake.sandbox().is_some_and(|sandbox| sandbox.entry.name == name) {
            return Ok(None);
        }
        let opened = self.production().open_sandbox(name).await.map_err(|error| {
            let message = format!("the plan was tried in the sandbox {name}, which cannot be opened here: {error}");
            let next =
                "Approve it on the machine that has the sandbox; one that is made with --under-lake is everybody's";
            RunError::input(message, next)
        })?;
        Self::over(opened, options.query_timeout).map(Some)
    }
}

impl Answer<ask::Releases> for Host {
    async fn answer(&self, _request: ask::Releases) -> Result<ReleaseList, RunError> {
        self.opened().await?.releases().await
    }
}

impl Answer<ask::Release> for Host {
    async fn answer(&self, request: ask::Release) -> Result<ReleaseDetail, RunError> {
        Ok(sluice_publish::release(&self.opened().await?.lake, request.release).await?)
    }
}

impl Answer<ask::ReleaseDiff> for Host {
    async fn answer(&self, request: ask::ReleaseDiff) -> Result<ReleaseDiff, RunError> {
        Ok(sluice_publish::release_diff(&self.opened().await?.lake, request.from, request.to).await?)
    }
}

impl Answer<ask::ProposeRelease> for Host {
    async fn answer(&self, request: ask::ProposeRelease) -> Result<ProposalView, RunError> {
        self.opened().await?.propose(request, &self.options.clock).await
    }
}

impl Answer<ask::ApprovePlan> for Host {
    async fn answer(&self, request: ask::ApprovePlan) -> Result<ProposalView, RunError> {
        Box::pin(self.opened().await?.approve(request, &self.options)).await
    }
}

impl Answer<ask::LockReleases> for Host {
    async fn answer(&self, request: ask::LockReleases) -> Result<IncidentLock, RunError> {
        let by = author(request.author.as_deref()).await?;
        let open = self.opened().await?;
        Ok(sluice_publish::lock(open.production(), &by, &request.because, self.options.clock.now_ms()).await?)
    }
}

impl Answer<ask::UnlockReleases> for Host {
    async fn answer(&self, request: ask::UnlockReleases) -> Result<IncidentLock, RunError> {
        let by = author(request.author.as_deref()).await?;
        let open = self.opened().await?;
        Ok(sluice_publish::unlock(open.production(), &by, self.options.clock.now_ms()).await?)
    }
}
