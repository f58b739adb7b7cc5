//! One engine at one size, in numbers.

use super::task::Batch;
use serde::{Deserialize, Serialize};

/// An element of the JSON that `--json` writes. Seconds and bytes are medians over the measured rounds; a
/// round makes `commits` commits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) bench: String,
    pub(super) engine: String,
    pub(super) version: String,
    /// Rows of the base table, events of a replay, or tables of B7.
    pub(super) rows: u64,
    /// Rows of one batch.
    pub(super) batch: u64,
    /// Commits that `wall_s` and `cpu_s` cover.
    pub(super) commits: u64,
    pub(super) fsync: bool,
    pub(super) wall_s: f64,
    pub(super) cpu_s: f64,
    pub(super) peak_rss_mb: f64,
    pub(super) bytes_written: u64,
    /// Whether the result has the oracle's fingerprint; null if that was not compared.
    pub(super) equal: Option<bool>,
    /// Measured rounds.
    pub(super) rounds: u64,
    pub(super) wall_p99_s: f64,
    pub(super) first_wall_s: f64,
    pub(super) first_cpu_s: f64,
    pub(super) last_cpu_s: f64,
    /// All measured rounds together.
    #[serde(default)]
    pub(super) wall_total_s: f64,
    /// The version of the sources that was measured.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub(super) commit: String,
    /// Why there are no numbers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) failed: Option<String>,
}

impl Entry {
    /// An entry without numbers.
    pub(super) fn empty(bench: &str, engine: &str, rows: u64, batch: u64, fsync: bool) -> Self {
        Self {
            bench: bench.to_owned(),
            engine: engine.to_owned(),
            version: String::new(),
            rows,
            batch,
            commits: 0,
            fsync,
            wall_s: 0.0,
            cpu_s: 0.0,
            peak_rss_mb: 0.0,
            bytes_written: 0,
            equal: None,
            rounds: 0,
            wall_p99_s: 0.0,
            first_wall_s: 0.0,
            first_cpu_s: 0.0,
            last_cpu_s: 0.0,
            wall_total_s: 0.0,
            commit: String::new(),
            failed: None,
        }
    }

    /// Whether both are of the same engine, work and size.
    pub(super) fn measures_the_same(&self, other: &Self) -> bool {
        let numbers = |entry: &Self| (entry.rows, entry.batch);
        self.bench == other.bench && self.engine == other.engine && numbers(self) == numbers(other)
    }

    /// Takes the medians of rounds.
    pub(super) fn measured(&mut self, rounds: &[Batch]) {
        let (Some(first), Some(last)) = (rounds.first(), rounds.last()) else { return };
        let walls = sorted(rounds.iter().map(|round| round.wall_s));
        let bytes = sorted(rounds.iter().map(|round| as_number(round.bytes_written)));
        self.commits = first.commits;
        self.rounds = rounds.len() as u64;
        self.wall_s = quantile(&walls, 0.5);
        self.wall_p99_s = quantile(&walls, 0.99);
        self.wall_total_s = walls.iter().sum();
        self.cpu_s = quantile(&sorted(rounds.iter().map(|round| round.cpu_s)), 0.5);
        self.bytes_written = as_count(quantile(&bytes, 0.5));
        (self.first_wall_s, self.first_cpu_s, self.last_cpu_s) = (first.wall_s, first.cpu_s, last.cpu_s);
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The median is the mean of the two in the middle; other quantiles are the nearest one above.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    if (share - 0.5).abs() < f64::EPSILON {
        return f64::midpoint(sorted[last / 2], sorted[last.div_ceil(2)]);
    }
    sorted[(as_count((as_number(sorted.len() as u64) * share).ceil()) as usize).clamp(1, last + 1) - 1]
}

#[expect(clippy::cast_precision_loss, reason = "counts for people; a double is exact to 9e15")]
pub(super) fn as_number(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rounded count; negative ones do not occur"
)]
fn as_count(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        assert!((quantile(&values, 0.5) - 5.5).abs() < 1e-9);
        assert!((quantile(&values, 0.99) - 10.0).abs() < 1e-9);
        assert!((quantile(&values[..3], 0.5) - 2.0).abs() < 1e-9);
        assert!(quantile(&[], 0.5).abs() < 1e-9);
    }
}
