//! What a process costs, read from `/proc`.

use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Linux counts processor time for programs in hundredths of a second, on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;
const SAMPLE_EVERY: Duration = Duration::from_millis(5);
const KIB: f64 = 1024.0;

/// Cost of a program that ended well.
pub(super) struct Cost {
    pub(super) wall_seconds: f64,
    pub(super) cpu_seconds: f64,
    pub(super) peak_mb: f64,
}

/// Runs `command` to its end and measures it.
///
/// A process that has ended but was not waited for still tells its processor time; its peak memory
/// only ever grows, so the last sample before the end is the peak up to one sampling interval.
pub(super) fn run(command: &mut Command) -> anyhow::Result<Cost> {
    let begun = Instant::now();
    let mut child = command.spawn().context("cannot start the program to measure")?;
    let folder = Path::new("/proc").join(child.id().to_string());
    let mut peak_kib = 0.0;
    loop {
        let stat = Stat::read(&folder)?;
        if let Some(kib) = status_kib(&folder, "VmHWM:") {
            peak_kib = kib;
        }
        if stat.state == 'Z' {
            let wall_seconds = begun.elapsed().as_secs_f64();
            let status = child.wait()?;
            if !status.success() {
                bail!("the measured program ended with {status}");
            }
            return Ok(Cost { wall_seconds, cpu_seconds: stat.cpu_seconds, peak_mb: peak_kib * KIB / 1e6 });
        }
        std::thread::sleep(SAMPLE_EVERY);
    }
}

/// Memory of a process and everything it started, in MB: (resident, proportional share).
pub(super) fn tree_memory(root: u32) -> anyhow::Result<(f64, f64)> {
    let mut parents = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").context("cannot list /proc")? {
        let path = entry?.path();
        let Some(id) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Ok(stat) = Stat::read(&path) {
            parents.insert(id, stat.parent);
        }
    }
    let belongs = |mut id: u32| {
        while id != root {
            match parents.get(&id) {
                Some(parent) if *parent > 1 => id = *parent,
                _ => return false,
            }
        }
        true
    };
    let (mut resident, mut share) = (0.0, 0.0);
    for id in parents.keys().copied().filter(|id| belongs(*id)) {
        let folder = Path::new("/proc").join(id.to_string());
        resident += status_kib(&folder, "VmRSS:").unwrap_or(0.0);
        share += field_kib(&folder.join("smaps_rollup"), "Pss:").unwrap_or(0.0);
    }
    Ok((resident * KIB / 1e6, share * KIB / 1e6))
}

struct Stat {
    state: char,
    parent: u32,
    cpu_seconds: f64,
}

impl Stat {
    fn read(folder: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(folder.join("stat")).context("the process is gone")?;
        Self::parse(&text).context("/proc has another shape than expected")
    }

    /// The name in brackets may hold anything, so fields are counted from its end.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            cpu_seconds: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
        })
    }
}

fn status_kib(folder: &Path, field: &str) -> Option<f64> {
    field_kib(&folder.join("status"), field)
}

fn field_kib(file: &Path, field: &str) -> Option<f64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Stat;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let stat = Stat::parse("42 (a) b (c)) Z 7 1 1 0 -1 4 0 0 0 0 150 50 0 0 20").unwrap();
        assert_eq!((stat.state, stat.parent), ('Z', 7));
        assert!((stat.cpu_seconds - 2.0).abs() < 1e-9);
    }
}
