//! What a replay is asked for.

use super::decoder::DecoderOptions;
use super::release_rule::Unpublished;
use crate::previewed::Previews;
use sluice_api::ReplayLimits;
use sluice_contract::TableName;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What to replay, and how.
#[derive(Clone, Debug, Default)]
pub struct ReplayOptions {
    /// Tables, all of the contract set if empty.
    pub tables: Vec<TableName>,
    /// Bounds.
    pub limits: ReplayLimits,
    /// Number of tables to process in parallel; 0 means 2.
    pub concurrency: usize,
    /// How long to wait for another writer of a table; `None` means [`crate::LEASE_WAIT_DEFAULT`].
    pub lease_wait: Option<Duration>,
    /// Tables and models that are refused, because they are not as the release has them.
    pub unpublished: Unpublished,
    /// Gold models that are not tried this time, with those that read them.
    pub left_out_models: BTreeSet<TableName>,
    /// What the tables were where the release was tried, if it was.
    pub previews: Option<Arc<Previews>>,
    /// Where files of binary formats are decoded.
    pub decoder: DecoderOptions,
    /// Bytes of events that are merged at a time when silver is made anew; `None` means
    /// [`sluice_contract::limits::REBUILD_BYTES`].
    pub rebuild_bytes: Option<u64>,
}
