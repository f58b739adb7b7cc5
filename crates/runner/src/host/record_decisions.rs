//! The records of a batch, and decisions on single ones.

use super::publish::author;
use super::quarantine::reason;
use super::{Host, OpenLake};
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::pipeline::batch_records::{BatchRecord, WantedRecords, batch_records, why_not_instead, why_whole};
use crate::pipeline::context::TableContext;
use crate::pipeline::replay_quarantine::looked_at;
use crate::pipeline::table_state::TableState;
use crate::support::arrow_ipc::to_ipc;
use crate::support::blocking::blocking;
use crate::support::given_key::given_key;
use crate::support::json_edit::with_values;
use crate::support::lease::{LEASE_WAIT_DEFAULT, LeaseTerms, take_lease};
use crate::support::masked_record::masked_record;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use sluice_api::{Answer, Layer, RecordChange, RecordFilter, RecordList, RecordState, TableRef, ask, masked};
use sluice_contract::{Contract, RecordAction, TableName, limits};
use sluice_lake::{BatchManifest, DecidedRecord, RecordDecision, RecordPlace};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Answer<ask::BatchRecords> for Host {
    async fn answer(&self, request: ask::BatchRecords) -> Result<RecordList, RunError> {
        let ask::BatchRecords { table, batch, filter } = request;
        Box::pin(self.opened().await?.record_list(&table, batch, &filter)).await
    }
}

impl Answer<ask::DecideRecords> for Host {
    async fn answer(&self, request: ask::DecideRecords) -> Result<RecordList, RunError> {
        let ask::DecideRecords { table, batch, change, because, author: named } = request;
        let open = self.opened().await?;
        let by = author(named.as_deref()).await?.to_string();
        let because = reason(&because)?;
        // Nothing is decided while a run takes the batch to silver.
        let terms = LeaseTerms { wait: LEASE_WAIT_DEFAULT, waiting: &|_| {}, unreleased: &|error| Err(error.into()) };
        let lease = take_lease(&open.lake, &table, &terms).await?;
        let decided = Box::pin(open.decide_records(&table, batch, change, because, by)).await;
        let released = lease.release().await;
        decided?;
        released?;
        Box::pin(open.record_list(&table, batch, &RecordFilter::default())).await
    }
}

impl OpenLake {
    async fn record_list(&self, name: &TableName, batch: u64, filter: &RecordFilter) -> Result<RecordList, RunError> {
        let contract = ContractSet::draft(&self.lake).await?.contract(name)?;
        let (context, mut table) = looked_at(&self.lake, &self.engine, &contract).await?;
        let manifest = manifest(&table, name, batch)?;
        let wanted = wanted(&contract, &manifest, filter, limits::RECORDS_LISTED_MAX)?;
        let found = batch_records(&context, &mut table, batch, wanted).await?;
        let why_not = self.why_not_decide(&contract, &manifest).await?;
        let records = match found.records.is_empty() {
            true => None,
            false => {
                let ipc = to_ipc(&columns_of(&contract, &found.records)?)?;
                let engine = self.engine.clone();
                let result = blocking(move || Ok(engine.put_result(&ipc)?)).await?;
                // It keeps whole records, as bronze does.
                Some(self.marked_of(result, &TableRef { layer: Layer::Bronze, name: name.clone() }).await?)
            }
        };
        let why_not = why_not.map(|(message, next)| format!("{message}. {next}"));
        let counts = found.counts.into_iter().collect();
        Ok(RecordList { table: name.clone(), batch, counts, found: found.found, why_not, records })
    }

