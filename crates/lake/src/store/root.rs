//! Addresses: which store, and which path in it.

use crate::LakeError;
use crate::environment::StoreTimes;
use crate::error::redact;
use crate::store::bucket;
use crate::store::bucket_settings::BucketSettings;
use crate::store::durable_store::{DurableStore, create_folder};
use object_store::ObjectStore;
use object_store::path::Path;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use url::Url;

/// An open store, and the folder in it that an address names.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    /// The whole store: a bucket, or the file system.
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Folder in the store.
    pub(crate) prefix: Path,
    /// Address without a slash at the end, redacted.
    pub(crate) url: String,
    /// The same for `deltalake`, with a slash at the end.
    pub(crate) folder_url: Url,
    /// Folder on this machine.
    pub(crate) local: Option<PathBuf>,
    /// What the address says of the store; other buckets are opened with the same.
    pub(crate) settings: BucketSettings,
    /// The lake that a sandbox is over; its store goes through to it.
    pub(crate) base: Option<Arc<Root>>,
}

/// How a path was written, so that it comes back in the same style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Inside the lake.
    Relative,
    /// `/folder/file`.
    FilePath,
    /// `file:///folder/file`.
    FileUrl,
    /// `s3://bucket/key`; the key is as it is, not percent-encoded.
    Bucket(String),
}

/// Why an address that is signed for a request is none of a lake.
const SIGNED: &str = "it is signed for one request (X-Amz-…) and would stand in files; name the bucket alone";

/// Splits an absolute address; `None` for a path inside the lake.
pub(crate) fn style_of(path: &str) -> Result<Style, LakeError> {
    // Schemes have no case.
    let parts = path.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    match parts.as_ref().map(|(scheme, rest)| (scheme.as_str(), *rest)) {
        Some(("file", _)) => Ok(Style::FileUrl),
        Some(("s3" | "s3a", rest)) if is_signed(rest) => Err(LakeError::BadUrl { reason: SIGNED, url: redact(path) }),
        Some(("s3" | "s3a", rest)) => {
            let bucket = rest.split(['/', '?']).next().unwrap_or_default();
            if bucket.is_empty() || bucket.contains(['@', '?', '#']) {
                let reason = "it needs a bucket and no user, password or query";
                return Err(LakeError::BadUrl { reason, url: redact(path) });
            }
            Ok(Style::Bucket(bucket.to_owned()))
        }
        Some(_) => Err(LakeError::BadUrl { reason: "use a folder, file:// or s3://bucket/prefix", url: redact(path) }),
        None if FilePath::new(path).is_absolute() => Ok(Style::FilePath),
        None => Ok(Style::Relative),
    }
}

/// The folder on this machine that an address names; `None` for one elsewhere. Looks at nothing.
///
/// # Errors
/// [`LakeError::BadUrl`].
pub(crate) fn local_folder(url: &str) -> Result<Option<PathBuf>, LakeError> {
    let folder = match style_of(url)? {
        Style::Bucket(_) => return Ok(None),
        Style::FileUrl => file_path(url)?,
        Style::FilePath | Style::Relative => PathBuf::from(url),
    };
    if folder.as_os_str().is_empty() {
        return Err(LakeError::BadUrl { reason: "it is empty", url: String::new() });
    }
    let bad = |_| LakeError::BadUrl { reason: "it is not the path of a folder", url: folder.display().to_string() };
    std::path::absolute(&folder).map(Some).map_err(bad)
}

/// Whether the end of an address has the parts of a signature.
fn is_signed(address: &str) -> bool {
    let query = address.split_once('?').map_or("", |(_, query)| query).to_ascii_lowercase();
    query
        .split('&')
        .any(|part| part.starts_with("x-amz-") || part.starts_with("signature=") || part.starts_with("awsaccesskeyid="))
}

impl Root {
    /// Opens the store behind an address.
    pub(crate) async fn open(url: &str, times: StoreTimes) -> Result<Self, LakeError> {
        if url.contains("://")
            && let Some((address, _)) = url.split_once('?')
            && let Style::Bucket(bucket) = style_of(address)?
        {
            if is_signed(url) {
                return Err(LakeError::BadUrl { reason: SIGNED, url: redact(url) });
            }
            let (address, settings) = BucketSettings::split(url)?;
            return Self::open_bucket(address, &bucket, settings, times).await;
        }
        Self::open_with(url, BucketSettings::default(), times).await
    }

