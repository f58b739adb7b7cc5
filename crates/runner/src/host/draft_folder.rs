//! A folder of contracts and models kept in step with the lake's draft.
//!
//! The folder remembers (`.sluice-draft.json`) what each file was when both sides were the same. A file that only one side
//! changed since can go over to the other; one that both changed never does.

use super::{Host, OpenLake};
use crate::RunError;
use crate::support::blocking::blocking;
use sluice_api::{Answer, DraftFile, DraftFileState, DraftFolder, ask};
use sluice_lake::LakeError;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is kept in step: folders of the lake, with the endings of their files.
const FOLDERS: [(&str, &[&str]); 3] =
    [("contracts", &[".yaml", ".yml"]), ("models", &[".sql"]), ("tests", &[".yaml", ".yml"])];
/// File of the folder with the hashes of when both sides were the same.
const REMEMBERED: &str = ".sluice-draft.json";

pub(super) type Texts = BTreeMap<String, String>;

/// Which way files go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Nowhere,
    IntoTheFolder,
    IntoTheLake,
}

impl Answer<ask::DraftStatus> for Host {
    async fn answer(&self, request: ask::DraftStatus) -> Result<DraftFolder, RunError> {
        self.opened().await?.in_step(&request.folder, Way::Nowhere).await
    }
}

impl Answer<ask::DraftPull> for Host {
    async fn answer(&self, request: ask::DraftPull) -> Result<DraftFolder, RunError> {
        self.opened().await?.in_step(&request.folder, Way::IntoTheFolder).await
    }
}

impl Answer<ask::DraftPush> for Host {
    async fn answer(&self, request: ask::DraftPush) -> Result<DraftFolder, RunError> {
        self.opened().await?.in_step(&request.folder, Way::IntoTheLake).await
    }
}

impl OpenLake {
    async fn in_step(&self, folder: &str, way: Way) -> Result<DraftFolder, RunError> {
        let root = PathBuf::from(folder);
        let (here, mut remembered) = {
            let root = root.clone();
            blocking(move || Ok((texts_below(&root)?, remembered(&root)?))).await?
        };
        let lake = self.draft_texts().await?;
        let mut shown = DraftFolder { folder: folder.to_owned(), ..DraftFolder::default() };
        let paths: BTreeSet<&String> = here.keys().chain(lake.keys()).collect();
        for path in paths {
            let (mine, theirs) = (here.get(path), lake.get(path));
            let state = state_of(mine, theirs, remembered.get(path));
            let moves = match (way, state) {
                (Way::IntoTheFolder, DraftFileState::ChangedInLake) => {
                    write(&root, path, theirs).await?;
                    true
                }
                (Way::IntoTheLake, DraftFileState::ChangedHere) => {
                    self.put_draft(path, theirs, mine).await?;
                    true
                }
                _ => false,
            };
            let agreed = if moves && way == Way::IntoTheFolder { theirs } else { mine };
            if moves {
                shown.moved.push(path.clone());
            } else if state == DraftFileState::Same {
                shown.same += 1;
            } else {
                let (here, lake) = (mine.cloned(), theirs.cloned());
                shown.files.push(DraftFile { path: path.clone(), state, here, lake });
            }
            if moves || state == DraftFileState::Same {
                match agreed {
                    Some(text) => remembered.insert(path.clone(), hash(text)),
                    None => remembered.remove(path),
                };
            }
        }
        if way != Way::Nowhere {
            remembered.retain(|path, _| here.contains_key(path) || lake.contains_key(path));
            let text =
                serde_json::to_string_pretty(&remembered).map_err(|error| RunError::Internal(error.to_string()))?;
            write(&root, REMEMBERED, Some(&format!("{text}\n"))).await?;
        }
        Ok(shown)
    }

    /// The texts of the lake's draft by path.
    async fn draft_texts(&self) -> Result<Texts, RunError> {
        let mut texts = Texts::new();
        for (folder, endings) in FOLDERS {
            for file in self.lake.objects().list(folder).await? {
                if endings.iter().any(|ending| file.path.ends_with(ending)) {
                    texts.insert(file.path.clone(), self.draft_text(&file.path).await?.unwrap_or_default());
                }
            }
        }
        Ok(texts)
    }

