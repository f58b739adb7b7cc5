//! New columns of a table with the latest row per key, filled by the events that bronze has: their values and nothing
//! else.
//!
//! The events are merged as in a rebuild, with no column but the key and the new ones. What comes out has the new
//! values of every key, and its sequences have to be those that silver has: then the same events won, and the other
//! columns are what a rebuild would make them.

use super::candidate::{Candidate, NewDeletes};
use super::changed_keep::live_positions;
use super::event_runs::EventRanges;
use super::file_actions::FileActions;
use super::merge::files_after;
use super::new_files::{RowSource, RowSources, write_new_files};
use super::state::Silver;
use crate::RunError;
use crate::support::blocking::blocking;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow::compute::{concat_batches, interleave, take_record_batch};
use sluice_change::{ChangeBatch, RowLedger};
use sluice_contract::{Column, Contract, DeleteMode, MissingBase, Scd, Source, TiePolicy, folded_name};
use sluice_engine::{
    COL_SEQ, EngineError, KeyEncoder, MergePlan, NewRows, PlanSources, RowAt, SEQ, SilverPlan, Tombstones,
    merge_segments, newest_seq, plan_from_nothing, silver_schema,
};
use sluice_lake::{DataFile, NewFile};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Rows that are put together before they are written.
const STEP_ROWS: usize = 262_144;

/// Whether columns that came to the contract can be filled by themselves. Where more than the newest values of a key
/// counts, or a column may take the values of another one, silver is rebuilt.
pub(super) fn can_fill(contract: &Contract, new: &[&Column]) -> bool {
    let apply = &contract.apply;
    let is_latest = apply.scd == Scd::Type1 && apply.delete_mode == DeleteMode::Hard && apply.from_snapshot.is_none();
    let is_by_position =
        !matches!(apply.tie_policy, TiePolicy::Quarantine | TiePolicy::Error) && apply.tombstone_retention.is_none();
    let is_whole = apply.missing_base != MissingBase::Hold && contract.column_starts().is_empty();
    let by_place = contract.source.as_ref().is_none_or(Source::takes_fields_from_schema);
    let is_new = |column: &Column| new.iter().any(|other| other.name == column.name);
    let names = |column: &Column| -> Vec<String> {
        std::iter::once(&column.name).chain(&column.renamed_from).map(|name| folded_name(name)).collect()
    };
    let others: Vec<String> = contract.columns.iter().filter(|column| !is_new(column)).flat_map(names).collect();
    let takes = new.iter().flat_map(|column| names(column)).any(|name| others.contains(&name));
    is_latest && is_by_position && is_whole && !by_place && !takes && !new.iter().any(|column| column.key)
}

/// The contract with nothing but the key and the new columns, and where these are.
#[derive(Clone)]
pub(crate) struct Slim {
    pub(crate) contract: Arc<Contract>,
    /// Positions in the contract of the table.
    positions: Vec<usize>,
    /// Names of the new columns.
    new: Vec<String>,
}

impl Slim {
    /// For some new columns of a contract.
    pub(crate) fn of(contract: &Contract, new: &[String]) -> Self {
        let is_kept = |column: &Column| column.key || new.contains(&column.name);
        let columns = contract.columns.iter().enumerate();
        let positions = columns.filter(|(_, column)| is_kept(column)).map(|(position, _)| position).collect();
        let mut slim = contract.clone();
        slim.columns.retain(is_kept);
        Self { contract: Arc::new(slim), positions, new: new.to_vec() }
    }

    /// The events without the other columns.
    ///
    /// # Errors
    /// If they are of another table.
    pub(crate) fn project(&self, changes: ChangeBatch) -> Result<ChangeBatch, RunError> {
        let place = |of: &u16| self.positions.iter().position(|position| *position == usize::from(*of));
        let mut absent = BTreeMap::new();
        for (event, columns) in &changes.absent {
            let kept: Vec<u16> = columns.iter().filter_map(place).filter_map(|at| u16::try_from(at).ok()).collect();
            if !kept.is_empty() {
                absent.insert(*event, kept);
            }
        }
        let rows = changes.rows.project(&self.positions)?;
        Ok(ChangeBatch { rows, absent, records: Vec::new(), ..changes })
    }
}

