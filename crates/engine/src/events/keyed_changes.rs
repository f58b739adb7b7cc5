//! The events of a batch by key.

use crate::{EngineError, KeyEncoder};
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
use sluice_change::{ChangeBatch, EventSeq, EventSeqs, Op};
use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

/// Events of one bucket: as many as a core's cache holds with room to spare.
const BUCKET_EVENTS: usize = 16 * 1024;
/// More buckets cost more to fill than they save in sorting.
const BUCKETS_MAX: usize = 4096;

/// An event: index of its change batch, its row there, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventAt {
    /// The batch, and in the upper bits the operation, so that it is known without looking at the batch.
    source: u32,
    pub(crate) row: u32,
}

impl EventAt {
    const SOURCE_BITS: u32 = 28;

    fn new(source: usize, row: u32, op: Op) -> Self {
        let bits = match op {
            Op::Read => 0,
            Op::Upsert => 1,
            Op::SoftDelete => 2,
            Op::Delete => 3,
            Op::Truncate => 4,
        };
        let source = u32::try_from(source).unwrap_or(u32::MAX) & ((1 << Self::SOURCE_BITS) - 1);
        Self { source: source | (bits << Self::SOURCE_BITS), row }
    }

    pub(crate) fn source(self) -> usize {
        (self.source & ((1 << Self::SOURCE_BITS) - 1)) as usize
    }

    pub(crate) fn place(self) -> (usize, u32) {
        (self.source(), self.row)
    }

    pub(crate) fn is_upsert(self) -> bool {
        self.source >> Self::SOURCE_BITS <= 2
    }

    pub(crate) fn is_delete(self) -> bool {
        self.source >> Self::SOURCE_BITS == 3
    }

    pub(crate) fn seq(self, changes: &[ChangeBatch]) -> EventSeq {
        changes[self.source()].seqs.at(self.row as usize)
    }
}

/// How an event stands to the event before it, which is the next newer one of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// Of another position, or the newest of its key.
    Other,
    /// Another event of the same position.
    Tie,
    /// The same event.
    Copy,
}

/// An event on its way into order.
#[derive(Clone, Copy)]
struct Entry<H> {
    hash: H,
    /// See [`Lead`].
    lead: u64,
    at: EventAt,
}

/// Events grouped by key, and the truncates, which have none.
#[derive(Debug)]
pub struct KeyedChanges {
    /// Hashes of the keys, distinct, ascending.
    hashes: Arc<Vec<u128>>,
    /// Where the events of every key begin in `events`, and their number.
    starts: Vec<u32>,
    /// By key, the newest first, copies in the order of the batches.
    events: Vec<EventAt>,
    against: Vec<Against>,
    /// Whether some upsert leaves columns out.
    some_are_partial: bool,
    pub(crate) truncates: Vec<EventSeq>,
    /// The newest of all upserts.
    pub(crate) newest_upsert: Option<EventSeq>,
}

impl KeyedChanges {
    /// Groups events.
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
    /// an event may be older than the row, or leave columns out. `newest_in_file` is the newest
    /// sequence in the row's file, `None` if it is not known; `changes` are those that were grouped.
    #[must_use]
    pub fn needs_row(&self, changes: &[ChangeBatch], key: usize, newest_in_file: Option<EventSeq>) -> bool {
        let events = self.of(key);
        match (events.last(), newest_in_file) {
            (Some(oldest), Some(newest)) => oldest.seq(changes) <= newest || self.has_partial(changes, events),
            _ => true,
        }
    }

    /// Whether some upsert leaves columns out.
    #[must_use]
    pub fn some_are_partial(&self) -> bool {
        self.some_are_partial
    }

    /// Whether one of these events leaves columns out.
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

    /// How each event of key number `key` stands to the one before it.
    pub(crate) fn against(&self, key: usize) -> &[Against] {
        self.range(key).map_or(&[], |range| &self.against[range])
    }

    fn range(&self, key: usize) -> Option<std::ops::Range<usize>> {
        Some(*self.starts.get(key)? as usize..*self.starts.get(key + 1)? as usize)
    }
}

/// A hash of a key, as short as it may be.
trait KeyHash: Copy + Ord + Send {
    fn of(hash: u128) -> Self;
    fn whole(self) -> u128;
    /// Its upper bits.
    fn head(self) -> u64;
}

/// A key of one number is told by the upper half of its hash alone.
impl KeyHash for u64 {
    fn of(hash: u128) -> Self {
        (hash >> 64) as Self
    }

    fn whole(self) -> u128 {
        u128::from(self) << 64
    }

    fn head(self) -> u64 {
        self
    }
}

