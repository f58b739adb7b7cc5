//! The lake that the window works on.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// The lake that `cargo xtask window` laid out.
pub(crate) fn prepared() -> anyhow::Result<PathBuf> {
    let lake = std::env::var_os("SLUICE_WINDOW_LAKE").map(PathBuf::from);
    let lake = lake.context("SLUICE_WINDOW_LAKE names no lake; run `cargo xtask window`")?;
    if !lake.is_dir() {
        bail!("{} is no folder", lake.display());
    }
    Ok(lake)
}

/// A copy, so that one test does not see what another did.
pub(crate) fn copy_for(test: &Path) -> anyhow::Result<PathBuf> {
    let from = prepared()?;
    let to = test.join("shop-lake");
    let mut waiting = vec![from.clone()];
    while let Some(folder) = waiting.pop() {
        let inside = folder.strip_prefix(&from)?;
        std::fs::create_dir_all(to.join(inside))?;
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(entry.path());
            } else {
                std::fs::copy(entry.path(), to.join(inside).join(entry.file_name()))?;
            }
        }
    }
    Ok(to)
}
