//! The log of the database: where it was when the rows were read, and whether the table changed behind a position.

use super::address::Server;
use super::connection::Connection;
use crate::RunError;
use sluice_cdc::LogPosition;

/// Entries of a binary log that are looked at behind the position of silver.
const ENTRIES_MAX: usize = 200_000;

/// What the log says.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogOfSource {
    server: Option<Server>,
    /// Position that was read: everything before it is in the rows.
    pub(crate) position: Option<LogPosition>,
    /// Position once the rows were fixed: nothing behind it is in them. `None` where it is [`LogOfSource::position`] itself.
    pub(crate) until: Option<LogPosition>,
    /// Why there is no position.
    pub(crate) no_position: Option<String>,
    /// Name of the binary log's file.
    file: Option<String>,
    /// Rows tell when they were committed.
    pub(crate) has_commit_times: bool,
}

impl LogOfSource {
    /// Reads the position, and begins a transaction that sees that moment or a later one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn begin(connection: &mut Connection, server: Server) -> Result<Self, RunError> {
        match server {
            Server::Postgres => begin_postgres(connection).await,
            Server::MySql => begin_mysql(connection).await,
        }
    }

    /// Whether the table has no change behind a position of silver; false where nothing says so.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(super) async fn is_complete(
        &self,
        connection: &mut Connection,
        table: (&str, &str),
        silver: Option<LogPosition>,
        silver_ms: Option<i64>,
    ) -> Result<bool, RunError> {
        match self.server {
            Some(Server::Postgres) if self.has_commit_times => {
                // The last commit of the whole database is later than that of the table.
                let sql =
                    "SELECT floor(extract(epoch FROM timestamp) * 1000)::bigint::text FROM pg_last_committed_xact()";
                let last = connection.value("when it last committed", sql).await?;
                let last: Option<i64> = last.and_then(|text| text.parse().ok());
                Ok(last.zip(silver_ms).is_some_and(|(last, silver)| last <= silver))
            }
            Some(Server::MySql) => self.has_no_entry_behind(connection, table, silver).await,
            _ => Ok(false),
        }
    }

    /// Looks through the entries of the binary log between silver and the position that was read.
    async fn has_no_entry_behind(
        &self,
        connection: &mut Connection,
        (schema, name): (&str, &str),
        silver: Option<LogPosition>,
    ) -> Result<bool, RunError> {
        let (
            Some(LogPosition::Binlog { file, position }),
            Some(LogPosition::Binlog { file: of, position: end }),
            Some(of_name),
        ) = (silver, self.position, &self.file)
        else {
            return Ok(false);
        };
        if file != of {
            return Ok(false);
        }
        let sql = format!(
            "SHOW BINLOG EVENTS IN {} FROM {position} LIMIT {ENTRIES_MAX}",
            super::sql::literal(Server::MySql, of_name)
        );
        // Without the right to read the log nothing is known of it.
        let Ok(entries) = connection.rows("what its log holds", &sql).await else { return Ok(false) };
        let table = format!("({schema}.{name})");
        let mut is_whole = false;
        for (number, entry) in entries.iter().enumerate() {
            let text = |at: usize| entry.get(at).and_then(Option::as_deref).unwrap_or_default();
            let at: u64 = text(1).parse().unwrap_or(u64::MAX);
            if at >= end {
                is_whole = true;
                break;
            }
            // The first is the entry that silver has.
            if number > 0 && text(2) == "Table_map" && text(5).ends_with(&table) {
                return Ok(false);
            }
        }
        Ok(is_whole || entries.len() < ENTRIES_MAX)
    }
}

async fn begin_postgres(connection: &mut Connection) -> Result<LogOfSource, RunError> {
    // Values are read as texts, which depend on these.
    for setting in [
        "TimeZone = 'UTC'",
        "DateStyle = 'ISO'",
        "extra_float_digits = 3",
        "standard_conforming_strings = on",
        "client_encoding = 'UTF8'",
        "IntervalStyle = 'iso_8601'",
    ] {
        connection.rows("a setting", &format!("SET {setting}")).await?;
    }
    let is_replica =
        connection.value("whether it is a replica", "SELECT pg_is_in_recovery()").await?.as_deref() == Some("t");
    let statement = match is_replica {
        true => "SELECT pg_last_wal_replay_lsn()::text",
        false => "SELECT pg_current_wal_insert_lsn()::text",
    };
    // Before the transaction sees anything: every later event is behind it.
    let position = connection.value("the position of its log", statement).await?;
    connection.rows("a transaction", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let setting = "SELECT current_setting('track_commit_timestamp', true)";
    let has_commit_times = connection.value("a setting", setting).await?.as_deref() == Some("on");
    // The first statement of the transaction fixed what it sees.
    let until = connection.value("the position of its log", statement).await?;
    let [position, until] = [position, until].map(|text| text.as_deref().and_then(lsn).map(LogPosition::Lsn));
    Ok(LogOfSource { server: Some(Server::Postgres), position, until, has_commit_times, ..LogOfSource::default() })
}

async fn begin_mysql(connection: &mut Connection) -> Result<LogOfSource, RunError> {
    for setting in [
        "SET SESSION sql_mode = ''",
        "SET SESSION time_zone = '+00:00'",
        "SET NAMES utf8mb4",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    ] {
        connection.rows("a setting", setting).await?;
    }
    let before = binlog_status(connection).await;
    connection.rows("a transaction", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
    // MariaDB says at which position exactly the transaction began.
    let exact =
        connection.rows("the position of its log", "SHOW STATUS LIKE 'binlog_snapshot_%'").await.unwrap_or_default();
    let of = |name: &str| {
        let row = exact
            .iter()
            .find(|row| row.first().and_then(Option::as_deref).is_some_and(|of| of.eq_ignore_ascii_case(name)));
        row.and_then(|row| row.get(1).cloned().flatten()).filter(|text| !text.is_empty())
    };
    let exact = of("binlog_snapshot_file").zip(of("binlog_snapshot_position"));
    let after = if exact.is_none() { binlog_status(connection).await } else { None };
    let place = |(file, position): &(String, String)| {
        Some(LogPosition::Binlog { file: LogPosition::binlog_file(file)?, position: position.parse().ok()? })
    };
    let found = exact.or(before);
    let (position, until) = (found.as_ref().and_then(place), after.as_ref().and_then(place));
    let no_position = position.is_none().then(|| {
        "The server has no binary log, or the user may not ask for its position (BINLOG MONITOR, REPLICATION CLIENT)".to_owned()
    });
    let file = found.map(|(file, _)| file);
    Ok(LogOfSource { server: Some(Server::MySql), position, until, no_position, file, has_commit_times: false })
}

/// File and position of the binary log, if the user may ask.
async fn binlog_status(connection: &mut Connection) -> Option<(String, String)> {
    for statement in ["SHOW MASTER STATUS", "SHOW BINARY LOG STATUS"] {
        if let Ok(rows) = connection.rows("the position of its log", statement).await {
            let row = rows.into_iter().next()?;
            return row.first().cloned().flatten().zip(row.get(1).cloned().flatten());
        }
    }
    None
}

/// The number of a position of the write-ahead log: `16/B374D848`.
fn lsn(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    Some((u64::from_str_radix(high, 16).ok()? << 32) | u64::from_str_radix(low, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::lsn;

    #[test]
    fn a_position_is_a_number() {
        assert_eq!(lsn("16/B374D848"), Some(0x16_B374_D848));
        assert_eq!(lsn("0/0"), Some(0));
        assert_eq!(lsn("16"), None);
    }
}
