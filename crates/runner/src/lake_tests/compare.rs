//! Rows of a table beside those that a test expects, cell by cell.

use crate::RunError;
use crate::support::column_texts::ColumnTexts;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use sluice_api::{CellDifference, RowDifference};
use sluice_contract::{ExpectedRow, ExpectedRows};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Cells that are listed of one expectation; of the others the number is said.
pub(super) const CELLS_MAX: usize = 50;

/// What a comparison came to.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Cells, and rows that are there or not.
    pub(super) compared: u64,
    /// Those that differ, at most [`CELLS_MAX`] of them.
    pub(super) cells: Vec<CellDifference>,
    /// How many differ.
    pub(super) differing: u64,
    /// Columns that the expectation names and the table does not have, each with its line.
    pub(super) unknown: Vec<(u32, String)>,
}

type Row = BTreeMap<String, Option<String>>;

/// Rows of a table as people read them.
pub(super) struct Rows {
    types: BTreeMap<String, DataType>,
    rows: Vec<Row>,
}

impl Rows {
    /// Those of a version of a table; the schema is known if there are none.
    pub(super) fn of(schema: &Schema, batches: &[RecordBatch]) -> Result<Self, RunError> {
        let types = schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
        let mut rows = Vec::new();
        for batch in batches {
            let mut columns = Vec::with_capacity(batch.num_columns());
            let schema = batch.schema();
            for (field, column) in schema.fields().iter().zip(batch.columns()) {
                columns.push((field.name().clone(), ColumnTexts::of(column)?));
            }
            rows.extend(
                (0..batch.num_rows()).map(|row| -> Row {
                    columns.iter().map(|(name, texts)| (name.clone(), texts.text(row))).collect()
                }),
            );
        }
        Ok(Self { types, rows })
    }

    /// Each by column.
    pub(super) fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    /// Names of the columns that are not Sluice's own.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str).filter(|name| !name.starts_with('_'))
    }

    /// Those of a table that is not there.
    pub(super) fn none() -> Self {
        Self { types: BTreeMap::new(), rows: Vec::new() }
    }

    /// A value as it is written for its column, in the words of a value that is read: `1.5` is `1.50` of two digits.
    fn as_read(&self, column: &str, text: &str) -> String {
        let read = || -> Option<String> {
            let written: ArrayRef = Arc::new(StringArray::from(vec![text]));
            let to = self.types.get(column).filter(|to| !to.is_nested() && !is_bytes(to))?;
            let typed = cast(&written, to).ok()?;
            ColumnTexts::of(&typed).ok()?.text(0)
        };
        read().unwrap_or_else(|| text.to_owned())
    }

    /// Compares them with what is expected. `key`: columns that name a row; several rows may have the same, of a table
    /// with history for example, and then each is looked for as a whole.
    pub(super) fn compare(&self, expected: &ExpectedRows, key: &[String]) -> Compared {
        let mut found = Compared::default();
        let mut wanted: BTreeMap<Vec<Option<String>>, Vec<Row>> = BTreeMap::new();
        for ExpectedRow { line, cells } in &expected.rows {
            let unknown = cells.keys().filter(|name| !self.types.is_empty() && !self.types.contains_key(*name));
            found.unknown.extend(unknown.map(|name| (*line, name.clone())));
            let read = |(name, text): (&String, &Option<String>)| {
                (name.clone(), text.as_ref().map(|text| self.as_read(name, text)))
            };
            let row: Row = cells.iter().map(read).collect();
            wanted.entry(key_of(&row, key)).or_default().push(row);
        }
        let mut there: BTreeMap<Vec<Option<String>>, Vec<&Row>> = BTreeMap::new();
        for row in &self.rows {
            there.entry(key_of(row, key)).or_default().push(row);
        }
        for (of_key, mut rows) in wanted {
            // Those that name most are the hardest to find.
            rows.sort_by_key(|row| std::cmp::Reverse(row.len()));
            let same = there.remove(&of_key).unwrap_or_default();
            let left = found.compare_group(rows, same, key, &of_key);
            if !left.is_empty() {
                there.insert(of_key, left);
            }
        }
        if !expected.others_allowed {
            found.compared += 1;
            let surplus = there.iter().flat_map(|(of_key, rows)| rows.iter().map(move |row| (of_key, *row)));
            for (of_key, row) in surplus {
                found.differ(whole_row(RowDifference::Surplus, row, key, of_key));
            }
        }
        found
    }
}

impl Compared {
    fn differ(&mut self, cell: CellDifference) {
        self.differing += 1;
        if self.cells.len() < CELLS_MAX {
            self.cells.push(cell);
        }
    }

