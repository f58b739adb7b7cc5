//! Checks now, and the quarantine.

use super::{Host, OpenLake};
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::quality::{parent_tables, read_refusal};
use crate::silver::Silver;
use crate::silver::schema_change::effective;
use crate::support::arrow_ipc::to_ipc;
use crate::support::blocking::blocking;
use crate::support::elapsed::elapsed_ms;
use crate::support::local_tables::readable;
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use sluice_api::{Answer, CheckView, Layer, QualityView, QuarantineGroup, ResultView, TableRef, ask};
use sluice_change::ReasonCode;
use sluice_contract::{CheckRecord, Contract, TableName, limits};
use sluice_lake::TableLocation;
use sluice_query::{CheckInput, TableFile, check_views, incremental_checks};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Different details of a reason that are counted, and that are shown.
const DETAILS_MAX: usize = 1_000;
const DETAILS_SHOWN: usize = 3;
/// Quarantined records shown.
const QUARANTINE_ROWS_MAX: usize = 10_000;

impl Answer<ask::Quality> for Host {
    async fn answer(&self, request: ask::Quality) -> Result<QualityView, RunError> {
        self.opened().await?.quality(&request.table).await
    }
}

impl Answer<ask::FailingRows> for Host {
    async fn answer(&self, request: ask::FailingRows) -> Result<ResultView, RunError> {
        self.opened().await?.failing_rows(&request.table, request.check).await
    }
}

impl OpenLake {
    /// Runs the checks of a table on its latest version and lists its quarantine.
    pub(crate) async fn quality(&self, name: &TableName) -> Result<QualityView, RunError> {
        let started = Instant::now();
        let contract = ContractSet::draft(&self.lake).await?.contract(name)?;
        let (kept, refused_batch) = self.last_checks(&contract).await?;
        let refusal = match refused_batch {
            Some(batch) => read_refusal(&self.lake, name, batch).await?,
            None => None,
        };
        let silver = self.silver_files(name).await?;
        let version = silver.as_ref().map(|(version, _)| *version);
        let records = match (refused_batch, silver) {
            // What was refused is more telling than the version that stays.
            (Some(_), _) if !kept.is_empty() => kept,
            (_, Some((_, files))) => self.run_checks(&contract, files).await?,
            (_, None) => kept,
        };
        let mut checks = check_views(&contract, &records);
        checks.sort_by_key(CheckView::state);
        let (quarantine, quarantined_rows) = self.quarantine(name).await?;
        Ok(QualityView {
            table: name.clone(),
            version,
            refused_batch,
            refusal,
            checks,
            quarantine,
            quarantined_rows,
            elapsed_ms: elapsed_ms(started),
        })
    }

    pub(super) async fn silver_files(&self, name: &TableName) -> Result<Option<(u64, Vec<TableFile>)>, RunError> {
        let store = self.lake.table(TableLocation::Silver(name.clone()));
        match store.snapshot(None).await? {
            Some(snapshot) => Ok(Some((snapshot.version, readable(&store, &snapshot.files).await?))),
            None => Ok(None),
        }
    }

    /// The checks on the rows as they are. What the last batch recorded and no row that came since can change is not
    /// measured again.
    pub(super) async fn checks_now(
        &self,
        contract: &Arc<Contract>,
        files: Vec<TableFile>,
    ) -> Result<Vec<CheckRecord>, RunError> {
        let silver = Silver::open_without_state(&self.lake, &contract.name).await?;
        let is_of_contract = !silver.is_of_other_contract(&*effective(&self.lake, contract).await?);
        let (before, refused) = self.last_checks(contract).await?;
        let still_hold = match refused {
            None if is_of_contract => incremental_checks(contract, &before),
            _ => incremental_checks(contract, &[]),
        };
        let known = before.into_iter().zip(still_hold).map(|(record, holds)| holds.then_some(record)).collect();
        self.measure_checks(contract, files, known).await
    }

    pub(super) async fn run_checks(
        &self,
        contract: &Arc<Contract>,
        files: Vec<TableFile>,
    ) -> Result<Vec<CheckRecord>, RunError> {
        self.measure_checks(contract, files, Vec::new()).await
    }

