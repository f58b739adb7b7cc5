//! Opening a folder that may be a sandbox.

use crate::LakeError;
use crate::environment::StoreTimes;
use crate::ledger::sandbox_entry::{MARK, SandboxEntry, SandboxMark, of_bytes};
use crate::ledger::sandboxes as registry;
use crate::store::base_view::Pins;
use crate::store::lake_folders;
use crate::store::objects::Objects;
use crate::store::overlay::OverlayStore;
use crate::store::root::Root;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an open lake is a sandbox of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// Its entry in the base.
    pub entry: SandboxEntry,
    /// Address of the base.
    pub base: String,
    /// What it sees of the base.
    pub pins: Pins,
    /// BLAKE3, hex, of the drafts that it began with, by path.
    pub drafts: BTreeMap<String, String>,
}

impl Sandbox {
    /// The version of the base that a table begins with, by its folder in the lake; `None` if the base had no such table.
    #[must_use]
    pub fn base_version(&self, folder: &str) -> Option<u64> {
        self.pins.number(folder)
    }
}

/// The folder, over its base if it is a sandbox.
///
/// # Errors
/// [`LakeError::SandboxUnfinished`], [`LakeError::SandboxWithoutBase`], [`LakeError::SandboxClosed`], and what opening
/// the base says.
pub(crate) async fn over_base(
    root: Root,
    times: StoreTimes,
    now_ms: i64,
) -> Result<(Root, Option<Sandbox>), LakeError> {
    let Some(mark) = mark(&Objects::new(root.clone(), times)).await? else { return Ok((root, None)) };
    if mark.pins.is_none() {
        return Err(LakeError::SandboxUnfinished { path: mark.name });
    }
    let base = match lake_folders::open_existing(&mark.base, times).await {
        Err(LakeError::NoLake { url }) => return Err(LakeError::SandboxWithoutBase { name: mark.name, url }),
        other => other?,
    };
    let (root, sandbox) = over(root, mark, Arc::new(base), times, now_ms).await?;
    Ok((root, Some(sandbox)))
}

/// A sandbox of an open lake.
///
/// # Errors
/// [`LakeError::NoSandbox`] if its place has none, [`LakeError::SandboxUnfinished`], [`LakeError::SandboxClosed`].
pub(crate) async fn of_base(
    root: Root,
    base: Root,
    times: StoreTimes,
    now_ms: i64,
) -> Result<(Root, Sandbox), LakeError> {
    let Some(mark) = mark(&Objects::new(root.clone(), times)).await? else {
        return Err(LakeError::NoSandbox { path: root.url });
    };
    over(root, mark, Arc::new(base), times, now_ms).await
}

async fn over(
    root: Root,
    mark: SandboxMark,
    base: Arc<Root>,
    times: StoreTimes,
    now_ms: i64,
) -> Result<(Root, Sandbox), LakeError> {
    let Some(pins) = mark.pins.clone() else { return Err(LakeError::SandboxUnfinished { path: mark.name }) };
    let entry = registry::entry(&Objects::new(base.as_ref().clone(), times), &mark.name).await?;
    let Some(entry) = entry.filter(|entry| entry.id == mark.id && entry.is_open(now_ms)) else {
        return Err(LakeError::SandboxClosed { name: mark.name, url: base.url.clone() });
    };
    let own = Arc::new(root.clone());
    let store = OverlayStore::new(own, Arc::clone(&base), Arc::new(pins.clone()));
    let url = base.url.clone();
    Ok((
        Root { store: Arc::new(store), base: Some(base), ..root },
        Sandbox { entry, base: url, pins, drafts: mark.drafts },
    ))
}

/// The mark of a sandbox; `None` for any other folder.
pub(crate) async fn mark(own: &Objects) -> Result<Option<SandboxMark>, LakeError> {
    match own.read(MARK).await {
        Ok(bytes) => Ok(Some(of_bytes(&bytes, MARK)?)),
        Err(LakeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
