//! `min_value(c, 0)` and `max_value(c, 100)`.

use crate::checks::evaluate::{CheckContext, Counts, Evaluate, Plan, Scan};
use crate::checks::words::{beyond_limit, plain};
use crate::sql::column::cast;
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use duckdb::Connection;
use sluice_contract::{CheckLevel, CheckOutcome, ColumnType, Contract, MaxValue, Measured, MinValue};

impl Evaluate for MinValue {
    fn level(&self) -> CheckLevel {
        CheckLevel::Row
    }

    fn limit(&self) -> String {
        format!(">= {}", self.limit)
    }

    fn observed(&self, measured: &Measured, _failed: u64) -> String {
        observed("smallest", measured)
    }

    fn plan(&self, cx: &CheckContext<'_>) -> Result<Plan, String> {
        plan(cx, &self.column, beyond(cx, &self.column, &self.limit, " < ")?, Sql::new("min("))
    }

    fn outcome(&self, counts: Counts) -> CheckOutcome {
        outcome(counts)
    }

    fn is_incremental(&self, _contract: &Contract, _before: &CheckOutcome) -> bool {
        true
    }
}

impl Evaluate for MaxValue {
    fn level(&self) -> CheckLevel {
        CheckLevel::Row
    }

    fn limit(&self) -> String {
        format!("<= {}", self.limit)
    }

    fn observed(&self, measured: &Measured, _failed: u64) -> String {
        observed("largest", measured)
    }

    fn plan(&self, cx: &CheckContext<'_>) -> Result<Plan, String> {
        plan(cx, &self.column, beyond(cx, &self.column, &self.limit, " > ")?, Sql::new("max("))
    }

    fn outcome(&self, counts: Counts) -> CheckOutcome {
        outcome(counts)
    }

    fn is_incremental(&self, _contract: &Contract, _before: &CheckOutcome) -> bool {
        true
    }
}

fn plan(cx: &CheckContext<'_>, column: &str, failing: Sql, aggregate: Sql) -> Result<Plan, String> {
    let extreme = (!cx.is_personal(column)).then(|| aggregate.ident(column).add(")::VARCHAR"));
    Ok(Plan::Scan(Scan { nulls_of: Some(column.to_owned()), failing: Some(failing), extreme }))
}

fn outcome(counts: Counts) -> CheckOutcome {
    let (holds, evaluated, failed) = (counts.failed == 0, counts.filled(), counts.failed);
    CheckOutcome::evaluated(holds, Measured::Extreme { value: counts.extreme, beyond: failed }, evaluated, failed)
}

fn observed(word: &str, measured: &Measured) -> String {
    match measured {
        Measured::Extreme { value: Some(value), .. } => format!("{word} {value}"),
        Measured::Extreme { value: None, beyond } => beyond_limit(*beyond),
        other => plain(other),
    }
}

/// `column < limit` or `column > limit`, null passing.
fn beyond(cx: &CheckContext<'_>, column: &str, limit: &str, sign: &'static str) -> Result<Sql, String> {
    let column = cx.column(column)?;
    let declared = cx.contract.column(&column.name).map(|column| column.data_type.clone());
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
        literal(cx.conn, &column.ty, limit)
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
