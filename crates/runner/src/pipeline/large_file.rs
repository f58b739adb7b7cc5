//! A large file of lines, taken to bronze part by part: of its text a few parts are in memory at a time, and of its
//! records the typed rows.

use super::batch::DecodedBatch;
use super::batch_contract::contract_of_batch;
use super::bronze::{bronze_rows, bronze_schema};
use super::context::TableContext;
use super::corrections::correction_of;
use super::decode::is_unchanged;
use super::delta_feed;
use super::key_files::ensure_keys_came;
use super::land::{Bronze, RecordCounts, WrittenRecords, land_written, let_texts_go, write};
use super::large_file_keys::FileKeys;
use super::source_changes::note_source_changes;
use super::table_state::TableState;
use crate::RunError;
use crate::silver::schema_change::infer_schema;
use crate::support::blocking::blocking;
use arrow::array::RecordBatch;
use bytes::{Bytes, BytesMut};
use sluice_cdc::{DecodedFile, FilePart, RecordKeys, is_decoded_by_parts};
use sluice_change::SourceFile;
use sluice_contract::{Contract, TiePolicy, limits};
use sluice_lake::{BatchManifest, Lake};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Bytes at the front of a file that show what its records are.
const FRONT_BYTES: u64 = 256 << 10;
/// Parts that wait to be written while the next one is decoded.
const PARTS_WAITING: usize = 1;

/// Takes a batch of one large file to bronze in parts; `None`, and nothing is done, if it is not such a batch.
///
/// # Errors
/// If the file cannot be read, or bronze not be written.
pub(crate) async fn land_in_parts(
    context: &mut TableContext,
    table: &mut TableState,
    manifest: &BatchManifest,
) -> Result<Option<DecodedBatch>, RunError> {
    let started = Instant::now();
    let contract = contract_of_batch(&context.contract, manifest)?;
    let Some(file) = large_file(context, &contract, manifest).await? else { return Ok(None) };
    let mut is_noted = false;
    let mut keys = FileKeys::Unasked;
    loop {
        let contract = contract_of_batch(&context.contract, manifest)?;
        let written = decode_and_write(context, &table.bronze, &contract, manifest.batch, (file, &mut keys)).await?;
        let Some((records, written)) = written else { return Ok(None) };
        let counts = records.first().map(|file| file.keys).unwrap_or_default();
        let other = match &keys {
            FileKeys::Unasked if counts.lacking > 0 => match FileKeys::of(&context.lake, &file.path).await? {
                FileKeys::Absent => None,
                beside => Some(beside),
            },
            _ => keys.why_not(counts.records).map(FileKeys::Refused),
        };
        if let Some(other) = other {
            table.bronze.store.writer().discard(&[written.file]).await;
            // Such keys are read with the whole file, in a process of its own where that is needed.
            if matches!(other, FileKeys::Packed) {
                return Ok(None);
            }
            keys = other;
            continue;
        }
        if let Err(error) = ensure_keys_came(context, manifest.batch, &records).await {
            table.bronze.store.writer().discard(&[written.file]).await;
            return Err(error);
        }
        if !is_noted {
            note_source_changes(context, manifest, &records).await?;
            is_noted = true;
        }
        let TableContext { lake, declared, contract, .. } = context;
        if let Some(wider) = infer_schema(lake, declared, contract, &records, manifest.batch).await? {
            context.contract = wider;
            table.bronze.store.writer().discard(&[written.file]).await;
            continue;
        }
        let batch = DecodedBatch::new(manifest.batch, 1, started, records);
        land_written(context, &mut table.bronze, manifest, &batch, written).await?;
        return Ok(Some(batch));
    }
}

/// The file of a batch that can be taken to bronze in parts. What decides about a record by the other ones of its batch
/// needs all of them first.
async fn large_file<'m>(
    TableContext { lake, decoder, .. }: &TableContext,
    contract: &Contract,
    manifest: &'m BatchManifest,
) -> Result<Option<&'m SourceFile>, RunError> {
    let [file] = manifest.files.as_slice() else { return Ok(None) };
    let is_large = (3 * decoder.part_bytes() + 1..=limits::FILE_BYTES_MAX).contains(&file.size);
    let apply = &contract.apply;
    let by_itself = apply.tie_policy != TiePolicy::Quarantine
        && apply.tombstone_retention.is_none()
        && apply.from_snapshot.is_none();
    if !is_large || !by_itself || correction_of(manifest).is_some() || delta_feed::is_commit(&file.path) {
        return Ok(None);
    }
    // What became of a file that is not what it was is said where files are read whole.
    if !is_unchanged(lake, file, None).await? {
        return Ok(None);
    }
    let front = lake.objects().read_front(&file.path, FRONT_BYTES).await?;
    Ok(is_decoded_by_parts(contract, &front)?.then_some(file))
}

/// Decodes a file and writes its records beside it; `None` if a part made the decoder panic. What is counted of the file
/// is with its first part.
async fn decode_and_write(
    context: &TableContext,
    bronze: &Bronze,
    contract: &Arc<Contract>,
    batch: u64,
    (file, keys): (&SourceFile, &mut FileKeys),
) -> Result<Option<(Vec<DecodedFile>, WrittenRecords)>, RunError> {
    let (parts, waiting) = sync_channel(PARTS_WAITING);
    let written = Arc::new(Mutex::new(WrittenParts::default()));
    let rows = rows_of(batch, waiting, Arc::clone(&written));
    let (wrote, read) =
        tokio::join!(write(&bronze.store, bronze_schema(), rows), decode_parts(context, contract, (file, keys), parts));
    let file = match (wrote, read) {
        (Ok(file), Ok(true)) => file,
        (Ok(file), read) => {
            bronze.store.writer().discard(&[file]).await;
            return read.map(|_| None);
        }
        // Without the last part the writer stops too, which says nothing.
        (Err(_), Ok(false)) => return Ok(None),
        (Err(_), Err(error @ (RunError::Cancelled | RunError::Lake(_)))) => return Err(error),
        (Err(error), _) => return Err(error),
    };
    let WrittenParts { decoded, rows, records } =
        std::mem::take(&mut *written.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Some((decoded, WrittenRecords { file, counts: RecordCounts { rows, of_files: vec![records] } })))
}

