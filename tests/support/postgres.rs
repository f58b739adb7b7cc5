//! A PostgreSQL of this machine, for comparing with a live source.

use anyhow::{Context, Result, bail, ensure};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The password of its user.
pub const POSTGRES_PASSWORD: &str = "s3cr-et:pass";
/// How long it may take to begin to answer.
const ATTEMPTS: u32 = 200;
const ATTEMPT: Duration = Duration::from_millis(50);

/// A server in a folder of its own, on a free port of the loopback; it ends with the value.
pub struct PostgresServer {
    process: Child,
    port: u16,
    /// Whose programs these are.
    programs: PathBuf,
    _folder: TempDir,
}

impl PostgresServer {
    /// Starts one with these settings; `None`, which is said, where PostgreSQL is not installed.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(test: &str, settings: &[&str]) -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            eprintln!("SKIPPED: {test}: there is no `postgres` with its `initdb` on this machine");
            return Ok(None);
        };
        let folder = tempfile::Builder::new().prefix("sluice-postgres-").tempdir()?;
        let data = folder.path().join("data");
        let password = folder.path().join("password");
        std::fs::write(&password, POSTGRES_PASSWORD)?;
        // It refuses to run as root.
        let is_root = run(Command::new("id").arg("-u"))?.trim() == "0";
        if is_root {
            run(Command::new("chown").arg("-R").arg("postgres").arg(folder.path()))?;
        }
        let as_user = |program: &str| {
            let program = programs.join(program);
            if !is_root {
                return Command::new(program);
            }
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        };
        let mut make = as_user("initdb");
        make.args(["-A", "scram-sha-256", "-U", "ada", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]);
        run(make.arg("--pwfile").arg(&password).arg("-D").arg(&data))?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut serve = as_user("postgres");
        serve.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        serve.arg("-c").arg(format!("unix_socket_directories={}", folder.path().display()));
        let small = ["listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=16MB", "max_connections=8"];
        for setting in small.iter().chain(settings) {
            serve.args(["-c", setting]);
        }
        let process = serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Self { process, port, programs, _folder: folder };
        for _ in 0..ATTEMPTS {
            if server.sql("SELECT 1").is_ok() {
                return Ok(Some(server));
            }
            std::thread::sleep(ATTEMPT);
        }
        bail!("PostgreSQL does not answer on port {port}")
    }

    /// Its address, without a password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://ada@127.0.0.1:{}/postgres", self.port)
    }

    /// Its port on the loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What statements print, as `psql` shows it unaligned.
    ///
    /// # Errors
    /// When one of them fails.
    pub fn sql(&self, sql: &str) -> Result<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "ada", "-d", "postgres"]);
        psql.args(["-p", &self.port.to_string(), "-c", sql]).env("PGPASSWORD", POSTGRES_PASSWORD);
        Ok(run(&mut psql)?.trim().to_owned())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // An orderly end, so that its own processes end too.
        let asked = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// The folder of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&on_path).map(|folder| folder.join("postgres")).find(|path| path.exists())?;
    let folder = found.canonicalize().ok()?.parent().map(Path::to_path_buf)?;
    ["initdb", "psql"].iter().all(|name| folder.join(name).exists()).then_some(folder)
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
