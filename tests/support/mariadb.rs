//! A MariaDB of this machine, for comparing with a live source.

use anyhow::{Context, Result, bail};
use mysql_async::prelude::Queryable;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// How long it may take to begin to answer.
const ATTEMPTS: u32 = 200;
const ATTEMPT: Duration = Duration::from_millis(50);

/// A server in a folder of its own, on a free port of the loopback, with a binary log; it ends with the value. It has no
/// users, so anybody may come in.
pub struct MariaDbServer {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl MariaDbServer {
    /// Starts one with a database `shop`; `None`, which is said, where `mariadbd` is neither on the path nor named by
    /// `SLUICE_TEST_MARIADBD`.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(test: &str) -> Result<Option<Self>> {
        Self::start_with(test, &[]).await
    }

    /// The same with options of `mariadbd`.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_with(test: &str, options: &[String]) -> Result<Option<Self>> {
        let Some(program) = program() else {
            eprintln!("SKIPPED: {test}: there is no `mariadbd` on the path, and SLUICE_TEST_MARIADBD names none");
            return Ok(None);
        };
        let folder = tempfile::Builder::new().prefix("sluice-mariadb-").tempdir()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let is_root = Command::new("id").arg("-u").output()?.stdout.starts_with(b"0\n");
        let mut serve = Command::new(program);
        serve.arg("--no-defaults").arg(format!("--datadir={}", folder.path().display()));
        serve.arg(format!("--socket={}/socket", folder.path().display())).arg(format!("--port={port}"));
        serve.args(["--bind-address=127.0.0.1", "--skip-grant-tables", "--log-bin=mariadb-bin", "--server-id=1"]);
        serve.args(["--binlog-format=ROW", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"]);
        serve.args(options);
        if is_root {
            serve.arg("--user=root");
        }
        let process = serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Self { process, port, _folder: folder };
        for _ in 0..ATTEMPTS {
            if server.sql("CREATE DATABASE IF NOT EXISTS shop").await.is_ok() {
                return Ok(Some(server));
            }
            tokio::time::sleep(ATTEMPT).await;
        }
        bail!("MariaDB does not answer on port {port}")
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mysql://ada@127.0.0.1:{}/shop", self.port)
    }

    /// Its port on the loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Rows that a statement answers with, as texts.
    ///
    /// # Errors
    /// When it fails.
    pub async fn sql(&self, sql: &str) -> Result<Vec<Vec<String>>> {
        let options = mysql_async::OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.port)
            .user(Some("ada"))
            .prefer_socket(false);
        let mut conn = mysql_async::Conn::new(options).await?;
        conn.query_drop("SET time_zone = '+00:00'").await?;
        let rows: Vec<mysql_async::Row> = conn.query(sql).await.with_context(|| sql.to_owned())?;
        let text = |value: mysql_async::Value| match value {
            mysql_async::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        };
        let texts = rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect();
        conn.disconnect().await?;
        Ok(texts)
    }
}

impl Drop for MariaDbServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> Option<PathBuf> {
    let named = std::env::var_os("SLUICE_TEST_MARIADBD").filter(|value| !value.is_empty()).map(PathBuf::from);
    let on_path = || {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders).map(|folder| folder.join("mariadbd")).find(|path| path.exists())
    };
    named.or_else(on_path)
}
