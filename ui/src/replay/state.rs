//! The state of the replay screen: its table, the selected batch, files per batch, and the replay that it started.

use super::decision::Draft;
use super::model::Columns;
use crate::cx::Cx;
use crate::state::{Got, Selection};
use sluice_api::{JobId, ReplayView, Request, TableName};

/// The choice of files per batch that leaves it to their size.
const BY_SIZE: &str = "by size";

/// A replay that this screen started.
pub(super) struct Started {
    /// Its job.
    pub(super) job: JobId,
    /// It ends after this batch.
    pub(super) stops_after: Option<u64>,
    /// Its outcome was shown.
    pub(super) reported: bool,
}

/// Replay: batches of a table and what they did.
pub struct ReplayScreen {
    /// Table that is replayed.
    pub(super) table: TableName,
    /// Replay that was started here last.
    pub(super) started: Option<Started>,
    /// The selection follows the batches as they are committed.
    pub(super) follow: bool,
    /// Points that the columns are scrolled to the right.
    pub(super) scroll: f32,
    /// Column to bring into view.
    pub(super) reveal: Option<usize>,
    /// The screen was drawn before.
    pub(super) opened: bool,
    /// The preview that is shown, by its job.
    pub(super) preview: Option<JobId>,
    /// Which of the tables of the preview shows its rows.
    pub(super) preview_table: usize,
    /// Files done when the batches were last read, while a job runs.
    pub(super) seen: Option<(JobId, u64)>,
    /// What is being decided of a batch.
    pub(super) decision: Draft,
}

impl ReplayScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableName) -> Self {
        Self {
            table,
            started: None,
            follow: false,
            scroll: 0.0,
            reveal: None,
            opened: false,
            preview: None,
            preview_table: 0,
            seen: None,
            decision: Draft::default(),
        }
    }

    /// Column that is selected: by the person, else the batch under way, else the last one.
    pub(super) fn selected(&self, cx: &Cx<'_>, columns: &Columns<'_>) -> usize {
        let chosen = match cx.selection() {
            Selection::Batch { table, batch } if *table == self.table => columns.position(*batch),
            _ => None,
        };
        chosen.unwrap_or_else(|| columns.known().len().saturating_sub(1))
    }

    /// Selects a column and brings it into view.
    pub(super) fn select(&mut self, cx: &mut Cx<'_>, columns: &Columns<'_>, index: usize) {
        if let Some(column) = columns.get(index) {
            cx.select(Selection::Batch { table: self.table.clone(), batch: column.number() });
            self.reveal = Some(index);
        }
    }

    /// Position of the column after which a running replay stops.
    pub(super) fn stops_after(&self, columns: &Columns<'_>) -> Option<usize> {
        let started = self.started.as_ref().filter(|started| !started.reported)?;
        columns.position(started.stops_after?)
    }

    /// Files per batch of the plan and of the next replay: one, unless the person chose otherwise; `None` is as many
    /// as fit by their size.
    pub(super) fn max_files(&self, cx: &Cx<'_>) -> Option<u64> {
        match cx.workspace.choices.get(&self.setting()).map(String::as_str) {
            Some(BY_SIZE) => None,
            chosen => chosen.and_then(|text| text.parse().ok()).or(Some(1)),
        }
    }

    /// Remembers files per batch.
    pub(super) fn set_max_files(&self, cx: &mut Cx<'_>, files: Option<u64>) {
        let chosen = files.map_or_else(|| BY_SIZE.to_owned(), |files| files.to_string());
        cx.workspace.choices.insert(self.setting(), chosen);
    }

    /// The batches with the plan that the next replay follows, once they are known.
    pub(super) fn view<'a>(&self, cx: &Cx<'a>) -> Got<'a, ReplayView> {
        cx.store.replay(&self.table, self.max_files(cx))
    }

    /// Asks for them.
    pub(super) fn ask(&self, cx: &Cx<'_>) -> Request {
        Request::Replay { table: self.table.clone(), max_files: self.max_files(cx) }
    }

    fn setting(&self) -> String {
        format!("replay files {}", self.table)
    }
}
