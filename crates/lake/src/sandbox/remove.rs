//! Removing a sandbox.

use crate::LakeError;
use crate::environment::StoreTimes;
use crate::ledger::sandbox_entry::SandboxEntry;
use crate::ledger::sandboxes as registry;
use crate::sandbox::open;
use crate::sandbox::place::{open_place, under_lake};
use crate::store::objects::Objects;
use crate::store::root::local_folder;

/// What became of a sandbox's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovedSandbox {
    /// They are gone.
    Files,
    /// Its folder is not there, or is another sandbox's by now: only the entry is gone.
    EntryOnly,
}

/// Removes a sandbox of a lake: its files, then its entry, so that what is left of an interrupted removal is found again.
///
/// # Errors
/// [`LakeError::NoSandbox`], [`LakeError::Delete`], [`LakeError::List`].
pub(crate) async fn remove(base: &Objects, name: &str, times: StoreTimes) -> Result<RemovedSandbox, LakeError> {
    let Some(entry) = registry::entry(base, name).await? else {
        return Err(LakeError::NoSandbox { path: name.to_owned() });
    };
    let removed = remove_files(base, &entry, times).await?;
    base.delete(&SandboxEntry::path(name)).await?;
    Ok(removed)
}

async fn remove_files(base: &Objects, entry: &SandboxEntry, times: StoreTimes) -> Result<RemovedSandbox, LakeError> {
    let is_under_lake = entry.place == under_lake(base, &entry.name);
    if !is_under_lake
        && let Some(folder) = local_folder(&entry.place)?
        && !folder.is_dir()
    {
        return Ok(RemovedSandbox::EntryOnly);
    }
    let root = open_place(base, &entry.name, &entry.place, times).await?;
    let local = root.local.clone();
    let own = Objects::new(root, times);
    // Only what says that it is this sandbox is removed, whatever an entry names.
    if open::mark(&own).await?.is_none_or(|mark| mark.id != entry.id) {
        return Ok(RemovedSandbox::EntryOnly);
    }
    match local {
        Some(folder) => {
            let failed = |source| LakeError::Delete { source: Box::new(source), path: folder.display().to_string() };
            tokio::fs::remove_dir_all(&folder).await.map_err(failed)?;
        }
        None => {
            let files = own.list("").await?;
            let (mark, rest): (Vec<_>, Vec<_>) =
                files.iter().partition(|file| file.path == crate::ledger::sandbox_entry::MARK);
            // The mark last: it is what says whose files these are.
            for file in rest.into_iter().chain(mark) {
                own.delete(&file.path).await?;
            }
        }
    }
    Ok(RemovedSandbox::Files)
}
