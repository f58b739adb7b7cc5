//! Which files hold changes, and in which format.

use sluice_contract::SourceFormat;

/// Whether the file at `path` holds change data, and is not a key file, a marker, a manifest or hidden.
#[must_use]
pub fn is_change_file(path: &str) -> bool {
    let _ = path;
    true
}

/// The format of a folder of change files.
#[must_use]
pub fn sniff(paths: &[String], first_bytes: &[u8]) -> Option<SourceFormat> {
    let _ = (paths, first_bytes);
    None
}
