//! What this process has cost, read from `/proc`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Seconds on a processor of all threads that live. Threads that ended are not counted: the program keeps its own.
///
/// `/proc/self/stat` counts in hundredths of a second, too coarse for a merge; this counts nanoseconds.
pub(crate) fn cpu_seconds() -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return 0.0 };
    let nanoseconds: u64 = tasks
        .filter_map(|task| {
            let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        })
        .sum();
    std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
}

/// Starts the peak of memory anew at what is resident at this moment.
pub(crate) fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").ok();
}

/// Peak resident memory since [`forget_peak`], in MB.
pub(crate) fn peak_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0 / 1e6
}

/// Files below a folder with size and time of change.
#[derive(Default)]
pub(crate) struct Files(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Files {
    /// As they are.
    pub(crate) fn below(folder: &Path) -> Self {
        let mut found = Self::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.metadata() {
                    Ok(data) if data.is_dir() => folders.push(entry.path()),
                    Ok(data) => {
                        found.0.insert(entry.path(), (data.len(), data.modified().ok()));
                    }
                    Err(_) => {}
                }
            }
        }
        found
    }

    /// Bytes of files that are new or changed since `before`.
    pub(crate) fn written_since(&self, before: &Self) -> u64 {
        self.0.iter().filter(|(path, now)| before.0.get(*path) != Some(*now)).map(|(_, (size, _))| size).sum()
    }
}
