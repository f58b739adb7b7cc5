//! Numbers beside their targets.

use anyhow::Context;
use serde::Serialize;
use std::path::Path;

/// One number.
#[derive(Serialize)]
pub(super) struct Number {
    what: &'static str,
    value: f64,
    unit: &'static str,
    /// At most this much; `None` for a number that only tells.
    target: Option<f64>,
    met: Option<bool>,
}

/// All numbers of a run.
#[derive(Default, Serialize)]
pub(super) struct Report {
    numbers: Vec<Number>,
}

impl Report {
    /// Adds a number that has a target.
    pub(super) fn judge(&mut self, what: &'static str, value: f64, unit: &'static str, target: f64) {
        self.numbers.push(Number { what, value, unit, target: Some(target), met: Some(value <= target) });
    }

    /// Adds a number that only tells.
    pub(super) fn tell(&mut self, what: &'static str, value: f64, unit: &'static str) {
        self.numbers.push(Number { what, value, unit, target: None, met: None });
    }

    /// A table for people.
    pub(super) fn print(&self) {
        let width = self.numbers.iter().map(|number| number.what.len()).max().unwrap_or(0);
        println!("\n{:width$}  {:>12}  {:>12}", "", "measured", "target");
        for number in &self.numbers {
            let target = number.target.map_or_else(String::new, |target| format!("{target} {}", number.unit));
            let verdict = match number.met {
                Some(true) => "met",
                Some(false) => "MISSED",
                None => "",
            };
            let value = format!("{:.2} {}", number.value, number.unit);
            println!("{:width$}  {value:>12}  {target:>12}  {verdict}", number.what);
        }
    }

    /// The same for a page.
    pub(super) fn to_markdown(&self) -> String {
        let mut text = "| | measured | target |\n|---|---|---|\n".to_owned();
        for number in &self.numbers {
            let target = number.target.map_or_else(String::new, |target| format!("{target} {}", number.unit));
            let missed = if number.met == Some(false) { ", missed" } else { "" };
            text.push_str(&format!("| {} | {:.2} {} | {target}{missed} |\n", number.what, number.value, number.unit));
        }
        text
    }

    /// The same for programs.
    pub(super) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}