    /// Why nothing can be decided of single records of a batch here, and the way out.
    async fn why_not_decide(
        &self,
        contract: &Contract,
        manifest: &BatchManifest,
    ) -> Result<Option<(String, String)>, RunError> {
        let (name, batch) = (&contract.name, manifest.batch);
        if let Some(why) = why_whole(contract, manifest) {
            let message = format!("Nothing is decided of single records of batch {batch} of {name}: {why}");
            let next = format!("`sluice batch skip {name} {batch} --because \"…\"` leaves the batch out");
            return Ok(Some((message, next)));
        }
        match self.lake.sandbox() {
            Some(sandbox) => {
                let began = sandbox.pins.number(&format!("_sluice/batches/{}/{}", name.dataset, name.table));
                let is_own = Some(batch) > began;
                Ok(is_own.then(|| {
                    let message = format!("Batch {batch} of {name} was ingested in this sandbox alone");
                    (message, "Let the lake ingest its files, then decide in a new sandbox".to_owned())
                }))
            }
            None => {
                let release = sluice_publish::current(&self.lake).await?;
                Ok(release.map(|_| {
                    let message = format!("What is made of {name} is published, so records are decided on in a sandbox");
                    let next = "`sluice sandbox new try`, then the same with --sandbox try; `diff` shows what it means, \
                                `publish` makes it real";
                    (message, next.to_owned())
                }))
            }
        }
    }

    async fn decide_records(
        &self,
        name: &TableName,
        batch: u64,
        change: RecordChange,
        because: String,
        by: String,
    ) -> Result<(), RunError> {
        let contract = ContractSet::draft(&self.lake).await?.contract(name)?;
        let (context, mut table) = looked_at(&self.lake, &self.engine, &contract).await?;
        let manifest = manifest(&table, name, batch)?;
        if let Some((message, next)) = self.why_not_decide(&contract, &manifest).await? {
            return Err(RunError::input(message, next));
        }
        let (filter, edit) = match change {
            RecordChange::Drop { filter } => (filter, Edit::Drop),
            RecordChange::Undo { filter } => (filter, Edit::Undo),
            RecordChange::Set { filter, values } => (filter, Edit::Set(values)),
            RecordChange::Edit { record, text } => {
                (RecordFilter { records: vec![record], ..RecordFilter::default() }, Edit::Text(text))
            }
        };
        if filter.is_empty() {
            let next = format!("Choose some by record or key; `sluice batch skip {name} {batch}` leaves out all of it");
            return Err(RunError::input(format!("This would be every record of batch {batch} of {name}"), next));
        }
        let wanted = wanted(&contract, &manifest, &filter, limits::RECORDS_DECIDED_MAX + 1)?;
        let asked = wanted.places.clone().filter(|_| filter.key.is_empty() && filter.state.is_none());
        let found = batch_records(&context, &mut table, batch, wanted).await?;
        let listed = format!("`sluice batch records {name} {batch}` lists them");
        if found.records.len() > limits::RECORDS_DECIDED_MAX {
            let message = format!("{} records of batch {batch} of {name} are meant", found.found);
            let next = format!("At most {} are decided on at once; name fewer", limits::RECORDS_DECIDED_MAX);
            return Err(RunError::input(message, next));
        }
        if let Some(missing) = asked.and_then(|asked| missing(&asked, &found.records)) {
            return Err(RunError::not_found(format!("Batch {batch} of {name} has no {missing}"), listed));
        }
        if found.records.is_empty() {
            return Err(RunError::not_found(format!("Batch {batch} of {name} has no such record"), listed));
        }
        let mut decided = Vec::new();
        for record in &found.records {
            decided.extend(edit.decide(&context, &table, record)?);
        }
        if decided.is_empty() {
            let message = format!("These records of batch {batch} of {name} are {} already", edit.action().done());
            return Err(RunError::input(message, "Nothing is to be done".to_owned()));
        }
        let at_ms = self.lake.ledger().now_ms();
        let decision = RecordDecision { number: 0, action: edit.action(), records: decided, because, by, at_ms };
        self.lake.ledger().put_record_decision(name, decision).await?;
        Ok(())
    }
}

/// What is done with each record.
enum Edit {
    Drop,
    Undo,
    Set(Vec<(String, String)>),
    Text(String),
}

impl Edit {
    fn action(&self) -> RecordAction {
        match self {
            Self::Drop => RecordAction::Drop,
            Self::Undo => RecordAction::Undo,
            Self::Set(_) | Self::Text(_) => RecordAction::Edit,
        }
    }