    async fn draft_text(&self, path: &str) -> Result<Option<String>, RunError> {
        match self.lake.objects().read(path).await {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(LakeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a file of the draft, unless somebody changed it since it was looked at.
    async fn put_draft(&self, path: &str, seen: Option<&String>, text: Option<&String>) -> Result<(), RunError> {
        if self.draft_text(path).await?.as_ref() != seen {
            return Err(RunError::Conflict(path.to_owned()));
        }
        match text {
            Some(text) => self.lake.objects().put(path, text.clone().into()).await?,
            None => self.lake.objects().delete(path).await?,
        }
        Ok(())
    }
}

/// How a file stands, by the hash of when both sides were the same.
fn state_of(here: Option<&String>, lake: Option<&String>, agreed: Option<&String>) -> DraftFileState {
    let changed = |text: Option<&String>| text.map(|text| hash(text)).as_ref() != agreed;
    match (here == lake, changed(here), changed(lake)) {
        (true, ..) => DraftFileState::Same,
        (false, true, false) => DraftFileState::ChangedHere,
        (false, false, true) => DraftFileState::ChangedInLake,
        (false, ..) => DraftFileState::Conflict,
    }
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> RunError {
    let path = path.display().to_string();
    move |source| RunError::File { path, source }
}

/// The texts below a folder that belong into a draft.
/// The files of a folder that are of a draft, by path.
///
/// # Errors
/// When one cannot be read.
pub(super) fn texts_below(root: &Path) -> Result<Texts, RunError> {
    let mut texts = Texts::new();
    for (folder, endings) in FOLDERS {
        let mut waiting = vec![root.join(folder)];
        while let Some(next) = waiting.pop() {
            let entries = match std::fs::read_dir(&next) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(&next)(error)),
            };
            for entry in entries {
                let path = entry.map_err(failed(&next))?.path();
                if path.is_dir() {
                    waiting.push(path);
                    continue;
                }
                let Ok(inside) = path.strip_prefix(root) else { continue };
                let name = inside.to_string_lossy().replace('\\', "/");
                if endings.iter().any(|ending| name.ends_with(ending)) {
                    texts.insert(name, std::fs::read_to_string(&path).map_err(failed(&path))?);
                }
            }
        }
    }
    Ok(texts)
}

fn remembered(root: &Path) -> Result<BTreeMap<String, String>, RunError> {
    let path = root.join(REMEMBERED);
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| {
            let message = format!("{} is not what Sluice wrote: {error}", path.display());
            RunError::input(
                message,
                "Restore it from the repository, or remove it: files that differ are then conflicts",
            )
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(failed(&path)(error)),
    }
}

async fn write(root: &Path, path: &str, text: Option<&String>) -> Result<(), RunError> {
    let (goal, text) = (root.join(path), text.cloned());
    blocking(move || match text {
        Some(text) => {
            if let Some(folder) = goal.parent() {
                std::fs::create_dir_all(folder).map_err(failed(folder))?;
            }
            std::fs::write(&goal, text).map_err(failed(&goal))
        }
        None => match std::fs::remove_file(&goal) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&goal)(error)),
            _ => Ok(()),
        },
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{hash, state_of};
    use sluice_api::DraftFileState::{ChangedHere, ChangedInLake, Conflict, Same};

    #[test]
    fn what_both_sides_changed_never_goes_over() {
        let [old, new, other] = ["old", "new", "other"].map(str::to_owned);
        let agreed = hash(&old);
        let (old, new, other, agreed) = (Some(&old), Some(&new), Some(&other), Some(&agreed));
        for (here, lake, agreed, state) in [
            (old, old, agreed, Same),
            (new, new, agreed, Same),
            (new, old, agreed, ChangedHere),
            (None, old, agreed, ChangedHere),
            (old, new, agreed, ChangedInLake),
            (old, None, agreed, ChangedInLake),
            (new, other, agreed, Conflict),
            (None, other, agreed, Conflict),
            // Never the same before.
            (new, None, None, ChangedHere),
            (None, new, None, ChangedInLake),
            (new, other, None, Conflict),
        ] {
            assert_eq!(state_of(here, lake, agreed), state, "{here:?} {lake:?} {agreed:?}");
        }
    }
}
