//! How two lakes differ, for people: in the terminal, as Markdown for a comment on a pull request, as a page.
//!
//! A report has counts and names alone, no value of a row, so nothing personal can be in it. It stays small enough for a
//! comment: tables that are equal are one line, and of many that are not the largest changes are shown.

use crate::print::{Grid, number};
use sluice_api::{DiffColumn, Impact, KeyOrigin, TableImpact};

/// Changed tables in a report.
const TABLES_MAX: usize = 100;
/// Changed columns of a table in a report.
const COLUMNS_MAX: usize = 8;
/// Bytes of a report, below the 64 KiB that a comment may have.
const BYTES_MAX: usize = 60_000;

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ReportForm {
    /// Markdown, for a comment.
    Md,
    /// A page by itself.
    Html,
    /// Everything that is known.
    Json,
}

/// A table in a line.
struct Line {
    table: String,
    rows: String,
    inserted: String,
    updated: String,
    deleted: String,
    what: String,
}

impl Line {
    fn of(table: &TableImpact) -> Self {
        let none = || "-".to_owned();
        let mut line = Self {
            table: table.table.to_string(),
            rows: number(table.rows),
            inserted: none(),
            updated: none(),
            deleted: none(),
            what: String::new(),
        };
        match (&table.diff, &table.error) {
            (_, Some(error)) => line.what = format!("not compared: {error}"),
            (Some(diff), None) => {
                line.inserted = number(diff.inserted);
                line.updated = number(diff.updated);
                line.deleted = number(diff.deleted);
                let schema = diff.schema.iter().map(|change| {
                    let (before, after) =
                        (change.before.as_deref().unwrap_or("-"), change.after.as_deref().unwrap_or("-"));
                    format!("{} {before} -> {after}", change.column)
                });
                let changed: Vec<&DiffColumn> = diff.columns.iter().filter(|column| column.changed > 0).collect();
                let more = changed.len().saturating_sub(COLUMNS_MAX);
                let cells = changed
                    .iter()
                    .take(COLUMNS_MAX)
                    .map(|column| format!("{} {}", column.name, number(column.changed)));
                let mut parts: Vec<String> = schema.chain(cells).collect();
                if more > 0 {
                    parts.push(format!("and {more} more columns"));
                }
                if matches!(diff.by, KeyOrigin::WholeRows(_)) {
                    parts.push("whole rows counted, no key is known".to_owned());
                }
                line.what = parts.join(", ");
            }
            (None, None) if table.from.is_none() => line.what = "new table".to_owned(),
            (None, None) => line.what = "no such table after".to_owned(),
        }
        line
    }
}

/// What differs, largest first; how many tables are equal; how many that differ are not shown.
fn parts(impact: &Impact) -> (Vec<Line>, usize, usize) {
    let mut changed: Vec<&TableImpact> = impact.tables.iter().filter(|table| !table.is_equal()).collect();
    // What is not known comes first.
    changed.sort_by_key(|table| (table.changed_rows().is_some(), std::cmp::Reverse(table.changed_rows())));
    let equal = impact.tables.len() - changed.len();
    let more = changed.len().saturating_sub(TABLES_MAX);
    (changed.into_iter().take(TABLES_MAX).map(Line::of).collect(), equal, more)
}

fn closing(equal: usize, more: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if more > 0 {
        lines.push(format!("{more} more tables differ"));
    }
    if equal > 0 {
        let tables = if equal == 1 { "table is" } else { "tables are" };
        lines.push(format!("{equal} {tables} equal"));
    }
    lines
}

/// For the terminal.
pub(crate) fn text(impact: &Impact) -> String {
    let (lines, equal, more) = parts(impact);
    let mut text = format!("{} -> {}\n", impact.from, impact.to);
    let mut grid = Grid::new(&["table", ">rows", ">inserted", ">updated", ">deleted", "columns"]);
    let is_empty = lines.is_empty();
    for line in lines {
        grid.row([line.table, line.rows, line.inserted, line.updated, line.deleted, line.what]);
    }
    if !is_empty {
        text.push_str(&grid.to_text());
    }
    for line in closing(equal, more) {
        text.push_str(&format!("{line}\n"));
    }
    text
}

