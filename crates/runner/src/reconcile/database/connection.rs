//! Statements and the texts that a database answers with. Errors name what failed and the code of the server, and never
//! its own words behind the connection: those may hold values of rows.

use super::address::{Address, Encryption, Server};
use super::tls::{Tls, choose_for_mysql};
use crate::RunError;
use futures::TryStreamExt;
use mysql_async::prelude::Queryable;
use std::pin::pin;
use std::time::Duration;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::config::SslMode;

/// How long a server may take to answer a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// A row of texts; null is `None`.
pub(crate) type TextRow = Vec<Option<String>>;

/// A connection.
pub(crate) enum Connection {
    Postgres { client: tokio_postgres::Client, task: tokio::task::JoinHandle<()> },
    MySql(Box<mysql_async::Conn>),
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The server ends what it still does once nobody listens.
        if let Self::Postgres { task, .. } = self {
            task.abort();
        }
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If there is no server, or it does not let the user in.
    pub(crate) async fn open(address: &Address) -> Result<Self, RunError> {
        let connecting = async {
            match address.server {
                Server::Postgres => open_postgres(address).await,
                Server::MySql => open_mysql(address).await,
            }
        };
        match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(cannot_connect(address, "it does not answer")),
        }
    }

    /// Rows that a statement answers with.
    ///
    /// # Errors
    /// `what` and the code of the server.
    pub(crate) async fn rows(&mut self, what: &str, sql: &str) -> Result<Vec<TextRow>, RunError> {
        match self {
            Self::Postgres { client, .. } => {
                let failed = |error: tokio_postgres::Error| refused(what, error.code().map_or("", |code| code.code()));
                let mut messages = pin!(client.simple_query_raw(sql).await.map_err(failed)?);
                let mut rows = Vec::new();
                while let Some(message) = messages.try_next().await.map_err(failed)? {
                    if let SimpleQueryMessage::Row(row) = message {
                        rows.push((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect());
                    }
                }
                Ok(rows)
            }
            Self::MySql(conn) => {
                let failed = |error: mysql_async::Error| refused(what, &mysql_code(&error));
                let rows: Vec<mysql_async::Row> = conn.query(sql).await.map_err(failed)?;
                rows.into_iter().map(|row| mysql_texts(what, row)).collect()
            }
        }
    }

    /// The first value that a statement answers with; `None` without one, and for null.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub(crate) async fn value(&mut self, what: &str, sql: &str) -> Result<Option<String>, RunError> {
        let rows = self.rows(what, sql).await?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }
}

async fn open_postgres(address: &Address) -> Result<Connection, RunError> {
    let mut config = tokio_postgres::Config::new();
    config.user(&address.user).dbname(&address.database).port(address.port).application_name("sluice");
    match address.host.starts_with('/') {
        #[cfg(unix)]
        true => config.host_path(&address.host),
        _ => config.host(&address.host),
    };
    if let Some(password) = &address.password {
        config.password(password);
    }
    config.ssl_mode(match address.encryption {
        Encryption::Off => SslMode::Disable,
        Encryption::Preferred => SslMode::Prefer,
        Encryption::Required => SslMode::Require,
    });
    let tls = Tls::new(address.root_certificate.as_deref())?;
    let (client, connection) = config.connect(tls).await.map_err(|error| {
        if is_of_certificate(&error) {
            return not_trusted(address);
        }
        // What a server says before there is a session names the user and the database.
        let why = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        cannot_connect(address, &why)
    })?;
    let task = tokio::spawn(async move {
        // The one that waits for an answer hears of its end.
        let _ = connection.await;
    });
    Ok(Connection::Postgres { client, task })
}

async fn open_mysql(address: &Address) -> Result<Connection, RunError> {
    let ssl = match address.encryption {
        Encryption::Off | Encryption::Preferred => None,
        Encryption::Required => {
            choose_for_mysql();
            let roots = address.root_certificate.iter().map(|path| path.clone().into()).collect();
            Some(mysql_async::SslOpts::default().with_root_certs(roots))
        }
    };
    let options = mysql_async::OptsBuilder::default()
        .ip_or_hostname(&address.host)
        .tcp_port(address.port)
        .user(Some(&address.user))
        .pass(address.password.as_deref())
        .db_name(Some(&address.database))
        .prefer_socket(false)
        .ssl_opts(ssl);
    let conn = mysql_async::Conn::new(options).await.map_err(|error| {
        if is_of_certificate(&error) {
            return not_trusted(address);
        }
        let why = match &error {
            mysql_async::Error::Server(error) => error.message.clone(),
            _ => "the connection was refused or ended".to_owned(),
        };
        cannot_connect(address, &why)
    })?;
    Ok(Connection::MySql(Box::new(conn)))
}

fn mysql_texts(what: &str, row: mysql_async::Row) -> Result<TextRow, RunError> {
    let text = |value| match value {
        mysql_async::Value::NULL => Ok(None),
        mysql_async::Value::Bytes(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| refused(what, "no UTF-8")),
        _ => Err(refused(what, "no text")),
    };
    row.unwrap().into_iter().map(text).collect()
}

fn mysql_code(error: &mysql_async::Error) -> String {
    match error {
        mysql_async::Error::Server(error) => format!("{} {}", error.code, error.state),
        _ => String::new(),
    }
}

fn cannot_connect(address: &Address, why: &str) -> RunError {
    RunError::input(
        format!("Cannot connect to {}: {why}", address.place()),
        "Check the address, the user, and the password in the address, PGPASSWORD, .pgpass or MYSQL_PWD; \
         sslmode and sslrootcert in the address say how the connection is encrypted",
    )
}

/// Whether the certificate of the server is what was wrong. Both clients wrap what the encryption says in errors of streams.
fn is_of_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    let is_it = |error: &(dyn std::error::Error + 'static)| {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let found = error.downcast_ref::<rustls::Error>().or(inner);
        matches!(found, Some(rustls::Error::InvalidCertificate(_)))
    };
    std::iter::successors(Some(error), |error| error.source()).any(is_it)
}

/// The server has a certificate that is not trusted here, or one of another host.
fn not_trusted(address: &Address) -> RunError {
    let next = match address.root_certificate {
        None => "Name a file with the certificate that signed it: ?sslrootcert=FILE",
        Some(_) => "Check that the file of sslrootcert has the certificate that signed it, and that it names this host",
    };
    RunError::input(
        format!("Cannot connect to {}: the certificate of the server is not trusted for this host", address.place()),
        format!("{next}; ?sslmode=disable does without encryption on a network that you trust"),
    )
}

fn refused(what: &str, code: &str) -> RunError {
    let code = if code.is_empty() { "the connection ended".to_owned() } else { format!("code {code}") };
    RunError::input(
        format!("The database did not answer {what} ({code})"),
        "Check that the user may read the table, and look into the log of the server",
    )
}
