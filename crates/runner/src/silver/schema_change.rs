//! The inferred schema of a table, and what a change of columns does to silver.
//!
//! The effective contract is the declared one with the schema that all events so far have shown, so silver
//! stays a function of the events and the contract: a column that shows late is null in older rows. It is
//! kept beside the table as numbered documents, so that bronze replays to the same columns.

use crate::RunError;
use crate::silver::Silver;
use crate::silver::column_fill::can_fill;
use crate::silver::review::{reviewed_columns, schema_to_add};
use crate::silver::schema_document::write_document;
use crate::silver::watermark::watermark;
use crate::silver_hash::{has_rules_of, is_signature_of, silver_hash, source_hashes};
use crate::support::newest_entry::newest_entry_with;
use arrow::datatypes::Schema;
use sluice_cdc::DecodedFile;
use sluice_contract::{Column, Contract, Evolution, InferredSchema, Scd, SchemaPolicy, Source, folded_name, limits};
use sluice_engine::silver_schema;
use sluice_lake::{
    AppId, CommitInfo, CommitOutcome, DeltaStore, Lake, Operation, SchemaColumn, SchemaDocument, TransactionId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names of columns in one message.
const NAMES_SHOWN: usize = 5;

/// What silver needs so that it is what the contract says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SchemaChange {
    /// Nothing.
    Same,
    /// Columns come or go, no file is written.
    Columns,
    /// These columns are new, and older records may have values of them; all others stay as they are.
    Fill(Vec<String>),
    /// It is rebuilt from bronze.
    Rebuild,
}

/// The contract together with the schema that the events of earlier batches have shown.
pub(crate) async fn effective(lake: &Lake, declared: &Arc<Contract>) -> Result<Arc<Contract>, RunError> {
    let evolution = declared.source.as_ref().map_or(Evolution::None, |source| source.evolution);
    let inferred = match evolution {
        Evolution::FailOnNewColumns | Evolution::None => return Ok(Arc::clone(declared)),
        Evolution::Rescue => InferredSchema::default(),
        _ => schema_to_add(lake, declared).await?,
    };
    Ok(Arc::new(declared.with_inferred(&inferred)))
}

/// Writes down what decoded records add to the inferred schema. The new effective contract, by which they have to be
/// decoded again; `None` if they add nothing.
pub(crate) async fn infer_schema(
    lake: &Lake,
    declared: &Arc<Contract>,
    effective: &Contract,
    decoded: &[DecodedFile],
    batch: u64,
) -> Result<Option<Arc<Contract>>, RunError> {
    let Some(Wider { contract, inferred, number }) = wider(lake, declared, effective, decoded).await? else {
        return Ok(None);
    };
    write_document(lake, &contract, number, inferred, batch).await?;
    Ok(Some(contract))
}

/// Whether decoded records add to the inferred schema, without writing it down.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn add_to_schema(
    lake: &Lake,
    declared: &Arc<Contract>,
    effective: &Contract,
    decoded: &[DecodedFile],
) -> Result<bool, RunError> {
    Ok(wider(lake, declared, effective, decoded).await?.is_some())
}

/// A wider effective contract, and the schema document that makes it one.
struct Wider {
    contract: Arc<Contract>,
    inferred: InferredSchema,
    number: u64,
}

async fn wider(
    lake: &Lake,
    declared: &Arc<Contract>,
    effective: &Contract,
    decoded: &[DecodedFile],
) -> Result<Option<Wider>, RunError> {
    let mut new = inferred_from(declared, decoded);
    if new == InferredSchema::default() {
        return Ok(None);
    }
    let latest = lake.ledger().latest_schema(&declared.name).await?;
    let known = latest.as_ref().map(|document| document.inferred.clone()).unwrap_or_default();
    let waits = declared.source.as_ref().is_some_and(|source| source.review_seconds.is_some());
    if waits && let Some(reviewed) = reviewed_columns(lake, declared).await? {
        new.added.retain(|name| known.added.contains(name) || reviewed.contains(name));
    }
    let mut inferred = known.clone();
    inferred.join(&new);
    if declared.columns.len() + declared.addable(inferred.added.iter().map(String::as_str)).len() > limits::COLUMNS_MAX
    {
        let taken = new.added.clone();
        inferred.added = first_columns(declared, &known, decoded, |name| taken.contains(name));
    }
    let contract = Arc::new(declared.with_inferred(&inferred));
    if silver_hash(&contract) == silver_hash(effective) {
        return Ok(None);
    }
    let number = latest.map_or(0, |document| document.number) + 1;
    Ok(Some(Wider { contract, inferred, number }))
}

