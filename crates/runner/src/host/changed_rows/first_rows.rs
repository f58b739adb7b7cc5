//! The changed rows of the first keys, found without reading the others.
//!
//! Rows of a data file stand in the order of their keys, so the changed rows of a file in the order of their
//! positions are in the order of their keys too, and the first keys of all files are near the beginnings of their
//! lists. Where that does not hold (files of others, clustered ones) the keys of all changed rows are read.

use super::first_keys::{FirstKeys, Key, first_keys};
use super::key_source::{KeyReader, KeySource};
use super::{FILES_AT_ONCE, LocalSteps, Side, Versions};
use crate::RunError;
use crate::maintain::TAG_CLUSTERED;
use crate::silver::data_files::TAG_NEWEST;
use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use sluice_lake::{ChangedRows, Changes, DataFile};
use sluice_query::DiffStep;

/// Rows read first of every source, beyond its share of the wanted keys.
const ROWS_TO_BEGIN: u64 = 16;
/// How many times more rows are read when the first were not enough.
const GROWTH: usize = 4;

/// A list of changed rows, and where in the changes it is.
struct Part {
    step: usize,
    side: Side,
    changed: ChangedRows,
    source: KeySource,
    /// Rows to read next.
    next: usize,
}

/// Finds the first rows, more with every call.
pub(crate) struct FirstRows {
    versions: Versions,
    reader: KeyReader,
    parts: Vec<Part>,
    steps: usize,
}

impl FirstRows {
    /// Over changes; `order` are the columns in whose order rows stand in their files.
    pub(crate) async fn of(versions: Versions, changes: Changes, order: Vec<String>) -> Result<Self, RunError> {
        let reader = KeyReader::new(versions.after.store.clone(), versions.after.snapshot.clone(), order)?;
        let steps = changes.steps.len();
        let mut parts = Vec::new();
        for (step, changed) in changes.steps.into_iter().enumerate() {
            let removed = changed.removed.into_iter().map(|changed| (Side::Before, changed));
            let added = changed.added.into_iter().map(|changed| (Side::After, changed));
            for (side, changed) in removed.chain(added) {
                let positions = versions.side(side).store.changed_positions(&changed).await?;
                let source = KeySource::new(&changed, positions, is_ordered(&changed.file));
                parts.push(Part { step, side, changed, source, next: 0 });
            }
        }
        Ok(Self { versions, reader, parts, steps })
    }

    /// The changed rows of the first `wanted` keys, and whether there are no more.
    pub(crate) async fn take(&mut self, wanted: usize) -> Result<(LocalSteps, bool), RunError> {
        self.expect(wanted);
        let (keys, all) = loop {
            let known: Vec<_> = self.parts.iter().map(|part| part.source.known()).collect();
            match first_keys(&known, wanted) {
                FirstKeys::Found { keys, all } => break (keys, all),
                FirstKeys::Tell(which) => self.tell(&which).await?,
            }
        };
        Ok((self.rows_of(&keys).await?, all))
    }

    /// Every list is read as far as its share of the wanted keys goes, and a little more.
    fn expect(&mut self, wanted: usize) {
        let rows = |side: Side| {
            let parts = self.parts.iter().filter(|part| part.side == side);
            parts.map(|part| part.source.len()).sum::<u64>()
        };
        let keys = rows(Side::Before).max(rows(Side::After)).max(1);
        for part in &mut self.parts {
            let share = u128::from(part.source.len()) * wanted as u128 * 3 / 2 / u128::from(keys);
            let rows = u64::try_from(share).unwrap_or(u64::MAX).saturating_add(ROWS_TO_BEGIN);
            part.next = usize::try_from(rows).unwrap_or(usize::MAX);
        }
    }

    async fn tell(&mut self, which: &[usize]) -> Result<(), RunError> {
        let parts = std::mem::take(&mut self.parts);
        let mut asked = Vec::new();
        for (at, part) in parts.into_iter().enumerate() {
            let reader = which.contains(&at).then(|| self.reader.clone());
            asked.push(async move {
                let Some(reader) = reader else { return Ok(part) };
                let count = part.next;
                let task = tokio::spawn(part.source.tell(reader, count));
                let ended = |_| RunError::Internal("reading keys ended early".to_owned());
                let source = task.await.map_err(ended)??;
                Ok::<_, RunError>(Part { source, next: count.saturating_mul(GROWTH), ..part })
            });
        }
        self.parts = futures::stream::iter(asked).buffered(FILES_AT_ONCE).try_collect().await?;
        Ok(())
    }

    async fn rows_of(&self, keys: &[Key]) -> Result<LocalSteps, RunError> {
        let mut reads = Vec::new();
        for part in &self.parts {
            let positions = part.source.positions_of(keys);
            if !positions.is_empty() {
                let (versions, side, changed, step) =
                    (self.versions.clone(), part.side, part.changed.clone(), part.step);
                reads.push(async move {
                    let task = tokio::spawn(async move { versions.read(side, &changed, &positions).await });
                    let ended = |_| RunError::Internal("reading changed rows ended early".to_owned());
                    Ok::<_, RunError>((step, side, task.await.map_err(ended)??))
                });
            }
        }
        let read: Vec<(usize, Side, RecordBatch)> =
            futures::stream::iter(reads).buffered(FILES_AT_ONCE).try_collect().await?;
        let mut local = LocalSteps::default();
        for step in 0..self.steps {
            let mut files = DiffStep::default();
            for (side, list) in [(Side::Before, &mut files.removed), (Side::After, &mut files.added)] {
                let of = read.iter().filter(|(at, of, _)| (*at, *of) == (step, side));
                let rows: Vec<RecordBatch> = of.map(|(_, _, rows)| rows.clone()).collect();
                if !rows.is_empty() {
                    list.push(local.keep(&self.versions.scratch, rows).await?);
                }
            }
            local.steps.push(files);
        }
        Ok(local)
    }
}

/// Whether merges or compactions of Sluice wrote the file, which sort by key.
fn is_ordered(file: &DataFile) -> bool {
    file.tags.contains_key(TAG_NEWEST) && !file.tags.contains_key(TAG_CLUSTERED)
}
