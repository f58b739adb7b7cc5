//! By what the rows of two sides are matched. Nothing is taken for a key that is not unique on both sides.

use crate::diff::changed_rows::takes_part;
use crate::diff::input::{DiffInput, DiffKey};
use crate::diff::steps::{rows_of_steps, sides};
use crate::error::QueryError;
use crate::files::relation::Relation;
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use duckdb::Connection;
use sluice_api::KeyOrigin;

/// Columns of a key that nobody declared, at most.
const FOUND_KEY_COLUMNS_MAX: usize = 4;

/// The rows of both sides and what tells them apart; no columns where whole rows are counted.
pub(crate) struct Keyed {
    pub(crate) old: Relation,
    pub(crate) new: Relation,
    pub(crate) key: Vec<String>,
    pub(crate) by: KeyOrigin,
}

/// The rows of both sides by the key of the input.
pub(crate) fn keyed(conn: &Connection, input: &DiffInput<'_>) -> Result<Keyed, QueryError> {
    let by_key = |key: &[String], by: KeyOrigin| -> Result<Keyed, QueryError> {
        let (old, new) = sides(conn, input.steps, key, input.before, input.after)?;
        Ok(Keyed { old, new, key: key.to_vec(), by })
    };
    match input.key {
        DiffKey::Contract(key) => by_key(key, KeyOrigin::Contract),
        DiffKey::Asked(key) => {
            if let Some(missing) = key.iter().find(|name| !is_on_both_sides(input, name)) {
                return Err(QueryError::input(
                    format!("Key column `{missing}` of {} is not on both sides", input.table),
                    "Name columns that both sides have",
                ));
            }
            let found = by_key(key, KeyOrigin::Asked)?;
            match repeated(conn, &found)? {
                None => Ok(found),
                Some(side) => Err(QueryError::input(
                    format!(
                        "{} does not tell the rows of {} apart: {side} several have the same",
                        key.join(", "),
                        input.table
                    ),
                    "Name more columns of the key, or none",
                )),
            }
        }
        DiffKey::Model(Some(key)) => {
            if let Some(missing) = key.iter().find(|name| !is_on_both_sides(input, name)) {
                return whole_rows(conn, input, format!("key column {missing} of the model is not on both sides"));
            }
            let found = by_key(key, KeyOrigin::Declared)?;
            match repeated(conn, &found)? {
                None => Ok(found),
                Some(side) => {
                    whole_rows(conn, input, format!("{}, the key of the model, is not unique {side}", key.join(", ")))
                }
            }
        }
        DiffKey::Model(None) => {
            let (old, new) = rows_of_steps(conn, input.steps, input.before, input.after)?;
            let candidates: Vec<String> = new
                .columns
                .iter()
                .take_while(|column| {
                    let before = old.columns.iter().find(|other| other.name == column.name);
                    let is_key = |ty: &DuckType| !ty.is_measure();
                    takes_part(&column.name, &[], input.ignore)
                        && is_key(&column.ty)
                        && before.is_some_and(|before| is_key(&before.ty))
                })
                .take(FOUND_KEY_COLUMNS_MAX)
                .map(|column| column.name.clone())
                .collect();
            for length in 1..=candidates.len() {
                let found = by_key(&candidates[..length], KeyOrigin::Unique)?;
                if repeated(conn, &found)?.is_none() {
                    return Ok(found);
                }
            }
            whole_rows(
                conn,
                input,
                "the model declares no key, and no first columns are unique on both sides".to_owned(),
            )
        }
    }
}

fn whole_rows(conn: &Connection, input: &DiffInput<'_>, because: String) -> Result<Keyed, QueryError> {
    if !input.tolerance.is_empty() {
        return Err(QueryError::input(
            format!("A tolerance needs a key of {}: {because}", input.table),
            "Name the columns of the key, or declare it in the model: `-- key: a, b`",
        ));
    }
    let (old, new) = rows_of_steps(conn, input.steps, input.before, input.after)?;
    Ok(Keyed { old, new, key: Vec::new(), by: KeyOrigin::WholeRows(because) })
}

fn is_on_both_sides(input: &DiffInput<'_>, name: &str) -> bool {
    // Where no types are handed over, the files are asked later.
    let has = |side: &[(String, String)]| side.is_empty() || side.iter().any(|(column, _)| column == name);
    has(input.before) && has(input.after)
}

/// The side on which several rows have the same key, in words.
fn repeated(conn: &Connection, found: &Keyed) -> Result<Option<&'static str>, QueryError> {
    for (side, words) in [(&found.old, "before"), (&found.new, "after")] {
        let missing = found.key.iter().find(|name| side.columns.iter().all(|column| column.name != **name));
        if let Some(missing) = missing {
            return Err(QueryError::input(
                format!("Key column `{missing}` is not in the files {words}"),
                "Name columns that both sides have",
            ));
        }
        let key = Sql::join(found.key.iter().map(|name| Sql::name(name)), ", ");
        let sql = Sql::new("SELECT count(*) FROM (SELECT 1 FROM ")
            .sql(&side.sql)
            .add(" GROUP BY ")
            .sql(&key)
            .add(" HAVING count(*) > 1 LIMIT 1)");
        if conn.query_row(sql.as_str(), [], |row| row.get::<_, i64>(0))? > 0 {
            return Ok(Some(words));
        }
    }
    Ok(None)
}
