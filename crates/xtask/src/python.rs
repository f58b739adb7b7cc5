//! Pythons of their own: for the tests that ask independent readers and a real S3 server, and for benchmarks.

use crate::process::{program, run, succeeds};
use crate::project;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Pinned, so that a test means the same next year.
const PINS: &[&str] = &[
    "moto[server]==5.2.5",
    "deltalake==1.6.6",
    "polars==2.1.0",
    "pyarrow==26.0.1",
    "pysail==0.7.2",
    "pyspark-client==4.2.0",
    "pandas<3",
];
/// Spark and Delta as a reader and as a peer; their jars come from Maven when a session first starts.
pub(crate) const SPARK_PINS: &[&str] = &["pyspark==4.1.1", "delta-spark==4.1.0"];

/// The path of a Python that has the pinned packages of the tests; makes it in the cache folder if needed.
pub(crate) fn prepare() -> anyhow::Result<PathBuf> {
    environment(&project::user_cache_folder()?.join("python"), PINS)
}

/// The Python that has Spark, if there is a Java; its packages (450 MB) are installed only with `install`.
pub(crate) fn spark(install: bool) -> Option<PathBuf> {
    let left_out = |why: &str| {
        println!("python: Spark is left out: {why}");
        None
    };
    if !succeeds(program("java").arg("-version")) {
        return left_out("it needs Java 17, and there is no `java`");
    }
    let Ok(folder) = project::user_cache_folder().map(|folder| folder.join("bench-peers").join("spark")) else {
        return left_out("there is no cache folder");
    };
    if !install && !is_ready(&folder, SPARK_PINS) {
        return left_out("its packages are not installed; `cargo xtask test --night` and `bench` do that");
    }
    environment(&folder, SPARK_PINS).map_or_else(|error| left_out(&format!("{error:#}")), Some)
}

fn is_ready(folder: &Path, pins: &[&str]) -> bool {
    let stamp = std::fs::read_to_string(folder.join("pins.txt"));
    folder.join("bin").join("python").exists() && stamp.is_ok_and(|have| have == pins.join("\n"))
}

/// The path of the Python of an environment with exactly these packages; makes it if it is not there.
pub(crate) fn environment(folder: &Path, pins: &[&str]) -> anyhow::Result<PathBuf> {
    let python = folder.join("bin").join("python");
    if is_ready(folder, pins) {
        println!("python: {} is ready", python.display());
        return Ok(python);
    }
    println!("python: preparing {}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    run(program("python3").args(["-m", "venv"]).arg(folder)).context("python3 cannot make a virtual environment")?;
    run(program(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(pins))
        .with_context(|| format!("the Python packages {} could not be installed", pins.join(", ")))?;
    let stamp = folder.join("pins.txt");
    std::fs::write(&stamp, pins.join("\n")).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(python)
}
