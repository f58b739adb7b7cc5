//! What maintenance is asked for.

use crate::support::lease::LEASE_WAIT_DEFAULT;
use std::time::Duration;

/// Bytes that a file is to have when the caller does not say.
pub const TARGET_BYTES_DEFAULT: u64 = 256 << 20;
/// A file with this share of dead rows or more is rewritten when the caller does not say.
pub const DEAD_SHARE_DEFAULT: f64 = 0.25;
/// How long old versions stay readable when the caller does not say.
pub const RETENTION_DEFAULT: Duration = Duration::from_secs(7 * 86_400);
/// Files that no version names stay this long when the caller does not say: a commit may be under way.
pub const IN_FLIGHT_DEFAULT: Duration = Duration::from_secs(86_400);
/// Rows of one group, so that it fits into memory.
const GROUP_ROWS_MAX: u64 = 8_000_000;

/// What to do.
#[derive(Clone, Debug)]
pub struct MaintainOptions {
    /// Bytes that a file is to have.
    pub target_bytes: u64,
    /// Columns of a Z-curve; empty keeps rows in the order of their key.
    pub cluster_by: Vec<String>,
    /// A file with this share of dead rows or more is rewritten; 0 purges every deletion vector.
    pub dead_share: f64,
    /// A file with fewer dead rows stays, whatever its share of them.
    pub dead_rows: u64,
    /// Rows that are in memory at once, unless one file has more.
    pub group_rows: u64,
    /// How long old versions stay readable; `None` removes nothing.
    pub retention: Option<Duration>,
    /// How long files that no version names stay.
    pub in_flight: Duration,
    /// Only say what would be done.
    pub dry_run: bool,
    /// How long to wait for a writer at each commit.
    pub lease_wait: Duration,
}

impl Default for MaintainOptions {
    fn default() -> Self {
        Self {
            target_bytes: TARGET_BYTES_DEFAULT,
            cluster_by: Vec::new(),
            dead_share: DEAD_SHARE_DEFAULT,
            dead_rows: 0,
            group_rows: GROUP_ROWS_MAX,
            retention: Some(RETENTION_DEFAULT),
            in_flight: IN_FLIGHT_DEFAULT,
            dry_run: false,
            lease_wait: LEASE_WAIT_DEFAULT,
        }
    }
}
