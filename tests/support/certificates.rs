//! Certificates for servers on the loopback, made by `openssl`.

use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A certificate of a server on `127.0.0.1`, the one that signed it, and one that did not.
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Makes them, readable by a user if root asks; `None`, which is said, where there is no `openssl`.
    ///
    /// # Errors
    /// When `openssl` fails.
    pub fn make(test: &str, user: &str) -> Result<Option<Self>> {
        if !Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: {test}: there is no `openssl` on this machine");
            return Ok(None);
        }
        let made = Self { folder: tempfile::Builder::new().prefix("sluice-certificates-").tempdir()? };
        std::fs::write(made.path("names"), "subjectAltName=IP:127.0.0.1\n")?;
        for name in ["root", "stranger"] {
            made.openssl(&format!("req -x509 {KEY} -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name}"))?;
        }
        made.openssl(&format!("req {KEY} -keyout server.key -out server.request -subj /CN=server"))?;
        made.openssl(
            "x509 -req -in server.request -CA root.pem -CAkey root.key -CAcreateserial -out server.pem -days 2 \
             -extfile names",
        )?;
        let is_root = Command::new("id").arg("-u").output()?.stdout.starts_with(b"0\n");
        if is_root {
            run(Command::new("chown").arg("-R").arg(user).arg(made.folder.path()))?;
        }
        run(Command::new("chmod").arg("600").arg(made.key()))?;
        Ok(Some(made))
    }

    fn openssl(&self, words: &str) -> Result<()> {
        run(Command::new("openssl").args(words.split_whitespace()).current_dir(self.folder.path()))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The key of the server.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.path("server.key")
    }

    /// The certificate of the server.
    #[must_use]
    pub fn server(&self) -> PathBuf {
        self.path("server.pem")
    }

    /// The certificate that signed that of the server.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.path("root.pem")
    }

    /// One that signed nothing.
    #[must_use]
    pub fn stranger(&self) -> PathBuf {
        self.path("stranger.pem")
    }
}

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
