//! Writes the base table and the change files of a benchmark as Parquet, once per shape.
//! Called by `cargo xtask bench`: `bench-data SHAPE.json FOLDER`.

mod landing;
mod picks;
mod plan;
mod rows;
mod shape;

use anyhow::Context;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use landing::{Events, Landing};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use picks::Picker;
use plan::{Change, Plan};
use rows::{KEY, RowMaker, mix};
use shape::{Key, Kind, Shape, Spread};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of one file of the base and of one file of events.
const FILE_ROWS: u64 = 500_000;
const EVENT_FILE_ROWS: u64 = 1_000_000;
/// Rows made at a time.
const CHUNK_ROWS: u64 = 64 * 1024;
/// Room in `_seq` for the changes of one batch.
const SEQ_PER_BATCH: u64 = 1_000_000_000;
/// Keys per event as a fraction.
const KEYS_PER_EVENT: (u64, u64) = (2, 5);
/// One event in so many is a delete.
const EVENTS_PER_DELETE: u64 = 20;

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(shape), Some(folder)) = (words.next(), words.next().map(PathBuf::from)) else {
        anyhow::bail!("usage: bench-data SHAPE.json FOLDER");
    };
    let shape: Shape = serde_json::from_slice(&std::fs::read(&shape).context("cannot read the shape")?)?;
    std::fs::create_dir_all(&folder)?;
    let data = Data { maker: RowMaker::new(&shape), shape, folder };
    let plan = data.write()?;
    // Last, so that a folder with this document is whole.
    std::fs::write(data.folder.join(Plan::FILE), serde_json::to_vec_pretty(&plan)?)?;
    Ok(())
}

struct Data {
    shape: Shape,
    maker: RowMaker,
    folder: PathBuf,
}

impl Data {
    fn write(&self) -> anyhow::Result<Plan> {
        let events = matches!(self.shape.kind, Kind::Events | Kind::JsonEvents | Kind::ParquetEvents);
        let base = if events { Vec::new() } else { self.base()? };
        let mut landing = Landing::of(self.shape.kind, &self.folder, self.fields())?;
        let changes = if events { self.events(landing.as_mut())? } else { self.changes()? };
        let (landing, broken) = landing.map(Landing::finish).transpose()?.unwrap_or_default();
        Ok(Plan {
            key: KEY.to_owned(),
            columns: self.maker.contract_columns(),
            rows: if events { 0 } else { self.shape.rows },
            ordered: self.shape.key == Key::Sequence,
            base,
            changes,
            landing,
            broken,
        })
    }

    /// The key, then the other columns.
    fn fields(&self) -> Vec<Field> {
        let mut fields = vec![self.maker.key_field()];
        fields.extend(self.maker.other_fields());
        fields
    }

    fn base(&self) -> anyhow::Result<Vec<String>> {
        let schema = Arc::new(Schema::new(self.fields()));
        let mut names = Vec::new();
        for from in (0..self.shape.rows).step_by(usize::try_from(FILE_ROWS)?) {
            let name = format!("base-{:03}.parquet", names.len());
            let mut file = ParquetFile::create(&self.folder, &name, &schema)?;
            let until = (from + FILE_ROWS).min(self.shape.rows);
            for rows in chunks(from, until) {
                let mut columns = vec![self.maker.keys(&rows)];
                columns.extend(self.maker.others(&rows, &vec![0; rows.len()])?);
                file.write(columns)?;
            }
            file.finish()?;
            names.push(name);
        }
        Ok(names)
    }

    fn changes(&self) -> anyhow::Result<Vec<Change>> {
        let mut picker = Picker::new(&self.shape);
        let mut live = self.shape.rows;
        let mut changes = Vec::new();
        for batch in 1..=self.shape.batches {
            let count = self.shape.batch_rows;
            let deletes = self.shape.kind == Kind::Delete;
            let rows: Vec<(u64, bool)> = if deletes {
                picker.take(count, self.shape.rows).into_iter().map(|row| (row, true)).collect()
            } else {
                let (new, gone) = if self.shape.kind == Kind::Mixed { (count / 4, count / 4) } else { (count / 5, 0) };
                let old = picker.rows(count - new, live).into_iter().zip(0..);
                let mut rows: Vec<(u64, bool)> = old.map(|(row, at)| (row, at < gone)).collect();
                rows.extend((live..live + new).map(|row| (row, false)));
                live += new;
                fastrand::Rng::with_seed(mix(batch)).shuffle(&mut rows);
                rows
            };
            let name = format!("change-{batch:04}.parquet");
            let mut file = ParquetFile::create(&self.folder, &name, &self.change_schema(deletes))?;
            let mut seq = batch * SEQ_PER_BATCH;
            for part in rows.chunks(usize::try_from(CHUNK_ROWS)?) {
                let (numbers, gone): (Vec<u64>, Vec<bool>) = part.iter().copied().unzip();
                let seqs: Vec<u64> = (seq..seq + part.len() as u64).collect();
                seq += part.len() as u64;
                let mut columns = vec![self.maker.keys(&numbers)];
                if !deletes {
                    columns.extend(self.maker.others(&numbers, &vec![batch; part.len()])?);
                }
                columns.extend(signs(&seqs, gone.into_iter())?);
                file.write(columns)?;
            }
            file.finish()?;
            let numbers = rows.iter().map(|(row, _)| self.maker.number(*row));
            let range = (deletes && self.shape.spread == Spread::Range)
                .then(|| numbers.clone().min().zip(numbers.max()))
                .flatten();
            changes.push(Change { file: name, rows: rows.len() as u64, range });
        }
        Ok(changes)
    }

