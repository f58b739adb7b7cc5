//! Randomness that can be repeated.

use fastrand::Rng;

/// A generator with its seed printed; `SLUICE_SEED` repeats a run.
#[must_use]
pub fn seeded(test: &str) -> Rng {
    let seed = number("SLUICE_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("{test}: repeat with SLUICE_SEED={seed}");
    Rng::with_seed(seed)
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
