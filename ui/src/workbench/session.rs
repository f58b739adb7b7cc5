//! Saves the workspace a second after its last change.

use crate::state::Workspace;
use egui::Context;
use sluice_api::Request;
use std::time::Duration;

/// Seconds without a change before saving.
const SAVE_AFTER: f64 = 1.0;

/// Knows what was saved last.
#[derive(Default)]
pub(super) struct SessionKeeper {
    /// `None` until the old session is loaded; nothing is saved before.
    saved: Option<Workspace>,
    latest: Option<Workspace>,
    changed_at: f64,
}

impl SessionKeeper {
    /// The old session is in place.
    pub(super) fn loaded(&mut self, workspace: &Workspace) {
        self.saved = Some(workspace.clone());
        self.latest = Some(workspace.clone());
    }

    /// Notes changes; returns the request to save once they have settled.
    pub(super) fn tick(&mut self, ctx: &Context, workspace: &Workspace, time: f64) -> Option<Request> {
        let saved = self.saved.as_ref()?;
        if self.latest.as_ref() != Some(workspace) {
            self.latest = Some(workspace.clone());
            self.changed_at = time;
        }
        if saved == workspace {
            return None;
        }
        let wait = SAVE_AFTER - (time - self.changed_at);
        if wait > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
            return None;
        }
        Some(Request::SaveSession { session: workspace.to_session() })
    }

    /// The latest change is on its way.
    pub(super) fn saving(&mut self) {
        self.saved.clone_from(&self.latest);
    }
}
