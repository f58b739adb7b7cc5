//! All I/O of Sluice: the object store, Delta tables, the file ledger, tombstone state, the local cache.
//!
//! A [`Lake`] is a folder or `s3://bucket/prefix`. A [`DeltaStore`] is one Delta table in it; nothing
//! becomes visible but by [`DeltaStore::commit`], whose outcome is known even when a reply is lost.
//! No clock is used to decide anything, and no error holds a row value or a secret.
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

mod cache;
mod clock;
mod delta;
mod environment;
mod error;
mod lake;
mod ledger;
mod store;

pub use cache::key_index::{KeyHasher, LiveMatch};
pub use cache::local_files::LocalFile;
pub use cache::scratch_file::ScratchFile;
pub use clock::Clock;
pub use delta::changes::{ChangeCounts, ChangeStep, ChangedRows, Changes};
pub use delta::commit::{Commit, CommitOutcome};
pub use delta::commit_log::HistoryEntry;
pub use delta::deletion_vector::UpdatedFile;
pub use delta::delta_store::{DeltaStore, TableLocation};
pub use delta::encode::ROW_GROUP_ROWS;
pub use delta::snapshot::{DataFile, Snapshot};
pub use delta::vacuum::{VacuumOptions, Vacuumed};
pub use delta::version_files::VersionFiles;
pub use delta::write::NewFile;
pub use environment::{LeaseTimes, Numbers, StoreTimes, Surroundings};
pub use error::{LakeError, is_silence};
pub use lake::{Lake, PutNew};
pub use ledger::batches::BatchManifest;
pub use ledger::lease::{Holder, Lease, Turn};
pub use ledger::schemas::{SchemaColumn, SchemaDocument};
pub use sluice_change::SourceFile;
