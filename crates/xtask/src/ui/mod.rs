//! `cargo xtask ui`: the screens as WebAssembly in `ui/dist`.

mod bindgen;
mod compiler;

use crate::digest;
use crate::project::Project;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Options of the task.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Builds even if nothing changed.
    #[arg(long)]
    force: bool,
    /// Compiles with Debian's sources of the standard library even if the toolchain has the target.
    #[arg(long)]
    debian: bool,
}

/// Builds what changed.
pub(crate) fn run(project: &Project, options: &Options) -> anyhow::Result<()> {
    let stamp = project.scratch("ui")?.join("stamp");
    let dist = project.path("ui/dist");
    let inputs = digest_of_inputs(project)?;
    let built = std::fs::read_to_string(&stamp).unwrap_or_default();
    if !options.force && built == stamp_text(&inputs, &dist) {
        println!("screens: ui/dist is up to date");
        return Ok(());
    }
    let wasm = compiler::build(project, options.debian)?;
    clear(&dist)?;
    bindgen::generate(&wasm, &dist)?;
    copy_page(&project.path("ui"), &dist)?;
    std::fs::write(&stamp, stamp_text(&inputs, &dist)).context("cannot write the stamp of the screens")?;
    let bytes = std::fs::metadata(dist.join("sluice_ui_bg.wasm")).map_or(0, |file| file.len());
    println!("screens: ui/dist is built, {:.1} MiB of WebAssembly", bytes as f64 / 1_048_576.0);
    Ok(())
}

/// Everything the screens are made of.
fn digest_of_inputs(project: &Project) -> anyhow::Result<String> {
    let skip = |path: &Path| path.ends_with("ui/dist") || path.ends_with("target");
    let mut files = vec![project.path("Cargo.toml"), project.path("Cargo.lock")];
    for folder in ["ui", "crates/api", "crates/contract"] {
        files.extend(digest::files_below(&project.path(folder), &skip)?);
    }
    digest::of_files(project.root(), &files)
}

/// What went in and what came out, so that a changed or missing output is built again.
fn stamp_text(inputs: &str, dist: &Path) -> String {
    let outputs = digest::files_below(dist, &|_| false)
        .and_then(|files| digest::of_files(dist, &files))
        .unwrap_or_else(|_| "nothing".to_owned());
    format!("{inputs}\n{outputs}\n")
}

fn clear(dist: &Path) -> anyhow::Result<()> {
    if dist.exists() {
        std::fs::remove_dir_all(dist).context("cannot clear ui/dist")?;
    }
    std::fs::create_dir_all(dist).context("cannot create ui/dist")
}

/// Copies the page and what it loads by itself: every file beside `index.html` that a browser reads.
fn copy_page(from: &Path, dist: &Path) -> anyhow::Result<()> {
    for file in page_files(from)? {
        let Some(name) = file.file_name() else { continue };
        std::fs::copy(&file, dist.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

fn page_files(from: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let path = entry?.path();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        if matches!(kind, "html" | "js" | "css" | "svg" | "png" | "ico") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
