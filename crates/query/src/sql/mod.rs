//! SQL as text, as a syntax tree and as what DuckDB answers; knows nothing of tables or engines.

pub(crate) mod ast;
pub(crate) mod column;
pub(crate) mod duckdb_error;
pub(crate) mod lineage;
pub(crate) mod past;
pub(crate) mod statement;
pub(crate) mod text;
pub(crate) mod types;
