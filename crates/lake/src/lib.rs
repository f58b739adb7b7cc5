//! All I/O of Sluice: the object store, Delta tables, the file ledger, tombstone state, the local cache.
//!
//! A [`Lake`] is a folder or `s3://bucket/prefix`. It has four entry points:
//!
//! - [`Lake::objects`]: files by path. [`Objects::put_new`] is what everything numbered is built on.
//! - [`Lake::ledger`]: which files are in which batch, schema documents, tombstone state, contracts, models.
//! - [`Lake::leases`]: who writes which table.
//! - [`Lake::table`]: a [`DeltaStore`], which reads versions, history and rows. Data becomes visible
//!   only through a [`DeltaStore::transaction`], whose outcome is known even when a reply is lost. A
//!   [`CommitInfo`] is the metadata of a commit.
//!
//! No clock is used to decide anything, and no error holds a row value or a secret.
//!
//! ```
//! use sluice_contract::TableName;
//! use sluice_lake::{BatchManifest, Lake, PutNew};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In production: `Lake::open("s3://bucket/lake")`.
//! let store = std::sync::Arc::new(object_store::memory::InMemory::new());
//! let lake = Lake::with_store(store, &url::Url::parse("memory:///lake")?)?;
//!
//! lake.objects().put("landing/orders/1.json", "{}".into()).await?;
//! let files = lake.objects().list("landing/orders").await?;
//!
//! // Of two writers that claim batch 1, one gets it.
//! let orders = TableName::new("shop", "orders")?;
//! let batch = BatchManifest {
//!     batch: 1,
//!     files,
//!     contract_hash: String::new(),
//!     contents: Vec::new(),
//!     backfill: None,
//!     source: None,
//! };
//! assert_eq!(lake.ledger().claim_batch(&orders, &batch).await?, PutNew::Created);
//! assert_eq!(*lake.ledger().batches(&orders).await?[0], batch);
//! # Ok(())
//! # }
//! ```
//!
//! # What is where
//!
//! ```text
//! landing/…                                        change files as they arrive
//! contracts/<dataset>/<table>.yaml                 draft contracts
//! models/<dataset>/<model>.sql                     gold models
//! bronze|silver|gold/<dataset>/<table>/            Delta tables
//! _sluice/quarantine/<dataset>/<table>/            Delta tables of rejected records
//! _sluice/batches/<dataset>/<table>/<batch>.json   which files are in which batch (write-ahead)
//! _sluice/schemas/<dataset>/<table>/<number>.json  by which columns silver was made
//! _sluice/tombstones/<dataset>/<table>/<hash>.parquet
//! _sluice/leases/<dataset>/<table>/<epoch>.json     who writes the table
//! _sluice/quality/<dataset>/<table>/<batch>.json
//! _sluice/releases/<release>.json, _sluice/current/<pointer>.json
//! ```
//! Numbers in names have 20 digits, so that the order of names is the order of numbers.
//!
//! # The rooms of this crate
//!
//! Each imports only those before it: `error`, `clock` and `environment`; `store` (addresses, listings, durable
//! writes, Parquet bytes); `refusal` (what a store means that refuses); `cache` (what is kept on this machine, by path: it knows no tables); `ledger`; `delta`
//! (the log, snapshots, transactions, rows); `lake`, which puts them together; `sandbox` (lakes over another lake).

mod cache;
mod clock;
mod delta;
mod environment;
mod error;
mod lake;
mod ledger;
mod refusal;
mod sandbox;
mod store;

pub use cache::scratch_file::ScratchFile;
pub use cache::spill_file::{SpillFile, SpillPart};
pub use clock::Clock;
pub use delta::app_id::AppId;
pub use delta::cached_table::CachedTable;
pub use delta::changes::{ChangeCounts, ChangeStep, ChangedRows, Changes};
pub use delta::commit::CommitOutcome;
pub use delta::commit_info::{CommitInfo, EventSpan, SourceMark};
pub use delta::feed::{FeedCommit, FeedFile, FeedRows, feed_log, feed_version};
pub use delta::foreign::ForeignCommits;
pub use delta::foreign_commit::{ForeignChange, ForeignCommit};
pub use delta::key_lookup::{KeyHasher, LiveMatch};
pub use delta::local_files::LocalFile;
pub use delta::log::HistoryEntry;
pub use delta::maintenance::Maintenance;
pub use delta::marked_rows::MadeBy;
pub use delta::new_file::NewFile;
pub use delta::operation::Operation;
pub use delta::snapshot::{DataFile, Snapshot};
pub use delta::table::DeltaStore;
pub use delta::table_files::TableLocation;
pub use delta::transaction::{Transaction, TransactionId};
pub use delta::vacuum::{VacuumOptions, Vacuumed};
pub use delta::verify::{BrokenFile, FileFault, VerifiedFiles};
pub use delta::version_files::VersionFiles;
pub use delta::writer::TableWriter;
pub use delta::writer_vectors::UpdatedFile;
pub use environment::{ENGINE, IdGenerator, LakeEnvironment, LeaseTimes, Secrets, StoreTimes};
pub use error::{LakeError, is_timeout_or_unreachable};
pub use lake::Lake;
pub use ledger::batch_decisions::{BatchDecision, BatchDecisions};
pub use ledger::corrections::{
    CorrectedRecord, Correction, QuarantineAction, QuarantineDecision, RecordPlace, correction_number,
};
pub use ledger::documents::{DocumentText, ModelText};
pub use ledger::leases::{Holder, Lease, LeaseCandidate, Leases};
pub use ledger::manifest::BatchManifest;
pub use ledger::record_decisions::{DecidedRecord, RecordDecision, RecordDecisions};
pub use ledger::registry::Ledger;
pub use ledger::sandbox_entry::SandboxEntry;
pub use ledger::schemas::{SchemaColumn, SchemaDocument};
pub use ledger::source_changes::{NotedChange, SourceChangeNote, SourceDecisionNote};
pub use refusal::{Refusal, Right, refusal};
pub use sandbox::create::NewSandbox;
pub use sandbox::open::Sandbox;
pub use sandbox::remove::RemovedSandbox;
pub use sluice_change::SourceFile;
pub use store::base_view::Pins;
pub use store::encode::ROW_GROUP_ROWS;
pub use store::objects::{Objects, PutNew};
pub use store::outside::how_to_allow;
pub use store::proof::{StoreProof, StoreRight};
