//! The silver layer: its state, merges into it, and its columns.

pub(crate) mod merge;
pub(crate) mod missing_base;
pub(crate) mod row_file;
pub(crate) mod schema_change;
mod state;
pub(crate) mod table;
pub(crate) mod versions;
pub(crate) mod watermark;

pub(crate) use state::{
    INFO_BATCH, INFO_CONTRACT, INFO_LEDGER, INFO_REASONS, INFO_SPAN, INFO_TOMBSTONES, Silver, SilverCommit, blocking,
    paths, rebuild_app_id, silver_app_id,
};
