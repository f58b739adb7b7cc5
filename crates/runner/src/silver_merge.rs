//! A merge into silver: find the rows of the batch's keys, plan, write what is new.
//!
//! Rows are found by the key runs of the data files. Their content is read only where the plan needs
//! it: where an event may be older than the row, or leaves columns out. Replaced rows are marked in
//! deletion vectors, or their files are written again, as the contract says.

use crate::RunError;
use crate::missing_base::missing_base;
use crate::row_file::RowFile;
use crate::silver::{Silver, blocking};
use crate::silver_versions::{append_plan, history_plan};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type};
use futures::{StreamExt, TryStreamExt};
use sluice_change::{ChangeBatch, EventSeq, RowLedger};
use sluice_contract::{ApplyMode, Contract, MissingBase, Scd};
use sluice_engine::{
    Existing, ExistingRows, HistoryChange, KeyEncoder, KeyedChanges, MergePlan, NewRows, NewTombstones, PlanSources,
    RowAt, plan_merge, silver_schema,
};
use sluice_lake::{DataFile, KeyHasher, NewFile, Snapshot, UpdatedFile};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Rows of one data file; a merge that writes more makes several.
const FILE_ROWS_MAX: usize = 1_000_000;
/// Copy on write: from this many files on, a merge also rewrites the small ones.
const FILES_BEFORE_FOLD: usize = 8;
/// Copy on write: a file with fewer rows is small.
const SMALL_FILE_ROWS: u64 = 100_000;
/// A file is written again when more than this percentage of its rows count no more ...
const DEAD_PERCENT_MAX: u64 = 50;
/// ... and not more rows are left than this many times those that the batch writes anyway.
const REWRITE_TIMES_BATCH: u64 = 4;
/// Files read or written at once.
const FILES_AT_ONCE: usize = 2;

/// Tag of a data file: the newest sequence in it.
pub(crate) const TAG_NEWEST: &str = "sluice.newest";

/// A merge that is written but not visible.
pub(crate) struct Candidate {
    /// No row comes, goes or changes.
    pub(crate) writes_nothing: bool,
    /// Why it may not become visible yet, whatever the checks say.
    pub(crate) held_back: Option<String>,
    /// What it adds to the tombstones.
    pub(crate) tombstones: NewTombstones,
    /// Counts.
    pub(crate) ledger: RowLedger,
    /// What it does to the side state of a table with history.
    pub(crate) history: Option<HistoryChange>,
    /// The events it was made of.
    pub(crate) changes: Arc<Vec<ChangeBatch>>,
    pub(crate) add: Vec<NewFile>,
    pub(crate) remove: Vec<DataFile>,
    pub(crate) update: Vec<UpdatedFile>,
    /// Files of the whole table as it would be.
    pub(crate) files: Vec<DataFile>,
}

/// A plan, and the files it was made on.
pub(crate) struct Planned {
    pub(crate) plan: MergePlan,
    history: Option<HistoryChange>,
    changes: Arc<Vec<ChangeBatch>>,
    /// The rows that were read for it.
    existing: Vec<ExistingRows>,
    files: Arc<[DataFile]>,
}

/// What was found of the keys of a batch.
#[derive(Default)]
struct Located {
    read: Vec<ExistingRows>,
    unread: Vec<(u128, RowAt)>,
}

impl Silver {
    /// Plans a merge into the table, without writing.
    pub(crate) async fn plan(
        &self,
        contract: &Arc<Contract>,
        changes: Vec<ChangeBatch>,
        quarantined: u64,
    ) -> Result<Planned, RunError> {
        let changes = Arc::new(changes);
        let (of_contract, of_changes) = (Arc::clone(contract), Arc::clone(&changes));
        let keyed = blocking(move || Ok(KeyedChanges::new(&KeyEncoder::new(&of_contract)?, &of_changes)?)).await?;
        let located = match &self.snapshot {
            Some(snapshot) if !snapshot.files.is_empty() => {
                self.find_rows(contract, snapshot, &changes, &keyed).await?
            }
            _ => Located::default(),
        };
        let rows = self.rows();
        let (of_contract, of_changes) = (Arc::clone(contract), Arc::clone(&changes));
        let (tombstones, side) = (Arc::clone(&self.tombstones), Arc::clone(&self.history));
        let planned = blocking(move || {
            let existing = Existing { read: &located.read, unread: &located.unread, rows };
            let (plan, history) = match of_contract.apply.scd {
                Scd::Type1 => {
                    (plan_merge(&of_contract, existing, &tombstones, &of_changes, &keyed, quarantined)?, None)
                }
                Scd::Type2 => {
                    let (plan, change) = history_plan(&of_contract, existing, &side, &of_changes, quarantined)?;
                    (plan, Some(change))
                }
                Scd::Append => (append_plan(&of_contract, existing, &of_changes, quarantined)?, None),
            };
            Ok((plan, history, located.read))
        });
        let (plan, history, existing) = planned.await?;
        let files = self.snapshot.as_ref().map_or_else(|| Arc::from([]), |snapshot| Arc::clone(&snapshot.files));
        Ok(Planned { plan, history, changes, existing, files })
    }

