//! Text for people, JSON for programs.

use anyhow::Result;
use serde::Serialize;
use sluice_api::RowLedger;
use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How to print. Clones share what is known of the reader.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    closed: Arc<AtomicBool>,
}

impl Output {
    /// Prints JSON if `json`, else text.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, closed: Arc::default() }
    }

    /// Prints `value` as JSON, or `text` of it. Where nobody reads any more (`| head`), nothing is printed and that
    /// is no error: what the command did counts.
    pub(crate) fn show<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        let text = match self.json {
            true => serde_json::to_string_pretty(value)? + "\n",
            false => visible(&text(value)),
        };
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            other => Ok(other?),
        }
    }

    /// Prints a text as it is, whatever was asked for.
    pub(crate) fn show_text(&self, text: &str) -> Result<()> {
        Self { json: false, closed: Arc::clone(&self.closed) }.show(&(), |()| text.to_owned())
    }

    /// Whether nobody reads what is printed any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}

/// Prints a line on standard error; where that cannot be written there is nobody to tell.
pub(crate) fn note(line: impl std::fmt::Display) {
    let _unheard = writeln!(std::io::stderr().lock(), "{}", visible(&line.to_string()));
}

/// A text with pictures of the characters that a terminal would obey. Names and values come from sources: one could move
/// the cursor, set a title or turn the direction of writing, so that other text is read than is there.
fn visible(text: &str) -> String {
    let picture = |c: char| match c {
        '\n' | '\t' => c,
        '\u{7f}' => '\u{2421}',
        c if c.is_ascii_control() => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        c if c.is_control() => '\u{fffd}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(picture).collect()
}

/// A table of text with aligned columns; numbers stand right.
pub(crate) struct Grid {
    rows: Vec<Vec<String>>,
    right: Vec<bool>,
}

impl Grid {
    /// A grid with a header; a name that begins with `>` stands right.
    pub(crate) fn new(header: &[&str]) -> Self {
        let right = header.iter().map(|name| name.starts_with('>')).collect();
        Self { rows: vec![header.iter().map(|name| name.trim_start_matches('>').to_owned()).collect()], right }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn to_text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let pad = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
                if self.right.get(column).copied().unwrap_or(false) {
                    line.push_str(&pad);
                    line.push_str(cell);
                } else {
                    line.push_str(cell);
                    line.push_str(&pad);
                }
                line.push_str("  ");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// `1,234,567`.
pub(crate) fn number(value: u64) -> String {
    indicatif::HumanCount(value).to_string()
}

/// The ledger as an equation.
pub(crate) fn ledger(counters: &RowLedger) -> String {
    let filtered = match counters.filtered {
        0 => String::new(),
        filtered => format!(" + {} filtered", number(filtered)),
    };
    let verdict = if counters.balances() { "balances" } else { "DOES NOT BALANCE" };
    format!(
        "{} in = {} applied + {} superseded{} + {} quarantined; silver {} + {} inserted - {} deleted = {}; {verdict}",
        number(counters.rows_in),
        number(counters.applied()),
        number(counters.superseded),
        filtered,
        number(counters.quarantined),
        number(counters.silver_before),
        number(counters.inserted),
        number(counters.deleted),
        number(counters.silver_after),
    )
}

/// A time in UTC, to the minute.
pub(crate) fn time(ms: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(ms);
    time.map_or_else(|| "an unknown time".to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// `v42`, or `-`.
pub(crate) fn version(version: Option<u64>) -> String {
    version.map_or_else(|| "-".to_owned(), |version| format!("v{version}"))
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(visible("a\tb\nZürich ✓"), "a\tb\nZürich ✓");
        assert_eq!(visible("\u{1b}[31mred\u{7}\r\u{7f}"), "␛[31mred␇␍␡");
        assert_eq!(visible("\u{9b}2J \u{202e}abc\u{2066}"), "\u{fffd}2J \u{fffd}abc\u{fffd}");
    }
}
