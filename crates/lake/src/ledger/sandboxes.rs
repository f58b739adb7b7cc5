//! Which sandboxes a lake has, and until when it keeps what they need.

use crate::LakeError;
use crate::ledger::sandbox_entry::{ENTRIES, SandboxEntry, check_name, of_bytes, to_bytes};
use crate::store::base_view::Pins;
use crate::store::objects::{Objects, PutNew};

/// The sandboxes of a lake, by name.
///
/// # Errors
/// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
pub(crate) async fn entries(base: &Objects) -> Result<Vec<SandboxEntry>, LakeError> {
    let mut found = Vec::new();
    for file in base.list(ENTRIES).await?.into_iter().filter(|file| is_entry(&file.path)) {
        found.extend(read(base, &file.path).await?);
    }
    Ok(found)
}

/// One of them; `None` if there is none of this name.
///
/// # Errors
/// [`LakeError::SandboxName`], [`LakeError::Read`], [`LakeError::Corrupt`].
pub(crate) async fn entry(base: &Objects, name: &str) -> Result<Option<SandboxEntry>, LakeError> {
    check_name(name)?;
    read(base, &SandboxEntry::path(name)).await
}

/// Registers a sandbox.
///
/// # Errors
/// [`LakeError::SandboxExists`], [`LakeError::Write`].
pub(crate) async fn register(base: &Objects, entry: &SandboxEntry) -> Result<(), LakeError> {
    let path = SandboxEntry::path(&entry.name);
    match base.put_new(&path, to_bytes(entry, &path)?).await? {
        PutNew::Created => Ok(()),
        PutNew::Exists => Err(LakeError::SandboxExists { path: entry.name.clone() }),
    }
}

/// Writes an entry that is there anew.
///
/// # Errors
/// [`LakeError::Write`].
pub(crate) async fn update(base: &Objects, entry: &SandboxEntry) -> Result<(), LakeError> {
    let path = SandboxEntry::path(&entry.name);
    base.put(&path, to_bytes(entry, &path)?).await
}

/// What a clean-up of a table has to leave for open sandboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Versions whose files stay.
    pub(crate) versions: Vec<u64>,
    /// Every version since then stays: a sandbox is being made, milliseconds since the Unix epoch.
    pub(crate) since_ms: Option<i64>,
}

/// What a clean-up of a table's folder has to leave.
///
/// # Errors
/// As [`entries`]: an entry that cannot be read may need any file.
pub(crate) async fn kept(base: &Objects, folder: &str, now_ms: i64) -> Result<Kept, LakeError> {
    let mut kept = Kept::default();
    for entry in entries(base).await?.into_iter().filter(|entry| entry.is_open(now_ms)) {
        match entry.pins.as_ref().map(|pins: &Pins| pins.number(folder)) {
            Some(version) => kept.versions.extend(version),
            None => kept.since_ms = Some(kept.since_ms.map_or(entry.created_ms, |ms| ms.min(entry.created_ms))),
        }
    }
    Ok(kept)
}

/// Entries lie beside the folders of sandboxes that are under the lake.
fn is_entry(path: &str) -> bool {
    let rest = path.strip_prefix(ENTRIES).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|name| name.ends_with(".json") && !name.contains('/'))
}

async fn read(base: &Objects, path: &str) -> Result<Option<SandboxEntry>, LakeError> {
    match base.read(path).await {
        Ok(bytes) => Ok(Some(of_bytes(&bytes, path)?)),
        Err(LakeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
