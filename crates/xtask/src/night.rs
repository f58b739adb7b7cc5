//! `cargo xtask test --night`: the same tests with numbers that take an hour or two, and the scoreboard.

use crate::build::Built;
use crate::process::{output, program, run as run_program, succeeds};
use crate::project::{Project, user_cache_folder};
use anyhow::Context;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Tests that take a number from the environment, and that number unless the environment has one.
const AMOUNTS: [(&str, &str); 15] = [
    ("SLUICE_CASES", "10000"),
    ("SLUICE_FAULT_CASES", "1000000"),
    ("SLUICE_CONTRACT_CHANGES", "1000000"),
    ("SLUICE_COMPOUND_CRASHES", "2000"),
    ("SLUICE_KILLS", "1000"),
    ("SLUICE_RELEASE_KILLS", "300"),
    ("SLUICE_WRITER_FILES", "40"),
    ("SLUICE_FLAKY_CASES", "1000"),
    ("SLUICE_LAGGING_CASES", "1000"),
    ("SLUICE_CONTRACT_PAIRS", "100000"),
    ("SLUICE_GENERATED_TESTS", "1000000"),
    ("SLUICE_LOAD_CHANGES", "2000"),
    ("SLUICE_LOAD_LOOKS", "30"),
    ("SLUICE_SHAPE_TABLES", "300"),
    ("SLUICE_SNAPSHOT_CASES", "200"),
];
const TESTS: [&str; 6] = ["replay_property", "behaviour", "faults", "kill", "readers", "second_reader"];
/// How a test says how often it tried something.
const COUNTED: &str = "COUNTED ";
const SCOREBOARD: &str = "docs/reliability-scoreboard.md";

/// Programs of others that tests ask or read from.
pub(crate) struct Others<'a> {
    /// A Python with independent readers.
    pub(crate) python: &'a Path,
    /// A Python with Spark.
    pub(crate) spark: Option<&'a Path>,
    /// A folder with the jars of Debezium.
    pub(crate) debezium: Option<&'a Path>,
}

/// The folder with the jars of Debezium, which records live databases, if there are a Java and Maven to fetch them (50 MB).
pub(crate) fn debezium(project: &Project) -> Option<PathBuf> {
    let left_out = |why: &str| {
        println!("debezium: left out: {why}");
        None
    };
    if !["java", "mvn"].iter().all(|name| succeeds(program(name).arg("-version"))) {
        return left_out("it needs Java 17 with its compiler and Maven");
    }
    let pom = project.path("tests/java/pom.xml");
    let Ok(folder) = user_cache_folder().map(|folder| folder.join("debezium")) else {
        return left_out("there is no cache folder");
    };
    let (have, want) = (std::fs::read(folder.join("pom.xml")), std::fs::read(&pom));
    if have.is_ok() && have.ok() == want.ok() {
        return Some(folder);
    }
    let mut fetch = program("mvn");
    fetch.args(["-q", "-B", "dependency:copy-dependencies", "-f"]).arg(&pom);
    fetch.arg(format!("-DoutputDirectory={}", folder.display()));
    match run_program(&mut fetch).and_then(|()| Ok(std::fs::copy(&pom, folder.join("pom.xml"))?)) {
        Ok(_) => Some(folder),
        Err(error) => left_out(&format!("{error:#}")),
    }
}

/// Runs them and appends what was counted to the scoreboard; nothing is appended when one fails.
pub(crate) fn run(project: &Project, built: &Built, others: &Others<'_>) -> anyhow::Result<()> {
    let mut call = built.cargo(project, "test");
    for test in TESTS {
        call.args(["--test", test]);
    }
    call.args(["--", "--nocapture", "--test-threads", "1"]);
    call.envs(AMOUNTS.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()));
    call.env("SLUICE_NEW_SEEDS", "1");
    call.env("SLUICE_TEST_PYTHON", others.python).env("SLUICE_BIN", project.program("sluice")?).stdout(Stdio::piped());
    if let Some(spark) = others.spark {
        call.env("SLUICE_SPARK_PYTHON", spark);
    }
    if let Some(debezium) = others.debezium {
        call.env("SLUICE_DEBEZIUM_JARS", debezium);
    }
    let mut running = call.spawn().context("cannot start cargo")?;
    let mut counts = BTreeMap::new();
    let said = running.stdout.take().context("cargo has an output")?;
    for line in BufReader::new(said).lines() {
        let line = line?;
        println!("{line}");
        if let Some((what, times)) = counted(&line) {
            *counts.entry(what.to_owned()).or_insert(0) += times;
        }
    }
    let status = running.wait()?;
    anyhow::ensure!(status.success(), "the night run ended with {status}");
    append(project, &counts)
}

/// `COUNTED kills: 1000`, wherever the test runner puts it in a line.
fn counted(line: &str) -> Option<(&str, u64)> {
    let (what, times) = line.split_once(COUNTED)?.1.rsplit_once(": ")?;
    Some((what, times.trim().parse().ok()?))
}

fn append(project: &Project, counts: &BTreeMap<String, u64>) -> anyhow::Result<()> {
    let day = output(program("date").args(["-u", "+%F"]))?;
    let commit = output(program("git").current_dir(project.root()).args(["rev-parse", "--short", "HEAD"]))?;
    let path = project.path(SCOREBOARD);
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).context("the scoreboard is in docs")?;
    for (what, times) in counts {
        writeln!(file, "| {} | `{}` | {what} | {times} | 0 |", day.trim(), commit.trim())?;
    }
    println!("{} lines appended to {SCOREBOARD}", counts.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn a_count_is_found_anywhere_in_a_line() {
        assert_eq!(counted("test kills ... COUNTED kills: 1000"), Some(("kills", 1_000)));
        assert_eq!(counted("1000 kills"), None);
    }
}