/// What silver has to be for its other columns to stay: a sum over keys and sequences that does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct KeySum {
    rows: u64,
    sum: u128,
}

impl KeySum {
    fn add(&mut self, key: u128, seq: &str) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&key.to_be_bytes()).update(seq.as_bytes());
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(bytes));
        self.rows += 1;
    }
}

/// The values of the new columns by key.
pub(crate) struct Fills {
    names: Vec<String>,
    /// Of keys with a value, or with one that is of an older event than the row: place of the batch and row.
    at: HashMap<u128, (usize, usize)>,
    /// The new columns and `_col_seq`.
    batches: Vec<RecordBatch>,
    sum: KeySum,
    tombstones: Tombstones,
    segment: Option<RecordBatch>,
}

/// Merges the events of all ranges. `None` if the values need more than `bytes_max` of memory.
///
/// # Errors
/// If events cannot be read.
pub(crate) async fn fills_of(slim: Slim, ranges: EventRanges, bytes_max: u64) -> Result<Option<Fills>, RunError> {
    blocking(move || {
        let encoder = KeyEncoder::new(&slim.contract)?;
        let mut fills = Fills {
            names: slim.new.clone(),
            at: HashMap::new(),
            batches: Vec::new(),
            sum: KeySum::default(),
            tombstones: Tombstones::default(),
            segment: None,
        };
        let (mut segments, mut bytes) = (Vec::new(), 0_u64);
        for number in 0..ranges.len() {
            let mut changes = Vec::new();
            for batch in ranges.read(number)? {
                changes.push(batch.without_left_out()?.0);
            }
            let SilverPlan { merge, .. } = plan_from_nothing(&slim.contract, &changes)?;
            let MergePlan { upserts, tombstones, .. } = merge;
            if !tombstones.is_empty() {
                segments.push(tombstones.segment(&encoder, &changes, false)?);
            }
            fills.tombstones.add(&tombstones);
            let sources = PlanSources { contract: &slim.contract, existing: &[], changes: &changes };
            let rows = upserts.build(sources, 0..upserts.num_rows())?;
            bytes += fills.add(&encoder, &rows)?;
            if bytes > bytes_max {
                return Ok(None);
            }
        }
        fills.segment = match segments.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            several => Some(merge_segments(&encoder, several)?),
        };
        Ok(Some(fills))
    })
    .await
}

