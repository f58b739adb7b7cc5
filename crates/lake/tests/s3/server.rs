//! A `moto` server on a free port of this machine, stopped with the test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const URL: &str = "SLUICE_TEST_S3_URL";
const BUCKET: &str = "sluice-test";

/// Address of the lake, in the child process.
pub(crate) fn url() -> Option<String> {
    std::env::var(URL).ok()
}

/// Runs a test of this file in child processes: with keys in the environment, and with a profile file.
pub(crate) fn run_inside(test: &str) {
    let Ok(python) = std::env::var("SLUICE_TEST_PYTHON") else {
        eprintln!("SKIPPED: SLUICE_TEST_PYTHON does not name a Python with moto[server]");
        return;
    };
    let server = Server::start(&python);
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("credentials");
    std::fs::write(&profile, "[lake]\naws_access_key_id = id\naws_secret_access_key = key\n").unwrap();
    for by_profile in [false, true] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args([test, "--exact", "--nocapture"]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            child.env_remove(name);
        }
        child.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", server.port));
        child.env("AWS_ALLOW_HTTP", "true").env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
        child.env("XDG_CACHE_HOME", folder.path());
        child.env(URL, format!("s3://{BUCKET}/lakes/{}", if by_profile { "profile" } else { "keys" }));
        if by_profile {
            child.env("AWS_SHARED_CREDENTIALS_FILE", &profile).env("AWS_PROFILE", "lake");
        } else {
            child.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "key");
        }
        assert!(child.status().unwrap().success(), "{test}, by profile: {by_profile}");
    }
}

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(python: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, port };
        let begin = Instant::now();
        while !server.create_bucket() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the S3 server does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        server
    }

    fn create_bucket(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let request = format!("PUT /{BUCKET} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
        let mut reply = String::new();
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_to_string(&mut reply).is_ok()
            && reply.lines().next().is_some_and(|status| status.contains(" 200 "))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