impl KeyHash for [u64; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "both halves")]
    fn of(hash: u128) -> Self {
        [(hash >> 64) as u64, hash as u64]
    }

    fn whole(self) -> u128 {
        let [high, low] = self;
        (u128::from(high) << 64) | u128::from(low)
    }

    fn head(self) -> u64 {
        let [high, _] = self;
        high
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
                // Only what leads so far is looked at as a whole.
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
    let mut against = Vec::with_capacity(count);
    for bucket in buckets.0 {
        let mut before: Option<&Entry<H>> = None;
        for entry in &bucket {
            against.push(match before.filter(|before| before.hash == entry.hash) {
                Some(newer) => lead.compare(newer, entry, changes),
                None => {
                    hashes.push(entry.hash.whole());
                    starts.push(u32::try_from(events.len()).unwrap_or(u32::MAX));
                    Against::Other
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
        against,
        some_are_partial: false,
        truncates: Vec::new(),
        newest_upsert: newest.map(|(_, seq)| seq),
    })
}

/// Events by the upper bits of their hashes, ascending, so that each part is sorted inside a core's cache.
struct Buckets<H>(Vec<Vec<Entry<H>>>);

impl<H: KeyHash> Buckets<H> {
    /// Buckets for about so many events.
    fn new(events: usize) -> Self {
        let count = (events / BUCKET_EVENTS).next_power_of_two().min(BUCKETS_MAX);
        // Hashes are spread evenly; a little room more saves most buckets from moving.
        let room = if count == 1 { events } else { events / count * 17 / 16 };
        Self(std::iter::repeat_with(|| Vec::with_capacity(room)).take(count).collect())
    }

    fn push(&mut self, entry: Entry<H>) {
        let bits = self.0.len().trailing_zeros();
        let bucket = entry.hash.head().checked_shr(u64::BITS - bits).unwrap_or(0);
        // As many buckets as there are values of so many bits.
        self.0[bucket as usize].push(entry);
    }

    fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// By hash, the newest event of each first, copies in the order of the batches.
    fn sort(&mut self, changes: &[ChangeBatch]) {
        if let [only] = self.0.as_mut_slice() {
            return sort_events(only, changes);
        }
        self.0.par_iter_mut().for_each(|bucket| sort_events(bucket, changes));
    }
}

fn sort_events<H: KeyHash>(events: &mut [Entry<H>], changes: &[ChangeBatch]) {
    events.sort_unstable_by_key(|event| (event.hash, Reverse(event.lead)));
    // Random memory is looked at only where the lead does not decide.
    for equal in events.chunk_by_mut(|a, b| a.hash == b.hash && a.lead == b.lead).filter(|equal| equal.len() > 1) {
        equal.sort_unstable_by_key(|event| (Reverse(event.at.seq(changes)), event.at.place()));
    }
}

/// The part of a sequence that decides most comparisons in a batch, as one number: the first of rank,
/// positions and tie-breaker in which the events differ at all.
#[derive(Clone, Copy)]
enum Lead {
    Rank,
    Part(usize),
    Tie,
}

impl Lead {
    fn of(changes: &[ChangeBatch]) -> Self {
        let seqs = || changes.iter().map(|batch| &batch.seqs).filter(|seqs| !seqs.is_empty());
        let Some(first) = seqs().next().map(|seqs| seqs.at(0)) else { return Self::Tie };
        let differs = |part: &usize| !seqs().all(|seqs| seqs.parts()[*part].are_all(first.parts[*part]));
        if !seqs().all(|seqs| seqs.ranks().are_all(u64::from(first.rank))) {
            return Self::Rank;
        }
        (0..first.parts.len()).find(differs).map_or(Self::Tie, Self::Part)
    }

    /// A larger number is a later event; equal numbers decide nothing.
    fn number(self, seqs: &EventSeqs, row: usize) -> u64 {
        match self {
            // The rank, and as much of the position as has room beside it.
            Self::Rank => (seqs.ranks().at(row) << 56) | (seqs.parts()[0].at(row) >> 8),
            Self::Part(part) => seqs.parts()[part].at(row),
            Self::Tie => seqs.ties().at(row),
        }
    }

    fn compare<H>(self, newer: &Entry<H>, older: &Entry<H>, changes: &[ChangeBatch]) -> Against {
        // Different positions; a tie-breaker that differs is another event of the same position.
        if newer.lead.cmp(&older.lead) != Ordering::Equal && !matches!(self, Self::Tie) {
            return Against::Other;
        }
        let (newer, older) = (newer.at.seq(changes), older.at.seq(changes));
        if newer == older {
            Against::Copy
        } else if newer.ties_with(&older) {
            Against::Tie
        } else {
            Against::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Against, BUCKET_EVENTS, KeyedChanges};
    use crate::KeyEncoder;
    use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, EventSeq, Op, RowRef};
    use sluice_contract::Contract;
    use std::sync::Arc;

    fn batch(key: &str, events: &[(i64, u8, [u64; 3], &str)]) -> (KeyEncoder, ChangeBatch) {
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
                        let parts = [random.u64(..spread[1]), random.u64(..spread[2]), random.u64(..spread[3])];
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
                    assert_eq!(keyed.against(key)[0], Against::Other);
                    for (pair, against) in seqs.windows(2).zip(&keyed.against(key)[1..]) {
                        let expected = match (pair[0] == pair[1], pair[0].ties_with(&pair[1])) {
                            (true, _) => Against::Copy,
                            (false, true) => Against::Tie,
                            (false, false) => Against::Other,
                        };
                        assert_eq!(*against, expected);
                    }
                    seen += seqs.len();
                }
                assert_eq!(seen, events.len());
                assert_eq!(keyed.newest_upsert, changes[0].seqs.iter().max());
            }
        }
    }
}
