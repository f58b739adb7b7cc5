//! A virtual display and the driver beside it; both end with the test.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that ends when dropped.
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// An X server of the workbench's size on the first free number, and its name for `DISPLAY`.
pub(crate) fn start_display() -> anyhow::Result<(Server, String)> {
    let mut child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start Xvfb")?;
    let output = child.stdout.take();
    let server = Server(child);
    let mut line = String::new();
    BufReader::new(output.context("Xvfb has no output")?).read_line(&mut line)?;
    if line.trim().is_empty() {
        bail!("Xvfb named no display");
    }
    Ok((server, format!(":{}", line.trim())))
}

/// WebKit's own driver on a free port of this machine, and its address.
pub(crate) fn start_driver(display: &str, data: &Path) -> anyhow::Result<(Server, String)> {
    // Free a moment ago; nothing else here asks for ports at random.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let child = Command::new("WebKitWebDriver")
        .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY")
        // The window lets itself be driven only when it is started with this.
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        // Who publishes is in the pictures, and not a person of this machine.
        .env("SLUICE_AUTHOR", "mira")
        // Its session and WebKit's own files stay apart from the person's.
        .env("XDG_DATA_HOME", data.join("data"))
        .env("XDG_CACHE_HOME", data.join("cache"))
        .stdout(Stdio::null())
        .spawn()
        .context("cannot start WebKitWebDriver")?;
    Ok((Server(child), format!("http://127.0.0.1:{port}")))
}
