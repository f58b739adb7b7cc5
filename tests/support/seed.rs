//! Randomness that can be repeated.

use fastrand::Rng;

/// A generator with its seed printed; `SLUICE_TEST_SEED` repeats a run.
#[must_use]
pub fn seeded(test: &str) -> Rng {
    let given = std::env::var("SLUICE_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("{test}: repeat with SLUICE_TEST_SEED={seed}");
    Rng::with_seed(seed)
}
