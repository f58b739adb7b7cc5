//! The keys of the records of a large file, read beside it: those of one part are in memory at a time.

use crate::RunError;
use bytes::{Bytes, BytesMut};
use memchr::memchr_iter;
use sluice_cdc::{KeyFile, KeyLines, RecordKeys, key_file_paths, why_not_these_keys};
use sluice_lake::{Lake, LakeError};
use std::sync::Arc;

/// Bytes at the front of a file of keys that show what it is.
const FRONT_BYTES: u64 = 64 << 10;
/// Keys behind those of the records that are counted at a time.
const REST_LINES: u64 = 10_000;

/// What is known of the keys of a large file.
pub(super) enum FileKeys {
    /// No record needed one so far.
    Unasked,
    Absent,
    /// Plain lines, a key each.
    Lines(LinesOfKeys),
    /// They are compressed or of a binary format.
    Packed,
    /// Why none of them is used.
    Refused(String),
}

/// A file of keys.
pub(super) struct LinesOfKeys {
    path: Arc<str>,
    size: u64,
    /// Keys that it had when it was read to its end.
    count: u64,
}

impl FileKeys {
    /// Those beside a file.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn of(lake: &Lake, path: &str) -> Result<Self, RunError> {
        for path in key_file_paths(path) {
            let Some(file) = lake.objects().list(&path).await?.into_iter().find(|file| file.path == path) else {
                continue;
            };
            let bytes = match file.size {
                0 => Bytes::new(),
                size => match lake.objects().read_front(&path, FRONT_BYTES.min(size)).await {
                    Err(LakeError::NotFound { .. }) => continue,
                    front => front?,
                },
            };
            let front = KeyFile { path, bytes };
            return Ok(match front.is_of_plain_lines() {
                true => Self::Lines(LinesOfKeys { path: front.path.into(), size: file.size, count: 0 }),
                false => Self::Packed,
            });
        }
        Ok(Self::Absent)
    }

    /// Why the keys that were read are not those of so many records.
    pub(super) fn why_not(&self, records: u64) -> Option<String> {
        match self {
            Self::Lines(lines) => why_not_these_keys(&lines.path, lines.count, records),
            _ => None,
        }
    }

    /// Begins to read them.
    pub(super) fn cursor(&mut self) -> KeyCursor<'_> {
        KeyCursor { keys: self, read_to: 0, buffer: BytesMut::new(), lines: 0, last_key: 0 }
    }
}

/// Where in a file of keys it is read.
pub(super) struct KeyCursor<'k> {
    keys: &'k mut FileKeys,
    read_to: u64,
    /// What was read and not handed over.
    buffer: BytesMut,
    /// Lines handed over.
    lines: u64,
    /// Number of the last line that is not blank, from 1.
    last_key: u64,
}

impl KeyCursor<'_> {
    /// The keys of the next so many records.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn next(&mut self, lake: &Lake, records: u64, step: u64) -> Result<RecordKeys, RunError> {
        let (path, size) = match &*self.keys {
            FileKeys::Lines(LinesOfKeys { path, size, .. }) => (Arc::clone(path), *size),
            FileKeys::Refused(why) => return Ok(RecordKeys::Refused(why.as_str().into())),
            FileKeys::Unasked | FileKeys::Absent | FileKeys::Packed => return Ok(RecordKeys::Absent),
        };
        if records == 0 {
            return Ok(RecordKeys::Lines(KeyLines { path, bytes: Bytes::new(), lines_before: self.lines }));
        }
        let mut found = 0;
        let mut searched = 0;
        let end = loop {
            let ends = memchr_iter(b'\n', self.buffer.get(searched..).unwrap_or_default());
            let mut reached = None;
            for at in ends {
                found += 1;
                if found == records {
                    reached = Some(searched + at + 1);
                    break;
                }
            }
            searched = self.buffer.len();
            if reached.is_some() || self.read_to >= size {
                break reached.unwrap_or(self.buffer.len());
            }
            let to = (self.read_to + step.max(1)).min(size);
            let more = lake.objects().read_range(&path, self.read_to..to).await?;
            self.read_to = to;
            self.buffer.extend_from_slice(&more);
        };
        let bytes = self.buffer.split_to(end).freeze();
        let lines_before = self.lines;
        self.count(&bytes);
        Ok(RecordKeys::Lines(KeyLines { path, bytes, lines_before }))
    }

    /// Reads the rest, so that it is known how many keys there are.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) async fn finish(mut self, lake: &Lake, step: u64) -> Result<(), RunError> {
        loop {
            let RecordKeys::Lines(KeyLines { bytes, .. }) = self.next(lake, REST_LINES, step).await? else {
                return Ok(());
            };
            if bytes.is_empty() {
                break;
            }
        }
        if let FileKeys::Lines(lines) = self.keys {
            lines.count = self.last_key;
        }
        Ok(())
    }

    fn count(&mut self, bytes: &[u8]) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.lines += 1;
            if !line.trim_ascii().is_empty() {
                self.last_key = self.lines;
            }
        }
    }
}
