//! What a lake's files name outside of the lake: full paths, addresses, and links that lead out of its folder.
//!
//! A contract may come from somebody else, and what its source names is read into bronze. So nothing outside of the lake
//! is read unless its settings (`sluice.yaml`) allow the place.

use crate::LakeError;
use crate::error::redact;
use crate::store::objects::{Objects, Place};
use crate::store::root::{Root, Style};
use object_store::ObjectMeta;
use sluice_contract::{LakeSettings, plain_path};
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, PoisonError};

/// Folders that hold what Sluice writes. Where they are is the business of whoever keeps the lake.
const OWN_FOLDERS: [&str; 4] = ["_sluice", "bronze", "silver", "gold"];

/// Folders whose files are read one by one, so that one which leads out costs itself.
const DOCUMENTS: [&str; 3] = ["contracts", "models", "queries"];

/// What lets a place outside of the lake be read.
#[must_use]
pub fn how_to_allow(place: &str) -> String {
    let settings = LakeSettings::PATH;
    format!(
        "If what is there may be read into this lake, write `sources: {{allow: [\"{place}\"]}}` into {settings} at the root of \
         the lake; else correct the path or remove the link"
    )
}

impl Objects {
    /// Store and path of something that is to be read.
    ///
    /// # Errors
    /// [`LakeError::Outside`] if it is outside of the lake, and not allowed.
    pub(crate) async fn place_to_read(&self, path: &str) -> Result<Place, LakeError> {
        let place = self.place(path).await?;
        match &place.style {
            Style::Relative => self.follow_links(path).await?,
            Style::Bucket(bucket) => {
                let address = format!("s3://{bucket}/{}", place.path);
                let own = self.root();
                let is_own = [Some(own), own.base.as_deref()]
                    .into_iter()
                    .flatten()
                    .any(|root| root.local.is_none() && is_below(&address, root.url.as_str()));
                if !is_own {
                    self.allow(path, &address).await?;
                }
            }
            Style::FilePath | Style::FileUrl => {
                let real = real_path(&PathBuf::from(format!("/{}", place.path)));
                self.allow_local(path, &real).await?;
            }
        }
        Ok(place)
    }

    /// Makes sure that links among listed files lead to places that are allowed.
    ///
    /// # Errors
    /// [`LakeError::Outside`].
    pub(crate) async fn follow_listed(&self, path: &str, place: &Place, found: &[ObjectMeta]) -> Result<(), LakeError> {
        if DOCUMENTS.iter().any(|folder| path.split('/').next() == Some(folder)) {
            return Ok(());
        }
        // The walk over a folder notes where a link leads.
        for (file, goal) in found.iter().filter_map(|file| Some((file, file.version.as_deref()?))) {
            if place.root.source_folder().is_some() {
                self.allow_local(&place.style.show(&place.root, &file.location), FilePath::new(goal)).await?;
            }
        }
        Ok(())
    }

    /// Makes sure that no link on the way to a path inside of the lake leads out of it.
    async fn follow_links(&self, path: &str) -> Result<(), LakeError> {
        if path.split('/').next().is_some_and(|first| OWN_FOLDERS.contains(&first)) {
            return Ok(());
        }
        for folder in folders_of(self.root()) {
            let named = folder.join(path);
            if let Ok(real) = named.canonicalize() {
                return self.allow_local(path, &real).await;
            }
        }
        Ok(())
    }

    async fn allow_local(&self, path: &str, real: &FilePath) -> Result<(), LakeError> {
        if folders_of(self.root()).any(|folder| real.starts_with(real_path(folder))) {
            return Ok(());
        }
        // Of a file its folder is what people allow.
        let folder = if real.is_file() { real.parent().unwrap_or(real) } else { real };
        self.allow(path, &folder.display().to_string()).await
    }

    async fn allow(&self, path: &str, address: &str) -> Result<(), LakeError> {
        let known = self.allowed().clone();
        if known.iter().any(|allowed| covers(allowed, address)) {
            return Ok(());
        }
        // People may have written it a moment ago.
        let now: Arc<[String]> = self.allowed_now().await?.into();
        *self.allowed() = Arc::clone(&now);
        if now.iter().any(|allowed| covers(allowed, address)) {
            return Ok(());
        }
        let shown = |address: &str| redact(address.trim_end_matches('/'));
        Err(LakeError::Outside { path: shown(path), place: shown(address) })
    }

    async fn allowed_now(&self) -> Result<Vec<String>, LakeError> {
        let file = LakeSettings::PATH;
        let place = self.place(file).await?;
        let bytes = match self.read_at(&place, file).await {
            Ok(bytes) => bytes,
            Err(LakeError::NotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let corrupt = |reason: String| LakeError::Settings { reason, path: file.to_owned() };
        let text = std::str::from_utf8(&bytes).map_err(|_| corrupt("it is not UTF-8".to_owned()))?;
        Ok(LakeSettings::parse(text).map_err(|problem| corrupt(problem.to_string()))?.allowed_sources)
    }

    fn allowed(&self) -> std::sync::MutexGuard<'_, Arc<[String]>> {
        self.allowed_sources().lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Folders on this machine that are the lake's: its own, and that of a sandbox's base.
fn folders_of(root: &Root) -> impl Iterator<Item = &FilePath> {
    [root.local.as_deref(), root.base.as_deref().and_then(|base| base.local.as_deref())].into_iter().flatten()
}

/// A path without links, as far as it exists.
fn real_path(path: &FilePath) -> PathBuf {
    path.ancestors()
        .find_map(|there| Some(there.canonicalize().ok()?.join(path.strip_prefix(there).ok()?)))
        .unwrap_or_else(|| path.to_path_buf())
}

/// Whether an entry of the settings covers an address or a path without links.
fn covers(allowed: &str, address: &str) -> bool {
    let local = match allowed.strip_prefix("file://") {
        Some(path) => Some(path),
        None => (!allowed.contains("://")).then_some(allowed),
    };
    match local {
        Some(folder) => {
            !address.contains("://") && FilePath::new(address).starts_with(real_path(FilePath::new(folder)))
        }
        None => is_below(address, allowed),
    }
}

/// Whether an address in a bucket is below another one.
fn is_below(address: &str, folder: &str) -> bool {
    let plain = |address: &str| {
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let scheme = scheme.to_ascii_lowercase().replace("s3a", "s3");
        format!("{scheme}://{}/", plain_path(rest).trim_end_matches('/'))
    };
    plain(address).starts_with(&plain(folder))
}

#[cfg(test)]
mod tests {
    use super::{covers, is_below};

    #[test]
    fn an_entry_covers_what_is_below_it() {
        for (allowed, address, is_covered) in [
            ("/no-such-data", "/no-such-data/a/1.json", true),
            ("/no-such-data/", "/no-such-data", true),
            ("/no-such-data", "/no-such-data-2/1.json", false),
            ("file:///no-such-data", "/no-such-data/1.json", true),
            ("s3://bucket/exports", "s3://bucket/exports/1.json", true),
            ("S3://bucket/exports/", "s3://bucket/exports", true),
            ("s3://bucket/exports", "s3://bucket/exports-2/1.json", false),
            ("s3://bucket", "s3://bucket-2/1.json", false),
            ("/bucket", "s3://bucket/1.json", false),
            ("s3://bucket", "/bucket/1.json", false),
        ] {
            assert_eq!(covers(allowed, address), is_covered, "{allowed} {address}");
        }
        assert!(is_below("s3a://b/lake/landing", "s3://b/lake"));
    }
}
