//! Values in, plans out: the winning event of every key, what that does to silver, and what a table's
//! content is.
//!
//! No I/O, no clock, no randomness, and no knowledge of formats: a caller reads the rows of silver that a
//! plan depends on, plans, and writes what the plan says. Whatever the order in which events arrive, in
//! whichever batches and however often, the table is the same.
//!
//! | to | call | for |
//! |---|---|---|
//! | merge into the latest row of every key | [`plan_merge`] | `scd: 1` |
//! | keep every version of every key | [`plan_history`] | `scd: 2` |
//! | keep every event | [`plan_append`] | `scd: append` |
//! | turn full snapshots into changes first | [`snapshot_changes`] | `from_snapshot` |
//! | find ties before a plan is made | [`tie_conflict`], [`losing_events`] | `tie_policy` |
//! | make a table anew in bounded memory | [`key_ranges`], [`plan_from_nothing`] | all |
//! | tell which event won each column of a row | [`explain_key`] | all |
//! | tell whether two tables are equal | [`fingerprint`] | all |
//!
//! # Merging events
//!
//! Events are grouped by key, then merged with the rows of silver that have these keys (here: none). The
//! rows of the plan are built from the same batches when they are written.
//!
//! ```
//! # use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
//! # use sluice_contract::Contract;
//! # use std::sync::Arc;
//! # fn batch(contract: &Arc<Contract>, events: &[(Op, u64, i64, &str)]) -> ChangeBatch {
//! #     let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
//! #     for &(op, position, id, name) in events {
//! #         builder.push(Event {
//! #             at: RowRef { file: 0, row: 0, offset: 0 },
//! #             op,
//! #             rank: 1,
//! #             parts: [position, 0, 0, 0, 0],
//! #             cells: vec![Cell::Int(id), Cell::Text(name.into())],
//! #             source_time_ms: None,
//! #             record: String::new(),
//! #         });
//! #     }
//! #     builder.finish().unwrap()
//! # }
//! use sluice_engine::{Existing, KeyEncoder, KeyedChanges, PlanSources, Tombstones, plan_merge};
//!
//! let contract = "dataset: shop.items\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n";
//! let contract = Arc::new(Contract::parse(contract, "items.yaml").unwrap());
//! // The same key twice; the event at position 20 is the later one and arrives first.
//! let changes = [batch(&contract, &[(Op::Upsert, 20, 7, "new"), (Op::Upsert, 10, 7, "old")])];
//!
//! let keyed = KeyedChanges::new(&KeyEncoder::new(&contract)?, &changes)?;
//! let existing = Existing { read: &[], unread: &[], rows: 0 };
//! let plan = plan_merge(&contract, existing, &Tombstones::default(), &changes, &keyed, 0)?;
//! assert_eq!((plan.ledger.inserted, plan.ledger.superseded), (1, 1));
//!
//! let sources = PlanSources { contract: &contract, existing: &[], changes: &changes };
//! let rows = plan.upserts.build(sources, 0..plan.upserts.num_rows())?;
//! let names = arrow::array::AsArray::as_string::<i32>(rows.column(1));
//! assert_eq!(names.value(0), "new");
//! # Ok::<(), sluice_engine::EngineError>(())
//! ```
//!
//! # Deletes and late events
//!
//! The newest delete of every key is kept as a tombstone, so an older event that arrives after it does not
//! bring the row back.
//!
//! ```
//! # use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
//! # use sluice_contract::Contract;
//! # use std::sync::Arc;
//! # fn batch(contract: &Arc<Contract>, events: &[(Op, u64, i64, &str)]) -> ChangeBatch {
//! #     let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
//! #     for &(op, position, id, name) in events {
//! #         builder.push(Event {
//! #             at: RowRef { file: 0, row: 0, offset: 0 },
//! #             op,
//! #             rank: 1,
//! #             parts: [position, 0, 0, 0, 0],
//! #             cells: vec![Cell::Int(id), Cell::Text(name.into())],
//! #             source_time_ms: None,
//! #             record: String::new(),
//! #         });
//! #     }
//! #     builder.finish().unwrap()
//! # }
//! use sluice_engine::{Existing, KeyEncoder, KeyedChanges, Tombstones, plan_merge};
//!
//! # let contract = "dataset: shop.items\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n";
//! # let contract = Arc::new(Contract::parse(contract, "items.yaml").unwrap());
//! let encoder = KeyEncoder::new(&contract)?;
//! let existing = Existing { read: &[], unread: &[], rows: 0 };
//! let mut tombstones = Tombstones::default();
//!
//! let delete = [batch(&contract, &[(Op::Delete, 20, 7, "")])];
//! let plan = plan_merge(&contract, existing, &tombstones, &delete, &KeyedChanges::new(&encoder, &delete)?, 0)?;
//! tombstones.add(&plan.tombstones);
//! assert_eq!(tombstones.len(), 1);
//!
//! let late = [batch(&contract, &[(Op::Upsert, 10, 7, "old")])];
//! let plan = plan_merge(&contract, existing, &tombstones, &late, &KeyedChanges::new(&encoder, &late)?, 0)?;
//! assert_eq!(plan.upserts.num_rows(), 0);
//! assert_eq!(plan.ledger.tombstone_blocked, 1);
//! # Ok::<(), sluice_engine::EngineError>(())
//! ```
//!
//! # Versions
//!
//! In an SCD 2 table a late event splits the version that holds at its position. Events that no version
//! shows are kept in the [`LateArrivalState`].
//!
//! ```
//! # use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
//! # use sluice_contract::Contract;
//! # use std::sync::Arc;
//! # fn batch(contract: &Arc<Contract>, events: &[(Op, u64, i64, &str)]) -> ChangeBatch {
//! #     let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
//! #     for &(op, position, id, name) in events {
//! #         builder.push(Event {
//! #             at: RowRef { file: 0, row: 0, offset: 0 },
//! #             op,
//! #             rank: 1,
//! #             parts: [position, 0, 0, 0, 0],
//! #             cells: vec![Cell::Int(id), Cell::Text(name.into())],
//! #             source_time_ms: None,
//! #             record: String::new(),
//! #         });
//! #     }
//! #     builder.finish().unwrap()
//! # }
//! use sluice_engine::{KeyEncoder, LateArrivalState, plan_history};
//!
//! let contract = "dataset: shop.items\nsource: {path: x/, format: debezium_json}\napply: {scd: 2, sequence: [source.lsn]}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n";
//! let contract = Arc::new(Contract::parse(contract, "items.yaml").unwrap());
//! let mut state = LateArrivalState::default();
//!
//! let first = [batch(&contract, &[(Op::Upsert, 10, 7, "a"), (Op::Delete, 30, 7, "")])];
//! let plan = plan_history(&contract, &[], &state, &first, 0, 0)?;
//! state.apply(&KeyEncoder::new(&contract)?, &plan.late_arrivals)?;
//! assert_eq!((plan.upserts.num_rows(), state.len()), (1, 1), "one version, and the delete that ended it");
//!
//! let late = [batch(&contract, &[(Op::Upsert, 20, 7, "b")])];
//! let plan = plan_history(&contract, &[plan.upserts], &state, &late, 1, 0)?;
//! assert_eq!(plan.ledger.silver_after, 2, "from 10 to 20, and from 20 to 30");
//! # Ok::<(), sluice_engine::EngineError>(())
//! ```
//!
//! # Fingerprints
//!
//! A fingerprint depends on the rows only, neither on their order nor on the batches that they are in.
//!
//! ```
//! use arrow::array::{ArrayRef, Int64Array, RecordBatch};
//! use sluice_engine::fingerprint;
//! use std::sync::Arc;
//!
//! let batch = |ids: Vec<i64>| RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(ids)) as ArrayRef)]);
//! let whole = fingerprint(&[batch(vec![1, 2, 3])?])?;
//! assert_eq!(whole, fingerprint(&[batch(vec![3])?, batch(vec![2, 1])?])?);
//! assert_ne!(whole, fingerprint(&[batch(vec![1, 2])?])?);
//! # Ok::<(), sluice_engine::EngineError>(())
//! ```
//!
//! # Order of the modules
//!
//! Each imports only from those before it: `error`, `keys` (keys as bytes and hashes), `silver` (system
//! columns), `events` (grouped by key), `rows` (built when they are written), then the plans beside each
//! other: `scd1`, `scd2`, `append_plan`, and `snapshot_changes`, `fingerprint` and `first_difference`. `silver_plan` chooses
//! one of the plans, `ranges` makes a table of many of them.