    /// Finds the rows of the batch's keys, and reads those that the plan needs.
    async fn find_rows(
        &self,
        contract: &Arc<Contract>,
        snapshot: &Snapshot,
        changes: &[ChangeBatch],
        keyed: &KeyedChanges,
    ) -> Result<Located, RunError> {
        let scd = contract.apply.scd;
        if keyed.has_truncates() && scd != Scd::Append {
            return self.read_all(snapshot).await;
        }
        let encoder = Arc::new(KeyEncoder::new(contract)?);
        let names: Vec<&str> = contract.apply.key.iter().map(String::as_str).collect();
        let of_hasher = Arc::clone(&encoder);
        let hasher: KeyHasher = Arc::new(move |batch| Ok(of_hasher.hashes(batch)?));
        let files = files_in_range(contract, snapshot, changes);
        let matches = self.store.cached().locate(snapshot, &files, keyed.hashes(), &names, &hasher).await?;
        let newest: Vec<Option<EventSeq>> = snapshot.files.iter().map(newest_in).collect();
        let mut located = Located::default();
        let mut to_read: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for found in matches {
            let key = found.key as usize;
            if scd != Scd::Type1 || keyed.needs_row(changes, key, newest.get(found.file as usize).copied().flatten()) {
                to_read.entry(found.file).or_default().push(found.row);
            } else if let Some(hash) = keyed.hashes().get(key) {
                located.unread.push((*hash, RowAt { file: found.file, row: found.row }));
            }
        }
        // Each batch of such a table reads rows from all over it.
        let always = scd == Scd::Type2 || keyed.some_are_partial();
        let reads = to_read.into_iter().map(|(number, mut positions)| {
            let (store, snapshot) = (self.store.clone(), snapshot.clone());
            async move {
                positions.sort_unstable();
                // A task of its own each, so that files are decoded on all cores.
                let task = tokio::spawn(async move {
                    let file = file_at(&snapshot.files, number)?;
                    let rows = if always {
                        store.cached().read_rows_cached(&snapshot, file, &positions).await?
                    } else {
                        store.read_positions(&snapshot, file, &positions, None).await?
                    };
                    let at = positions.into_iter().map(|row| RowAt { file: number, row }).collect();
                    Ok::<_, RunError>(ExistingRows { rows, at })
                });
                task.await.map_err(|error| RunError::Internal(format!("reading rows ended early: {error}")))?
            }
        });
        located.read = futures::stream::iter(reads).buffered(FILES_AT_ONCE).try_collect().await?;
        Ok(located)
    }

    /// All rows that count.
    async fn read_all(&self, snapshot: &Snapshot) -> Result<Located, RunError> {
        let mut located = Located::default();
        for (number, file) in (0_u32..).zip(snapshot.files.iter()) {
            let deleted = self.store.deleted_positions(file).await?;
            let counts = |row: &u32| deleted.as_ref().is_none_or(|deleted| !deleted.contains(u64::from(*row)));
            let mut live = (0..u32::try_from(file.physical_rows()).unwrap_or(u32::MAX)).filter(counts);
            for rows in self.store.read_files(snapshot, std::slice::from_ref(file), None).await? {
                let at = live.by_ref().take(rows.num_rows()).map(|row| RowAt { file: number, row }).collect();
                located.read.push(ExistingRows { rows, at });
            }
        }
        Ok(located)
    }

