//! Names of files and folders that may say of which version a full snapshot is.

use sluice_contract::SnapshotPattern;
use std::collections::BTreeSet;

/// Microseconds since 1970 of the years 1990 to 2099.
const VERSIONS: std::ops::Range<u64> = 631_152_000_000_000..4_102_444_800_000_000;
const DATE: &str = "{date}";

/// The pattern of `apply.from_snapshot.files` by which every path below `folder` has a date, and not all have the same one.
pub(super) fn pattern_of(folder: &str, paths: &[&str]) -> Option<String> {
    let folder = folder.trim_end_matches('/');
    let below: Vec<&str> =
        paths.iter().map(|path| path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/')).collect();
    let first = below.first()?;
    if first.contains(['*', '{', '}']) {
        return None;
    }
    dates_in(first).into_iter().flat_map(|(begin, end)| patterns_at(first, begin, end)).find(|text| {
        let Ok(pattern) = SnapshotPattern::parse(text) else { return false };
        let versions: Option<BTreeSet<u64>> = below.iter().map(|path| pattern.version_of(path)).collect();
        versions.is_some_and(|versions| {
            (versions.len() > 1 || below.len() == 1) && versions.iter().all(|version| VERSIONS.contains(version))
        })
    })
}

/// Where in a path dates stand, the longest at a place first.
fn dates_in(path: &str) -> Vec<(usize, usize)> {
    let Ok(date) = SnapshotPattern::parse(DATE) else { return Vec::new() };
    let is_digit = |at: usize| path.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let places = (0..=path.len()).filter(|at| path.is_char_boundary(*at));
    let begins = places.clone().filter(|at| is_digit(*at) && (*at == 0 || !is_digit(at - 1)));
    let ends: Vec<usize> = places.filter(|at| *at > 0 && is_digit(at - 1) && !is_digit(*at)).collect();
    let mut found = Vec::new();
    for begin in begins {
        for end in ends.iter().rev().copied().filter(|end| *end > begin) {
            let text = path.get(begin..end).filter(|text| is_written_as_time(text));
            let version = text.and_then(|text| date.version_of(text));
            if version.is_some_and(|version| VERSIONS.contains(&version)) {
                found.push((begin, end));
            }
        }
    }
    found
}

/// Whether what follows the date is a time of day, and not the number of a part: `_0800` and `T08`, not `_01`.
fn is_written_as_time(text: &str) -> bool {
    const DATE_DIGITS: usize = 8;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let after = text.char_indices().filter(|(_, letter)| letter.is_ascii_digit()).nth(DATE_DIGITS - 1);
    let between = after.and_then(|(at, _)| text.get(at + 1..)?.chars().next());
    match (digits.checked_sub(DATE_DIGITS), between) {
        (Some(0), None) => true,
        (Some(2 | 4 | 6), Some('T' | 't')) => true,
        (Some(2 | 4 | 6), Some(letter)) if letter.is_ascii_digit() => true,
        (Some(4 | 6), Some(_)) => true,
        _ => false,
    }
}

/// Patterns with the date at a place of a path: with all that follows it, then with any name behind the letter that ends
/// the date.
fn patterns_at(path: &str, begin: usize, end: usize) -> Vec<String> {
    let (before, after) = (path.get(..begin).unwrap_or_default(), path.get(end..).unwrap_or_default());
    let below = "/*".repeat(after.matches('/').count());
    // Files of a later delivery may have other names.
    if after.starts_with('/') {
        return vec![format!("{before}{DATE}{below}")];
    }
    let ends = after.chars().next();
    let name_ends = ends.map_or_else(String::new, |letter| format!("{letter}*"));
    vec![format!("{before}{DATE}{after}"), format!("{before}{DATE}{name_ends}{below}")]
}

#[cfg(test)]
mod tests {
    use super::pattern_of;

    #[test]
    fn the_date_may_stand_in_names_and_folders() {
        let of = |paths: &[&str]| pattern_of("landing/people/", paths);
        assert_eq!(
            of(&["landing/people/people_2026-11-20.csv", "landing/people/people_2026-11-21.csv"]).as_deref(),
            Some("people_{date}.csv")
        );
        assert_eq!(of(&["landing/people/p_12_20261120.csv"]).as_deref(), Some("p_12_{date}.csv"));
        assert_eq!(
            of(&["landing/people/dt=2026-11-20/part-0.csv", "landing/people/dt=2026-11-21/part-1.csv"]).as_deref(),
            Some("dt={date}/*")
        );
        assert_eq!(
            of(&["landing/people/a_20261120T080000_1.csv", "landing/people/a_20261120T200000_2.csv"]).as_deref(),
            Some("a_{date}_*")
        );
        let parts =
            ["2026-11-20_01", "2026-11-20_02", "2026-11-21_01"].map(|name| format!("landing/people/{name}.csv"));
        assert_eq!(of(&parts.each_ref().map(String::as_str)).as_deref(), Some("{date}_*"), "parts of a delivery");
        assert_eq!(of(&["landing/people/2026-11-20.csv", "landing/people/all.csv"]), None, "one has none");
        assert_eq!(of(&["landing/people/31.12.2026.csv"]), None, "day first");
        assert_eq!(of(&["landing/people/part-0001.csv"]), None);
        let one_day = ["landing/people/2026-11-20/1.csv", "landing/people/2026-11-20/2.csv"];
        assert_eq!(of(&one_day), None, "parts of one delivery");
    }
}
