//! Tables of Markdown.

/// Stands for null.
const NULL: &str = "∅";
/// Stands for the empty text.
const EMPTY: &str = "\"\"";

/// A table: names, and rows as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads the lines of a table: header, rule, rows.
    pub(crate) fn parse(lines: &[&str]) -> Self {
        let cells = |line: &&str| -> Vec<String> {
            let inside = line.trim().trim_start_matches('|');
            let inside = inside.strip_suffix('|').unwrap_or(inside).replace("\\|", "\u{0}");
            inside.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
        };
        Self { columns: lines.first().map(cells).unwrap_or_default(), rows: lines.iter().skip(2).map(cells).collect() }
    }

    /// The lines of the table, columns aligned.
    pub(crate) fn print(&self) -> Vec<String> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).chain(self.columns.get(column));
            cells.map(|cell| cell.replace('|', "\\|").chars().count()).max().unwrap_or(0).max(3)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let line = |cells: &Vec<String>| {
            let padded = cells.iter().zip(&widths).map(|(cell, &width)| {
                let cell = cell.replace('|', "\\|");
                let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
                format!("{cell}{pad}")
            });
            format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
        };
        let rule = widths.iter().map(|&width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|");
        let mut lines = vec![line(&self.columns), format!("|{rule}|")];
        lines.extend(self.rows.iter().map(line));
        lines
    }

    /// The same rows in the order of their texts, because a table has no order.
    pub(crate) fn sorted(mut self) -> Self {
        self.rows.sort();
        self
    }
}

/// A value as it is written in a table.
pub(crate) fn written(value: Option<&str>) -> String {
    match value {
        None => NULL.to_owned(),
        Some("") => EMPTY.to_owned(),
        Some(text) => text.replace('\n', "⏎"),
    }
}
