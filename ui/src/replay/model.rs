//! Columns of the timeline: batches that exist, then the batches that the host planned with the bound of the next replay.

use sluice_api::{BatchState, BatchView, JobKind, JobState, JobView, ReplayView, TableName};

/// All columns, without copying a batch.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    known: &'a [BatchView],
    planned: &'a [BatchView],
}

/// One column.
#[derive(Clone, Copy)]
pub(super) enum Column<'a> {
    /// A batch that has a row in the ledger.
    Known(&'a BatchView),
    /// Files that wait.
    Planned {
        /// Number that the batch will get.
        number: u64,
        /// Files in it.
        files: usize,
        /// Source time of its newest event, if known.
        source_time_ms: Option<i64>,
    },
}

impl<'a> Columns<'a> {
    /// Columns of `view`.
    pub(super) fn new(view: &'a ReplayView) -> Self {
        let split = view.batches.partition_point(|batch| batch.state != BatchState::Planned);
        let (known, planned) = view.batches.split_at(split);
        Self { known, planned }
    }

    /// Batches that exist.
    pub(super) fn known(&self) -> &'a [BatchView] {
        self.known
    }

    /// Number of batches that are planned.
    pub(super) fn planned_count(&self) -> usize {
        self.planned.len()
    }

    /// Number of columns.
    pub(super) fn count(&self) -> usize {
        self.known.len() + self.planned_count()
    }

    /// The column at `index`.
    pub(super) fn get(&self, index: usize) -> Option<Column<'a>> {
        if let Some(batch) = self.known.get(index) {
            return Some(Column::Known(batch));
        }
        self.planned.get(index - self.known.len()).map(|batch| Column::Planned {
            number: batch.batch,
            files: batch.files.len(),
            source_time_ms: batch.source_time_ms,
        })
    }

    /// Files of the column at `index`.
    pub(super) fn files(&self, index: usize) -> Vec<&'a str> {
        let batch = self.known.get(index).or_else(|| self.planned.get(index.checked_sub(self.known.len())?));
        batch.map_or_else(Vec::new, |batch| batch.files.iter().map(String::as_str).collect())
    }

    /// Position of a batch by its number.
    pub(super) fn position(&self, number: u64) -> Option<usize> {
        if let Ok(index) = self.known.binary_search_by_key(&number, |batch| batch.batch) {
            return Some(index);
        }
        let ahead = self.planned.iter().position(|batch| batch.batch == number)?;
        Some(self.known.len() + ahead)
    }

    /// A batch that is in bronze and not in silver.
    pub(super) fn pending(&self) -> Option<&'a BatchView> {
        self.known.iter().rev().take(2).find(|batch| batch.state == BatchState::Pending)
    }

    /// Position of the column that a running job works on.
    pub(super) fn running(&self) -> usize {
        self.known
            .iter()
            .rposition(|batch| matches!(batch.state, BatchState::Running | BatchState::Pending))
            .unwrap_or(self.known.len())
    }
}

impl Column<'_> {
    /// Number of the batch.
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Known(batch) => batch.batch,
            Self::Planned { number, .. } => *number,
        }
    }

    /// Source time of its newest event.
    pub(super) fn source_time_ms(&self) -> Option<i64> {
        match self {
            Self::Known(batch) => batch.source_time_ms,
            Self::Planned { source_time_ms, .. } => *source_time_ms,
        }
    }
}

/// A replay of this table that is under way.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    /// The job.
    pub(super) job: &'a JobView,
    /// Files done.
    pub(super) done: u64,
    /// Files in all, 0 if not known yet.
    pub(super) total: u64,
}

impl Run<'_> {
    /// `62 %`, or `…` while nothing is known.
    pub(super) fn percent(&self) -> String {
        match (self.done * 100).checked_div(self.total) {
            Some(percent) => format!("{} %", percent.min(100)),
            None => "…".to_owned(),
        }
    }

    /// Share of files done.
    pub(super) fn share(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
        let share = self.done as f32 / self.total.max(1) as f32;
        share.clamp(0.0, 1.0)
    }
}

/// The job that replays `table` now.
pub(super) fn run_of<'a>(jobs: &'a [JobView], table: &TableName) -> Option<Run<'a>> {
    let full = table.to_string();
    jobs.iter().rev().filter(|job| matches!(job.state, JobState::Queued | JobState::Running)).find_map(|job| {
        let progress = job.progress.iter().find(|progress| progress.what == full || progress.what == table.table);
        match progress {
            Some(progress) => Some(Run { job, done: progress.done, total: progress.total }),
            None => {
                (job.kind == JobKind::Replay && job.title.contains(&full)).then_some(Run { job, done: 0, total: 0 })
            }
        }
    })
}

/// Rows per second of a batch.
pub(super) fn throughput(batch: &BatchView) -> Option<f64> {
    let (counters, elapsed) = batch.counters.as_ref().zip(batch.elapsed_ms)?;
    #[expect(clippy::cast_precision_loss, reason = "a point of a plot")]
    let rate = counters.rows_in as f64 * 1_000.0 / elapsed as f64;
    (elapsed > 0 && batch.state == BatchState::Committed).then_some(rate)
}

/// Silver versions before and after a batch.
pub(super) fn versions(columns: &Columns<'_>, index: usize) -> Option<(Option<u64>, u64)> {
    let after = columns.known().get(index)?.silver_version?;
    let before = columns.known().get(..index)?.iter().rev().find_map(|batch| batch.silver_version);
    let before = before.filter(|before| *before < after).or_else(|| after.checked_sub(1));
    Some((before, after))
}
