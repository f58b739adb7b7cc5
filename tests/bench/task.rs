//! How the programs of the benchmarks are called: with a task in a JSON file.

use anyhow::Context;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::Duration;

/// Threads live as long as the program, because the time of ended ones is not counted.
const KEEP_THREADS: Duration = Duration::from_secs(24 * 3600);

/// The task that the command line names.
pub(crate) fn called_with<T: DeserializeOwned>() -> anyhow::Result<T> {
    let path = std::env::args().nth(1).context("the task is missing, call it with TASK.json")?;
    read_json(Path::new(&path))
}

/// What a file says.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not understood", path.display()))
}

/// Where it is worked on.
pub(crate) fn runtime(threads: usize) -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(threads).thread_keep_alive(KEEP_THREADS).enable_all().build()?)
}
