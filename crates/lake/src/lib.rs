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

mod batches;
mod cache;
mod cached_file;
mod changes;
mod clock;
mod commit;
mod commit_log;
mod create;
mod data_file_reader;
mod deletion_vector;
mod delta_store;
mod documents;
mod durable_store;
mod encode;
mod error;
mod key_index;
mod key_run;
mod lake;
mod lease;
mod listing;
mod local_files;
mod read;
mod read_positions;
mod read_range;
mod root;
mod row_cache;
mod row_run;
mod schemas;
mod scratch_file;
mod snapshot;
mod snapshot_cache;
mod state;
mod stats;
mod surroundings;
mod vacuum;
mod version_files;
mod write;

pub use batches::BatchManifest;
pub use changes::{ChangeCounts, ChangeStep, ChangedRows, Changes};
pub use clock::Clock;
pub use commit::{Commit, CommitOutcome};
pub use commit_log::HistoryEntry;
pub use deletion_vector::UpdatedFile;
pub use delta_store::{DeltaStore, TableLocation};
pub use encode::ROW_GROUP_ROWS;
pub use error::{LakeError, is_silence};
pub use key_index::{KeyHasher, LiveMatch};
pub use lake::{Lake, PutNew};
pub use lease::{Holder, Lease, Turn};
pub use local_files::LocalFile;
pub use schemas::{SchemaColumn, SchemaDocument};
pub use scratch_file::ScratchFile;
pub use sluice_change::SourceFile;
pub use snapshot::{DataFile, Snapshot};
pub use surroundings::{LeaseTimes, Numbers, StoreTimes, Surroundings};
pub use vacuum::{VacuumOptions, Vacuumed};
pub use version_files::VersionFiles;
pub use write::NewFile;
