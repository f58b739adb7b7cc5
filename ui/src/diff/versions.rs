//! Which two versions are compared.

use sluice_api::VersionView;

/// The two latest versions that a batch or rebuild made, else the two latest.
pub(super) fn default_versions(history: &[VersionView]) -> Option<(u64, u64)> {
    let at = history.iter().position(|version| version.counters.is_some() || version.batch.is_some()).unwrap_or(0);
    let before = |at: usize| Some((history.get(at + 1)?.version, history.get(at)?.version));
    before(at).or_else(|| before(0))
}

/// Versions of the history that are nearest to those asked for.
pub(super) fn nearest(history: &[VersionView], from: u64, to: u64) -> Option<(u64, u64)> {
    let near = |wanted: u64, not: Option<u64>| {
        let versions = history.iter().map(|version| version.version).filter(|version| Some(*version) != not);
        versions.min_by_key(|version| version.abs_diff(wanted))
    };
    let to = near(to, None)?;
    Some((near(from, Some(to))?, to))
}
