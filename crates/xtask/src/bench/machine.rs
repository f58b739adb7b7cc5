//! The machine and the version that numbers were taken with.

use crate::process::{output, program};
use crate::project::Project;

/// Processors that a program may use.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// One sentence.
pub(super) fn sentence(project: &Project) -> String {
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .map_or_else(String::new, |kib| format!(", {} GiB of memory", (kib + (1 << 19)) >> 20));
    let commit = output(program("git").current_dir(project.root()).args(["rev-parse", "--short", "HEAD"]));
    let commit = commit.map_or_else(|_| "an unknown commit".to_owned(), |text| format!("commit {}", text.trim()));
    format!(
        "Taken at {commit} on {} threads of {model}{memory}. CPU seconds count more than wall time: the machine \
         may have had other work. How it is measured: [README](README.md).",
        threads()
    )
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
