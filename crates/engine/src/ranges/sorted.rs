//! Events in the order of their keys, in chunks.

use super::key_range::{KeyRange, Overlap};
use crate::error::EngineError;
use crate::keys::KeyEncoder;
use sluice_change::{ChangeBatch, Op};

/// Events in the order of their keys.
#[derive(Clone, Debug)]
pub struct SortedChunk {
    /// The events; no truncate is among them.
    pub events: ChangeBatch,
    /// Key of the first, as [`KeyEncoder::encode`] writes it.
    pub first: Box<[u8]>,
    /// Key of the last.
    pub last: Box<[u8]>,
}

/// The events that have a key, and the truncates, which have none.
///
/// # Errors
/// [`EngineError`] if the columns do not fit the other vectors.
pub fn without_truncates(changes: ChangeBatch) -> Result<(ChangeBatch, Option<ChangeBatch>), EngineError> {
    let is_truncate = |row: &u32| changes.ops.get(*row as usize) == Some(&Op::Truncate);
    let count = u32::try_from(changes.len()).unwrap_or(u32::MAX);
    let (truncates, others): (Vec<u32>, Vec<u32>) = (0..count).partition(is_truncate);
    if truncates.is_empty() {
        return Ok((changes, None));
    }
    Ok((changes.picked(&others)?, Some(changes.picked(&truncates)?)))
}

/// Sorts events that have a key by it, in chunks of so many rows. Events of one key keep their order.
///
/// # Errors
/// [`EngineError`] if the events are of another table.
pub fn sorted_chunks(
    encoder: &KeyEncoder,
    changes: &ChangeBatch,
    chunk_rows: usize,
) -> Result<Vec<SortedChunk>, EngineError> {
    let keys = encoder.encode(&changes.rows)?;
    let mut order: Vec<u32> = (0..u32::try_from(changes.len()).unwrap_or(u32::MAX)).collect();
    order.sort_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
    let key = |row: Option<&u32>| row.map(|row| Box::from(keys.row(*row as usize).data())).unwrap_or_default();
    let chunk = |rows: &[u32]| {
        let (first, last) = (key(rows.first()), key(rows.last()));
        Ok(SortedChunk { events: changes.picked(rows)?, first, last })
    };
    order.chunks(chunk_rows.max(1)).map(chunk).collect()
}

impl KeyRange {
    /// The events of a sorted chunk that are in the range, `None` if there are none.
    ///
    /// # Errors
    /// [`EngineError`] if the events are of another table.
    pub fn cut(&self, encoder: &KeyEncoder, chunk: SortedChunk) -> Result<Option<ChangeBatch>, EngineError> {
        match self.overlap(&chunk.first, &chunk.last) {
            Overlap::None => Ok(None),
            Overlap::Whole => Ok(Some(chunk.events)),
            Overlap::Part => {
                let keys = encoder.encode(&chunk.events.rows)?;
                let count = u32::try_from(chunk.events.len()).unwrap_or(u32::MAX);
                let rows: Vec<u32> = (0..count).filter(|row| self.contains(keys.row(*row as usize).data())).collect();
                // Copied, so that the rest of the chunk is let go.
                if rows.is_empty() { Ok(None) } else { Ok(Some(chunk.events.picked(&rows)?)) }
            }
        }
    }
}
