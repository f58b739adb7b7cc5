//! What speaks for a decision: where a change began, its values, and whether a new column is a former one.

use super::look::{LACKING, Looked, Seen, silver_name, with_presence, with_texts};
use crate::RunError;
use sluice_api::masked;
use sluice_contract::{ColumnType, Contract, Evolution, SourceChange};
use sluice_lake::{Lake, NotedChange, SourceChangeNote};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Batches before a change in which values of its keys are looked for.
const BATCHES_BEFORE: u64 = 20;
/// Newest batches in which a column that was gone is looked for.
const BATCHES_AFTER: u64 = 10;
/// Examples of a column.
const EXAMPLES: usize = 3;
/// Letters of an example.
const EXAMPLE_LETTERS: usize = 60;
/// Of the keys with both columns, how many have to have the same value, in percent.
const EQUAL_PERCENT: usize = 90;

/// What bronze shows of the changes of one batch.
pub(super) struct Evidence {
    texts: Looked,
    /// As [`Evidence::texts`], by the contract's own types.
    typed: Looked,
}

/// How the values of a new column are those of one that is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SameValues {
    /// Keys with a value of both.
    pub(super) keys: usize,
    /// Of them, those with the same value.
    pub(super) equal: usize,
    /// Different values among those.
    pub(super) distinct: usize,
}

impl SameValues {
    /// Whether values speak for a rename: chance does not make two different values the same.
    pub(super) fn speaks(self) -> bool {
        self.distinct >= 2 && self.equal * 100 >= self.keys * EQUAL_PERCENT
    }
}

impl Evidence {
    /// Looks at the batch of a note and those before it.
    ///
    /// # Errors
    /// If bronze cannot be read.
    pub(super) async fn of(lake: &Lake, contract: &Contract, note: &SourceChangeNote) -> Result<Self, RunError> {
        let first = note.batch.saturating_sub(BATCHES_BEFORE).max(1);
        let names = note.changes.iter().map(|change| change.column.as_str());
        let texts = Looked::at(lake, &with_texts(contract, names), first..=note.batch).await?;
        let mut widening = contract.clone();
        if let Some(source) = &mut widening.source {
            source.evolution = Evolution::AddNewColumnsWithTypeWidening;
        }
        let has_misfits = note.changes.iter().any(|change| change.change == SourceChange::Misfit);
        let typed = match has_misfits {
            true => Looked::at(lake, &Arc::new(widening), note.batch..=note.batch).await?,
            // No batch has this number.
            false => Looked::at(lake, &Arc::new(widening), 0..=0).await?,
        };
        Ok(Self { texts, typed })
    }

    /// Values of a column in its first file that has them, in the order of its records.
    pub(super) fn values(&self, change: &NotedChange) -> Result<Vec<Seen>, RunError> {
        let misfits: BTreeSet<(String, u64)> = match change.change {
            SourceChange::Misfit => self.misfits(change).collect(),
            _ => BTreeSet::new(),
        };
        let mut seen = self.texts.values(&silver_name(&change.column))?;
        seen.retain(|seen| {
            let is_misfit = || misfits.contains(&(seen.path.to_string(), seen.at.row));
            *seen.path == *change.file && seen.value.is_some() && (misfits.is_empty() || is_misfit())
        });
        seen.sort_by_key(|seen| seen.at.row);
        Ok(seen)
    }

    /// Files and records whose value of the column is not of its type.
    fn misfits(&self, change: &NotedChange) -> impl Iterator<Item = (String, u64)> {
        self.typed.files.iter().flat_map(|file| {
            let of_column = file.rejects.iter().filter(|reject| reject.column.as_ref() == Some(&change.column));
            of_column.map(|reject| {
                let path = file.changes.files.get(reject.at.file as usize).map(|file| file.path.clone());
                (path.unwrap_or_default(), reject.at.row)
            })
        })
    }

    /// The type that holds all values of a column.
    pub(super) fn wider(&self, column: &str) -> Option<ColumnType> {
        let wider = self.typed.files.iter().filter_map(|file| file.drift.wider.get(column));
        wider.cloned().reduce(|a, b| a.wider_of(&b).unwrap_or(b))
    }

