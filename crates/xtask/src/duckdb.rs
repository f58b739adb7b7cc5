//! The DuckDB library that the engine is linked with. Compiling DuckDB costs 37 CPU-minutes, taking the library of its
//! own release costs seconds, so it is only compiled where nothing else can be had.
//!
//! In this order: the folder that `DUCKDB_LIB_DIR` names; this machine's cache; the library inside DuckDB's Java
//! package, which Maven brings (pinned by its hash); the release that the crate `libduckdb-sys` downloads by itself; the
//! sources that the crate brings. `SLUICE_DUCKDB=compile` asks for the last one.

use crate::packages::on_path;
use crate::process::{cargo, program, run};
use crate::project::{self, Project};
use crate::{digest, process};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Official package of DuckDB's authors, MIT; holds one complete shared library for each platform.
const ARTIFACT: &str = "org.duckdb:duckdb_jdbc:2.0.0.1";
const ARTIFACT_FILE: &str = "duckdb_jdbc-2.0.0.1.jar";
const ARTIFACT_SHA256: &str = "6cb8b0e0fc51b2e45aead2d2c1e1fd09dd10267db2966e69aaab0de67319f826";
/// Folder in the cache; another artifact is another folder.
const CACHED_AS: &str = "2.0.0.1";
/// What names the folder of a library, for the crate `libduckdb-sys` as for a person.
const LIBRARY_FOLDER: &str = "DUCKDB_LIB_DIR";
/// `compile` leaves all libraries aside.
const CHOICE: &str = "SLUICE_DUCKDB";
/// Compiles DuckDB into the programs.
const COMPILE_FEATURE: &str = "sluice-query/compile-duckdb";
/// Lets `libduckdb-sys` download the library of DuckDB's release.
const DOWNLOAD_FEATURE: &str = "sluice-query/download-duckdb";
/// What cargo reads beside `.cargo/config.toml`, so that a plain `cargo build` finds the library too.
const CARGO_SETTINGS: &str = ".cargo/local.toml";

/// Where the engine's DuckDB comes from.
pub(crate) enum DuckDb {
    /// A shared library in this folder.
    Library(PathBuf),
    /// The crate's own sources.
    Compiled,
}

impl DuckDb {
    /// Finds or fetches it; what cargo has to know is written down for later calls.
    pub(crate) fn prepare(project: &Project) -> anyhow::Result<Self> {
        let found = Self::find(project)?;
        match &found {
            Self::Library(folder) => {
                write_settings(project, Some(folder))?;
                println!("duckdb: the library in {}", folder.display());
            }
            Self::Compiled => {
                write_settings(project, None)?;
                println!("duckdb: compiled from source, which takes about 20 minutes on two cores the first time");
            }
        }
        Ok(found)
    }

    fn find(project: &Project) -> anyhow::Result<Self> {
        if std::env::var(CHOICE).is_ok_and(|choice| choice == "compile") {
            return Ok(Self::Compiled);
        }
        let cache = project::user_cache_folder()?.join("duckdb").join(CACHED_AS);
        let named = std::env::var_os(LIBRARY_FOLDER).map(PathBuf::from).filter(|folder| *folder != cache);
        if let Some(folder) = named {
            if !folder.join(library_name()).exists() {
                bail!("{LIBRARY_FOLDER} names {}, and there is no {} in it", folder.display(), library_name());
            }
            return Ok(Self::Library(folder));
        }
        if cache.join(library_name()).exists() {
            return Ok(Self::Library(cache));
        }
        let Err(error) = stage(&cache, &from_maven) else { return Ok(Self::Library(cache)) };
        println!("duckdb: not from Maven: {error:#}");
        let Err(error) = stage(&cache, &|folder| from_release(project, folder)) else {
            return Ok(Self::Library(cache));
        };
        println!("duckdb: not from DuckDB's releases: {error:#}");
        Ok(Self::Compiled)
    }

    /// Adds to a call of cargo on the whole workspace what the choice needs.
    pub(crate) fn apply(&self, call: &mut Command) {
        match self {
            Self::Library(folder) => {
                call.env(LIBRARY_FOLDER, folder);
            }
            Self::Compiled => {
                call.env_remove(LIBRARY_FOLDER).args(["--features", COMPILE_FEATURE]);
            }
        }
    }

    /// Puts the library beside the programs, where they look for it.
    pub(crate) fn place_beside_programs(&self, project: &Project) -> anyhow::Result<()> {
        let Self::Library(folder) = self else { return Ok(()) };
        let goal = project.target().join("release").join(library_name());
        let source = folder.join(library_name());
        if is_copy_of(&goal, &source) {
            return Ok(());
        }
        copy_in_place(&source, &goal)
    }
}

/// File name of the library on this system.
pub(crate) fn library_name() -> &'static str {
    if cfg!(windows) {
        "duckdb.dll"
    } else if cfg!(target_os = "macos") {
        "libduckdb.dylib"
    } else {
        "libduckdb.so"
    }
}

/// The library's entry in the Java package; Windows would need an import library too.
fn entry_name() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("libduckdb_java.so_linux_amd64"),
        ("linux", "aarch64") => Some("libduckdb_java.so_linux_arm64"),
        ("macos", "aarch64") => Some("libduckdb_java.so_macos_arm64"),
        _ => None,
    }
}

