//! The bottom panel: jobs with their progress, and the log.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, Tone, icon_label, number, panel_header, progress_bar, rule_vertical};
use egui::{Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};
use sluice_api::{JobState, JobView};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, tokens.panel);
    let middle = rect.left() + (rect.width() * 0.48).round();
    let left = Rect::from_min_max(rect.min, pos2(middle, rect.bottom())).shrink2(vec2(12.0, 0.0));
    let right = Rect::from_min_max(pos2(middle, rect.top()), rect.max).shrink2(vec2(12.0, 0.0));
    rule_vertical(ui, middle, rect);
    let mut jobs = ui.new_child(UiBuilder::new().max_rect(left).id_salt("jobs"));
    jobs_ui(&mut jobs, cx);
    let mut log = ui.new_child(UiBuilder::new().max_rect(right).id_salt("log"));
    log_ui(&mut log, cx);
}

fn jobs_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let store = cx.store;
    let running = u64::try_from(store.running_jobs()).unwrap_or_default();
    let note = if running == 0 { String::new() } else { format!("{running} running") };
    panel_header(ui, "Jobs", &note, |ui| {
        if Button::icon_of(&Command::ToggleBottom).show(ui).clicked() {
            cx.run(Command::ToggleBottom);
        }
    });
    ScrollArea::vertical().auto_shrink(false).id_salt("jobs").show(ui, |ui| {
        if store.jobs().is_empty() {
            let tokens = ui.tokens();
            ui.label(typeface::text("Nothing has run yet", typeface::control(), tokens.text_faint));
        }
        for job in store.jobs().iter().rev() {
            job_ui(ui, cx, job);
        }
    });
}

fn job_ui(ui: &mut Ui, cx: &mut Cx<'_>, job: &JobView) {
    let tokens = ui.tokens();
    let (mark, tone, word) = match &job.state {
        JobState::Queued => (icon::SCHEDULE, Tone::Neutral, "queued"),
        JobState::Running => (icon::SYNC, Tone::Accent, ""),
        JobState::Done => (icon::CHECK, Tone::Ok, "done"),
        JobState::Cancelled => (icon::BLOCK, Tone::Neutral, "cancelled, whole batches stay"),
        JobState::Failed { .. } => (icon::ERROR, Tone::Fail, "failed"),
    };
    ui.horizontal(|ui| {
        icon_label(ui, mark, 14.0, tone.text(tokens), &job.title, typeface::header());
        ui.label(typeface::text(number::elapsed(job.elapsed_ms), typeface::mono(11.0), tokens.text_weak));
        ui.label(typeface::text(word, typeface::control(), tone.text(tokens)));
        if matches!(job.state, JobState::Queued | JobState::Running) {
            let name = format!("Cancel {}", job.title);
            if Button::icon_only(icon::STOP_CIRCLE, &name).show(ui).clicked() {
                cx.run(Command::CancelJob(job.id));
            }
        }
    });
    if let JobState::Failed { error } = &job.state {
        ui.add(egui::Label::new(typeface::text(error.to_string(), typeface::control(), tokens.fail)).wrap());
    }
    for progress in &job.progress {
        ui.horizontal(|ui| {
            ui.add_space(20.0);
            let (rect, _) = ui.allocate_exact_size(vec2(104.0, 20.0), egui::Sense::hover());
            let font = typeface::mono(12.0);
            let at = rect.left_center();
            crate::widget::text_clipped(ui, egui::Align2::LEFT_CENTER, at, 100.0, &progress.what, font, tokens.text);
            #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
            let share = match job.state {
                JobState::Done => Some(1.0),
                _ => (progress.total > 0).then(|| progress.done as f32 / progress.total as f32),
            };
            let tone = if matches!(job.state, JobState::Running) { Tone::Accent } else { tone };
            progress_bar(ui, &progress.what, share, tone, 88.0);
            let total = if progress.total > 0 { number::count(progress.total) } else { "…".to_owned() };
            let done = format!("{}/{total}", number::count(progress.done));
            ui.label(typeface::text(done, typeface::mono(12.0), tokens.text_weak));
            ui.label(typeface::text(&progress.note, typeface::control(), tokens.text_weak));
        });
    }
}

fn log_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let store = cx.store;
    let lines: Vec<&str> = store.jobs().iter().flat_map(|job| &job.log).map(String::as_str).collect();
    panel_header(ui, "Log", "", |ui| {
        let copy = Button::icon_only(icon::CONTENT_COPY, "Copy the log");
        if copy.show(ui).clicked() {
            ui.ctx().copy_text(lines.join("\n"));
        }
    });
    ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).id_salt("log").show_rows(
        ui,
        16.0,
        lines.len(),
        |ui, range| {
            for line in lines.get(range).unwrap_or_default() {
                ui.label(typeface::text(*line, typeface::mono(11.0), tokens.text_weak));
            }
        },
    );
}
