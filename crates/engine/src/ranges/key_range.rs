//! Ranges of keys whose events fit into a number of bytes.

/// Keys from one up to, but not including, another, as [`crate::KeyEncoder::encode`] writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRange {
    /// First key; `None` for the beginning.
    from: Option<Box<[u8]>>,
    /// The key that ends it; `None` for the end.
    to: Option<Box<[u8]>>,
}

/// What of sorted events is in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Nothing.
    None,
    /// Maybe some of them.
    Part,
    /// All.
    Whole,
}

/// First and last key of sorted events, and the bytes that they take.
#[derive(Clone, Copy, Debug)]
pub struct ChunkKeys<'a> {
    /// First key.
    pub first: &'a [u8],
    /// Last key.
    pub last: &'a [u8],
    /// Bytes of memory.
    pub bytes: u64,
}

impl KeyRange {
    /// Whether a key is in it.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        !self.is_after(key) && self.is_not_yet_over(key)
    }

    /// What of the events from one key to another is in it.
    #[must_use]
    pub fn overlap(&self, first: &[u8], last: &[u8]) -> Overlap {
        match (self.contains(first), self.contains(last)) {
            (true, true) => Overlap::Whole,
            _ if self.is_after(last) || !self.is_not_yet_over(first) => Overlap::None,
            _ => Overlap::Part,
        }
    }

    /// Whether the key comes before it.
    pub(super) fn is_after(&self, key: &[u8]) -> bool {
        self.from.as_ref().is_some_and(|from| key < from.as_ref())
    }

    /// Whether the key comes before its end.
    pub(super) fn is_not_yet_over(&self, key: &[u8]) -> bool {
        self.to.as_ref().is_none_or(|to| key < to.as_ref())
    }
}

/// Cuts all keys into ranges of which each has about `bytes` of events, or those of one key; ascending, one at least.
///
/// `chunks` are sorted events, in any order. A cut is at the first key of a chunk, so a range may have as much more as
/// the chunks hold that reach over its ends.
#[must_use]
pub fn key_ranges(chunks: &[ChunkKeys<'_>], bytes: u64) -> Vec<KeyRange> {
    let mut by_first: Vec<&ChunkKeys<'_>> = chunks.iter().collect();
    by_first.sort_unstable_by_key(|chunk| (chunk.first, chunk.last));
    let mut ranges = vec![KeyRange::default()];
    let mut of_range = 0_u64;
    let mut begins_at: Option<&[u8]> = None;
    for chunk in by_first {
        let is_later_key = begins_at.is_some_and(|begin| begin < chunk.first);
        if is_later_key && of_range.saturating_add(chunk.bytes) > bytes {
            if let Some(last) = ranges.last_mut() {
                last.to = Some(chunk.first.into());
            }
            ranges.push(KeyRange { from: Some(chunk.first.into()), to: None });
            of_range = 0;
            begins_at = None;
        }
        begins_at = begins_at.or(Some(chunk.first));
        of_range = of_range.saturating_add(chunk.bytes);
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::{ChunkKeys, KeyRange, Overlap, key_ranges};

    #[test]
    fn every_key_is_in_exactly_one_range() {
        let keys: Vec<[u8; 2]> = (0..500_u16).map(u16::to_be_bytes).collect();
        let mut random = fastrand::Rng::with_seed(3);
        for bytes in [0, 1, 7, 40, 10_000] {
            let bounds: Vec<(usize, usize)> = (0..200)
                .map(|_| {
                    let from = random.usize(..keys.len());
                    (from, random.usize(from..keys.len()))
                })
                .collect();
            let chunks: Vec<ChunkKeys<'_>> =
                bounds.iter().map(|(from, to)| ChunkKeys { first: &keys[*from], last: &keys[*to], bytes: 5 }).collect();
            let ranges = key_ranges(&chunks, bytes);
            for key in &keys {
                assert_eq!(ranges.iter().filter(|range| range.contains(key)).count(), 1);
            }
            for chunk in &chunks {
                let of_keys = |range: &KeyRange| {
                    let inside =
                        keys.iter().filter(|key| key.as_slice() >= chunk.first && key.as_slice() <= chunk.last);
                    let all = inside.clone().count();
                    match inside.filter(|key| range.contains(key.as_slice())).count() {
                        0 => Overlap::None,
                        found if found == all => Overlap::Whole,
                        _ => Overlap::Part,
                    }
                };
                for range in &ranges {
                    assert_eq!(range.overlap(chunk.first, chunk.last), of_keys(range));
                }
            }
            assert_eq!(ranges.len() == 1, bytes == 10_000);
        }
    }

    #[test]
    fn what_fits_is_one_range_and_one_key_is_never_cut() {
        assert_eq!(key_ranges(&[], 1), [KeyRange::default()]);
        let same = ChunkKeys { first: b"k", last: b"k", bytes: 100 };
        assert_eq!(key_ranges(&[same, same, same], 1).len(), 1);
        let next = ChunkKeys { first: b"l", last: b"m", bytes: 1 };
        assert_eq!(key_ranges(&[next, same, same], 100).len(), 2);
    }
}
