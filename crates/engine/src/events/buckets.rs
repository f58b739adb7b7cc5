//! Sorting many events by key, with memory access that stays inside a core's cache.

use super::event_at::EventAt;
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
use sluice_change::ChangeBatch;
use std::cmp::Reverse;

/// Events of one bucket: few enough that they fit in a core's cache.
pub(super) const BUCKET_EVENTS: usize = 16 * 1024;
/// More buckets cost more to fill than they save in sorting.
const BUCKETS_MAX: usize = 4096;

/// An event that is being sorted.
#[derive(Clone, Copy)]
pub(super) struct Entry<H> {
    pub(super) hash: H,
    /// The part of its sequence that [`super::lead::Lead`] picks.
    pub(super) lead: u64,
    pub(super) at: EventAt,
}

/// A hash of a key, no longer than the key needs.
pub(super) trait KeyHash: Copy + Ord + Send {
    fn of(hash: u128) -> Self;
    fn whole(self) -> u128;
    /// Its upper bits.
    fn head(self) -> u64;
}

/// The upper half of its hash identifies a key of one number.
impl KeyHash for u64 {
    #[inline]
    fn of(hash: u128) -> Self {
        (hash >> 64) as Self
    }

    #[inline]
    fn whole(self) -> u128 {
        u128::from(self) << 64
    }

    #[inline]
    fn head(self) -> u64 {
        self
    }
}

impl KeyHash for [u64; 2] {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves")]
    fn of(hash: u128) -> Self {
        [(hash >> 64) as u64, hash as u64]
    }

    #[inline]
    fn whole(self) -> u128 {
        let [high, low] = self;
        (u128::from(high) << 64) | u128::from(low)
    }

    #[inline]
    fn head(self) -> u64 {
        let [high, _] = self;
        high
    }
}

/// Events by the upper bits of their hashes, ascending, so that each part is sorted inside a core's cache.
pub(super) struct Buckets<H>(Vec<Vec<Entry<H>>>);

impl<H: KeyHash> Buckets<H> {
    /// Buckets for about so many events.
    pub(super) fn new(events: usize) -> Self {
        let count = (events / BUCKET_EVENTS).next_power_of_two().min(BUCKETS_MAX);
        // Hashes are spread evenly; a little room more saves most buckets from moving.
        let room = if count == 1 { events } else { events / count * 17 / 16 };
        Self(std::iter::repeat_with(|| Vec::with_capacity(room)).take(count).collect())
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry<H>) {
        let bits = self.0.len().trailing_zeros();
        let bucket = entry.hash.head().checked_shr(u64::BITS - bits).unwrap_or(0);
        // As many buckets as there are values of so many bits.
        self.0[bucket as usize].push(entry);
    }

    /// Number of events in all buckets.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// By hash, the newest event of each first, duplicates in the order of the batches.
    pub(super) fn sort(&mut self, changes: &[ChangeBatch]) {
        if let [only] = self.0.as_mut_slice() {
            return sort_events(only, changes);
        }
        self.0.par_iter_mut().for_each(|bucket| sort_events(bucket, changes));
    }

    /// The buckets, ascending by the hashes in them.
    pub(super) fn into_ascending(self) -> impl Iterator<Item = Vec<Entry<H>>> {
        self.0.into_iter()
    }
}

fn sort_events<H: KeyHash>(events: &mut [Entry<H>], changes: &[ChangeBatch]) {
    events.sort_unstable_by_key(|event| (event.hash, Reverse(event.lead)));
    // Random memory is read only where the lead does not decide.
    for equal in events.chunk_by_mut(|a, b| a.hash == b.hash && a.lead == b.lead).filter(|equal| equal.len() > 1) {
        equal.sort_unstable_by_key(|event| (Reverse(event.at.seq(changes)), event.at.place()));
    }
}
