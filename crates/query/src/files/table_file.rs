//! The Parquet files of one version, and which of their rows count.

use crate::error::QueryError;
use crate::sql::column::DuckColumn;
use crate::sql::text::Sql;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A Parquet file of one version, and which of its rows count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableFile {
    /// The file.
    pub path: PathBuf,
    /// Its rows that are rows of the table.
    pub rows: FileRows,
}

/// Which rows of a file count. A positions file is a Parquet file with one `bigint` column `row`:
/// positions in the file, from 0, ascending, each once. Views are kept by file name, so a positions
/// file is named by its content and never changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FileRows {
    /// All of them.
    All,
    /// All but those of a positions file: the deleted rows of a deletion vector.
    Except(PathBuf),
    /// Those of a positions file.
    Only(PathBuf),
}

impl TableFile {
    /// A file of which all rows count.
    #[must_use]
    pub fn whole(path: PathBuf) -> Self {
        Self { path, rows: FileRows::All }
    }
}

/// Names with which DuckDB tells the place of a row. A column of the data with such a name hides it.
const PLACE: [&str; 2] = ["file_index", "file_row_number"];

/// Files that are read in one go.
pub(crate) struct FileGroup {
    /// `read_parquet([…])` of the data files.
    pub(crate) read: Sql,
    /// The join with the positions files.
    join: Option<Sql>,
}

impl FileGroup {
    /// At most three groups: whole files, files without some rows, files of which some rows count.
    pub(crate) fn of(files: &[TableFile]) -> Result<Vec<Self>, QueryError> {
        let mut whole = Vec::new();
        let (mut except, mut only) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
        for file in files {
            match &file.rows {
                FileRows::All => whole.push(&file.path),
                FileRows::Except(positions) => {
                    except.0.push(&file.path);
                    except.1.push(positions);
                }
                FileRows::Only(positions) => {
                    only.0.push(&file.path);
                    only.1.push(positions);
                }
            }
        }
        let mut groups = Vec::new();
        if !whole.is_empty() {
            groups.push(Self { read: read_parquet(&whole)?, join: None });
        }
        for (word, (files, positions)) in [(" ANTI JOIN ", except), (" SEMI JOIN ", only)] {
            if !files.is_empty() {
                // File n of one list belongs to file n of the other. Two plain equalities, so that
                // DuckDB can skip row groups that hold no position.
                let join = Sql::new(word)
                    .add("(SELECT file_index AS sluice_file, \"row\" AS sluice_row FROM ")
                    .sql(&read_parquet(&positions)?)
                    .add(") sluice_d ON sluice_f.file_index = sluice_d.sluice_file ")
                    .add("AND sluice_f.file_row_number = sluice_d.sluice_row");
                groups.push(Self { read: read_parquet(&files)?, join: Some(join) });
            }
        }
        Ok(groups)
    }

    /// For FROM: the rows that are not deleted, with the columns of the files. `found` are the columns of
    /// [`Self::read`].
    pub(crate) fn from(&self, found: &[DuckColumn]) -> Result<Sql, QueryError> {
        let Some(join) = &self.join else { return Ok(self.read.clone()) };
        Self::place_is_visible(found)?;
        Ok(self.read.clone().add(" sluice_f").sql(join))
    }

    /// An error if a column of the data hides the place of its rows.
    pub(crate) fn place_is_visible(found: &[DuckColumn]) -> Result<(), QueryError> {
        let hidden = found.iter().find(|column| PLACE.iter().any(|name| column.name.eq_ignore_ascii_case(name)));
        match hidden {
            None => Ok(()),
            Some(column) => Err(QueryError::input(
                format!("A column is called `{}`, which SQL needs to tell rows apart", column.name),
                "Rename the column in the contract, or set apply.mode to copy_on_write",
            )),
        }
    }
}

/// `read_parquet([…])`. Folder names are no partition columns, and no name is a pattern.
fn read_parquet(files: &[&PathBuf]) -> Result<Sql, QueryError> {
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

/// A path as text.
pub(crate) fn path_text(path: &Path) -> Result<String, QueryError> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        QueryError::input("A folder has a name that is not UTF-8", "Rename the folder, or open the lake from another")
    })
}
