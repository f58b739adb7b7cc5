//! The envelope.

use crate::{
    ApiError, ContractCheck, DiffView, JobId, JobView, LakeView, OnboardDraft, OnboardSource, PageRequest, PublishPlan,
    PublishedView, QualityView, ReplayLimits, ReplaySummary, ReplayView, ResultId, ResultView, RowHistory, TableName,
    TableRef, TableView,
};
use serde::{Deserialize, Serialize};

/// What a screen or the command line asks of a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Opens a lake; answers [`Reply::Lake`]. `None` opens the one given at start.
    OpenLake {
        /// Folder or `s3://` URL.
        url: Option<String>,
    },
    /// The open lake, read again; answers [`Reply::Lake`].
    Lake,
    /// One table; answers [`Reply::Table`].
    Table {
        /// Table.
        table: TableRef,
        /// Version, latest if `None`.
        version: Option<u64>,
    },
    /// All rows of a table version as a result; answers [`Reply::Result`].
    TableRows {
        /// Table.
        table: TableRef,
        /// Version, latest if `None`.
        version: Option<u64>,
    },
    /// Runs read-only SQL; answers [`Reply::Result`] when done. Cancel by its job.
    Query {
        /// Job id for progress and cancel.
        job: JobId,
        /// One `SELECT`; tables are `bronze|silver|gold.dataset.table`.
        sql: String,
    },
    /// A filtered and sorted view of a result; answers [`Reply::Result`].
    Refine {
        /// Result to start from.
        result: ResultId,
        /// SQL condition over its columns.
        filter: Option<String>,
        /// SQL order over its columns.
        order_by: Option<String>,
    },
    /// Rows of a result; the only request whose answer is binary, see [`PageRequest`].
    Page {
        /// Which rows.
        page: PageRequest,
    },
    /// Frees a result; answers [`Reply::Done`].
    DropResult {
        /// Result.
        result: ResultId,
    },
    /// Looks for tables in a source; answers [`Reply::Source`].
    InspectSource {
        /// Folder or URL; relative paths are inside the lake.
        source: String,
    },
    /// Proposes a contract; answers [`Reply::Draft`].
    InferContract {
        /// Folder of one table.
        path: String,
        /// Name to use instead of the proposed one.
        name: Option<TableName>,
    },
    /// Checks a contract text; answers [`Reply::ContractCheck`].
    CheckContract {
        /// YAML.
        yaml: String,
    },
    /// Saves a valid contract into the lake's draft; answers [`Reply::Lake`].
    SaveContract {
        /// YAML.
        yaml: String,
    },
    /// Batches of a table; answers [`Reply::Replay`].
    Replay {
        /// Table.
        table: TableName,
    },
    /// Replays; answers [`Reply::Replayed`] when done. Watch with [`Request::Jobs`].
    StartReplay {
        /// Job id.
        job: JobId,
        /// Tables, all if empty.
        tables: Vec<TableName>,
        /// Bounds.
        limits: ReplayLimits,
    },
    /// Running and recent jobs; answers [`Reply::Jobs`].
    Jobs,
    /// Stops a job on a whole batch; answers [`Reply::Done`].
    Cancel {
        /// Job.
        job: JobId,
    },
    /// Compares two versions; answers [`Reply::Diff`] when done. Watch with [`Request::Jobs`].
    Diff {
        /// Job id for progress and cancel; without one nobody watches.
        #[serde(default)]
        job: Option<JobId>,
        /// Table.
        table: TableRef,
        /// Version before.
        from: u64,
        /// Version after.
        to: u64,
    },
    /// The first changed rows between two versions, found without reading the others; answers [`Reply::Diff`],
    /// with [`DiffView::of`] unless these are all.
    DiffFirst {
        /// Table.
        table: TableRef,
        /// Version before.
        from: u64,
        /// Version after.
        to: u64,
        /// How many; a few more keys may be looked at where rows turn out equal.
        rows: u32,
    },
    /// What happened to the rows of one key, over all versions that can be read; answers [`Reply::RowHistory`].
    RowHistory {
        /// Table.
        table: TableRef,
        /// Columns of the key, each with its value as text.
        key: Vec<(String, String)>,
    },
    /// Runs the checks on the latest silver; answers [`Reply::Quality`].
    Quality {
        /// Table.
        table: TableName,
    },
    /// Rows that fail a check; answers [`Reply::Result`].
    FailingRows {
        /// Table.
        table: TableName,
        /// [`crate::CheckView::index`].
        check: u32,
    },
    /// What publishing would do; answers [`Reply::PublishPlan`].
    PublishPlan,
    /// Publishes the draft; answers [`Reply::Published`].
    Publish {
        /// The number of the plan, typed to confirm.
        release: u64,
        /// Base of the plan; another current release is a conflict.
        base: Option<u64>,
        /// Note.
        note: String,
    },
    /// The saved session; answers [`Reply::Session`].
    LoadSession,
    /// Saves the session; answers [`Reply::Done`].
    SaveSession {
        /// JSON text of the screens' own making.
        session: String,
    },
    /// The screens drew their first frame; answers [`Reply::Done`].
    FirstFrame {
        /// Milliseconds since the page began to load.
        since_load_ms: u64,
    },
}

/// What a host answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// Done, nothing to show.
    Done,
    /// The lake.
    Lake(LakeView),
    /// A table.
    Table(TableView),
    /// A result.
    Result(ResultView),
    /// What is in a source.
    Source(OnboardSource),
    /// A proposed contract.
    Draft(Box<OnboardDraft>),
    /// A checked contract text.
    ContractCheck(ContractCheck),
    /// Batches.
    Replay(ReplayView),
    /// A finished replay.
    Replayed(ReplaySummary),
    /// Jobs.
    Jobs(Vec<JobView>),
    /// A diff.
    Diff(DiffView),
    /// The history of a row.
    RowHistory(RowHistory),
    /// Quality.
    Quality(QualityView),
    /// A publish plan.
    PublishPlan(PublishPlan),
    /// A publish.
    Published(PublishedView),
    /// The saved session, if any.
    Session(Option<String>),
    /// It did not work.
    Error(ApiError),
}
