//! Every request, reply and view that crosses between the screens (or the command line) and a host.
//!
//! Plain data only: no logic beyond display, no I/O, no Arrow. Builds for `wasm32-unknown-unknown`.
//!
//! # A request knows its answer
//!
//! Every request is a type of its own in [`ask`], and its [`Ask::Reply`] is the type of its answer. Whoever holds a
//! host calls it with such a value and gets that answer or an [`ApiError`]; there is nothing to unpack.
//!
//! ```
//! use sluice_api::{Ask, Kind, TableFingerprint, TableRef, ask};
//!
//! let table: TableRef = "silver.shop.orders".parse()?;
//! let request = ask::Fingerprint { table, version: Some(42) };
//! assert_eq!(ask::Fingerprint::KIND, Kind::Read);
//!
//! fn answered_with<R: Ask<Reply = TableFingerprint>>(_request: &R) {}
//! answered_with(&request);
//! # Ok::<(), String>(())
//! ```
//!
//! # Over the wire
//!
//! Between processes a request travels as [`Request`] and its answer as [`Reply`], both JSON.
//! [`Ask::from_reply`] gives the answer its type back, or the error.
//!
//! ```
//! use sluice_api::{Ask, JobId, Reply, Request, ask};
//!
//! let wire = serde_json::to_string(&Request::Cancel { job: JobId(7) })?;
//! assert_eq!(wire, r#"{"request":"cancel","job":7}"#);
//!
//! let reply: Reply = serde_json::from_str(r#"{"reply":"load_session","value":null}"#)?;
//! assert_eq!(ask::LoadSession::from_reply(reply)?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Who answers
//!
//! A host implements [`Answer`] for each request that it can answer. [`Request::answered_by`] takes those that answer
//! all of them, so a request that is forgotten does not compile.
//!
//! ```
//! use sluice_api::{Answer, ApiError, JobView, Responder, ask};
//!
//! struct Idle;
//!
//! impl Responder for Idle {
//!     type Error = ApiError;
//! }
//!
//! impl Answer<ask::Jobs> for Idle {
//!     async fn answer(&self, _request: ask::Jobs) -> Result<Vec<JobView>, ApiError> {
//!         Ok(Vec::new())
//!     }
//! }
//! ```
//!
//! # Rows and long work
//!
//! Rows never travel in a reply: a reply names a result by [`ResultId`], and a [`PageRequest`] pulls its rows as an
//! Arrow IPC stream through a call of its own. A request that takes long carries a [`JobId`] of the caller's choice:
//! [`Request::Jobs`] watches it, [`Request::Cancel`] stops it, and it is answered when the job ends.
//!
//! ```
//! use sluice_api::{Request, TableName};
//!
//! let job = sluice_api::JobId(7);
//! let start = Request::StartReplay { job, tables: Vec::<TableName>::new(), limits: Default::default() };
//! assert!(start.kind().is_job() && start.kind().writes());
//! ```

mod adopt;
mod batch_records;
mod batches;
mod bisect;
mod compare;
mod diff;
mod doctor;
mod draft_folder;
mod error;
mod explain;
mod impact;
mod incident;
mod job;
mod kind;
mod lake;
mod lake_doctor;
mod lake_tests;
mod maintain;
mod mask;
mod onboard;
mod plan;
mod publish;
mod quality;
mod quarantine;
mod reached;
mod reconcile;
mod release;
mod replay;
mod request;
mod request_macro;
mod result;
mod run;
mod sandbox;
mod source_changes;
mod trace;
mod verify;