    /// Opens the store behind an address without settings of its own.
    pub(crate) async fn open_with(url: &str, settings: BucketSettings, times: StoreTimes) -> Result<Self, LakeError> {
        match style_of(url)? {
            Style::Bucket(_) if url.contains(['?', '#']) => {
                Err(LakeError::BadUrl { reason: "the prefix of a lake has no ? and no #", url: redact(url) })
            }
            Style::Bucket(bucket) => Self::open_bucket(url, &bucket, settings, times).await,
            Style::FileUrl => Self::open_folder(&file_path(url)?),
            Style::FilePath | Style::Relative => Self::open_folder(FilePath::new(url)),
        }
    }

    fn open_folder(folder: &FilePath) -> Result<Self, LakeError> {
        let shown = folder.display().to_string();
        if folder.as_os_str().is_empty() {
            return Err(LakeError::BadUrl { reason: "it is empty", url: shown });
        }
        let bad = || LakeError::BadUrl { reason: "it is not the path of a folder", url: shown.clone() };
        let folder = std::path::absolute(folder).map_err(|_| bad())?;
        create_folder(&folder).map_err(|source| LakeError::Open { source: Box::new(source), url: shown.clone() })?;
        let folder_url = Url::from_directory_path(&folder).map_err(|()| bad())?;
        let prefix = Path::from_url_path(folder_url.path()).map_err(|_| bad())?;
        Ok(Self {
            store: Arc::new(DurableStore::default()),
            prefix,
            url: folder.display().to_string(),
            folder_url,
            local: Some(folder),
            base: None,
            settings: BucketSettings::default(),
        })
    }

    async fn open_bucket(
        url: &str,
        bucket_name: &str,
        settings: BucketSettings,
        times: StoreTimes,
    ) -> Result<Self, LakeError> {
        // One lake has one address, however its scheme is written.
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let address = format!("{}://{rest}", scheme.to_ascii_lowercase());
        let shown = redact(&address).trim_end_matches('/').to_owned();
        let bad = || LakeError::BadUrl { reason: "it is not an s3://bucket/prefix address", url: shown.clone() };
        let prefix = Path::parse(key_of(url, bucket_name)).map_err(|_| bad())?;
        let mut folder_url = Url::parse(&format!("s3://{bucket_name}/")).map_err(|_| bad())?;
        if !prefix.as_ref().is_empty() {
            folder_url.set_path(&format!("/{prefix}/"));
        }
        let store = bucket::open(bucket_name, &settings, times)
            .await
            .map_err(|source| LakeError::Open { source: Box::new(source), url: shown.clone() })?;
        Ok(Self { store, prefix, url: shown, folder_url, local: None, settings, base: None })
    }

    /// Folder on this machine that change files are in, of a sandbox the base's: it decides by what a change file is known
    /// again.
    pub(crate) fn source_folder(&self) -> Option<&FilePath> {
        self.base.as_deref().unwrap_or(self).local.as_deref()
    }

    /// A folder inside this one, in the same store.
    ///
    /// # Errors
    /// [`LakeError::BadPath`].
    pub(crate) fn inside(&self, folder: &str) -> Result<Self, LakeError> {
        let bad = |_| LakeError::BadPath { path: folder.to_owned() };
        Ok(Self {
            store: Arc::clone(&self.store),
            prefix: self.join(folder)?,
            url: format!("{}/{folder}", self.url),
            folder_url: self.folder_url.join(&format!("{folder}/")).map_err(bad)?,
            local: self.local.as_ref().map(|local| local.join(folder)),
            settings: self.settings.clone(),
            base: None,
        })
    }

    /// The path of a name inside this folder.
    pub(crate) fn join(&self, relative: &str) -> Result<Path, LakeError> {
        let bad = |_| LakeError::BadPath { path: relative.to_owned() };
        let inside = Path::parse(relative.trim_end_matches('/')).map_err(bad)?;
        Ok(self.prefix.parts().chain(inside.parts()).collect())
    }

    /// The part of a path after this folder.
    pub(crate) fn strip(&self, path: &Path) -> String {
        let (path, prefix) = (path.as_ref(), self.prefix.as_ref());
        let inside = path.strip_prefix(prefix).and_then(|rest| match prefix {
            "" => Some(rest),
            _ if rest.is_empty() => Some(rest),
            _ => rest.strip_prefix('/'),
        });
        inside.unwrap_or(path).to_owned()
    }
}