/// Whether the file is a copy made after the other one was last written; reading both would take longer than that.
fn is_copy_of(copy: &Path, original: &Path) -> bool {
    let (Ok(copy), Ok(original)) = (copy.metadata(), original.metadata()) else { return false };
    let newer = copy.modified().is_ok_and(|copied| original.modified().is_ok_and(|written| copied >= written));
    newer && copy.len() == original.len()
}

/// Fetches into a folder beside `goal` and renames it, so that an interrupted fetch leaves nothing that looks complete.
fn stage(goal: &Path, fetch: &dyn Fn(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let parent = goal.parent().context("the cache folder has a parent")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let staged = tempfile::Builder::new().prefix("fetching-").tempdir_in(parent)?;
    let inside = staged.path().join("library");
    std::fs::create_dir(&inside)?;
    fetch(&inside)?;
    if goal.exists() {
        std::fs::remove_dir_all(goal).with_context(|| format!("cannot clear {}", goal.display()))?;
    }
    std::fs::rename(&inside, goal).with_context(|| format!("cannot create {}", goal.display()))
}

fn from_maven(folder: &Path) -> anyhow::Result<()> {
    let Some(entry) = entry_name() else { bail!("its package has no library to link with on this platform") };
    if !on_path("mvn") {
        bail!("there is no `mvn`");
    }
    println!("duckdb: {ARTIFACT} by Maven, 80 MB");
    let mut maven = program("mvn");
    maven.args(["--quiet", "--batch-mode", "dependency:copy", &format!("-Dartifact={ARTIFACT}")]);
    run(maven.arg(format!("-DoutputDirectory={}", folder.display())))?;
    let package = folder.join(ARTIFACT_FILE);
    let hash = digest::of_file(&package)?;
    if hash != ARTIFACT_SHA256 {
        bail!("{ARTIFACT} has the SHA-256 {hash}, expected {ARTIFACT_SHA256}");
    }
    let library = folder.join(library_name());
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&package)?).context("the package is no archive")?;
    let mut packed = archive.by_name(entry).with_context(|| format!("the package has no {entry}"))?;
    std::io::copy(&mut packed, &mut std::fs::File::create(&library)?)
        .with_context(|| format!("cannot write {}", library.display()))?;
    std::fs::remove_file(&package)?;
    name_itself(&library)
}

/// Programs record the name that the library gives itself; the package's library has another one.
fn name_itself(library: &Path) -> anyhow::Result<()> {
    if cfg!(target_os = "macos") {
        run(program("install_name_tool").args(["-id", "@rpath/libduckdb.dylib"]).arg(library))
    } else {
        run(program("patchelf").args(["--set-soname", library_name()]).arg(library))
    }
}

/// `libduckdb-sys` downloads while it is built; the library it got is kept.
fn from_release(project: &Project, folder: &Path) -> anyhow::Result<()> {
    println!("duckdb: asking the crate libduckdb-sys to download the release");
    let mut call = cargo(project.root());
    call.args(["build", "--release", "--package", "sluice-query", "--features", DOWNLOAD_FEATURE]);
    call.env_remove(LIBRARY_FOLDER).env("DUCKDB_DOWNLOAD_LIB", "1");
    if !process::succeeds(&mut call) {
        bail!("the download failed");
    }
    let downloads = project.target().join("duckdb-download");
    let files = digest::files_below(&downloads, &|_| false)?;
    let library = files.iter().find(|file| file.file_name().is_some_and(|name| name == library_name()));
    let beside = library.and_then(|library| library.parent()).context("nothing was downloaded")?;
    for file in files.iter().filter(|file| file.parent() == Some(beside)) {
        if let Some(name) = file.file_name() {
            std::fs::copy(file, folder.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
        }
    }
    Ok(())
}

/// A running program keeps the file that it has open.
fn copy_in_place(source: &Path, goal: &Path) -> anyhow::Result<()> {
    let folder = goal.parent().context("a library has a folder")?;
    std::fs::create_dir_all(folder)?;
    let staged = tempfile::NamedTempFile::new_in(folder)?;
    std::fs::copy(source, staged.path()).with_context(|| format!("cannot copy {}", source.display()))?;
    staged.persist(goal).with_context(|| format!("cannot write {}", goal.display()))?;
    Ok(())
}

/// Cargo reads the file by `include` in `.cargo/config.toml`; written only when it says something else, because cargo
/// takes a changed variable for a reason to build.
fn write_settings(project: &Project, library: Option<&Path>) -> anyhow::Result<()> {
    let path = project.path(CARGO_SETTINGS);
    let text = library.map(|folder| {
        let folder = folder.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
        format!("# Written by `cargo xtask`; see crates/xtask/src/duckdb.rs.\n[env]\n{LIBRARY_FOLDER} = \"{folder}\"\n")
    });
    match text {
        Some(text) if std::fs::read_to_string(&path).is_ok_and(|have| have == text) => Ok(()),
        Some(text) => std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display())),
        None if path.exists() => {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{library_name, stage};

    #[test]
    fn an_interrupted_fetch_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let goal = folder.path().join("cache").join("1");
        let broken = stage(&goal, &|inside| {
            std::fs::write(inside.join(library_name()), "half")?;
            anyhow::bail!("the line went dead")
        });
        assert!(broken.is_err());
        assert!(!goal.exists());
        assert_eq!(std::fs::read_dir(folder.path().join("cache")).unwrap().count(), 0);

        stage(&goal, &|inside| Ok(std::fs::write(inside.join(library_name()), "whole")?)).unwrap();
        assert_eq!(std::fs::read_to_string(goal.join(library_name())).unwrap(), "whole");
    }
}
