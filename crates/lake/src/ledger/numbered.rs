//! Documents of one folder that are numbered, written once, and never changed.

use crate::LakeError;
use crate::ledger::registry::{Ledger, number_of};
use crate::store::objects::PutNew;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where a document is.
pub(crate) fn numbered_path(folder: &str, number: u64) -> String {
    format!("{folder}/{number:020}.json")
}

impl Ledger {
    /// The documents of a folder that a listing has; their order is that of the listing.
    pub(crate) async fn read_numbered<T: DeserializeOwned>(&self, folder: &str) -> Result<Vec<T>, LakeError> {
        let mut documents = Vec::new();
        for file in self.objects.list(folder).await? {
            if number_of(&file.path)?.is_some() {
                documents.push(self.document(&file.path).await?);
            }
        }
        Ok(documents)
    }

    /// All documents of a folder, by number from 1. A listing may lag behind, so the numbers after the last one that it has
    /// and those between are asked for by name.
    pub(crate) async fn read_all_numbered<T: DeserializeOwned>(&self, folder: &str) -> Result<Vec<T>, LakeError> {
        let mut last = 0;
        for file in self.objects.list(folder).await? {
            last = number_of(&file.path)?.unwrap_or(0).max(last);
        }
        let mut all = Vec::new();
        for number in 1.. {
            match self.document(&numbered_path(folder, number)).await {
                Ok(document) => all.push(document),
                Err(LakeError::NotFound { .. }) if number > last => break,
                Err(LakeError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Writes a document; [`PutNew::Exists`] means that there is one with the number.
    pub(crate) async fn put_numbered(
        &self,
        folder: &str,
        number: u64,
        value: &impl Serialize,
    ) -> Result<PutNew, LakeError> {
        let path = numbered_path(folder, number);
        let bytes = serde_json::to_vec_pretty(value)
            .map_err(|source| LakeError::Write { source: Box::new(source), path: path.clone() })?;
        self.objects.put_new(&path, Bytes::from(bytes)).await
    }

    /// Writes the document of the first number from `first` on that is free, and returns it.
    pub(crate) async fn put_next<T: Serialize>(
        &self,
        folder: &str,
        first: u64,
        numbered: impl Fn(u64) -> T,
    ) -> Result<(u64, T), LakeError> {
        let mut number = first;
        loop {
            let document = numbered(number);
            match self.put_numbered(folder, number, &document).await? {
                PutNew::Created => return Ok((number, document)),
                // Others may write at the same time.
                PutNew::Exists => number += 1,
            }
        }
    }

    /// Reads a document.
    pub(crate) async fn document<T: DeserializeOwned>(&self, path: &str) -> Result<T, LakeError> {
        let bytes = self.objects.read(path).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| LakeError::Corrupt { reason: error.to_string(), path: path.to_owned() })
    }
}
