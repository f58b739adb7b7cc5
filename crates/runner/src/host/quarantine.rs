//! The records in quarantine with what became of them, and what is done with them.

use super::publish::author;
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::pipeline::late_keys::Corrected;
use crate::pipeline::quarantine_life::{Quarantined, quarantined, why_not_correct};
use crate::pipeline::release_rule::Unpublished;
use crate::pipeline::replay_quarantine::{looked_at, replay_quarantine};
use crate::support::arrow_ipc::to_ipc;
use crate::support::blocking::blocking;
use crate::support::json_edit::with_values;
use crate::{Job, RunError};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use sluice_api::{
    Answer, JobKind, Layer, QuarantineChange, QuarantineFilter, QuarantineList, QuarantineReason, QuarantineStatus,
    TableRef, TableReplay, ask,
};
use sluice_contract::TableName;
use sluice_lake::{Correction, QuarantineAction, QuarantineDecision, RecordPlace, correction_number};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Characters of a reason.
const REASON_CHARACTERS_MAX: usize = 500;

impl Answer<ask::Quarantine> for Host {
    async fn answer(&self, request: ask::Quarantine) -> Result<QuarantineList, RunError> {
        let ask::Quarantine { table, filter } = request;
        self.opened().await?.quarantine_list(&table, &filter).await
    }
}

impl Answer<ask::ChangeQuarantine> for Host {
    async fn answer(&self, request: ask::ChangeQuarantine) -> Result<QuarantineList, RunError> {
        let ask::ChangeQuarantine { table, change, because, author: named } = request;
        let open = self.opened().await?;
        let by = author(named.as_deref()).await?.to_string();
        let because = reason(&because)?;
        open.change_quarantine(&table, change, because, by).await
    }
}

/// The reason of a decision.
///
/// # Errors
/// If there is none, or it is too long.
pub(super) fn reason(because: &str) -> Result<String, RunError> {
    let because = because.trim();
    if because.is_empty() || because.chars().count() > REASON_CHARACTERS_MAX {
        let message = format!("A decision has a reason of at most {REASON_CHARACTERS_MAX} characters");
        return Err(RunError::input(message, "Write one sentence with --because, without values of rows"));
    }
    Ok(because.to_owned())
}

impl Answer<ask::ReplayQuarantine> for Host {
    async fn answer(&self, request: ask::ReplayQuarantine) -> Result<TableReplay, RunError> {
        let ask::ReplayQuarantine { job, table, because, author: named } = request;
        let open = self.opened().await?;
        let by = author(named.as_deref()).await?.to_string();
        let title = format!("Replay the quarantine of {table}");
        let failure = |replayed: &TableReplay| replayed.error.clone();
        let work = async |job: &Job| {
            let set = ContractSet::draft(&open.lake).await?;
            if let Some(refused) = Unpublished::of(&open.lake, &set).await?.refuse(&table) {
                return Err(refused);
            }
            let contract = set.contract(&table)?;
            let corrected = Corrected { because: because.clone(), by: by.clone() };
            let (replayed, records) = replay_quarantine(&open.lake, &open.engine, &contract, &corrected, job).await?;
            if !records.is_empty() {
                let at_ms = open.lake.ledger().now_ms();
                let action = QuarantineAction::Replay;
                let decision = QuarantineDecision { number: 0, action, records, because, by, at_ms };
                open.lake.ledger().put_quarantine_decision(&table, &decision).await?;
            }
            Ok(replayed)
        };
        self.as_job(job, JobKind::Reprocess, title, failure, work).await
    }
}

impl OpenLake {
    async fn quarantine_list(&self, name: &TableName, filter: &QuarantineFilter) -> Result<QuarantineList, RunError> {
        let contract = ContractSet::draft(&self.lake).await?.contract(name)?;
        let (context, table) = looked_at(&self.lake, &self.engine, &contract).await?;
        let records = quarantined(&context, &table).await?;
        let mut counts: BTreeMap<QuarantineStatus, u64> = BTreeMap::new();
        let mut by_reason: BTreeMap<String, u64> = BTreeMap::new();
        for record in &records {
            *counts.entry(record.status).or_default() += 1;
            let codes = QuarantineReason::all_of(&record.reasons).into_iter().map(|of| of.reason);
            for code in std::iter::once(record.reason.clone()).chain(codes).collect::<BTreeSet<_>>() {
                *by_reason.entry(code).or_default() += 1;
            }
        }
        let mut reasons: Vec<(String, u64)> = by_reason.into_iter().collect();
        reasons.sort_by_key(|(_, records)| std::cmp::Reverse(*records));
        let shown: Vec<Quarantined> = records.into_iter().filter(|record| is_shown(record, filter)).collect();
        let result = match shown.is_empty() {
            true => None,
            false => {
                let ipc = to_ipc(&columns_of(&shown)?)?;
                let engine = self.engine.clone();
                let result = blocking(move || Ok(engine.put_result(&ipc)?)).await?;
                // It keeps whole records, as bronze does.
                Some(self.marked_of(result, &TableRef { layer: Layer::Bronze, name: name.clone() }).await?)
            }
        };
        Ok(QuarantineList { table: name.clone(), counts: counts.into_iter().collect(), reasons, records: result })
    }

