//! Runs the checks of a contract.

use crate::checks::evaluate::{CheckContext, Counts, Plan, Scan};
use crate::checks::evaluator;
use crate::checks::parents::{ParentTables, parent_version};
use crate::checks::rules::all;
use crate::engine::QueryEngine;
use crate::engine::jobs::within;
use crate::error::{QueryError, QueryErrorKind};
use crate::files::relation::{Missing, Relation};
use crate::files::table_file::TableFile;
use crate::sql::text::Sql;
use duckdb::Connection;
use sluice_contract::{CheckOutcome, CheckRecord, CheckRule, Contract};
use std::time::Duration;

/// What the checks of a contract look at.
#[derive(Clone, Copy, Debug)]
pub struct CheckInput<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// Files of the version that is checked.
    pub files: &'a [TableFile],
    /// Other tables, those that [`crate::parents_of`] names. A check that looks at one that is not here is
    /// not evaluated.
    pub parents: &'a ParentTables,
}

impl CheckInput<'_> {
    /// The current rows of the table.
    pub(crate) fn rows(&self, conn: &Connection) -> Result<Relation, QueryError> {
        let columns = self.contract.columns.iter();
        let declared: Vec<_> = columns.map(|column| (column.name.clone(), column.data_type.to_string())).collect();
        Ok(Relation::open(conn, self.files, &declared, Missing::Leave)?.current_rows(self.contract))
    }

    /// What its checks see over these rows.
    pub(crate) fn context<'a>(&'a self, conn: &'a Connection, rows: &'a Relation) -> CheckContext<'a> {
        CheckContext { conn, contract: self.contract, rows, parents: self.parents }
    }
}

/// A check that can be evaluated.
struct Planned {
    at: usize,
    plan: Plan,
}

impl QueryEngine {
    /// Evaluates all checks of a contract: one scan for all that look at single rows or columns, one more
    /// for each that needs a query of its own. `not_null` of required columns and `unique` of the key are
    /// added if they are not written.
    ///
    /// # Errors
    /// If the files cannot be read. A check that cannot be evaluated is
    /// [`Verdict::NotEvaluated`](sluice_contract::Verdict::NotEvaluated), with its reason.
    pub fn check(&self, input: &CheckInput<'_>) -> Result<Vec<CheckRecord>, QueryError> {
        let chosen = vec![true; all(input.contract).len()];
        Ok(self.check_chosen(input, &chosen)?.into_iter().flatten().collect())
    }

    /// Evaluates some of the checks: those whose place in the list of all is true in `chosen`; the others
    /// are `None`.
    ///
    /// # Errors
    /// As [`QueryEngine::check`].
    pub fn check_chosen(
        &self,
        input: &CheckInput<'_>,
        chosen: &[bool],
    ) -> Result<Vec<Option<CheckRecord>>, QueryError> {
        let rules = all(input.contract);
        let is_chosen = |at: usize| chosen.get(at).copied().unwrap_or(false);
        let mut outcomes: Vec<Option<CheckOutcome>> = vec![None; rules.len()];
        if (0..rules.len()).any(is_chosen) {
            let conn = self.inner.pool.connect()?;
            let rows = input.rows(&conn)?;
            let cx = input.context(&conn, &rows);
            let mut planned = Vec::new();
            for (at, rule) in rules.iter().enumerate().filter(|(at, _)| is_chosen(*at)) {
                match plan(&cx, rule) {
                    Ok(plan) => planned.push(Planned { at, plan }),
                    Err(reason) => outcomes[at] = Some(CheckOutcome::not_evaluated(reason)),
                }
            }
            let limit = self.options().check_timeout;
            for (at, counts) in measure(&cx, &planned, limit) {
                outcomes[at] = Some(match counts {
                    Ok(counts) => evaluator(&rules[at].check).outcome(counts),
                    Err(error) => CheckOutcome::not_evaluated(error.message),
                });
            }
        }
        let recorded = |(rule, outcome): (&CheckRule, Option<CheckOutcome>)| {
            let parent = parent_version(input.contract, rule, input.parents);
            outcome.map(|outcome| CheckRecord { parent, ..record(rule, outcome) })
        };
        Ok(rules.iter().zip(outcomes).map(recorded).collect())
    }
}

