//! Folders that belong to a table format: which of their files hold the table's rows is in its metadata.

use std::fmt;

/// A table of another format, found by the names of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignTable {
    /// Its folder.
    pub folder: String,
    /// Whose table it is.
    pub kind: TableFormat,
}

/// A table format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Delta Lake: `_delta_log/`.
    Delta,
    /// Apache Iceberg: `metadata/….metadata.json`.
    Iceberg,
    /// Apache Hudi: `.hoodie/`.
    Hudi,
}

impl fmt::Display for TableFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delta => "Delta",
            Self::Iceberg => "Iceberg",
            Self::Hudi => "Hudi",
        })
    }
}

/// The first table of another format among these files. Its data files hold removed rows too, so they are no change
/// files.
///
/// ```
/// use sluice_cdc::foreign_table;
///
/// let paths = ["export/people/part-0.parquet", "export/people/_delta_log/00000000000000000000.json"];
/// let found = foreign_table(paths.into_iter()).unwrap();
/// assert_eq!((found.folder.as_str(), found.kind.to_string().as_str()), ("export/people", "Delta"));
/// assert_eq!(foreign_table(["export/people/1.parquet"].into_iter()), None);
/// ```
#[must_use]
pub fn foreign_table<'p>(mut paths: impl Iterator<Item = &'p str>) -> Option<ForeignTable> {
    paths.find_map(table_of)
}

fn table_of(path: &str) -> Option<ForeignTable> {
    let (folders, name) = path.rsplit_once('/')?;
    let is_metadata = name.ends_with(".metadata.json") || name == "version-hint.text";
    let mut before = 0;
    for folder in folders.split('/') {
        let kind = match folder {
            "_delta_log" => Some(TableFormat::Delta),
            ".hoodie" => Some(TableFormat::Hudi),
            "metadata" if is_metadata => Some(TableFormat::Iceberg),
            _ => None,
        };
        if let Some(kind) = kind {
            return Some(ForeignTable { folder: path.get(..before)?.trim_end_matches('/').to_owned(), kind });
        }
        before += folder.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::foreign_table;

    #[test]
    fn tables_of_other_formats_are_known_by_their_metadata() {
        for (path, found) in [
            ("a/t/_delta_log/00000000000000000000.json", Some(("a/t", "Delta"))),
            ("_delta_log/_last_checkpoint", Some(("", "Delta"))),
            ("a/t/metadata/00000-1b.metadata.json", Some(("a/t", "Iceberg"))),
            ("a/t/metadata/version-hint.text", Some(("a/t", "Iceberg"))),
            ("a/t/.hoodie/hoodie.properties", Some(("a/t", "Hudi"))),
            ("a/metadata/people.csv", None),
            ("a/t/1.parquet", None),
        ] {
            let table = foreign_table([path].into_iter()).map(|table| (table.folder, table.kind.to_string()));
            assert_eq!(table, found.map(|(folder, kind)| (folder.to_owned(), kind.to_owned())), "{path}");
        }
    }
}
