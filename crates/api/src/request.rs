//! The table of requests: one line for each, with its answer and what it does to the lake.
//!
//! To add one, write its line here and `impl Answer<ask::Name> for Host` in `crates/runner/src/host/`.

use crate::request_macro::{key, requests, wrong_reply};
use crate::{
    Adopted, ApiError, BatchAction, BatchLedger, BisectQuestion, Bisection, ChosenChange, ContractCheck, DiffCounts,
    DiffOptions, DiffSide, DiffView, DoctorReport, DraftFolder, Explanation, ExportedFile, Impact, IncidentFile,
    IncidentLock, JobId, JobView, Kind, LakeReport, LakeTestReport, LakeTestView, LakeView, MaintainSettings,
    MaintainSummary, OnboardAnswers, OnboardDraft, OnboardSource, OpenedIncident, PlanDocument, PlannedBatch, Preview,
    ProposalView, PublishPlan, PublishScope, PublishedView, QualityView, QuarantineChange, QuarantineFilter,
    QuarantineList, QueryFile, ReconcileOptions, ReconcileWith, Reconciliation, RecordChange, RecordFilter, RecordList,
    ReleaseDetail, ReleaseDiff, ReleaseList, ReleaseSide, RemovedSandbox, RepairBy, ReplayLimits, ReplaySummary,
    ReplayView, ResultId, ResultView, RowHistory, RunMode, RunRounds, RunSummary, SandboxView, SavedTest, SideLake,
    SourceChanges, SourceChoice, SourceRepair, TableComparison, TableFingerprint, TableName, TableRef, TableReplay,
    TableView, Trace, VerifySummary,
};
use serde::{Deserialize, Serialize};
use sluice_contract::RecordNumber;
use std::future::Future;
use std::pin::Pin;

