//! Waits until silver has everything up to the position that was read, and says then what is a fault.

use super::Ready;
use crate::RunError;
use crate::reconcile::database::DatabaseTable;
use crate::reconcile::report::Found;
use crate::reconcile::silver_rows::SilverRows;
use crate::silver::Silver;
use sluice_cdc::LogPosition;
use sluice_change::EventSeq;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often silver is looked at.
const LOOK: Duration = Duration::from_millis(500);

impl Ready<'_> {
    /// Decides each difference whose arrival is not known, once another process has replayed what was under way; says what
    /// came of it. Without a difference that a change may explain there is nothing to wait for.
    ///
    /// # Errors
    /// If silver or the database cannot be read; if somebody stops it.
    pub(super) async fn settle(
        &self,
        found: &mut Found,
        mut database: Option<DatabaseTable>,
        seconds: u32,
    ) -> Result<Option<String>, RunError> {
        if !found.is_unsettled() {
            return Ok(None);
        }
        let Some(read) = found.position_read() else {
            return Ok(Some("The position that was read is not known, so there was nothing to wait for".to_owned()));
        };
        if let Some(database) = &mut database {
            database.end().await?;
        }
        let name = &self.contract.name;
        let until = Instant::now() + Duration::from_secs(seconds.into());
        self.job.progress(&name.to_string(), |progress| progress.note = format!("waiting until silver has {read}"));
        loop {
            self.job.check()?;
            let silver = Silver::open_to_look(&self.open.lake, name).await?;
            if silver.is_of_other_contract(&self.contract) {
                return Ok(Some("Silver was made by another contract meanwhile, so waiting ended".to_owned()));
            }
            let mut positions = found.positions.clone();
            positions.silver = silver.source.last.as_deref().and_then(EventSeq::parse);
            positions.silver_ms = silver.source.newest_ms;
            if let Some(database) = &mut database {
                let in_log = positions.order.as_deref().zip(positions.silver.as_ref());
                let in_log = in_log.and_then(|(order, seq)| LogPosition::of(order, seq));
                positions.is_complete = database.is_complete(in_log, positions.silver_ms).await?;
            }
            if positions.has_arrived() == Some(true) {
                // With its deletes, and so of this moment or a later one.
                let silver = Silver::open(&self.open.lake, &self.contract).await?;
                let Some(snapshot) = silver.snapshot.clone().filter(|_| !silver.lost_state) else {
                    return Ok(Some("The deletes of silver cannot be read, so waiting ended".to_owned()));
                };
                let version = snapshot.version;
                let rows = SilverRows { store: silver.store.clone(), snapshot, contract: Arc::clone(&self.contract) };
                found.settle(&self.contract, &rows, &silver.tombstones).await?;
                return Ok(Some(format!(
                    "Version {version} of silver has everything up to the position that was read"
                )));
            }
            if Instant::now() >= until {
                return Ok(Some(format!("Silver did not reach {read} within {seconds} s; is it replayed meanwhile?")));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
