//! The events of a batch by key.

use super::buckets::{Buckets, Entry, KeyHash};
use super::event_at::{DuplicateKind, EventAt};
use super::lead::Lead;
use crate::error::EngineError;
use crate::keys::KeyEncoder;
use sluice_change::{ChangeBatch, EventSeq, Op};
use std::sync::Arc;

/// Events grouped by key, and the truncates, which have no key.
#[derive(Debug)]
pub struct KeyedChanges {
    /// Hashes of the keys, distinct, ascending.
    hashes: Arc<Vec<u128>>,
    /// Where the events of every key begin in `events`, and their number.
    starts: Vec<u32>,
    /// By key, the newest first, duplicates in the order of the batches.
    events: Vec<EventAt>,
    /// By event, what it is to the event before it.
    duplicate_kinds: Vec<DuplicateKind>,
    /// Whether some upsert has absent columns.
    some_are_partial: bool,
    pub(crate) truncates: Vec<EventSeq>,
    /// The newest of all upserts.
    pub(crate) newest_upsert: Option<EventSeq>,
}

impl KeyedChanges {
    /// Groups the events of `changes` by key, the newest of every key first.
    ///
    /// # Errors
    /// [`EngineError::Column`] if the key columns are missing.
    pub fn new(encoder: &KeyEncoder, changes: &[ChangeBatch]) -> Result<Self, EngineError> {
        let truncates = changes.iter().flat_map(ChangeBatch::truncates).collect();
        let grouped = if encoder.is_one_number() {
            group::<u64>(encoder, changes)?
        } else {
            group::<[u64; 2]>(encoder, changes)?
        };
        let some_are_partial = changes.iter().any(|batch| !batch.absent.is_empty());
        Ok(Self { some_are_partial, truncates, ..grouped })
    }

    /// Hashes of the keys that have events, distinct and ascending.
    #[must_use]
    pub fn hashes(&self) -> &Arc<Vec<u128>> {
        &self.hashes
    }

    /// Whether there are truncates, so that rows without events count too.
    #[must_use]
    pub fn has_truncates(&self) -> bool {
        !self.truncates.is_empty()
    }

    /// Whether the plan has to know the content of the row of key number `key`, or only its place:
    /// an event may be older than the row or at its position, or have absent columns. `newest_in_file` is the newest
    /// sequence in the row's file, `None` if it is not known; `changes` are those that were grouped.
    #[must_use]
    pub fn needs_row(&self, changes: &[ChangeBatch], key: usize, newest_in_file: Option<EventSeq>) -> bool {
        let events = self.of(key);
        match (events.last(), newest_in_file) {
            (Some(oldest), Some(newest)) => {
                oldest.seq(changes) <= newest.end_of_position() || self.has_partial(changes, events)
            }
            _ => true,
        }
    }

    /// Whether some upsert has absent columns.
    #[must_use]
    pub fn some_are_partial(&self) -> bool {
        self.some_are_partial
    }

    /// Whether one of these events has absent columns.
    pub(crate) fn has_partial(&self, changes: &[ChangeBatch], events: &[EventAt]) -> bool {
        let is_partial = |at: &EventAt| changes[at.source()].absent.contains_key(&at.row);
        self.some_are_partial && events.iter().any(is_partial)
    }

    /// Number of a key among [`KeyedChanges::hashes`].
    pub(crate) fn find(&self, hash: u128) -> Option<usize> {
        self.hashes.binary_search(&hash).ok()
    }

    /// Events of key number `key`, the newest first.
    pub(crate) fn of(&self, key: usize) -> &[EventAt] {
        self.range(key).map_or(&[], |range| &self.events[range])
    }

    /// Of every event of key number `key`, whether it is the same as the one before it.
    pub(crate) fn duplicate_kinds(&self, key: usize) -> &[DuplicateKind] {
        self.range(key).map_or(&[], |range| &self.duplicate_kinds[range])
    }

    fn range(&self, key: usize) -> Option<std::ops::Range<usize>> {
        Some(*self.starts.get(key)? as usize..*self.starts.get(key + 1)? as usize)
    }
}

