//! Records of bronze, decoded by a contract that takes more from them than the table's own.

use crate::RunError;
use crate::pipeline::bronze::decode_bronze;
use crate::pipeline::land::Bronze;
use crate::support::blocking::blocking;
use crate::support::column_texts::ColumnTexts;
use sluice_cdc::DecodedFile;
use sluice_change::{EventSeq, RowRef};
use sluice_contract::{Column, ColumnType, Contract, Evolution, is_column_name, plain_column_name};
use sluice_lake::Lake;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Events that are looked at for one table.
const EVENTS_MAX: usize = 200_000;

/// Records of some batches as a contract has them.
pub(super) struct Looked {
    contract: Arc<Contract>,
    pub(super) files: Vec<DecodedFile>,
}

/// A value of a column in an upsert.
pub(super) struct Seen {
    pub(super) seq: EventSeq,
    pub(super) path: Arc<str>,
    pub(super) at: RowRef,
    /// The values of the key.
    pub(super) key: String,
    pub(super) value: Option<String>,
}

impl Looked {
    /// Decodes the records of batches, as many as are looked at.
    ///
    /// # Errors
    /// If bronze cannot be read.
    pub(super) async fn at(
        lake: &Lake,
        contract: &Arc<Contract>,
        batches: RangeInclusive<u64>,
    ) -> Result<Self, RunError> {
        let bronze = Bronze::open(lake, &contract.name).await?;
        let mut rows = bronze.pieces(&batches, false).await?;
        let (mut files, mut events) = (Vec::new(), 0);
        while let Some(piece) = rows.next().await? {
            let epochs = epochs(contract, &batches);
            let decoded = blocking(move || {
                let of_epoch = |(contract, batches): &(Arc<Contract>, RangeInclusive<u64>)| {
                    decode_bronze(contract, &piece, |batch, _| batches.contains(&batch))
                };
                epochs.iter().map(of_epoch).collect::<Result<Vec<_>, _>>()
            });
            for file in decoded.await? {
                events += file.changes.len() + file.rejects.len();
                files.push(file);
            }
            if events > EVENTS_MAX {
                break;
            }
        }
        Ok(Self { contract: Arc::clone(contract), files })
    }

    /// The values of a column in all upserts that provide it.
    ///
    /// # Errors
    /// If a value has no text.
    pub(super) fn values(&self, column: &str) -> Result<Vec<Seen>, RunError> {
        let Some(position) = self.contract.columns.iter().position(|of| of.name == column) else {
            return Ok(Vec::new());
        };
        let mut seen = Vec::new();
        for changes in self.files.iter().map(|file| &file.changes) {
            let paths: Vec<Arc<str>> = changes.files.iter().map(|file| Arc::from(file.path.as_str())).collect();
            let texts = ColumnTexts::of(changes.rows.column(position))?;
            let key = self.contract.key_positions().into_iter().map(|key| ColumnTexts::of(changes.rows.column(key)));
            let key = key.collect::<Result<Vec<_>, _>>()?;
            let is_absent = |row: usize| {
                let of_row = u32::try_from(row).ok().and_then(|row| changes.absent.get(&row));
                of_row.is_some_and(|absent| absent.iter().any(|of| usize::from(*of) == position))
            };
            for (row, op) in changes.ops.iter().enumerate() {
                if !op.is_upsert() || is_absent(row) {
                    continue;
                }
                let at = changes.refs.at(row);
                let values: Vec<String> = key.iter().map(|of| of.text(row).unwrap_or_default()).collect();
                seen.push(Seen {
                    seq: changes.seqs.at(row),
                    path: paths.get(at.file as usize).cloned().unwrap_or_default(),
                    at,
                    key: values.join("\u{1f}"),
                    value: texts.text(row),
                });
            }
        }
        Ok(seen)
    }
}

/// The contract of each epoch of the source, with its batches.
fn epochs(contract: &Arc<Contract>, batches: &RangeInclusive<u64>) -> Vec<(Arc<Contract>, RangeInclusive<u64>)> {
    let restarts = contract.source.iter().flat_map(|source| source.restarts.keys().copied());
    let mut starts: Vec<u64> = restarts.filter(|batch| batches.contains(batch)).collect();
    starts.insert(0, *batches.start());
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next.saturating_sub(1)).chain([*batches.end()]);
    let of_epoch = |(start, end): (&u64, u64)| (Arc::new(contract.in_epoch(contract.epoch_of(*start))), *start..=end);
    starts.iter().zip(ends).map(of_epoch).collect()
}

/// Name in silver of a column that records call so.
pub(super) fn silver_name(name: &str) -> String {
    if is_column_name(name) { name.to_owned() } else { plain_column_name(name) }
}

/// The contract with columns as they were delivered, as texts: those that it has and those that it lacks.
pub(super) fn with_texts<'n>(contract: &Contract, names: impl Iterator<Item = &'n str>) -> Arc<Contract> {
    let mut wide = contract.clone();
    // Rows that are filtered show the source's shape as others do, and the filter reads other types.
    wide.apply.keep = None;
    if let Some(source) = &mut wide.source {
        source.evolution = Evolution::None;
    }
    for name in names {
        let orders = wide.sequence().iter().any(|part| part == name);
        match wide.columns.iter_mut().find(|column| column.name == name) {
            Some(column) if column.key || orders || column.from.is_some() => {}
            Some(column) => *column = as_text(column),
            None => {
                let mut column = Column::named(&silver_name(name), ColumnType::String);
                if column.name != name {
                    column.renamed_from.push(name.to_owned());
                }
                wide.columns.push(column);
            }
        }
    }
    Arc::new(wide)
}

/// Stands for a value that a record lacks.
pub(super) const LACKING: &str = "\u{0}lacking";

/// The contract with a column of which it is known whether records have it.
pub(super) fn with_presence(contract: &Contract, name: &str) -> Arc<Contract> {
    let mut wide = with_texts(contract, [name].into_iter()).as_ref().clone();
    wide.columns.iter_mut().filter(|column| column.name == name).for_each(|column| {
        column.default = Some(LACKING.to_owned());
    });
    Arc::new(wide)
}

fn as_text(column: &Column) -> Column {
    Column { data_type: ColumnType::String, required: false, default: None, unit: None, since: None, ..column.clone() }
}
