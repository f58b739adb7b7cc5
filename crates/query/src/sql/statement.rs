//! One statement of a person, parsed and checked before it runs.

use crate::error::{QueryError, QueryErrorKind};
use crate::sql::ast::{Ast, Parsed};
use crate::sql::duckdb_error::place_of;
use crate::sql::lineage::{self, PersonalColumns};
use crate::sql::past::{self, Meant, PastTable};
use duckdb::Connection;
use serde_json::Value;
use sluice_api::TableRef;

/// Longest SQL that is read, bytes.
const SQL_BYTES_MAX: usize = 1 << 20;

/// Text of a person that DuckDB's parser read as one statement, or one expression, that only reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked(String);

impl Checked {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What to do with a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    /// Rows.
    Rows(Checked),
    /// `EXPLAIN`, with `ANALYZE` if true; the statement; bytes before it in the person's text.
    Explain(bool, Checked, usize),
}

/// Reads a statement of a person.
pub(crate) fn read(conn: &Connection, sql: &str) -> Result<Statement, QueryError> {
    if sql.len() > SQL_BYTES_MAX {
        return Err(QueryError::input("The SQL is longer than 1 MiB", "Shorten it"));
    }
    if sql.contains('\0') {
        return Err(QueryError::input("The SQL has a null character", "Remove it"));
    }
    if let Some((analyze, start)) = explain(sql) {
        let rest = &sql[start..];
        return Ok(Statement::Explain(analyze, select(conn, rest, sql, start)?, start));
    }
    Ok(Statement::Rows(select(conn, sql, sql, 0)?))
}

/// The tables of the lake that `sql` reads; empty if it cannot be parsed.
pub(crate) fn tables(conn: &Connection, sql: &str) -> Vec<TableRef> {
    let sql = explain(sql).and_then(|(_, start)| sql.get(start..)).unwrap_or(sql);
    match parse(conn, sql) {
        Ok(Parsed::Select(ast)) => ast.tables(),
        _ => Vec::new(),
    }
}

/// The tables that are `meant` of those that `sql` reads; none if it cannot be parsed.
pub(crate) fn past_tables(conn: &Connection, sql: &str, meant: Meant) -> Result<Vec<PastTable>, QueryError> {
    let start = explain(sql).map_or(0, |(_, start)| start);
    match sql.get(start..).filter(|sql| sql.len() <= SQL_BYTES_MAX).map(|sql| parse(conn, sql)).transpose()? {
        Some(Parsed::Select(ast)) => past::tables_at(&ast, sql, start, meant),
        _ => Ok(Vec::new()),
    }
}

/// The personal columns of the result of `sql`, which reads tables with the personal columns `read`; of a text that
/// cannot be parsed all are.
pub(crate) fn personal_outputs(conn: &Connection, sql: &str, read: &PersonalColumns) -> PersonalColumns {
    match parse(conn, sql) {
        Ok(Parsed::Select(ast)) => lineage::personal_outputs(&ast, read),
        // The plan of a statement holds its text, and no value.
        _ if explain(sql).is_some() || read.is_empty() => PersonalColumns::default(),
        _ => PersonalColumns::all(),
    }
}

/// Checks a condition over the columns of a table.
pub(crate) fn condition(conn: &Connection, text: &str) -> Result<Checked, QueryError> {
    let fits = |root: &Value| {
        let mut root = root.clone();
        root.get_mut("where_clause").map(Value::take).is_some_and(|clause| !clause.is_null()).then_some(root)
    };
    part(conn, "SELECT 1 FROM t WHERE (\n", text, "\n)", "true", &fits, "condition")
}

/// Checks an order over the columns of a table.
pub(crate) fn order(conn: &Connection, text: &str) -> Result<Checked, QueryError> {
    let fits = |root: &Value| {
        let mut root = root.clone();
        let modifiers = root.get_mut("modifiers").map(Value::take)?;
        let only = modifiers.as_array().filter(|all| all.len() == 1)?.first()?.get("type")?.as_str()?.to_owned();
        (only == "ORDER_MODIFIER").then_some(root)
    };
    part(conn, "SELECT 1 FROM t ORDER BY\n", text, "\n", "a", &fits, "order")
}

