//! A release: read, checked, listed.

use crate::PublishError;
use crate::document::{Document, model_name, set_hash};
use crate::pointer;
use crate::reached::{all_reached, reached};
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use sluice_api::{PlanDocument, Previewed, ReleaseDetail, ReleaseText, ReleaseView, TableRef, UNKNOWN};
use sluice_contract::{Contract, TableName};
use sluice_lake::{Lake, LakeError};
use std::collections::{BTreeMap, BTreeSet};

/// Releases read at once.
const READS_AT_ONCE: usize = 16;

/// A published contract set.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Number; shown as `r14`.
    pub number: u64,
    /// When, milliseconds since the Unix epoch.
    pub published_ms: i64,
    /// Who; `None` if that was not recorded.
    pub author: Option<String>,
    /// Why; `None` if that was not recorded.
    pub message: Option<String>,
    /// Release that was current before.
    pub base: Option<u64>,
    /// Contracts with their paths, by path.
    pub contracts: Vec<(String, Contract)>,
    /// Gold models, `(name, SQL)`, by path.
    pub models: Vec<(TableName, String)>,
    /// Tests, `(path, text)`, by path.
    pub tests: Vec<(String, String)>,
    /// What it was previewed to do; `None` if that was not recorded.
    pub previewed: Option<Previewed>,
    /// BLAKE3 of the contract set, hex.
    pub hash: String,
}

/// A release as it is stored in `_sluice/releases/<20 digits>.json`. What was added to it later is not in older files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReleaseFile {
    pub(crate) release: u64,
    pub(crate) published_ms: i64,
    #[serde(default)]
    pub(crate) author: Option<String>,
    #[serde(default, rename = "note")]
    pub(crate) message: Option<String>,
    pub(crate) base: Option<u64>,
    /// The release whose texts it has again.
    #[serde(default)]
    pub(crate) rollback: Option<u64>,
    #[serde(default)]
    pub(crate) engine: Option<String>,
    #[serde(default)]
    pub(crate) approved_by: Vec<String>,
    #[serde(default)]
    pub(crate) plan: Option<Box<PlanDocument>>,
    pub(crate) contracts: Vec<Document>,
    pub(crate) models: Vec<Document>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tests: Vec<Document>,
    /// Why it was published though its tests did not pass; `None` if they did, or were not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) without_tests: Option<String>,
    pub(crate) hash: String,
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
    let by_number: BTreeMap<u64, &ReleaseFile> = files.iter().map(|file| (file.release, file)).collect();
    let reached = all_reached(lake).await?;
    let view = |file: &ReleaseFile| {
        let base = file.base.map(|base| by_number.get(&base).copied());
        let reached = reached.get(&file.release).cloned().unwrap_or_default();
        ReleaseView { changed: changed(file, base), reached, ..file.view(current == Some(file.release)) }
    };
    Ok(files.iter().map(view).collect())
}

/// A release with its texts and its plan.
///
/// # Errors
/// [`PublishError::NotPublished`], [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn release(lake: &Lake, number: u64) -> Result<ReleaseDetail, PublishError> {
    let (file, is_current) = published(lake, number).await?;
    let base = match file.base {
        Some(base) => Some(read_if_there(lake, base).await?),
        None => None,
    };
    let base = base.as_ref().map(Option::as_ref);
    let reached = reached(lake, number).await?;
    let release = ReleaseView { changed: changed(&file, base), reached, ..file.view(is_current) };
    let text = |table: Option<TableRef>, document: &Document| ReleaseText {
        table,
        path: document.path.clone(),
        text: document.text.clone(),
    };
    let contracts = file.contracts.iter().map(|document| text(document.contract_table(), document));
    let models = file.models.iter().map(|document| text(document.model_table(), document));
    let tests = file.tests.iter().map(|document| text(document.tested_table(), document));
    Ok(ReleaseDetail {
        release,
        texts: contracts.chain(models).chain(tests).collect(),
        plan: file.plan.map(|plan| *plan),
    })
}

