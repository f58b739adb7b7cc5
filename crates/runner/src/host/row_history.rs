//! What happened to the rows of one key, over all versions that can be read.
//!
//! The rows are looked for once, in every data file that any version had; which version has which of
//! them follows from the log and the deletion vectors.

use super::{Host, OpenLake};
use crate::RunError;
use crate::support::blocking::blocking;
use crate::support::column_types::column_types;
use crate::support::elapsed::elapsed_ms;
use crate::support::places::location;
use sluice_api::{Answer, RowHistory, TableRef, ask};
use sluice_lake::{DataFile, DeltaStore};
use sluice_query::{FoundRow, RowEvent};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

impl Answer<ask::RowHistory> for Host {
    async fn answer(&self, request: ask::RowHistory) -> Result<RowHistory, RunError> {
        self.opened().await?.row_history(&request.table, request.key).await
    }
}

impl OpenLake {
    /// The history of a row; `key` is name and value as text.
    pub(crate) async fn row_history(
        &self,
        table: &TableRef,
        key: Vec<(String, String)>,
    ) -> Result<RowHistory, RunError> {
        let started = Instant::now();
        if key.is_empty() {
            return Err(RunError::input("No key was given", "Give every column of the key, for example --key id=42"));
        }
        let key = self.key_as_given(table, key).await;
        // The error of a table that does not exist says what to do.
        let (_, latest) = self.snapshot(table, None).await?;
        let store = self.lake.table(location(table));
        let Some((oldest, versions)) = store.maintenance().readable_versions().await? else {
            return Err(RunError::not_found(format!("{table} does not exist yet"), "Replay it first"));
        };
        let mut searched: BTreeMap<String, DataFile> = BTreeMap::new();
        let added = versions.iter().flat_map(|version| version.added.iter());
        for file in oldest.files.iter().chain(added).filter(|file| may_hold(file, &key)) {
            searched.entry(file.path.clone()).or_insert_with(|| file.clone());
        }
        let files: Vec<DataFile> = searched.into_values().collect();
        let paths = store.cached().local_paths(&files).await?;
        let (engine, columns) = (self.engine.clone(), column_types(&latest));
        let found = blocking(move || Ok(engine.find_rows(paths, &columns, &key)?)).await?;
        let mut rows = Rows { store, hits: BTreeMap::new(), files: BTreeMap::new() };
        for (number, row) in found.rows.iter().enumerate() {
            if let Some(file) = files.get(row.file) {
                rows.hits.entry(file.path.clone()).or_default().push((number, row.row));
            }
        }
        for file in oldest.files.iter() {
            rows.put(file);
        }
        let mut live = rows.live().await?;
        let event = |version: u64, time_ms: i64, operation: &str, change: char, found: usize| RowEvent {
            version,
            time_ms,
            operation: operation.to_owned(),
            change,
            found,
        };
        let mut events: Vec<RowEvent> =
            live.iter().map(|found| event(oldest.version, oldest.timestamp_ms, "", '=', *found)).collect();
        for version in &versions {
            if !version.removed.iter().chain(&version.added).any(|file| rows.hits.contains_key(&file.path)) {
                continue;
            }
            for file in &version.removed {
                rows.files.remove(&file.path);
            }
            for file in &version.added {
                rows.put(file);
            }
            let now = rows.live().await?;
            if version.changes_rows {
                let entry = &version.entry;
                for (change, found) in changes(&found.rows, &live, &now) {
                    events.push(event(entry.version, entry.timestamp_ms, entry.operation.as_str(), change, found));
                }
            }
            live = now;
        }
        let engine = self.engine.clone();
        let result = blocking(move || Ok(engine.row_history(&found, &events)?)).await?;
        let result = self.marked_of(result, table).await?;
        Ok(RowHistory {
            table: table.clone(),
            oldest: oldest.version,
            latest: latest.version,
            result,
            elapsed_ms: elapsed_ms(started),
        })
    }
}

/// The rows of the key in the files of one version.
struct Rows {
    store: DeltaStore,
    /// Per data file the found rows: their number and their position in the file.
    hits: BTreeMap<String, Vec<(usize, u64)>>,
    /// Those files that the version has.
    files: BTreeMap<String, DataFile>,
}

impl Rows {
    fn put(&mut self, file: &DataFile) {
        if self.hits.contains_key(&file.path) {
            self.files.insert(file.path.clone(), file.clone());
        }
    }

    /// Numbers of the rows that the version has.
    async fn live(&self) -> Result<BTreeSet<usize>, RunError> {
        let mut live = BTreeSet::new();
        for file in self.files.values() {
            let dead: Option<Arc<_>> = self.store.deleted_positions(file).await?;
            let hits = self.hits.get(&file.path).into_iter().flatten();
            let counts = |row: u64| dead.as_ref().is_none_or(|dead| !dead.contains(row));
            live.extend(hits.filter(|(_, row)| counts(*row)).map(|(number, _)| *number));
        }
        Ok(live)
    }
}

/// What a commit did to the rows of the key. A row that it only wrote to another place is left out.
fn changes(found: &[FoundRow], before: &BTreeSet<usize>, after: &BTreeSet<usize>) -> Vec<(char, usize)> {
    let content = |number: usize| found.get(number).map(|row| row.content);
    let mut removed: Vec<usize> = before.difference(after).copied().collect();
    let mut added = Vec::new();
    for new in after.difference(before) {
        match removed.iter().position(|old| content(*old) == content(*new)) {
            Some(moved) => {
                removed.remove(moved);
            }
            None => added.push(*new),
        }
    }
    match (removed.as_slice(), added.as_slice()) {
        ([_], [new]) => vec![('~', *new)],
        _ => removed.into_iter().map(|old| ('-', old)).chain(added.into_iter().map(|new| ('+', new))).collect(),
    }
}

/// Whether a file may hold the key, by its statistics.
fn may_hold(file: &DataFile, key: &[(String, String)]) -> bool {
    key.iter().all(|(name, value)| match (file.whole_number_bounds(name), value.trim().parse::<i64>()) {
        (Some((least, most)), Ok(value)) => (least..=most).contains(&value),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::changes;
    use sluice_query::FoundRow;

    #[test]
    fn a_row_that_only_moved_did_not_change() {
        let found: Vec<FoundRow> =
            [7, 8, 7, 9].iter().map(|content| FoundRow { file: 0, row: 0, content: *content }).collect();
        let set = |numbers: &[usize]| numbers.iter().copied().collect();
        assert_eq!(changes(&found, &set(&[]), &set(&[0])), [('+', 0)]);
        assert_eq!(changes(&found, &set(&[0]), &set(&[1])), [('~', 1)]);
        assert_eq!(changes(&found, &set(&[0]), &set(&[2])), []);
        assert_eq!(changes(&found, &set(&[1]), &set(&[])), [('-', 1)]);
        // A closed and an open row of a history, the old one written again.
        assert_eq!(changes(&found, &set(&[0, 1]), &set(&[2, 3])), [('~', 3)]);
        assert_eq!(changes(&found, &set(&[1]), &set(&[0, 3])), [('-', 1), ('+', 0), ('+', 3)]);
    }
}
