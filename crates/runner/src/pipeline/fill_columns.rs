//! New columns, filled for the rows that silver has, from the records of bronze.
//!
//! All records are decoded by the new contract; only key, position and the new columns of their events are merged. Where
//! that does not decide it (a record that the new columns put into quarantine, events of which others win now), silver is
//! rebuilt.

use super::batch::BatchSummary;
use super::decode::decoded_bronze;
use super::merge::Merged;
use super::silver_commit::of_part;
use super::table_run::TableRun;
use super::tally::Tally;
use crate::RunError;
use crate::silver::column_fill::{Slim, fills_of};
use crate::silver::event_runs::{EventRanges, EventRuns};
use crate::silver::schema_change::{SchemaChange, infer_schema, schema_change};
use crate::support::blocking::blocking;
use futures::TryStreamExt;
use sluice_api::SilverRemade;
use sluice_cdc::DecodedFile;
use sluice_change::{ChangeBatch, Reject};
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

impl TableRun {
    /// Fills new columns; false where that takes a rebuild.
    ///
    /// # Errors
    /// [`RunError::Refused`] if a check of severity `fail` does not hold of it; errors of the store and the engine.
    pub(super) async fn fill_columns(&mut self, columns: &[String]) -> Result<bool, RunError> {
        let started = Instant::now();
        let silver = &self.table.silver;
        let is_decided = !self.table.records.in_force().is_empty() || self.table.has_other_records();
        if is_decided
            || !self.table.skipped.is_empty()
            || !silver.skipped.is_empty()
            || !silver.foreign.commits.is_empty()
        {
            return Ok(false);
        }
        let contract = Arc::clone(&self.context.contract);
        let slim = Slim::of(&contract, columns);
        let Some(ranges) = self.events_of(&slim, columns).await? else { return Ok(false) };
        let Some(fills) = fills_of(slim, ranges, self.context.rebuild_bytes).await? else { return Ok(false) };
        let silver = &self.table.silver;
        let Some(candidate) = fills.prepare(silver, &contract).await? else {
            self.context.log("other events win by this contract, so more than the new columns changes");
            return Ok(false);
        };
        let (rows, all) = (candidate.ledger.updated, candidate.ledger.silver_after);
        let names = columns.join(", ");
        self.context.log(format_args!("{names} filled from bronze in {rows} of {all} rows, all other columns stay"));
        let summary = BatchSummary::of(Tally::default(), silver.batch(), 0, started);
        let commit = of_part(&self.context, silver, &summary);
        // What was said of the rows without the new columns says nothing of them.
        self.audited = None;
        self.audit_and_publish(Merged { summary, candidate, commit }).await?;
        self.has_remade(SilverRemade::ColumnsFilled { columns: columns.to_vec(), rows });
        self.know_fingerprint().await?;
        Ok(true)
    }

    /// The events of bronze without other columns. `None` if a new column puts a record into quarantine, or the records
    /// have more columns than the contract knew.
    async fn events_of(&self, slim: &Slim, columns: &[String]) -> Result<Option<EventRanges>, RunError> {
        let (context, last) = (&self.context, self.table.silver.batch());
        let mut runs = EventRuns::new(&self.table.silver.store, &slim.contract, context.rebuild_bytes)?;
        let mut without_events: Vec<DecodedFile> = Vec::new();
        let mut decoded = pin!(decoded_bronze(context, &self.table, 1..=last).await?);
        while let Some(files) = decoded.try_next().await? {
            if files.iter().flat_map(|file| &file.rejects).any(|reject| is_about(reject, columns)) {
                context.log("a record goes to quarantine by a new column, so silver is rebuilt");
                return Ok(None);
            }
            let slim = slim.clone();
            let added = blocking(move || {
                let mut left = Vec::with_capacity(files.len());
                for mut file in files {
                    let rows = arrow::array::RecordBatch::new_empty(file.changes.rows.schema());
                    let none = ChangeBatch::without_events(Vec::new(), rows);
                    runs.add(slim.project(std::mem::replace(&mut file.changes, none))?)?;
                    file.rejects = Vec::new();
                    left.push(file);
                }
                Ok((runs, left))
            });
            let left;
            (runs, left) = added.await?;
            without_events.extend(left);
        }
        if infer_schema(&context.lake, &context.declared, &context.contract, &without_events, last).await?.is_some() {
            return Ok(None);
        }
        Ok(Some(blocking(move || runs.finish()).await?))
    }

    /// New columns that the next run fills.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(super) async fn will_fill(&self) -> Result<Vec<String>, RunError> {
        let (lake, table) = (&self.context.lake, &self.table);
        Ok(match schema_change(lake, &table.bronze.store, &table.silver, &self.context.contract).await? {
            SchemaChange::Fill(columns) => columns,
            SchemaChange::Same | SchemaChange::Columns | SchemaChange::Rebuild => Vec::new(),
        })
    }
}

/// What filling columns does, for a plan.
pub(crate) fn fill_text(columns: &[String], rows: u64) -> String {
    let (word, rows) = (if columns.len() == 1 { "column" } else { "columns" }, format!("{rows} rows"));
    format!("Fills {word} {} of {rows} from bronze, all other columns stay", columns.join(", "))
}

/// Whether a record is in quarantine by one of these columns.
fn is_about(reject: &Reject, columns: &[String]) -> bool {
    let is_new = |column: &str| columns.iter().any(|name| name == column);
    reject.column.as_deref().is_some_and(is_new)
        || reject.further.iter().any(|problem| problem.column.as_deref().is_some_and(is_new))
}
