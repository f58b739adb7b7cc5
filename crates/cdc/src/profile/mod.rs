//! Everything counted over a sample, whatever its format.

pub(crate) mod column_sample;
pub(crate) mod csv_form;
pub(crate) mod csv_header;
pub(crate) mod csv_sample;
pub(crate) mod file_values;
pub(crate) mod guess;
mod key_names;
mod key_spread;
pub(crate) mod parquet_sample;
pub(crate) mod shape;
mod written;
pub(crate) mod written_guess;

use file_values::FileValues;
use guess::Guess;
use key_names::{is_named_like_key, is_own_key, plain_letters};
use shape::{Shape, hash};

use sluice_contract::{SourceTable, folded_name};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Columns in the order in which they were first seen.
#[derive(Default)]
pub(crate) struct Profile {
    pub(crate) columns: Vec<ColumnProfile>,
    positions: BTreeMap<String, usize>,
    /// Records seen.
    pub(crate) records: u64,
    /// Values of plain rows by file.
    pub(crate) file_values: FileValues,
    /// Names of members that a tool added to the rows, by what they are (`source.add_fields`).
    pub(crate) added_fields: BTreeMap<String, String>,
    /// Members that it added beside them, which nothing reads.
    pub(crate) added_beside: Vec<String>,
    /// What people have to decide about them.
    pub(crate) added_doubts: Vec<String>,
    /// Records that fit the format.
    pub(crate) fitting: u64,
    /// Records with a row (deletes and truncates left out).
    pub(crate) rows: u64,
    pub(crate) tombstones: u64,
    pub(crate) deletes: u64,
    /// Records that say their row in their key alone.
    pub(crate) by_key_alone: u64,
    /// A file of keys is beside the files.
    pub(crate) has_key_file: bool,
    pub(crate) operations: BTreeMap<String, u64>,
    /// Records with each part of a position.
    pub(crate) positioned: BTreeMap<&'static str, u64>,
    /// Changes without it, though their format has one.
    pub(crate) unpositioned: BTreeMap<&'static str, u64>,
    /// Records by the order of events that they would have by themselves, in words.
    pub(crate) orders: BTreeMap<&'static str, u64>,
    /// Records that lack a part of it, by the part.
    pub(crate) order_lacks: BTreeMap<&'static str, u64>,
    /// Records whose order was looked for.
    pub(crate) ordered: u64,
    pub(crate) with_schema: u64,
    pub(crate) connector: Option<String>,
    /// Records by the table of the source that they say they are of.
    pub(crate) source_tables: BTreeMap<String, u64>,
    /// Records of other tables are left out of the sample.
    pub(crate) only_table: Option<SourceTable>,
    /// How many those are.
    pub(crate) left_out: u64,
    /// Why records of the format have no row that can be read, if some have none.
    pub(crate) not_readable: Option<&'static str>,
    /// Files that end too early or are damaged.
    pub(crate) damaged_files: u64,
    /// Changes in files whose names order them.
    pub(crate) placed: u64,
    /// Records of a snapshot or full load, which need no position.
    pub(crate) snapshot_rows: u64,
    /// Partitions of the topic that files of the sink are of.
    pub(crate) partitions: BTreeSet<u64>,
    /// Records of an export, whose changes come in exports, too.
    pub(crate) is_export: bool,
    /// Rows that an earlier file has as well, and those of all files but the first.
    pub(crate) rows_again: (u64, u64),
    row_files: BTreeMap<u64, u64>,
    /// Files read so far.
    pub(crate) files: u64,
    /// Paths of the files, by their number.
    pub(crate) paths: Vec<String>,
    /// Per file a number of the folders in which it lies; empty where folders say nothing that the rows do not have.
    pub(crate) folder_groups: Vec<u64>,
    /// A key is once in a file, and again in the files in which its row changed.
    pub(crate) keys_repeat_over_files: bool,
    /// Names of the key from the record keys, if their files were sampled.
    pub(crate) record_key: Vec<String>,
    /// Number of fields of CSV records, with how often.
    pub(crate) widths: BTreeMap<usize, u64>,
    /// Names of the fields of CSV without a header, from a file beside them.
    pub(crate) field_names: Vec<Vec<String>>,
    own_names: Vec<String>,
    /// CSV files have a header.
    pub(crate) has_header: bool,
    /// Texts without quotes by which CSV columns say null.
    nulls: BTreeMap<String, BTreeSet<&'static str>>,
    /// Names of the key columns in the records themselves.
    named_key: Option<Vec<String>>,
    named_keys_differ: bool,
    /// Rows of a snapshot, or inserts.
    new_rows: Vec<NewRow>,
    new_rows_of_snapshot: bool,
}

/// A row that came into the table, or left it: hashes of its values by column, and the file it is of.
struct NewRow {
    file: u64,
    values: BTreeMap<usize, u64>,
    is_gone: bool,
}

