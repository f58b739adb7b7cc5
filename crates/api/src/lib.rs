//! Every request, reply and view that crosses between the screens (or the command line) and a host.
//!
//! Plain data only: no logic beyond display, no I/O, no Arrow. Builds for `wasm32-unknown-unknown`.
//! One [`Request`] goes to the host and one [`Reply`] comes back; both are JSON. Rows never travel
//! in a reply: a reply names a result by [`ResultId`], and [`Request::Page`] pulls its rows as an
//! Arrow IPC stream (schema and one record batch).

mod diff;
mod error;
mod job;
mod lake;
mod onboard;
mod publish;
mod quality;
mod replay;
mod request;
mod result;

pub use diff::{DiffColumn, DiffCounts, DiffKinds, DiffView, RowHistory, SchemaChange};
pub use error::{ApiError, ErrorCode};
pub use job::{JobId, JobProgress, JobState, JobView};
pub use lake::{
    ColumnView, FileView, Health, LakeView, Layer, TableRef, TableSummary, TableView, VersionView, WaitingFiles,
};
pub use onboard::{ContractCheck, DraftColumn, Evidence, FoundTable, OnboardDraft, OnboardSource};
pub use publish::{PublishPlan, PublishedView, ReleaseView};
pub use quality::{CheckState, CheckView, QualityView, QuarantineGroup};
pub use replay::{BatchState, BatchView, Counters, GoldCounter, ReplayLimits, ReplaySummary, ReplayView, TableReplay};
pub use request::{Reply, Request};
pub use result::{PageRequest, ResultColumn, ResultId, ResultView};
pub use sluice_contract::{
    CheckLevel, CheckOutcome, ContractChange, Grade, Measured, ParentVersion, Problem, Severity, TableName, Unit,
    Verdict,
};
