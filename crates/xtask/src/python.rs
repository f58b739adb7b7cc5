//! A Python of its own for the tests that ask independent readers and a real S3 server.

use crate::process::{program, run};
use crate::project;
use anyhow::Context;
use std::path::PathBuf;

/// Pinned, so that a test means the same next year.
const PINS: &[&str] = &["moto[server]==5.2.5", "deltalake==1.6.6", "polars==2.1.0"];

/// The path of a Python that has the pinned packages; makes it in the cache folder if needed.
pub(crate) fn prepare() -> anyhow::Result<PathBuf> {
    let folder = project::user_cache_folder()?.join("python");
    let python = folder.join("bin").join("python");
    let stamp = folder.join("pins.txt");
    let wanted = PINS.join("\n");
    if python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        println!("python: {} is ready", python.display());
        return Ok(python);
    }
    println!("python: preparing {}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    run(program("python3").args(["-m", "venv"]).arg(&folder)).context("python3 cannot make a virtual environment")?;
    run(program(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PINS))
        .context("the Python packages for the tests could not be installed")?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}
