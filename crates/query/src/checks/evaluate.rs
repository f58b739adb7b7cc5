//! What there is to say of a kind of check to evaluate it.

use crate::checks::parents::ParentTables;
use crate::files::relation::Relation;
use crate::sql::column::DuckColumn;
use crate::sql::text::Sql;
use duckdb::Connection;
use sluice_contract::{CheckLevel, CheckOutcome, Contract, Measured};

/// What a check sees: the rows of the version that is checked, and other tables of the lake.
pub(crate) struct CheckContext<'a> {
    /// For asking DuckDB about literals.
    pub(crate) conn: &'a Connection,
    /// The contract of the table.
    pub(crate) contract: &'a Contract,
    /// The current rows of the table.
    pub(crate) rows: &'a Relation,
    /// Other tables.
    pub(crate) parents: &'a ParentTables,
}

impl CheckContext<'_> {
    /// A column of the table.
    pub(crate) fn column(&self, name: &str) -> Result<&DuckColumn, String> {
        self.rows.column(name).ok_or_else(|| format!("The data files have no column `{name}`"))
    }

    /// Whether a column holds personal data, which does not belong into a summary.
    pub(crate) fn is_personal(&self, name: &str) -> bool {
        self.contract.column(name).is_some_and(|column| column.pii)
    }
}

/// How a check is measured.
pub(crate) enum Plan {
    /// In the one scan of the table that all such checks share.
    Scan(Scan),
    /// By a query of its own: one row of `rows`, `nulls`, `groups`, `failed`, see [`Counts`].
    Own(Sql),
}

/// What a check asks of the shared scan.
#[derive(Default)]
pub(crate) struct Scan {
    /// The column whose nulls are counted.
    pub(crate) nulls_of: Option<String>,
    /// The condition under which a row fails.
    pub(crate) failing: Option<Sql>,
    /// An aggregate that gives one value as text.
    pub(crate) extreme: Option<Sql>,
}

/// What was counted for one check.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Rows of the table.
    pub(crate) rows: u64,
    /// Rows with a null in the columns of the check.
    pub(crate) nulls: u64,
    /// Rows that fail.
    pub(crate) failed: u64,
    /// Different values that fail.
    pub(crate) groups: u64,
    /// The value of [`Scan::extreme`].
    pub(crate) extreme: Option<String>,
}

impl Counts {
    /// Rows without a null in the columns of the check.
    pub(crate) fn filled(&self) -> u64 {
        self.rows - self.nulls.min(self.rows)
    }
}

/// A kind of check, as it is evaluated.
pub(crate) trait Evaluate {
    /// What it looks at.
    fn level(&self) -> CheckLevel;

    /// What it asks for, in words.
    fn limit(&self) -> String;

    /// What it measured, in words; of the rows, `failed` do not hold.
    fn observed(&self, measured: &Measured, failed: u64) -> String;

    /// How it is measured, or the reason why it cannot be evaluated. The table has its columns.
    fn plan(&self, cx: &CheckContext<'_>) -> Result<Plan, String>;

    /// What comes of what was counted.
    fn outcome(&self, counts: Counts) -> CheckOutcome;

    /// Whether evaluating only the new rows is enough, given that the previous version passed with outcome
    /// `before`. A merge removes rows and adds rows and changes none in place.
    fn is_incremental(&self, contract: &Contract, before: &CheckOutcome) -> bool;

    /// Whether that outcome for new rows alone is the outcome for the table.
    fn new_rows_decide(&self, _of_new_rows: &CheckOutcome) -> bool {
        true
    }

    /// What comes of it where only the number of rows is known.
    fn of_row_count(&self, _rows: u64) -> Option<CheckOutcome> {
        None
    }

    /// A query for the rows that fail; `None` if a row by itself never does.
    fn failing_rows(&self, cx: &CheckContext<'_>) -> Result<Option<Sql>, String> {
        Ok(match self.plan(cx)? {
            Plan::Scan(Scan { failing: Some(condition), .. }) => {
                Some(Sql::new("SELECT * FROM ").sql(&cx.rows.sql).add(" WHERE ").sql(&condition))
            }
            Plan::Scan(_) | Plan::Own(_) => None,
        })
    }

    /// Columns by which failing rows are sorted before the key.
    fn sorted_by(&self) -> &[String] {
        &[]
    }
}

/// Whether all columns are filled.
pub(crate) fn all_filled(columns: &[String]) -> Sql {
    Sql::join(columns.iter().map(|column| Sql::name(column).add(" IS NOT NULL")), " AND ")
}

/// The head of [`Plan::Own`]: the number of rows, and of those with a null among the columns.
pub(crate) fn select_rows_and_nulls(rows: &Relation, columns: &[String]) -> Sql {
    Sql::new("SELECT (SELECT count(*) FROM ")
        .sql(&rows.sql)
        .add("), (SELECT count(*) FROM ")
        .sql(&rows.sql)
        .add(" WHERE NOT (")
        .sql(&all_filled(columns))
        .add(")), ")
}
