//! Where things are.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// The checkout and its folders.
pub(crate) struct Project {
    root: PathBuf,
    target: PathBuf,
}

impl Project {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and cargo's own configuration are respected.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from("Cargo.toml"), |folder| Path::new(&folder).join("Cargo.toml"));
        let metadata = cargo_metadata::MetadataCommand::new()
            .manifest_path(&manifest)
            .no_deps()
            .exec()
            .context("cargo cannot read this workspace; run the task inside the checkout")?;
        Ok(Self { root: metadata.workspace_root.into(), target: metadata.target_directory.into() })
    }

    /// The checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A path inside the checkout.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// A program of the release build.
    pub(crate) fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if !path.exists() {
            bail!("{} is not built; run `cargo build --release --workspace`", path.display());
        }
        Ok(path)
    }

    /// A folder for what a task leaves behind, inside the target folder.
    pub(crate) fn scratch(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.target.join("xtask").join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(path)
    }
}

/// `$XDG_DATA_HOME/sluice` or what the system has in its place.
pub(crate) fn user_data_folder() -> anyhow::Result<PathBuf> {
    user_folder("XDG_DATA_HOME", ".local/share", "Library/Application Support", "LOCALAPPDATA")
}

/// `$XDG_CACHE_HOME/sluice` or what the system has in its place.
pub(crate) fn user_cache_folder() -> anyhow::Result<PathBuf> {
    user_folder("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA")
}

fn user_folder(variable: &str, on_linux: &str, on_mac: &str, on_windows: &str) -> anyhow::Result<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        named(on_windows)
    } else {
        let inside = if cfg!(target_os = "macos") { on_mac } else { on_linux };
        named(variable).or_else(|| named("HOME").map(|home| home.join(inside)))
    };
    Ok(base.context("neither a home folder nor a data folder is set")?.join("sluice"))
}
