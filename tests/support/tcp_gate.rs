//! A door before a server that can be shut: connections are accepted, and nothing comes through.

use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

/// A listener on a free port of this machine.
pub struct TcpGate {
    endpoint: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Address of the server behind it; none is a server that never answers.
    behind: Option<String>,
    accepted: AtomicUsize,
    /// Messages of clients that still come through; less than none are all of them.
    left: AtomicI64,
    ended: AtomicBool,
}

impl TcpGate {
    /// A server that accepts and never answers.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn silent() -> Result<Self> {
        Self::listen(State::default())
    }

    /// A door before a server, open.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn before(endpoint: &str) -> Result<Self> {
        let behind = endpoint.strip_prefix("http://").context("an http address")?.to_owned();
        Self::listen(State { behind: Some(behind), left: AtomicI64::new(-1), ..State::default() })
    }

    fn listen(state: State) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                shared.accepted.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&shared);
                std::thread::spawn(move || state.pass(&client));
            }
        });
        Ok(Self { endpoint, state })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Connections so far.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }

    /// Lets so many messages of clients through and nothing after them.
    pub fn fall_silent_after(&self, messages: u32) {
        self.state.left.store(i64::from(messages), Ordering::SeqCst);
    }

    /// Lets everything through, in new connections.
    pub fn speak(&self) {
        self.state.left.store(-1, Ordering::SeqCst);
    }
}

impl Drop for TcpGate {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
    }
}

impl State {
    /// Whether one more message of a client comes through.
    fn lets_through(&self) -> bool {
        let count = |left: i64| (left > 0).then(|| left - 1);
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count) {
            Ok(_) => true,
            Err(left) => left < 0,
        }
    }

    fn pass(&self, client: &TcpStream) {
        let server = self.behind.as_ref().and_then(|behind| TcpStream::connect(behind).ok());
        match server {
            Some(server) => {
                std::thread::scope(|scope| {
                    scope.spawn(|| copy(&server, client, || true));
                    copy(client, &server, || self.lets_through());
                    let _ = server.shutdown(Shutdown::Both);
                });
            }
            None => {
                // The client hangs up when it has waited enough.
                copy(client, client, || false);
            }
        }
    }
}

/// Carries what comes from one side to the other. From the first message on that may not pass, nothing
/// does, and the connection stays open until the sender hangs up.
fn copy(mut from: &TcpStream, mut to: &TcpStream, mut may_pass: impl FnMut() -> bool) {
    let mut buffer = [0; 16 * 1024];
    let mut open = true;
    let _ = from.set_read_timeout(Some(Duration::from_secs(120)));
    loop {
        match from.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(bytes) => {
                open = open && may_pass();
                if open && to.write_all(&buffer[..bytes]).is_err() {
                    break;
                }
            }
        }
    }
    if open {
        let _ = to.shutdown(Shutdown::Write);
    }
}