    /// Rows of one key: those that are as expected first, then each of the others beside one that is left.
    fn compare_group<'a>(
        &mut self,
        wanted: Vec<Row>,
        mut there: Vec<&'a Row>,
        key: &[String],
        of_key: &[Option<String>],
    ) -> Vec<&'a Row> {
        let mut unmatched = Vec::new();
        for row in wanted {
            self.compared += row.len() as u64;
            match there.iter().position(|is| differing(&row, is).next().is_none()) {
                Some(at) => {
                    there.remove(at);
                }
                None => unmatched.push(row),
            }
        }
        for row in unmatched {
            let closest = there.iter().enumerate().min_by_key(|(_, is)| differing(&row, is).count());
            let closest = closest.map(|(at, _)| at).filter(|_| !key.is_empty());
            match closest.map(|at| there.remove(at)) {
                Some(is) => {
                    for name in differing(&row, is) {
                        self.differ(CellDifference {
                            row: RowDifference::Changed,
                            key: named(key, of_key),
                            column: name.clone(),
                            expected: row.get(name).cloned().flatten(),
                            got: is.get(name).cloned().flatten(),
                        });
                    }
                }
                None => self.differ(whole_row(RowDifference::Missing, &row, key, of_key)),
            }
        }
        there
    }
}

/// Whether values of a type are shown in digits that a text of them does not have.
fn is_bytes(of: &DataType) -> bool {
    matches!(of, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_))
}

/// Columns that a row states and that are others.
fn differing<'a>(wanted: &'a Row, is: &'a Row) -> impl Iterator<Item = &'a String> {
    wanted.iter().filter(|(name, value)| is.get(*name) != Some(*value)).map(|(name, _)| name)
}

fn key_of(row: &Row, key: &[String]) -> Vec<Option<String>> {
    key.iter().map(|name| row.get(name).cloned().flatten()).collect()
}

fn named(key: &[String], values: &[Option<String>]) -> Vec<(String, Option<String>)> {
    key.iter().cloned().zip(values.iter().cloned()).collect()
}

/// A row that is there or not: by its key, or by all its values if it has none.
fn whole_row(row: RowDifference, of: &Row, key: &[String], of_key: &[Option<String>]) -> CellDifference {
    let key = if key.is_empty() { whole(of) } else { named(key, of_key) };
    CellDifference { row, key, column: String::new(), expected: None, got: None }
}

fn whole(row: &Row) -> Vec<(String, Option<String>)> {
    let own = row.iter().filter(|(name, _)| !name.starts_with('_'));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::Rows;
    use arrow::array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
    use sluice_contract::{ExpectedRow, ExpectedRows};
    use std::sync::Arc;

    fn table() -> Rows {
        let total = Decimal128Array::from(vec![Some(150), None, Some(7)]).with_precision_and_scale(9, 2).unwrap();
        let columns: [(&str, ArrayRef); 3] = [
            ("id", Arc::new(Int64Array::from(vec![1, 2, 2]))),
            ("total", Arc::new(total)),
            ("name", Arc::new(StringArray::from(vec!["Ada", "", "Bo"]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        Rows::of(&batch.schema(), &[batch]).unwrap()
    }

    fn compare(rows: &[&[(&str, Option<&str>)]], others_allowed: bool, key: &[&str]) -> Vec<String> {
        let row = |cells: &&[(&str, Option<&str>)]| ExpectedRow {
            line: 1,
            cells: cells.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect(),
        };
        let expected = ExpectedRows { line: 1, others_allowed, rows: rows.iter().map(row).collect() };
        let key: Vec<String> = key.iter().map(|name| (*name).to_owned()).collect();
        let found = table().compare(&expected, &key);
        assert_eq!(found.differing, found.cells.len() as u64);
        found.cells.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_are_compared_as_their_column_reads_them() {
        let one: &[_] = &[("id", Some("1")), ("total", Some("1.5"))];
        let two: &[_] = &[("id", Some("2")), ("total", None), ("name", Some(""))];
        let other: &[_] = &[("id", Some("2")), ("total", Some("0.07"))];
        assert!(compare(&[one, two, other], false, &["id"]).is_empty());
        assert!(compare(&[one, two, other], false, &[]).is_empty());
        assert!(compare(&[one], true, &["id"]).is_empty());
    }

    #[test]
    fn what_differs_is_named_by_key_and_column() {
        let one: &[_] = &[("id", Some("1")), ("total", Some("1.51"))];
        assert_eq!(compare(&[one], true, &["id"]), ["~ id = 1: total expected 1.51, got 1.50"]);
        let none: &[_] = &[("id", Some("9")), ("name", None)];
        assert_eq!(compare(&[none], true, &["id"]), ["- id = 9: expected, not there"]);
        let surplus = compare(&[&[("id", Some("1"))], &[("id", Some("2"))]], false, &["id"]);
        assert_eq!(surplus, ["+ id = 2: there, not expected"]);
        let two: &[_] = &[("id", Some("2")), ("name", None)];
        assert_eq!(compare(&[two], true, &["id"]).len(), 1, "null is no empty text");
    }
}
