//! From DuckDB's errors to ours: place in the person's SQL, no row values, a next step.

use crate::error::{QueryError, QueryErrorKind, SqlPlace};
use serde::Deserialize;

/// SQL of a person inside SQL of ours, to map a position back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Embedded<'a> {
    /// The person's text.
    pub text: &'a str,
    /// Bytes of ours before it.
    pub before: usize,
    /// Bytes at its begin that were left out.
    pub skipped: usize,
}

/// An error as DuckDB prints it with `errors_as_json`.
#[derive(Debug, Deserialize)]
struct Written {
    #[serde(default)]
    exception_type: String,
    #[serde(default)]
    exception_message: String,
    #[serde(default)]
    position: Option<String>,
    #[serde(default)]
    error_subtype: String,
}

impl From<duckdb::Error> for QueryError {
    fn from(error: duckdb::Error) -> Self {
        from_duckdb(&error, None)
    }
}

/// Our error for an error of DuckDB.
pub(crate) fn from_duckdb(error: &duckdb::Error, sql: Option<Embedded<'_>>) -> QueryError {
    match error {
        duckdb::Error::DuckDBFailure(_, Some(text)) => from_text(text, sql),
        other => QueryError::internal(format!("DuckDB: {}", mask(&other.to_string()))),
    }
}

/// Our error for the text of an error of DuckDB.
pub(crate) fn from_text(text: &str, sql: Option<Embedded<'_>>) -> QueryError {
    let written = read(text);
    let place = sql.and_then(|sql| {
        let position: usize = written.position.as_deref()?.parse().ok()?;
        place_of(sql.text, position.checked_sub(sql.before)? + sql.skipped)
    });
    QueryError { place, ..sentence(&written) }
}

fn read(text: &str) -> Written {
    if let Some(start) = text.find('{')
        && let Ok(written) = serde_json::from_str::<Written>(&text[start..])
        && !written.exception_type.is_empty()
    {
        return written;
    }
    let (kind, message) = text.split_once(" Error: ").unwrap_or(("", text));
    let message = message.split("\n\nLINE ").next().unwrap_or(message);
    Written {
        exception_type: kind.to_owned(),
        exception_message: message.to_owned(),
        position: None,
        error_subtype: String::new(),
    }
}

/// Line and column of byte `position`.
pub(crate) fn place_of(text: &str, position: usize) -> Option<SqlPlace> {
    let before = text.get(..position)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some(SqlPlace {
        line: u32::try_from(line).ok()?,
        column: u32::try_from(column).ok()?,
        position: u32::try_from(before.chars().count()).ok()?,
    })
}

fn sentence(written: &Written) -> QueryError {
    let message = written.exception_message.trim();
    if let Some(extension) = extension_of(message) {
        return QueryError::input(
            format!("This function belongs to DuckDB's extension `{extension}`, which Sluice does not load"),
            "Use another function; files and Excel sheets come in through Onboard, never through SQL",
        );
    }
    let first = message.lines().next().unwrap_or(message).trim_end_matches(['!', '.']).to_owned();
    let hint = message.lines().find_map(|line| {
        line.strip_prefix("Did you mean ").map(|rest| format!("Did you mean {}", rest.trim_end_matches('.'))).or_else(
            || line.strip_prefix("Candidate bindings: ").map(|rest| format!("Columns with a near name: {rest}")),
        )
    });
    match written.exception_type.as_str() {
        "Parser" | "Syntax" => QueryError::input(capital(&first), "Correct the SQL at this place"),
        "Binder" => {
            QueryError::input(capital(&first), hint.unwrap_or_else(|| "Correct the SQL at this place".to_owned()))
        }
        "Catalog" => QueryError::input(
            capital(&first),
            hint.unwrap_or_else(|| "Tables are written layer.dataset.table, for example silver.shop.orders".to_owned()),
        ),
        "INTERRUPT" | "Interrupt" => QueryError::cancelled(),
        "Out of Memory" => QueryError::new(
            QueryErrorKind::Resources,
            "The query needs more memory than it may use",
            "Read fewer columns or rows, aggregate earlier, or add a LIMIT",
        ),
        "IO" => QueryError::new(
            QueryErrorKind::Resources,
            "A data file could not be read",
            "Reload the lake; if it stays, check the files of the tables in this query",
        ),
        "Permission" => QueryError::refused(
            "SQL may read the tables of the lake and nothing else",
            "Name a table as layer.dataset.table, for example silver.shop.orders",
        ),
        "Conversion" | "Out of Range" | "Cast" | "Decimal" => QueryError::input(
            capital(&mask(&first)),
            "Use TRY_CAST to get null for values that do not fit, or a larger type such as DOUBLE or DECIMAL(38,10)",
        ),
        "Invalid Input" | "Constraint" | "Not implemented" | "Sequence" => {
            QueryError::input(capital(&mask(&first)), "Correct the SQL, or leave out the rows that do not fit")
        }
        "INTERNAL" | "FATAL" => QueryError::internal("DuckDB met an error of its own"),
        kind => {
            let subtype = if written.error_subtype.is_empty() { kind } else { written.error_subtype.as_str() };
            QueryError::input(
                if first.is_empty() { format!("DuckDB: {subtype}") } else { capital(&mask(&first)) },
                "Correct the SQL at this place",
            )
        }
    }
}

