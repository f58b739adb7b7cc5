//! Pythons of their own: for the tests that ask independent readers and a real S3 server, and for benchmarks.

use crate::process::{program, run};
use crate::project;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Pinned, so that a test means the same next year.
const PINS: &[&str] = &["moto[server]==5.2.5", "deltalake==1.6.6", "polars==2.1.0"];

/// The path of a Python that has the pinned packages of the tests; makes it in the cache folder if needed.
pub(crate) fn prepare() -> anyhow::Result<PathBuf> {
    environment(&project::user_cache_folder()?.join("python"), PINS)
}

/// The path of the Python of an environment with exactly these packages; makes it if it is not there.
pub(crate) fn environment(folder: &Path, pins: &[&str]) -> anyhow::Result<PathBuf> {
    let python = folder.join("bin").join("python");
    let stamp = folder.join("pins.txt");
    let wanted = pins.join("\n");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        println!("python: {} is ready", python.display());
        return Ok(python);
    }
    println!("python: preparing {}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    run(program("python3").args(["-m", "venv"]).arg(folder)).context("python3 cannot make a virtual environment")?;
    run(program(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(pins))
        .with_context(|| format!("the Python packages {} could not be installed", pins.join(", ")))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}
