//! The lakes that the window works on, laid out by `cargo xtask window`.

use anyhow::{Context, bail};
use std::path::PathBuf;

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
