//! Randomness that can be repeated.

use fastrand::Rng;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A generator with its seed printed; `SLUICE_SEED` repeats a run. Without it a test draws the same every time, so
/// that what fails is what changed; the night run draws anew (`SLUICE_NEW_SEEDS`).
#[must_use]
pub fn seeded(test: &str) -> Rng {
    let seed = number("SLUICE_SEED").unwrap_or_else(|| drawn(test));
    println!("{test}: repeat with SLUICE_SEED={seed}");
    Rng::with_seed(seed)
}

fn drawn(test: &str) -> u64 {
    if number("SLUICE_NEW_SEEDS").is_some() {
        return fastrand::u64(..);
    }
    let mut hash = DefaultHasher::new();
    test.hash(&mut hash);
    hash.finish()
}

/// A number of the environment: `SLUICE_SEED`, or how much of something to do.
#[must_use]
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Tells the night run how often something was tried, for its scoreboard.
pub fn counted(what: &str, times: usize) {
    println!("COUNTED {what}: {times}");
}

/// How much of something to do: as the environment says, or the number of a pull request.
#[must_use]
pub fn amount(name: &str, of_a_pull_request: u64) -> u64 {
    number(name).unwrap_or(of_a_pull_request)
}

/// Some of many cases: as many as the environment says, or the number of a pull request. Every kind is among them,
/// the night run draws the rest anew. With `SLUICE_SEED` all of them, as it names one.
#[must_use]
pub fn some_of_each_kind<T, K: Ord>(
    name: &str,
    of_a_pull_request: u64,
    cases: Vec<T>,
    kind: impl Fn(&T) -> K,
) -> Vec<T> {
    if number("SLUICE_SEED").is_some() {
        return cases;
    }
    let wanted = usize::try_from(amount(name, of_a_pull_request)).unwrap_or(usize::MAX);
    let mut cases = cases;
    Rng::with_seed(drawn(name)).shuffle(&mut cases);
    let mut kinds = BTreeSet::new();
    let (mut chosen, others): (Vec<T>, Vec<T>) = cases.into_iter().partition(|case| kinds.insert(kind(case)));
    let room = wanted.saturating_sub(chosen.len());
    chosen.extend(others.into_iter().take(room));
    chosen
}