/// A release that was current at some time, and whether it is now.
pub(crate) async fn published(lake: &Lake, number: u64) -> Result<(ReleaseFile, bool), PublishError> {
    let pointers = pointer::all(lake).await?;
    if !pointers.iter().any(|pointer| pointer.release == number) {
        return Err(PublishError::NotPublished { release: number });
    }
    let is_current = pointers.last().is_some_and(|pointer| pointer.release == number);
    Ok((read(lake, number).await?, is_current))
}

/// Tables and models whose texts are others than in the release before: `None` for a first release, `Some(None)` if
/// that one is not there.
fn changed(file: &ReleaseFile, base: Option<Option<&ReleaseFile>>) -> Option<Vec<TableRef>> {
    let base = match base {
        Some(None) => return None,
        Some(Some(base)) => Some(base),
        None => None,
    };
    let contracts = base.map(|base| base.contracts.as_slice()).unwrap_or_default();
    let models = base.map(|base| base.models.as_slice()).unwrap_or_default();
    let mut tables: BTreeSet<TableRef> = BTreeSet::new();
    type Named = fn(&Document) -> Option<TableRef>;
    let kinds: [(&[Document], &[Document], Named); 2] =
        [(contracts, &file.contracts, Document::contract_table), (models, &file.models, Document::model_table)];
    for (old, new, table) in kinds {
        let differing = old.iter().filter(|document| !new.contains(document));
        let differing = differing.chain(new.iter().filter(|document| !old.contains(document)));
        tables.extend(differing.filter_map(table));
    }
    Some(tables.into_iter().collect())
}

impl ReleaseFile {
    /// What is listed of it; which tables it changed is not known by itself.
    pub(crate) fn view(&self, current: bool) -> ReleaseView {
        ReleaseView {
            release: self.release,
            published_ms: self.published_ms,
            author: self.author(),
            message: self.message.clone(),
            base: self.base,
            rollback: self.rollback,
            plan: self.plan.as_ref().map(|plan| plan.plan.clone()),
            engine: self.engine.clone(),
            approved_by: self.approved_by.clone(),
            contracts: self.contracts.len() as u64,
            changed: None,
            hash: self.hash.clone(),
            current,
            without_tests: self.without_tests.clone(),
            tests: self.tests.len() as u64,
            previewed: self.previewed().map(|previewed| previewed.tables.len() as u64),
            reached: Vec::new(),
        }
    }

    /// What it was previewed to do.
    pub(crate) fn previewed(&self) -> Option<&Previewed> {
        self.plan.as_ref().and_then(|plan| plan.previewed.as_deref())
    }

    /// Who published. Former versions wrote the word where the machine named nobody.
    pub(crate) fn author(&self) -> Option<String> {
        let is_known = |name: &String| !name.trim().is_empty() && (self.engine.is_some() || name != UNKNOWN);
        self.author.clone().filter(is_known)
    }

    /// Who, in words.
    pub(crate) fn author_text(&self) -> String {
        self.author().unwrap_or_else(|| UNKNOWN.to_owned())
    }

    /// Why, in words.
    pub(crate) fn message_text(&self) -> &str {
        self.message.as_deref().unwrap_or(UNKNOWN)
    }

    /// Whether both are the same wish: apart from the time, and from what the plan saw of the lake.
    pub(crate) fn same_publish(&self, other: &Self) -> bool {
        let Self {
            release,
            published_ms: _,
            author,
            message,
            base,
            rollback,
            engine: _,
            approved_by: _,
            plan: _,
            contracts,
            models,
            tests,
            without_tests,
            hash,
        } = self;
        *release == other.release
            && *author == other.author
            && *message == other.message
            && *base == other.base
            && *rollback == other.rollback
            && *contracts == other.contracts
            && *models == other.models
            && *tests == other.tests
            && *without_tests == other.without_tests
            && *hash == other.hash
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
    if let Some(document) =
        file.contracts.iter().chain(&file.models).chain(&file.tests).find(|document| !document.is_intact())
    {
        return Err(corrupt(format!("{} was changed after publishing", document.path)));
    }
    if set_hash(&file.contracts, &file.models, &file.tests) != file.hash {
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
        author: file.author(),
        previewed: file.previewed().cloned(),
        message: file.message,
        base: file.base,
        contracts,
        models,
        tests: file.tests.into_iter().map(|document| (document.path, document.text)).collect(),
        hash: file.hash,
    })
}