requests! {
    /// Opens a lake. `None` opens the one given at start.
    OpenLake {
        /// Folder or `s3://` URL.
        url: Option<String>;
        /// Makes the folder if there is none; else that is an error.
        #[serde(default)]
        create: bool
    } -> LakeView, Open;

    /// Makes an empty lake; one that is there stays as it is. Opens nothing.
    InitLake {
        /// Folder or `s3://` URL. `None` is the one given at start.
        url: Option<String>
    } -> (), Act;

    /// The open lake, read again.
    Lake -> LakeView, Read;

    /// One table.
    Table {
        /// Table.
        table: TableRef,
        /// Version, latest if `None`.
        version: Option<u64>
    } -> TableView, Read;

    /// All rows of a table version as a result.
    TableRows {
        /// Table.
        table: TableRef,
        /// Version, latest if `None`.
        version: Option<u64>
    } -> ResultView, Read, |view| Some(view.id);

    /// Runs read-only SQL. Stopped by its job.
    Query {
        /// Id of the caller's choice.
        job: JobId;
        /// One `SELECT`; tables are `bronze|silver|gold.dataset.table`.
        sql: String
    } -> ResultView, ReadJob, |view| Some(view.id);

    /// A filtered and sorted view of a result.
    Refine {
        /// Result to start from.
        result: ResultId,
        /// SQL condition over its columns.
        filter: Option<String>,
        /// SQL order over its columns.
        order_by: Option<String>
    } -> ResultView, ReadFixed, |view| Some(view.id);

    /// Writes the rows of a result into a new file: Parquet, CSV or JSON lines by its ending. Personal columns are text,
    /// masked as they are shown.
    ExportResult {
        /// Result.
        result: ResultId,
        /// Path of the file, which must not exist.
        file: String,
        /// Personal columns as they are.
        #[serde(default)]
        reveal: bool
    } -> ExportedFile, ReadFixed;

    /// Frees a result.
    DropResult {
        /// Result.
        result: ResultId
    } -> (), Act;

    /// Looks for tables in a source.
    InspectSource {
        /// Folder or URL; relative paths are inside the lake.
        source: String
    } -> OnboardSource, Read;

    /// Proposes a contract from a sample of change files.
    InferContract {
        /// Folder of one table.
        path: String;
        /// Name to use instead of the proposed one.
        name: Option<TableName>,
        /// Table of the source, as [`OnboardDraft::source_tables`] has it, where the folder has records of several.
        table: Option<String>,
        /// What was answered for all tables alike.
        #[serde(default)]
        answers: OnboardAnswers
    } -> OnboardDraft, ReadFixed, |draft| Some(draft.sample.id);

    /// Checks a contract text.
    CheckContract {
        /// YAML.
        yaml: String
    } -> ContractCheck, ReadFixed;

    /// Saves a valid contract into the lake's draft; the lake with it.
    SaveContract {
        /// YAML.
        yaml: String
    } -> LakeView, Write;

    /// Saves a gold model that can be run into the lake's draft; the lake with it.
    SaveModel {
        /// `dataset.model`.
        name: TableName,
        /// One `SELECT` over silver and other models.
        sql: String
    } -> LakeView, Write;

    /// The queries that are saved in the lake, `queries/*.sql`.
    Queries -> Vec<QueryFile>, Read;

    /// Saves a query in the lake, in place of one of that name; all queries with it.
    SaveQuery {
        /// Letters, digits, blanks, `-`, `_`; also folders, with `/`.
        name: String,
        /// Any text.
        sql: String
    } -> Vec<QueryFile>, Write;

    /// Batches of a table, those that wait included: cut as a replay with the same bound cuts them.
    Replay {
        /// Table.
        table: TableName,
        /// At most this many files in a batch, as in [`ReplayLimits::max_files`].
        #[serde(default)]
        max_files: Option<u64>
    } -> ReplayView, Read;

    /// Ingests new change files by the draft's contracts.
    StartReplay {
        /// Id of the caller's choice.
        job: JobId;
        /// Tables, all if empty.
        tables: Vec<TableName>,
        /// Bounds.
        limits: ReplayLimits
    } -> ReplaySummary, WriteJob;

    /// Decodes and merges exactly the files of one batch again. Events already in silver have no effect.
    ReprocessBatch {
        /// Id of the caller's choice.
        job: JobId;
        /// Table.
        table: TableName,
        /// Number of the batch.
        batch: u64
    } -> TableReplay, WriteJob;

    /// Holds, skips or releases a batch from now on; the next run does it. The batches of the table with it.
    DecideBatch {
        /// Table.
        table: TableName,
        /// Number of the batch.
        batch: u64,
        /// What is done with it.
        action: BatchAction;
        /// Why, one sentence without a value of a row. It is kept.
        because: String,
        /// Who decides; `None` for whoever works at the host.
        #[serde(default)]
        author: Option<String>
    } -> ReplayView, Write;

    /// The records of a batch as bronze has them, with what is decided of single ones.
    BatchRecords {
        /// Table.
        table: TableName,
        /// Number of the batch.
        batch: u64,
        /// Which records.
        #[serde(default)]
        filter: RecordFilter
    } -> RecordList, Read, |list| list.records.as_ref().map(|records| records.id);

    /// Drops or edits records of a batch, or takes that back; the next run does it. All records of the batch with it.
    DecideRecords {
        /// Table.
        table: TableName,
        /// Number of the batch.
        batch: u64,
        /// What is done, and with which records.
        change: RecordChange;
        /// Why, one sentence without a value of a row. It is kept.
        because: String,
        /// Who decides; `None` for whoever works at the host.
        #[serde(default)]
        author: Option<String>
    } -> RecordList, Write, |list| list.records.as_ref().map(|records| records.id);

    /// Replays the published release, once or until it is cancelled.
    StartRun {
        /// Id of the caller's choice.
        job: JobId;
        /// When to run again.
        mode: RunMode,
        /// Number of tables to process in parallel; 0 means 2.
        concurrency: u32,
        /// Bounds of the batches.
        limits: ReplayLimits
    } -> RunSummary, WriteJob;

    /// What a run has done so far, round by round.
    RunRounds {
        /// The run.
        job: JobId,
        /// Only rounds with a larger number; 0 for all that are kept.
        after: u64
    } -> RunRounds, Host;

    /// Compacts, clusters and vacuums tables, beside their writers.
    StartMaintain {
        /// Id of the caller's choice.
        job: JobId;
        /// Tables.
        tables: Vec<TableRef>,
        /// What to do.
        options: MaintainSettings,
        /// Only say what would be done.
        dry_run: bool
    } -> MaintainSummary, WriteJob;

    /// Compares every file of the latest versions with the length and the hash in the log.
    StartVerify {
        /// Id of the caller's choice.
        job: JobId;
        /// Tables, all if empty.
        tables: Vec<TableRef>,
        /// Make anew what the lake has the rows of: silver from bronze, gold from its model.
        repair: bool
    } -> VerifySummary, WriteJob;

    /// Accepts what other programs committed to a table, which goes on from its present content.
    Adopt {
        /// Table.
        table: TableRef
    } -> Adopted, Write;

    /// Which file of a table is in which batch, and how far it is.
    BatchLedger {
        /// Table.
        table: TableName
    } -> BatchLedger, Read;

    /// The files that the next batch would take; claims none of them.
    NextBatch {
        /// Table.
        table: TableName,
        /// At most this many files.
        max_files: Option<u64>,
        /// At most this many bytes of decompressed content; a batch always has at least one file.
        max_bytes: Option<u64>
    } -> PlannedBatch, Read;

    /// How a folder of contracts and models stands to the draft.
    DraftStatus {
        /// Folder on the host.
        folder: String
    } -> DraftFolder, Act;

    /// Takes what only the lake changed into the folder.
    DraftPull {
        /// Folder on the host.
        folder: String
    } -> DraftFolder, Act;

    /// Takes what only the folder changed into the lake's draft.
    DraftPush {
        /// Folder on the host.
        folder: String
    } -> DraftFolder, Write;

    /// The sandboxes of the lake, or of the lake that the open one is a sandbox of; latest first.
    Sandboxes -> Vec<SandboxView>, Read;

    /// Makes a sandbox of the lake as it is now, without a copy of its data. Opens nothing.
    NewSandbox {
        /// Name: small letters, digits, `-` and `_`.
        name: String;
        /// An empty or missing folder, or `s3://bucket/prefix`; `None` for a folder of the user's data on the host.
        #[serde(default)]
        place: Option<String>,
        /// Under the lake instead, so that others can open it.
        #[serde(default)]
        under_lake: bool,
        /// How long the lake keeps what it needs, seconds; `None` for the usual time.
        #[serde(default)]
        keep_seconds: Option<u64>
    } -> SandboxView, Write;

    /// Keeps what an open sandbox needs for longer.
    KeepSandbox {
        /// Name.
        name: String,
        /// From now on, seconds.
        keep_seconds: u64
    } -> SandboxView, Write;

    /// Removes a sandbox with all that was written in it.
    RemoveSandbox {
        /// Name.
        name: String
    } -> RemovedSandbox, Write;

    /// Running and recent jobs.
    Jobs -> Vec<JobView>, Host;

    /// Stops a job on a whole batch.
    Cancel {
        /// Job.
        job: JobId
    } -> (), Act;

    /// How much changed between two versions, by the log alone: no data is read.
    DiffCounts {
        /// Table.
        table: TableRef,
        /// Version before.
        from: u64,
        /// Version after.
        to: u64
    } -> DiffCounts, ReadFixed;

    /// Compares two versions by their keys.
    Diff {
        /// Table.
        table: TableRef,
        /// Version before.
        from: u64,
        /// Version after.
        to: u64;
        /// Job id for progress and cancel; without one nobody watches.
        #[serde(default)]
        job: Option<JobId>
    } -> DiffView, ReadJob, |view| Some(view.result.id);

    /// Compares tables of two lakes, or a sandbox with its lake, by their keys. Of a clone and what it is a clone of only
    /// the files that one of them has alone are read.
    DiffSides {
        /// Before.
        from: DiffSide,
        /// After.
        to: DiffSide,
        /// What is left out.
        #[serde(default)]
        options: DiffOptions;
        /// Job id for progress and cancel.
        job: JobId
    } -> DiffView, ReadJob, |view| Some(view.result.id);

    /// Compares every silver and gold table of two lakes.
    DiffImpacted {
        /// Before.
        from: SideLake,
        /// After.
        to: SideLake,
        /// Columns that are left out.
        #[serde(default)]
        ignore: Vec<String>;
        /// Job id for progress and cancel.
        job: JobId
    } -> Impact, ReadJob;

    /// Replays in a sandbox that is gone again afterwards: what it would do, with the rows that would change.
    PreviewReplay {
        /// Tables, all if empty.
        tables: Vec<TableName>;
        /// Bounds.
        limits: ReplayLimits,
        /// Job id for progress and cancel.
        job: JobId
    } -> Preview, ReadJob;

    /// The first changed rows between two versions, found without reading the others; with [`DiffView::of`]
    /// unless these are all.
    DiffFirst {
        /// Table.
        table: TableRef,
        /// Version before.
        from: u64,
        /// Version after.
        to: u64;
        /// How many; a few more keys may be looked at where rows turn out equal.
        rows: u32
    } -> DiffView, ReadFixed, |view| Some(view.result.id);

    /// What happened to the rows of one key, over all versions that can be read.
    RowHistory {
        /// Table.
        table: TableRef,
        /// Columns of the key, each with its value as text.
        key: Vec<(String, String)>
    } -> RowHistory, Read, |view| Some(view.result.id);

    /// Why the row of one key has the values it has. Stopped by its job, which is listed while an index of the records is
    /// made.
    Explain {
        /// Table of silver.
        table: TableRef,
        /// Columns of the key, each with its value as text.
        key: Vec<(String, String)>,
        /// Version of silver, the latest if `None`.
        version: Option<u64>,
        /// Personal data is not masked.
        reveal: bool,
        /// Id of the caller's choice.
        job: JobId
    } -> Explanation, Read;

    /// A test of the events of one key, which expects what silver has; personal values are replaced.
    ExplainTest {
        /// Table of silver.
        table: TableRef,
        /// Columns of the key, each with its value as text.
        key: Vec<(String, String)>;
        /// Version of silver, the latest if `None`.
        #[serde(default)]
        version: Option<u64>,
        /// Name of the test; `None` for one that follows from the key.
        #[serde(default)]
        name: Option<String>,
        /// Puts it into the lake's draft.
        #[serde(default)]
        save: bool
    } -> SavedTest, Write;

    /// Writes everything of a batch that a colleague needs to reproduce it into one new file, a test of it, or both.
    /// Personal values are replaced.
    WriteIncident {
        /// Table.
        table: TableName,
        /// Number of the batch.
        batch: u64;
        /// Path of the file on the host, which must not exist; `None` for none.
        #[serde(default)]
        file: Option<String>,
        /// Name of the test; `None` for none.
        #[serde(default)]
        test: Option<String>,
        /// Puts the test into the lake's draft.
        #[serde(default)]
        save: bool
    } -> IncidentFile, Write;

    /// Makes a lake of the file of an incident alone and replays its batches there. Opens nothing.
    OpenIncident {
        /// Path of the file on the host.
        file: String;
        /// An empty or missing folder.
        into: String
    } -> OpenedIncident, Act;

    /// Since when something is so in a table, found by halving its versions. Stopped by its job.
    Bisect {
        /// Table of silver or gold.
        table: TableRef,
        /// What is looked for.
        question: BisectQuestion,
        /// Personal data is not masked.
        reveal: bool;
        /// Id of the caller's choice.
        job: JobId
    } -> Bisection, ReadJob;

    /// Compares a table of silver with its source. Stopped by its job.
    Reconcile {
        /// Table.
        table: TableName,
        /// What it is compared with.
        with: ReconcileWith,
        /// How much is read.
        #[serde(default)]
        options: ReconcileOptions;
        /// Id of the caller's choice.
        job: JobId
    } -> Reconciliation, ReadJob, |view| view.result.as_ref().map(|result| result.id);

    /// Compares a table of silver with its source again, and repairs the rows that differ.
    RepairFromSource {
        /// Id of the caller's choice.
        job: JobId;
        /// Table.
        table: TableName,
        /// What it is compared with.
        with: ReconcileWith,
        /// How much is read.
        #[serde(default)]
        options: ReconcileOptions,
        /// How they are repaired.
        by: RepairBy,
        /// Why; it is kept.
        because: String,
        /// Who decides; `None` for whoever works at the host.
        #[serde(default)]
        author: Option<String>
    } -> SourceRepair, WriteJob;

    /// What became of a delivered file, or of one of its records: one answer for each batch that took the file.
    Trace {
        /// Path of the file in the lake, or the end of it.
        file: String,
        /// Record in it; all if `None`.
        record: Option<RecordNumber>,
        /// Personal data is not masked.
        reveal: bool
    } -> Vec<Trace>, Read;

    /// What is wrong with the lake itself. Writes an object of its own and removes it again.
    LakeDoctor -> LakeReport, ReadFixed;

    /// What is wrong with a change feed: one report for each table that it has.
    Doctor {
        /// Table of the lake, or a folder of change files.
        source: String,
        /// Only what is found in this batch.
        batch: Option<u64>,
        /// Folder on the host with a dump `<table>.jsonl.gz` of the source, to compare silver with.
        with: Option<String>
    } -> Vec<DoctorReport>, Read;

    /// Canonical content hash of a table version.
    Fingerprint {
        /// Table.
        table: TableRef,
        /// Version, latest if `None`.
        version: Option<u64>
    } -> TableFingerprint, Read;

    /// Compares silver with dumps of the source tables, every row and column.
    CompareWithSource {
        /// Folder on the host with a `<table>.jsonl.gz` for each table to compare.
        folder: String
    } -> Vec<TableComparison>, Read;

    /// Runs the checks on the latest silver and lists the quarantine.
    Quality {
        /// Table.
        table: TableName
    } -> QualityView, Read, |view| view.quarantined_rows.as_ref().map(|rows| rows.id);

    /// Every record in quarantine of a table that a filter leaves, with what became of it.
    Quarantine {
        /// Table.
        table: TableName,
        /// Which records.
        #[serde(default)]
        filter: QuarantineFilter
    } -> QuarantineList, Read, |list| list.records.as_ref().map(|records| records.id);

    /// Corrects a record in quarantine, or leaves records there for good. The whole list with it.
    ChangeQuarantine {
        /// Table.
        table: TableName,
        /// What is done, and with which records.
        change: QuarantineChange;
        /// Why, one sentence without a value of a row. It is kept.
        because: String,
        /// Who decides; `None` for whoever works at the host.
        #[serde(default)]
        author: Option<String>
    } -> QuarantineList, Write, |list| list.records.as_ref().map(|records| records.id);

    /// Merges the records in quarantine that the contract of today reads, in the order of the source.
    ReplayQuarantine {
        /// Id of the caller's choice.
        job: JobId;
        /// Table.
        table: TableName,
        /// Why; it is kept.
        because: String,
        /// Who decides; `None` for whoever works at the host.
        #[serde(default)]
        author: Option<String>
    } -> TableReplay, WriteJob;

    /// Rows that fail a check.
    FailingRows {
        /// Table.
        table: TableName,
        /// [`crate::CheckView::index`].
        check: u32
    } -> ResultView, Read, |view| Some(view.id);

    /// Changes of sources, with what is proposed.
    SourceChanges {
        /// Tables; all if empty.
        #[serde(default)]
        tables: Vec<TableName>,
        /// Also those that are decided.
        #[serde(default)]
        all: bool
    } -> SourceChanges, Read;

    /// Decides on changes of sources: writes what was decided into the draft's contracts, and keeps who decided what.
    DecideSourceChanges {
        /// What is decided of which.
        choices: Vec<SourceChoice>;
        /// Who; `None` for whom this machine names.
        #[serde(default)]
        author: Option<String>
    } -> Vec<ChosenChange>, Write;

    /// The tests of the draft, by path.
    LakeTests -> Vec<LakeTestView>, Read;

    /// Runs the tests of the draft, or of a folder, each over a lake in memory; nothing is written.
    RunLakeTests {
        /// Datasets, tables or tests; all if empty.
        #[serde(default)]
        names: Vec<String>,
        /// Folder on the host with contracts, models and tests, in place of the lake's draft.
        #[serde(default)]
        folder: Option<String>;
        /// Id of the caller's choice.
        job: JobId
    } -> LakeTestReport, ReadJob;

    /// Saves a test into the lake's draft, whatever it says; all tests with it.
    SaveLakeTest {
        /// `tests/<dataset>/<table>/<name>.yaml`.
        path: String;
        /// YAML.
        text: String
    } -> Vec<LakeTestView>, Write;

    /// What publishing would do.
    PublishPlan {
        /// What the release is made of.
        #[serde(default)]
        scope: PublishScope;
        /// The plan that is to be published: refused if it was edited, or if another one would be made now.
        #[serde(default)]
        plan: Option<Box<PlanDocument>>
    } -> PublishPlan, Read;

    /// Writes a plan into a new file, as `sluice publish --plan-out` does.
    SavePlan {
        /// Path of the file, which must not exist.
        file: String;
        /// The plan.
        plan: Box<PlanDocument>
    } -> (), ReadFixed;

    /// Reads a plan from a file; refused if it was edited. Whether it is still what would be done says
    /// [`Request::PublishPlan`].
    OpenPlan {
        /// Path of the file.
        file: String
    } -> PlanDocument, ReadFixed;

    /// Publishes the draft, a part of it, or what an earlier release holds.
    Publish {
        /// The number of the plan, typed to confirm.
        release: u64;
        /// Base of the plan; another current release is a conflict.
        base: Option<u64>,
        /// What the release is made of; that of `plan` if there is one.
        #[serde(default)]
        scope: PublishScope,
        /// Why, in the words of the author; a rollback says by itself what it goes back to.
        #[serde(rename = "note")]
        message: String,
        /// Who; `None` for whom this machine names.
        #[serde(default)]
        author: Option<String>,
        /// The plan to publish exactly; refused as stale if another one would be made now. `None` publishes what there
        /// is now.
        #[serde(default)]
        plan: Option<Box<PlanDocument>>,
        /// The person knows that an incident lock is open; with it a rollback is published all the same.
        #[serde(default)]
        during_incident: bool,
        /// Build it beside production first, check and compare it there, and publish it only if that went well.
        #[serde(default)]
        canary: bool,
        /// Why it is published though a test does not pass; kept in the release. `None`: then it is not published.
        #[serde(default)]
        without_tests: Option<String>
    } -> PublishedView, Write;

    /// Stores a plan for others to approve.
    ProposeRelease {
        /// What the release is to be made of.
        scope: PublishScope;
        /// Why.
        message: String,
        /// Who; `None` for whom this machine names.
        author: Option<String>,
        /// The plan to propose exactly; refused as stale if another one would be made now.
        plan: Option<Box<PlanDocument>>
    } -> ProposalView, Write;

    /// Approves a proposed plan.
    ApprovePlan {
        /// Its hash, or the beginning of it.
        plan: String;
        /// Who; `None` for whom this machine names.
        author: Option<String>
    } -> ProposalView, Write;

    /// Every release, with proposals and an open incident lock.
    Releases -> ReleaseList, Read;

    /// A release with its contracts, models and plan.
    Release {
        /// Number.
        release: u64
    } -> ReleaseDetail, Read;

    /// What differs between two releases, or a release and the draft.
    ReleaseDiff {
        /// Side before.
        from: ReleaseSide,
        /// Side after.
        to: ReleaseSide
    } -> ReleaseDiff, Read;

    /// Keeps everybody from publishing until it is unlocked.
    LockReleases {
        /// Why.
        because: String;
        /// Who; `None` for whom this machine names.
        author: Option<String>
    } -> IncidentLock, Write;

    /// Ends the lock; answers what it was.
    UnlockReleases {;
        /// Who; `None` for whom this machine names.
        author: Option<String>
    } -> IncidentLock, Write;

    /// The saved session, if any.
    LoadSession -> Option<String>, Host;

    /// Saves the session.
    SaveSession {
        /// JSON text of the screens' own making.
        session: String
    } -> (), Act;

    /// Puts a text on the clipboard; answered by the window around the screens, a host has none.
    WriteClipboard {
        /// The text.
        text: String
    } -> (), Act;

    /// Asks the person for a folder, `None` if they chose none; answered by the window around the screens.
    ChooseFolder -> Option<String>, Act;

    /// The screens drew their first frame; for the window around them, a host has nothing to do.
    FirstFrame {
        /// Milliseconds since the page began to load.
        since_load_ms: u64
    } -> (), Act;
}

/// The answer in a box, so that the future of all requests is not as large as that of the largest; made in a call of its own,
/// so that no frame has room for all of them at once.
#[inline(never)]
fn boxed<R: Ask, H: Answer<R>>(host: &H, request: R) -> Pin<Box<impl Future<Output = Result<R::Reply, H::Error>>>> {
    Box::pin(host.answer(request))
}
