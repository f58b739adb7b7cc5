//! What the screen shows, and what was asked for last.

use crate::cx::Cx;
use crate::publish::confirm::Confirm;
use sluice_api::{PlanDocument, PublishScope, ReleaseList, ReleaseSide, Request};

/// Releases, newest first, and what can be done with one.
#[derive(Default)]
pub struct ReleasesScreen {
    /// Whom the inspector shows; the current release if nothing was chosen.
    pub(super) chosen: Option<Chosen>,
    /// The side that the chosen release is compared with; the release before it if nothing was chosen.
    pub(super) against: Option<ReleaseSide>,
    pub(super) view: View,
    pub(super) confirm: Confirm,
    /// The person knows that an incident lock is open.
    pub(super) during_incident: bool,
    /// Reason for a lock, as it is typed.
    pub(super) because: String,
    pub(super) attempt: Option<Attempt>,
}

/// What the inspector is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Chosen {
    /// A release.
    Release(u64),
    /// Going back to a release.
    Rollback(u64),
    /// A plan that waits, by its hash.
    Proposal(String),
}

/// What was clicked in the side panel.
pub(super) enum Asked {
    Show(Chosen),
    Lock(String),
    Unlock,
}

/// What the centre shows of a release.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum View {
    /// What differs.
    #[default]
    Changes,
    /// All its contracts and models.
    Texts,
}

/// What was asked for last; its outcome is shown.
#[derive(Clone, Debug)]
pub(super) enum Attempt {
    Publish(u64),
    Propose(PublishScope),
    Approve(String),
    Lock(String),
    Unlock,
}

impl ReleasesScreen {
    /// The screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The release in front: the chosen one, or the current.
    pub(super) fn shown(&self, list: &ReleaseList) -> Option<u64> {
        match &self.chosen {
            Some(Chosen::Release(number) | Chosen::Rollback(number)) => Some(*number),
            Some(Chosen::Proposal(_)) | None => {
                list.releases.iter().find(|release| release.current).map(|release| release.release)
            }
        }
    }

    /// The two sides that the centre compares. Going back is compared from what is current.
    pub(super) fn sides(&self, list: &ReleaseList) -> Option<(ReleaseSide, ReleaseSide)> {
        let shown = self.shown(list)?;
        let current = list.releases.iter().find(|release| release.current).map(|release| release.release);
        if let (Some(Chosen::Rollback(to)), Some(current)) = (&self.chosen, current) {
            return Some((ReleaseSide::Release(current), ReleaseSide::Release(*to)));
        }
        let base = list.releases.iter().find(|release| release.release == shown).and_then(|release| release.base);
        let from = self.against.or(base.map(ReleaseSide::Release)).unwrap_or(ReleaseSide::Release(shown));
        Some(match from {
            // What the draft would change is read from the release to the draft.
            ReleaseSide::Draft => (ReleaseSide::Release(shown), ReleaseSide::Draft),
            ReleaseSide::Release(_) => (from, ReleaseSide::Release(shown)),
        })
    }

    pub(super) fn choose(&mut self, chosen: Chosen) {
        if self.chosen.as_ref() != Some(&chosen) {
            self.chosen = Some(chosen);
            self.against = None;
            self.confirm.typed.clear();
            self.during_incident = false;
        }
    }

    pub(super) fn is_pending(&self, cx: &Cx<'_>) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| match attempt {
            Attempt::Publish(number) => cx.store.published(*number).pending,
            Attempt::Propose(scope) => cx.store.proposed(scope).pending,
            Attempt::Approve(plan) => cx.store.approved(plan).pending,
            Attempt::Lock(because) => cx.store.locked(because).pending,
            Attempt::Unlock => cx.store.unlocked().pending,
        })
    }

    /// The scope of what the inspector would publish.
    pub(super) fn scope(&self, cx: &Cx<'_>) -> Option<PublishScope> {
        match &self.chosen {
            Some(Chosen::Rollback(to)) => Some(PublishScope::Rollback(*to)),
            Some(Chosen::Proposal(plan)) => self.proposed(cx, plan).map(|document| document.scope.clone()),
            Some(Chosen::Release(_)) | None => None,
        }
    }

    pub(super) fn proposed<'a>(&self, cx: &Cx<'a>, plan: &str) -> Option<&'a PlanDocument> {
        let list = cx.store.releases().value?;
        list.proposals.iter().map(|proposal| &proposal.document).find(|document| document.plan == plan)
    }

    pub(super) fn look_again(&self, cx: &mut Cx<'_>) {
        if let Some(scope) = self.scope(cx) {
            cx.send(Request::PublishPlan { scope, plan: None });
        }
        cx.send(Request::Releases);
    }
}
