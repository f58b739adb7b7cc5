//! What a store lets its user do, proven by doing it on an object that is removed again.

use crate::LakeError;
use crate::store::bucket;
use crate::store::objects::Objects;
use crate::store::root::Style;
use crate::store::root::style_of;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode};
use std::sync::Arc;

/// What a lake has to be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreRight {
    /// Write a new object.
    Create,
    /// Refuse to write one that is there: two writers depend on it.
    CreateOnce,
    /// Read it.
    Read,
    /// List it.
    List,
    /// Replace it.
    Replace,
    /// Remove it.
    Delete,
}

/// What was proven of a store.
#[derive(Debug)]
pub struct StoreProof {
    /// Each right, and why it is missing; one that depends on a missing one is left out.
    pub rights: Vec<(StoreRight, Result<(), String>)>,
    /// Whether the store keeps former versions of an object; `None` where it does not say, or is a folder.
    pub keeps_versions: Option<bool>,
    /// Whether anybody reads objects without credentials; `None` where that could not be tried, or is a folder.
    pub is_public: Option<bool>,
    /// Whether requests go over an encrypted connection; `None` for a folder.
    pub is_encrypted_on_the_way: Option<bool>,
}

impl Objects {
    /// Tries everything that a lake does with its store on an object of its own below `_sluice/probes/`, which is removed
    /// again whatever happens. `name` is that of the object, which nobody else uses.
    ///
    /// # Errors
    /// [`LakeError::BadUrl`] if the lake's own address is none, which would be a bug.
    pub async fn prove_rights(&self, name: &str) -> Result<StoreProof, LakeError> {
        let root = self.root();
        let folder = "_sluice/probes";
        let path = root.join(&format!("{folder}/{name}"))?;
        let mut proof =
            StoreProof { rights: Vec::new(), keeps_versions: None, is_public: None, is_encrypted_on_the_way: None };
        self.prove_on(&path, &root.join(folder)?, &mut proof).await?;
        // Once more: what failed in between may have left it.
        match root.store.delete(&path).await {
            Ok(()) | Err(_) => {}
        }
        Ok(proof)
    }

    async fn prove_on(&self, path: &Path, folder: &Path, proof: &mut StoreProof) -> Result<(), LakeError> {
        let root = self.root();
        let store = Arc::clone(&root.store);
        let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
        let is_local = root.local.is_some();
        let create = || store.put_opts(path, bytes("one").into(), PutMode::Create.into());
        match create().await {
            Ok(written) => {
                proof.rights.push((StoreRight::Create, Ok(())));
                proof.keeps_versions = (!is_local).then_some(written.version.is_some());
            }
            Err(error) => {
                proof.rights.push((StoreRight::Create, Err(words(&error))));
                return Ok(());
            }
        }
        let once = match create().await {
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(()),
            Ok(_) => Err("it writes over an object that is there".to_owned()),
            Err(error) => Err(words(&error)),
        };
        proof.rights.push((StoreRight::CreateOnce, once));
        let read = async { store.get(path).await?.bytes().await };
        let read = match read.await {
            Ok(found) if found == bytes("one") => Ok(()),
            Ok(_) => Err("it returns other bytes than were written".to_owned()),
            Err(error) => Err(words(&error)),
        };
        proof.rights.push((StoreRight::Read, read));
        let listed: Result<Vec<_>, _> = store.list(Some(folder)).try_collect().await;
        let listed = match listed {
            Ok(found) if found.iter().any(|object| object.location == *path) => Ok(()),
            Ok(_) => Err("the listing lacks an object that was just written".to_owned()),
            Err(error) => Err(words(&error)),
        };
        proof.rights.push((StoreRight::List, listed));
        let replace = async {
            store.put(path, bytes("two").into()).await?;
            store.get(path).await?.bytes().await
        };
        let replaced = match replace.await {
            Ok(found) if found == bytes("two") => Ok(()),
            Ok(_) => Err("it returns the former bytes of an object that was replaced".to_owned()),
            Err(error) => Err(words(&error)),
        };
        proof.rights.push((StoreRight::Replace, replaced));
        if !is_local && let Style::Bucket(name) = style_of(&root.url)? {
            proof.is_encrypted_on_the_way = Some(!bucket::is_plain_http(&root.settings));
            proof.is_public = match bucket::open_unsigned(&name, &root.settings, self.times()) {
                Ok(anybody) => match anybody.get(path).await {
                    Ok(_) => Some(true),
                    Err(Error::PermissionDenied { .. } | Error::Unauthenticated { .. } | Error::NotFound { .. }) => {
                        Some(false)
                    }
                    Err(_) => None,
                },
                Err(_) => None,
            };
        }
        let removed = match store.delete(path).await {
            Ok(()) => match store.head(path).await {
                Err(Error::NotFound { .. }) => Ok(()),
                Ok(_) => Err("the object is there after it was removed".to_owned()),
                Err(error) => Err(words(&error)),
            },
            Err(error) => Err(words(&error)),
        };
        proof.rights.push((StoreRight::Delete, removed));
        Ok(())
    }
}

/// Why a store refuses, without the address that its error has.
fn words(error: &Error) -> String {
    match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => "the store does not allow it".to_owned(),
        Error::NotFound { .. } => "the store does not find it".to_owned(),
        Error::NotImplemented { .. } | Error::NotSupported { .. } => "the store does not know the request".to_owned(),
        Error::AlreadyExists { .. } | Error::Precondition { .. } => "another one is there".to_owned(),
        // Of a removal of several objects, which one is too, only the text says it.
        other if ["AccessDenied", "Forbidden", "403"].iter().any(|word| format!("{other:?}").contains(word)) => {
            "the store does not allow it".to_owned()
        }
        _ => "the store failed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::Lake;

    #[tokio::test]
    async fn a_folder_allows_everything_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
        let proof = lake.objects().prove_rights("of-a-test").await.unwrap();
        assert_eq!(proof.rights.len(), 6);
        assert!(proof.rights.iter().all(|(_, proven)| proven.is_ok()), "{proof:?}");
        assert_eq!((proof.keeps_versions, proof.is_public, proof.is_encrypted_on_the_way), (None, None, None));
        assert!(lake.objects().list("_sluice/probes").await.unwrap().is_empty());
    }
}
