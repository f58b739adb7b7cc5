//! Run, cancel, format, and what is known of the run under way.

use super::results::Results;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, Tone, icon_label, number, progress_bar};
use egui::{Align, Layout, Stroke, Ui, UiBuilder};
use sluice_api::Request;
use std::time::Duration;

/// What was pressed.
pub(super) enum Action {
    Run,
    Format,
}

/// Draws it across the top.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, results: &Results) -> Option<Action> {
    let tokens = ui.tokens();
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, tokens.canvas);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let store = cx.store;
    let running = results.running(store);
    let mut action = None;
    let inner = rect.shrink2(egui::vec2(12.0, 0.0));
    let mut left = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    let busy = running.map(|_| "A query of this tab is running");
    if Button::of(&Command::RunText).primary().disabled(busy).show(&mut left).clicked() {
        action = Some(Action::Run);
    }
    match running {
        Some(run) => {
            let cancel = Button::new("Cancel").icon(icon::STOP).key("Esc").tooltip("The result so far is dropped");
            if cancel.show(&mut left).clicked() {
                cx.send(Request::Cancel { job: run.job });
            }
            let job = store.job(run.job);
            let here = Duration::from_secs_f64((cx.time - run.started).max(0.0)).as_millis();
            let elapsed = job.map_or(u64::try_from(here).unwrap_or(0), |job| job.elapsed_ms);
            let (done, total) = job.map_or((0, 0), |job| {
                job.progress.iter().fold((0, 0), |(done, total), each| (done + each.done, total + each.total))
            });
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let share = (total > 0).then(|| done as f32 / total as f32);
            progress_bar(&mut left, "Progress of the query", share, Tone::Accent, 120.0);
            let mut words = format!("Running {}", number::elapsed(elapsed));
            if let Some(share) = share {
                words.push_str(&format!(", {}", number::percent(f64::from(share))));
            }
            left.label(typeface::text(words, typeface::mono(12.0), tokens.text_weak));
            ui.ctx().request_repaint_after(Duration::from_millis(100));
        }
        None => {
            if Button::of(&Command::FormatText).quiet().show(&mut left).clicked() {
                action = Some(Action::Format);
            }
        }
    }
    let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
    if Button::icon_of(&Command::NewQuery).show(&mut right).clicked() {
        cx.run(Command::NewQuery);
    }
    icon_label(&mut right, icon::LOCK, 14.0, tokens.text_weak, "Read only, latest versions", typeface::control());
    action
}