/// The `X` of "… exists in the X extension".
fn extension_of(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("exists in the ")?;
    let (name, _) = rest.split_once(" extension")?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
}

/// Replaces everything quoted or in brackets, and every number, because it may be a value of a row.
fn mask(message: &str) -> String {
    let mut masked = String::with_capacity(message.len());
    let mut chars = message.chars().peekable();
    while let Some(c) = chars.next() {
        let close = match c {
            '\'' => Some('\''),
            '"' => Some('"'),
            '(' => Some(')'),
            _ => None,
        };
        if let Some(close) = close {
            while let Some(inner) = chars.next() {
                if inner == close && chars.peek() != Some(&close) {
                    break;
                }
            }
            masked.push('…');
        } else if c.is_ascii_digit() && !masked.chars().next_back().is_some_and(|p| p.is_ascii_alphabetic()) {
            while chars.peek().is_some_and(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | ':')) {
                chars.next();
            }
            masked.push('…');
        } else if c.is_ascii_alphabetic() {
            // A word keeps its digits: INT32, FLOAT64.
            masked.push(c);
            while let Some(next) = chars.next_if(char::is_ascii_alphanumeric) {
                masked.push(next);
            }
        } else {
            masked.push(c);
        }
    }
    masked
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::{Embedded, from_text, mask, place_of};
    use crate::error::QueryErrorKind;

    #[test]
    fn values_of_rows_are_masked() {
        assert_eq!(mask("Could not convert string 'secret' to INT32"), "Could not convert string … to INT32");
        assert_eq!(mask("Overflow in multiplication of INT64 (2 * 922)"), "Overflow in multiplication of INT64 …");
        assert_eq!(mask("Could not parse 2024-01-02 as \"%d\" x"), "Could not parse … as … x");
        assert_eq!(mask("it's an open quote 42"), "it…");
    }

    #[test]
    fn a_place_is_in_the_persons_text() {
        let json = r#"Binder Error: {"exception_type":"Binder","exception_message":"Referenced column \"x\" not found!\nCandidate bindings: \"y\"","position":"19"}"#;
        let error = from_text(json, Some(Embedded { text: "SELECT\n x", before: 11, skipped: 0 }));
        assert_eq!(
            error.to_string(),
            "Referenced column \"x\" not found (line 2, column 2). Columns with a near name: \"y\""
        );
        assert_eq!(place_of("ä\nöx", 5).map(|p| (p.line, p.column, p.position)), Some((2, 2, 3)));
        assert_eq!(place_of("a", 9), None);
    }

    #[test]
    fn an_extension_is_explained() {
        let error = from_text(
            "Catalog Error: Table Function with name \"read_xlsx\" is not in the catalog, but it exists in the excel extension.",
            None,
        );
        assert!(error.message.contains("`excel`") && error.next.contains("Onboard"), "{error}");
        assert_eq!(from_text("INTERRUPT Error: Interrupted!", None).kind, QueryErrorKind::Cancelled);
    }
}