/// One column of a sample.
pub(crate) struct ColumnProfile {
    pub(crate) name: String,
    /// Values in rows.
    pub(crate) shape: Shape,
    /// Values in deletes.
    pub(crate) deleted: Shape,
    /// What a schema says of its type.
    pub(crate) by_schema: Option<Guess>,
}

/// Tables of a stream that a sample counts.
const SOURCE_TABLES_MAX: usize = 1_000;
/// Rows kept to find a key.
const NEW_ROWS_MAX: usize = 5_000;
/// Why a key that was found is none that anybody may rely on.
const BY_CHANCE: &str = "what tells the rows of the sample apart has no name of a key, and may repeat in the table";
/// Why none of several columns is the key.
const FEW_ROWS: &str = "several columns are called as keys are, and so few rows do not say which of them is one";
const BY_NAME: &str = "no two new rows share them, and it is called after the table";
/// Rows that came in which another column than the key hardly has only different values.
const ROWS_THAT_TELL: usize = 30;
/// Names of the two columns of a key, in small letters: a partition and what sorts it.
const KEY_PAIRS: [(&str, &str); 4] =
    [("pk", "sk"), ("hashkey", "rangekey"), ("partitionkey", "sortkey"), ("partitionkey", "rowkey")];
/// Columns of a key that are looked for.
const KEY_COLUMNS_MAX: usize = 3;

impl Profile {
    /// Of the records of one table of the source, or of all.
    pub(crate) fn of_table(table: Option<&SourceTable>) -> Self {
        Self { only_table: table.cloned(), ..Self::default() }
    }

    /// Counts a record by its table, and says whether it is sampled: it is not of another table than the one that is
    /// asked for.
    pub(crate) fn is_of_table(&mut self, names: &[Option<Cow<'_, str>>; 3]) -> bool {
        let parts: Vec<&str> = names.iter().flatten().map(AsRef::as_ref).collect();
        if let Some(only) = &self.only_table
            && !only.is(&parts)
        {
            self.left_out += 1;
            return false;
        }
        if !parts.is_empty() && (self.source_tables.len() < SOURCE_TABLES_MAX) {
            *self.source_tables.entry(parts.join(".")).or_default() += 1;
        }
        true
    }

    /// The column of that name; new ones come after the column before them.
    pub(crate) fn column(&mut self, name: &str) -> &mut ColumnProfile {
        let position = match self.positions.get(name) {
            Some(position) => *position,
            None => {
                let position = self.columns.len();
                self.positions.insert(name.to_owned(), position);
                let (shape, deleted) = (Shape::default(), Shape::default());
                self.columns.push(ColumnProfile { name: name.to_owned(), shape, deleted, by_schema: None });
                position
            }
        };
        // The position is of this list.
        #[expect(clippy::indexing_slicing, reason = "the position was made by this list")]
        &mut self.columns[position]
    }

    /// Notes that a CSV column says null by a text without quotes.
    pub(crate) fn note_null(&mut self, column: &str, text: &'static str) {
        self.nulls.entry(column.to_owned()).or_default().insert(text);
    }

    /// Whether some column of CSV says null, or has an empty text without quotes.
    pub(crate) fn writes_nulls(&self) -> bool {
        !self.nulls.is_empty()
    }

    /// Texts by which a CSV column says null, besides `null_text`.
    pub(crate) fn other_nulls(&self, column: &str, null_text: &str) -> Vec<&'static str> {
        self.nulls.get(column).into_iter().flatten().copied().filter(|text| *text != null_text).collect()
    }

    /// Notes a whole plain row, by which files that repeat rows are known.
    pub(crate) fn note_row(&mut self, hash: u64) {
        let first = *self.row_files.entry(hash).or_insert(self.files);
        self.rows_again.0 += u64::from(first < self.files);
        self.rows_again.1 += u64::from(self.files > 0);
    }