    async fn change_quarantine(
        &self,
        name: &TableName,
        change: QuarantineChange,
        because: String,
        by: String,
    ) -> Result<QuarantineList, RunError> {
        let contract = ContractSet::draft(&self.lake).await?.contract(name)?;
        let (context, table) = looked_at(&self.lake, &self.engine, &contract).await?;
        let records = quarantined(&context, &table).await?;
        let (ledger, at_ms) = (self.lake.ledger(), self.lake.ledger().now_ms());
        match change {
            QuarantineChange::Edit { .. } | QuarantineChange::Set { .. } => {
                let (address, edit) = match change {
                    QuarantineChange::Set { record, values } => (record, Err(values)),
                    QuarantineChange::Edit { record, text } => (record, Ok(text)),
                    QuarantineChange::Ignore { .. } | QuarantineChange::Reopen { .. } => {
                        return Err(nothing_found(name));
                    }
                };
                let wanted = QuarantineFilter { record: Some(address.clone()), ..QuarantineFilter::default() };
                let Some(record) = records.iter().find(|record| is_shown(record, &wanted)) else {
                    return Err(nothing_found(name));
                };
                if record.whole_file || contract.apply.from_snapshot.is_some() || !contract.sources.is_empty() {
                    let message = format!("{address} is no record that can be corrected by itself");
                    return Err(RunError::input(message, "Deliver the file again"));
                }
                let text = edit.or_else(|values| with_values(&record.raw, &values))?;
                if let Some(reason) = why_not_correct(&context, &table, record, &text).await? {
                    let message = format!("The corrected record would be in quarantine again. {reason}");
                    return Err(RunError::input(message, "Correct it further; nothing was kept"));
                }
                let in_batches = table.claimed.iter().flat_map(|manifest| &manifest.files);
                let last = in_batches.filter_map(|file| correction_number(&file.path)).max().unwrap_or(0);
                let correction = Correction {
                    origin: record.place.clone(),
                    record: text,
                    more: Vec::new(),
                    repairs: Vec::new(),
                    because,
                    by,
                    at_ms,
                };
                ledger.put_correction(name, &correction, last).await?;
            }
            QuarantineChange::Ignore { filter } | QuarantineChange::Reopen { filter } if is_empty(&filter) => {
                let message = "This would be every record in quarantine".to_owned();
                return Err(RunError::input(message, "Choose some by record, reason, batch or status"));
            }
            QuarantineChange::Ignore { filter } => {
                let records = chosen(&records, &filter, name)?;
                let action = QuarantineAction::Ignore;
                let decision = QuarantineDecision { number: 0, action, records, because, by, at_ms };
                ledger.put_quarantine_decision(name, &decision).await?;
            }
            QuarantineChange::Reopen { filter } => {
                let records = chosen(&records, &filter, name)?;
                let action = QuarantineAction::Reopen;
                let decision = QuarantineDecision { number: 0, action, records, because, by, at_ms };
                ledger.put_quarantine_decision(name, &decision).await?;
            }
        }
        self.quarantine_list(name, &QuarantineFilter::default()).await
    }
}

fn is_empty(filter: &QuarantineFilter) -> bool {
    *filter == QuarantineFilter::default()
}

fn nothing_found(name: &TableName) -> RunError {
    let next = format!("`sluice quarantine ls {name}` lists them");
    RunError::not_found(format!("{name} has no such record in quarantine"), next)
}

fn chosen(records: &[Quarantined], filter: &QuarantineFilter, name: &TableName) -> Result<Vec<RecordPlace>, RunError> {
    let chosen = records.iter().filter(|record| is_shown(record, filter));
    let chosen: Vec<RecordPlace> = chosen.map(|record| record.place.clone()).collect();
    if chosen.is_empty() { Err(nothing_found(name)) } else { Ok(chosen) }
}

fn is_shown(record: &Quarantined, filter: &QuarantineFilter) -> bool {
    let QuarantineFilter { record: address, status, reason, batch } = filter;
    address.as_ref().is_none_or(|address| *address == address_of(&record.place))
        && status.is_none_or(|status| status == record.status)
        && reason.as_ref().is_none_or(|reason| {
            *reason == record.reason || QuarantineReason::all_of(&record.reasons).iter().any(|of| of.reason == *reason)
        })
        && batch.is_none_or(|batch| batch == record.place.batch)
}

/// What a record is called: batch, file, number in it from 1.
fn address_of(place: &RecordPlace) -> String {
    format!("{}:{}:{}", place.batch, place.file, place.row.saturating_add(1))
}

fn columns_of(records: &[Quarantined]) -> Result<RecordBatch, RunError> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let texts = |of: &dyn Fn(&Quarantined) -> Option<String>| -> ArrayRef {
        Arc::new(records.iter().map(of).collect::<StringArray>())
    };
    let numbers = |of: &dyn Fn(&Quarantined) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(records.iter().map(|record| number(of(record)))))
    };
    let at: TimestampMicrosecondArray =
        records.iter().map(|record| record.last.as_ref().map(|(_, _, ms)| ms.saturating_mul(1_000))).collect();
    Ok(RecordBatch::try_from_iter([
        ("address", texts(&|record| Some(address_of(&record.place)))),
        ("status", texts(&|record| Some(record.status.to_string()))),
        ("reason", texts(&|record| Some(record.reason.clone()))),
        ("stage", texts(&|record| Some(record.stage.clone()))),
        ("column", texts(&|record| record.column.clone())),
        ("detail", texts(&|record| Some(record.detail.clone()))),
        ("reasons", texts(&|record| Some(record.reasons.clone()))),
        ("batch", numbers(&|record| record.place.batch)),
        ("file", texts(&|record| Some(record.place.file.clone()))),
        ("row", numbers(&|record| record.place.row)),
        ("attempts", numbers(&|record| record.attempts)),
        ("by", texts(&|record| record.last.as_ref().map(|(by, _, _)| by.clone()))),
        ("because", texts(&|record| record.last.as_ref().map(|(_, because, _)| because.clone()))),
        ("at", Arc::new(at.with_timezone("UTC")) as ArrayRef),
        ("raw", texts(&|record| Some(record.raw.clone()))),
    ])?)
}
