//! A release: read, checked, listed.

use crate::PublishError;
use crate::pointer;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use sluice_api::ReleaseView;
use sluice_contract::{Contract, TableName};
use sluice_lake::{Lake, LakeError};
use std::collections::BTreeSet;

/// Releases read at once.
const READS_AT_ONCE: usize = 16;

/// A published contract set.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Number; shown as `r14`.
    pub number: u64,
    /// When, milliseconds since the Unix epoch.
    pub published_ms: i64,
    /// Who.
    pub author: String,
    /// Note.
    pub note: String,
    /// Release that was current before.
    pub base: Option<u64>,
    /// Contracts with their paths, by path.
    pub contracts: Vec<(String, Contract)>,
    /// Gold models, `(name, SQL)`, by path.
    pub models: Vec<(TableName, String)>,
    /// BLAKE3 of the contract set, hex.
    pub hash: String,
}

/// A release as it is stored in `_sluice/releases/<20 digits>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReleaseFile {
    pub(crate) release: u64,
    pub(crate) published_ms: i64,
    pub(crate) author: String,
    pub(crate) note: String,
    pub(crate) base: Option<u64>,
    pub(crate) contracts: Vec<Document>,
    pub(crate) models: Vec<Document>,
    pub(crate) hash: String,
}

/// A text of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) path: String,
    pub(crate) text: String,
    /// Of the text, hex.
    pub(crate) blake3: String,
}

impl Document {
    pub(crate) fn new(path: String, text: String) -> Self {
        let blake3 = blake3::hash(text.as_bytes()).to_hex().to_string();
        Self { path, text, blake3 }
    }
}

/// The release that the runner takes; `None` before the first publish.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn current(lake: &Lake) -> Result<Option<Release>, PublishError> {
    match pointer::newest(lake).await? {
        Some(pointer) => Ok(Some(open(read(lake, pointer.release).await?)?)),
        None => Ok(None),
    }
}

/// Every release that was ever current, latest first.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn releases(lake: &Lake) -> Result<Vec<ReleaseView>, PublishError> {
    let pointers = pointer::all(lake).await?;
    let current = pointers.last().map(|pointer| pointer.release);
    let numbers: BTreeSet<u64> = pointers.iter().map(|pointer| pointer.release).collect();
    let read = numbers.into_iter().rev().map(|number| read(lake, number));
    let files: Vec<ReleaseFile> = futures::stream::iter(read).buffered(READS_AT_ONCE).try_collect().await?;
    Ok(files.iter().map(|file| file.view(current == Some(file.release))).collect())
}

impl ReleaseFile {
    pub(crate) fn view(&self, current: bool) -> ReleaseView {
        ReleaseView {
            release: self.release,
            published_ms: self.published_ms,
            author: self.author.clone(),
            note: self.note.clone(),
            contracts: self.contracts.len() as u64,
            hash: self.hash.clone(),
            current,
        }
    }

    /// Whether both are the same wish, apart from the time.
    pub(crate) fn same_publish(&self, other: &Self) -> bool {
        *self == Self { published_ms: self.published_ms, ..other.clone() }
    }
}

pub(crate) fn path_of(number: u64) -> String {
    format!("_sluice/releases/{number:020}.json")
}

/// Highest number of a release file, published or not; 0 if there is none.
pub(crate) async fn highest(lake: &Lake) -> Result<u64, PublishError> {
    let files = lake.objects().list("_sluice/releases").await?;
    Ok(files.iter().filter_map(|file| pointer::number_of(&file.path)).max().unwrap_or(0))
}

/// Reads a release file and checks it against its hashes.
pub(crate) async fn read(lake: &Lake, number: u64) -> Result<ReleaseFile, PublishError> {
    let path = path_of(number);
    let bytes = lake.objects().read(&path).await?;
    let corrupt = |reason: String| PublishError::Corrupt { reason, path: path.clone() };
    let file: ReleaseFile = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    if file.release != number {
        return Err(corrupt(format!("it holds release r{}", file.release)));
    }
    let changed = |document: &&Document| blake3::hash(document.text.as_bytes()).to_hex().as_str() != document.blake3;
    if let Some(document) = file.contracts.iter().chain(&file.models).find(changed) {
        return Err(corrupt(format!("{} was changed after publishing", document.path)));
    }
    if set_hash(&file.contracts, &file.models) != file.hash {
        return Err(corrupt("its list of contracts was changed after publishing".to_owned()));
    }
    Ok(file)
}

/// Reads a release file that may not be there.
pub(crate) async fn read_if_there(lake: &Lake, number: u64) -> Result<Option<ReleaseFile>, PublishError> {
    match read(lake, number).await {
        Ok(file) => Ok(Some(file)),
        Err(PublishError::Lake(LakeError::NotFound { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn open(file: ReleaseFile) -> Result<Release, PublishError> {
    let corrupt = |reason: String| PublishError::Corrupt { reason, path: path_of(file.release) };
    let mut contracts = Vec::with_capacity(file.contracts.len());
    for document in &file.contracts {
        let parsed = Contract::parse(&document.text, &document.path);
        let contract = parsed.map_err(|problems| {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            corrupt(format!("this version of Sluice does not accept its contract: {first}"))
        })?;
        contracts.push((document.path.clone(), contract));
    }
    let mut models = Vec::with_capacity(file.models.len());
    for document in &file.models {
        let name = model_name(&document.path).ok_or_else(|| corrupt(format!("{} names no table", document.path)))?;
        models.push((name, document.text.clone()));
    }
    Ok(Release {
        number: file.release,
        published_ms: file.published_ms,
        author: file.author,
        note: file.note,
        base: file.base,
        contracts,
        models,
        hash: file.hash,
    })
}

fn model_name(path: &str) -> Option<TableName> {
    let (dataset, model) = path.strip_prefix("models/")?.strip_suffix(".sql")?.split_once('/')?;
    TableName::new(dataset, model).ok()
}

/// BLAKE3 over kinds, paths and hashes of all texts, in order of the paths.
pub(crate) fn set_hash(contracts: &[Document], models: &[Document]) -> String {
    let mut hasher = blake3::Hasher::new();
    for (kind, documents) in [("contract", contracts), ("model", models)] {
        let mut documents: Vec<&Document> = documents.iter().collect();
        documents.sort_by(|a, b| a.path.cmp(&b.path));
        for document in documents {
            hasher.update(format!("{kind}\0{}\0{}\n", document.path, document.blake3).as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}
