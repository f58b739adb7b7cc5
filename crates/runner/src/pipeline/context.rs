//! What every step of a table's run works with.

use super::decoder::Decoder;
use super::hold_rules::HoldReason;
use crate::silver::Silver;
use crate::silver::schema_change::effective;
use crate::support::hash_keys::with_keys;
use crate::support::started::with_start;
use crate::{Job, RunError};
use sluice_api::Refusal;
use sluice_contract::{Contract, limits};
use sluice_lake::Lake;
use sluice_query::QueryEngine;
use std::sync::Arc;

/// Where a table is, by which contract it is made, and who does and hears of the work.
pub(crate) struct TableContext {
    pub(crate) lake: Lake,
    /// The contract as written.
    pub(crate) declared: Arc<Contract>,
    /// The effective contract: the declared one with the inferred schema.
    pub(crate) contract: Arc<Contract>,
    pub(crate) engine: QueryEngine,
    pub(crate) job: Job,
    pub(crate) decoder: Decoder,
    /// Bytes of events that are merged at a time when silver is made anew.
    pub(crate) rebuild_bytes: u64,
}

impl TableContext {
    /// The context of the table that `declared` describes.
    ///
    /// # Errors
    /// If the contract names no source, or the inferred schema cannot be read.
    pub(crate) async fn open(
        lake: &Lake,
        declared: &Arc<Contract>,
        engine: &QueryEngine,
        job: &Job,
        decoder: &Decoder,
    ) -> Result<Self, RunError> {
        if declared.source.is_none() {
            let next = "Add `source` with path and format to the contract";
            let message = format!("The contract of {} does not say where its change data is", declared.name);
            return Err(RunError::input(message, next));
        }
        let declared = with_start(lake, with_keys(lake, declared).await?).await?;
        Ok(Self {
            lake: lake.clone(),
            contract: effective(lake, &declared).await?,
            declared,
            engine: engine.clone(),
            job: job.clone(),
            decoder: decoder.clone(),
            rebuild_bytes: limits::REBUILD_BYTES,
        })
    }

    /// Adds a line about the table to the job's log.
    pub(crate) fn log(&self, line: impl std::fmt::Display) {
        self.job.log(format!("{}: {line}", self.contract.name));
    }

    /// The error of a batch that is held: it stays in bronze, and readers see the version before.
    pub(crate) fn refused(&self, silver: &Silver, batch: u64, reason: HoldReason) -> RunError {
        let stays = match silver.version() {
            Some(version) if silver.batch() > 0 => format!("v{version} stays visible"),
            _ => "there is no version yet".to_owned(),
        };
        let HoldReason { text, cause, counters, keys } = reason;
        let first_batch = (silver.batch() + 1).min(batch);
        let refusal = Box::new(Refusal { batch, first_batch, reason: text, cause, counters, keys });
        RunError::Refused { table: self.contract.name.to_string(), stays, refusal }
    }
}
