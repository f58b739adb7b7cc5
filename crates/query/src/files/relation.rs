//! The Parquet files of one version as something SQL can read.

use crate::error::QueryError;
use crate::files::table_file::{FileGroup, TableFile};
use crate::sql::column::{DuckColumn, cast, describe};
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use duckdb::Connection;
use sluice_contract::{Column, ColumnType, Contract, DeleteMode, Scd};

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
        files: &[TableFile],
        declared: &[(String, String)],
        missing: Missing,
    ) -> Result<Self, QueryError> {
        if files.is_empty() {
            return Ok(Self::empty(declared));
        }
        let groups = FileGroup::of(files)?;
        let found = groups.iter().map(|group| describe(conn, &group.read)).collect::<Result<Vec<_>, _>>()?;
        let targets = target_columns(&found, declared, missing);
        let mut parts = Vec::with_capacity(groups.len());
        for (group, found) in groups.iter().zip(&found) {
            let list = Sql::join(targets.iter().map(|target| value(target, found)), ", ");
            parts.push(Sql::new("SELECT ").sql(&list).add(" FROM ").sql(&group.from(found)?));
        }
        let sql = Sql::new("(").sql(&Sql::join(parts, " UNION ALL ")).add(")");
        if groups.len() > 1 && targets.iter().any(|target| !target.fixed) {
            // Where groups have different types of an undeclared column, the union has decided.
            return Ok(Self { columns: describe(conn, &sql)?, sql });
        }
        Ok(Self { sql, columns: targets.into_iter().map(|target| target.column).collect() })
    }

    fn empty(declared: &[(String, String)]) -> Self {
        let columns: Vec<DuckColumn> = declared
            .iter()
            .map(|(name, word)| DuckColumn { name: name.clone(), ty: wanted(word).unwrap_or_else(DuckType::text) })
            .collect();
        let list = if columns.is_empty() {
            // A relation needs a column.
            Sql::new("NULL AS nothing")
        } else {
            Sql::join(columns.iter().map(|column| null(&column.name, &column.ty)), ", ")
        };
        Self { sql: Sql::new("(SELECT ").sql(&list).add(" WHERE false)"), columns }
    }

    /// Only the rows that are rows of the table now: the current versions of a table with history,
    /// rows that are not deleted where deletes leave rows.
    pub(crate) fn current_rows(self, contract: &Contract) -> Self {
        match (contract.apply.scd, contract.apply.delete_mode) {
            (Scd::Type2, _) => self.only_current(CurrentRows::NotEnded),
            (Scd::Append, _) => self.only_current(CurrentRows::NoDelete),
            (Scd::Type1, DeleteMode::Soft) => self.only_current(CurrentRows::NotDeleted),
            (Scd::Type1, DeleteMode::Hard) => self,
        }
    }

    /// As [`Self::current_rows`] for a silver table whose contract is not at hand: its columns tell.
    pub(crate) fn current_rows_of_silver(self) -> Self {
        match CurrentRows::ALL.into_iter().find(|kind| self.column(kind.column()).is_some()) {
            Some(kind) => self.only_current(kind),
            None => self,
        }
    }

    fn only_current(self, kind: CurrentRows) -> Self {
        if self.column(kind.column()).is_none() {
            return self;
        }
        let sql = Sql::new("(SELECT * FROM ")
            .sql(&self.sql)
            .add(" WHERE ")
            .ident(kind.column())
            .add(kind.condition())
            .add(")");
        Self { sql, ..self }
    }

    /// Without the columns that only the files have: a table's schema says what its columns are, and a file may hold
    /// more, such as the `_change_type` of writers that record changes. All of them where no schema is known.
    pub(crate) fn of_schema(self, declared: &[(String, String)]) -> Self {
        let is_declared = |column: &DuckColumn| declared.iter().any(|(name, _)| *name == column.name);
        if declared.is_empty() || self.columns.iter().all(is_declared) {
            return self;
        }
        let columns: Vec<DuckColumn> = self.columns.iter().filter(|column| is_declared(column)).cloned().collect();
        let list = Sql::join(columns.iter().map(|column| Sql::name(&column.name)), ", ");
        let sql = Sql::new("(SELECT ").sql(&list).add(" FROM ").sql(&self.sql).add(")");
        Self { sql, columns }
    }

    /// The column of that name.
    pub(crate) fn column(&self, name: &str) -> Option<&DuckColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// How a silver table tells its current rows from others. The columns are Sluice's own, which no contract
/// can declare.
#[derive(Clone, Copy)]
enum CurrentRows {
    NotEnded,
    NoDelete,
    NotDeleted,
}

impl CurrentRows {
    const ALL: [Self; 3] = [Self::NotEnded, Self::NoDelete, Self::NotDeleted];

    fn column(self) -> &'static str {
        match self {
            Self::NotEnded => Column::END_AT,
            Self::NoDelete => Column::OP,
            Self::NotDeleted => Column::DELETED,
        }
    }

    fn condition(self) -> &'static str {
        match self {
            Self::NotEnded => " IS NULL",
            Self::NoDelete => " <> 'd'",
            Self::NotDeleted => " IS NOT TRUE",
        }
    }
}

/// The type of a word of the contract.
fn wanted(word: &str) -> Option<DuckType> {
    word.parse::<ColumnType>().ok().map(|ty| DuckType::of_contract(&ty))
}

fn find<'a>(found: &'a [DuckColumn], name: &str) -> Option<&'a DuckColumn> {
    found.iter().find(|column| column.name.eq_ignore_ascii_case(name))
}

/// A column that a relation is to have.
pub(crate) struct TargetColumn {
    pub(crate) column: DuckColumn,
    /// Whether the type is the contract's. Else it is what DuckDB makes of the types in the files.
    fixed: bool,
}

/// The columns of a relation over groups of files that have `found`.
pub(crate) fn target_columns(
    found: &[Vec<DuckColumn>],
    declared: &[(String, String)],
    missing: Missing,
) -> Vec<TargetColumn> {
    let mut targets = Vec::new();
    for (name, word) in declared {
        let of_file = found.iter().find_map(|group| find(group, name)).map(|column| column.ty.without_zone());
        if of_file.is_none() && missing == Missing::Leave {
            continue;
        }
        let wanted = wanted(word);
        let fixed = wanted.is_some();
        let ty = wanted.or(of_file).unwrap_or_else(DuckType::text);
        targets.push(TargetColumn { column: DuckColumn { name: name.clone(), ty }, fixed });
    }
    for column in found.iter().flatten() {
        if !targets.iter().any(|target| target.column.name.eq_ignore_ascii_case(&column.name)) {
            let column = DuckColumn { name: column.name.clone(), ty: column.ty.without_zone() };
            targets.push(TargetColumn { column, fixed: false });
        }
    }
    targets
}

fn null(name: &str, ty: &DuckType) -> Sql {
    cast(&Sql::new("NULL"), ty).add(" AS ").ident(name)
}

/// The value of a column in a group of files.
pub(crate) fn value(target: &TargetColumn, found: &[DuckColumn]) -> Sql {
    let name = &target.column.name;
    let Some(of_file) = find(found, name) else { return null(name, &target.column.ty) };
    let ty = if target.fixed { target.column.ty.clone() } else { of_file.ty.without_zone() };
    let read = Sql::name(&of_file.name);
    if of_file.ty == ty {
        return if of_file.name == *name { read } else { read.add(" AS ").ident(name) };
    }
    cast(&read, &ty).add(" AS ").ident(name)
}
