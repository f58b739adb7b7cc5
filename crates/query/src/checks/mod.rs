//! Runs the checks of a contract over the files of one version.

mod condition;
mod failing_rows;
pub(crate) mod incremental;
mod rules;

use crate::checks::condition::{duplicates, failing};
use crate::checks::rules::{all, level, limit, percent};
use crate::engine::QueryEngine;
use crate::error::QueryError;
use crate::files::relation::{Missing, Relation};
use crate::files::table_file::TableFile;
use crate::sql::text::Sql;
use duckdb::Connection;
use sluice_api::{CheckView, Verdict};
use sluice_contract::{Check, CheckRule, Contract, Severity};

/// What one check measured.
#[derive(Clone, Debug, Default)]
struct Measured {
    rows: u64,
    nulls: u64,
    failed: u64,
    groups: u64,
    extreme: Option<String>,
}

/// A check that can run.
struct Planned {
    at: usize,
    condition: Option<Sql>,
}

impl QueryEngine {
    /// Runs all checks of `contract` over `files`: one scan for all that look at single rows or
    /// columns, one more for each `unique`. `not_null` of required columns and `unique` of the key are
    /// added if they are not written.
    ///
    /// # Errors
    /// If the files can not be read. A check that can not run is [`Verdict::Skipped`], with its cause.
    pub fn check(&self, contract: &Contract, files: &[TableFile]) -> Result<Vec<CheckView>, QueryError> {
        let chosen = vec![true; all(contract).len()];
        Ok(self.check_chosen(contract, files, &chosen)?.into_iter().flatten().collect())
    }

    /// Runs some of the checks: those whose place in the list of all is true in `chosen`; the others are
    /// `None`.
    ///
    /// # Errors
    /// As [`QueryEngine::check`].
    pub fn check_chosen(
        &self,
        contract: &Contract,
        files: &[TableFile],
        chosen: &[bool],
    ) -> Result<Vec<Option<CheckView>>, QueryError> {
        let rules = all(contract);
        let is_chosen = |at: usize| chosen.get(at).copied().unwrap_or(false);
        if !(0..rules.len()).any(is_chosen) {
            return Ok(vec![None; rules.len()]);
        }
        let conn = self.inner.connect()?;
        let relation = Relation::open(&conn, files, &declared(contract), Missing::Leave)?.judged(contract);
        let mut outcomes: Vec<Option<Result<Measured, String>>> = vec![None; rules.len()];
        let mut planned = Vec::new();
        for (at, rule) in rules.iter().enumerate().filter(|(at, _)| is_chosen(*at)) {
            match failing(&conn, contract, &relation, &rule.check) {
                Ok(condition) => planned.push(Planned { at, condition }),
                Err(cause) => outcomes[at] = Some(Err(cause)),
            }
        }
        let (unique, scanned): (Vec<Planned>, Vec<Planned>) =
            planned.into_iter().partition(|plan| matches!(rules[plan.at].check, Check::Unique { .. }));
        let scanned: Vec<&Planned> = scanned.iter().collect();
        match scan(&conn, contract, &relation, &rules, &scanned) {
            Ok(measured) => scanned.iter().zip(measured).for_each(|(plan, one)| outcomes[plan.at] = Some(Ok(one))),
            // One check that fails must not take the others with it: each on its own.
            Err(_) => {
                for plan in scanned {
                    let alone = scan(&conn, contract, &relation, &rules, &[plan])
                        .and_then(|mut one| one.pop().ok_or_else(|| QueryError::internal("A check measured nothing")))
                        .map_err(|error| error.message);
                    outcomes[plan.at] = Some(alone);
                }
            }
        }
        for plan in unique {
            if let Check::Unique { columns } = &rules[plan.at].check {
                let measured = uniqueness(&conn, &relation, columns).map_err(|error| error.message);
                outcomes[plan.at] = Some(measured);
            }
        }
        let views = rules.iter().zip(outcomes).enumerate();
        Ok(views.map(|(at, (rule, measured))| measured.map(|measured| outcome(at, rule, measured))).collect())
    }
}

/// The checks on the number of rows, for a table whose number is known; the others are `None`.
#[must_use]
pub fn judge_row_count(contract: &Contract, rows: u64) -> Vec<Option<CheckView>> {
    let rules = all(contract);
    let judge = |(at, rule): (usize, &CheckRule)| {
        let counts = matches!(rule.check, Check::RowCount { .. });
        counts.then(|| outcome(at, rule, Ok(Measured { rows, ..Measured::default() })))
    };
    rules.iter().enumerate().map(judge).collect()
}

/// The columns of a contract for a relation.
pub(crate) fn declared(contract: &Contract) -> Vec<(String, String)> {
    contract.columns.iter().map(|column| (column.name.clone(), column.data_type.to_string())).collect()
}

