//! The two documents of a sandbox: its own mark, and the entry in its base.

use crate::LakeError;
use crate::store::base_view::Pins;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Path of the mark in a sandbox.
pub(crate) const MARK: &str = "_sluice/sandbox.json";
/// Folder of the entries in a base.
pub(crate) const ENTRIES: &str = "_sluice/sandboxes";
/// Most characters of a name.
const NAME_CHARS_MAX: usize = 64;

/// What a sandbox says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SandboxMark {
    pub(crate) name: String,
    /// Of this sandbox alone, so that another one of the same name is not taken for it.
    pub(crate) id: String,
    /// Address of the base.
    pub(crate) base: String,
    /// What it sees of the base; `None` until all tables are cloned.
    #[serde(default)]
    pub(crate) pins: Option<Pins>,
    /// BLAKE3 of the drafts that it began with, by path.
    #[serde(default)]
    pub(crate) drafts: BTreeMap<String, String>,
}

/// A sandbox as its base knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxEntry {
    /// Name, unique in the base.
    pub name: String,
    /// The same as in the sandbox's own mark.
    pub id: String,
    /// Its address, as seen from where it was made.
    pub place: String,
    /// Who made it: user and host.
    pub by: String,
    /// When it was made, milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// From when on the base no longer keeps what it needs, milliseconds since the Unix epoch.
    pub expires_ms: i64,
    /// What it sees of the base; `None` as long as it is being made.
    #[serde(default)]
    pub pins: Option<Pins>,
}

impl SandboxEntry {
    /// Folder of the entries in a base, and of sandboxes under it.
    pub const FOLDER: &str = ENTRIES;

    /// Whether the base still keeps what it needs.
    #[must_use]
    pub fn is_open(&self, now_ms: i64) -> bool {
        now_ms < self.expires_ms
    }

    pub(crate) fn path(name: &str) -> String {
        format!("{ENTRIES}/{name}.json")
    }
}

/// Refuses what cannot be the name of a sandbox.
///
/// # Errors
/// [`LakeError::SandboxName`].
pub(crate) fn check_name(name: &str) -> Result<(), LakeError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if begins && name.len() <= NAME_CHARS_MAX && name.chars().all(fits) {
        Ok(())
    } else {
        Err(LakeError::SandboxName { path: name.to_owned() })
    }
}

pub(crate) fn to_bytes<T: Serialize>(document: &T, path: &str) -> Result<Bytes, LakeError> {
    let bytes = serde_json::to_vec_pretty(document);
    bytes.map(Bytes::from).map_err(|source| LakeError::Write { source: Box::new(source), path: path.to_owned() })
}

pub(crate) fn of_bytes<T: DeserializeOwned>(bytes: &Bytes, path: &str) -> Result<T, LakeError> {
    serde_json::from_slice(bytes)
        .map_err(|error| LakeError::Corrupt { reason: error.to_string(), path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_are_folders_everywhere() {
        for name in ["mine", "2026-11-fix_type", "a"] {
            check_name(name).unwrap();
        }
        for name in ["", "-x", "_x", "Mine", "a b", "../x", "a/b", "ü", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
