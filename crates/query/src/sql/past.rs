//! Tables as they were: `silver.shop.orders o AT (VERSION => 3)`, `AT (TIMESTAMP => '2026-11-01')`.
//!
//! DuckDB's parser reads the clause, and its views cannot answer it: [`crate::results`] puts a view of that version in the
//! place of the table.

use crate::error::QueryError;
use crate::sql::ast::{Ast, has_at, kind_of, path_of, walk};
use serde_json::Value;
use sluice_api::TableRef;
use std::ops::Range;

/// When a table is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastAt {
    /// A version.
    Version(u64),
    /// The latest version that was committed until a time, as written.
    Time(String),
    /// The statement does not say: the table as it is.
    Now,
}

/// A table of a statement that is read as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastTable {
    /// Table.
    pub table: TableRef,
    /// When.
    pub at: PastAt,
    /// Bytes of the statement that name it, from its name to the bracket after AT.
    pub(crate) place: Range<usize>,
    /// Name that the rest of the statement calls it by.
    pub(crate) alias: String,
    /// Names that the statement gives its columns.
    pub(crate) columns: Vec<String>,
}

/// Which tables of a statement are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    /// Those with AT.
    Past,
    /// All of the lake.
    All,
}

/// Tables of a statement whose first byte is `start` of the person's text.
pub(crate) fn tables_at(ast: &Ast, sql: &str, start: usize, meant: Meant) -> Result<Vec<PastTable>, QueryError> {
    let mut found: Result<Vec<PastTable>, QueryError> = Ok(Vec::new());
    for statement in ast.statements() {
        walk(statement, &mut |node| {
            let is_meant = || has_at(node) || (meant == Meant::All && is_of_lake(node));
            if let Ok(all) = &mut found
                && is_meant()
            {
                match table_at(node, sql, start) {
                    Ok(one) => all.push(one),
                    Err(error) => found = Err(error),
                }
            }
        });
    }
    let mut found = found?;
    found.sort_by_key(|one| one.place.start);
    Ok(found)
}

fn is_of_lake(node: &Value) -> bool {
    kind_of(node) == Some("BASE_TABLE") && path_of(node).is_some_and(|path| path.len() > 1)
}

fn table_at(node: &Value, sql: &str, start: usize) -> Result<PastTable, QueryError> {
    let wrong = |what: &str, next: &str| QueryError::input(what.to_owned(), next.to_owned());
    let path = path_of(node).unwrap_or_default();
    let table: TableRef = path.join(".").parse().map_err(|_| {
        wrong("AT stands behind a table of the lake only", "Write for example silver.shop.orders AT (VERSION => 3)")
    })?;
    if node.get("sample").is_some_and(|sample| !sample.is_null()) {
        return Err(wrong(
            &format!("{table} has both AT and a sample"),
            "Read the version in a subquery: (FROM … AT (VERSION => 3)) TABLESAMPLE …",
        ));
    }
    let number = |name: &str| node.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    let (Some(first), Some(length)) = (number("query_location"), number("query_location_length")) else {
        return Err(QueryError::internal("The parser does not say where a table of the SQL is"));
    };
    let place = start + first..start + first + length;
    // The clause has to be inside of what is replaced.
    if has_at(node) && !sql.get(place.clone()).is_some_and(|text| text.trim_end().ends_with(')')) {
        return Err(QueryError::internal("A table of the SQL is not where the parser says"));
    }
    let clause = node.get("at_clause").unwrap_or(&Value::Null);
    let unit = clause.get("unit").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
    let literal = literal_of(clause.get("expr").unwrap_or(&Value::Null));
    let at = match (unit.as_str(), literal) {
        ("VERSION", Some(text)) => text.parse().ok().map(PastAt::Version),
        ("TIMESTAMP", Some(text)) => Some(PastAt::Time(text)),
        ("", None) => Some(PastAt::Now),
        _ => None,
    };
    let at = at.ok_or_else(|| {
        wrong(
            &format!("AT of {table} names neither a version nor a time"),
            "Write AT (VERSION => 3), or AT (TIMESTAMP => '2026-11-01 08:00:00'), which is UTC",
        )
    })?;
    let alias = node.get("alias").and_then(Value::as_str).filter(|alias| !alias.is_empty());
    let alias = alias.unwrap_or(&table.name.table).to_owned();
    let columns = node.get("column_name_alias").and_then(Value::as_array).into_iter().flatten();
    let columns = columns.filter_map(Value::as_str).map(str::to_owned).collect();
    Ok(PastTable { table, at, place, alias, columns })
}

/// The text of a constant, also of one with a type before it (`TIMESTAMP '…'`).
fn literal_of(expression: &Value) -> Option<String> {
    match expression.get("class").and_then(Value::as_str)? {
        "CONSTANT" => expression.get("literal")?.get("text")?.as_str().map(str::to_owned),
        "CAST" => literal_of(expression.get("child")?),
        _ => None,
    }
}
