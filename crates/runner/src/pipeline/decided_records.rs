//! Records of bronze that a person dropped or edited: what silver is made of in their place.
//!
//! A dropped record's events have no say in the table, wherever they are delivered: an event is known by its place in the
//! order of the source, so the same one in another file stays out, too. An edited record is dropped, and its new text is
//! decoded in its place. Bronze has what was delivered.

use super::batch_contract::contract_of;
use crate::RunError;
use sluice_cdc::{BronzeRecord, DecodedFile, decode_records};
use sluice_change::{ChangeBatch, EventSeq, Op, RowRef, SourceFile};
use sluice_contract::Contract;
use sluice_engine::KeyEncoder;
use sluice_lake::{BatchManifest, RecordDecisions, RecordPlace};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// What is decided of the records of a table, as one contract reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct DecidedRecords {
    /// By batch, file and number in the file: the text that counts instead, if one does.
    by_batch: BTreeMap<u64, BTreeMap<(String, u64), Instead>>,
    /// The events of these records as they were delivered.
    events: HashSet<EventSeq>,
    /// Of each record that another text counts instead of: the keys of that text, and those that it was delivered with.
    edited_keys: Vec<EditedKeys>,
}

/// Hashes of the keys of an edited record.
#[derive(Clone, Debug)]
struct EditedKeys {
    /// `None` if it concerns every key.
    now: Option<HashSet<u128>>,
    /// `None` if it was delivered without a key that can be read.
    delivered: Option<HashSet<u128>>,
}

#[derive(Clone, Debug)]
struct Instead {
    offset: u64,
    text: Option<String>,
}

impl DecidedRecords {
    /// Those of a table, of which these are the batches.
    ///
    /// # Errors
    /// If the table is made of full snapshots, where a record that is missing is a delete; if the contract does not name the
    /// source of a batch.
    pub(crate) fn of(
        contract: &Arc<Contract>,
        decisions: &RecordDecisions,
        manifests: &[Arc<BatchManifest>],
    ) -> Result<Self, RunError> {
        let in_force = decisions.in_force();
        if in_force.is_empty() {
            return Ok(Self::default());
        }
        if contract.apply.from_snapshot.is_some() {
            let message =
                format!("Records of {} are dropped or edited, and it is made of full snapshots", contract.name);
            let next = format!("Take the decisions back with `sluice batch undo {}`", contract.name);
            return Err(RunError::input(message, next));
        }
        let (mut found, mut own) = (Self::default(), HashSet::new());
        let encoder = KeyEncoder::new(contract)?;
        for (place, (record, _)) in &in_force {
            let manifest = manifests.iter().map(AsRef::as_ref).find(|manifest| manifest.batch == place.batch);
            let contract = contract_of(contract, manifest, place.batch)?;
            let delivered = in_place(&contract, &[(*place, record.record.as_str())]);
            found.events.extend(events_of(&delivered.changes));
            if let Some(text) = &record.text {
                let instead = in_place(&contract, &[(*place, text.as_str())]).changes;
                own.extend(events_of(&instead));
                let keys = |of: &ChangeBatch| Ok::<_, RunError>(encoder.hashes(&of.rows)?.into_iter().collect());
                let is_read = delivered.rejects.is_empty() && !delivered.changes.is_empty();
                let delivered = if is_read { Some(keys(&delivered.changes)?) } else { None };
                let is_of_all = instead.ops.contains(&Op::Truncate);
                let now = if is_of_all { None } else { Some(keys(&instead)?) };
                found.edited_keys.push(EditedKeys { now, delivered });
            }
            let instead = Instead { offset: place.offset, text: record.text.clone() };
            found.by_batch.entry(place.batch).or_default().insert((place.file.clone(), place.row), instead);
        }
        // What an edit leaves as it was is the same event, which its new text brings.
        found.events.retain(|seq| !own.contains(seq));
        Ok(found)
    }

    /// Whether something is decided of records of a batch.
    pub(super) fn concerns(&self, batch: u64) -> bool {
        self.by_batch.contains_key(&batch)
    }

    /// Whether something is decided of any record.
    pub(super) fn concerns_any(&self) -> bool {
        !self.by_batch.is_empty()
    }

