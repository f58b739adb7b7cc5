//! Batches of changes cut into parts, and put together.

use crate::{ChangeBatch, RowRef};
use arrow::array::{BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use std::collections::BTreeMap;
use std::sync::Arc;

impl ChangeBatch {
    /// The events of several batches, one after the other; `None` of no batch. Neighbours of the same files share them.
    ///
    /// # Errors
    /// An Arrow error if the parts are of different tables, or one column would have more than 2 GiB of text.
    pub fn joined(parts: Vec<Self>) -> Result<Option<Self>, ArrowError> {
        let has_texts = parts.iter().all(|part| part.records.len() == part.ops.len());
        let mut parts = parts.into_iter();
        let Some(mut all) = parts.next() else { return Ok(None) };
        if !has_texts {
            all.records = Vec::new();
        }
        let (mut first_file, mut last_files) = (0, all.files.clone());
        let mut rows = vec![std::mem::replace(&mut all.rows, RecordBatch::new_empty(Arc::new(Schema::empty())))];
        for part in parts {
            let before = u32::try_from(all.ops.len()).unwrap_or(u32::MAX);
            if last_files != part.files {
                first_file = u32::try_from(all.files.len()).unwrap_or(u32::MAX);
                all.files.extend(part.files.iter().cloned());
                last_files = part.files;
            }
            all.absent.extend(part.absent.into_iter().map(|(row, columns)| (row.saturating_add(before), columns)));
            all.ops.extend(part.ops);
            all.seqs.append(&part.seqs);
            let in_all = |at: RowRef| RowRef { file: at.file.saturating_add(first_file), ..at };
            part.refs.iter().for_each(|at| all.refs.push(in_all(at)));
            part.source_times_ms.iter().for_each(|time| all.source_times_ms.push(time));
            if has_texts {
                all.records.extend(part.records);
            }
            rows.push(part.rows);
        }
        if let Some(first) = rows.first() {
            all.rows = concat_batches(&first.schema(), &rows)?;
        }
        Ok(Some(all))
    }

    /// Some of the events, in the order of `rows`, without the records as delivered.
    ///
    /// # Errors
    /// An Arrow error if there is no such row.
    pub fn picked(&self, rows: &[u32]) -> Result<Self, ArrowError> {
        let mut absent = BTreeMap::new();
        if !self.absent.is_empty() {
            let of_rows = (0_u32..).zip(rows).filter_map(|(at, row)| Some((at, self.absent.get(row)?.clone())));
            absent.extend(of_rows);
        }
        Ok(Self {
            files: self.files.clone(),
            rows: take_record_batch(&self.rows, &UInt32Array::from(rows.to_vec()))?,
            ops: rows.iter().filter_map(|row| self.ops.get(*row as usize).copied()).collect(),
            seqs: self.seqs.picked(rows),
            refs: self.refs.picked(rows),
            absent,
            source_times_ms: self.source_times_ms.picked(rows),
            records: Vec::new(),
        })
    }

    /// The events for which `keep` is true, in the same order.
    ///
    /// # Errors
    /// An Arrow error if `keep` has not one entry per event.
    pub fn filter(self, keep: &[bool]) -> Result<Self, ArrowError> {
        fn kept<T, A: FromIterator<T>>(all: impl IntoIterator<Item = T>, keep: &[bool]) -> A {
            all.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(one, _)| one).collect()
        }
        let mut new_row = 0;
        let places = keep.iter().map(|keep| {
            let row = new_row;
            new_row += u32::from(*keep);
            keep.then_some(row)
        });
        let places: Vec<Option<u32>> = places.collect();
        let place = |row: u32| usize::try_from(row).ok().and_then(|row| places.get(row).copied().flatten());
        let absent = self.absent.into_iter().filter_map(|(row, columns)| Some((place(row)?, columns))).collect();
        Ok(Self {
            rows: filter_record_batch(&self.rows, &BooleanArray::from(keep.to_vec()))?,
            ops: kept(self.ops, keep),
            seqs: kept(self.seqs.iter(), keep),
            refs: kept(self.refs.iter(), keep),
            source_times_ms: kept(self.source_times_ms.iter(), keep),
            records: kept(self.records, keep),
            absent,
            files: self.files,
        })
    }

    /// The events in groups, each in the same order: `group` says which of the `groups` an event belongs to;
    /// events of no group are left out.
    ///
    /// # Errors
    /// An Arrow error if the columns do not fit the other vectors.
    pub fn split(self, groups: usize, group: impl Fn(RowRef) -> Option<usize>) -> Result<Vec<Self>, ArrowError> {
        let of: Vec<Option<usize>> = self.refs.iter().map(|at| group(at).filter(|group| *group < groups)).collect();
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); groups];
        let mut places = Vec::with_capacity(of.len());
        for (row, group) in (0_u32..).zip(&of) {
            places.push(group.map(|group| {
                rows[group].push(row);
                (group, u32::try_from(rows[group].len() - 1).unwrap_or(u32::MAX))
            }));
        }
        let mut parts = Vec::with_capacity(groups);
        for rows in rows {
            let rows = take_record_batch(&self.rows, &UInt32Array::from(rows))?;
            parts.push(Self::without_events(self.files.clone(), rows));
        }
        for (row, columns) in self.absent {
            if let Some((group, row)) = places.get(row as usize).copied().flatten() {
                parts[group].absent.insert(row, columns);
            }
        }
        let known = self.seqs.iter().zip(self.refs.iter()).zip(self.source_times_ms.iter());
        let texts = self.records.into_iter().map(Some).chain(std::iter::repeat(None));
        let events = self.ops.into_iter().zip(known).zip(texts);
        for (((op, ((seq, at), time)), record), group) in events.zip(of) {
            let Some(part) = group.map(|group| &mut parts[group]) else { continue };
            part.ops.push(op);
            part.seqs.push(seq);
            part.refs.push(at);
            part.source_times_ms.push(time);
            part.records.extend(record);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef, SourceFile};
    use sluice_contract::Contract;
    use std::sync::Arc;

    fn batch(contract: &Arc<Contract>, path: &str, ids: std::ops::Range<i64>) -> ChangeBatch {
        let file = SourceFile { path: path.to_owned(), ..SourceFile::default() };
        let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), vec![file]);
        for id in ids {
            builder.push(Event {
                at: RowRef { file: 0, row: id.cast_unsigned(), offset: 0 },
                op: Op::Upsert,
                rank: 1,
                parts: [id.cast_unsigned(), 0, 0, 0, 0],
                cells: vec![Cell::Int(id), if id % 2 == 0 { Cell::Absent } else { Cell::Int(1) }],
                source_time_ms: Some(id),
                record: id.to_string(),
            });
        }
        builder.finish().unwrap()
    }

    #[test]
    fn what_is_joined_is_every_event_with_its_file() {
        let text = "dataset: a.b\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: a, type: int}\n";
        let contract = Arc::new(Contract::parse(text, "b.yaml").unwrap());
        let parts = [("x", 0..3), ("x", 3..4), ("y", 4..4), ("y", 4..9)];
        let parts = parts.map(|(path, ids)| batch(&contract, path, ids));
        let all = ChangeBatch::joined(parts.to_vec()).unwrap().unwrap();
        let path = |row: usize| all.files[all.refs.at(row).file as usize].path.as_str();
        assert_eq!((0..9).map(path).collect::<String>(), "xxxxyyyyy");
        assert_eq!(all.absent.keys().copied().collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
        assert_eq!(all.records.concat(), "012345678");
        assert!(all.source_times_ms.iter().eq((0..9).map(Some)));
        let picked = all.picked(&[8, 1, 4]).unwrap();
        assert_eq!(picked.absent.keys().copied().collect::<Vec<_>>(), [0, 2]);
        assert!(picked.source_times_ms.iter().eq([Some(8), Some(1), Some(4)]) && picked.len() == 3);
        assert!(ChangeBatch::joined(Vec::new()).unwrap().is_none());
    }
}