    /// Whether the new column has, of keys that had the former one, the values that it had.
    pub(super) fn same_values(&self, new: &str, former: &str) -> Result<SameValues, RunError> {
        let mut first: BTreeMap<String, Seen> = BTreeMap::new();
        for seen in self.texts.values(&silver_name(new))?.into_iter().filter(|seen| seen.value.is_some()) {
            let earlier = first.get(&seen.key).is_some_and(|known| known.seq <= seen.seq);
            if !earlier {
                first.insert(seen.key.clone(), seen);
            }
        }
        let mut last: BTreeMap<String, Seen> = BTreeMap::new();
        for seen in self.texts.values(former)?.into_iter().filter(|seen| seen.value.is_some()) {
            let before = first.get(&seen.key).is_some_and(|new| seen.seq < new.seq);
            let newer = last.get(&seen.key).is_none_or(|known| known.seq < seen.seq);
            if before && newer {
                last.insert(seen.key.clone(), seen);
            }
        }
        let mut same = SameValues { keys: last.len(), ..SameValues::default() };
        let mut distinct = BTreeSet::new();
        for (key, former) in &last {
            if first.get(key).is_some_and(|new| new.value == former.value) {
                same.equal += 1;
                distinct.insert(former.value.as_deref());
            }
        }
        same.distinct = distinct.len();
        Ok(same)
    }

    /// Position of the first event that has a name beside the column that the name was of.
    pub(super) fn first_beside(&self, contract: &Contract, name: &str) -> Result<Option<String>, RunError> {
        let of_name = |column: &&sluice_contract::Column| column.renamed_from.iter().any(|former| former == name);
        let Some(owner) = contract.columns.iter().find(of_name) else { return Ok(None) };
        let has_owner: BTreeSet<_> =
            self.texts.values(&owner.name)?.into_iter().filter_map(|seen| placed(&seen)).collect();
        let beside = self.texts.values(&silver_name(name))?.into_iter();
        let beside =
            beside.filter(|seen| seen.value.is_some() && has_owner.contains(&(seen.path.to_string(), seen.at.row)));
        Ok(beside.map(|seen| seen.seq.to_string()).min())
    }
}

fn placed(seen: &Seen) -> Option<(String, u64)> {
    seen.value.is_some().then(|| (seen.path.to_string(), seen.at.row))
}

/// Where a column that was gone is there again: behind the last event that lacks it. `None` if it is not.
///
/// # Errors
/// If bronze cannot be read.
pub(super) async fn there_again(
    lake: &Lake,
    contract: &Contract,
    column: &str,
    gone: u64,
    last: u64,
) -> Result<Option<Seen>, RunError> {
    let present = with_presence(contract, column);
    let has = |seen: &Seen| seen.value.as_deref() != Some(LACKING);
    let newest = last.saturating_sub(BATCHES_AFTER - 1).max(gone);
    let after = |seen: Vec<Seen>| {
        let lacking = seen.iter().filter(|seen| !has(seen)).map(|seen| seen.seq).max();
        seen.into_iter()
            .filter(|seen| has(seen) && Some(seen.seq) > lacking && lacking.is_some())
            .min_by_key(|seen| seen.seq)
    };
    let ahead = Looked::at(lake, &present, newest..=last).await?.values(column)?;
    if !ahead.iter().any(has) {
        return Ok(None);
    }
    Ok(after(Looked::at(lake, &present, gone..=last).await?.values(column)?))
}

/// A few different values, in the order of their records; masked if they are personal.
pub(super) fn examples(values: &[Seen], personal: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in values.iter().filter_map(|seen| seen.value.as_deref()) {
        let shown = match personal {
            true => masked(value),
            false => value.chars().take(EXAMPLE_LETTERS).collect(),
        };
        if !found.contains(&shown) {
            found.push(shown);
        }
        if found.len() == EXAMPLES {
            break;
        }
    }
    found
}
