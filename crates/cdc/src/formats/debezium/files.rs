//! Files of the Kafka Connect S3 sink, as Debezium's topics come out of it.

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

fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}
