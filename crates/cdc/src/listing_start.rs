//! Where a listing of a source has to begin to find what came since the last one.
//!
//! A store is listed in the order of names. Where the names of new files rise, as those with a number or a date do, the
//! new ones stand at the end, and nobody has to look through the hundred thousand before them. Whether names rise is
//! seen from the files that were taken. It is only ever a guess: whoever begins a listing in the middle has to list
//! everything now and then, so that a file which came late under an earlier name is late and not lost.

use crate::table_folder::rising_folder;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};

/// Folders with a listing of their own; with more, one listing of everything is as cheap.
const FOLDERS_MAX: usize = 64;

/// What has to be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListingStart {
    /// Folders, and the file after whose name their listing begins.
    pub after: Vec<(String, String)>,
    /// Folders whose folders have to be listed: one that is not [`Self::knows`] is new.
    pub parents: Vec<String>,
}

impl ListingStart {
    /// Whether files of a folder were taken before.
    #[must_use]
    pub fn knows(&self, folder: &str) -> bool {
        let below =
            |known: &str| known == folder || known.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.after.iter().any(|(known, _)| below(known))
    }
}

/// Where to begin, by the paths below `source` that were taken, in the order in which they were. The listing repeats the
/// last `overlap` names of each kind. `None` where names do not rise, or it would not be cheaper.
#[must_use]
pub fn listing_start<'p>(source: &str, taken: impl Iterator<Item = &'p str>, overlap: usize) -> Option<ListingStart> {
    let source = source.trim_end_matches('/');
    // Names of one folder and one form, such as `#-#.csv`, are compared with each other.
    let mut kinds: BTreeMap<&str, BTreeMap<u64, Kind<'p>>> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for path in taken.filter(|path| path.strip_prefix(source).is_some_and(|rest| rest.starts_with('/'))) {
        let folder = rising_folder(path);
        if folder.len() < source.len() {
            return None;
        }
        if !kinds.contains_key(folder) && kinds.len() == FOLDERS_MAX {
            return None;
        }
        let count = counts.entry(folder).or_default();
        *count += 1;
        let kind = kinds.entry(folder).or_default().entry(form(path)).or_default();
        kind.last = *count;
        kind.names.push(path);
    }
    let mut start = ListingStart::default();
    let mut parents = BTreeSet::new();
    for (folder, kinds) in kinds {
        let count = counts.get(folder).copied().unwrap_or(0);
        // Of a form that did not come for long nothing is expected: a full load that is over.
        let live = kinds.values().filter(|kind| count - kind.last < overlap.max(1));
        let first: Option<Vec<&str>> = live.map(|kind| kind.start(overlap)).collect();
        start.after.push((folder.to_owned(), first?.into_iter().min()?.to_owned()));
        let mut parent = folder;
        while parent.len() > source.len() {
            parent = parent.rsplit_once('/').map_or("", |(parent, _)| parent);
            parents.insert(parent.to_owned());
        }
    }
    start.parents = parents.into_iter().collect();
    (!start.after.is_empty()).then_some(start)
}

/// Files of one form in a folder.
#[derive(Debug, Default)]
struct Kind<'p> {
    /// Number of the last of them among all files of the folder.
    last: usize,
    /// In the order in which they were taken.
    names: Vec<&'p str>,
}

impl<'p> Kind<'p> {
    /// The name after which a listing has to begin; `None` if one of the last files would have been missed by that.
    fn start(&self, overlap: usize) -> Option<&'p str> {
        let (before, recent) = self.names.split_at(self.names.len().saturating_sub(overlap));
        if let Some(start) = from_the_end(before, overlap)
            && recent.iter().any(|name| *name <= start)
        {
            return None;
        }
        from_the_end(&self.names, overlap)
    }
}

/// The name with which the last `overlap` names begin, in the order of names.
fn from_the_end<'p>(names: &[&'p str], overlap: usize) -> Option<&'p str> {
    let mut names = names.to_vec();
    let at = names.len().saturating_sub(overlap.max(1));
    (!names.is_empty()).then(|| *names.select_nth_unstable(at).1)
}

/// The form of a path: every run of digits is one.
fn form(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut is_digit = false;
    for byte in path.bytes() {
        if byte.is_ascii_digit() {
            if !is_digit {
                hasher.write_u8(b'#');
            }
            is_digit = true;
        } else {
            hasher.write_u8(byte);
            is_digit = false;
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{ListingStart, listing_start};

    fn of(taken: &[String], overlap: usize) -> Option<ListingStart> {
        listing_start("landing/orders", taken.iter().map(String::as_str), overlap)
    }

    #[test]
    fn numbered_names_and_date_folders_are_listed_from_the_end() {
        let numbered: Vec<String> = (0..50).map(|n| format!("landing/orders/{n:05}.json")).collect();
        let start = of(&numbered, 10).unwrap();
        assert_eq!(start.after, [("landing/orders".to_owned(), "landing/orders/00040.json".to_owned())]);
        assert!(start.parents.is_empty() && start.knows("landing/orders"));

        let loads = (0..3).map(|n| format!("landing/orders/LOAD0000000{n}.csv"));
        let changes = (10..28).map(|day| format!("landing/orders/2026/11/{day}/202611{day}-120000.csv"));
        let start = of(&loads.chain(changes).collect::<Vec<_>>(), 5).unwrap();
        let after = "landing/orders/2026/11/23/20261123-120000.csv".to_owned();
        assert_eq!(start.after, [("landing/orders".to_owned(), after)], "a full load that is over counts no more");
    }

    #[test]
    fn every_partition_has_its_own_end_and_a_new_one_is_seen() {
        let file = |partition, n| format!("landing/orders/t/partition={partition}/t+{partition}+{n:010}.json");
        let taken: Vec<String> = (0..30).flat_map(|n| [file(0, n), file(1, n)]).collect();
        let start = of(&taken, 10).unwrap();
        assert_eq!(start.after.len(), 2);
        assert_eq!(start.after[1], ("landing/orders/t/partition=1".to_owned(), file(1, 20)));
        assert_eq!(start.parents, ["landing/orders", "landing/orders/t"]);
        assert!(start.knows("landing/orders/t") && start.knows("landing/orders/t/partition=1"));
        assert!(!start.knows("landing/orders/t/partition=2") && !start.knows("landing/orders/t/partition=10"));
    }

    #[test]
    fn names_that_do_not_rise_are_no_start() {
        let mut taken: Vec<String> = (10..50).map(|n| format!("landing/orders/{n:05}.json")).collect();
        taken.push("landing/orders/00003.json".to_owned());
        assert_eq!(of(&taken, 10), None, "the last one came late");
        let many: Vec<String> = (0..100).map(|n| format!("landing/orders/p{n}x/a.json")).collect();
        assert_eq!(of(&many, 10), None, "a listing for every folder is not cheaper");
        assert_eq!(of(&[], 10), None);
    }
}