/// What a decoding thread says to the writing one.
enum Message {
    Part(Box<DecodedFile>),
    /// There is no part behind the last one.
    End,
}

/// Decodes a file part by part; `false` if the decoder panicked.
async fn decode_parts(
    context: &TableContext,
    contract: &Arc<Contract>,
    (file, keys): (&SourceFile, &mut FileKeys),
    parts: SyncSender<Message>,
) -> Result<bool, RunError> {
    let (mut lines, mut begin) = (0, 0);
    let (mut keys, step) = (keys.cursor(), context.decoder.part_bytes());
    while begin < file.size {
        context.job.check()?;
        let bytes = whole_lines(&context.lake, file, begin, context.decoder.part_bytes()).await?;
        let mut part = FilePart { bytes, lines_before: lines, bytes_before: begin, keys: RecordKeys::Absent };
        let after = part.lines_after();
        // The last line may have no end.
        let is_last = begin + part.bytes.len() as u64 == file.size;
        part.keys = keys.next(&context.lake, after - lines + u64::from(is_last), step).await?;
        (lines, begin) = (after, begin + part.bytes.len() as u64);
        let (decoder, contract, file) = (context.decoder.clone(), Arc::clone(contract), file.clone());
        let to_writer = parts.clone();
        let sent = blocking(move || {
            let Some(decoded) = decoder.decode_part(&contract, file, part)? else { return Ok(false) };
            to_writer.send(Message::Part(Box::new(decoded))).map_err(|_| not_written())?;
            Ok(true)
        });
        if !sent.await? {
            return Ok(false);
        }
    }
    keys.finish(&context.lake, step).await?;
    blocking(move || parts.send(Message::End).map_err(|_| not_written())).await?;
    Ok(true)
}

fn not_written() -> RunError {
    RunError::Internal("a file of bronze is not written any more".to_owned())
}

/// Whole lines of a file from a place on: about a part, more where a line is longer.
async fn whole_lines(lake: &Lake, file: &SourceFile, from: u64, part_bytes: u64) -> Result<Bytes, RunError> {
    let mut bytes = BytesMut::new();
    loop {
        let begin = from + bytes.len() as u64;
        let end = (begin + part_bytes).min(file.size);
        let more = lake.objects().read_range(&file.path, begin..end).await?;
        let is_last = end == file.size;
        if is_last && bytes.is_empty() {
            return Ok(more);
        }
        match more.iter().rposition(|byte| *byte == b'\n') {
            Some(last) if !is_last && bytes.is_empty() => return Ok(more.slice(..=last)),
            Some(last) if !is_last => {
                bytes.extend_from_slice(more.get(..=last).unwrap_or_default());
                return Ok(bytes.freeze());
            }
            _ => bytes.extend_from_slice(&more),
        }
        if is_last {
            return Ok(bytes.freeze());
        }
    }
}

/// The parts whose records are written.
#[derive(Default)]
struct WrittenParts {
    /// Without the texts of their records.
    decoded: Vec<DecodedFile>,
    /// Rows of bronze.
    rows: u64,
    records: u64,
}

/// A part whose rows are being written.
struct OpenPart {
    part: Arc<Vec<DecodedFile>>,
    rows: Box<dyn Iterator<Item = Result<RecordBatch, RunError>> + Send>,
}

/// The rows of the parts, as they come.
fn rows_of(
    batch: u64,
    waiting: Receiver<Message>,
    written: Arc<Mutex<WrittenParts>>,
) -> impl Iterator<Item = Result<RecordBatch, RunError>> + Send {
    let mut open: Option<OpenPart> = None;
    let mut is_ended = false;
    std::iter::from_fn(move || {
        while !is_ended {
            if let Some(rows) = open.as_mut().and_then(|open| open.rows.next()) {
                return Some(rows);
            }
            if let Some(OpenPart { part, rows }) = open.take() {
                drop(rows);
                if let Err(error) = keep(&written, part) {
                    is_ended = true;
                    return Some(Err(error));
                }
            }
            match waiting.recv() {
                Ok(Message::Part(part)) => {
                    let part = Arc::new(vec![*part]);
                    open = Some(OpenPart { part: Arc::clone(&part), rows: Box::new(bronze_rows(batch, part)) });
                }
                Ok(Message::End) => is_ended = true,
                // Decoding ended before the last part, so the file may not be written to its end.
                Err(_) => {
                    is_ended = true;
                    return Some(Err(not_written()));
                }
            }
        }
        None
    })
}

/// Keeps the typed rows of a part.
fn keep(written: &Mutex<WrittenParts>, part: Arc<Vec<DecodedFile>>) -> Result<(), RunError> {
    let mut part = Arc::try_unwrap(part).map_err(|_| not_written())?;
    let counts = RecordCounts::of(&part);
    let_texts_go(&mut part);
    let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
    written.rows += counts.rows;
    written.records += counts.of_files.iter().sum::<u64>();
    for mut part in part {
        if let Some(first) = written.decoded.first_mut() {
            first.count_also(&mut part);
        }
        written.decoded.push(part);
    }
    Ok(())
}
