//! Which rows a batch changes.

use crate::shape::{Shape, Spread};
use std::collections::HashSet;

/// Draws rows; seeded, so that the same shape draws the same.
pub(crate) struct Picker {
    spread: Spread,
    random: fastrand::Rng,
    /// Rows that are gone for good.
    gone: HashSet<u64>,
}

impl Picker {
    /// For one folder of data.
    pub(crate) fn new(shape: &Shape) -> Self {
        Self { spread: shape.spread, random: fastrand::Rng::with_seed(shape.seed), gone: HashSet::new() }
    }

    /// So many different rows below `live`, as they are drawn.
    pub(crate) fn rows(&mut self, count: u64, live: u64) -> Vec<u64> {
        if self.spread == Spread::Range {
            let from = (live - count.min(live)) / 2;
            return (from..from + count.min(live)).collect();
        }
        let mut seen = HashSet::new();
        let mut rows = Vec::new();
        while (rows.len() as u64) < count.min(live) {
            let row = self.draw(live);
            if seen.insert(row) {
                rows.push(row);
            }
        }
        rows
    }

    /// Rows that no earlier call has taken.
    pub(crate) fn take(&mut self, count: u64, rows: u64) -> Vec<u64> {
        if self.spread == Spread::Range {
            return self.rows(count, rows);
        }
        let mut taken = Vec::new();
        while (taken.len() as u64) < count && (self.gone.len() as u64) < rows {
            let row = self.draw(rows);
            if self.gone.insert(row) {
                taken.push(row);
            }
        }
        taken
    }

    fn draw(&mut self, live: u64) -> u64 {
        match self.spread {
            Spread::Uniform | Spread::Range => self.random.u64(0..live),
            Spread::Recent => {
                let newest = (live / 10).max(1);
                let all = self.random.u8(0..10) == 0;
                if all { self.random.u64(0..live) } else { live - 1 - self.random.u64(0..newest) }
            }
            Spread::Zipf => live - 1 - self.zipf(live),
        }
    }

    /// Rank by the inverse of the continuous distribution function, exponent 0.99.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank drawn by a formula over floats; it is capped below"
    )]
    fn zipf(&mut self, live: u64) -> u64 {
        let rest = 1.0 - 0.99_f64;
        let rank = (self.random.f64() * ((live as f64).powf(rest) - 1.0) + 1.0).powf(1.0 / rest);
        (rank as u64 - 1).min(live - 1)
    }
}
