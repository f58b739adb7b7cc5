//! The lakes that the window works on, laid out by `cargo xtask window`.

use anyhow::{Context, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A lake that tests look at and leave as it is.
pub(crate) fn to_look_at() -> anyhow::Result<PathBuf> {
    named_by("SLUICE_LAKE_TO_LOOK_AT")
}

/// A lake of the same contents that the one test which replays and publishes may change.
pub(crate) fn to_work_on() -> anyhow::Result<PathBuf> {
    named_by("SLUICE_LAKE_TO_WORK_ON")
}

fn named_by(variable: &str) -> anyhow::Result<PathBuf> {
    let lake = std::env::var_os(variable).map(PathBuf::from);
    let lake = lake.with_context(|| format!("{variable} names no lake; run `cargo xtask window`"))?;
    if !lake.is_dir() {
        bail!("{} is no folder", lake.display());
    }
    Ok(lake)
}

/// Writes a file of a lake.
pub(crate) fn write(lake: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let path = lake.join(path);
    std::fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    Ok(std::fs::write(path, text)?)
}

/// Calls the command, which is beside the desktop program.
pub(crate) fn sluice(lake: &Path, words: &[&str]) -> anyhow::Result<String> {
    let desktop = std::env::var_os("SLUICE_DESKTOP").map(PathBuf::from).context("SLUICE_DESKTOP names no program")?;
    let output = Command::new(desktop.with_file_name("sluice")).arg("--lake").arg(lake).args(words).output()?;
    ensure!(output.status.success(), "sluice {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
