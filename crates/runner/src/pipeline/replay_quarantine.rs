//! The quarantine of a table as it is, and its replay under the table's lease.

use super::context::TableContext;
use super::decoder::{Decoder, DecoderOptions};
use super::late_keys::Corrected;
use super::report::Report;
use super::table_run::TableRun;
use super::table_state::TableState;
use crate::support::lease::{LEASE_WAIT_DEFAULT, LeaseTerms, with_lease};
use crate::{Job, RunError};
use sluice_api::{JobId, TableReplay};
use sluice_contract::Contract;
use sluice_lake::{Lake, Lease, RecordPlace};
use sluice_query::QueryEngine;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A table for looking at.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn looked_at(
    lake: &Lake,
    engine: &QueryEngine,
    contract: &Arc<Contract>,
) -> Result<(TableContext, TableState), RunError> {
    let decoder = Decoder::new(DecoderOptions::default());
    let job = Job::new(JobId(0), "quarantine");
    let context = TableContext::open(lake, contract, engine, &job, &decoder).await?;
    let table = TableState::open(&context).await?;
    Ok((context, table))
}

/// Merges what can be read now of the records in quarantine, and says which they are. Records whose keys came later than
/// they are corrected with those first, for the reason and in the name of `corrected`.
///
/// # Errors
/// See [`TableRun::replay_quarantined`].
pub(crate) async fn replay_quarantine(
    lake: &Lake,
    engine: &QueryEngine,
    contract: &Arc<Contract>,
    corrected: &Corrected,
    job: &Job,
) -> Result<(TableReplay, Vec<RecordPlace>), RunError> {
    let table = &contract.name;
    let decoder = Decoder::new(DecoderOptions::default());
    let terms = LeaseTerms {
        wait: LEASE_WAIT_DEFAULT,
        waiting: &|holder| job.log(format!("{table}: waits for {holder}")),
        unreleased: &|error| {
            job.log(format!("{table}: the lease was not released, others wait a moment for it: {error}"));
            Ok(())
        },
    };
    let read = async || Ok(ControlFlow::Continue(TableRun::open(lake, contract, engine, job, &decoder).await?));
    let work = async |mut run: TableRun, lease: &Lease| {
        run.fence(lease);
        run.remember().await?;
        run.ensure_finished()?;
        let mut done = run.take_late_keys(corrected).await?;
        let (merged, records) = run.replay_quarantined().await?;
        done.add(merged);
        Ok((done, records))
    };
    let (done, records) = with_lease(lake, table, &terms, read, work).await?;
    let mut report = Report::new(table);
    report.add(&done);
    Ok((report.into_view(None), records))
}
