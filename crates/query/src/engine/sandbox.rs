//! Opens DuckDB and closes it off: after this it reads the allowed folders and nothing else.

use crate::engine::options::QueryOptions;
use crate::error::QueryError;
use crate::files::table_file::path_text;
use crate::sql::text::Sql;
use duckdb::vtab::arrow::ArrowVTab;
use duckdb::{Config, Connection};
use std::path::PathBuf;

/// Name of the table function that reads a batch of the caller; user SQL cannot call it.
pub(crate) const BATCH_FUNCTION: &str = "sluice_batch";

/// Opens an in-memory database with a catalog per layer and a schema for results.
///
/// The order matters: folders are named while external access is on, then access goes off, then the
/// settings are locked. Three settings stay free, because they belong to a connection; people cannot
/// reach them, for they cannot run `SET`.
pub(crate) fn open(options: &QueryOptions) -> Result<Connection, QueryError> {
    let config = Config::default()
        .with("autoinstall_known_extensions", "false")?
        .with("autoload_known_extensions", "false")?
        .with("allow_community_extensions", "false")?;
    let conn = Connection::open_in_memory_with_flags(config)?;
    conn.register_table_function::<ArrowVTab>(BATCH_FUNCTION)?;
    let set = |sql: Sql| conn.execute_batch(sql.as_str()).map_err(QueryError::from);
    for layer in ["bronze", "silver", "gold"] {
        set(Sql::new("ATTACH ':memory:' AS ").ident(layer))?;
    }
    set(Sql::new("CREATE SCHEMA memory.results"))?;
    set(Sql::new("SET memory_limit = ").text(&format!("{}B", options.memory_bytes)))?;
    set(Sql::new("SET threads = ").number(options.threads.max(1) as u64))?;
    match &options.temp_dir {
        Some(dir) => {
            set(Sql::new("SET temp_directory = ").text(&path_text(dir)?))?;
            set(Sql::new("SET max_temp_directory_size = ").text(&format!("{}B", options.temp_bytes)))?;
        }
        None => set(Sql::new("SET temp_directory = ''"))?,
    }
    // Otherwise instants would be shown in the zone of the machine.
    set(Sql::new("SET GLOBAL TimeZone = 'UTC'"))?;
    set(Sql::new("SET allow_persistent_secrets = false"))?;
    set(Sql::new("SET parquet_metadata_cache = true"))?;
    let folders = Sql::join(allowed(&options.allowed)?.iter().map(|folder| Sql::quoted(folder)), ", ");
    set(Sql::new("SET allowed_directories = [").sql(&folders).add("]"))?;
    set(Sql::new("SET enable_external_access = false"))?;
    set(Sql::new(
        "SET allowed_configs = ['errors_as_json', 'enable_progress_bar', 'enable_progress_bar_print', 'schema']",
    ))?;
    set(Sql::new("SET lock_configuration = true"))?;
    Ok(conn)
}

/// Prepares a connection for use.
pub(crate) fn prepare(conn: &Connection) -> Result<(), QueryError> {
    conn.execute_batch("SET errors_as_json = true")?;
    conn.execute_batch("SET schema = 'silver.main'")?;
    Ok(())
}

/// The folders as given and with links resolved.
fn allowed(folders: &[PathBuf]) -> Result<Vec<String>, QueryError> {
    let mut texts = Vec::new();
    for folder in folders {
        texts.push(path_text(folder)?);
        if let Ok(real) = folder.canonicalize() {
            texts.push(path_text(&real)?);
        }
    }
    texts.sort();
    texts.dedup();
    Ok(texts)
}
