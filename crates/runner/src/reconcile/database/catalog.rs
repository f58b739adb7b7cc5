//! Which table of the database it is, and what its columns are.

use super::address::Server;
use super::connection::{Connection, TextRow};
use super::sql::{literal, quoted};
use crate::RunError;

/// A table of the database.
#[derive(Clone, Debug)]
pub(super) struct SourceTable {
    pub(super) schema: String,
    pub(super) name: String,
    /// Rows carry the transaction that wrote them.
    pub(super) has_transactions: bool,
    pub(super) columns: Vec<SourceColumn>,
}

/// A column of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceColumn {
    pub(super) name: String,
    /// As the server calls it; `array` and `enum` for all of these.
    pub(super) data_type: String,
}

impl SourceTable {
    /// Its name as the server quotes it.
    pub(super) fn quoted(&self, server: Server) -> String {
        format!("{}.{}", quoted(server, &self.schema), quoted(server, &self.name))
    }

    /// The column that the contract calls by one of these names.
    pub(super) fn column<'a>(&self, names: impl Iterator<Item = &'a String>) -> Option<&SourceColumn> {
        let mut names = names;
        names.find_map(|name| self.columns.iter().find(|column| column.name == *name))
    }
}

/// The table of a name; `schema.table` where the name alone is not enough.
///
/// # Errors
/// If there is none, or more than one.
pub(super) async fn find_table(
    connection: &mut Connection,
    server: Server,
    wanted: &str,
) -> Result<SourceTable, RunError> {
    let (schema, name) = match wanted.split_once('.') {
        Some((schema, name)) => (Some(schema), name),
        None => (None, wanted),
    };
    let (name_is, in_schema) = match server {
        Server::Postgres => ("c.relname", "n.nspname"),
        Server::MySql => ("TABLE_NAME", "TABLE_SCHEMA"),
    };
    let mut condition = format!("{name_is} = {}", literal(server, name));
    match (schema, server) {
        (Some(schema), _) => condition.push_str(&format!(" AND {in_schema} = {}", literal(server, schema))),
        (None, Server::MySql) => condition.push_str(" AND TABLE_SCHEMA = DATABASE()"),
        (None, Server::Postgres) => {}
    }
    let sql = match server {
        Server::Postgres => format!(
            "SELECT n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
             AND {condition} ORDER BY 1"
        ),
        Server::MySql => format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE {condition} ORDER BY 1"
        ),
    };
    let found = connection.rows("which tables there are", &sql).await?;
    let texts = |row: &TextRow, at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let (schema, name, kind) = match found.as_slice() {
        [] => {
            return Err(RunError::not_found(
                format!("The database has no table {wanted} that the user may see"),
                "Name it with --source-table schema.table",
            ));
        }
        [row] => (texts(row, 0), texts(row, 1), texts(row, 2)),
        several => {
            let names: Vec<String> = several.iter().map(|row| format!("{}.{}", texts(row, 0), texts(row, 1))).collect();
            return Err(RunError::input(
                format!("The database has several tables {wanted}: {}", names.join(", ")),
                "Say which with --source-table schema.table",
            ));
        }
    };
    let columns = match server {
        Server::Postgres => format!(
            "SELECT a.attname, CASE WHEN coalesce(b.typcategory, t.typcategory) = 'A' THEN 'array' \
             WHEN coalesce(b.typtype, t.typtype) = 'e' THEN 'enum' ELSE coalesce(b.typname, t.typname) END \
             FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
             LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype AND t.typtype = 'd' \
             WHERE n.nspname = {} AND c.relname = {} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
            literal(server, &schema),
            literal(server, &name)
        ),
        Server::MySql => format!(
            "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS \
             WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} ORDER BY ORDINAL_POSITION",
            literal(server, &schema),
            literal(server, &name)
        ),
    };
    let columns = connection.rows("which columns the table has", &columns).await?;
    let column = |row: &TextRow| SourceColumn { name: texts(row, 0), data_type: texts(row, 1).to_ascii_lowercase() };
    let columns = columns.iter().map(column).collect();
    let has_transactions = server == Server::Postgres && matches!(kind.as_str(), "r" | "p");
    Ok(SourceTable { schema, name, has_transactions, columns })
}
