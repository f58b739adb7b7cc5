//! The state of the screen: what is typed, what was asked, and what was repaired.

use crate::cx::Cx;
use crate::state::Got;
use sluice_api::{
    DatabaseUrl, DiffSide, DifferingKey, JobId, Layer, ReconcileOptions, ReconcileWith, Reconciliation, RepairBy,
    Request, SideLake, SideVersion, SourceRepair, TableName, TableRef, ask,
};

/// What a table is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A live database.
    Database,
    /// A file.
    File,
    /// Statistics of AWS DMS.
    Statistics,
    /// Another table.
    Table,
}

impl Kind {
    /// All, with their words.
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::Database, "Database"),
        (Self::File, "File"),
        (Self::Statistics, "DMS statistics"),
        (Self::Table, "Table"),
    ];
}

/// A table beside its source.
pub struct ReconcileScreen {
    pub(super) table: TableName,
    pub(super) kind: Kind,
    /// Address, path or table, as typed. It may hold a password, so nothing keeps it.
    pub(super) with: String,
    /// The table in the source, as typed.
    pub(super) source_table: String,
    /// Position of a file, as typed.
    pub(super) position: String,
    /// Keys of a sample, as typed.
    pub(super) sample: String,
    /// Seconds to wait for silver, as typed.
    pub(super) wait: String,
    /// What was asked last.
    pub(super) asked: Option<(ReconcileWith, ReconcileOptions, JobId)>,
    /// Number of the difference whose values are shown.
    pub(super) line: usize,
    /// Reason of a repair, as typed.
    pub(super) because: String,
    /// The repair that was asked for last.
    pub(super) repair: Option<JobId>,
    /// A field took the focus once.
    pub(super) begun: bool,
}

impl ReconcileScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableName) -> Self {
        Self {
            table,
            kind: Kind::Database,
            with: String::new(),
            source_table: String::new(),
            position: String::new(),
            sample: String::new(),
            wait: String::new(),
            asked: None,
            line: 0,
            because: String::new(),
            repair: None,
            begun: false,
        }
    }

    /// What is typed as a question, or what it lacks.
    pub(super) fn question(&self) -> Result<(ReconcileWith, ReconcileOptions), &'static str> {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let with = some(&self.with).ok_or(match self.kind {
            Kind::Database => "Write the address of the database",
            Kind::File | Kind::Statistics => "Write the path of the file",
            Kind::Table => "Write the name of the table",
        })?;
        let mut options = ReconcileOptions::default();
        let with = match self.kind {
            Kind::Database => {
                let keys = some(&self.sample).map(|text| text.parse().map_err(|_| "A sample is a number of keys"));
                options.sample = keys.transpose()?;
                let seconds = some(&self.wait).map(|text| text.parse().map_err(|_| "The wait is a number of seconds"));
                options.wait_s = seconds.transpose()?.unwrap_or_default();
                ReconcileWith::Database { url: DatabaseUrl::new(&with), table: some(&self.source_table) }
            }
            Kind::File => ReconcileWith::File { path: with, position: some(&self.position) },
            Kind::Statistics => ReconcileWith::DmsStatistics { path: with, table: some(&self.source_table) },
            Kind::Table => {
                let table = with.parse().map_err(|_| "Write dataset.table, or with its layer")?;
                ReconcileWith::Table(DiffSide { table, lake: SideLake::Open, version: SideVersion::Latest })
            }
        };
        Ok((with, options))
    }

    /// Asks what is typed.
    pub(super) fn compare(&mut self, cx: &mut Cx<'_>) {
        if let Ok((with, options)) = self.question() {
            self.asked = Some((with, options, cx.new_job()));
            (self.line, self.repair) = (0, None);
            self.send(cx);
        }
    }

    /// Asks again what was asked last.
    pub(super) fn send(&self, cx: &mut Cx<'_>) {
        if let Some((with, options, job)) = self.asked.clone() {
            cx.send(Request::Reconcile { table: self.table.clone(), with, options, job });
        }
    }

    /// The answer, as far as it is here.
    pub(super) fn got<'a>(&self, cx: &Cx<'a>) -> Option<Got<'a, Reconciliation>> {
        let (with, options, _) = self.asked.clone()?;
        Some(cx.store.got::<ask::Reconcile>(&(self.table.clone(), with, options)))
    }

    /// The difference whose values are shown.
    pub(super) fn shown<'a>(&self, cx: &Cx<'a>) -> Option<&'a DifferingKey> {
        self.got(cx)?.value?.keys.get(self.line)
    }

    /// Asks for a repair of what was shown.
    pub(super) fn ask_repair(&mut self, cx: &mut Cx<'_>, by: RepairBy) {
        let Some((with, options, _)) = self.asked.clone() else { return };
        let (job, because) = (cx.new_job(), self.because.trim().to_owned());
        self.repair = Some(job);
        let table = self.table.clone();
        cx.send(Request::RepairFromSource { job, table, with, options, by, because, author: None });
    }

    /// What became of the repair.
    pub(super) fn repaired<'a>(&self, cx: &Cx<'a>) -> Option<Got<'a, SourceRepair>> {
        Some(cx.store.got::<ask::RepairFromSource>(&(self.repair?,)))
    }

    /// Stops what is under way; whether there was something.
    pub(super) fn stop(&self, cx: &mut Cx<'_>) -> bool {
        let pending = self.got(cx).is_some_and(|got| got.pending);
        if let Some((_, _, job)) = self.asked.as_ref().filter(|_| pending) {
            cx.send(Request::Cancel { job: *job });
        }
        pending
    }

    /// The table of silver.
    pub(super) fn reference(&self) -> TableRef {
        TableRef { layer: Layer::Silver, name: self.table.clone() }
    }
}
