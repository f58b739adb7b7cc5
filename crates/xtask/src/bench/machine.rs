//! The machine and the version that numbers were taken with.

use crate::process::{output, program};
use crate::project::Project;

/// Processors that a program may use.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// The version of the sources, short.
pub(super) fn commit(project: &Project) -> String {
    let commit = output(program("git").current_dir(project.root()).args(["rev-parse", "--short", "HEAD"]));
    commit.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// One sentence; `commits` are those that were measured.
pub(super) fn sentence(commits: &[&str]) -> String {
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .map_or_else(String::new, |kib| format!(", {} GiB of memory", (kib + (1 << 19)) >> 20));
    format!(
        "Taken at commit {} on {} threads of {model}{memory}. CPU seconds count more than wall time: the machine \
         may have had other work. How it is measured: [README](README.md).",
        commits.join(", "),
        threads()
    )
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