pub use adopt::{Adopted, AdoptedCommit};
pub use batch_records::{DecidedRecordView, RecordChange, RecordDecisionView, RecordFilter, RecordList, RecordState};
pub use batches::{BatchLedger, FileStatus, LedgerFile, PlannedBatch, PlannedFile};
pub use bisect::{BisectFound, BisectQuestion, BisectStep, Bisection};
pub use compare::{TableComparison, TableFingerprint};
pub use diff::{
    DiffColumn, DiffCounts, DiffKinds, DiffNames, DiffOptions, DiffSide, DiffView, KeyOrigin, RowHistory, SchemaChange,
    SideLake, SideVersion,
};
pub use doctor::{DoctorReport, FEED_CHECKS, Finding, FindingCode, FindingExample, FindingSeverity};
pub use draft_folder::{DraftFile, DraftFileState, DraftFolder};
pub use error::{ApiError, ErrorCode};
pub use explain::{EventOutcome, ExplainedCell, ExplainedEvent, ExplainedRow, Explanation, SilverAgrees};
pub use impact::{Impact, Preview, PreviewedChecks, TableImpact};
pub use incident::{Incident, IncidentFile, IncidentRecord, OpenedIncident, SavedTest};
pub use job::{JobId, JobKind, JobProgress, JobState, JobView};
pub use kind::Kind;
pub use lake::{
    ColumnView, DEMO_LAKE, FileView, Health, LakeView, Layer, TableFacts, TableRef, TableSummary, TableView,
    Timeliness, VersionView, WaitingFiles,
};
pub use lake_doctor::{LakeCheck, LakeCheckCode, LakeCheckState, LakeReport};
pub use lake_tests::{
    CellDifference, LakeTestFailure, LakeTestReport, LakeTestResult, LakeTestState, LakeTestView, RowDifference,
};
pub use maintain::{MaintainSettings, MaintainSummary, Maintained, Vacuum};
pub use mask::masked;
pub use onboard::{ContractCheck, DraftColumn, Evidence, FoundTable, OnboardDraft, OnboardSource, OpenQuestion};
pub use plan::{PlanDocument, PlannedDecision, PublishScope, ReleaseId, TableDecisions, TableEffect};
pub use publish::{PublishPlan, PublishedTable, PublishedView};
pub use quality::{CheckState, CheckView, QualityView, QuarantineGroup};
pub use quarantine::{QuarantineChange, QuarantineFilter, QuarantineList, QuarantineReason, QuarantineStatus};
pub use reached::{
    CanaryTable, DifferingColumn, FirstDifference, Previewed, PreviewedTable, Reached, ReachedTable, ShownCell,
    reached_summary,
};
pub use reconcile::{
    Arrival, ConnectorRequest, DatabaseUrl, DifferingCell, DifferingKey, HashedRanges, NotCompared, ReconcileCounts,
    ReconcileOptions, ReconcileWith, Reconciliation, RepairBy, SourceRepair,
};
pub use release::{
    Approval, DiffLine, IncidentLock, ProposalView, ReleaseDetail, ReleaseDiff, ReleaseList, ReleaseSide,
    ReleaseTableDiff, ReleaseText, ReleaseView, UNKNOWN, release_number,
};
pub use replay::{
    BatchDecisionView, BatchState, BatchView, GoldCounter, GoldFailure, Refusal, RefusalCause, ReplayLimits,
    ReplaySummary, ReplayView, SilverRemade, TableReplay,
};
pub use request::{Answer, Ask, Reply, Request, Responder, Visit, ask};
pub use result::{ExportedFile, PageRequest, QueryFile, ResultColumn, ResultId, ResultView};
pub use run::{RunMode, RunRound, RunRounds, RunSummary};
pub use sandbox::{InSandbox, RemovedSandbox, SandboxState, SandboxView};
pub use sluice_contract::{
    Audience, BatchAction, CheckLevel, CheckOutcome, ContractChange, Effect, Grade, Measured, NamePattern,
    OnboardAnswer, OnboardAnswers, ParentVersion, Problem, QuestionKind, RecordAction, RecordNumber, RowLedger,
    Severity, TableName, Unit, Verdict, reach,
};
pub use source_changes::{
    ChosenChange, SourceChange, SourceChangeState, SourceChangeView, SourceChanges, SourceChoice, SourceDecision,
    SourceProposal,
};
pub use trace::{TRACED_MAX, Trace, TraceCounts, TraceStage, TracedCell, TracedGold, TracedPlace, TracedRecord};
pub use verify::{BrokenFileView, Repair, VerifiedTable, VerifySummary};
