//! Columns that have one value in each file of a sample, as the version of a full snapshot has.

use std::collections::{BTreeMap, BTreeSet};

/// The value of each column in each file, as long as it is one.
#[derive(Default)]
pub(crate) struct FileValues {
    columns: BTreeMap<String, Option<Vec<(u64, String)>>>,
    rows: u64,
    files: BTreeSet<u64>,
}

impl FileValues {
    /// Counts a row of a file.
    pub(crate) fn count_row(&mut self, file: u64) {
        self.rows += 1;
        self.files.insert(file);
    }

    /// Notes a value of a row of a file.
    pub(crate) fn note(&mut self, file: u64, column: &str, value: Option<&str>) {
        if !self.columns.contains_key(column) {
            self.columns.insert(column.to_owned(), Some(Vec::new()));
        }
        let Some(of_files) = self.columns.get_mut(column) else { return };
        let Some(values) = of_files else { return };
        match (values.last(), value) {
            (Some((last, known)), Some(value)) if *last == file && known == value => {}
            (Some((last, _)), Some(value)) if *last != file => values.push((file, value.to_owned())),
            (None, Some(value)) => values.push((file, value.to_owned())),
            _ => *of_files = None,
        }
    }

    /// Columns with one value in every file, and another one in each. Of one file, or of files of one row, nothing is known.
    pub(crate) fn distinct_by_file(&self) -> Vec<&str> {
        let files = self.files.len();
        if files < 2 || self.rows <= files as u64 {
            return Vec::new();
        }
        let differs = |values: &[(u64, String)]| {
            let distinct: BTreeSet<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
            values.len() == files && distinct.len() == files
        };
        let columns = self.columns.iter();
        columns.filter(|(_, values)| values.as_deref().is_some_and(differs)).map(|(name, _)| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::FileValues;

    #[test]
    fn a_version_is_one_value_in_each_file_and_another_one_in_each() {
        let rows = [(0, "a", "1"), (0, "a", "2"), (1, "b", "1"), (1, "b", "1"), (2, "c", "3")];
        let mut found = FileValues::default();
        for (file, day, other) in rows {
            found.count_row(file);
            found.note(file, "day", Some(day));
            found.note(file, "other", Some(other));
            found.note(file, "same", Some("x"));
            found.note(file, "null", (file > 0).then_some(day));
        }
        assert_eq!(found.distinct_by_file(), ["day"]);
        let mut one_row = FileValues::default();
        for file in 0..3 {
            one_row.count_row(file);
            one_row.note(file, "day", Some(&file.to_string()));
        }
        assert!(one_row.distinct_by_file().is_empty(), "any column has one value in a file of one row");
    }
}
