//! How long a rebuild will take, by what the table's commits say of themselves.

use crate::RunError;
use crate::silver::Silver;
use sluice_lake::DeltaStore;

/// Commits of silver that are looked at.
const HISTORY_MAX: usize = 200;

/// Seconds that a rebuild of silver from bronze will take, by the pace of the commit with the most records: the larger a
/// batch, the less of its time is for itself. `None` if no commit says how long it took.
///
/// # Errors
/// If the logs cannot be read.
pub(super) async fn rebuild_seconds(silver: &Silver, bronze: &DeltaStore) -> Result<Option<u64>, RunError> {
    let (Some(version), Some(bronze)) = (silver.version(), bronze.snapshot(None).await?) else { return Ok(None) };
    let history = silver.store.history_until(version, HISTORY_MAX).await?;
    let measured = history.iter().filter_map(|entry| {
        let (records, elapsed_ms) = (entry.info.ledger?.rows_in, entry.info.span.as_ref()?.elapsed_ms);
        (records > 0).then_some((records, elapsed_ms))
    });
    Ok(measured.max_by_key(|(records, _)| *records).map(|measured| seconds_for(bronze.rows(), measured)))
}

/// Seconds for so many records at a measured pace, rounded up.
fn seconds_for(records: u64, (measured, elapsed_ms): (u64, u64)) -> u64 {
    let millis = (u128::from(records) * u128::from(elapsed_ms.max(1))).div_ceil(u128::from(measured.max(1)));
    u64::try_from(millis.div_ceil(1_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::seconds_for;

    #[test]
    fn the_time_follows_the_records() {
        assert_eq!(seconds_for(1_000_000, (10_000, 500)), 50);
        assert_eq!(seconds_for(10, (10_000, 500)), 1);
        assert_eq!(seconds_for(0, (10, 500)), 0);
        assert_eq!(seconds_for(u64::MAX, (1, u64::MAX)), u64::MAX);
    }
}
