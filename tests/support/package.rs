//! Files of this package.

use std::path::PathBuf;

/// A file of this package. Cargo runs a test in the folder of its package; a path of compile time would be
/// that of the clone that was compiled, and clones share what is compiled.
#[must_use]
pub fn package_path(inside: &str) -> PathBuf {
    std::env::current_dir().unwrap_or_default().join(inside)
}
