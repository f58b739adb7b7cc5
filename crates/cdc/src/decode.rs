//! One file, decoded.

use crate::file_order::is_full_load;
use crate::format::{Content, Format};
use crate::formats;
use crate::generations::by_generation;
use crate::outcome::collector::{Collector, nothing};
use crate::outcome::decode_error::DecodeError;
use crate::outcome::decoded_file::DecodedFile;
use crate::parts::{FilePart, are_plain_lines, lines_about, parts};
use crate::plan::Plan;
use crate::plan::start::first_events;
use crate::text::content::{is_marked_utf16, looks_like_utf16};
use crate::text::unpack::StreamEnd;
use crate::text::unpack::packing::{Packing, without_ending};
use bytes::Bytes;
use sluice_change::{ReasonCode, Reject, RowRef, SourceFile};
use sluice_contract::{Contract, SourceFormat, TextEncoding, limits};
use std::sync::Arc;

/// Bytes looked at to tell text from something else.
const HEAD_BYTES: usize = 512;

/// Whether a file that begins with these bytes is read by a library that hostile bytes may crash, so that decoding it
/// belongs in a process of its own: those of binary formats, and everything compressed but gzip.
#[must_use]
pub fn needs_own_process(format: SourceFormat, front: &[u8]) -> bool {
    let packed = || Packing::of(front).is_some_and(|packing| packing != Packing::Gzip);
    formats::of(format).file_kind().content == Content::Binary || packed()
}

/// Decodes one file. Never panics on any bytes; the limits of [`sluice_contract::limits`] hold.
///
/// A damaged file yields what could be read and a reject with `whole_file` that says where reading
/// stopped. Of a gzip file that ends too early everything before the cut is kept; of one whose
/// checksum does not match, or whose stream is damaged, only the members whose checksum matches,
/// because any byte of the rest may be wrong.
///
/// ```
/// use sluice_change::{Op, SourceFile};
/// use sluice_contract::Contract;
/// use std::sync::Arc;
///
/// let text = "dataset: shop.orders\nsource: {path: landing, format: debezium_json}\n\
///             schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";
/// let contract = Arc::new(Contract::parse(text, "orders.yaml").unwrap());
/// let lines = r#"{"op":"c","after":{"id":1,"status":"new"},"source":{"lsn":5}}
/// {"op":"c","after":{"id":"one"},"source":{"lsn":6}}"#;
/// let file = SourceFile { path: "1.json".to_owned(), size: lines.len() as u64, ..SourceFile::default() };
///
/// let decoded = sluice_cdc::decode_file(&contract, file, lines.into()).unwrap();
/// assert_eq!(decoded.changes.ops, [Op::Upsert]);
/// assert_eq!(decoded.rejects[0].reason.as_str(), "TYPE_MISMATCH");
/// assert_eq!(decoded.rows_in, 2);
/// ```
///
/// # Errors
/// [`DecodeError`] when the contract does not allow any decoding. A damaged file is not an error.
pub fn decode_file(contract: &Arc<Contract>, file: SourceFile, bytes: Bytes) -> Result<DecodedFile, DecodeError> {
    decode_file_part(contract, file, FilePart::whole(bytes))
}

/// Whether a file can be decoded part by part, whole lines each, with [`decode_file_part`]: its records are lines of
/// plain text, as its first 256 KiB show.
///
/// # Errors
/// [`DecodeError::NoSource`].
pub fn is_decoded_by_parts(contract: &Contract, front: &[u8]) -> Result<bool, DecodeError> {
    let has_byte_lines = contract.source.as_ref().is_some_and(|source| source.encoding == TextEncoding::Utf8);
    Ok(has_byte_lines && are_plain_lines(format_of(contract)?, front))
}

/// Decodes a part of a file, as [`decode_file`] does all of it. Of a part that is not the whole file
/// [`is_decoded_by_parts`] holds; what is counted of a file is
/// put together by [`DecodedFile::count_also`].
///
/// # Errors
/// [`DecodeError`] when the contract does not allow any decoding. A damaged file is not an error.
pub fn decode_file_part(
    contract: &Arc<Contract>,
    file: SourceFile,
    part: FilePart,
) -> Result<DecodedFile, DecodeError> {
    if contract.column_starts().is_empty() {
        return decode_by(contract, file, part);
    }
    by_generation(contract, |contract| decode_by(contract, file.clone(), part.clone()))
}

fn decode_by(contract: &Arc<Contract>, file: SourceFile, part: FilePart) -> Result<DecodedFile, DecodeError> {
    let format = format_of(contract)?;
    let plan = Plan::new(contract, &format.markers())?;
    let plan = plan.of_files(
        std::slice::from_ref(&file),
        |path| format.file_position(path),
        |path| is_full_load(format.name(), path),
    );
    let is_begin = part.bytes_before == 0;
    let refused = || refuse(format.file_kind().content, &plan, &file, &part.bytes);
    if let Some((reason, detail)) = is_begin.then(refused).flatten() {
        let at = RowRef { file: 0, row: 0, offset: 0 };
        let (further, raw) = (Arc::default(), String::new());
        let reject = Reject { at, reason, column: None, detail, further, raw, whole_file: true };
        return Ok(nothing(contract, vec![file], vec![reject]));
    }
    // Lines of other encodings end otherwise.
    let threads = match plan.source.encoding {
        TextEncoding::Utf8 => std::thread::available_parallelism().map_or(1, usize::from),
        _ => 1,
    };
    let (bytes, keys) = (part.bytes.clone(), part.keys.clone());
    let parts = parts(format, part, threads);
    if parts.len() > 1 || !is_begin {
        return decode_parts(contract, format, &plan, &file, parts);
    }
    let begin = |files| begin(contract, files).with_keys(keys.clone());
    let mut out = begin(vec![file.clone()]).with_room(lines_about(format, &bytes), bytes.len());
    let end = format.decode_file(&plan, &mut out, bytes.clone(), u64::MAX);
    if let StreamEnd::Corrupt { verified } = end {
        out = begin(vec![file]);
        format.decode_file(&plan, &mut out, bytes, verified);
        reject_rest(&mut out, end, verified);
    }
    out.finish()
}

