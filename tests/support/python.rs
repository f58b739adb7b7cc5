//! Programs of others, in Python: readers of Delta tables, an S3 server.

use crate::lake::files_below;
use anyhow::{Context, Result, bail};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The interpreter that has the packages, `SLUICE_TEST_PYTHON`. Without it the test says that it does
/// nothing: `cargo xtask test` sets it.
#[must_use]
pub fn python(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("SLUICE_TEST_PYTHON").filter(|value| !value.is_empty()).map(PathBuf::from);
    if named.is_none() {
        eprintln!("SKIPPED: {test}: SLUICE_TEST_PYTHON names no interpreter; `cargo xtask test` prepares one");
    }
    named
}

/// The form of a signature is asked for, so that objects have an owner; the signature is not checked.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, \
                      SignedHeaders=host, Signature=none";

/// A real S3 server on a free port of this machine; ends with the test.
pub struct S3Server {
    process: Child,
    endpoint: String,
}

impl S3Server {
    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(python: &Path) -> Result<Self> {
        // Free a moment ago; nothing else here asks for ports at random.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let process = Command::new(python)
            .args(["-m", "moto.server", "--host", "127.0.0.1", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start moto")?;
        let server = Self { process, endpoint: format!("http://127.0.0.1:{port}") };
        for _ in 0..300 {
            if ureq::get(&server.endpoint).call().is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("moto does not answer at {}", server.endpoint)
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn make_bucket(&self, bucket: &str) -> Result<()> {
        let call = ureq::put(format!("{}/{bucket}", self.endpoint)).header("Authorization", SIGNED);
        call.send_empty().context("cannot make the bucket")?;
        Ok(())
    }

    /// Writes an object.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn put(&self, bucket: &str, key: &str, content: &[u8]) -> Result<()> {
        let url = format!("{}/{bucket}/{}", self.endpoint, percent_encoded(key));
        ureq::put(&url).header("Authorization", SIGNED).send(content).with_context(|| format!("cannot write {key}"))?;
        Ok(())
    }

    /// Writes all files of a folder below `prefix`.
    ///
    /// # Errors
    /// When a file cannot be read or the server refuses.
    pub fn put_folder(&self, bucket: &str, prefix: &str, folder: &Path) -> Result<()> {
        for file in files_below(folder)? {
            self.put(bucket, &format!("{prefix}/{}", file.display()), &std::fs::read(folder.join(&file))?)?;
        }
        Ok(())
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn percent_encoded(key: &str) -> String {
    let mut text = String::new();
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_./~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