fn group<H: KeyHash>(encoder: &KeyEncoder, changes: &[ChangeBatch]) -> Result<KeyedChanges, EngineError> {
    let lead = Lead::of(changes);
    let mut newest: Option<(u64, EventSeq)> = None;
    let mut buckets = Buckets::<H>::new(changes.iter().map(ChangeBatch::len).sum());
    for (source, batch) in changes.iter().enumerate() {
        let hashes = encoder.hashes(&batch.rows)?;
        for ((row, op), hash) in (0_u32..).zip(&batch.ops).zip(hashes) {
            if *op != Op::Truncate {
                let at = EventAt::new(source, row, *op);
                let number = lead.number(&batch.seqs, row as usize);
                // Only for an event that leads so far is the whole sequence read.
                if op.is_upsert() && newest.is_none_or(|(leads, _)| number >= leads) {
                    newest = newest.max(Some((number, at.seq(changes))));
                }
                buckets.push(Entry { hash: H::of(hash), lead: number, at });
            }
        }
    }
    buckets.sort(changes);
    let count = buckets.len();
    let (mut hashes, mut starts): (Vec<u128>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut events = Vec::with_capacity(count);
    let mut duplicate_kinds = Vec::with_capacity(count);
    for bucket in buckets.into_ascending() {
        let mut before: Option<&Entry<H>> = None;
        for entry in &bucket {
            duplicate_kinds.push(match before.filter(|before| before.hash == entry.hash) {
                Some(newer) => lead.compare(newer, entry, changes),
                None => {
                    hashes.push(entry.hash.whole());
                    starts.push(u32::try_from(events.len()).unwrap_or(u32::MAX));
                    DuplicateKind::Distinct
                }
            });
            events.push(entry.at);
            before = Some(entry);
        }
    }
    starts.push(u32::try_from(events.len()).unwrap_or(u32::MAX));
    hashes.shrink_to_fit();
    starts.shrink_to_fit();
    Ok(KeyedChanges {
        hashes: Arc::new(hashes),
        starts,
        events,
        duplicate_kinds,
        some_are_partial: false,
        truncates: Vec::new(),
        newest_upsert: newest.map(|(_, seq)| seq),
    })
}

#[cfg(test)]
mod tests {
    use super::KeyedChanges;
    use crate::events::buckets::BUCKET_EVENTS;
    use crate::events::event_at::DuplicateKind;
    use crate::keys::KeyEncoder;
    use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, EventSeq, Op, RowRef, SeqParts};
    use sluice_contract::Contract;
    use std::sync::Arc;

    fn batch(key: &str, events: &[(i64, u8, SeqParts, &str)]) -> (KeyEncoder, ChangeBatch) {
        let text = format!(
            "dataset: a.b\nschema:\n- {{name: k, type: {key}, primary_key: true}}\n- {{name: v, type: string}}\n"
        );
        let contract = Arc::new(Contract::parse(&text, "b.yaml").unwrap());
        let mut builder = ChangeBatchBuilder::new(Arc::clone(&contract), Vec::new());
        for (number, (id, rank, parts, value)) in events.iter().enumerate() {
            let id = if key == "string" { Cell::Text(id.to_string().into()) } else { Cell::Int(*id) };
            builder.push(Event {
                at: RowRef { file: 0, row: number as u64, offset: 0 },
                op: Op::Upsert,
                rank: *rank,
                parts: *parts,
                cells: vec![id, Cell::Text((*value).into())],
                source_time_ms: None,
                record: String::new(),
            });
        }
        (KeyEncoder::new(&contract).unwrap(), builder.finish().unwrap())
    }

    /// Whatever part of the sequences decides, the order is that of the whole sequences.
    #[test]
    fn the_newest_event_comes_first() {
        let mut random = fastrand::Rng::with_seed(7);
        for key in ["bigint", "string"] {
            let spreads = [[1, 1, 1, 1], [2, 3, 1, 1], [1, 3, 2, 2], [1, 1, 4, 1], [1, 1, 1, 4], [2, 300, 2, 2]];
            let few = spreads.map(|spread| (spread, 400, 40));
            // Enough for several buckets, most keys with several events.
            let many = [([1, 300, 1, 1], 4 * BUCKET_EVENTS, 20_000)];
            for (spread, count, keys) in few.into_iter().chain(many) {
                let events: Vec<_> = (0..count)
                    .map(|_| {
                        let [a, b, c] = [1, 2, 3].map(|part| random.u64(..spread[part]));
                        let parts = [a, b, 0, c, 0];
                        (random.i64(0..keys), random.u8(..2.min(spread[0] as u8)), parts, ["x", "y"][random.usize(..2)])
                    })
                    .collect();
                let (encoder, batch) = batch(key, &events);
                let changes = [batch];
                let keyed = KeyedChanges::new(&encoder, &changes).unwrap();
                assert!(keyed.hashes().is_sorted_by(|a, b| a < b));
                let mut seen = 0;
                for key in 0..keyed.hashes().len() {
                    let seqs: Vec<EventSeq> = keyed.of(key).iter().map(|at| at.seq(&changes)).collect();
                    assert!(seqs.is_sorted_by(|newer, older| newer >= older), "{seqs:?}");
                    assert_eq!(keyed.duplicate_kinds(key)[0], DuplicateKind::Distinct);
                    for (pair, kind) in seqs.windows(2).zip(&keyed.duplicate_kinds(key)[1..]) {
                        let expected = match (pair[0] == pair[1], pair[0].ties_with(&pair[1])) {
                            (true, _) => DuplicateKind::Duplicate,
                            (false, true) => DuplicateKind::Tie,
                            (false, false) => DuplicateKind::Distinct,
                        };
                        assert_eq!(*kind, expected);
                    }
                    seen += seqs.len();
                }
                assert_eq!(seen, events.len());
                assert_eq!(keyed.newest_upsert, changes[0].seqs.iter().max());
            }
        }
    }
}
