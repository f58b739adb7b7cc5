//! Large fixtures have an entry.

use crate::digest::files_below;
use crate::project::Project;

const BYTES_MAX: u64 = 1_000_000;

/// A file over 1 MB needs its path in `fixtures/README.md`.
pub(super) fn check(project: &Project) -> anyhow::Result<Vec<String>> {
    let folder = project.path("fixtures");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    let mut findings = Vec::new();
    for file in files_below(&folder, &|_| false)? {
        let name = file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().into_owned();
        let bytes = std::fs::metadata(&file)?.len();
        if bytes > BYTES_MAX && !readme.contains(&name) {
            findings.push(format!("fixtures/{name}: {bytes} bytes and no entry in fixtures/README.md"));
        }
    }
    Ok(findings)
}
