//! The order in which the files of a table are read.

/// Order of a file among the files of its table. The result of a replay does not depend on it (the
/// order of events is [`sluice_change::EventSeq`]); reading in it keeps late events rare.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileOrder {
    group: u8,
    partition: u64,
    number: u64,
    name: String,
    path: String,
}

/// The order of the file at `path`:
///
/// * AWS DMS: full load first, `LOAD` counters are hexadecimal (`LOAD00000009`, `LOAD0000000A`);
///   then changes by the timestamp in their name, whatever their date folder.
/// * Kafka Connect S3 sink: `<topic>+<partition>+<offset>`, both numbers as numbers.
/// * Everything else by path.
#[must_use]
pub fn file_order_key(path: &str) -> FileOrder {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    let key = |group, partition, number, name: &str| FileOrder {
        group,
        partition,
        number,
        name: name.to_owned(),
        path: path.to_owned(),
    };
    if let Some(counter) = load_counter(stem) {
        return key(0, 0, counter, "");
    }
    let mut parts = name.rsplitn(3, '+');
    let offset = parts.next().and_then(leading_number);
    let partition = parts.next().and_then(|part| part.parse().ok());
    match (offset, partition, parts.next()) {
        (Some(offset), Some(partition), Some(topic)) => key(1, partition, offset, topic),
        _ if is_dms_change_name(stem) => key(1, 0, 0, stem),
        _ => key(2, 0, 0, ""),
    }
}

/// Counter of a DMS full load file: `LOAD0000000A`, `SEGMENT1_LOAD00000001`.
pub(crate) fn load_counter(stem: &str) -> Option<u64> {
    let at = stem.rfind("LOAD")?;
    let before = stem.get(..at)?;
    let digits = stem.get(at + 4..)?;
    let prefix_fits = before.is_empty() || (before.starts_with("SEGMENT") && before.ends_with('_'));
    (prefix_fits && digits.len() == 8).then(|| u64::from_str_radix(digits, 16).ok())?
}

/// `YYYYMMDD-HHMMSSmmm` with 9 or 10 digits after the hyphen, as AWS DMS names change files.
pub(crate) fn is_dms_change_name(stem: &str) -> bool {
    let Some((day, time)) = stem.split_once('-') else { return false };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    day.len() == 8 && matches!(time.len(), 9 | 10) && digits(day) && digits(time)
}

fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::file_order_key;

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