/// All checks in one scan: per check nulls, failing rows, and the smallest or largest value.
fn scan(
    conn: &Connection,
    contract: &Contract,
    relation: &Relation,
    rules: &[CheckRule],
    plans: &[&Planned],
) -> Result<Vec<Measured>, QueryError> {
    let mut list = Sql::new("count(*)");
    for plan in plans {
        let check = &rules[plan.at].check;
        list = list.add(",\n ");
        list = match check.columns().first() {
            Some(column) => list.add("count(*) - count(").ident(column).add(")"),
            None => list.add("0"),
        };
        list = match &plan.condition {
            Some(condition) => list.add(", count(*) FILTER (WHERE ").sql(condition).add(")"),
            None => list.add(", 0"),
        };
        list = match check {
            // A person's data does not belong into a summary.
            Check::MinValue { column, .. } if !is_pii(contract, column) => {
                list.add(", min(").ident(column).add(")::VARCHAR")
            }
            Check::MaxValue { column, .. } if !is_pii(contract, column) => {
                list.add(", max(").ident(column).add(")::VARCHAR")
            }
            _ => list.add(", NULL::VARCHAR"),
        };
    }
    let sql = Sql::new("SELECT ").sql(&list).add("\nFROM ").sql(&relation.sql);
    let measured = conn.query_row(sql.as_str(), [], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
        let rows = count(0)?;
        (0..plans.len())
            .map(|at| {
                let first = 1 + at * 3;
                Ok(Measured {
                    rows,
                    nulls: count(first)?,
                    failed: count(first + 1)?,
                    groups: 0,
                    extreme: row.get(first + 2)?,
                })
            })
            .collect::<Result<Vec<_>, duckdb::Error>>()
    })?;
    Ok(measured)
}

fn is_pii(contract: &Contract, column: &str) -> bool {
    contract.column(column).is_some_and(|column| column.pii)
}

fn uniqueness(conn: &Connection, relation: &Relation, columns: &[String]) -> Result<Measured, QueryError> {
    let filled = Sql::join(columns.iter().map(|column| Sql::name(column).add(" IS NOT NULL")), " AND ");
    let sql = Sql::new("SELECT (SELECT count(*) FROM ")
        .sql(&relation.sql)
        .add("), (SELECT count(*) FROM ")
        .sql(&relation.sql)
        .add(" WHERE NOT (")
        .sql(&filled)
        .add(")), count(*), coalesce(sum(sluice_n), 0)::BIGINT FROM ")
        .sql(&duplicates(relation, columns));
    let measured = conn.query_row(sql.as_str(), [], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
        Ok(Measured { rows: count(0)?, nulls: count(1)?, groups: count(2)?, failed: count(3)?, extreme: None })
    })?;
    Ok(measured)
}

fn outcome(at: usize, rule: &CheckRule, measured: Result<Measured, String>) -> CheckView {
    let skipped = CheckView {
        index: u32::try_from(at).unwrap_or(u32::MAX),
        check: rule.check.to_string(),
        level: level(&rule.check).to_owned(),
        severity: rule.severity,
        verdict: Verdict::Skipped,
        observed: String::new(),
        limit: limit(&rule.check),
        evaluated: 0,
        failed: 0,
        note: None,
        line: (rule.line > 0).then_some(rule.line),
    };
    let measured = match measured {
        Ok(measured) => measured,
        Err(cause) => return CheckView { note: Some(cause), ..skipped },
    };
    let filled = measured.rows - measured.nulls.min(measured.rows);
    #[expect(clippy::cast_precision_loss, reason = "a share, and counts far below 2^53")]
    let share = if measured.rows == 0 { 0.0 } else { measured.nulls as f64 / measured.rows as f64 };
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    let rows = measured.rows as f64;
    let (holds, evaluated, observed) = match &rule.check {
        Check::RowCount { compare, limit } => {
            (compare.holds(rows, *limit), measured.rows, counted(measured.rows, "row"))
        }
        Check::NullPercentage { compare, limit, .. } => {
            (compare.holds(share, *limit), measured.rows, format!("{} null", percent(share)))
        }
        Check::NotNull { .. } => (measured.failed == 0, measured.rows, counted(measured.nulls, "null")),
        Check::Unique { .. } if measured.groups == 0 => (true, filled, "no duplicate".to_owned()),
        Check::Unique { .. } => {
            let observed =
                format!("{} in {}", counted(measured.groups, "repeated value"), counted(measured.failed, "row"));
            (false, filled, observed)
        }
        Check::AcceptedValues { .. } => (measured.failed == 0, filled, counted(measured.failed, "other value")),
        Check::MinValue { .. } => (measured.failed == 0, filled, extreme("smallest", &measured)),
        Check::MaxValue { .. } => (measured.failed == 0, filled, extreme("largest", &measured)),
    };
    let verdict = match (holds, rule.severity) {
        (true, _) => Verdict::Pass,
        (false, Severity::Warn) => Verdict::Warn,
        (false, Severity::Fail) => Verdict::Fail,
    };
    let failed = if holds { 0 } else { measured.failed };
    CheckView { verdict, observed, evaluated, failed, ..skipped }
}

fn extreme(word: &str, measured: &Measured) -> String {
    match &measured.extreme {
        Some(value) => format!("{word} {value}"),
        None if measured.failed > 0 => counted(measured.failed, "row beyond"),
        None => "no row beyond".to_owned(),
    }
}

/// `0 rows`, `1 row`, `2 rows`.
fn counted(number: u64, word: &str) -> String {
    match (number, word) {
        (1, _) => format!("1 {word}"),
        (_, "row beyond") => format!("{number} rows beyond"),
        _ => format!("{number} {word}s"),
    }
}
