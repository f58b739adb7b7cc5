//! Timed steps and the table at the end.

use anyhow::Context;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Runs steps one after the other; the first that fails ends the task with its name.
#[derive(Default)]
pub(crate) struct Stages {
    done: Vec<(String, Duration)>,
}

impl Stages {
    /// Runs one step.
    pub(crate) fn run<T>(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        println!("\n{}", strong(&format!("── {name}")));
        let begun = Instant::now();
        let outcome = step();
        let elapsed = begun.elapsed();
        self.done.push((name.to_owned(), elapsed));
        if outcome.is_err() {
            println!("── {name} failed after {}", seconds(elapsed));
            self.summary(Some(name));
        } else {
            println!("── {name} done in {}", seconds(elapsed));
        }
        outcome.with_context(|| format!("stage `{name}` failed"))
    }

    /// Prints every step with its time.
    pub(crate) fn summary(&self, failed: Option<&str>) {
        let width = self.done.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(5);
        println!("\n{:width$}  {:>9}", "stage", "time");
        for (name, elapsed) in &self.done {
            let mark = if failed == Some(name.as_str()) { "  FAILED" } else { "" };
            println!("{name:width$}  {:>9}{mark}", seconds(*elapsed));
        }
        let total: Duration = self.done.iter().map(|(_, elapsed)| *elapsed).sum();
        println!("{:width$}  {:>9}", "all", seconds(total));
    }
}

/// `12.3 s`, from a minute on `4 min 05 s`.
pub(crate) fn seconds(elapsed: Duration) -> String {
    let whole = elapsed.as_secs();
    if whole < 60 {
        format!("{:.1} s", elapsed.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// Bold on a terminal, plain in a log.
pub(crate) fn strong(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::seconds;
    use std::time::Duration;

    #[test]
    fn a_minute_is_written_as_one() {
        assert_eq!(seconds(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
    }
}
