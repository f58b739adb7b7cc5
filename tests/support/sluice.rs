//! The `sluice` command as a process of its own.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The command, working on one lake.
pub struct Sluice {
    lake: String,
    environment: Vec<(String, String)>,
}

/// What a call said and how it ended.
#[derive(Debug)]
pub struct CommandOutput {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Sluice {
    /// The command on the lake at an address.
    #[must_use]
    pub fn on(lake: impl Into<String>) -> Self {
        Self { lake: lake.into(), environment: Vec::new() }
    }

    /// The command on the lake in a folder.
    #[must_use]
    pub fn on_folder(folder: &Path) -> Self {
        Self::on(folder.display().to_string())
    }

    /// The command on the lake at an address of a store that listens on this machine, with a cache of its own. Any
    /// credentials do, unless the store says otherwise.
    #[must_use]
    pub fn on_store(lake: impl Into<String>, endpoint: impl Into<String>, cache: &Path) -> Self {
        Self::on(lake)
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test-secret")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("XDG_CACHE_HOME", cache.display().to_string())
    }

    /// With a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The call, not started.
    ///
    /// # Errors
    /// When the program is not built and cannot be.
    pub fn command(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new(sluice_program()?);
        command.args(["--lake", &self.lake]).args(words).env_remove("SLUICE_LAKE").stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Starts a call and leaves it running, its output thrown away.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, words: &[&str]) -> Result<Child> {
        Ok(self.command(words)?.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    }

    /// Runs a call to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn call(&self, words: &[&str]) -> Result<CommandOutput> {
        let output = self.command(words)?.output()?;
        Ok(CommandOutput {
            code: output.status.code().context("a signal ended it")?,
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// Runs a call that has to succeed; its standard output.
    ///
    /// # Errors
    /// When it ends with another code than 0.
    pub fn ok(&self, words: &[&str]) -> Result<String> {
        let said = self.call(words)?;
        ensure!(said.code == 0, "sluice {} ended with {}: {}{}", words.join(" "), said.code, said.out, said.err);
        Ok(said.out)
    }

    /// Runs a call with `--json` that has to succeed; what it printed.
    ///
    /// # Errors
    /// When it ends with another code than 0, or prints something else than JSON.
    pub fn json(&self, words: &[&str]) -> Result<Value> {
        let out = self.ok(&[words, &["--json"]].concat())?;
        serde_json::from_str(&out).with_context(|| format!("sluice {} printed no JSON: {out}", words.join(" ")))
    }
}

/// The built program: `SLUICE_BIN`, or beside this test in the target folder; else it is built, once.
///
/// # Errors
/// When it is not built and cannot be.
pub fn sluice_program() -> Result<PathBuf> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = PROGRAM.get_or_init(|| find().map_err(|error| format!("{error:#}")));
    found.clone().map_err(anyhow::Error::msg)
}

fn find() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("SLUICE_BIN") {
        return Ok(named.into());
    }
    let test = std::env::current_exe()?;
    let release = test.parent().and_then(Path::parent).context("a test is in target/release/deps")?;
    let beside = release.join(format!("sluice{}", std::env::consts::EXE_SUFFIX));
    if !beside.exists() {
        // The whole workspace: a build of one package chooses other features for what is shared.
        let built = Command::new("cargo").args(["build", "--release", "--workspace", "--bin", "sluice"]).status()?;
        if !built.success() || !beside.exists() {
            bail!("{} is not built", beside.display());
        }
    }
    Ok(beside)
}
