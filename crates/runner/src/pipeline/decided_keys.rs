//! The keys that decisions on single records concern.

use super::batch_contract::contract_of;
use super::context::TableContext;
use super::decided_records::{in_place, is_of_reload};
use super::table_state::TableState;
use crate::RunError;
use crate::previewed::inputs::cut_matters;
use crate::silver::schema_change::add_to_schema;
use sluice_change::Op;
use sluice_engine::KeyEncoder;
use sluice_lake::{RecordDecisions, RecordPlace};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Hashes of the keys of every record of which two lists of decisions say something else: as it was delivered, and as it
/// counts by either. `None` where more than rows of these keys may differ, so that only a rebuild tells: the order of
/// arrival has a say in the table, a text is in quarantine or brings a column, or a truncate is among them.
///
/// # Errors
/// If the contract does not name the source of a batch, or the lake cannot be read.
pub(crate) async fn concerned_keys(
    context: &TableContext,
    table: &TableState,
    before: &RecordDecisions,
    after: &RecordDecisions,
) -> Result<Option<HashSet<u128>>, RunError> {
    let silver = &table.silver;
    let is_as_made = silver.skipped == table.skipped_up_to(silver.batch());
    if cut_matters(&context.contract).is_some()
        || !is_as_made
        || silver.lost_state
        || !silver.foreign.commits.is_empty()
    {
        return Ok(None);
    }
    let encoder = KeyEncoder::new(&context.contract)?;
    let (mut keys, mut decoded) = (HashSet::new(), Vec::new());
    for (batch, texts) in other_texts(before, after) {
        let contract = contract_of(&context.contract, table.manifest(batch), batch)?;
        let texts: Vec<(&RecordPlace, &str)> = texts.iter().map(|(place, text)| (place, text.as_str())).collect();
        let file = in_place(&contract, &texts);
        if !file.rejects.is_empty() {
            return Ok(None);
        }
        let hashes = encoder.hashes(&file.changes.rows)?;
        for (event, (op, hash)) in file.changes.ops.iter().zip(hashes).enumerate() {
            match op {
                Op::Truncate if is_of_reload(*op, &file.changes.seqs.at(event)) => {}
                Op::Truncate => return Ok(None),
                _ => {
                    keys.insert(hash);
                }
            }
        }
        decoded.push(file);
    }
    let brings_columns = add_to_schema(&context.lake, &context.declared, &context.contract, &decoded).await?;
    Ok((!brings_columns).then_some(keys))
}

/// The texts of records that do not stand the same by both, by batch.
fn other_texts(before: &RecordDecisions, after: &RecordDecisions) -> BTreeMap<u64, Vec<(RecordPlace, String)>> {
    let (before, after) = (before.in_force(), after.in_force());
    let places: BTreeSet<&RecordPlace> = before.keys().chain(after.keys()).copied().collect();
    let mut texts: BTreeMap<u64, Vec<(RecordPlace, String)>> = BTreeMap::new();
    for place in places {
        let decided = [before.get(place), after.get(place)].map(|of| of.map(|(record, _)| *record));
        let [was, is] = decided.map(|of| of.map(|record| record.text.as_ref()));
        if was == is {
            continue;
        }
        let mut of_record: BTreeSet<&String> = decided.iter().flatten().map(|record| &record.record).collect();
        of_record.extend([was, is].into_iter().flatten().flatten());
        let of_record = of_record.into_iter().map(|text| (place.clone(), text.clone()));
        texts.entry(place.batch).or_default().extend(of_record);
    }
    texts
}
