//! The first row in which two contents of a table differ, in order of the key.

use crate::error::EngineError;
use crate::fingerprint::{is_content, row_hashes};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use arrow::row::{OwnedRow, RowConverter, SortField};
use arrow::util::display::array_value_to_string;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDifference {
    /// `-` only before, `+` only after, `~` in both with other cells.
    pub change: char,
    /// Columns of the key with their values; none where the columns themselves differ.
    pub key: Vec<(String, CellText)>,
    /// The other columns that differ, with the cell before and after; their types where the columns differ.
    pub columns: Vec<(String, CellText, CellText)>,
}

/// A cell as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellText {
    /// Its text.
    Text(String),
    /// Null.
    Null,
    /// There is no such column.
    Absent,
}

/// The first row that differs, over the columns that say what rows are; `None` if there is none. Rows are the
/// same by `key`, or by all of their columns when it is empty.
///
/// # Errors
/// [`EngineError`] when a key column is missing or a type is none of a contract's.
pub fn first_difference(
    before: &[RecordBatch],
    after: &[RecordBatch],
    key: &[String],
) -> Result<Option<RowDifference>, EngineError> {
    if let (Some(old), Some(new)) = (before.first(), after.first()) {
        let columns = other_columns(&old.schema(), &new.schema());
        if !columns.is_empty() {
            return Ok(Some(RowDifference { change: '~', key: Vec::new(), columns }));
        }
    }
    let (old, new) = (Sorted::of(before, key)?, Sorted::of(after, key)?);
    let (mut i, mut j) = (0, 0);
    loop {
        let order = match (old.rows.get(i), new.rows.get(j)) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.key.cmp(&b.key),
        };
        match order {
            Ordering::Less => return old.only(i, '-').map(Some),
            Ordering::Greater => return new.only(j, '+').map(Some),
            Ordering::Equal if old.hash(i) == new.hash(j) => (i, j) = (i + 1, j + 1),
            Ordering::Equal => return Ok(Some(changed(&old, i, &new, j)?)),
        }
    }
}

/// A row, and where it is.
struct Row {
    key: OwnedRow,
    hash: [u8; 32],
    batch: usize,
    row: usize,
}

struct Sorted<'a> {
    batches: &'a [RecordBatch],
    key: Vec<String>,
    rows: Vec<Row>,
}

impl<'a> Sorted<'a> {
    fn of(batches: &'a [RecordBatch], key: &[String]) -> Result<Self, EngineError> {
        let Some(first) = batches.first() else {
            return Ok(Self { batches, key: key.to_vec(), rows: Vec::new() });
        };
        let names: Vec<String> = if key.is_empty() { content(&first.schema()) } else { key.to_vec() };
        let columns_of = |batch: &RecordBatch| -> Result<Vec<ArrayRef>, EngineError> {
            let column = |name: &String| batch.column_by_name(name).cloned();
            names.iter().map(|name| column(name).ok_or_else(|| EngineError::Column(name.clone()))).collect()
        };
        let fields = columns_of(first)?.iter().map(|array| SortField::new(array.data_type().clone())).collect();
        let converter = RowConverter::new(fields)?;
        let mut rows = Vec::new();
        for (batch, of) in batches.iter().enumerate() {
            let keys = converter.convert_columns(&columns_of(of)?)?;
            let hashes = row_hashes(of)?;
            rows.extend(keys.iter().zip(hashes).enumerate().map(|(row, (key, hash))| Row {
                key: key.owned(),
                hash,
                batch,
                row,
            }));
        }
        rows.sort_by(|a, b| a.key.cmp(&b.key).then_with(|| a.hash.cmp(&b.hash)));
        Ok(Self { batches, key: names, rows })
    }

    fn hash(&self, at: usize) -> Option<[u8; 32]> {
        self.rows.get(at).map(|row| row.hash)
    }

    fn cell(&self, at: usize, name: &str) -> Result<CellText, EngineError> {
        let row = self.rows.get(at);
        let column = row.and_then(|row| Some((self.batches.get(row.batch)?.column_by_name(name)?, row.row)));
        Ok(match column {
            None => CellText::Absent,
            Some((column, row)) if column.is_null(row) => CellText::Null,
            Some((column, row)) => CellText::Text(array_value_to_string(column, row)?),
        })
    }