    /// Plans a merge and writes its files, not yet visible.
    pub(crate) async fn prepare(
        &self,
        contract: &Arc<Contract>,
        changes: Vec<ChangeBatch>,
        quarantined: u64,
    ) -> Result<Candidate, RunError> {
        let Planned { plan, history, changes, existing, files } = self.plan(contract, changes, quarantined).await?;
        let fate = Fate::of(contract, &files, &plan, &self.store).await?;
        let mut kept = Vec::new();
        for (number, positions) in &fate.rewrite {
            if let Some(snapshot) = &self.snapshot {
                let file = file_at(&files, *number)?;
                kept.push(self.store.read_positions(snapshot, file, positions, None).await?);
            }
        }
        kept.retain(|rows| rows.num_rows() > 0);
        let MergePlan { upserts, newest, replaced, tombstones, ledger, .. } = plan;
        let sources = Arc::new(RowSources { contract: Arc::clone(contract), existing, changes: Arc::clone(&changes) });
        let held_back = match contract.apply.missing_base {
            MissingBase::Hold => {
                missing_base(contract, &upserts.build(sources.as_plan_sources(), 0..upserts.num_rows())?)
            }
            MissingBase::InsertPartial => None,
        };
        let rows = upserts.num_rows();
        let source = if kept.is_empty() {
            blocking(move || {
                let rows = upserts.arranged(sources.as_plan_sources())?;
                Ok(RowSource { newest, rows, sources })
            })
            .await?
        } else {
            blocking(move || sources.merged(&upserts, &kept)).await?
        };
        let add = self.write_new_files(Arc::new(source), !files.is_empty()).await?;
        let update = self.store.writer().write_deletion_vectors(fate.update).await?;
        let mut remove = Vec::new();
        for number in fate.remove.iter().chain(fate.rewrite.keys()) {
            remove.push(file_at(&files, *number)?.clone());
        }
        let mut after: Vec<DataFile> = add.iter().map(NewFile::as_data_file).collect();
        for file in files.iter().filter(|file| !remove.iter().any(|gone| gone.path == file.path)) {
            let updated = update.iter().find(|updated| updated.before.path == file.path);
            after.push(updated.map_or_else(|| file.clone(), |updated| updated.after.clone()));
        }
        let writes_nothing = rows == 0 && replaced.is_empty();
        Ok(Candidate {
            writes_nothing,
            held_back,
            tombstones,
            ledger,
            history,
            changes,
            add,
            remove,
            update,
            files: after,
        })
    }

    /// Writes data files; `index`: their keys are known to be looked up soon.
    async fn write_new_files(&self, source: Arc<RowSource>, index: bool) -> Result<Vec<NewFile>, RunError> {
        let rows = source.rows.num_rows();
        let ranges = (0..rows).step_by(FILE_ROWS_MAX).map(|first| first..rows.min(first + FILE_ROWS_MAX));
        let writes = ranges.map(|range| {
            let source = Arc::clone(&source);
            async move {
                let contract = Arc::clone(&source.sources.contract);
                let file = RowFile {
                    schema: Arc::new(silver_schema(&contract)),
                    newest: source.newest,
                    index: if index { Some(KeyEncoder::new(&contract)?) } else { None },
                };
                file.write(&self.store, range, move |range| source.build(range)).await
            }
        });
        futures::stream::iter(writes).buffered(FILES_AT_ONCE).try_collect().await
    }
}

/// What the rows of a plan are made of.
struct RowSources {
    contract: Arc<Contract>,
    existing: Vec<ExistingRows>,
    changes: Arc<Vec<ChangeBatch>>,
}

/// Rows for new files, in the order of their keys.
struct RowSource {
    rows: NewRows,
    /// No row is newer.
    newest: Option<EventSeq>,
    sources: Arc<RowSources>,
}

impl RowSource {
    fn build(&self, range: Range<usize>) -> Result<RecordBatch, RunError> {
        Ok(self.rows.build(self.sources.as_plan_sources(), range)?)
    }
}

impl RowSources {
    fn as_plan_sources(&self) -> PlanSources<'_> {
        PlanSources { contract: &self.contract, existing: &self.existing, changes: &self.changes }
    }

    /// New rows, and rows that are written again.
    fn merged(self: Arc<Self>, upserts: &NewRows, kept: &[RecordBatch]) -> Result<RowSource, RunError> {
        let new = upserts.build(self.as_plan_sources(), 0..upserts.num_rows())?;
        let schema = new.schema();
        let mut parts = vec![new];
        for rows in kept {
            parts.push(RecordBatch::try_new(Arc::clone(&schema), rows.columns().to_vec())?);
        }
        let all = concat_batches(&schema, &parts)?;
        drop(parts);
        let order = KeyEncoder::new(&self.contract)?.order(&all)?;
        let rows = take_record_batch(&all, &UInt32Array::from(order))?;
        Ok(RowSource { newest: newest_of(&rows), rows: NewRows::from(rows), sources: self })
    }
}