    /// The record as it is decided on; `None` if it stands so already.
    fn decide(
        &self,
        context: &TableContext,
        table: &TableState,
        record: &BatchRecord,
    ) -> Result<Option<DecidedRecord>, RunError> {
        let BatchRecord { place, raw, state, decision, .. } = record;
        let shown = format!("Record {} of {}", place.row.saturating_add(1), place.file);
        if *state == RecordState::Quarantined {
            let (name, address) = (&context.contract.name, address(place));
            let next = match self {
                Self::Drop => {
                    let ignore = format!("sluice quarantine ignore {name} --record {address} --because \"…\"");
                    format!("Silver is made without it; `{ignore}` settles it")
                }
                Self::Undo | Self::Set(_) | Self::Text(_) => {
                    format!("`sluice quarantine edit {name} {address} --set PATH=JSON --because \"…\"` corrects it")
                }
            };
            return Err(RunError::input(format!("{shown} is in quarantine, where it is decided on"), next));
        }
        let decided = |text| DecidedRecord { place: place.clone(), record: raw.clone(), text };
        let text = match self {
            Self::Drop => return Ok((*state != RecordState::Dropped).then(|| decided(None))),
            Self::Undo => return Ok((*state != RecordState::Delivered).then(|| decided(None))),
            Self::Text(text) => text.clone(),
            Self::Set(values) => {
                let now = decision.as_ref().and_then(|(of, _)| of.text.as_ref()).unwrap_or(raw);
                with_values(now, values)?
            }
        };
        if let Some(why) = why_not_instead(context, table, place, &text)? {
            let message = format!("{shown} would not be read with the new text. {why}");
            return Err(RunError::input(message, "Write it otherwise; nothing was kept"));
        }
        if text == *raw && *state == RecordState::Delivered {
            return Err(RunError::input(format!("{shown} has this text already"), "Nothing was kept"));
        }
        let before = decision.as_ref().and_then(|(of, _)| of.text.as_ref());
        Ok((before != Some(&text)).then(|| decided(Some(text))))
    }
}

fn manifest(table: &TableState, name: &TableName, batch: u64) -> Result<BatchManifest, RunError> {
    let found = table.manifest(batch).filter(|_| batch <= table.bronze.batch).cloned();
    found.ok_or_else(|| {
        let message = format!("Bronze of {name} has no batch {batch}");
        RunError::not_found(message, format!("`sluice batches {name}` lists the batches"))
    })
}

/// The records that a filter means.
fn wanted(
    contract: &Contract,
    manifest: &BatchManifest,
    filter: &RecordFilter,
    max: usize,
) -> Result<WantedRecords, RunError> {
    let names = &contract.apply.key;
    let key = given_key(names, filter.key.clone());
    if let Some((name, _)) = key.iter().find(|(name, _)| !names.contains(name)) {
        let next = format!("The key of {} is {}", contract.name, names.join(", "));
        return Err(RunError::input(format!("`{name}` is no column of the key"), next));
    }
    let places =
        filter.records.iter().map(|address| place_of(manifest, address)).collect::<Result<BTreeSet<_>, _>>()?;
    let places = Some(places).filter(|places| !places.is_empty());
    Ok(WantedRecords { places, key, state: filter.state, max })
}

/// The record of an address, `file:number`.
fn place_of(manifest: &BatchManifest, address: &str) -> Result<(String, u64), RunError> {
    let wrong = |what: String| {
        RunError::input(what, "Write the file of the batch, a colon and the number of the record from 1")
    };
    let parts = address.rsplit_once(':').and_then(|(file, number)| Some((file, number.parse::<u64>().ok()?)));
    let Some((file, row)) = parts.and_then(|(file, number)| Some((file, number.checked_sub(1)?))) else {
        return Err(wrong(format!("`{address}` is no address of a record")));
    };
    let paths = || manifest.files.iter().map(|file| file.path.as_str());
    if paths().any(|path| path == file) {
        return Ok((file.to_owned(), row));
    }
    let ends = |path: &&str| path.strip_suffix(file).is_some_and(|front| front.ends_with('/'));
    let found: Vec<&str> = paths().filter(ends).collect();
    match found.as_slice() {
        [path] => Ok(((*path).to_owned(), row)),
        [] => Err(wrong(format!("Batch {} has no file {file}", manifest.batch))),
        _ => Err(wrong(format!("{file} is the name of several files of batch {}", manifest.batch))),
    }
}