/// The record of a rule that looks at no other table.
pub(crate) fn record(rule: &CheckRule, outcome: CheckOutcome) -> CheckRecord {
    CheckRecord {
        check: rule.check.to_string(),
        severity: rule.severity,
        level: evaluator(&rule.check).level(),
        outcome,
        parent: None,
    }
}

/// How a rule is measured, or the reason why it cannot be evaluated.
fn plan(cx: &CheckContext<'_>, rule: &CheckRule) -> Result<Plan, String> {
    for name in rule.check.columns() {
        cx.column(name)?;
    }
    evaluator(&rule.check).plan(cx)
}

/// What was counted for each of the plans, none of whose scans may take longer than `limit`.
fn measure(cx: &CheckContext<'_>, planned: &[Planned], limit: Duration) -> Vec<(usize, Result<Counts, QueryError>)> {
    let shared_scan = |scans: &[&Scan]| within(cx.conn, limit, || shared_scan(cx, scans));
    let mut scans: Vec<(usize, &Scan)> = Vec::new();
    let mut measured = Vec::new();
    for planned in planned {
        match &planned.plan {
            Plan::Scan(scan) => scans.push((planned.at, scan)),
            Plan::Own(sql) => measured.push((planned.at, within(cx.conn, limit, || own(cx.conn, sql)))),
        }
    }
    let together: Vec<&Scan> = scans.iter().map(|(_, scan)| *scan).collect();
    match shared_scan(&together) {
        Ok(counts) => measured.extend(scans.iter().zip(counts).map(|((at, _), counts)| (*at, Ok(counts)))),
        Err(error) if error.kind == QueryErrorKind::TimedOut => {
            measured.extend(scans.into_iter().map(|(at, _)| (at, Err(error.clone()))));
        }
        // One check that fails must not take the others with it: each on its own.
        Err(_) => measured.extend(scans.into_iter().map(|(at, scan)| {
            let alone = shared_scan(&[scan])
                .and_then(|mut one| one.pop().ok_or_else(|| QueryError::internal("A check measured nothing")));
            (at, alone)
        })),
    }
    measured
}

/// All in one scan: per check nulls, failing rows, and a value.
fn shared_scan(cx: &CheckContext<'_>, scans: &[&Scan]) -> Result<Vec<Counts>, QueryError> {
    if scans.is_empty() {
        return Ok(Vec::new());
    }
    let mut list = Sql::new("count(*)");
    for Scan { nulls_of, failing, extreme } in scans {
        list = match nulls_of {
            Some(column) => list.add(",\n count(*) - count(").ident(column).add(")"),
            None => list.add(",\n 0"),
        };
        list = match failing {
            Some(condition) => list.add(", count(*) FILTER (WHERE ").sql(condition).add(")"),
            None => list.add(", 0"),
        };
        list = match extreme {
            Some(aggregate) => list.add(", ").sql(aggregate),
            None => list.add(", NULL::VARCHAR"),
        };
    }
    let sql = Sql::new("SELECT ").sql(&list).add("\nFROM ").sql(&cx.rows.sql);
    let counts = cx.conn.query_row(sql.as_str(), [], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
        let rows = count(0)?;
        (0..scans.len())
            .map(|at| {
                let first = 1 + at * 3;
                let (nulls, failed, extreme) = (count(first)?, count(first + 1)?, row.get(first + 2)?);
                Ok(Counts { rows, nulls, failed, groups: 0, extreme })
            })
            .collect::<Result<Vec<_>, duckdb::Error>>()
    })?;
    Ok(counts)
}

/// A query of a check's own.
fn own(conn: &Connection, sql: &Sql) -> Result<Counts, QueryError> {
    let counts = conn.query_row(sql.as_str(), [], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
        Ok(Counts { rows: count(0)?, nulls: count(1)?, groups: count(2)?, failed: count(3)?, extreme: None })
    })?;
    Ok(counts)
}
