//! Delta tables as readers of others see them.

use crate::{package_path, plain_rows, python};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use sluice_lake::DeltaStore;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// How `read_by_sql.py` says that its server cannot be started.
const LEFT_OUT: i32 = 77;

/// Tables with what Sluice itself reads of them, for programs that compare.
pub struct Exported {
    folder: TempDir,
    tables: usize,
}

impl Exported {
    /// Nothing yet.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn new() -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, tables: 0 })
    }

    /// How many tables there are.
    #[must_use]
    pub fn tables(&self) -> usize {
        self.tables
    }

    /// Adds the latest version of a table of the lake in a folder; false if there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn add(&mut self, name: &str, store: &DeltaStore, lake: &Path) -> Result<bool> {
        self.document(name, store, &lake.join(store.folder())).await
    }

    /// The same with a copy of the table, so that what is done to it later does not matter.
    ///
    /// # Errors
    /// See [`Exported::add`].
    pub async fn add_copy(&mut self, name: &str, store: &DeltaStore, lake: &Path) -> Result<bool> {
        let copy = self.folder.path().join(format!("{:03}", self.tables));
        copy_folder(&lake.join(store.folder()), &copy)?;
        self.document(name, store, &copy).await
    }

    async fn document(&mut self, name: &str, store: &DeltaStore, path: &Path) -> Result<bool> {
        let Some(snapshot) = store.snapshot(None).await? else { return Ok(false) };
        let columns: Vec<Value> = snapshot.schema.fields().iter().map(|field| json!(field.name())).collect();
        let document = json!({
            "name": name,
            "path": path,
            "version": snapshot.version,
            "columns": columns,
            "rows": plain_rows(&store.read_files(&snapshot, &snapshot.files, None).await?)?,
        });
        std::fs::write(self.folder.path().join(format!("{:03}.json", self.tables)), document.to_string())?;
        self.tables += 1;
        Ok(true)
    }

    /// Compares with `readers` of `read_tables.py`; its lines. Fails where rows differ, and where
    /// another reader than `pyarrow` refuses.
    ///
    /// # Errors
    /// When a table is not read as Sluice reads it.
    pub fn read_by(&self, python: &Path, readers: &[&str]) -> Result<Vec<String>> {
        let output =
            Command::new(python).arg(script("read_tables.py")).arg(self.folder.path()).args(readers).output()?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        print!("{out}");
        ensure!(output.status.success(), "{out}{err}");
        let lines: Vec<String> = out.lines().map(str::to_owned).collect();
        ensure!(lines.len() == self.tables * readers.len(), "{} tables: {out}{err}", self.tables);
        Ok(lines)
    }

    /// Compares with Sail or Spark; false, and a plain word of it, if it cannot be started here.
    ///
    /// # Errors
    /// When a table is not read as Sluice reads it.
    pub fn read_by_sql(&self, test: &str, engine: &str) -> Result<bool> {
        let interpreter = if engine == "spark" { spark_python(test) } else { python(test) };
        let Some(interpreter) = interpreter else { return Ok(false) };
        let output =
            Command::new(interpreter).arg(script("read_by_sql.py")).args([engine]).arg(self.folder.path()).output()?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        print!("{out}");
        match output.status.code() {
            Some(0) => {}
            Some(LEFT_OUT) => {
                eprintln!("{}: {test} went on without it", out.lines().last().unwrap_or("LEFT OUT"));
                return Ok(false);
            }
            _ => bail!("{out}{err}"),
        }
        let equal = out.lines().filter(|line| line.ends_with(&format!("{engine}: equal"))).count();
        ensure!(equal == self.tables, "{equal} of {} tables: {out}{err}", self.tables);
        Ok(true)
    }
}

fn script(name: &str) -> PathBuf {
    package_path(&format!("python/{name}"))
}

/// The interpreter that has PySpark and Delta, `SLUICE_SPARK_PYTHON`.
fn spark_python(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("SLUICE_SPARK_PYTHON").filter(|value| !value.is_empty()).map(PathBuf::from);
    if named.is_none() {
        eprintln!(
            "LEFT OUT: spark: SLUICE_SPARK_PYTHON names no interpreter; `cargo xtask test` sets it where Java and the \
             Python packages are there, `cargo xtask test --night` installs the packages: {test} went on without it"
        );
    }
    named
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let goal = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &goal)?;
        } else {
            std::fs::copy(entry.path(), &goal).with_context(|| format!("cannot copy to {}", goal.display()))?;
        }
    }
    Ok(())
}
