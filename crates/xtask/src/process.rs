//! Running programs: what was called is always part of the error.

use anyhow::{Context, bail};
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Variables that `cargo run` sets for this program. Handed on to another cargo they make build
/// scripts believe that something changed, and the C++ of DuckDB is compiled again.
const OF_THIS_RUN: &[&str] = &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_PACKAGE"];

/// A program called by name, without the variables of this run.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    for (variable, _) in std::env::vars_os() {
        let text = variable.to_string_lossy();
        if OF_THIS_RUN.iter().any(|prefix| text.starts_with(prefix)) || text == "LD_LIBRARY_PATH" {
            command.env_remove(&variable);
        }
    }
    command
}

/// Cargo in `folder`.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut command = program("cargo");
    command.current_dir(folder);
    command
}

/// Runs to its end with the terminal's own output.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// A program that ran to its end without printing to the terminal.
pub(crate) struct Finished {
    call: String,
    output: Output,
}

impl Finished {
    /// Prints what it said.
    ///
    /// # Errors
    /// If it did not succeed.
    pub(crate) fn shown(self) -> anyhow::Result<()> {
        std::io::stderr().write_all(&self.output.stderr)?;
        std::io::stdout().write_all(&self.output.stdout)?;
        if !self.output.status.success() {
            bail!("`{}` ended with {}", self.call, self.output.status);
        }
        Ok(())
    }
}

/// Runs to its end and keeps what it says for later.
pub(crate) fn run_quietly(command: &mut Command) -> anyhow::Result<Finished> {
    let call = shown(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{call}`"))?;
    Ok(Finished { call, output })
}

/// Runs to its end and hands back what it printed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` ended with {}: {}", shown(command), output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed no UTF-8", shown(command)))
}

/// Whether it runs and succeeds; prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The call as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