    /// The outcome of every check; `known`: those that are known, by their place in the list of all.
    async fn measure_checks(
        &self,
        contract: &Arc<Contract>,
        files: Vec<TableFile>,
        mut known: Vec<Option<CheckRecord>>,
    ) -> Result<Vec<CheckRecord>, RunError> {
        known.resize(incremental_checks(contract, &[]).len(), None);
        let parents = parent_tables(&self.lake, contract).await?;
        let (engine, contract) = (self.engine.clone(), Arc::clone(contract));
        blocking(move || {
            let chosen: Vec<bool> = known.iter().map(Option::is_none).collect();
            let input = CheckInput { contract: &contract, files: &files, parents: &parents };
            let measured = engine.check_chosen(&input, &chosen)?;
            Ok(measured.into_iter().zip(known).filter_map(|(measured, known)| measured.or(known)).collect())
        })
        .await
    }

    /// A sample of the rows that fail a check.
    pub(crate) async fn failing_rows(&self, name: &TableName, check: u32) -> Result<ResultView, RunError> {
        let contract = ContractSet::draft(&self.lake).await?.contract(name)?;
        let Some((_, files)) = self.silver_files(name).await? else {
            return Err(RunError::not_found(format!("silver.{name} does not exist yet"), "Replay it first"));
        };
        let parents = parent_tables(&self.lake, &contract).await?;
        let engine = self.engine.clone();
        let view = blocking(move || {
            let input = CheckInput { contract: &contract, files: &files, parents: &parents };
            Ok(engine.failing_rows(&input, check, limits::FAILING_ROWS_MAX)?)
        })
        .await?;
        self.marked_of(view, &TableRef { layer: Layer::Silver, name: name.clone() }).await
    }

    async fn quarantine(&self, name: &TableName) -> Result<(Vec<QuarantineGroup>, Option<ResultView>), RunError> {
        let store = self.lake.table(TableLocation::Quarantine(name.clone()));
        let Some(snapshot) = store.snapshot(None).await?.filter(|snapshot| snapshot.rows() > 0) else {
            return Ok((Vec::new(), None));
        };
        let batches = store.read_files(&snapshot, &snapshot.files, None).await?;
        let groups = group(&batches);
        let mut room = QUARANTINE_ROWS_MAX;
        let shown = batches.iter().map(|rows| {
            let shown = rows.slice(0, rows.num_rows().min(room));
            room -= shown.num_rows();
            shown
        });
        let shown = arrow::compute::concat_batches(&snapshot.schema, &shown.collect::<Vec<_>>())?;
        let ipc = to_ipc(&shown)?;
        let engine = self.engine.clone();
        let result = blocking(move || Ok(engine.put_result(&ipc)?)).await?;
        // It keeps whole records, as bronze does.
        let records = TableRef { layer: Layer::Bronze, name: name.clone() };
        Ok((groups, Some(self.marked_of(result, &records).await?)))
    }
}

/// What a reason is made of, over all batches.
#[derive(Default)]
struct Group {
    rows: u64,
    first_batch: Option<u64>,
    details: BTreeMap<String, u64>,
}

fn group(batches: &[RecordBatch]) -> Vec<QuarantineGroup> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for rows in batches {
        let texts = |name: &str| rows.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let batch = rows.column_by_name("batch").and_then(|column| column.as_primitive_opt::<Int64Type>());
        let (Some(reason), Some(batch)) = (texts("reason"), batch) else { continue };
        let (column, detail) = (texts("column"), texts("detail"));
        let value = |texts: Option<&StringArray>, row| {
            texts.filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row).to_owned())
        };
        for row in (0..rows.num_rows()).filter(|row| reason.is_valid(*row)) {
            let number = u64::try_from(batch.value(row)).unwrap_or(0);
            let group = groups.entry(reason.value(row).to_owned()).or_default();
            group.rows += 1;
            group.first_batch = Some(group.first_batch.map_or(number, |first| first.min(number)));
            let detail = match (value(column, row), value(detail, row).unwrap_or_default()) {
                (Some(column), detail) => format!("{column}: {detail}"),
                (None, detail) => detail,
            };
            if group.details.contains_key(&detail) || group.details.len() < DETAILS_MAX {
                *group.details.entry(detail).or_default() += 1;
            }
        }
    }
    let mut groups: Vec<QuarantineGroup> = groups
        .into_iter()
        .map(|(reason, Group { rows, first_batch, details })| {
            let code: Option<ReasonCode> = reason.parse().ok();
            let mut details: Vec<(String, u64)> = details.into_iter().collect();
            details.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
            details.truncate(DETAILS_SHOWN);
            QuarantineGroup {
                sentence: code.map_or("", ReasonCode::sentence).to_owned(),
                stage: code.map_or("", ReasonCode::stage).to_owned(),
                reason,
                rows,
                first_batch: first_batch.unwrap_or(0),
                details,
            }
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.rows));
    groups
}
