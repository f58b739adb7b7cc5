//! The files and columns of one version of a table.

use crate::files::table_file::TableFile;
use serde::{Deserialize, Serialize};
use sluice_api::TableRef;

/// The files of one version of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFiles {
    /// Table.
    pub table: TableRef,
    /// Name and type (in the contract's words) of the columns, in order: the order of the view, its
    /// types, and all there is while the table has no files. Columns that only the files have follow.
    pub columns: Vec<(String, String)>,
    /// Parquet files of the version, inside the allowed folders; may be empty.
    pub files: Vec<TableFile>,
}

/// A table that SQL may read.
#[derive(Debug)]
pub(crate) struct View {
    /// Its files.
    pub(crate) files: TableFiles,
    /// Whether this process has the view.
    pub(crate) is_defined: bool,
}