mod append_plan;
mod error;
mod events;
mod explain;
mod fingerprint;
mod first_difference;
mod keys;
mod ranges;
mod rows;
mod scd1;
mod scd2;
mod silver;
mod silver_plan;
mod snapshot_changes;

pub use append_plan::{AppendPlan, plan_append};
pub use error::EngineError;
pub use events::{Conflict, KeyedChanges, losing_events, tie_conflict};
pub use explain::{KeyExplanation, OrderedEvent, Outcome, explain_key};
pub use fingerprint::{Fingerprint, fingerprint, row_hashes};
pub use first_difference::{CellText, RowDifference, first_difference};
pub use keys::KeyEncoder;
pub use ranges::{
    ChunkKeys, KeyRange, Overlap, RangesLedger, SortedChunk, key_ranges, plan_from_nothing, sorted_chunks,
    without_truncates,
};
pub use rows::{ExistingRows, NewRows, PlanSources, RowAt};
pub use scd1::{
    Existing, MergePlan, NewTombstones, Tombstones, changed_segment, forget_before, merge_segments, plan_merge,
};
pub use scd2::{HistoryChange, HistoryPlan, LateArrivalState, plan_history};
pub use silver::{COL_SEQ, SEQ, current_rows, silver_schema};
pub use silver_plan::{Remembered, SilverPlan, newest_seq, plan_silver};
pub use snapshot_changes::{FullSnapshot, SnapshotChanges, SnapshotCounts, snapshot_changes};
