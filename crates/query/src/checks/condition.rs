//! Checks as SQL: the condition under which a row fails.

use crate::files::relation::Relation;
use crate::sql::column::{DuckColumn, cast};
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use duckdb::Connection;
use sluice_contract::{Check, ColumnType, Contract};

/// The condition under which a row fails, or why the check can not run. `None` for the checks that
/// have no condition of one row.
pub(crate) fn failing(
    conn: &Connection,
    contract: &Contract,
    relation: &Relation,
    check: &Check,
) -> Result<Option<Sql>, String> {
    for name in check.columns() {
        if relation.column(name).is_none() {
            return Err(format!("The data files have no column `{name}`"));
        }
    }
    let column = |name: &str| relation.column(name).ok_or_else(|| format!("There is no column `{name}`"));
    Ok(match check {
        Check::RowCount { .. } | Check::Unique { .. } => None,
        Check::NullPercentage { column, .. } | Check::NotNull { column } => Some(Sql::name(column).add(" IS NULL")),
        Check::AcceptedValues { column: name, values } => {
            let list = Sql::join(values.iter().map(|value| Sql::quoted(value)), ", ");
            let text = cast(&Sql::name(name), &DuckType::text());
            Some(Sql::name(name).add(" IS NOT NULL AND ").sql(&text).add(" NOT IN (").sql(&list).add(")"))
        }
        Check::MinValue { column: name, limit } => Some(beyond(conn, contract, column(name)?, limit, " < ")?),
        Check::MaxValue { column: name, limit } => Some(beyond(conn, contract, column(name)?, limit, " > ")?),
    })
}

/// `column < limit` or `column > limit`, null passing.
fn beyond(
    conn: &Connection,
    contract: &Contract,
    column: &DuckColumn,
    limit: &str,
    sign: &'static str,
) -> Result<Sql, String> {
    let declared = contract.column(&column.name).map(|column| column.data_type.clone());
    let name = Sql::name(&column.name);
    let filled = name.clone().add(" IS NOT NULL AND ");
    if matches!(declared, Some(ColumnType::Numeric)) {
        return Ok(filled.sql(&beyond_numeric_text(&name, limit, sign)?));
    }
    let value = if column.ty.is_numeric() {
        number(&column.ty, limit).ok_or_else(|| format!("`{limit}` is not a number, and `{}` is one", column.name))?
    } else if column.ty.as_str() == "VARCHAR" {
        Sql::quoted(limit)
    } else {
        literal(conn, &column.ty, limit)
            .ok_or_else(|| format!("`{limit}` is not a {}, as `{}` is", column.ty.word(), column.name))?
    };
    Ok(filled.sql(&name).add(sign).sql(&value))
}

/// Numbers that are stored as text: exactly up to 38 digits, beyond as a double. A text that is no
/// number fails.
fn beyond_numeric_text(name: &Sql, limit: &str, sign: &'static str) -> Result<Sql, String> {
    if limit.trim().parse::<f64>().is_err() {
        return Err(format!("`{limit}` is not a number"));
    }
    let tried = |value: &Sql, ty: &'static str| Sql::new("TRY_CAST(").sql(value).add(" AS ").add(ty).add(")");
    let limit = Sql::quoted(limit.trim());
    let by = |ty: &'static str| tried(name, ty).add(sign).sql(&tried(&limit, ty));
    Ok(Sql::new("coalesce(").sql(&by("DECIMAL(38,12)")).add(", ").sql(&by("DOUBLE")).add(", true)"))
}

/// A number in the type in which it is compared without loss with a column of type `ty`.
fn number(ty: &DuckType, limit: &str) -> Option<Sql> {
    let limit = limit.trim();
    limit.parse::<f64>().ok()?;
    let digits = limit.trim_start_matches(['-', '+']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = whole.len() + fraction.len() > 0 && whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit());
    let fits = plain
        && match ty.decimal() {
            Some((precision, scale)) => {
                fraction.len() <= usize::from(scale) && whole.len() <= usize::from(precision.saturating_sub(scale))
            }
            None => ty.is_integer() && fraction.is_empty() && whole.len() <= 38,
        };
    let to = if !fits {
        DuckType::double()
    } else if ty.is_integer() {
        DuckType::hugeint()
    } else {
        ty.clone()
    };
    Some(cast(&Sql::quoted(limit), &to))
}

/// `limit` as a value of type `ty`; `None` if it is none.
fn literal(conn: &Connection, ty: &DuckType, limit: &str) -> Option<Sql> {
    let limit = limit.trim();
    let tried = Sql::new("SELECT TRY_CAST(").text(limit).add(" AS ").sql(&Sql::duck_type(ty)).add(") IS NOT NULL");
    let fits: bool = conn.query_row(tried.as_str(), [], |row| row.get(0)).ok()?;
    fits.then(|| cast(&Sql::quoted(limit), ty))
}

/// Rows of `relation` whose values in `columns` occur more than once, nulls left out: one row per
/// such value, with the number of its rows as `sluice_n`.
pub(crate) fn duplicates(relation: &Relation, columns: &[String]) -> Sql {
    let names = Sql::join(columns.iter().map(|column| Sql::name(column)), ", ");
    let filled = Sql::join(columns.iter().map(|column| Sql::name(column).add(" IS NOT NULL")), " AND ");
    Sql::new("(SELECT ")
        .sql(&names)
        .add(", count(*) AS sluice_n FROM ")
        .sql(&relation.sql)
        .add(" WHERE ")
        .sql(&filled)
        .add(" GROUP BY ")
        .sql(&names)
        .add(" HAVING count(*) > 1)")
}
