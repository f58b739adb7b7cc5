//! Rows of a table beside those that a case expects.

use super::case::Row;
use super::table_lake::{Found, text};

/// Whether the rows are those, by the columns that are expected.
pub(crate) fn equal(found: &[Found], expected: &[Row]) -> bool {
    let mut left: Vec<&Found> = found.iter().collect();
    for row in expected {
        let fits = |candidate: &&Found| {
            row.iter().all(|(name, value)| {
                let cell = candidate.get(column(name)).cloned().flatten();
                cell == text(value)
            })
        };
        match left.iter().position(fits) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => return false,
        }
    }
    left.is_empty()
}

/// The column of a name of the cases.
fn column(name: &str) -> &str {
    match name {
        "start" => "__START_AT",
        "end" => "__END_AT",
        other => other,
    }
}

/// Rows for a message.
pub(crate) fn shown(found: &[Found]) -> String {
    let row = |row: &Found| -> String {
        let cells = row.iter().filter(|(name, _)| !name.starts_with("_") || name.ends_with("_AT"));
        let cells: Vec<String> =
            cells.map(|(name, cell)| format!("{name}={}", cell.as_deref().unwrap_or("null"))).collect();
        format!("({})", cells.join(" "))
    };
    format!("[{}]", found.iter().map(row).collect::<Vec<_>>().join(", "))
}

/// Expected rows for a message.
pub(crate) fn shown_rows(rows: &[Row]) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::equal;
    use serde_json::json;

    #[test]
    fn rows_are_compared_by_the_expected_columns() {
        let found = [[("id".to_owned(), Some("1".to_owned())), ("x".to_owned(), None)].into_iter().collect()];
        let row = |value: serde_json::Value| value.as_object().cloned().into_iter().collect::<Vec<_>>();
        assert!(equal(&found, &row(json!({"id": 1, "x": null}))));
        assert!(!equal(&found, &row(json!({"id": 2}))));
        assert!(!equal(&found, &[]));
    }
}
