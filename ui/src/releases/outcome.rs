//! What came of the last thing that was asked for.

use super::state::{Attempt, ReleasesScreen};
use crate::cx::Cx;
use crate::publish::plan::release;
use crate::widget::{Tone, banner};
use egui::Ui;
use sluice_api::ErrorCode;

impl ReleasesScreen {
    /// What came of the last attempt.
    pub(super) fn outcome(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(attempt) = self.attempt.clone() else { return };
        let (pending, error, done) = match &attempt {
            Attempt::Publish(number) => {
                let got = cx.store.published(*number);
                let done = got.value.map(|done| {
                    let mut text = format!("{}. The runner takes it with its next run", done.release.message_text());
                    for table in &done.tables {
                        text.push_str(&format!("\n{}: {}", table.table, table.note));
                    }
                    (format!("{} is published", release(done.release.release)), text)
                });
                (got.pending, got.error, done)
            }
            Attempt::Propose(scope) => {
                let got = cx.store.proposed(scope);
                let done = got.value.map(|done| {
                    ("The plan is proposed".to_owned(), format!("Somebody other than {} approves it", done.author))
                });
                (got.pending, got.error, done)
            }
            Attempt::Approve(plan) => {
                let got = cx.store.approved(plan);
                let done = got.value.map(|done| {
                    let given = format!("{} of {}", done.approvals.len(), done.approvals_needed);
                    ("The plan is approved".to_owned(), format!("It has {given} approvals"))
                });
                (got.pending, got.error, done)
            }
            Attempt::Lock(because) => {
                let got = cx.store.locked(because);
                let done = got.value.map(|lock| ("Publishing is locked".to_owned(), format!("By {}", lock.by)));
                (got.pending, got.error, done)
            }
            Attempt::Unlock => {
                let got = cx.store.unlocked();
                let done = got.value.map(|lock| ("Publishing is open again".to_owned(), lock.because.clone()));
                (got.pending, got.error, done)
            }
        };
        if let Attempt::Publish(number) = &attempt
            && done.is_some()
            && self.confirm.typed.trim() == release(*number)
        {
            // It is done: what is current stands in front, and nothing is left to confirm.
            self.confirm.typed.clear();
            self.chosen = None;
        }
        if let Some(error) = error.filter(|_| !pending) {
            let moved = matches!(error.code, ErrorCode::Stale | ErrorCode::Conflict);
            let action = if moved { "Look again" } else { "Close" };
            let text = format!("The current release is unchanged. {}", error.next);
            if banner(ui, Tone::Fail, &error.message, &text, Some(action)) {
                self.attempt = None;
                if moved {
                    self.look_again(cx);
                }
            }
        } else if let Some((title, text)) = done
            && banner(ui, Tone::Ok, &title, &text, Some("Close"))
        {
            self.attempt = None;
            if matches!(attempt, Attempt::Publish(_)) {
                self.chosen = None;
            }
        }
    }
}