/// Checks that `text` between `before` and `after` changes only the place it stands in: without that
/// place the tree equals the tree of `plain`.
fn part(
    conn: &Connection,
    before: &str,
    text: &str,
    after: &str,
    plain: &str,
    rest: &dyn Fn(&Value) -> Option<Value>,
    what: &str,
) -> Result<Checked, QueryError> {
    let wrong = || {
        QueryError::input(
            format!("This is not one {what} over the columns of the result"),
            "Write for example total > 100, or placed_at DESC",
        )
    };
    if text.trim().is_empty() || text.contains('\0') || text.len() > SQL_BYTES_MAX {
        return Err(wrong());
    }
    let whole = [before, text, after].concat();
    let ast = match parse(conn, &whole)? {
        Parsed::Select(ast) => ast,
        Parsed::Error { message, position, .. } => {
            let place = position.and_then(|at| place_of(text, at.checked_sub(before.len())?));
            let next = "Correct it, for example total > 100, or placed_at DESC";
            return Err(QueryError { place, ..QueryError::input(message, next) });
        }
    };
    let reference = match parse(conn, &[before, plain, after].concat())? {
        Parsed::Select(ast) => ast,
        Parsed::Error { .. } => return Err(QueryError::internal("A condition could not be parsed")),
    };
    ast.check_read_only()?;
    let same = match (ast.root().and_then(rest), reference.root().and_then(rest)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    };
    if ast.count() == 1 && same { Ok(Checked(text.to_owned())) } else { Err(wrong()) }
}

fn parse(conn: &Connection, sql: &str) -> Result<Parsed, QueryError> {
    let json: String = conn.query_row("SELECT json_serialize_sql(?)", [sql], |row| row.get(0))?;
    Ast::read(&json)
}

/// Checks that `part`, which begins at byte `start` of `whole`, is one select.
fn select(conn: &Connection, part: &str, whole: &str, start: usize) -> Result<Checked, QueryError> {
    match parse(conn, part)? {
        Parsed::Select(ast) => match ast.count() {
            0 => Err(QueryError::input("There is no statement", "Write a SELECT, for example FROM silver.shop.orders")),
            1 => {
                ast.check_read_only()?;
                Ok(Checked(part.to_owned()))
            }
            many => Err(QueryError::input(
                format!("There are {many} statements, one can run at a time"),
                "Select the one to run, or remove the others",
            )),
        },
        Parsed::Error { kind, message, position } if kind == "parser" || kind == "syntax" => {
            let place = position.and_then(|at| place_of(whole, at + start));
            let message = message.lines().next().unwrap_or_default().to_owned();
            Err(QueryError { place, ..QueryError::input(message, "Correct the SQL at this place") })
        }
        Parsed::Error { .. } => Err(QueryError::new(
            QueryErrorKind::Refused,
            format!("{} cannot run here, only statements that read", first_word(part)),
            "Write one SELECT, WITH, VALUES, FROM, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN",
        )),
    }
}

fn first_word(sql: &str) -> String {
    let start = skip_blank(sql, 0);
    let word: String = sql[start..].chars().take_while(char::is_ascii_alphabetic).take(20).collect();
    if word.is_empty() { "This".to_owned() } else { word.to_ascii_uppercase() }
}

/// Whether the text begins with `EXPLAIN [ANALYZE]`, and the byte after it.
fn explain(sql: &str) -> Option<(bool, usize)> {
    let after = keyword(sql, 0, "EXPLAIN")?;
    Some(keyword(sql, after, "ANALYZE").map_or((false, after), |end| (true, end)))
}

fn keyword(sql: &str, from: usize, word: &str) -> Option<usize> {
    let start = skip_blank(sql, from);
    let end = start + word.len();
    let found = sql.get(start..end)?.eq_ignore_ascii_case(word);
    let ends = sql[end..].chars().next().is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    (found && ends).then_some(end)
}

/// The byte after blanks and comments.
fn skip_blank(sql: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = &sql[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
        } else {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{explain, first_word};

    #[test]
    fn explain_is_found_behind_comments() {
        assert_eq!(explain("-- why\n explain analyze select 1"), Some((true, 23)));
        assert_eq!(explain("/* a */EXPLAIN select 1"), Some((false, 14)));
        assert_eq!(explain("explained"), None);
        assert_eq!(first_word("  /* x */ copy t to 'x'"), "COPY");
    }
}