/// As many of the columns that records bring as there is room for: those that are known, then file by file. Records with
/// another one go to quarantine from then on, so that what a few records bring stops no table.
fn first_columns(
    declared: &Contract,
    known: &InferredSchema,
    decoded: &[DecodedFile],
    is_taken: impl Fn(&str) -> bool,
) -> BTreeSet<String> {
    let mut added = known.added.clone();
    for file in decoded.iter().filter(|file| !file.drift.unknown.is_empty()) {
        let count = declared.addable(added.iter().map(String::as_str)).len();
        let room = limits::COLUMNS_MAX.saturating_sub(declared.columns.len() + count);
        if room == 0 {
            break;
        }
        let unknown = file.drift.unknown.keys().filter(|name| is_taken(name));
        let names = added.iter().chain(unknown).map(String::as_str);
        let all: Vec<String> = declared.addable(names).into_iter().map(str::to_owned).collect();
        let new: Vec<String> = all.into_iter().filter(|name| !added.contains(name)).take(room).collect();
        added.extend(new);
    }
    added
}

/// Columns that records have and the contract can take, and types that are too narrow for them.
fn inferred_from(declared: &Contract, decoded: &[DecodedFile]) -> InferredSchema {
    let mut inferred = InferredSchema::default();
    let evolution = declared.source.as_ref().map_or(Evolution::None, |source| source.evolution);
    if evolution.adds() {
        let names = decoded.iter().flat_map(|file| file.drift.unknown.keys()).map(String::as_str);
        inferred.added = declared.addable(names).into_iter().map(str::to_owned).collect();
    }
    if evolution.widens() {
        for file in decoded {
            inferred.join(&InferredSchema { widened: file.drift.wider.clone(), ..InferredSchema::default() });
        }
    }
    inferred
}

/// What silver needs. Only columns that come or go can do without a rebuild, and only where bronze
/// proves that the older rows would be the same: no older record has the new column, and none is in
/// quarantine, from where a change might release it.
pub(crate) async fn schema_change(
    lake: &Lake,
    bronze: &DeltaStore,
    silver: &Silver,
    contract: &Contract,
) -> Result<SchemaChange, RunError> {
    let Some(snapshot) = &silver.snapshot else { return Ok(SchemaChange::Same) };
    if silver.batch() == 0 && snapshot.files.is_empty() {
        let shape = |schema: &Schema| -> Vec<_> {
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
        };
        let same = shape(&snapshot.schema) == shape(&silver_schema(contract));
        return Ok(if same { SchemaChange::Same } else { SchemaChange::Columns });
    }
    if silver.lost_state {
        return Ok(SchemaChange::Rebuild);
    }
    if !silver.is_of_other_contract(contract) {
        return Ok(SchemaChange::Same);
    }
    let documents = lake.ledger().schemas(&contract.name).await?;
    let made_by =
        documents.iter().rev().find(|document| Some(&document.contract_hash) == silver.contract_hash.as_ref());
    // No record that silver is made of is of a source that it did not have.
    let sources = source_hashes(contract);
    let is_as_before = |made_by: &SchemaDocument| {
        made_by.sources.iter().all(|(name, hash)| sources.get(name) == Some(hash)) && has_rules_of(made_by, contract)
    };
    let made_by = made_by.filter(|document| is_as_before(document));
    let same_columns = |made_by: &&SchemaDocument| {
        made_by.columns.len() == contract.columns.len()
            && made_by
                .columns
                .iter()
                .zip(&contract.columns)
                .all(|(old, column)| old.name == column.name && is_signature_of(&old.signature, contract, column))
    };
    if made_by.filter(same_columns).is_some() {
        return Ok(SchemaChange::Columns);
    }
    if contract.apply.scd == Scd::Type2 {
        // The events that no row shows have the columns too.
        return Ok(SchemaChange::Rebuild);
    }
    let Some(made_by) = made_by else { return Ok(SchemaChange::Rebuild) };
    let before: BTreeMap<&str, &SchemaColumn> =
        made_by.columns.iter().map(|column| (column.name.as_str(), column)).collect();
    let evolution = contract.source.as_ref().map_or(Evolution::None, |source| source.evolution);
    // A record in quarantine may be understood when its fields are others.
    let mut declared_changes =
        contract.source.as_ref().is_some_and(Source::takes_fields_from_schema) && is_reordered(made_by, contract);
    let mut added = BTreeSet::new();
    let mut needs_values = false;
    for column in &contract.columns {
        match before.get(column.name.as_str()) {
            Some(old) if is_signature_of(&old.signature, contract, column) => {}
            Some(_) => return Ok(SchemaChange::Rebuild),
            // Its values may be in older records under other names.
            None => {
                needs_values |= column.path.is_some()
                    || column.from.is_some()
                    || column.required
                    || column.default.is_some()
                    || !column.renamed_from.is_empty();
                declared_changes |= !column.discovered;
                added.insert(folded_name(&column.name));
            }
        }
    }
    let mut dropped = made_by.columns.iter().filter(|old| contract.column(&old.name).is_none()).peekable();
    let has_dropped = dropped.peek().is_some();
    if has_dropped {
        // Such a mode would take the dropped column's values as those of an unknown one.
        let ignores = |name: &str| contract.source.as_ref().is_some_and(|source| source.ignores(name));
        let taken_again = evolution.adds() && dropped.clone().any(|old| !ignores(&old.name));
        if taken_again || evolution == Evolution::Rescue || dropped.any(|old| decides(contract, &old.name)) {
            return Ok(SchemaChange::Rebuild);
        }
        declared_changes = true;
    }
    if declared_changes && evolution == Evolution::Rescue {
        return Ok(SchemaChange::Rebuild);
    }
    if contract.columns.iter().any(|c| added.contains(&folded_name(&c.name)) && decides(contract, &c.name)) {
        return Ok(SchemaChange::Rebuild);
    }
    if !needs_values && absent_in_all_bronze(bronze, silver.batch(), &added, declared_changes).await? {
        return Ok(SchemaChange::Columns);
    }
    let new = contract.columns.iter().filter(|column| !before.contains_key(column.name.as_str()));
    let new: Vec<&Column> = new.collect();
    let fills = !has_dropped && !new.is_empty() && can_fill(contract, &new);
    Ok(if fills {
        SchemaChange::Fill(new.into_iter().map(|column| column.name.clone()).collect())
    } else {
        SchemaChange::Rebuild
    })
}

