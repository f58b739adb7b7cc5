//! Making a sandbox.

use crate::delta::app_id::AppId;
use crate::delta::snapshot::Snapshot;
use crate::delta::table::DeltaStore;
use crate::delta::table_files::{TableFiles, TableLocation};
use crate::delta::tables::Tables;
use crate::environment::StoreTimes;
use crate::ledger::registry::Ledger;
use crate::ledger::sandbox_entry::{MARK, SandboxEntry, SandboxMark, check_name, to_bytes};
use crate::ledger::sandboxes as registry;
use crate::ledger::{batch_decisions, record_decisions};
use crate::sandbox::open;
use crate::sandbox::place::{open_place, under_lake};
use crate::sandbox::table_clone::clone_table;
use crate::store::base_view::{OWN_FOLDERS, Pins};
use crate::store::durable_store::create_folder;
use crate::store::objects::Objects;
use crate::{LakeError, SourceFile};
use futures::{StreamExt, TryStreamExt};
use sluice_contract::TableName;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Tables cloned, and files copied, at once.
const AT_ONCE: usize = 8;

/// The lake that a sandbox is made of.
pub(crate) struct Base<'a> {
    pub(crate) objects: &'a Objects,
    pub(crate) ledger: &'a Ledger,
    pub(crate) tables: &'a Arc<Tables>,
}

impl Base<'_> {
    fn table(&self, location: &TableLocation) -> DeltaStore {
        DeltaStore::new(TableFiles::new(Arc::clone(self.tables), location))
    }
}

/// A sandbox to be made.
#[derive(Clone, Debug)]
pub struct NewSandbox {
    /// Name: small letters, digits, `-` and `_`.
    pub name: String,
    /// Where it will be: an empty or missing folder, or `s3://bucket/prefix`; `None` for a folder under the lake.
    pub place: Option<String>,
    /// Who makes it: user and host.
    pub by: String,
    /// For how long the base keeps what it needs, milliseconds.
    pub keep_ms: u64,
    /// Silver tables that begin with an earlier version of theirs: what is in bronze since then is merged into that one.
    /// Its files have to be there still.
    pub versions: BTreeMap<TableName, u64>,
}

/// Makes a sandbox of a lake as it is now.
///
/// # Errors
/// [`LakeError::SandboxName`], [`LakeError::SandboxExists`], [`LakeError::SandboxPlace`];
/// what reading the lake and writing the sandbox say. What an interrupted one leaves is taken by removing it.
pub(crate) async fn create(
    base: &Base<'_>,
    new: NewSandbox,
    id: String,
    times: StoreTimes,
    now_ms: i64,
) -> Result<SandboxEntry, LakeError> {
    check_name(&new.name)?;
    let place = new.place.unwrap_or_else(|| under_lake(base.objects, &new.name));
    let root = open_place(base.objects, &new.name, &place, times).await?;
    if let Some(folder) = &root.local {
        let open = |source| LakeError::Open { source: Box::new(source), url: root.url.clone() };
        create_folder(folder).map_err(open)?;
    }
    let own = Objects::new(root, times);
    let entry = SandboxEntry {
        name: new.name.clone(),
        id,
        place: own.address(),
        by: new.by,
        created_ms: now_ms,
        expires_ms: now_ms.saturating_add(i64::try_from(new.keep_ms).unwrap_or(i64::MAX)),
        pins: None,
    };
    if open::mark(&own).await?.is_some() || !own.list("").await?.is_empty() {
        return Err(LakeError::SandboxPlace { url: entry.place });
    }
    // From here on a clean-up of the base leaves what is cloned.
    registry::register(base.objects, &entry).await?;
    let mark = SandboxMark {
        name: entry.name.clone(),
        id: entry.id.clone(),
        base: base.objects.address(),
        pins: None,
        drafts: BTreeMap::new(),
    };
    own.put(MARK, to_bytes(&mark, MARK)?).await?;
    let pins = clone_all(base, &new.versions, &own).await?;
    let drafts = copy_drafts(base.objects, &own).await?;
    let entry = SandboxEntry { pins: Some(pins.clone()), ..entry };
    registry::update(base.objects, &entry).await?;
    own.put(MARK, to_bytes(&SandboxMark { pins: Some(pins), drafts, ..mark }, MARK)?).await?;
    Ok(entry)
}

async fn clone_all(base: &Base<'_>, versions: &BTreeMap<TableName, u64>, own: &Objects) -> Result<Pins, LakeError> {
    let mut fed = BTreeSet::new();
    for layer in ["bronze", "silver", "_sluice/quarantine"] {
        fed.extend(tables_in(base.objects, layer).await?);
    }
    let gold = tables_in(base.objects, "gold").await?;
    let fed: Vec<_> = fed.iter().map(|name| clone_fed(base, name, versions.get(name).copied(), own)).collect();
    let gold: Vec<_> = gold.iter().map(|name| clone_gold(base, name, own)).collect();
    let mut pins = Pins::default();
    let mut cloned = futures::stream::iter(fed).buffer_unordered(AT_ONCE);
    while let Some(numbers) = cloned.try_next().await? {
        numbers.into_iter().for_each(|(folder, number)| pins.set(folder, number));
    }
    let mut cloned = futures::stream::iter(gold).buffer_unordered(AT_ONCE);
    while let Some(numbers) = cloned.try_next().await? {
        numbers.into_iter().for_each(|(folder, number)| pins.set(folder, number));
    }
    Ok(pins)
}

