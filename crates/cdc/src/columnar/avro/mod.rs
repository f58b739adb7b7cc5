//! Batches of an Avro object container.

pub(crate) mod container;
pub(crate) mod schema;
mod walk;

use super::guard::caught;
use super::stop::Stop;
use arrow::array::RecordBatch;
use arrow_avro::reader::ReaderBuilder;
use bytes::Bytes;
use container::AvroContainer;
use schema::{AvroValues, for_values};
use sluice_change::ReasonCode;
use std::cell::RefCell;
use std::io::{BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use walk::Walk;

const BATCH_ROWS: usize = 1_024;
const NO_SCHEMA: Stop = Stop::fixed(ReasonCode::UnreadableFile, "the schema of the Avro container cannot be read");
const DAMAGED: Stop = Stop::fixed(ReasonCode::UnreadableFile, "the records of the Avro container are damaged");

/// Hands the batches of a container to `take`, as many as there are before it stops.
///
/// # Errors
/// Why not all of the file was read.
pub(crate) fn each_batch(
    bytes: &Bytes,
    values: AvroValues,
    take: &mut dyn FnMut(&RecordBatch) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let container = AvroContainer::open(bytes.clone())?;
    let schema = for_values(&container.schema, values).ok_or(NO_SCHEMA)?;
    let walk = Walk::of(&schema).ok_or(NO_SCHEMA)?;
    let ended = Rc::new(RefCell::new(None));
    let blocks = Blocks { pending: container.header(&schema), at: 0, container, walk, ended: Rc::clone(&ended) };
    let reader = caught(|| ReaderBuilder::new().with_batch_size(BATCH_ROWS).build(blocks)).ok_or(NO_SCHEMA)?;
    let mut reader = AssertUnwindSafe(reader);
    loop {
        match catch_unwind(AssertUnwindSafe(|| reader.next())) {
            Ok(None) => break,
            Ok(Some(Ok(batch))) => take(&batch)?,
            Ok(Some(Err(_))) | Err(_) => return Err(DAMAGED),
        }
    }
    let end = ended.borrow_mut().take();
    end.map_or(Ok(()), Err)
}

/// Names of the columns of a container; `None` if its schema cannot be read.
pub(crate) fn column_names(bytes: &[u8]) -> Option<Vec<String>> {
    let container = AvroContainer::open(Bytes::copy_from_slice(bytes)).ok()?;
    let schema: serde_json::Value = serde_json::from_str(&container.schema).ok()?;
    let fields = schema.get("fields")?.as_array()?;
    Some(fields.iter().filter_map(|field| field.get("name")?.as_str().map(str::to_owned)).collect())
}

/// The bytes of a container without a codec. A block that cannot be read ends them, so that the rows before it are
/// read; why is in `ended`.
struct Blocks {
    container: AvroContainer,
    /// The library would look for the records that a block says and has not for ever.
    walk: Walk,
    pending: Vec<u8>,
    at: usize,
    ended: Rc<RefCell<Option<Stop>>>,
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut pending = self.fill_buf()?;
        let count = pending.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Blocks {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.at == self.pending.len() && self.ended.borrow().is_none() {
            self.at = 0;
            self.pending = match self.container.next_block() {
                Ok(Some(block)) if self.walk.fits(block.records, &block.content) => self.container.framed(&block),
                Ok(Some(_)) => {
                    *self.ended.borrow_mut() = Some(DAMAGED);
                    Vec::new()
                }
                Ok(None) => Vec::new(),
                Err(stop) => {
                    *self.ended.borrow_mut() = Some(stop);
                    Vec::new()
                }
            };
        }
        Ok(self.pending.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.at = self.pending.len().min(self.at + count);
    }
}
