//! Decoded events of a whole table on their way to silver: in memory as long as they are few, else sorted by key in a
//! temporary file, from where they come back one range of keys after the other.

use super::event_bytes::{from_bytes, to_bytes};
use crate::RunError;
use sluice_change::ChangeBatch;
use sluice_contract::Contract;
use sluice_engine::{
    ChunkKeys, KeyEncoder, KeyRange, Overlap, SortedChunk, key_ranges, sorted_chunks, without_truncates,
};
use sluice_lake::{DeltaStore, SpillFile, SpillPart};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of events that are written and read as one piece.
const CHUNK_BYTES: u64 = 512 << 10;
/// At least so many pieces make a range, so that what reaches over its ends is little.
const CHUNKS_OF_RANGE: u64 = 16;

/// Collects events.
pub(crate) struct EventRuns {
    store: DeltaStore,
    encoder: Arc<KeyEncoder>,
    /// Bytes of events that a range has, and up to which all of them stay in memory.
    bytes_max: u64,
    in_memory: Vec<ChangeBatch>,
    bytes_in_memory: u64,
    spilled: Option<Spilled>,
    truncates: Vec<ChangeBatch>,
}

struct Spilled {
    file: SpillFile,
    chunks: Vec<SpilledChunk>,
}

/// A sorted piece in the file.
struct SpilledChunk {
    first: Box<[u8]>,
    last: Box<[u8]>,
    /// In memory.
    bytes: u64,
    at: SpillPart,
}

/// All events, cut into ranges of keys.
pub(crate) struct EventRanges {
    encoder: Arc<KeyEncoder>,
    events: Events,
    /// They have no key, so each range has all of them.
    truncates: Vec<ChangeBatch>,
}

enum Events {
    /// Until they are read.
    InMemory(Mutex<Vec<ChangeBatch>>),
    Spilled {
        spilled: Spilled,
        ranges: Vec<KeyRange>,
    },
}

impl EventRuns {
    /// No events yet. Up to `bytes_max` of them are worked on at a time.
    ///
    /// # Errors
    /// If the key has no order, which no contract's lacks.
    pub(crate) fn new(store: &DeltaStore, contract: &Contract, bytes_max: u64) -> Result<Self, RunError> {
        Ok(Self {
            store: store.clone(),
            encoder: Arc::new(KeyEncoder::new(contract)?),
            bytes_max,
            in_memory: Vec::new(),
            bytes_in_memory: 0,
            spilled: None,
            truncates: Vec::new(),
        })
    }

    /// Adds events, in the order in which they came. CPU work, and writes to a local disk.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub(crate) fn add(&mut self, changes: ChangeBatch) -> Result<(), RunError> {
        if changes.is_empty() {
            return Ok(());
        }
        let bytes = changes.memory_bytes();
        self.in_memory.push(changes);
        self.bytes_in_memory += bytes;
        // Long runs, because each has a piece that reaches over the ends of a range.
        let most = if self.spilled.is_some() { self.bytes_max / 2 } else { self.bytes_max };
        if self.bytes_in_memory > most { self.spill() } else { Ok(()) }
    }

    /// Writes what is in memory as one sorted run.
    fn spill(&mut self) -> Result<(), RunError> {
        self.bytes_in_memory = 0;
        let Some(changes) = ChangeBatch::joined(std::mem::take(&mut self.in_memory))? else { return Ok(()) };
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            None => {
                let file = self.store.cached().spill_file()?;
                self.spilled.insert(Spilled { file, chunks: Vec::new() })
            }
        };
        let (changes, truncates) = without_truncates(changes)?;
        self.truncates.extend(truncates);
        let wanted = (self.bytes_max / CHUNKS_OF_RANGE).clamp(1, CHUNK_BYTES);
        let of_event = changes.memory_bytes() / (changes.len() as u64).max(1);
        let rows = usize::try_from(wanted / of_event.max(1)).unwrap_or(usize::MAX);
        for SortedChunk { events, first, last } in sorted_chunks(&self.encoder, &changes, rows)? {
            let at = spilled.file.append(&to_bytes(&events)?)?;
            spilled.chunks.push(SpilledChunk { first, last, bytes: events.memory_bytes(), at });
        }
        Ok(())
    }

    /// The end of the events.
    ///
    /// # Errors
    /// As [`EventRuns::add`].
    pub(crate) fn finish(mut self) -> Result<EventRanges, RunError> {
        if self.spilled.is_some() {
            self.spill()?;
        }
        let events = match self.spilled {
            None => Events::InMemory(Mutex::new(self.in_memory)),
            Some(spilled) => {
                let chunks = spilled.chunks.iter();
                let keys: Vec<ChunkKeys<'_>> = chunks
                    .map(|chunk| ChunkKeys { first: &chunk.first, last: &chunk.last, bytes: chunk.bytes })
                    .collect();
                let ranges = key_ranges(&keys, self.bytes_max);
                Events::Spilled { spilled, ranges }
            }
        };
        Ok(EventRanges { encoder: self.encoder, events, truncates: self.truncates })
    }
}

impl EventRanges {
    /// How many ranges, one at least; ascending by key.
    pub(crate) fn len(&self) -> usize {
        match &self.events {
            Events::InMemory(_) => 1,
            Events::Spilled { ranges, .. } => ranges.len(),
        }
    }

    /// The truncates that every range has, where there are several.
    pub(crate) fn truncates(&self) -> &[ChangeBatch] {
        &self.truncates
    }

    /// The events of a range and all truncates, once. CPU work, and reads from a local disk.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub(crate) fn read(&self, number: usize) -> Result<Vec<ChangeBatch>, RunError> {
        let (spilled, ranges) = match &self.events {
            Events::InMemory(events) => {
                return Ok(std::mem::take(&mut *events.lock().unwrap_or_else(PoisonError::into_inner)));
            }
            Events::Spilled { spilled, ranges } => (spilled, ranges),
        };
        let Some(range) = ranges.get(number) else { return Ok(Vec::new()) };
        let mut read = Vec::new();
        for chunk in &spilled.chunks {
            if range.overlap(&chunk.first, &chunk.last) == Overlap::None {
                continue;
            }
            let events = from_bytes(&spilled.file.read(chunk.at)?)?;
            let chunk = SortedChunk { events, first: chunk.first.clone(), last: chunk.last.clone() };
            read.extend(range.cut(&self.encoder, chunk)?);
        }
        read.extend(self.truncates.iter().cloned());
        Ok(read)
    }
}
