//! Differences whose arrival was not known, once silver has everything up to the position that was read.

use super::report::Found;
use super::silver_rows::{OfKey, SilverRows};
use crate::RunError;
use arrow::array::RecordBatch;
use sluice_api::Arrival;
use sluice_change::EventSeq;
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, Tombstones};

impl Found {
    /// Whether a change may be under way of one of the rows.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.arrivals.iter().any(|arrival| is_open(*arrival))
    }

    /// Says of each row whose arrival was not known whether it is a fault: silver has every change up to the position that
    /// was read, so a row that no change reached since is not what the source had then. One that a change reached had it
    /// under way. `deletes` are those of the later version.
    ///
    /// # Errors
    /// If a file of silver cannot be read.
    pub(crate) async fn settle(
        &mut self,
        contract: &Contract,
        later: &SilverRows,
        deletes: &Tombstones,
    ) -> Result<(), RunError> {
        let keys = self.key_columns(contract)?;
        let keys = keys.into_iter().map(|(name, column)| (name, column, true));
        let hashes = KeyEncoder::new(contract)?.hashes(&RecordBatch::try_from_iter_with_nullable(keys)?)?;
        let open = self.arrivals.iter().zip(&hashes).filter(|(arrival, _)| is_open(**arrival));
        let now = later.of_keys(open.map(|(_, hash)| *hash).collect()).await?;
        let before: Vec<Option<EventSeq>> =
            self.comparison.differences.iter().map(|difference| self.seq_in_silver(difference)).collect();
        let compared = self.positions.silver;
        for ((arrival, hash), before) in self.arrivals.iter_mut().zip(&hashes).zip(before) {
            if is_open(*arrival) {
                let OfKey { current, newest } = now.get(hash).copied().unwrap_or_default();
                // A row that came and went since is in neither version; its delete is newer than the first.
                let is_reached = current != before || newest.max(deletes.delete_watermark(*hash)) > compared;
                *arrival = if is_reached { Arrival::NotArrived } else { Arrival::Fault };
            }
        }
        Ok(())
    }
}

fn is_open(arrival: Arrival) -> bool {
    matches!(arrival, Arrival::Unknown | Arrival::NotArrived)
}