/// Those of places that no record has, in words; `None` if every one has a record.
fn missing(asked: &BTreeSet<(String, u64)>, found: &[BatchRecord]) -> Option<String> {
    let there: BTreeSet<(&str, u64)> = found.iter().map(|of| (of.place.file.as_str(), of.place.row)).collect();
    let mut missing = asked.iter().filter(|(file, row)| !there.contains(&(file.as_str(), *row)));
    let (file, row) = missing.next()?;
    let more = match missing.count() {
        0 => String::new(),
        more => format!(", nor {more} others of these"),
    };
    Some(format!("record {} of {file}{more}", row.saturating_add(1)))
}

/// What a record in quarantine is called: batch, file, number in it from 1.
fn address(place: &RecordPlace) -> String {
    format!("{}:{}:{}", place.batch, place.file, place.row.saturating_add(1))
}

fn columns_of(contract: &Contract, records: &[BatchRecord]) -> Result<RecordBatch, RunError> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let texts = |of: &dyn Fn(&BatchRecord) -> Option<String>| -> ArrayRef {
        Arc::new(records.iter().map(of).collect::<StringArray>())
    };
    let decision = |record: &BatchRecord| record.decision.as_ref().map(|(_, decision)| decision.clone());
    let has_personal_key = contract.columns.iter().any(|column| column.pii && contract.apply.is_key(&column.name));
    let key = |record: &BatchRecord| {
        let shown = |key: &String| if has_personal_key { masked(key) } else { key.clone() };
        Some(record.keys.iter().map(shown).collect::<Vec<_>>().join(" → ")).filter(|text| !text.is_empty())
    };
    let operation = |record: &BatchRecord| {
        let ops = record.ops.iter().map(|op| super::explain::operation(*op));
        Some(ops.collect::<Vec<_>>().join(" + ")).filter(|text| !text.is_empty())
    };
    let at: TimestampMicrosecondArray =
        records.iter().map(|record| decision(record).map(|of| of.at_ms.saturating_mul(1_000))).collect();
    let place = |record: &BatchRecord| format!("{}:{}", record.place.file, record.place.row.saturating_add(1));
    let instead =
        |record: &BatchRecord| -> Option<String> { record.decision.as_ref().and_then(|(of, _)| of.text.clone()) };
    let rows = records.iter().map(|record| number(record.place.row));
    Ok(RecordBatch::try_from_iter([
        ("address", texts(&|record| Some(place(record)))),
        ("state", texts(&|record| Some(record.state.to_string()))),
        ("operation", texts(&operation)),
        ("key", texts(&key)),
        ("position", texts(&|record| Some(record.position.clone()).filter(|text| !text.is_empty()))),
        ("reason", texts(&|record| record.reason.clone())),
        ("file", texts(&|record| Some(record.place.file.clone()))),
        ("row", Arc::new(Int64Array::from_iter_values(rows)) as ArrayRef),
        ("by", texts(&|record| decision(record).map(|of| of.by))),
        ("because", texts(&|record| decision(record).map(|of| of.because))),
        ("at", Arc::new(at.with_timezone("UTC")) as ArrayRef),
        ("shown", texts(&|record| Some(masked_record(&record.raw, contract)))),
        ("shown_instead", texts(&|record| instead(record).map(|text| masked_record(&text, contract)))),
        ("raw", texts(&|record| Some(record.raw.clone()))),
        ("record", texts(&instead)),
    ])?)
}
