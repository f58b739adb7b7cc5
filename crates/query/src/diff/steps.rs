//! The rows that a difference has to look at: those that the log says came or went.

use crate::error::QueryError;
use crate::files::relation::{Missing, Relation};
use crate::files::table_file::TableFile;
use crate::sql::column::describe;
use crate::sql::text::Sql;
use duckdb::Connection;

/// Rows that went and rows that came in one run of commits. What only moved from file to file belongs
/// to no step; a row may come in one step and go in a later one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiffStep {
    /// Rows of the beginning of the step that its end does not have.
    pub removed: Vec<TableFile>,
    /// Rows of its end that its beginning does not have.
    pub added: Vec<TableFile>,
}

/// Name of the column with the number of the step.
const STEP: &str = "sluice_step";

/// The rows before and after: of every key the one that the first step removed, unless a step added
/// one before, and the one that the last step added, unless a later one removed it.
pub(crate) fn sides(
    conn: &Connection,
    steps: &[DiffStep],
    key: &[String],
    before_columns: &[(String, String)],
    after_columns: &[(String, String)],
) -> Result<(Relation, Relation), QueryError> {
    if let [] | [_] = steps {
        let (removed, added): (&[TableFile], &[TableFile]) =
            steps.first().map_or((&[], &[]), |step| (&step.removed, &step.added));
        return Ok((
            Relation::open(conn, removed, before_columns, Missing::Null)?,
            Relation::open(conn, added, after_columns, Missing::Null)?,
        ));
    }
    let removed = numbered(conn, steps.iter().map(|step| step.removed.as_slice()), before_columns)?;
    let added = numbered(conn, steps.iter().map(|step| step.added.as_slice()), after_columns)?;
    let events = events(&removed, &added, key);
    Ok((
        net(&removed, &events, key, " * 2 = sluice_e.sluice_first)"),
        net(&added, &events, key, " * 2 + 1 = sluice_e.sluice_last)"),
    ))
}

/// All rows that went and all that came, those that came and went again on both sides.
pub(crate) fn rows_of_steps(
    conn: &Connection,
    steps: &[DiffStep],
    before_columns: &[(String, String)],
    after_columns: &[(String, String)],
) -> Result<(Relation, Relation), QueryError> {
    if steps.len() < 2 {
        return sides(conn, steps, &[], before_columns, after_columns);
    }
    let removed = numbered(conn, steps.iter().map(|step| step.removed.as_slice()), before_columns)?;
    let added = numbered(conn, steps.iter().map(|step| step.added.as_slice()), after_columns)?;
    let rows = |numbered: Relation| Relation {
        sql: Sql::new("(SELECT * EXCLUDE (").ident(STEP).add(") FROM ").sql(&numbered.sql).add(")"),
        columns: numbered.columns,
    };
    Ok((rows(removed), rows(added)))
}

/// The rows of all steps, with the number of the step.
fn numbered<'a>(
    conn: &Connection,
    steps: impl Iterator<Item = &'a [TableFile]>,
    declared: &[(String, String)],
) -> Result<Relation, QueryError> {
    let mut parts = Vec::new();
    for (number, files) in steps.enumerate().filter(|(_, files)| !files.is_empty()) {
        let rows = Relation::open(conn, files, declared, Missing::Null)?;
        parts.push(Sql::new("SELECT *, ").number(number as u64).add(" AS ").ident(STEP).add(" FROM ").sql(&rows.sql));
    }
    if parts.is_empty() {
        let rows = Relation::open(conn, &[], declared, Missing::Null)?;
        parts.push(Sql::new("SELECT *, 0 AS ").ident(STEP).add(" FROM ").sql(&rows.sql));
    }
    let sql = Sql::new("(").sql(&Sql::join(parts, " UNION ALL BY NAME ")).add(")");
    let mut columns = describe(conn, &sql)?;
    columns.retain(|column| column.name != STEP);
    Ok(Relation { sql, columns })
}

/// Per key the first and the last thing that happened to it: step n removes at 2n and adds at 2n + 1.
fn events(removed: &Relation, added: &Relation, key: &[String]) -> Sql {
    let keys = Sql::join(key.iter().map(|name| Sql::name(name)), ", ");
    let of = |rows: &Relation, event: &'static str| {
        Sql::new("SELECT ").sql(&keys).add(", ").ident(STEP).add(event).add(" AS sluice_event FROM ").sql(&rows.sql)
    };
    Sql::new("(SELECT ")
        .sql(&keys)
        .add(", min(sluice_event) AS sluice_first, max(sluice_event) AS sluice_last FROM (")
        .sql(&of(removed, " * 2"))
        .add(" UNION ALL ")
        .sql(&of(added, " * 2 + 1"))
        .add(") GROUP BY ")
        .sql(&keys)
        .add(") sluice_e")
}

/// The rows of which that was the event.
fn net(rows: &Relation, events: &Sql, key: &[String], event: &'static str) -> Relation {
    let same =
        key.iter().map(|name| Sql::new("sluice_s.").ident(name).add(" IS NOT DISTINCT FROM sluice_e.").ident(name));
    let sql = Sql::new("(SELECT * EXCLUDE (")
        .ident(STEP)
        .add(") FROM ")
        .sql(&rows.sql)
        .add(" sluice_s SEMI JOIN ")
        .sql(events)
        .add(" ON ")
        .sql(&Sql::join(same, " AND "))
        .add(" AND (sluice_s.")
        .ident(STEP)
        .add(event)
        .add(")");
    Relation { sql, columns: rows.columns.clone() }
}
