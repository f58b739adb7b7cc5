//! Which files a compaction rewrites. Pure: facts about files in, groups out.
//!
//! Files are merged in tiers: tier 0 holds files of about the target size, every further tier files of
//! an eighth of that. Only a tier with eight files or more is merged, so a byte moves up a tier with
//! every rewrite and is rewritten at most once per tier: three tiers lie between 512 KB and 256 MB.
//! A big file is never rewritten for the sake of a few small ones.

use std::collections::BTreeMap;

/// Files of a tier that are merged together at least, and the factor between tiers.
const TIER_FILES: usize = 8;
/// Tiers below the target; what is smaller counts as the last.
const TIERS_MAX: u32 = 4;

/// What a plan has to know of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileFacts {
    /// Position in the list of files.
    pub(crate) at: usize,
    /// Bytes.
    pub(crate) bytes: u64,
    /// Rows that are not deleted.
    pub(crate) live_rows: u64,
    /// Rows that a deletion vector removes.
    pub(crate) dead_rows: u64,
    /// Whether it is clustered as asked for, or nothing is asked for.
    pub(crate) clustered: bool,
}

/// Bounds of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PlanBounds {
    /// Bytes that a file is to have.
    pub(crate) target_bytes: u64,
    /// Rows of one group, so that it fits into memory.
    pub(crate) group_rows: u64,
    /// A file with this share of dead rows or more is rewritten ...
    pub(crate) dead_share: f64,
    /// ... if they are so many.
    pub(crate) dead_rows: u64,
}

impl FileFacts {
    /// Bytes without the dead rows, about.
    fn live_bytes(&self) -> u64 {
        let rows = u128::from(self.live_rows + self.dead_rows).max(1);
        u64::try_from(u128::from(self.bytes) * u128::from(self.live_rows) / rows).unwrap_or(self.bytes)
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^53")]
    fn dead_share(&self) -> f64 {
        self.dead_rows as f64 / (self.live_rows + self.dead_rows).max(1) as f64
    }

    /// Tier 0 for files of half the target and more, then one tier per factor of [`TIER_FILES`].
    fn tier(&self, target: u64) -> u32 {
        let bytes = self.live_bytes().max(1);
        let mut tier = 0;
        let mut least = target / 2;
        while bytes < least && tier < TIERS_MAX {
            tier += 1;
            least /= TIER_FILES as u64;
        }
        tier
    }
}

/// Groups of files, by position; each group is rewritten as a whole, into files of the target size.
pub(crate) fn groups(files: &[FileFacts], bounds: PlanBounds) -> Vec<Vec<usize>> {
    let must: Vec<&FileFacts> = files.iter().filter(|file| must_rewrite(file, bounds)).collect();
    let may: Vec<&FileFacts> = files.iter().filter(|file| !must_rewrite(file, bounds)).collect();
    let mut tiers: BTreeMap<u32, Vec<&FileFacts>> = BTreeMap::new();
    for file in may {
        tiers.entry(file.tier(bounds.target_bytes)).or_default().push(file);
    }
    // Files of the target size have nowhere to go.
    tiers.remove(&0);
    let mut groups = pack(&must, bounds, 1);
    for files in tiers.values().filter(|files| files.len() >= TIER_FILES) {
        groups.extend(pack(files, bounds, TIER_FILES));
    }
    groups
}

fn must_rewrite(file: &FileFacts, bounds: PlanBounds) -> bool {
    !file.clustered || (file.dead_rows >= bounds.dead_rows.max(1) && file.dead_share() >= bounds.dead_share)
}

/// Packs neighbours into groups of at most the target size; a group of fewer than `least` files stays
/// as it is, unless it fills a file.
fn pack(files: &[&FileFacts], bounds: PlanBounds, least: usize) -> Vec<Vec<usize>> {
    let mut groups = Vec::new();
    let (mut group, mut bytes, mut rows) = (Vec::new(), 0, 0);
    let mut close = |group: &mut Vec<usize>, bytes: u64| {
        let done = std::mem::take(group);
        if done.len() >= least || (done.len() > 1 && bytes >= bounds.target_bytes / 2) {
            groups.push(done);
        }
    };
    for file in files {
        let full = bytes + file.live_bytes() > bounds.target_bytes || rows + file.live_rows > bounds.group_rows;
        if full && !group.is_empty() {
            close(&mut group, bytes);
            (bytes, rows) = (0, 0);
        }
        group.push(file.at);
        bytes += file.live_bytes();
        rows += file.live_rows;
    }
    close(&mut group, bytes);
    groups
}

#[cfg(test)]
mod tests {
    use super::{FileFacts, PlanBounds, groups};

