//! What a table is made of, as a hash: two tables of one contract with the same inputs are equal.

use crate::silver::Silver;
use crate::silver::schema_change::effective;
use crate::support::newest_entry::newest_entry_with;
use crate::support::places::location;
use crate::{ContractSet, RunError};
use sluice_api::{Layer, TableRef};
use sluice_contract::{Contract, TiePolicy};
use sluice_lake::{AppId, BatchManifest, DeltaStore, Lake, RecordDecisions};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a table is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inputs {
    /// How many.
    pub(crate) count: u64,
    /// Of all of them, hex.
    pub(crate) hash: String,
}

impl Inputs {
    /// The same with records that do not count as they were delivered.
    pub(crate) fn with_decided(self, decided: &RecordDecisions) -> Self {
        match decided.fingerprint() {
            None => self,
            Some(decided) => {
                let hash = blake3::hash(format!("{}\0{decided}", self.hash).as_bytes());
                Self { hash: hash.to_hex().to_string(), ..self }
            }
        }
    }
}

/// A change file as an input: path, size, what tells its contents apart, and the backfill that it is of.
pub(crate) type InputFile = (String, u64, String, Option<String>);

/// Why it matters into which batches files are cut; `None` where silver is a function of the set of events (invariant 1).
pub(crate) fn cut_matters(contract: &Contract) -> Option<&'static str> {
    let apply = &contract.apply;
    if apply.from_snapshot.is_some() {
        return Some("its files are full snapshots");
    }
    if apply.tombstone_retention.is_some() {
        return Some("apply.tombstone_retention forgets deletes batch by batch");
    }
    if contract.all_sources().iter().any(|source| !source.restarts.is_empty()) {
        return Some("source.restarts names batches");
    }
    match apply.tie_policy {
        TiePolicy::Error | TiePolicy::Quarantine => Some("apply.tie_policy looks at the ties of a batch"),
        TiePolicy::Content | TiePolicy::ByFile | TiePolicy::LastInFile | TiePolicy::First => None,
    }
}

/// The files of a batch.
pub(crate) fn files_of(manifest: &BatchManifest) -> impl Iterator<Item = InputFile> + '_ {
    let backfill = manifest.backfill.as_ref().map(|backfill| backfill.name.clone());
    manifest.files_with_content().map(move |(file, content)| {
        let stamp = content.map_or_else(|| file.etag.clone(), str::to_owned);
        (file.path.clone(), file.size, stamp, backfill.clone())
    })
}

/// What silver of a contract is made of when it has these batches.
pub(crate) fn silver_inputs<'m>(contract: &Contract, manifests: impl IntoIterator<Item = &'m BatchManifest>) -> Inputs {
    let cut = cut_matters(contract).is_some();
    let mut files: BTreeSet<(u64, InputFile)> = BTreeSet::new();
    for manifest in manifests {
        let batch = if cut { manifest.batch } else { 0 };
        files.extend(files_of(manifest).map(|file| (batch, file)));
    }
    let mut hasher = blake3::Hasher::new();
    for (batch, (path, size, stamp, backfill)) in &files {
        hasher.update(format!("{batch}\0{path}\0{size}\0{stamp}\0{backfill:?}\n").as_bytes());
    }
    Inputs { count: files.len() as u64, hash: hasher.finalize().to_hex().to_string() }
}

/// The same of silver as it is in a lake; `None` if it does not exist or is not of this contract.
pub(crate) async fn silver_inputs_now(
    lake: &Lake,
    contract: &Arc<Contract>,
) -> Result<Option<(Silver, Inputs)>, RunError> {
    let effective = effective(lake, contract).await?;
    let silver = Silver::open_without_state(lake, &contract.name).await?;
    if silver.batch() == 0 || silver.is_of_other_contract(&effective) {
        return Ok(None);
    }
    let manifests = lake.ledger().batches(&contract.name).await?;
    let of = manifests.iter().map(AsRef::as_ref).filter(|manifest| silver.is_made_of(manifest.batch));
    let decided = lake.ledger().record_decisions(&contract.name).await?;
    let inputs = silver_inputs(contract, of).with_decided(&decided.up_to(silver.decided));
    Ok(Some((silver, inputs)))
}

/// Hash of a model and of the versions that it reads, as its commits carry it.
pub(crate) fn model_hash(sql: &str, versions: &BTreeMap<String, u64>) -> String {
    blake3::hash(format!("{sql}\0{versions:?}").as_bytes()).to_hex()[..32].to_owned()
}