/// Whether the declared columns that were there before are in another order.
fn is_reordered(made_by: &SchemaDocument, contract: &Contract) -> bool {
    let before = made_by.columns.iter().map(|column| &column.name);
    let before = before.filter(|name| contract.column(name).is_some_and(Column::is_declared));
    let now = contract.columns.iter().filter(|column| column.is_declared()).map(|column| &column.name);
    !before.eq(now.filter(|name| made_by.columns.iter().any(|column| column.name == **name)))
}

/// Whether a column decides order or deletes.
fn decides(contract: &Contract, name: &str) -> bool {
    let apply = &contract.apply;
    let conditions = [&apply.delete_when, &apply.truncate_when].into_iter().flatten();
    contract.sequence().iter().any(|part| part == name)
        || conditions.map(|condition| condition.column.as_str()).any(|column| column == name)
        || apply.update_columns.as_deref() == Some(name)
}

/// Whether the information of every bronze commit up to `last` says that no record has one of the
/// columns, and that none is in quarantine if that matters.
async fn absent_in_all_bronze(
    bronze: &DeltaStore,
    last: u64,
    columns: &BTreeSet<String>,
    without_rejects: bool,
) -> Result<bool, RunError> {
    let mut proven = BTreeSet::new();
    for entry in bronze.history(usize::MAX).await? {
        let Some(batch) = entry.info.batch.filter(|batch| *batch <= last) else { continue };
        let Some(names) = entry.info.columns else { return Ok(false) };
        if names.iter().any(|name| columns.contains(&folded_name(name))) {
            return Ok(false);
        }
        if without_rejects && entry.info.reasons.is_none_or(|reasons| !reasons.is_empty()) {
            return Ok(false);
        }
        proven.insert(batch);
    }
    Ok(proven.len() as u64 == last)
}

