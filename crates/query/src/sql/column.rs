//! How the columns of a table in DuckDB leave the engine.

use crate::error::QueryError;
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use duckdb::Connection;
use sluice_api::ResultColumn;

/// A column of a table or view in DuckDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DuckColumn {
    /// Name.
    pub(crate) name: String,
    /// Type.
    pub(crate) ty: DuckType,
}

impl DuckColumn {
    /// What the screens see of it.
    pub(crate) fn view(&self) -> ResultColumn {
        // Whether it is personal is known to whoever knows the contracts.
        let (name, numeric) = (self.name.clone(), self.ty.is_numeric());
        ResultColumn { name, data_type: self.ty.exported().word(), numeric, pii: false }
    }

    /// The column of table `of` in the type with which it leaves. A `HUGEINT` stays: DuckDB hands it
    /// out as a decimal, and a cast would fail for the largest.
    fn page_expression(&self, of: &'static str) -> Sql {
        let column = Sql::new(of).ident(&self.name);
        // In a list a number of 39 digits fits no decimal; as text it keeps every digit.
        let exported = if self.ty.as_str() == "HUGEINT[]" { DuckType::texts() } else { self.ty.exported() };
        if exported == self.ty || self.ty.as_str() == "HUGEINT" {
            return column.add(" AS ").ident(&self.name);
        }
        cast(&column, &exported).add(" AS ").ident(&self.name)
    }

    /// As [`Self::page_expression`], and strict: the type is one that Delta has.
    pub(crate) fn delta_expression(&self) -> Sql {
        let exported = self.ty.exported();
        let column = Sql::name(&self.name);
        if exported == self.ty { column } else { cast(&column, &exported).add(" AS ").ident(&self.name) }
    }
}

/// `CAST(expression AS ty)`.
pub(crate) fn cast(expression: &Sql, ty: &DuckType) -> Sql {
    Sql::new("CAST(").sql(expression).add(" AS ").sql(&Sql::duck_type(ty)).add(")")
}

/// The condition that a column has a value, which is text of its type.
///
/// # Errors
/// If it is no text of that type.
pub(crate) fn has_value(conn: &Connection, column: &DuckColumn, text: &str) -> Result<Sql, QueryError> {
    let typed = cast(&Sql::quoted(text), &column.ty);
    let probe = Sql::new("SELECT ").sql(&typed).add(" IS NULL");
    conn.query_row(probe.as_str(), [], |row| row.get::<_, bool>(0)).map_err(|_| {
        QueryError::input(
            format!("The value of `{}` is not a {}", column.name, column.ty.word()),
            "Write it as the table shows it",
        )
    })?;
    Ok(Sql::name(&column.name).add(" = ").sql(&typed))
}

/// The list of expressions for a page; `of` is empty or an alias with its dot.
pub(crate) fn page_list(columns: &[DuckColumn], of: &'static str) -> Sql {
    Sql::join(columns.iter().map(|column| column.page_expression(of)), ", ")
}

/// Columns of whatever `from` names: `DESCRIBE SELECT * FROM from`.
pub(crate) fn describe(conn: &Connection, from: &Sql) -> Result<Vec<DuckColumn>, QueryError> {
    let sql = Sql::new("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ").sql(from).add(")");
    let mut statement = conn.prepare(sql.as_str())?;
    let rows = statement
        .query_map([], |row| Ok(DuckColumn { name: row.get(0)?, ty: DuckType::described(row.get::<_, String>(1)?) }))?;
    rows.map(|row| row.map_err(QueryError::from)).collect()
}