    /// Every event has its own sequence, and the files hold them in no order.
    fn events(&self, mut landing: Option<&mut Landing>) -> anyhow::Result<Vec<Change>> {
        let total = self.shape.rows;
        let keys = (total * KEYS_PER_EVENT.0 / KEYS_PER_EVENT.1).max(1);
        let step = step_through(total, self.shape.seed);
        let schema = self.change_schema(false);
        let mut changes = Vec::new();
        for from in (0..total).step_by(usize::try_from(EVENT_FILE_ROWS)?) {
            let name = format!("change-{:04}.parquet", changes.len() + 1);
            let mut file = ParquetFile::create(&self.folder, &name, &schema)?;
            let until = (from + EVENT_FILE_ROWS).min(total);
            for events in chunks(from, until) {
                let seqs: Vec<u64> = events.iter().map(|event| scaled(*event, step, total)).collect();
                let rows: Vec<u64> = seqs.iter().map(|seq| mix(seq ^ self.shape.seed) % keys).collect();
                let mut columns = vec![self.maker.keys(&rows)];
                columns.extend(self.maker.others(&rows, &seqs)?);
                let gone: Vec<bool> = seqs.iter().map(|seq| mix(!seq).is_multiple_of(EVENTS_PER_DELETE)).collect();
                if let Some(landing) = landing.as_mut() {
                    landing.write(&Events { columns: &columns, seqs: &seqs, gone: &gone })?;
                }
                columns.extend(signs(&seqs, gone.into_iter())?);
                file.write(columns)?;
            }
            file.finish()?;
            changes.push(Change { file: name, rows: until - from, range: None });
        }
        Ok(changes)
    }

    fn change_schema(&self, keys_only: bool) -> SchemaRef {
        let mut fields = vec![self.maker.key_field()];
        if !keys_only {
            fields.extend(self.maker.other_fields());
        }
        fields.push(Field::new("_op", DataType::Utf8, false));
        fields.push(Field::new("_seq", DataType::Int64, false));
        Arc::new(Schema::new(fields))
    }
}

/// The columns `_op` and `_seq`.
fn signs(seqs: &[u64], deletes: impl Iterator<Item = bool>) -> anyhow::Result<[ArrayRef; 2]> {
    let ops = StringArray::from_iter_values(deletes.map(|delete| if delete { "d" } else { "u" }));
    let seqs: Vec<i64> = seqs.iter().map(|seq| i64::try_from(*seq)).collect::<Result<_, _>>()?;
    Ok([Arc::new(ops), Arc::new(Int64Array::from(seqs))])
}

fn chunks(from: u64, until: u64) -> impl Iterator<Item = Vec<u64>> {
    let mut at = from;
    std::iter::from_fn(move || {
        let next = (at + CHUNK_ROWS).min(until);
        let rows: Vec<u64> = (at..next).collect();
        at = next;
        (!rows.is_empty()).then_some(rows)
    })
}

/// A step without a common divisor with `total`, so that its multiples visit every number once.
fn step_through(total: u64, seed: u64) -> u64 {
    let divisor = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let mut step = total / 2 + mix(seed) % (total / 4 + 1);
    while divisor(step, total) != 1 {
        step += 1;
    }
    step
}

fn scaled(event: u64, step: u64, total: u64) -> u64 {
    let number = u128::from(event) * u128::from(step) % u128::from(total.max(1));
    u64::try_from(number).unwrap_or(0)
}

struct ParquetFile {
    writer: ArrowWriter<File>,
    schema: SchemaRef,
}

impl ParquetFile {
    fn create(folder: &Path, name: &str, schema: &SchemaRef) -> anyhow::Result<Self> {
        let path = folder.join(name);
        let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?)).build();
        let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties))?;
        Ok(Self { writer, schema: Arc::clone(schema) })
    }

    fn write(&mut self, columns: Vec<ArrayRef>) -> anyhow::Result<()> {
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        self.writer.close()?;
        Ok(())
    }
}
