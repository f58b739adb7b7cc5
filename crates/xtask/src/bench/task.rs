//! One process of one engine: the task it is given, the lines it prints.

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A peer that needs longer is left out.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);
const POLL_EVERY: Duration = Duration::from_millis(20);
/// Lines of an error that are shown.
const LINES_OF_AN_ERROR: usize = 4;

/// One measured batch.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Batch {
    pub(super) wall_s: f64,
    pub(super) cpu_s: f64,
    pub(super) commits: u64,
    pub(super) bytes_written: u64,
    /// Which part of the work it is, where there are several.
    #[serde(default)]
    pub(super) part: Option<String>,
}

/// The last line.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Done {
    pub(super) version: String,
    pub(super) peak_rss_mb: f64,
    /// What the program says about its own answer, where there is no table to verify.
    #[serde(default)]
    pub(super) equal: Option<bool>,
}

/// Everything a process printed.
pub(super) struct Said {
    pub(super) batches: Vec<Batch>,
    pub(super) done: Done,
    /// The last line as it came, for the verifier.
    pub(super) last: Value,
}

/// Runs an engine on a task; its output is kept beside the task.
pub(super) fn run(command: &mut Command, task: &Path) -> anyhow::Result<Said> {
    let lines = text_of(command.arg(task), &task.with_extension("out"))?;
    let mut batches = Vec::new();
    let mut last = None;
    for line in lines.lines().filter(|line| line.starts_with('{')) {
        let value: Value = serde_json::from_str(line).with_context(|| format!("not understood: {line}"))?;
        if value["done"] == true {
            last = Some(value);
        } else {
            batches.push(serde_json::from_value(value).with_context(|| format!("not understood: {line}"))?);
        }
    }
    let last = last.context("it ended without its last line")?;
    Ok(Said { batches, done: serde_json::from_value(last.clone())?, last })
}

/// Runs to its end, but not for ever; what it printed.
pub(super) fn text_of(command: &mut Command, out: &Path) -> anyhow::Result<String> {
    let said = out.with_extension("err");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(File::create(out).with_context(|| format!("cannot create {}", out.display()))?)
        .stderr(File::create(&said)?)
        .spawn()
        .context("it cannot be started")?;
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > TIMEOUT {
            child.kill().ok();
            child.wait().ok();
            bail!("it was not done after {} minutes", TIMEOUT.as_secs() / 60);
        }
        std::thread::sleep(POLL_EVERY);
    };
    if !status.success() {
        let text = String::from_utf8_lossy(&std::fs::read(&said)?).into_owned();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let from = lines.len().saturating_sub(LINES_OF_AN_ERROR);
        bail!("it ended with {status}: {}", lines[from..].join(" | "));
    }
    std::fs::read_to_string(out).with_context(|| format!("cannot read {}", out.display()))
}
