//! Starting, stepping, running to a batch, cancelling, and what came of it.

use super::model::{Columns, Run};
use super::state::{ReplayScreen, Started};
use crate::command::Command;
use crate::cx::Cx;
use crate::widget::{Tone, banner, error_banner, number};
use egui::Ui;
use sluice_api::{ErrorCode, JobId, JobState, ReplayLimits, ReplaySummary, Request};

/// Reason why nothing can be started now.
pub(super) fn blocked(columns: Option<&Columns<'_>>, run: Option<&Run<'_>>) -> Option<&'static str> {
    match (columns, run) {
        (_, Some(_)) => Some("A replay is running"),
        (None, _) => Some("The batches are still being read"),
        (Some(columns), None) if columns.planned_count() == 0 && columns.pending().is_none() => Some("No new files"),
        _ => None,
    }
}

/// Batches to run so that the selected column is the last one; `None` if it is not ahead.
pub(super) fn batches_to(columns: &Columns<'_>, selected: usize) -> Option<u64> {
    let ahead = (selected + 1).checked_sub(columns.known().len()).filter(|ahead| *ahead > 0)?;
    (selected < columns.count()).then(|| u64::try_from(ahead).ok()).flatten()
}

impl ReplayScreen {
    /// Acts on keys, palette and buttons.
    pub(super) fn act(&mut self, cx: &mut Cx<'_>, columns: &Columns<'_>, run: Option<&Run<'_>>, selected: usize) {
        let step = cx.take(&Command::ReplayStep);
        let start = cx.take(&Command::ReplayStart);
        let run_to = cx.take(&Command::ReplayRunToHere);
        if cx.take(&Command::ReplayCancel) {
            // One that was started a moment ago is not in the list of jobs yet.
            let begun = self.started.as_ref().filter(|started| !started.reported).map(|started| started.job);
            match run.map(|run| run.job.id).or(begun) {
                Some(job) => cx.run(Command::CancelJob(job)),
                None => cx.notify("No replay is running", false),
            }
        }
        let preview = cx.take(&Command::ReplayPreview);
        if !(step || start || run_to || preview) {
            return;
        }
        if let Some(why) = blocked(Some(columns), run) {
            cx.notify(why, false);
            return;
        }
        if preview {
            self.ask_preview(cx);
            return;
        }
        let batches = match (step, run_to) {
            (true, _) => Some(1),
            (_, true) => match batches_to(columns, selected) {
                Some(batches) => Some(batches),
                None => {
                    cx.notify("Select a batch that is not replayed yet", false);
                    return;
                }
            },
            _ => None,
        };
        self.start(cx, columns, batches);
    }

    fn start(&mut self, cx: &mut Cx<'_>, columns: &Columns<'_>, batches: Option<u64>) {
        let job = cx.new_job();
        let limits = ReplayLimits { batches, max_files: self.max_files(cx), ..ReplayLimits::default() };
        let last = batches.and_then(|batches| usize::try_from(batches).ok());
        let stops_after = last
            .and_then(|batches| (columns.known().len() + batches).checked_sub(1))
            .and_then(|index| columns.get(index))
            .map(|column| column.number());
        self.started = Some(Started { job, stops_after, reported: false });
        self.follow = true;
        cx.send(Request::StartReplay { job, tables: vec![self.table.clone()], limits });
    }

    /// Shows why the last replay of this screen ended early, or says in one line what it did.
    pub(super) fn outcome_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let store = cx.store;
        let Some(started) = &mut self.started else { return };
        let got = store.replayed(started.job);
        let of_table = got.value.and_then(|summary| summary.tables.iter().find(|each| each.table == self.table));
        if let Some(summary) = got.value.filter(|_| !started.reported) {
            started.reported = true;
            if of_table.is_none_or(|replay| replay.error.is_none()) {
                cx.notify(said(summary), false);
            }
        }
        let failed = store.job(started.job).and_then(|job| match &job.state {
            JobState::Failed { error } => Some(error),
            _ => None,
        });
        let error = of_table.and_then(|replay| replay.error.as_ref()).or(got.error).or(failed);
        let Some(error) = error else { return };
        started.reported = true;
        if error.code == ErrorCode::Unpublished {
            let text = "Nothing was written. Try it in a sandbox, where the lake stays as it is, or publish the draft";
            if banner(ui, Tone::Warn, &error.message, text, Some("Sandboxes of the lake…")) {
                cx.run(Command::Sandboxes);
            }
            return;
        }
        let safe = if error.code == ErrorCode::Cancelled {
            "Whole batches stay".to_owned()
        } else {
            stays(of_table.and_then(|replay| replay.silver_version))
        };
        let job: JobId = started.job;
        if error_banner(ui, error, &safe) && store.job(job).is_none_or(|job| job.state != JobState::Running) {
            self.started = None;
            cx.run(Command::ReplayStart);
        }
    }
}

fn stays(version: Option<u64>) -> String {
    version.map_or_else(|| "Earlier batches stay".to_owned(), |version| format!("v{version} stays visible"))
}

fn said(summary: &ReplaySummary) -> String {
    let sum = |of: fn(&sluice_api::TableReplay) -> u64| summary.tables.iter().map(of).sum::<u64>();
    let batches = sum(|table| table.batches);
    let mut remade = summary.tables.iter().flat_map(|table| &table.remade);
    if batches == 0 {
        return match remade.next() {
            Some(remade) => format!("No new files; {remade}"),
            None => "No new files, nothing was committed".to_owned(),
        };
    }
    let rows = number::plural(sum(|table| table.counters.rows_in), "row");
    let quarantined = sum(|table| table.counters.quarantined);
    let noun = if batches == 1 { "batch" } else { "batches" };
    let mut text =
        format!("Replayed {} {noun}, {rows} in {}", number::count(batches), number::elapsed(summary.elapsed_ms));
    if quarantined > 0 {
        text.push_str(&format!(", {} in quarantine", number::count(quarantined)));
    }
    for remade in remade {
        text.push_str(&format!("; {remade}"));
    }
    text
}