/// What a gold table is made of when its model reads these versions; `None` where that is not by the contracts of the
/// set, or not known.
pub(crate) async fn gold_inputs(
    lake: &Lake,
    set: &ContractSet,
    sql: &str,
    versions: &BTreeMap<TableRef, u64>,
) -> Result<Option<Inputs>, RunError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(sql.as_bytes());
    for (table, version) in versions {
        let store = lake.table(location(table));
        let made_of = match table.layer {
            Layer::Gold => fingerprint_in_log(&store, *version).await?,
            Layer::Bronze | Layer::Silver => {
                let Some(contract) = set.contracts.get(&table.name) else { return Ok(None) };
                ingested_at(lake, contract, table, &store, *version).await?
            }
        };
        let Some(made_of) = made_of else { return Ok(None) };
        hasher.update(format!("\0{table}\0{made_of}").as_bytes());
    }
    Ok(Some(Inputs { count: versions.len() as u64, hash: hasher.finalize().to_hex().to_string() }))
}

/// The fingerprint of a gold version, as its commit says.
pub(crate) async fn fingerprint_in_log(store: &DeltaStore, version: u64) -> Result<Option<String>, RunError> {
    let entry = newest_entry_with(store, version, |info| info.fingerprint.is_some()).await?;
    Ok(entry.and_then(|entry| entry.info.fingerprint))
}

async fn ingested_at(
    lake: &Lake,
    contract: &Arc<Contract>,
    table: &TableRef,
    store: &DeltaStore,
    version: u64,
) -> Result<Option<String>, RunError> {
    let Some(snapshot) = store.snapshot(Some(version)).await? else { return Ok(None) };
    let app = if table.layer == Layer::Silver { AppId::silver(&table.name) } else { AppId::bronze(&table.name) };
    let (mut skipped, mut decided) = (BTreeSet::new(), 0);
    if table.layer == Layer::Silver {
        let effective = effective(lake, contract).await?;
        let entry = newest_entry_with(store, version, |info| info.contract.is_some()).await?;
        skipped = entry.as_ref().and_then(|entry| entry.info.skipped.clone()).unwrap_or_default();
        decided = entry.as_ref().and_then(|entry| entry.info.decided).unwrap_or(0);
        let made_by = entry.and_then(|entry| entry.info.contract);
        if !made_by.is_some_and(|hash| crate::silver_hash::is_hash_of(&hash, &effective)) {
            return Ok(None);
        }
    }
    let batch = snapshot.txn(&app).and_then(|batch| u64::try_from(batch).ok()).unwrap_or(0);
    let manifests = lake.ledger().batches(&table.name).await?;
    let is_of = |manifest: &&BatchManifest| manifest.batch <= batch && !skipped.contains(&manifest.batch);
    let of = manifests.iter().map(AsRef::as_ref).filter(is_of);
    let decided = lake.ledger().record_decisions(&table.name).await?.up_to(decided);
    Ok(Some(silver_inputs(contract, of).with_decided(&decided).hash))
}

#[cfg(test)]
mod tests {
    use super::{cut_matters, silver_inputs};
    use sluice_change::SourceFile;
    use sluice_contract::Contract;
    use sluice_lake::BatchManifest;

    fn contract(apply: &str) -> Contract {
        let text = format!(
            "dataset: \"shop.orders\"\nsource: {{path: \"landing/orders/\", format: debezium_json}}\n{apply}schema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n"
        );
        Contract::parse(&text, "contracts/shop/orders.yaml").unwrap()
    }

    fn batch(batch: u64, files: &[(&str, &str)]) -> BatchManifest {
        let file = |(path, etag): &(&str, &str)| SourceFile {
            path: (*path).to_owned(),
            size: 1,
            etag: (*etag).to_owned(),
            ..SourceFile::default()
        };
        let files = files.iter().map(file).collect();
        BatchManifest { batch, files, contract_hash: String::new(), contents: Vec::new(), backfill: None, source: None }
    }

    #[test]
    fn the_same_files_are_the_same_inputs_however_they_are_cut() {
        let plain = contract("");
        let one = [batch(1, &[("a", "1"), ("b", "1")])];
        let two = [batch(1, &[("b", "1")]), batch(2, &[("a", "1")])];
        assert_eq!(silver_inputs(&plain, &one), silver_inputs(&plain, &two));
        let forgetful = contract("apply: {tombstone_retention: 30d}\n");
        assert!(cut_matters(&forgetful).is_some() && cut_matters(&plain).is_none());
        assert_ne!(silver_inputs(&forgetful, &one), silver_inputs(&forgetful, &two));
    }

    #[test]
    fn a_file_that_was_written_again_is_another_input() {
        let plain = contract("");
        let (before, after) = ([batch(1, &[("a", "1")])], [batch(1, &[("a", "2")])]);
        assert_ne!(silver_inputs(&plain, &before), silver_inputs(&plain, &after));
        // The content counts where it is known: a copy of a lake has other times.
        let known = |etag: &str| BatchManifest { contents: vec!["h".to_owned()], ..batch(1, &[("a", etag)]) };
        assert_eq!(silver_inputs(&plain, &[known("1")]), silver_inputs(&plain, &[known("2")]));
    }
}
