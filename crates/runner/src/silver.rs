//! Silver: the latest row of every key, merged copy-on-write into the files that hold touched keys.

use crate::RunError;
use crate::contract_set::silver_hash;
use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use serde_json::{Map, Value, json};
use sluice_change::{ChangeBatch, Op};
use sluice_contract::{Contract, TableName};
use sluice_engine::{KeyEncoder, MergePlan, Tombstones, plan_merge, silver_schema};
use sluice_lake::{DataFile, DeltaStore, Lake, NewFile, Snapshot, TableLocation};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows of one data file; a merge that writes more makes several.
const FILE_ROWS_MAX: usize = 1_000_000;
/// From this many files on, a merge also rewrites the small ones.
const FILES_BEFORE_FOLD: usize = 8;
/// A file with fewer rows is small.
const SMALL_FILE_ROWS: u64 = 100_000;

/// Key in a silver commit's information: path of the tombstones.
pub(crate) const INFO_TOMBSTONES: &str = "sluice.tombstones";
/// Key in a silver commit's information: [`silver_hash`] of the contract.
pub(crate) const INFO_CONTRACT: &str = "sluice.contract";
/// Key in a silver commit's information: the ledger.
pub(crate) const INFO_LEDGER: &str = "sluice.ledger";
/// Key in a commit's information: last batch that is in the table.
pub(crate) const INFO_BATCH: &str = "sluice.batch";
/// Key in a commit's information: records in quarantine by reason.
pub(crate) const INFO_REASONS: &str = "sluice.reasons";
/// Key in a silver commit's information: first and last position, newest source time, wall time.
pub(crate) const INFO_SPAN: &str = "sluice.span";

/// A silver table between two batches.
pub(crate) struct Silver {
    pub(crate) store: DeltaStore,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) tombstones: Tombstones,
    /// [`silver_hash`] of the contract that made it.
    pub(crate) contract_hash: Option<String>,
    pub(crate) app_id: String,
}

/// A merge that is written but not visible.
pub(crate) struct Candidate {
    pub(crate) plan: MergePlan,
    pub(crate) add: Vec<NewFile>,
    pub(crate) remove: Vec<DataFile>,
    /// Parquet files of the whole table as it would be.
    pub(crate) paths: Vec<PathBuf>,
}

impl Silver {
    /// The table as it is; it need not exist.
    pub(crate) async fn open(lake: &Lake, contract: &Contract) -> Result<Self, RunError> {
        let name = &contract.name;
        let store = lake.table(TableLocation::Silver(name.clone()));
        let snapshot = store.snapshot(None).await?;
        let mut silver = Self {
            store,
            snapshot,
            tombstones: Tombstones::default(),
            contract_hash: None,
            app_id: silver_app_id(name),
        };
        if silver.snapshot.is_some() {
            silver.read_state(lake, contract).await?;
        }
        Ok(silver)
    }

