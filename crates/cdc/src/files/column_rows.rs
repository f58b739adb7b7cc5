//! Rows of files of columns.

use super::column_file::{Container, reject_rest};
use super::parquet_file::{self, Taken, decode_batch};
use crate::columnar::avro::schema::AvroValues;
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::row::text_rows::TextRows;
use bytes::Bytes;

/// Decodes a file; what is wrong with it as a whole is among the rejects.
pub(crate) fn decode(container: Container, plan: &Plan, format: &dyn TextRows, out: &mut Collector, bytes: &Bytes) {
    if container == Container::Parquet {
        return parquet_file::decode(plan, format, out, bytes);
    }
    let (mut rows, mut position, taken) = (0, 0, Taken::default());
    let outcome = container.each_batch(bytes, AvroValues::Typed, &mut |batch| {
        decode_batch(plan, format, out, batch, (&taken, &mut position), &mut rows)
    });
    reject_rest(out, rows, outcome);
}
