//! Tests over a real DuckDB.