/// Clones bronze, silver and quarantine of a table. A batch lands in quarantine, then in bronze, then in silver, so
/// silver is read first: whatever is committed meanwhile, bronze has what silver has. Quarantine is cloned as of bronze's
/// batch. `silver_version`: the one of silver to begin with; `None` for the latest.
async fn clone_fed(
    base: &Base<'_>,
    name: &TableName,
    silver_version: Option<u64>,
    own: &Objects,
) -> Result<Vec<(String, u64)>, LakeError> {
    let mut numbers = Vec::new();
    let silver = base.table(&TableLocation::Silver(name.clone()));
    let bronze = base.table(&TableLocation::Bronze(name.clone()));
    let quarantine = base.table(&TableLocation::Quarantine(name.clone()));
    let silver_version = silver.snapshot(silver_version).await?;
    let bronze_version = bronze.snapshot(None).await?;
    let batch = bronze_version.as_ref().map_or(0, |version| version.txn(&AppId::bronze(name)).unwrap_or(0));
    let quarantine_version = up_to_batch(&quarantine, &AppId::quarantine(name), batch).await?;
    for (table, version) in [(&silver, silver_version), (&bronze, bronze_version), (&quarantine, quarantine_version)] {
        if let Some(version) = version {
            clone_table(table, &version, own).await?;
            numbers.push((table.folder().to_owned(), version.version));
        }
    }
    let TableName { dataset, table } = name;
    let batch = u64::try_from(batch).unwrap_or(0);
    if batch > 0 {
        numbers.push((format!("_sluice/batches/{dataset}/{table}"), batch));
        numbers.push((format!("_sluice/quality/{dataset}/{table}"), batch));
        numbers.push((format!("_sluice/source_changes/{dataset}/{table}"), batch));
    }
    let decided = base.ledger.batch_decisions(name).await?.last();
    if decided > 0 {
        numbers.push((batch_decisions::folder(name), decided));
    }
    let decided = base.ledger.record_decisions(name).await?.last();
    if decided > 0 {
        numbers.push((record_decisions::folder(name), decided));
    }
    let schemas = base.ledger.schemas(name).await?;
    // One of a later batch belongs to events that the sandbox does not have yet.
    if let Some(last) = schemas.iter().rev().find(|schema| schema.batch <= batch) {
        numbers.push((format!("_sluice/schemas/{dataset}/{table}"), last.number));
    }
    Ok(numbers)
}

async fn clone_gold(base: &Base<'_>, name: &TableName, own: &Objects) -> Result<Vec<(String, u64)>, LakeError> {
    let gold = base.table(&TableLocation::Gold(name.clone()));
    let Some(version) = gold.snapshot(None).await? else { return Ok(Vec::new()) };
    clone_table(&gold, &version, own).await?;
    Ok(vec![(gold.folder().to_owned(), version.version)])
}

/// The latest version that has no batch after this one.
async fn up_to_batch(table: &DeltaStore, app: &AppId, batch: i64) -> Result<Option<Snapshot>, LakeError> {
    let Some(mut version) = table.snapshot(None).await? else { return Ok(None) };
    while version.txn(app).is_some_and(|number| number > batch) {
        let Some(before) = version.version.checked_sub(1) else { return Ok(None) };
        match table.snapshot(Some(before)).await? {
            Some(found) => version = found,
            None => return Ok(None),
        }
    }
    Ok(Some(version))
}

async fn tables_in(base: &Objects, layer: &str) -> Result<Vec<TableName>, LakeError> {
    let mut names = Vec::new();
    for dataset in base.list_folders(layer).await? {
        let tables = base.list_folders(&format!("{layer}/{dataset}")).await?;
        // A folder with another kind of name is no table of Sluice's.
        names.extend(tables.iter().filter_map(|table| TableName::new(&dataset, table).ok()));
    }
    Ok(names)
}

/// The draft is the sandbox's own from the first moment on.
async fn copy_drafts(base: &Objects, own: &Objects) -> Result<BTreeMap<String, String>, LakeError> {
    let mut drafts = BTreeMap::new();
    for folder in OWN_FOLDERS {
        let files = base.list(folder).await?;
        let copies: Vec<_> = files.iter().map(|file| copy(base, own, file)).collect();
        drafts.extend(futures::stream::iter(copies).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?);
    }
    Ok(drafts)
}

/// Copies a file; its path and the hash of its content.
async fn copy(base: &Objects, own: &Objects, file: &SourceFile) -> Result<(String, String), LakeError> {
    let content = base.read(&file.path).await?;
    let hash = blake3::hash(&content).to_hex().to_string();
    own.put(&file.path, content).await?;
    Ok((file.path.clone(), hash))
}