    const MB: u64 = 1 << 20;
    const BOUNDS: PlanBounds =
        PlanBounds { target_bytes: 256 * MB, group_rows: 4_000_000, dead_share: 0.25, dead_rows: 0 };

    fn file(at: usize, bytes: u64) -> FileFacts {
        FileFacts { at, bytes, live_rows: bytes / 100, dead_rows: 0, clustered: true }
    }

    #[test]
    fn a_tier_is_merged_when_it_is_full() {
        let seven: Vec<_> = (0..7).map(|at| file(at, MB)).collect();
        assert!(groups(&seven, BOUNDS).is_empty());
        let mut eight: Vec<_> = (0..8).map(|at| file(at, MB)).collect();
        // A big one and one of the next tier stay.
        eight.push(file(8, 200 * MB));
        eight.push(file(9, 9 * MB));
        assert_eq!(groups(&eight, BOUNDS), [(0..8).collect::<Vec<_>>()]);
    }

    #[test]
    fn groups_keep_to_the_target_and_to_memory() {
        let many: Vec<_> = (0..40).map(|at| file(at, 20 * MB)).collect();
        let found = groups(&many, BOUNDS);
        assert!(found.len() == 3 && found.iter().all(|group| group.len() <= 12), "{found:?}");
        let narrow: Vec<_> = (0..16).map(|at| FileFacts { live_rows: 500_000, ..file(at, MB) }).collect();
        assert_eq!(groups(&narrow, BOUNDS).iter().map(Vec::len).collect::<Vec<_>>(), [8, 8]);
    }

    #[test]
    fn files_with_many_dead_rows_are_rewritten() {
        let dirty = |at, dead_rows| FileFacts { dead_rows, live_rows: 1_000, ..file(at, 200 * MB) };
        let files = [dirty(0, 10), dirty(1, 400), file(2, MB), dirty(3, 0)];
        assert_eq!(groups(&files, BOUNDS), [[1]]);
        let purge = PlanBounds { dead_share: 0.0, ..BOUNDS };
        assert_eq!(groups(&files, purge), [[0], [1]], "without dead rows there is nothing to purge");
    }

    #[test]
    fn everything_that_is_not_clustered_is_rewritten() {
        let files: Vec<_> = (0..3).map(|at| FileFacts { clustered: at == 1, ..file(at, 100 * MB) }).collect();
        assert_eq!(groups(&files, BOUNDS), [[0, 2]]);
    }

    /// A stream of small files, each compaction as planned: bytes written per byte delivered.
    #[test]
    fn write_amplification_stays_low() {
        let bounds = PlanBounds { group_rows: u64::MAX, ..BOUNDS };
        let (mut files, mut delivered, mut written): (Vec<u64>, u64, u64) = (Vec::new(), 0, 0);
        for _ in 0..20_000 {
            files.extend([MB]);
            delivered += MB;
            written += MB;
            let facts: Vec<_> = files.iter().enumerate().map(|(at, bytes)| file(at, *bytes)).collect();
            if let Some(group) = groups(&facts, bounds).into_iter().next() {
                let merged: u64 = group.iter().map(|at| files[*at]).sum();
                written += merged;
                files = files.iter().enumerate().filter(|(at, _)| !group.contains(at)).map(|(_, b)| *b).collect();
                files.push(merged);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let amplification = written as f64 / delivered as f64;
        assert!(amplification < 6.0, "{amplification}");
        assert!(files.len() < 8 * 5 + 200, "{} files", files.len());
        println!("amplification {amplification:.2}, {} files", files.len());
    }
}
