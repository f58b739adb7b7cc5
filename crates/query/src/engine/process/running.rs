//! One SQL process while it runs: who waits for which answer, and how it ends.

use super::wire::{Answer, Call, Frame, PROTOCOL, Request};
use crate::engine::options::QueryOptions;
use std::collections::HashMap;
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Time that a new process may take to answer at all.
const START: Duration = Duration::from_secs(20);

/// An answer with the rows that came before it.
pub(super) type Answered = (Answer, Vec<u8>);

/// A call that waits: the rows so far, and where the answer goes.
struct Waiting {
    rows: Vec<u8>,
    to: Sender<Answered>,
}

/// `None` once the process has ended: nobody waits any more.
type AllWaiting = Arc<Mutex<Option<HashMap<u64, Waiting>>>>;

/// A process that runs.
pub(super) struct Running {
    child: Mutex<Child>,
    input: Mutex<ChildStdin>,
    waiting: AllWaiting,
    next: AtomicU64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    /// Starts one; `None` if that is not possible here, or the program is another version.
    pub(super) fn start(program: &Path, options: &QueryOptions) -> Option<Self> {
        let mut command = Command::new(program);
        // It gets SQL and file names; the environment may hold credentials. One pool of free memory for all threads, so
        // that the limit is not used up by what is reserved.
        command.arg("sql-worker").env_clear().env("MALLOC_ARENA_MAX", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        for name in ["PATH", "SystemRoot", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let mut child = command.spawn().ok()?;
        let (input, output) = (child.stdin.take()?, child.stdout.take()?);
        let waiting: AllWaiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let heard = Arc::clone(&waiting);
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(frame) = Frame::read(&mut output) {
                hear(&heard, frame);
            }
            // Whoever waits learns that no answer will come.
            locked(&heard).take();
        });
        let running = Self { child: Mutex::new(child), input: Mutex::new(input), waiting, next: AtomicU64::new(0) };
        let opened = running.send(Call::Open(options.clone()))?.recv_timeout(START);
        matches!(opened, Ok((Answer::Opened(PROTOCOL), _))).then_some(running)
    }

    /// Sends a call; the answer comes by the receiver, which is closed when the process ends. `None` if it has ended.
    pub(super) fn send(&self, call: Call) -> Option<Receiver<Answered>> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (to, answer) = channel();
        locked(&self.waiting).as_mut()?.insert(id, Waiting { rows: Vec::new(), to });
        let mut input = locked(&self.input);
        Request { id, call }.write(&mut *input).and_then(|()| input.flush()).ok()?;
        Some(answer)
    }

    /// Whether it can be asked.
    pub(super) fn is_alive(&self) -> bool {
        locked(&self.waiting).is_some()
    }

    /// Ends it at once.
    pub(super) fn kill(&self) {
        locked(&self.waiting).take();
        let mut child = locked(&self.child);
        // One that has ended already needs no end.
        let _ended = child.kill();
        let _code = child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

fn hear(waiting: &AllWaiting, frame: Frame) {
    let mut all = locked(waiting);
    let Some(all) = all.as_mut() else { return };
    match frame {
        Frame::Rows(id, rows) => {
            if let Some(waiting) = all.get_mut(&id) {
                waiting.rows.extend_from_slice(&rows);
            }
        }
        Frame::Answer(id, answer) => {
            if let Some(Waiting { rows, to }) = all.remove(&id) {
                // Who gave up waiting does not hear it.
                let _unheard = to.send((answer, rows));
            }
        }
    }
}
