//! The Parquet files of one version as something SQL can read.

use crate::error::QueryError;
use crate::export::{DuckColumn, cast, describe};
use crate::sandbox::path_text;
use crate::sql::Sql;
use crate::types::DuckType;
use duckdb::Connection;
use sluice_contract::ColumnType;
use std::path::PathBuf;

/// What to do with declared columns that no file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// A null column.
    Null,
    /// Left out.
    Leave,
}

/// A relation: `(SELECT … FROM read_parquet(…))`, and its columns.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    /// For FROM, in brackets, without an alias.
    pub(crate) sql: Sql,
    /// Columns in order.
    pub(crate) columns: Vec<DuckColumn>,
}

impl Relation {
    /// Files of one version with the columns that are declared, in that order, then those that only
    /// the files have. Without files it is empty and has the declared columns.
    pub(crate) fn open(
        conn: &Connection,
        files: &[PathBuf],
        declared: &[(String, String)],
        missing: Missing,
    ) -> Result<Self, QueryError> {
        if files.is_empty() {
            return Ok(Self::empty(declared));
        }
        let read = read_parquet(files)?;
        let found = describe(conn, &read)?;
        let mut columns = Vec::with_capacity(found.len());
        let mut expressions = Vec::with_capacity(found.len());
        for (name, word) in declared {
            let wanted = word.parse::<ColumnType>().ok().map(|ty| DuckType::of_contract(&ty));
            match found.iter().find(|column| column.name.eq_ignore_ascii_case(name)) {
                Some(column) => {
                    let ty = wanted.unwrap_or_else(|| column.ty.without_zone());
                    expressions.push(expression(column, &ty, name));
                    columns.push(DuckColumn { name: name.clone(), ty });
                }
                None if missing == Missing::Null => {
                    let ty = wanted.unwrap_or_else(DuckType::text);
                    expressions.push(null(name, &ty));
                    columns.push(DuckColumn { name: name.clone(), ty });
                }
                None => {}
            }
        }
        for column in &found {
            if !declared.iter().any(|(name, _)| name.eq_ignore_ascii_case(&column.name)) {
                let ty = column.ty.without_zone();
                expressions.push(expression(column, &ty, &column.name));
                columns.push(DuckColumn { name: column.name.clone(), ty });
            }
        }
        let sql = Sql::new("(SELECT ").sql(&Sql::join(expressions, ", ")).add(" FROM ").sql(&read).add(")");
        Ok(Self { sql, columns })
    }

    fn empty(declared: &[(String, String)]) -> Self {
        let columns: Vec<DuckColumn> = declared
            .iter()
            .map(|(name, word)| DuckColumn {
                name: name.clone(),
                ty: word.parse::<ColumnType>().map_or_else(|_| DuckType::text(), |ty| DuckType::of_contract(&ty)),
            })
            .collect();
        let list = if columns.is_empty() {
            // A relation needs a column.
            Sql::new("NULL AS nothing")
        } else {
            Sql::join(columns.iter().map(|column| null(&column.name, &column.ty)), ", ")
        };
        Self { sql: Sql::new("(SELECT ").sql(&list).add(" WHERE false)"), columns }
    }

    /// The column of that name.
    pub(crate) fn column(&self, name: &str) -> Option<&DuckColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

fn null(name: &str, ty: &DuckType) -> Sql {
    cast(&Sql::new("NULL"), ty).add(" AS ").ident(name)
}

fn expression(column: &DuckColumn, ty: &DuckType, name: &str) -> Sql {
    let read = Sql::name(&column.name);
    if &column.ty == ty {
        return if column.name == name { read } else { read.add(" AS ").ident(name) };
    }
    cast(&read, ty).add(" AS ").ident(name)
}

/// `read_parquet([…])`. Folder names are no partition columns, and no name is a pattern.
pub(crate) fn read_parquet(files: &[PathBuf]) -> Result<Sql, QueryError> {
    let mut names = Vec::with_capacity(files.len());
    for file in files {
        names.push(Sql::quoted(&without_pattern(&path_text(file)?)));
    }
    let sql = Sql::new("read_parquet([").sql(&Sql::join(names, ", ")).add("], hive_partitioning = false");
    Ok(if files.len() > 1 { sql.add(", union_by_name = true)") } else { sql.add(")") })
}

/// `*`, `?` and `[` as themselves.
fn without_pattern(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[') {
            text.extend(['[', c, ']']);
        } else {
            text.push(c);
        }
    }
    text
}