    /// Whether a record of the sample has such a column.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.positions.contains_key(name)
    }

    /// Takes back a record that is none of the table's after all.
    pub(crate) fn forget_record(&mut self) {
        self.records = self.records.saturating_sub(1);
        self.fitting = self.fitting.saturating_sub(1);
    }

    /// A record is a tombstone after all.
    pub(crate) fn forget_tombstone(&mut self) {
        self.tombstones += 1;
        self.left_out += 1;
    }

    /// Takes the names of the key columns that a record says.
    pub(crate) fn note_named_key(&mut self, names: Vec<String>) {
        match &self.named_key {
            _ if names.is_empty() => {}
            Some(known) => self.named_keys_differ |= *known != names,
            None => self.named_key = Some(names),
        }
    }

    /// The column that a record means: of that name, else of one that differs in upper and lower case only.
    fn column_named(&self, name: &str) -> String {
        let folded = || self.columns.iter().find(|column| folded_name(&column.name) == folded_name(name));
        let found = self.positions.get(name).and_then(|position| self.columns.get(*position)).or_else(folded);
        found.map_or(name, |column| column.name.as_str()).to_owned()
    }

    /// Columns of the format at the end of a CSV record.
    pub(crate) fn note_own_names(&mut self, names: Vec<String>) {
        if names.len() > self.own_names.len() {
            self.own_names = names;
        }
    }

    /// One list of names per number of fields that was seen in CSV records, the most first.
    pub(crate) fn csv_layouts(&self) -> Vec<Vec<String>> {
        let widths = self.widths.keys().rev();
        widths
            .map(|width| {
                let names = self.columns.iter().map(|column| column.name.clone());
                names.take(width.saturating_sub(self.own_names.len())).chain(self.own_names.iter().cloned()).collect()
            })
            .collect()
    }

    /// The layouts that files beside CSV without a header tell.
    pub(crate) fn named_layouts(&self) -> Vec<Vec<String>> {
        self.field_names.clone()
    }

    /// Keeps a row of a snapshot or an insert, by which keys are found. A snapshot has every key
    /// once; inserts repeat (delivery is at least once, keys come back), so they count only where
    /// there is no snapshot.
    pub(crate) fn new_row<'v>(&mut self, of_snapshot: bool, values: impl Iterator<Item = (&'v str, &'v str)>) {
        if of_snapshot && !self.new_rows_of_snapshot {
            self.new_rows.clear();
            self.new_rows_of_snapshot = true;
        }
        if of_snapshot == self.new_rows_of_snapshot {
            self.keep_row(false, values);
        }
    }

    /// Keeps the values of a delete: its key may come again.
    pub(crate) fn gone_row<'v>(&mut self, values: impl Iterator<Item = (&'v str, &'v str)>) {
        if !self.new_rows.is_empty() {
            self.keep_row(true, values);
        }
    }

    fn keep_row<'v>(&mut self, is_gone: bool, values: impl Iterator<Item = (&'v str, &'v str)>) {
        if self.new_rows.len() < NEW_ROWS_MAX {
            let positions = &self.positions;
            let values = values.filter_map(|(name, value)| Some((*positions.get(name)?, hash(value))));
            self.new_rows.push(NewRow { file: self.files, values: values.collect(), is_gone });
        }
    }

    /// Whether the records themselves, or their keys, say what the key is.
    pub(crate) fn states_key(&self) -> bool {
        !self.record_key.is_empty() || self.named_key.is_some() || self.named_keys_differ
    }

    /// The key columns, and in words how they were found.
    /// `table` is the name of the table, after which a key may be called.
    pub(crate) fn key(&self, table: &str) -> (Vec<String>, &'static str) {
        // The record key of a document has another name than its member.
        let is_column = |name: &String| self.positions.contains_key(name);
        if !self.record_key.is_empty() && (self.named_key.is_none() || self.record_key.iter().all(is_column)) {
            return (self.record_key.clone(), "the record keys have these columns");
        }
        if self.named_keys_differ {
            return (Vec::new(), "the records name different columns");
        }
        if let Some(names) = &self.named_key {
            return (names.iter().map(|name| self.column_named(name)).collect(), "the records name these columns");
        }
        let candidates: Vec<usize> = (0..self.columns.len()).filter(|position| self.may_be_key(*position)).collect();
        let varying: Vec<usize> =
            candidates.iter().copied().filter(|position| self.varies_in_deletes(*position)).collect();
        let few = !varying.is_empty() && varying.len() <= KEY_COLUMNS_MAX.max(self.columns.len() / 4);
        // Of a delete that carries a whole row any column may tell rows apart.
        let mut others = (0..self.columns.len()).filter(|position| !varying.contains(position));
        let only_these = others.clone().all(|position| !self.differs_in_deletes(position))
            && others.any(|position| self.columns.get(position).is_some_and(|column| column.shape.distinct() > 1));
        if self.deletes >= 2 && few && only_these && self.is_unique(&varying) {
            return (self.names(&varying), "deletes carry only these columns, and no two new rows share them");
        }
        for count in 1..=KEY_COLUMNS_MAX {
            let mut found: Vec<Vec<usize>> = Vec::new();
            combinations(&candidates, count, &mut Vec::new(), &mut |chosen| {
                if self.is_unique(chosen) {
                    found.push(chosen.to_vec());
                }
            });
            let likely =
                |chosen: &Vec<usize>| chosen.iter().filter(|position| !self.named_like_key(**position)).count();
            if let Some(chosen) = found.iter().min_by_key(|chosen| (likely(chosen), chosen.first().copied())) {
                // A name or a time is different in every row of many samples, and not in the table; and beside a key that
                // came twice anything tells its rows apart.
                if likely(chosen) > 0 {
                    return (Vec::new(), BY_CHANCE);
                }
                if let Some(pair) = self.key_pair(chosen) {
                    return (self.names(&pair), "the names of these columns say that they are the key together");
                }
                // Of few rows a column of another table's key may be different in each, too.
                if count == 1 && self.rows_that_came() < ROWS_THAT_TELL {
                    let called = found.iter().flatten().copied().filter(|position| self.named_like_key(*position));
                    match self.key_among_few(&called.collect::<Vec<_>>(), table) {
                        Some(position) if [position] == chosen[..] => {}
                        Some(position) => return (self.names(&[position]), BY_NAME),
                        None => return (Vec::new(), FEW_ROWS),
                    }
                }
                return (self.names(chosen), "no two new rows share them");
            }
        }
        (Vec::new(), "no set of columns tells the rows apart")
    }

    /// Rows that came into the table, in the sample.
    fn rows_that_came(&self) -> usize {
        self.new_rows.iter().filter(|row| !row.is_gone).count()
    }

    /// The key of a table of few rows, of several columns that are called as keys are.
    fn key_among_few(&self, called: &[usize], table: &str) -> Option<usize> {
        let name = |position: usize| self.columns.get(position).map_or("", |column| column.name.as_str());
        let own: Vec<usize> = called.iter().copied().filter(|position| is_own_key(name(*position), table)).collect();
        match (called, own.as_slice()) {
            ([only], _) | (_, [only]) => Some(*only),
            _ => None,
        }
    }

    /// The two columns of a key of which one alone was found.
    fn key_pair(&self, found: &[usize]) -> Option<[usize; 2]> {
        let [one] = found else { return None };
        let plain = |position: usize| Some(plain_letters(&self.columns.get(position)?.name));
        let name = plain(*one)?;
        let (_, other) = KEY_PAIRS.into_iter().find(|(first, _)| *first == name)?;
        let other = (0..self.columns.len()).find(|position| plain(*position).as_deref() == Some(other))?;
        let shape = &self.columns.get(other)?.shape;
        (shape.rows == self.rows && shape.values() == shape.rows).then_some([*one, other])
    }

    fn may_be_key(&self, position: usize) -> bool {
        self.columns.get(position).is_some_and(|column| {
            let shape = &column.shape;
            let plain = shape.fractions == 0 && shape.lists == 0 && shape.objects == 0 && shape.booleans == 0;
            shape.rows == self.rows
                && shape.values() == shape.rows
                && plain
                && (shape.distinct() > 1 || self.rows_that_came() == 1)
        })
    }

    fn varies_in_deletes(&self, position: usize) -> bool {
        self.columns.get(position).is_some_and(|column| {
            column.deleted.rows == self.deletes
                && column.deleted.values() == self.deletes
                && column.deleted.distinct() > 1
        })
    }

    /// Whether deletes have different values of a column, in all of them or in some.
    fn differs_in_deletes(&self, position: usize) -> bool {
        self.columns.get(position).is_some_and(|column| column.deleted.distinct() > 1)
    }

    fn is_unique(&self, positions: &[usize]) -> bool {
        let (mut live, mut seen, mut repeated) = (BTreeSet::new(), 0_usize, 0_usize);
        for row in &self.new_rows {
            let key: Option<Vec<u64>> = positions.iter().map(|position| row.values.get(position).copied()).collect();
            let file = if self.keys_repeat_over_files { row.file } else { self.folder_group(row).unwrap_or(0) };
            match (key, row.is_gone) {
                (Some(key), true) => {
                    live.remove(&(file, key));
                }
                (None, true) => {}
                (Some(key), false) => {
                    seen += 1;
                    repeated += usize::from(!live.insert((file, key)));
                }
                (None, false) => return false,
            }
        }
        seen > 0 && (repeated == 0 || (!self.new_rows_of_snapshot && repeated * 10 < seen - repeated))
    }

    fn named_like_key(&self, position: usize) -> bool {
        self.columns.get(position).is_some_and(|column| is_named_like_key(&column.name))
    }

    fn names(&self, positions: &[usize]) -> Vec<String> {
        let columns = positions.iter().filter_map(|position| self.columns.get(*position));
        columns.map(|column| column.name.clone()).collect()
    }
}

/// Calls `visit` with every choice of `count` of `from`, in order; only the first 12 are combined.
fn combinations(from: &[usize], count: usize, chosen: &mut Vec<usize>, visit: &mut impl FnMut(&[usize])) {
    if chosen.len() == count {
        visit(chosen);
        return;
    }
    for (at, position) in from.iter().enumerate().take(12) {
        chosen.push(*position);
        combinations(from.get(at + 1..).unwrap_or_default(), count, chosen, visit);
        chosen.pop();
    }
}