/// Changes the columns of silver in a commit that writes no file.
pub(crate) async fn change_columns(lake: &Lake, silver: &mut Silver, contract: &Contract) -> Result<(), RunError> {
    let Some(base) = silver.snapshot.clone() else { return Ok(()) };
    silver.ensure_own(&contract.name)?;
    let number = lake.ledger().latest_schema(&contract.name).await?.map_or(0, |document| document.number);
    let info = CommitInfo {
        contract: Some(silver_hash(contract)),
        // Deletes are by key, so they stay as they are.
        tombstones: tombstones(&silver.store, base.version).await?,
        watermark: watermark(contract, &silver.store).await?,
        skipped: Some(silver.skipped.clone()).filter(|skipped| !skipped.is_empty()),
        decided: Some(silver.decided).filter(|last| *last > 0),
        checked: silver.checked,
        ..CommitInfo::default()
    };
    let id = TransactionId {
        app: AppId::schema(&contract.name),
        number: i64::try_from(number).unwrap_or(i64::MAX),
        content_hash: silver_hash(contract),
    };
    let schema = Some(Arc::new(silver_schema(contract)));
    let commit = silver.store.transaction(&base, id, Operation::ChangeColumns).schema(schema).info(info).keeps_rows();
    match commit.commit().await? {
        CommitOutcome::Committed(_) | CommitOutcome::AlreadyApplied(_) => {}
        CommitOutcome::Conflict(_) => return Err(RunError::Conflict(contract.name.to_string())),
    }
    // The store stays the one that carries the lease.
    let store = silver.store.clone();
    *silver = Silver::open(lake, contract).await?;
    silver.store = store;
    Ok(())
}

/// Paths of the tombstones in the newest commit up to a version that has them.
async fn tombstones(silver: &DeltaStore, version: u64) -> Result<Option<Vec<String>>, RunError> {
    let entry = newest_entry_with(silver, version, |info| info.contract.is_some()).await?;
    Ok(entry.and_then(|entry| entry.info.tombstones))
}

/// Names of the columns that the records may have, for [`CommitInfo::columns`]. Nobody looks for members that the
/// contract ignores, so they may be there.
pub(crate) fn columns_of(contract: &Contract, decoded: &[DecodedFile]) -> BTreeSet<String> {
    let known = contract.columns.iter().flat_map(|column| std::iter::once(&column.name).chain(&column.renamed_from));
    let ignored = contract.source.iter().flat_map(|source| &source.ignored);
    let unknown = decoded.iter().flat_map(|file| file.drift.unknown.keys());
    known.chain(ignored).chain(unknown).cloned().collect()
}

/// Why the contract stops the table at these records, in words that begin with a code.
pub(crate) fn strict_violation(contract: &Contract, decoded: &[DecodedFile]) -> Option<String> {
    let source = contract.source.as_ref()?;
    let count = |counts: fn(&DecodedFile) -> &BTreeMap<String, u64>| {
        let mut all: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, records) in decoded.iter().flat_map(counts) {
            *all.entry(name).or_default() += records;
        }
        all
    };
    let unknown = count(|file| &file.drift.unknown);
    if source.evolution == Evolution::FailOnNewColumns && !unknown.is_empty() {
        let next = "declare them in `schema`, or set source.evolution to add_new_columns or rescue";
        return Some(format!("UNKNOWN_COLUMN: the contract does not have {}; {next}", names(&unknown)));
    }
    if source.schema_policy != SchemaPolicy::Strict {
        return None;
    }
    let rejects = decoded.iter().flat_map(|file| &file.rejects).filter(|reject| !reject.whole_file);
    let mut first: Option<&sluice_change::Reject> = None;
    let mut records = 0_u64;
    for reject in rejects {
        first = first.or(Some(reject));
        records += 1;
    }
    if let Some(first) = first {
        let column = first.column.as_ref().map(|column| format!(" in `{column}`")).unwrap_or_default();
        let detail = &first.detail;
        return Some(format!(
            "{}{column}: {detail}; {records} record(s) do not fit, and schema_policy is strict: fix the contract or the source",
            first.reason
        ));
    }
    let missing = count(|file| &file.drift.missing);
    let next = "mark them `removed`, give them a `default`, or fix the source";
    (!missing.is_empty()).then(|| format!("COLUMN_MISSING: records lack {}; {next}", names(&missing)))
}

fn names(counts: &BTreeMap<&str, u64>) -> String {
    let shown = counts.iter().take(NAMES_SHOWN).map(|(name, records)| format!("`{name}` ({records} records)"));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if counts.len() > NAMES_SHOWN {
        text.push_str(&format!(" and {} more", counts.len() - NAMES_SHOWN));
    }
    text
}