/// For a comment.
pub(crate) fn markdown(impact: &Impact) -> String {
    let (lines, equal, more) = parts(impact);
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut text = format!("### Sluice: what changes\n\n`{}` to `{}`\n\n", impact.from, impact.to);
    let count = lines.len();
    if count > 0 {
        text.push_str("| table | rows | + | ~ | - | columns |\n|---|--:|--:|--:|--:|---|\n");
    }
    for (shown, line) in lines.into_iter().enumerate() {
        let Line { table, rows, inserted, updated, deleted, what } = line;
        let row = format!("| {} | {rows} | {inserted} | {updated} | {deleted} | {} |\n", cell(&table), cell(&what));
        if text.len() + row.len() > BYTES_MAX {
            text.push_str(&format!("\n{} more tables differ\n", count - shown));
            break;
        }
        text.push_str(&row);
    }
    for line in closing(equal, more) {
        text.push_str(&format!("\n{line}\n"));
    }
    text
}

/// As a page.
pub(crate) fn html(impact: &Impact) -> String {
    let (lines, equal, more) = parts(impact);
    let escape =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut rows = String::new();
    let count = lines.len();
    for (shown, line) in lines.into_iter().enumerate() {
        let Line { table, rows: all, inserted, updated, deleted, what } = line;
        let numbers: String =
            [all, inserted, updated, deleted].iter().map(|n| format!("<td class=n>{n}</td>")).collect();
        let row = format!("<tr><td>{}</td>{numbers}<td>{}</td></tr>\n", escape(&table), escape(&what));
        if rows.len() + row.len() > BYTES_MAX {
            rows.push_str(&format!("<tr><td colspan=6>{} more tables differ</td></tr>\n", count - shown));
            break;
        }
        rows.push_str(&row);
    }
    let closing: String = closing(equal, more).iter().map(|line| format!("<p>{line}</p>\n")).collect();
    let title = format!("{} to {}", escape(&impact.from), escape(&impact.to));
    format!(
        "<!doctype html>\n<html lang=en><meta charset=utf-8><title>What changes</title>\n<style>body{{font:14px \
         system-ui;margin:2em}}td,th{{padding:.3em .8em;text-align:left;border-bottom:1px solid \
         #ccc}}.n{{text-align:right;font-variant-numeric:tabular-nums}}</style>\n<h1>What changes</h1>\n<p>{title}</p>\n\
         <table><tr><th>table<th>rows<th>inserted<th>updated<th>deleted<th>columns</tr>\n{rows}</table>\n{closing}</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, html, markdown, text};
    use sluice_api::{DiffColumn, DiffView, Impact, KeyOrigin, ResultId, ResultView, TableImpact};

    fn impact(tables: usize) -> Impact {
        let table = |at: usize| -> TableImpact {
            let name = format!("silver.shop.a_table_with_a_long_name_{at}");
            let table: sluice_api::TableRef = name.parse().unwrap();
            let columns = (0..40).map(|column| DiffColumn {
                name: format!("a_column_with_a_long_name_{column}<b>|"),
                data_type: "bigint".to_owned(),
                key: false,
                changed: 3,
            });
            let result = ResultView { id: ResultId(1), columns: Vec::new(), rows: 0, elapsed_ms: 0 };
            let diff = DiffView {
                table: table.clone(),
                from: 1,
                to: 2,
                inserted: at as u64,
                updated: 3,
                deleted: 0,
                unchanged: 5,
                schema: Vec::new(),
                columns: columns.collect(),
                result,
                of: None,
                sides: None,
                by: KeyOrigin::default(),
                changed_in_all: None,
                elapsed_ms: 0,
            };
            let diff = at.is_multiple_of(2).then_some(diff);
            TableImpact { table, from: Some(1), to: Some(2), rows: 8, diff, error: None }
        };
        Impact { from: "a".to_owned(), to: "b".to_owned(), tables: (0..tables).map(table).collect(), elapsed_ms: 0 }
    }

    #[test]
    fn equal_tables_are_one_line_and_the_largest_change_comes_first() {
        let shown = text(&impact(6));
        assert!(shown.contains("3 tables are equal") && !shown.contains("name_1 "), "{shown}");
        assert!(shown.find("name_4").unwrap() < shown.find("name_2").unwrap(), "{shown}");
        assert_eq!(impact(6).changed_rows(), Some(3 + 5 + 7));
    }

    #[test]
    fn a_report_fits_into_a_comment() {
        let many = impact(1_000);
        for report in [markdown(&many), html(&many)] {
            assert!(report.len() < BYTES_MAX + 2_000, "{}", report.len());
            assert!(report.contains("more tables differ") && report.contains("500 tables are equal"));
        }
        assert!(markdown(&many).contains("\\|") && html(&many).contains("&lt;b&gt;"));
    }
}
