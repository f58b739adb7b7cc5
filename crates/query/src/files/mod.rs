//! The data files of one version of a table as something that SQL can read.

pub(crate) mod relation;
pub(crate) mod table_file;
pub(crate) mod table_files;