impl Style {
    /// An address of the same style for a path in the store.
    pub(crate) fn show(&self, root: &Root, path: &Path) -> String {
        match self {
            Self::Relative => root.strip(path),
            Self::FilePath => format!("/{path}"),
            Self::FileUrl => {
                Url::from_file_path(format!("/{path}")).map_or_else(|()| format!("file:///{path}"), Into::into)
            }
            Self::Bucket(bucket) => format!("s3://{bucket}/{path}"),
        }
    }

    /// Path in the store of an absolute address of this style.
    pub(crate) fn parse(&self, address: &str) -> Result<Path, LakeError> {
        let bad = || LakeError::BadPath { path: redact(address) };
        match self {
            Self::Relative => Err(bad()),
            Self::FilePath => Path::from_absolute_path(address).map_err(|_| bad()),
            Self::FileUrl => Path::from_absolute_path(file_path(address)?).map_err(|_| bad()),
            Self::Bucket(bucket) => Path::parse(key_of(address, bucket)).map_err(|_| bad()),
        }
    }
}

/// A store over an already open one, for tests and fault injection.
pub(crate) fn root_over(store: Arc<dyn ObjectStore>, url: &Url) -> Result<Root, LakeError> {
    let bad = || LakeError::BadUrl { reason: "it is not the address of a folder", url: redact(url.as_str()) };
    let mut folder_url = url.clone();
    if !folder_url.path().ends_with('/') {
        folder_url.set_path(&format!("{}/", url.path()));
    }
    let prefix = Path::from_url_path(folder_url.path()).map_err(|_| bad())?;
    let local = (url.scheme() == "file").then(|| url.to_file_path().ok()).flatten();
    let shown = match &local {
        Some(folder) => folder.display().to_string(),
        None => redact(url.as_str()).trim_end_matches('/').to_owned(),
    };
    Ok(Root { store, prefix, url: shown, folder_url, local, settings: BucketSettings::default(), base: None })
}

fn key_of<'a>(url: &'a str, bucket: &str) -> &'a str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.get(bucket.len()..).unwrap_or_default().trim_matches('/')
}

fn file_path(url: &str) -> Result<PathBuf, LakeError> {
    let bad = || LakeError::BadUrl { reason: "write file:///folder", url: redact(url) };
    Url::parse(url).map_err(|_| bad())?.to_file_path().map_err(|()| bad())
}

#[cfg(test)]
mod tests {
    use super::{Root, Style, style_of};
    use crate::StoreTimes;

    #[test]
    fn every_kind_of_address_is_recognized() {
        assert_eq!(style_of("landing/shop").unwrap(), Style::Relative);
        assert_eq!(style_of("/landing").unwrap(), Style::FilePath);
        assert_eq!(style_of("s3://b/x").unwrap(), Style::Bucket("b".to_owned()));
        assert_eq!(style_of("S3://b/x").unwrap(), Style::Bucket("b".to_owned()));
        assert_eq!(style_of("FILE:///landing").unwrap(), Style::FileUrl);
        // A key may have any character; a signature is none.
        assert_eq!(style_of("s3://b/what?.json").unwrap(), Style::Bucket("b".to_owned()));
        let signed = "s3://b/x?X-Amz-Algorithm=A&X-Amz-Signature=secret";
        for bad in [signed, "s3://b/x?a=1&Signature=secret", "s3://", "s3://user:secret@b/x", "https://h/x", "gs://b"] {
            let message = style_of(bad).unwrap_err().to_string();
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[tokio::test]
    async fn paths_do_not_leave_the_lake() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::open(folder.path().to_str().unwrap(), StoreTimes::default()).await.unwrap();
        for bad in ["../x", "a/../../x", "a/./b", "a//b", "a\u{0}b"] {
            assert!(root.join(bad).is_err(), "{bad:?}");
        }
        let inside = root.join("landing/a b%20#1 ä.json").unwrap();
        assert_eq!(root.strip(&inside), "landing/a b%20#1 ä.json");
        assert_eq!(
            Style::FilePath.show(&root, &inside),
            folder.path().join("landing/a b%20#1 ä.json").to_str().unwrap()
        );
    }
}
