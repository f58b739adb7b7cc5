//! The narrow waist between formats and the engine.
//!
//! A decoder makes [`ChangeBatch`]es and [`Reject`]s; the engine consumes them; neither knows the
//! other. The one total order of events is [`EventSeq`], the balance of rows is [`RowLedger`].
//! Pure: no I/O, no clock, no randomness.

mod batch;
mod batch_parts;
mod calendar;
mod cell;
mod cell_at;
mod cell_text;
mod column_builder;
mod event_seq;
mod event_seqs;
mod hash_head;
mod number;
mod op;
mod reason;
mod reject;
mod row_checks;
mod row_ref;
mod row_refs;
mod row_test;
mod run_length;
mod schema;
mod source_times;

pub use batch::{ChangeBatch, ChangeBatchBuilder, Event};
pub use calendar::{
    DATE_INFINITY, DATE_MINUS_INFINITY, DAY_MICROS, TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY, TimestampText,
    format_date, format_time_micros, format_timestamp_micros, parse_time_length,
};
pub use cell::{Cell, CellError, hex_bytes, is_json, json_cell, parse_array, parse_cell};
pub use cell_text::cell_text;
pub use column_builder::ColumnBuilder;
pub use event_seq::{EventSeq, SeqParts, SeqText};
pub use event_seqs::EventSeqs;
pub use hash_head::hash_head;
pub use number::{SpecialNumber, float_of, normalize_numeric};
pub use op::Op;
pub use reason::ReasonCode;
pub use reject::{Reject, RejectReason, SharedReasons};
pub use row_checks::RowChecks;
pub use row_ref::{FileId, RowRef, SourceFile};
pub use row_refs::RowRefs;
pub use row_test::{FilterError, RowTest};
pub use run_length::RunLengthColumn;
pub use schema::{arrow_field, arrow_type, contract_schema};
pub use sluice_contract::{LedgerImbalance, RowLedger};
pub use source_times::SourceTimes;
