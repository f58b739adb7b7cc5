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
        // What it says may hold a value.
        _ => QueryError::internal("DuckDB answered with something unexpected"),
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
    // The kind comes first; anything else before the words is part of what may hold a value.
    let (kind, message) = text.split_once(" Error: ").filter(|(kind, _)| is_name(kind)).unwrap_or(("", text));
    let message = message.split("\n\nLINE ").next().unwrap_or(message);
    Written { exception_type: kind.to_owned(), exception_message: message.to_owned(), position: None }
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
    let of_names = matches!(written.exception_type.as_str(), "Catalog" | "Binder" | "Missing Extension" | "Autoload");
    if let Some(extension) = extension_of(message).filter(|_| of_names) {
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
        "Out of Memory" => QueryError::out_of_memory(),
        "IO" => QueryError::new(
            QueryErrorKind::Resources,
            "A data file could not be read",
            "Reload the lake; if it stays, check the files of the tables in this query",
        ),
        "Permission" => QueryError::refused(
            "SQL may read the tables of the lake and nothing else",
            "Name a table as layer.dataset.table, for example silver.shop.orders",
        ),
        "Conversion" | "Cast" | "Decimal" => QueryError::input(
            match target_type(message) {
                Some(ty) => format!("A value cannot be converted to {ty}"),
                None => "A value cannot be converted to the type that is asked for".to_owned(),
            },
            FITTING_VALUES,
        ),
        "Out of Range" => QueryError::input("A value is out of range of its type", FITTING_VALUES),
        "Invalid Input" if is_of_pattern(message) => QueryError::input(
            "A regular expression is not valid",
            "Correct the pattern, or leave out the rows that have it",
        ),
        "Invalid Input" | "Constraint" | "Sequence" => QueryError::input(
            "A function of the SQL refused a value, or the SQL called `error`",
            "Correct the SQL, or leave out the rows that do not fit",
        ),
        // Names of types and functions alone.
        "Not implemented" => QueryError::input(capital(&mask(&first)), "Write it in another way"),
        "INTERNAL" | "FATAL" => QueryError::internal("DuckDB met an error of its own"),
        // What it says may hold a value.
        kind => {
            let kind = if is_name(kind) { format!(" ({kind})") } else { String::new() };
            QueryError::input(
                format!("DuckDB cannot run this{kind}"),
                "Correct the SQL, or leave out the rows that do not fit",
            )
        }
    }
}

/// What to do about values of the wrong kind.
const FITTING_VALUES: &str =
    "Use TRY_CAST to get null for values that do not fit, or a larger type such as DOUBLE or DECIMAL(38,10)";

/// Types that a value may fail to become.
const TYPES: [&str; 24] = [
    "BIGINT",
    "BIT",
    "BLOB",
    "BOOL",
    "BOOLEAN",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "ENUM",
    "FLOAT",
    "HUGEINT",
    "INT128",
    "INT16",
    "INT32",
    "INT64",
    "INT8",
    "INTEGER",
    "INTERVAL",
    "SMALLINT",
    "TIME",
    "TIMESTAMP",
    "UINT32",
    "UINT64",
    "UUID",
];

/// The type that the end of a message names; never a word of the value in it.
fn target_type(message: &str) -> Option<&'static str> {
    let (_, end) = message.rsplit_once(" to ")?;
    let end = end.strip_prefix("type ").unwrap_or(end);
    let word = end.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    TYPES.into_iter().find(|ty| *ty == word)
}

/// Whether the message is one of the library of regular expressions, by the words that it begins with.
fn is_of_pattern(message: &str) -> bool {
    [
        "missing ",
        "no argument for repetition",
        "bad repetition",
        "invalid escape",
        "invalid UTF-8",
        "invalid perl",
        "invalid character class",
        "trailing \\",
        "unexpected ): ",
        "invalid named capture",
        "pattern too large",
        "invalid regular expression",
    ]
    .iter()
    .any(|begin| message.starts_with(begin))
}

/// A word of DuckDB's own, such as a kind of error.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() < 40 && text.chars().all(|c| c.is_ascii_alphabetic() || c == ' ')
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
    fn no_error_holds_a_value() {
        let value = "it's anna@post.example (born 1970-01-02) to BOB";
        for (kind, message) in [
            ("Conversion", format!("Could not convert string '{value}' to INT32")),
            ("Conversion", format!("invalid timestamp field format: \"{value}\", expected format is (YYYY-MM-DD)")),
            ("Out of Range", format!("Overflow in multiplication of INT64 ({value} * 2)!")),
            ("Invalid Input", value.to_owned()),
            ("Invalid Input", format!("missing ): {value}")),
            ("Constraint", format!("Duplicate key \"{value}\"")),
            ("Sequence", value.to_owned()),
            ("Something new", value.to_owned()),
            ("", value.to_owned()),
            ("INTERNAL", value.to_owned()),
            ("Out of Memory", value.to_owned()),
            ("IO", value.to_owned()),
        ] {
            let plain = format!("{kind} Error: {message}");
            let json = serde_json::json!({ "exception_type": kind, "exception_message": message });
            for text in [plain, format!("{kind} Error: {json}"), message.clone()] {
                let error = from_text(&text, None);
                let said = error.to_string();
                let has_value = ["anna", "post", "born", "1970", "BOB"].iter().any(|part| said.contains(part));
                assert!(!has_value, "{text}: {said}");
                assert!(!error.next.is_empty() || error.kind == QueryErrorKind::Internal, "{text}");
            }
        }
        let said = |message: &str| from_text(&format!("Conversion Error: {message}"), None).message;
        assert_eq!(said("Could not convert string 'x' to INT32"), "A value cannot be converted to INT32");
        assert_eq!(said("Casting value \"1\" to type DECIMAL(3,1) failed"), "A value cannot be converted to DECIMAL");
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