    /// The keys that those edited records were delivered with which have one of these keys now; `None` if one was delivered
    /// without a key.
    pub(super) fn delivered_keys(&self, now: &HashSet<u128>) -> Option<HashSet<u128>> {
        let mut keys = HashSet::new();
        let concerns = |edited: &&EditedKeys| edited.now.as_ref().is_none_or(|keys| !keys.is_disjoint(now));
        for edited in self.edited_keys.iter().filter(concerns) {
            keys.extend(edited.delivered.as_ref()?);
        }
        Some(keys)
    }

    /// Leaves out the events of a batch that are dropped; with what its edited records say instead.
    ///
    /// # Errors
    /// If the columns of a batch are of different lengths, which would be a bug.
    pub(super) fn apply(
        &self,
        contract: &Arc<Contract>,
        batch: u64,
        decoded: &mut DecodedFile,
    ) -> Result<Option<DecodedFile>, RunError> {
        self.leave_out(&mut decoded.changes);
        let Some(decided) = self.by_batch.get(&batch) else { return Ok(None) };
        let changes = &mut decoded.changes;
        let place = |files: &[SourceFile], at: RowRef| -> Option<(String, u64)> {
            Some((files.get(at.file as usize)?.path.clone(), at.row))
        };
        let mut here: BTreeSet<(String, u64)> = BTreeSet::new();
        for event in 0..changes.len() {
            let seq = changes.seqs.at(event);
            let Some(op) = changes.ops.get_mut(event).filter(|op| !is_of_reload(**op, &seq)) else { continue };
            let Some(of) = place(&changes.files, changes.refs.at(event)).filter(|of| decided.contains_key(of)) else {
                continue;
            };
            *op = Op::Dropped;
            here.insert(of);
        }
        let rejected = decoded.rejects.iter().filter_map(|reject| place(&decoded.changes.files, reject.at));
        here.extend(rejected.filter(|of| decided.contains_key(of)));
        let texts: Vec<(RecordPlace, &str)> = here
            .into_iter()
            .filter_map(|of| {
                let Instead { offset, text } = decided.get(&of)?;
                Some((RecordPlace { batch, file: of.0, row: of.1, offset: *offset }, text.as_deref()?))
            })
            .collect();
        if texts.is_empty() {
            return Ok(None);
        }
        let texts: Vec<(&RecordPlace, &str)> = texts.iter().map(|(place, text)| (place, *text)).collect();
        let mut instead = in_place(contract, &texts);
        instead.changes = without_reload(instead.changes)?;
        Ok(Some(instead))
    }

    /// Leaves out the events that are dropped, wherever they were delivered.
    pub(super) fn leave_out(&self, changes: &mut ChangeBatch) {
        if self.events.is_empty() {
            return;
        }
        for event in 0..changes.len() {
            if self.events.contains(&changes.seqs.at(event))
                && let Some(op) = changes.ops.get_mut(event).filter(|op| **op != Op::Early)
            {
                *op = Op::Dropped;
            }
        }
    }
}

/// Decodes texts, each in the place of a record.
pub(crate) fn in_place(contract: &Arc<Contract>, records: &[(&RecordPlace, &str)]) -> DecodedFile {
    let mut files: Vec<SourceFile> = Vec::new();
    let mut in_files = Vec::with_capacity(records.len());
    for (place, text) in records {
        if files.last().is_none_or(|file| file.path != place.file) {
            files.push(SourceFile { path: place.file.clone(), ..SourceFile::default() });
        }
        let file = u32::try_from(files.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let at = RowRef { file, row: place.row, offset: place.offset };
        in_files.push(BronzeRecord { at, record: text });
    }
    decode_records(contract, files, &in_files)
}

/// The truncate that empties the table before a reload is of no record.
pub(super) fn is_of_reload(op: Op, seq: &EventSeq) -> bool {
    op == Op::Truncate && seq.parts == EventSeq::END_OF_EPOCH
}

fn events_of(changes: &ChangeBatch) -> Vec<EventSeq> {
    let events = changes.ops.iter().enumerate().map(|(event, op)| (*op, changes.seqs.at(event)));
    events.filter(|(op, seq)| !is_of_reload(*op, seq)).map(|(_, seq)| seq).collect()
}

fn without_reload(changes: ChangeBatch) -> Result<ChangeBatch, RunError> {
    let keep: Vec<bool> =
        changes.ops.iter().enumerate().map(|(event, op)| !is_of_reload(*op, &changes.seqs.at(event))).collect();
    if keep.contains(&false) { Ok(changes.filter(&keep)?) } else { Ok(changes) }
}
