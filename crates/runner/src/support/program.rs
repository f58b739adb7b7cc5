//! The `sluice` program, for work that is done in a process of its own.

use std::path::{Path, PathBuf};

/// `SLUICE_BIN`, this program if it is `sluice`, or `sluice` beside it or one folder up.
pub(crate) fn sluice_program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("SLUICE_BIN").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let this = std::env::current_exe().ok()?;
    let name = format!("sluice{}", std::env::consts::EXE_SUFFIX);
    if this.file_name().is_some_and(|file| file == name.as_str()) {
        return Some(this);
    }
    let folders = this.parent().into_iter().flat_map(|folder| [Some(folder), folder.parent()]).flatten();
    folders.map(|folder: &Path| folder.join(&name)).find(|path| path.is_file())
}
