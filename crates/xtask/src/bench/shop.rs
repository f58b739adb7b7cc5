//! The recorded shop: from files to gold, the first page, the window.

use super::measure::{self, tree_memory};
use super::report::Report;
use crate::demo_lake::{DemoLake, LAST_CHECKPOINT};
use crate::display::VirtualDisplay;
use crate::process::{output, program};
use crate::project::Project;
use anyhow::{Context, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(15);
/// After this the window has loaded its lake and does nothing.
const IDLE_AFTER: Duration = Duration::from_secs(5);
const WINDOW_RUNS: usize = 3;

/// Measures in a fresh folder.
pub(super) fn measure(project: &Project, with_window: bool) -> anyhow::Result<Report> {
    let folder = tempfile::Builder::new().prefix("sluice-bench-").tempdir()?;
    let lake = DemoLake::open(project, folder.path().join("shop-lake"), false)?;
    for checkpoint in 1..=LAST_CHECKPOINT {
        lake.deliver(checkpoint)?;
    }
    let mut report = Report::default();
    let replay = measure::run(sluice(project, &lake)?.args(["replay", "--json"]).stdout(Stdio::null()))?;
    report.judge("replay, files to gold", replay.wall_seconds, "s", 10.0);
    report.tell("replay, processor time", replay.cpu_seconds, "s");
    report.judge("replay, peak memory", replay.peak_mb, "MB", 500.0);
    report.judge("first page, slowest table", first_page(project, &lake)?, "ms", 100.0);
    if with_window {
        window(project, lake.folder(), &mut report)?;
    }
    Ok(report)
}

fn sluice(project: &Project, lake: &DemoLake) -> anyhow::Result<Command> {
    let mut command = program(project.program("sluice")?);
    command.arg("--lake").arg(lake.folder());
    Ok(command)
}

/// The slowest of all tables. `first-page` opens the lake once and asks for every table as the window does.
fn first_page(project: &Project, lake: &DemoLake) -> anyhow::Result<f64> {
    let text = output(program(project.program("first-page")?).arg(lake.folder()))?;
    let pages: Value = serde_json::from_str(&text).context("`first-page` printed no JSON")?;
    let times: Vec<f64> = pages.as_array().into_iter().flatten().filter_map(|page| page["ms"].as_f64()).collect();
    if times.is_empty() {
        bail!("`first-page` timed no table");
    }
    Ok(times.into_iter().fold(0.0, f64::max))
}

/// The median of several starts, and the memory of the last one at rest.
fn window(project: &Project, lake: &Path, report: &mut Report) -> anyhow::Result<()> {
    let display = VirtualDisplay::start()?;
    let mut frames = Vec::new();
    let mut memory = (0.0, 0.0);
    for run in 1..=WINDOW_RUNS {
        let (frame, at_rest) = open_window(project, lake, display.name(), run == WINDOW_RUNS)?;
        frames.push(frame);
        memory = at_rest;
    }
    frames.sort_by(f64::total_cmp);
    report.judge("window, first frame (median of 3)", frames[WINDOW_RUNS / 2] / 1000.0, "s", 1.5);
    report.judge("window at rest, all processes", memory.0, "MB", 300.0);
    report.tell("the same, shared pages counted once", memory.1, "MB");
    Ok(())
}

fn open_window(project: &Project, lake: &Path, display: &str, rest: bool) -> anyhow::Result<(f64, (f64, f64))> {
    let mut window = program(project.program("sluice-desktop")?)
        .arg("--lake")
        .arg(lake)
        .env("DISPLAY", display)
        .env("SLUICE_TIMING", "1")
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start the window")?;
    let frame =
        window.stderr.take().context("the window has no output").and_then(|output| first_frame(BufReader::new(output)));
    let memory = if rest && frame.is_ok() {
        std::thread::sleep(IDLE_AFTER);
        tree_memory(window.id())
    } else {
        Ok((0.0, 0.0))
    };
    window.kill().ok();
    window.wait().ok();
    Ok((frame?, memory?))
}

/// Reads the line that the window prints at its first frame, in milliseconds since its start.
fn first_frame(output: impl BufRead) -> anyhow::Result<f64> {
    let begun = Instant::now();
    for line in output.lines() {
        let line = line?;
        let value = line.split_whitespace().find_map(|word| word.strip_prefix("first_frame_ms="));
        if let Some(value) = value {
            return value.parse().context("the window's time is no number");
        }
        if begun.elapsed() > FIRST_FRAME_TIMEOUT {
            break;
        }
    }
    bail!("the window drew no first frame")
}