    fn key_of(&self, at: usize) -> Result<Vec<(String, CellText)>, EngineError> {
        self.key.iter().map(|name| Ok((name.clone(), self.cell(at, name)?))).collect()
    }

    fn only(&self, at: usize, change: char) -> Result<RowDifference, EngineError> {
        Ok(RowDifference { change, key: self.key_of(at)?, columns: Vec::new() })
    }
}

fn changed(old: &Sorted<'_>, i: usize, new: &Sorted<'_>, j: usize) -> Result<RowDifference, EngineError> {
    let names = old.batches.first().map(|batch| content(&batch.schema())).unwrap_or_default();
    let mut columns = Vec::new();
    for name in names.into_iter().filter(|name| !old.key.contains(name)) {
        let (before, after) = (old.cell(i, &name)?, new.cell(j, &name)?);
        if before != after {
            columns.push((name, before, after));
        }
    }
    Ok(RowDifference { change: '~', key: old.key_of(i)?, columns })
}

/// Columns that say what rows are.
fn content(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).filter(|name| is_content(name)).collect()
}

/// Columns that only one side has, or that have other types.
fn other_columns(old: &Schema, new: &Schema) -> Vec<(String, CellText, CellText)> {
    let types = |schema: &Schema| -> BTreeMap<String, String> {
        let fields = schema.fields().iter().filter(|field| is_content(field.name()));
        fields.map(|field| (field.name().clone(), field.data_type().to_string())).collect()
    };
    let (before, after) = (types(old), types(new));
    let text = |found: Option<&String>| found.map_or(CellText::Absent, |text| CellText::Text(text.clone()));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    differing.map(|name| (name.clone(), text(before.get(name)), text(after.get(name)))).collect()
}

#[cfg(test)]
mod tests {
    use super::{CellText, first_difference};
    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;

    fn rows(ids: &[i64], words: &[Option<&str>]) -> RecordBatch {
        let ids: ArrayRef = Arc::new(Int64Array::from(ids.to_vec()));
        let words: ArrayRef = Arc::new(StringArray::from(words.to_vec()));
        RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("word", words, true)]).unwrap()
    }

    fn text(text: &str) -> CellText {
        CellText::Text(text.to_owned())
    }

    #[test]
    fn the_first_by_key_is_named_with_its_cells() {
        let key = ["id".to_owned()];
        let before = [rows(&[3, 1], &[Some("c"), Some("a")]), rows(&[2], &[Some("b")])];
        let same = [rows(&[1, 2, 3], &[Some("a"), Some("b"), Some("c")])];
        assert_eq!(first_difference(&before, &same, &key).unwrap(), None);
        let after = [rows(&[1, 2, 3], &[Some("a"), None, Some("x")])];
        let found = first_difference(&before, &after, &key).unwrap().unwrap();
        assert_eq!((found.change, found.key), ('~', vec![("id".to_owned(), text("2"))]));
        assert_eq!(found.columns, [("word".to_owned(), text("b"), CellText::Null)]);
    }

    #[test]
    fn rows_of_one_side_alone_and_other_columns_are_differences() {
        let key = ["id".to_owned()];
        let (one, two) = ([rows(&[1], &[Some("a")])], [rows(&[1, 2], &[Some("a"), Some("b")])]);
        let change = |a: &[RecordBatch], b: &[RecordBatch]| first_difference(a, b, &key).unwrap().unwrap().change;
        assert_eq!((change(&one, &two), change(&two, &one), change(&[], &one)), ('+', '-', '+'));
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let narrow = [RecordBatch::try_from_iter([("id", ids)]).unwrap()];
        let found = first_difference(&one, &narrow, &key).unwrap().unwrap();
        assert!(found.key.is_empty() && found.columns == [("word".to_owned(), text("Utf8"), CellText::Absent)]);
        // Without a key the whole row is it.
        let other = [rows(&[1], &[Some("b")])];
        assert_eq!(first_difference(&one, &other, &[]).unwrap().unwrap().change, '-');
    }
}
