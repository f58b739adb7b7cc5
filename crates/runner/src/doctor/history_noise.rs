//! A history in which nearly every version differs from the one before in one column alone, such as the time of a copy.

use super::found::{Found, Place};
use super::keyed_events::{Image, KeyedEvent};
use crate::RunError;
use arrow::array::RecordBatch;
use sluice_api::FindingCode;
use sluice_contract::{Contract, Scd};
use sluice_engine::row_hashes;
use std::collections::BTreeMap;

/// Versions below which nothing follows.
const VERSIONS_MIN: u64 = 20;
/// Of so many percent of the versions one column is all that changed.
const NOISE_PERCENT: u64 = 90;
/// Places kept of a column.
const KEPT: usize = 20;

/// The columns whose change makes a version.
#[derive(Debug)]
pub(super) struct Tracked {
    columns: Vec<usize>,
}

impl Tracked {
    /// None without history.
    pub(super) fn of(contract: &Contract) -> Self {
        let is_tracked = |name: &str, key: bool| !key && contract.apply.track_history.contains(name);
        let columns = contract.columns.iter().enumerate().filter(|(_, column)| is_tracked(&column.name, column.key));
        let columns = columns.map(|(number, _)| number).filter(|_| contract.apply.scd == Scd::Type2);
        Self { columns: columns.collect() }
    }

    /// Hashes of their values, of each row.
    pub(super) fn images(&self, rows: &RecordBatch, absent: &BTreeMap<u32, Vec<u16>>) -> Result<Vec<Image>, RunError> {
        let mut images = vec![Image::new(); if self.columns.is_empty() { 0 } else { rows.num_rows() }];
        for column in &self.columns {
            let Ok(number) = u16::try_from(*column) else { continue };
            let hashes = row_hashes(&rows.project(&[*column])?)?;
            for ((row, image), hash) in images.iter_mut().enumerate().zip(hashes) {
                let is_absent = u32::try_from(row).ok().and_then(|row| absent.get(&row));
                if is_absent.is_some_and(|columns| columns.contains(&number)) {
                    continue;
                }
                let hash = hash.first_chunk::<4>().copied().map_or(0, u32::from_le_bytes);
                image.push((number, hash));
            }
        }
        Ok(images)
    }
}

#[derive(Debug, Default)]
struct Alone {
    versions: u64,
    first: Vec<(Place, Option<Box<str>>)>,
}

/// Versions by the column that alone changed.
#[derive(Debug, Default)]
pub(super) struct Noise {
    versions: u64,
    alone: BTreeMap<u16, Alone>,
}

impl Noise {
    /// Looks at the events of a key, in the order of the source.
    pub(super) fn key(&mut self, events: &[&KeyedEvent]) {
        let mut row: BTreeMap<u16, u32> = BTreeMap::new();
        for event in events {
            if event.op.is_delete() {
                row.clear();
                continue;
            }
            let is_known = !row.is_empty();
            let differs = event.tracked.iter().filter(|(column, hash)| row.get(column) != Some(hash));
            let changed: Vec<u16> = differs.map(|(column, _)| *column).collect();
            row.extend(event.tracked.iter().copied());
            if !is_known || changed.is_empty() {
                continue;
            }
            self.versions += 1;
            if let [column] = changed.as_slice() {
                let alone = self.alone.entry(*column).or_default();
                alone.versions += 1;
                if alone.first.len() < KEPT {
                    alone.first.push((event.place, event.record.clone()));
                }
            }
        }
    }

    pub(super) fn finish(self, found: &mut Found, contract: &Contract) {
        // With one tracked column every version is of that one, which is meant.
        let tracked = Tracked::of(contract).columns.len();
        if self.versions < VERSIONS_MIN || tracked < 2 {
            return;
        }
        for (column, Alone { versions, first }) in self.alone {
            if versions * 100 < self.versions * NOISE_PERCENT {
                continue;
            }
            let name = contract.columns.get(usize::from(column)).map_or("", |column| column.name.as_str());
            let detail = format!("`{name}` alone changed in {versions} of {} later versions", self.versions);
            found.note_first(FindingCode::HistoryNoise, versions, first, &detail);
        }
    }
}
