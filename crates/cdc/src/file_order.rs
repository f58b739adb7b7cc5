//! The order in which the files of a table are read.

use crate::format::{FilePlace, FileStage};
use crate::formats;
use crate::table_folder::table_folder;
use sluice_contract::SourceFormat;
use std::collections::BTreeSet;

/// Order of a file among the files of its table. The result of a replay does not depend on it (the
/// order of events is [`sluice_change::EventSeq`]); reading in it keeps late events rare.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileOrder {
    stage: Stage,
    partition: u64,
    number: u64,
    name: String,
    path: String,
}

/// Files whose names tell no place come last, by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    Named(FileStage),
    ByPath,
}

/// The order of the file at `path`, by the names that the formats know:
///
/// * AWS DMS: full load first, `LOAD` counters are hexadecimal (`LOAD00000009`, `LOAD0000000A`);
///   then changes by the timestamp in their name, whatever their date folder.
/// * Kafka Connect S3 sink: `<topic>+<partition>+<offset>`, both numbers as numbers.
/// * Full exports of DynamoDB (`AWSDynamoDB/<id>/data/`) before changes.
/// * Everything else by path.
///
/// ```
/// use sluice_cdc::file_order_key;
///
/// let mut paths = ["o/20261120-084745494.csv", "o/LOAD0000000A.csv", "o/LOAD00000009.csv"];
/// paths.sort_by_key(|path| file_order_key(path));
/// assert_eq!(paths, ["o/LOAD00000009.csv", "o/LOAD0000000A.csv", "o/20261120-084745494.csv"]);
/// ```
#[must_use]
pub fn file_order_key(path: &str) -> FileOrder {
    let file_name = path.rsplit('/').next().unwrap_or(path);
    if formats::all().any(|format| format.full_export(path).is_some()) {
        let (stage, name) = (Stage::Named(FileStage::FullLoad), String::new());
        return FileOrder { stage, partition: 0, number: 0, name, path: path.to_owned() };
    }
    let path = path.to_owned();
    match formats::all().find_map(|format| format.file_place(file_name)) {
        Some(FilePlace { stage, partition, number, name }) => {
            FileOrder { stage: Stage::Named(stage), partition, number, name, path }
        }
        None => FileOrder { stage: Stage::ByPath, partition: 0, number: 0, name: String::new(), path },
    }
}

/// Whether the file at `path` is part of a full load in this format, by its name.
///
/// ```
/// use sluice_cdc::is_full_load;
/// use sluice_contract::SourceFormat;
///
/// assert!(is_full_load(SourceFormat::DmsCsv, "landing/orders/LOAD00000001.csv"));
/// assert!(!is_full_load(SourceFormat::DmsCsv, "landing/orders/20261120-084745494.csv"));
/// ```
#[must_use]
pub fn is_full_load(format: SourceFormat, path: &str) -> bool {
    formats::of(format).stage(path) == Some(FileStage::FullLoad)
}

/// The folder of the full export that the file at `path` is of, in a format whose producer gives each one of its own.
///
/// ```
/// use sluice_cdc::full_export;
/// use sluice_contract::SourceFormat;
///
/// let path = "b/AWSDynamoDB/01693685827463-2d8752fd/data/asdl123dasas.json.gz";
/// assert_eq!(full_export(SourceFormat::DynamodbJson, path), Some("b/AWSDynamoDB/01693685827463-2d8752fd"));
/// assert_eq!(full_export(SourceFormat::DmsCsv, path), None);
/// ```
#[must_use]
pub fn full_export(format: SourceFormat, path: &str) -> Option<&str> {
    formats::of(format).full_export(path)
}

/// Whether the file at `path` is one of changes in this format, by its name.
#[must_use]
pub fn is_of_changes(format: SourceFormat, path: &str) -> bool {
    formats::of(format).stage(path) == Some(FileStage::Changes)
}

/// The folders of tables below `source` in which these files lie, in a format whose producer gives every table a folder
/// of its own; `""` is `source` itself. More than one are several tables, or one that somebody divided.
///
/// ```
/// use sluice_cdc::folders_of_tables;
/// use sluice_contract::SourceFormat;
///
/// let files = ["dms/erp/customer/LOAD00000001.csv", "dms/erp/customer/2026/11/20/20261120-084745494.csv"];
/// let found = |source: &str| folders_of_tables(SourceFormat::DmsCsv, source, files.into_iter());
/// assert!(found("dms/erp/customer").contains("") && found("dms/erp").contains("customer"));
/// ```
#[must_use]
pub fn folders_of_tables<'p>(
    format: SourceFormat,
    source: &str,
    files: impl Iterator<Item = &'p str>,
) -> BTreeSet<&'p str> {
    if !formats::of(format).has_folder_per_table() {
        return BTreeSet::new();
    }
    let source = source.trim_end_matches('/');
    let below = |path: &'p str| table_folder(path).strip_prefix(source).map(|rest| rest.trim_start_matches('/'));
    files.filter_map(below).collect()
}

/// The name by which a full load numbers its files, without folder and ending; `None` if the file is of none.
#[must_use]
pub fn full_load_name(format: SourceFormat, path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    is_full_load(format, path).then(|| name.split('.').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::{file_order_key, folders_of_tables, full_load_name};
    use sluice_contract::SourceFormat;

    #[test]
    fn tables_of_aws_dms_have_folders_of_their_own() {
        let files = ["l/erp/a/LOAD00000001.csv", "l/erp/b/2026/11/20261120-084745494.csv", "l/erp/LOAD00000001.csv"];
        let found = |format| folders_of_tables(format, "l/erp/", files.into_iter()).into_iter().collect::<Vec<_>>();
        assert_eq!(found(SourceFormat::DmsCsv), ["", "a", "b"]);
        assert!(found(SourceFormat::DebeziumJson).is_empty(), "its records say their table");
        assert_eq!(full_load_name(SourceFormat::DmsCsv, files[0]), Some("LOAD00000001"));
        assert_eq!(full_load_name(SourceFormat::DmsCsv, files[1]), None);
    }

    #[test]
    fn files_come_in_the_order_they_were_written() {
        let expected = [
            "a/LOAD00000009.csv",
            "a/LOAD0000000A.csv.gz",
            "a/LOAD00000010.csv",
            "a/2026/11/19/20261119-235959999.parquet",
            "a/20261120-084745494.parquet",
            "a/2026/11/20/20261120-084745495.parquet",
        ];
        let mut paths = expected;
        paths.reverse();
        paths.sort_by_key(|path| file_order_key(path));
        assert_eq!(paths, expected);
        let expected = ["t/partition=0/t+0+0000000999.json", "t/partition=0/t+0+10000000000.json.gz"];
        let mut paths = expected;
        paths.reverse();
        paths.sort_by_key(|path| file_order_key(path));
        assert_eq!(paths, expected);
        assert!(file_order_key("p=2/t+2+0000000001.json") < file_order_key("p=10/t+10+0000000001.json"));
        assert!(file_order_key("x/b.json") > file_order_key("x/a.json"));
    }
}
