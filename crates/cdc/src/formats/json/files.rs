//! Files of the Kafka Connect S3 sink: `<topic>+<partition>+<offset of the first record>.json`.

use crate::format::{Content, FileKind, FilePlace, FileStage};

/// JSON lines, plain or gzip.
pub(crate) const JSON_LINES: FileKind = FileKind { extensions: &["json", "jsonl", "ndjson"], content: Content::Text };

/// The place of `<topic>+<partition>+<offset>`, both numbers as numbers.
pub(crate) fn file_place(name: &str) -> Option<FilePlace> {
    let mut parts = name.rsplitn(3, '+');
    let number = leading_number(parts.next()?)?;
    let partition = parts.next()?.parse().ok()?;
    let topic = parts.next()?;
    Some(FilePlace { stage: FileStage::Changes, partition, number, name: topic.to_owned() })
}

/// Offset of the first record of a file in its partition.
pub(crate) fn offset(path: &str) -> Option<u64> {
    file_place(file_name(path)).map(|place| place.number)
}

/// Partition of the topic that the records of a file are of.
pub(crate) fn partition(path: &str) -> Option<u64> {
    file_place(file_name(path)).map(|place| place.partition)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}