/// Decodes the parts of a plain file of lines beside each other.
fn decode_parts(
    contract: &Arc<Contract>,
    format: &dyn Format,
    plan: &Plan,
    file: &SourceFile,
    parts: Vec<FilePart>,
) -> Result<DecodedFile, DecodeError> {
    let decode = |FilePart { bytes, lines_before, bytes_before, keys }| {
        let files = vec![file.clone()];
        let mut out = match bytes_before {
            0 => begin(contract, files),
            _ => collector(contract, files).behind(lines_before, bytes_before),
        };
        out = out.with_room(lines_about(format, &bytes), bytes.len()).with_keys(keys);
        format.decode_file(plan, &mut out, bytes, u64::MAX);
        out.finish()
    };
    let decode = &decode;
    let decoded = std::thread::scope(|scope| {
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || decode(part))).collect();
        let decoded = threads.into_iter().map(|thread| match thread.join() {
            Ok(decoded) => decoded,
            // As if it had happened here.
            Err(panic) => std::panic::resume_unwind(panic),
        });
        decoded.collect::<Result<Vec<_>, _>>()
    });
    let joined = DecodedFile::joined(decoded?)?;
    joined.ok_or_else(|| DecodeError::Internal { detail: "a file without parts".to_owned() })
}

/// Whether records can be decoded by the contract at all: what it says of them is understood.
///
/// # Errors
/// [`DecodeError`], the same as for a file.
pub fn check_contract(contract: &Arc<Contract>) -> Result<(), DecodeError> {
    Plan::new(contract, &format_of(contract)?.markers()).map(|_| ())
}

fn collector(contract: &Arc<Contract>, files: Vec<SourceFile>) -> Collector {
    // What is wrong with it was said when the plan was made.
    Collector::new(contract, files).beginning_with(first_events(contract).ok().flatten())
}

/// A collector for these files. Those of a reload begin with an empty table.
pub(crate) fn begin(contract: &Arc<Contract>, files: Vec<SourceFile>) -> Collector {
    let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
    let mut out = collector(contract, files);
    if contract.epoch.is_reload && contract.backfill.is_none() {
        (0..count).for_each(|file| out.empty_table(RowRef { file, row: 0, offset: 0 }));
    }
    out
}

/// The format of a contract's source.
///
/// # Errors
/// [`DecodeError::NoSource`].
pub(crate) fn format_of(contract: &Contract) -> Result<&'static dyn Format, DecodeError> {
    let source = contract.source.as_ref();
    let source = source.ok_or_else(|| DecodeError::NoSource { table: contract.name.to_string() })?;
    Ok(formats::of(source.format))
}

fn reject_rest(out: &mut Collector, end: StreamEnd, offset: u64) {
    if let Some((reason, detail)) = end.reason() {
        let row = out.records();
        out.reject_file(RowRef { file: 0, row, offset }, reason, detail);
    }
}

/// Why nothing of a file is read at all.
fn refuse(content: Content, plan: &Plan, file: &SourceFile, bytes: &Bytes) -> Option<(ReasonCode, String)> {
    if file.size.max(bytes.len() as u64) > limits::FILE_BYTES_MAX {
        return Some((ReasonCode::FileTooLarge, "the file is over the limit of 2 GiB".to_owned()));
    }
    if content == Content::Binary || Packing::of(bytes).is_some() {
        return None;
    }
    let is_named_packed = without_ending(&file.path).is_some();
    if is_named_packed && bytes.len() < 2 {
        return Some((ReasonCode::TruncatedFile, "the compressed stream ends too early".to_owned()));
    }
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let has_wide_letters = matches!(plan.source.encoding, TextEncoding::Utf16Le | TextEncoding::Utf16Be);
    if head.contains(&0) && !has_wide_letters && !is_marked_utf16(head) {
        let detail = match looks_like_utf16(head) {
            Some(encoding) => format!(
                "the file has no byte order mark and looks like {encoding}. Write encoding: {encoding} in source"
            ),
            None => format!("the file is {}, text was expected", kind_of(head)),
        };
        return Some((ReasonCode::UnreadableFile, detail));
    }
    let is_text = std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    if plan.source.encoding == TextEncoding::Utf8 && !is_text && (is_named_packed || kind_of(head) != "binary") {
        let detail = match kind_of(head) {
            "binary" => "the file is neither compressed in a known way nor text".to_owned(),
            kind => format!("the file is {kind}, text was expected"),
        };
        return Some((ReasonCode::UnreadableFile, detail));
    }
    None
}

/// What bytes that are no text are, by their first ones.
pub(crate) fn kind_of(head: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 13] = [
        (b"PAR1", "Parquet"),
        (b"Obj\x01", "Avro"),
        (b"ORC", "ORC"),
        (b"\xe0\x01\x00\xea", "Amazon Ion (let the export write DynamoDB JSON)"),
        (b"\xfd7zXZ\0", "compressed with xz, which is not read"),
        (b"7z\xbc\xaf\x27\x1c", "an archive of 7-Zip"),
        (b"PK\x03\x04", "a zip archive or a workbook"),
        (b"\xd0\xcf\x11\xe0", "a document of an old Office"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"%PDF", "a PDF"),
        (b"SQLite format 3", "a database of SQLite"),
    ];
    KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map_or("binary", |(_, kind)| kind)
}
