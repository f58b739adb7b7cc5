//! Samples of files of columns.

use super::Profile;
use super::parquet_sample::{self, read_batch};
use crate::columnar::avro::schema::AvroValues;
use crate::columnar::guard::MAGIC;
use crate::columnar::stop::Stop;
use crate::columnar::{avro, avro::container};
use crate::files::column_file::Container;
use bytes::Bytes;
use sluice_change::ReasonCode;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What ends a file of which enough was read.
const ENOUGH: Stop = Stop::fixed(ReasonCode::FileTooLarge, "enough of the file was read");

/// The container that a file is, by its first bytes.
pub(crate) fn container_of(bytes: &[u8]) -> Option<Container> {
    if bytes.starts_with(MAGIC) {
        Some(Container::Parquet)
    } else {
        bytes.starts_with(container::MAGIC).then_some(Container::Avro)
    }
}

/// Names of the columns of a file; `None` if it is none of columns, or they cannot be read.
pub(crate) fn column_names(bytes: &Bytes) -> Option<Vec<String>> {
    match container_of(bytes)? {
        Container::Avro => avro::column_names(bytes),
        Container::Parquet => parquet_sample::column_names(bytes),
    }
}

/// Reads at most `records_max` rows of a file; `is_column` tells the table's columns from the format's, `read_row`
/// gets names and texts of each row.
pub(crate) fn read(
    container: Container,
    profile: &mut Profile,
    bytes: &Bytes,
    records_max: u64,
    is_column: impl Fn(&str) -> bool,
    read_row: impl Fn(&mut Profile, &[(&str, Option<&str>)]),
) {
    if container == Container::Parquet {
        return parquet_sample::read(profile, bytes, records_max, is_column, read_row);
    }
    let mut left = usize::try_from(records_max).unwrap_or(usize::MAX);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        container.each_batch(bytes, AvroValues::Typed, &mut |batch| {
            let batch = batch.slice(0, batch.num_rows().min(left));
            left -= batch.num_rows();
            read_batch(profile, &batch, &is_column, &read_row);
            if left == 0 { Err(ENOUGH) } else { Ok(0) }
        })
    }));
    if !matches!(outcome, Ok(outcome) if outcome.is_ok() || outcome == Err(ENOUGH)) {
        profile.damaged_files += 1;
    }
}
