//! Reads a sample of JSON records into a profile.

use super::files;
use super::position::OFFSET;
use crate::profile::Profile;
use crate::profile::shape::Shape;
use crate::text::json_fields::is_too_deep;
use crate::text::records::{RecordDelimiter, Records};
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_contract::limits;
use std::borrow::Cow;

/// How a row came into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowOrigin {
    /// With a snapshot.
    Snapshot,
    /// By an insert.
    Insert,
    /// It was there before, or it is not said.
    Other,
}

/// A row image of a sample.
pub(crate) struct SampledRow<'r> {
    /// Names and raw values.
    pub(crate) values: &'r [(Cow<'r, str>, &'r str)],
    pub(crate) is_delete: bool,
    pub(crate) origin: RowOrigin,
}

/// Reads a file. `read_record` counts a record; it gives `None` if the record is not of the format.
pub(crate) fn read(
    profile: &mut Profile,
    path: &str,
    bytes: &Bytes,
    records_max: u64,
    read_record: impl Fn(&mut Profile, &str) -> Option<()>,
) {
    placed(profile, path, |profile| read_records(profile, bytes, records_max, read_record));
}

/// Records of a file that are looked at before it is sampled.
const FIRST_RECORDS: usize = 200;

/// The first records of a file that are objects, taken out of what is around them.
pub(crate) fn first_records(bytes: &Bytes, unwrap: impl Fn(&str) -> Option<Cow<'_, str>>) -> Vec<String> {
    let mut records = Records::new(bytes.clone(), RecordDelimiter::Json, u64::MAX);
    let mut found = Vec::new();
    while let Some(record) = records.next().filter(|_| found.len() < FIRST_RECORDS) {
        let text = std::str::from_utf8(record.bytes).unwrap_or_default().trim_start_matches('\u{feff}').trim();
        if is_too_deep(record.bytes, limits::JSON_DEPTH_MAX) {
            continue;
        }
        let text = unwrap(text).unwrap_or(Cow::Borrowed(text));
        if text.starts_with('{') {
            found.push(text.into_owned());
        }
    }
    found
}

fn read_records(
    profile: &mut Profile,
    bytes: &Bytes,
    records_max: u64,
    read_record: impl Fn(&mut Profile, &str) -> Option<()>,
) {
    let mut records = Records::new(bytes.clone(), RecordDelimiter::Json, u64::MAX);
    let mut count = 0;
    while count < records_max {
        let Some(record) = records.next() else {
            profile.damaged_files += u64::from(records.end() != StreamEnd::Whole);
            break;
        };
        let text = std::str::from_utf8(record.bytes).unwrap_or_default();
        let text = text.trim_start_matches('\u{feff}').trim();
        if text == "null" {
            profile.tombstones += 1;
        } else if !record.bytes.is_empty() {
            count += 1;
            profile.records += 1;
            let too_deep = is_too_deep(record.bytes, limits::JSON_DEPTH_MAX);
            let fits = !too_deep && read_record(profile, text).is_some();
            profile.fitting += u64::from(fits);
        }
    }
}

/// Reads a file with `read` and counts its records by whether the name of the file tells their place in the topic.
pub(crate) fn placed(profile: &mut Profile, path: &str, read: impl FnOnce(&mut Profile)) {
    let (before, left_out) = (profile.records, profile.left_out);
    profile.partitions.extend(files::partition(path));
    read(profile);
    let sampled = profile.records - before - (profile.left_out - left_out);
    let (placed, unplaced) = if files::offset(path).is_some() { (sampled, 0) } else { (0, sampled) };
    profile.placed += placed;
    *profile.positioned.entry(OFFSET).or_default() += placed;
    *profile.unpositioned.entry(OFFSET).or_default() += unplaced;
}

/// Counts the first records of a file, which are there already.
pub(crate) fn count_records(
    profile: &mut Profile,
    path: &str,
    records: &[String],
    read_record: impl Fn(&mut Profile, &str) -> Option<()>,
) {
    placed(profile, path, |profile| {
        for text in records {
            profile.records += 1;
            let fits = !is_too_deep(text.as_bytes(), limits::JSON_DEPTH_MAX) && read_record(profile, text).is_some();
            profile.fitting += u64::from(fits);
        }
    });
}

/// Counts a row image. `is_placeholder` tells values that were not sent.
pub(crate) fn count_row(profile: &mut Profile, row: &SampledRow<'_>, is_placeholder: impl Fn(&str) -> bool) {
    let SampledRow { values, is_delete, origin } = row;
    profile.rows += u64::from(!is_delete);
    profile.deletes += u64::from(*is_delete);
    profile.snapshot_rows += u64::from(*origin == RowOrigin::Snapshot);
    for (name, raw) in *values {
        let column = profile.column(name);
        let shape: &mut Shape = if *is_delete { &mut column.deleted } else { &mut column.shape };
        if is_placeholder(raw) {
            shape.unavailable();
        } else {
            shape.json(raw);
        }
    }
    if *is_delete {
        profile.gone_row(values.iter().map(|(name, raw)| (name.as_ref(), *raw)));
    }
    if *origin != RowOrigin::Other {
        let is_snapshot = *origin == RowOrigin::Snapshot;
        profile.new_row(is_snapshot, values.iter().map(|(name, raw)| (name.as_ref(), *raw)));
    }
}