    /// Reads tombstones and contract hash of the newest commit that tells them.
    async fn read_state(&mut self, lake: &Lake, contract: &Contract) -> Result<(), RunError> {
        for limit in [8, usize::MAX] {
            for entry in self.store.history(limit).await? {
                let Some(hash) = entry.info.get(INFO_CONTRACT).and_then(Value::as_str) else { continue };
                self.contract_hash = Some(hash.to_owned());
                let path = entry.info.get(INFO_TOMBSTONES).and_then(Value::as_str);
                if let Some(path) = path
                    && hash == silver_hash(contract)
                {
                    let batch = lake.get_state(path).await?;
                    self.tombstones = Tombstones::from_batch(&KeyEncoder::new(contract)?, &batch)?;
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Last batch in the table.
    pub(crate) fn batch(&self) -> u64 {
        let txn = self.snapshot.as_ref().and_then(|snapshot| snapshot.txn(&self.app_id));
        txn.and_then(|version| u64::try_from(version).ok()).unwrap_or(0)
    }

    /// Rows in the table.
    pub(crate) fn rows(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, Snapshot::rows)
    }

    /// Whether another contract made it, so that it has to be rebuilt.
    pub(crate) fn is_of_other_contract(&self, contract: &Contract) -> bool {
        self.snapshot.is_some() && self.contract_hash.as_deref() != Some(&silver_hash(contract))
    }

    /// Plans a merge into the table, without writing.
    pub(crate) async fn plan(
        &self,
        contract: &Arc<Contract>,
        changes: Vec<ChangeBatch>,
        quarantined: u64,
    ) -> Result<(MergePlan, Vec<DataFile>, Vec<RecordBatch>), RunError> {
        let (touched, rows) = self.touched_files(contract, &changes).await?;
        let before = self.rows();
        let contract = Arc::clone(contract);
        let tombstones = self.tombstones.clone();
        let planned = blocking(move || {
            let plan = plan_merge(&contract, &rows, &tombstones, &changes, before, quarantined)?;
            Ok((plan, rows))
        });
        let (plan, rows) = planned.await?;
        Ok((plan, touched, rows))
    }

    /// Plans a merge and writes its files, not yet visible.
    pub(crate) async fn prepare(
        &self,
        contract: &Arc<Contract>,
        changes: Vec<ChangeBatch>,
        quarantined: u64,
    ) -> Result<Candidate, RunError> {
        let (plan, touched, rows) = self.plan(contract, changes, quarantined).await?;
        let encoder_contract = Arc::clone(contract);
        let nothing = plan.upserts.num_rows() == 0 && plan.replaced.is_empty();
        let (plan, parts) = blocking(move || {
            let parts = if nothing { Vec::new() } else { merged_rows(&encoder_contract, &rows, &plan)? };
            Ok((plan, parts))
        })
        .await?;
        let remove = if nothing { Vec::new() } else { touched };
        let mut add = Vec::new();
        for part in parts {
            add.push(self.store.write_file(&[part]).await?);
        }
        let mut paths = Vec::new();
        if let Some(snapshot) = &self.snapshot {
            let kept: Vec<DataFile> = snapshot
                .files
                .iter()
                .filter(|file| !remove.iter().any(|gone| gone.path == file.path))
                .cloned()
                .collect();
            paths = self.store.local_paths(&kept).await?;
        }
        for file in &add {
            paths.push(self.store.local_path_new(file).await?);
        }
        Ok(Candidate { plan, add, remove, paths })
    }

    /// Files that hold a key of `changes`, with their rows; all files when there is a truncate, and
    /// small files besides when there are many.
    async fn touched_files(
        &self,
        contract: &Arc<Contract>,
        changes: &[ChangeBatch],
    ) -> Result<(Vec<DataFile>, Vec<RecordBatch>), RunError> {
        let Some(snapshot) = &self.snapshot else { return Ok((Vec::new(), Vec::new())) };
        let encoder = KeyEncoder::new(contract)?;
        let truncates = changes.iter().any(|batch| batch.ops.contains(&Op::Truncate));
        let mut keys: HashSet<Box<[u8]>> = HashSet::new();
        for batch in changes {
            keys.extend(encoder.encode(&batch.rows)?.iter().map(|key| key.as_ref().into()));
        }
        let fold = snapshot.files.len() >= FILES_BEFORE_FOLD;
        let names: Vec<&str> = encoder.names().iter().map(String::as_str).collect();
        let mut touched = Vec::new();
        for file in &snapshot.files {
            let mut take = truncates || (fold && file.rows < SMALL_FILE_ROWS);
            if !take {
                for batch in self.store.read_files(snapshot, std::slice::from_ref(file), Some(&names)).await? {
                    take = take || encoder.encode(&batch)?.iter().any(|key| keys.contains(key.as_ref()));
                }
            }
            if take {
                touched.push(file.clone());
            }
        }
        let rows = self.store.read_files(snapshot, &touched, None).await?;
        Ok((touched, rows))
    }

    /// Writes tombstones; the path for [`INFO_TOMBSTONES`].
    pub(crate) async fn write_tombstones(
        lake: &Lake,
        contract: &Contract,
        tombstones: &Tombstones,
    ) -> Result<Option<String>, RunError> {
        if tombstones.is_empty() {
            return Ok(None);
        }
        let batch = tombstones.to_batch(&KeyEncoder::new(contract)?, &silver_schema(contract))?;
        Ok(Some(lake.put_state(&contract.name, &batch).await?))
    }
}

/// The commit information that every silver commit carries.
pub(crate) fn silver_info(
    contract: &Contract,
    plan: &MergePlan,
    batch: u64,
    tombstones: Option<String>,
) -> Map<String, Value> {
    let mut info = Map::new();
    info.insert(INFO_BATCH.to_owned(), json!(batch));
    info.insert(INFO_CONTRACT.to_owned(), json!(silver_hash(contract)));
    info.insert(INFO_LEDGER.to_owned(), json!(plan.ledger));
    if let Some(path) = tombstones {
        info.insert(INFO_TOMBSTONES.to_owned(), json!(path));
    }
    info
}

/// Kept rows of the touched files and the new ones, sorted by key, in parts of at most
/// [`FILE_ROWS_MAX`].
fn merged_rows(contract: &Contract, touched: &[RecordBatch], plan: &MergePlan) -> Result<Vec<RecordBatch>, RunError> {
    let schema = plan.upserts.schema();
    let mut parts = Vec::with_capacity(touched.len() + 1);
    let mut replaced = plan.replaced.iter().peekable();
    for (source, rows) in touched.iter().enumerate() {
        let mut keep = vec![true; rows.num_rows()];
        while let Some((_, row)) = replaced.next_if(|(of, _)| *of == source) {
            keep[*row] = false;
        }
        let kept = filter_record_batch(rows, &keep.into())?;
        parts.push(RecordBatch::try_new(Arc::clone(&schema), kept.columns().to_vec())?);
    }
    parts.push(plan.upserts.clone());
    let all = concat_batches(&schema, &parts)?;
    let keys = KeyEncoder::new(contract)?.encode(&all)?;
    let mut order: Vec<u32> = (0..u32::try_from(all.num_rows()).unwrap_or(u32::MAX)).collect();
    order.sort_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
    let sorted = take_record_batch(&all, &UInt32Array::from(order))?;
    let rows = sorted.num_rows();
    Ok((0..rows).step_by(FILE_ROWS_MAX).map(|at| sorted.slice(at, FILE_ROWS_MAX.min(rows - at))).collect())
}

/// Runs CPU work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RunError> + Send + 'static,
) -> Result<T, RunError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| RunError::Internal(format!("a worker ended early: {error}")))?
}

/// Application id of a table's batches in silver.
pub(crate) fn silver_app_id(name: &TableName) -> String {
    format!("sluice.silver.{name}")
}

/// Application id of a table's rebuilds.
pub(crate) fn rebuild_app_id(name: &TableName) -> String {
    format!("sluice.rebuild.{name}")
}