/// What becomes of the files that are there, by their number.
#[derive(Default)]
struct Fate {
    /// No row is left.
    remove: Vec<u32>,
    /// Written again; the positions of the rows that are left.
    rewrite: BTreeMap<u32, Vec<u32>>,
    /// More rows count no more: all of them.
    update: Vec<(DataFile, roaring::RoaringTreemap)>,
}

impl Fate {
    async fn of(
        contract: &Contract,
        files: &[DataFile],
        plan: &MergePlan,
        store: &sluice_lake::DeltaStore,
    ) -> Result<Self, RunError> {
        let mut fate = Self::default();
        let mut replaced: BTreeMap<u32, roaring::RoaringTreemap> = BTreeMap::new();
        for at in &plan.replaced {
            replaced.entry(at.file).or_default().insert(u64::from(at.row));
        }
        let copies = contract.apply.mode == ApplyMode::CopyOnWrite;
        let writes = plan.upserts.num_rows() as u64;
        if copies && files.len() >= FILES_BEFORE_FOLD && (writes > 0 || !replaced.is_empty()) {
            for (number, _) in (0_u32..).zip(files).filter(|(_, file)| file.rows < SMALL_FILE_ROWS) {
                replaced.entry(number).or_default();
            }
        }
        for (number, mut deleted) in replaced {
            let file = file_at(files, number)?;
            if let Some(before) = store.deleted_positions(file).await? {
                deleted |= before.as_ref();
            }
            let left = file.physical_rows().saturating_sub(deleted.len());
            let mostly_dead = deleted.len() * 100 > file.physical_rows() * DEAD_PERCENT_MAX;
            if left == 0 {
                fate.remove.push(number);
            } else if copies || (mostly_dead && left <= writes.saturating_mul(REWRITE_TIMES_BATCH)) {
                let all = 0..u32::try_from(file.physical_rows()).unwrap_or(u32::MAX);
                fate.rewrite.insert(number, all.filter(|row| !deleted.contains(u64::from(*row))).collect());
            } else {
                fate.update.push((file.clone(), deleted));
            }
        }
        Ok(fate)
    }
}

/// Files that may hold a key of the changes, by their statistics of the first key column.
fn files_in_range(contract: &Contract, snapshot: &Snapshot, changes: &[ChangeBatch]) -> Vec<u32> {
    let numbers = 0..u32::try_from(snapshot.files.len()).unwrap_or(u32::MAX);
    let key = contract.apply.key.first().map(String::as_str).unwrap_or_default();
    let mut bounds: Option<(i64, i64)> = None;
    for batch in changes.iter().filter(|batch| !batch.is_empty()) {
        let Some((low, high)) = batch.rows.column_by_name(key).and_then(whole_number_bounds) else {
            return numbers.collect();
        };
        bounds = Some(bounds.map_or((low, high), |(least, most)| (least.min(low), most.max(high))));
    }
    let Some((least, most)) = bounds else { return numbers.collect() };
    let overlaps =
        |file: &DataFile| file.whole_number_bounds(key).is_none_or(|(low, high)| low <= most && least <= high);
    numbers.zip(snapshot.files.iter()).filter(|(_, file)| overlaps(file)).map(|(number, _)| number).collect()
}

/// Least and greatest value of a column of whole numbers.
fn whole_number_bounds(column: &ArrayRef) -> Option<(i64, i64)> {
    fn of<T: ArrowPrimitiveType>(column: &ArrayRef) -> Option<(i64, i64)>
    where
        T::Native: Into<i64>,
    {
        let values = column.as_primitive_opt::<T>()?;
        Some((arrow::compute::min(values)?.into(), arrow::compute::max(values)?.into()))
    }
    match column.data_type() {
        DataType::Int16 => of::<Int16Type>(column),
        DataType::Int32 => of::<Int32Type>(column),
        DataType::Int64 => of::<Int64Type>(column),
        _ => None,
    }
}

fn file_at(files: &[DataFile], number: u32) -> Result<&DataFile, RunError> {
    files.get(number as usize).ok_or_else(|| RunError::Internal(format!("there is no data file {number}")))
}

fn newest_in(file: &DataFile) -> Option<EventSeq> {
    EventSeq::parse(file.tags.get(TAG_NEWEST)?)
}

/// The newest sequence in rows of silver; the order of the texts is that of the events.
pub(crate) fn newest_of(rows: &RecordBatch) -> Option<EventSeq> {
    let seqs = rows.column_by_name(sluice_engine::SEQ)?.as_string_opt::<i32>()?;
    seqs.iter().flatten().max().and_then(EventSeq::parse)
}
