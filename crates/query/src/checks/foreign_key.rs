//! `foreign_key(customer_id, shop.customers.id)`.

use crate::checks::evaluate::{CheckContext, Counts, Evaluate, Plan, all_filled, select_rows_and_nulls};
use crate::checks::parents::{ParentTable, parent_table};
use crate::checks::words::{counted, percent, plain};
use crate::files::relation::{Missing, Relation};
use crate::sql::text::Sql;
use sluice_api::{Layer, TableRef};
use sluice_contract::{CheckLevel, CheckOutcome, Contract, ForeignKey, Measured, Unit};

impl Evaluate for ForeignKey {
    fn level(&self) -> CheckLevel {
        CheckLevel::Row
    }

    fn limit(&self) -> String {
        "no orphan".to_owned()
    }

    fn observed(&self, measured: &Measured, _failed: u64) -> String {
        match (measured, measured.share()) {
            (Measured::Share { part: 0, .. }, _) => "no orphan".to_owned(),
            (Measured::Share { part, .. }, Some(share)) => format!("{}, {}", counted(*part, "orphan"), percent(share)),
            (other, _) => plain(other),
        }
    }

    fn plan(&self, cx: &CheckContext<'_>) -> Result<Plan, String> {
        let sql = select_rows_and_nulls(cx.rows, &self.columns).add("0, count(*) FROM ").sql(&orphans(self, cx)?);
        Ok(Plan::Own(sql))
    }

    fn outcome(&self, counts: Counts) -> CheckOutcome {
        let (evaluated, failed) = (counts.filled(), counts.failed);
        let measured = Measured::Share { part: failed, whole: evaluated, unit: Unit::Rows };
        CheckOutcome::evaluated(failed == 0, measured, evaluated, failed)
    }

    /// Rows of the parent may have gone.
    fn is_incremental(&self, _contract: &Contract, _before: &CheckOutcome) -> bool {
        false
    }

    fn failing_rows(&self, cx: &CheckContext<'_>) -> Result<Option<Sql>, String> {
        Ok(Some(Sql::new("SELECT * FROM ").sql(&orphans(self, cx)?)))
    }

    fn sorted_by(&self) -> &[String] {
        &self.columns
    }
}

/// The rows whose values no row of the parent has; those with a null among them are no orphans.
fn orphans(key: &ForeignKey, cx: &CheckContext<'_>) -> Result<Sql, String> {
    let parent = parent_rows(key, cx)?;
    let on = key
        .columns
        .iter()
        .zip(&key.parent.columns)
        .map(|(own, other)| Sql::new("sluice_c.").ident(own).add(" = sluice_p.").ident(other));
    let sql = Sql::new("(SELECT sluice_c.* FROM (SELECT * FROM ")
        .sql(&cx.rows.sql)
        .add(" WHERE ")
        .sql(&all_filled(&key.columns))
        .add(") sluice_c ANTI JOIN ")
        .sql(&parent.sql)
        .add(" sluice_p ON ")
        .sql(&Sql::join(on, " AND "))
        .add(")");
    Ok(sql)
}

/// The current rows of the parent, which has the columns that are pointed to.
fn parent_rows(key: &ForeignKey, cx: &CheckContext<'_>) -> Result<Relation, String> {
    let table = parent_table(&key.parent, &cx.contract.name);
    let own = TableRef { layer: Layer::Silver, name: cx.contract.name.clone() };
    let rows = match cx.parents.get(&table) {
        // A row may point to another of the same version.
        _ if table == own => cx.rows.clone(),
        Some(ParentTable::Version { files, .. }) => {
            let rows = Relation::open(cx.conn, &files.files, &files.columns, Missing::Null)
                .map_err(|error| format!("{table} cannot be read: {}", error.message))?;
            if table.layer == Layer::Silver { rows.current_rows_of_silver() } else { rows }
        }
        Some(ParentTable::Unavailable { reason }) => return Err(reason.clone()),
        None => return Err(format!("{table} was not read")),
    };
    for (own, other) in key.columns.iter().zip(&key.parent.columns) {
        let own = cx.column(own)?;
        let other = rows.column(other).ok_or_else(|| format!("{table} has no column `{other}`"))?;
        if !own.ty.comparable(&other.ty) {
            return Err(format!(
                "`{}` has type {} and `{}` of {table} has type {}; their values are never equal",
                own.name,
                own.ty.word(),
                other.name,
                other.ty.word()
            ));
        }
    }
    Ok(rows)
}