impl Fills {
    /// Keeps what is not null of merged rows; the bytes that it takes.
    fn add(&mut self, encoder: &KeyEncoder, rows: &RecordBatch) -> Result<u64, RunError> {
        let hashes = encoder.hashes(rows)?;
        let (seqs, col_seqs) = (texts(rows, SEQ)?, texts(rows, COL_SEQ)?);
        let mut columns: Vec<ArrayRef> = Vec::new();
        for name in &self.names {
            let column = rows.column_by_name(name).ok_or_else(|| EngineError::Column(name.clone()))?;
            columns.push(Arc::clone(column));
        }
        let mut kept = Vec::new();
        for (row, hash) in hashes.into_iter().enumerate() {
            self.sum.add(hash, seqs.value(row));
            if columns.iter().any(|column| column.is_valid(row)) || col_seqs.is_valid(row) {
                self.at.insert(hash, (self.batches.len(), kept.len()));
                kept.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
        }
        if kept.is_empty() {
            return Ok(0);
        }
        let names = self.names.iter().map(String::as_str).chain([COL_SEQ]);
        let indices = names.map(|name| rows.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
        let filled = take_record_batch(&rows.project(&indices)?, &UInt32Array::from(kept))?;
        let bytes = filled.get_array_memory_size() as u64 + filled.num_rows() as u64 * 64;
        self.batches.push(filled);
        Ok(bytes)
    }

    /// Rows of silver with the new columns, as the table has them now.
    fn filled(&self, contract: &Contract, encoder: &KeyEncoder, rows: &RecordBatch) -> Result<RecordBatch, RunError> {
        let places: Vec<Option<(usize, usize)>> =
            encoder.hashes(rows)?.iter().map(|hash| self.at.get(hash).copied()).collect();
        let schema = Arc::new(silver_schema(contract));
        let mut columns = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let column = if field.name() == COL_SEQ {
                Arc::new(self.col_seqs(rows, &places)?) as ArrayRef
            } else if let Some(at) = self.names.iter().position(|name| name == field.name()) {
                // The last one has the nulls of keys without a value.
                let nulls = new_null_array(field.data_type(), 1);
                let mut arrays: Vec<&dyn Array> = self.batches.iter().map(|batch| batch.column(at).as_ref()).collect();
                arrays.push(nulls.as_ref());
                let none = (self.batches.len(), 0);
                let places: Vec<(usize, usize)> = places.iter().map(|place| place.unwrap_or(none)).collect();
                interleave(&arrays, &places)?
            } else {
                let column = rows.column_by_name(field.name());
                Arc::clone(column.ok_or_else(|| EngineError::Column(field.name().clone()))?)
            };
            columns.push(column);
        }
        Ok(RecordBatch::try_new(schema, columns)?)
    }

    /// `_col_seq` of the rows with what it says of the new columns.
    fn col_seqs(&self, rows: &RecordBatch, places: &[Option<(usize, usize)>]) -> Result<StringArray, RunError> {
        let known = texts(rows, COL_SEQ)?;
        let damaged = |_| EngineError::Sequence(COL_SEQ);
        let read = |text: &str| serde_json::from_str::<BTreeMap<String, Option<String>>>(text).map_err(damaged);
        let mut all = Vec::with_capacity(places.len());
        for (row, place) in places.iter().enumerate() {
            let own = known.is_valid(row).then(|| known.value(row));
            let new = match place {
                Some((batch, at)) => match self.batches.get(*batch) {
                    Some(batch) => Some(texts(batch, COL_SEQ)?).filter(|of| of.is_valid(*at)).map(|of| of.value(*at)),
                    None => None,
                },
                None => None,
            };
            all.push(match (own, new) {
                (own, None) => own.map(str::to_owned),
                (None, Some(new)) => Some(new.to_owned()),
                (Some(own), Some(new)) => {
                    let mut joined = read(own)?;
                    joined.extend(read(new)?);
                    Some(serde_json::to_string(&joined).map_err(damaged)?)
                }
            });
        }
        Ok(all.into_iter().collect())
    }

    /// Silver with the new columns, written and not visible. `None` if other events would win than those that it is made
    /// of.
    ///
    /// # Errors
    /// If silver cannot be read or written.
    pub(crate) async fn prepare(
        self,
        silver: &Silver,
        contract: &Arc<Contract>,
    ) -> Result<Option<Candidate>, RunError> {
        let Some(snapshot) = &silver.snapshot else { return Ok(None) };
        let encoder = KeyEncoder::new(contract)?;
        let (mut sum, mut replaced) = (KeySum::default(), Vec::new());
        let mut of_key: Vec<&str> = contract.apply.key.iter().map(String::as_str).collect();
        of_key.push(SEQ);
        for (number, file) in (0_u32..).zip(snapshot.files.iter()) {
            let live = live_positions(silver, file).await?;
            let mut live = live.into_iter();
            for rows in silver.store.read_files(snapshot, std::slice::from_ref(file), Some(&of_key)).await? {
                let seqs = texts(&rows, SEQ)?;
                for (row, hash) in encoder.hashes(&rows)?.into_iter().enumerate() {
                    sum.add(hash, seqs.value(row));
                    let position = live.next().ok_or_else(|| other_rows(file))?;
                    if self.at.contains_key(&hash) {
                        replaced.push(RowAt { file: number, row: position });
                    }
                }
            }
            if live.next().is_some() {
                return Err(other_rows(file));
            }
        }
        if sum != self.sum {
            return Ok(None);
        }
        let filled = replaced.len() as u64;
        let actions = FileActions::of_rows(contract, &snapshot.files, &replaced, filled, &silver.store).await?;
        let add = match self.write(silver, contract, &replaced, &actions.rewrite).await {
            Ok(add) => add,
            Err((add, error)) => {
                silver.store.writer().discard(&add).await;
                return Err(error);
            }
        };
        let update = silver.store.writer().write_deletion_vectors(actions.update).await?;
        let numbers = actions.remove.iter().chain(actions.rewrite.keys());
        let remove: Vec<DataFile> =
            numbers.filter_map(|number| snapshot.files.get(*number as usize).cloned()).collect();
        let files = files_after(&snapshot.files, &add, &remove, &update);
        let ledger = RowLedger {
            rows_in: filled,
            updated: filled,
            silver_before: sum.rows,
            silver_after: sum.rows,
            ..RowLedger::default()
        };
        ledger.check().map_err(EngineError::from)?;
        Ok(Some(Candidate {
            writes_nothing: false,
            hold_reason: None,
            deletes: NewDeletes::All(self.tombstones, self.segment),
            lost_rows: 0,
            ledger,
            history: None,
            add,
            remove,
            update,
            files,
        }))
    }

    /// Writes the rows that get a value, and those beside them whose files are written again.
    async fn write(
        &self,
        silver: &Silver,
        contract: &Arc<Contract>,
        replaced: &[RowAt],
        rewritten: &BTreeMap<u32, Vec<u32>>,
    ) -> Result<Vec<NewFile>, (Vec<NewFile>, RunError)> {
        let mut add = Vec::new();
        let mut positions: BTreeMap<u32, Vec<u32>> = rewritten.clone();
        for at in replaced {
            positions.entry(at.file).or_default().push(at.row);
        }
        let (mut waiting, mut count) = (Vec::new(), 0);
        for (number, mut of_file) in positions {
            of_file.sort_unstable();
            for step in of_file.chunks(STEP_ROWS) {
                let read = self.read(silver, contract, number, step).await;
                match read {
                    Ok(rows) => waiting.push(rows),
                    Err(error) => return Err((add, error)),
                }
                count += step.len();
                if count >= STEP_ROWS {
                    match write_rows(silver, contract, std::mem::take(&mut waiting)).await {
                        Ok(files) => add.extend(files),
                        Err(error) => return Err((add, error)),
                    }
                    count = 0;
                }
            }
        }
        if !waiting.is_empty() {
            match write_rows(silver, contract, waiting).await {
                Ok(files) => add.extend(files),
                Err(error) => return Err((add, error)),
            }
        }
        Ok(add)
    }

    async fn read(
        &self,
        silver: &Silver,
        contract: &Contract,
        number: u32,
        positions: &[u32],
    ) -> Result<RecordBatch, RunError> {
        let lacking = || RunError::Internal(format!("silver has no file {number}"));
        let snapshot = silver.snapshot.as_ref().ok_or_else(lacking)?;
        let file = snapshot.files.get(number as usize).ok_or_else(lacking)?;
        let rows = silver.store.read_positions(snapshot, file, positions, None).await?;
        self.filled(contract, &KeyEncoder::new(contract)?, &rows)
    }
}

fn other_rows(file: &DataFile) -> RunError {
    RunError::Internal(format!("{} has other rows than its log says", file.path))
}

/// Writes rows in the order of their keys.
async fn write_rows(
    silver: &Silver,
    contract: &Arc<Contract>,
    parts: Vec<RecordBatch>,
) -> Result<Vec<NewFile>, RunError> {
    let of_contract = Arc::clone(contract);
    let source = blocking(move || {
        let schema = Arc::new(silver_schema(&of_contract));
        let all = concat_batches(&schema, &parts)?;
        let order = KeyEncoder::new(&of_contract)?.order(&all)?;
        let rows = take_record_batch(&all, &UInt32Array::from(order))?;
        let sources = RowSources { contract: of_contract, existing: Vec::new(), changes: Arc::default() };
        Ok(RowSource { newest: newest_seq(&rows), rows: NewRows::from(rows), sources: Arc::new(sources) })
    });
    write_new_files(&silver.store, Arc::new(source.await?), true).await
}

fn texts<'r>(rows: &'r RecordBatch, name: &'static str) -> Result<&'r StringArray, RunError> {
    let texts = rows.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    Ok(texts.ok_or(EngineError::Sequence(name))?)
}
