//! Connections to the one in-memory DuckDB.

use crate::engine::sandbox;
use crate::error::QueryError;
use duckdb::Connection;
use std::sync::{Mutex, PoisonError};

/// Idle connections that are kept.
const IDLE_MAX: usize = 8;

/// The database, as long as it lives.
pub(crate) struct Pool {
    /// Idle connections; dropped before `root`.
    idle: Mutex<Vec<Connection>>,
    /// Never runs anything, so that a clone never waits.
    root: Mutex<Connection>,
}

impl Pool {
    /// The connections of the database that `root` has opened.
    pub(crate) fn new(root: Connection) -> Self {
        Self { idle: Mutex::new(Vec::new()), root: Mutex::new(root) }
    }

    /// A connection of its own, for work that may be cancelled.
    pub(crate) fn connect(&self) -> Result<Connection, QueryError> {
        let conn = self.root.lock().unwrap_or_else(PoisonError::into_inner).try_clone()?;
        sandbox::prepare(&conn)?;
        Ok(conn)
    }

    /// Runs short work on a connection of the pool.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, QueryError>) -> Result<T, QueryError> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match kept {
            Some(conn) => conn,
            None => self.connect()?,
        };
        let result = work(&conn);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(conn);
        }
        result
    }
}
