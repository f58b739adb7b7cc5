//! One file, decoded.

use crate::columnar::parquet_file as dms_parquet;
use crate::outcome::collector::{Collector, nothing};
use crate::plan::Plan;
use crate::text::unpack::{Ending, is_gzip};
use crate::text::{csv_file as dms_csv, json_lines};
use crate::{DecodeError, DecodedFile};
use bytes::Bytes;
use sluice_change::{ReasonCode, Reject, RowRef, SourceFile};
use sluice_contract::{Contract, SourceFormat, limits};
use std::sync::Arc;

/// Bytes looked at to tell text from something else.
const HEAD_BYTES: usize = 512;

/// Decodes one file. Never panics on any bytes; the limits of [`sluice_contract::limits`] hold.
///
/// A damaged file yields what could be read and a reject with `whole_file` that says where reading
/// stopped. Of a gzip file that ends too early everything before the cut is taken; of one whose
/// checksum does not hold, or whose stream is damaged, only the members that a checksum proves,
/// because any byte of the rest may be wrong.
///
/// # Errors
/// [`DecodeError`] when the contract does not allow any decoding. A damaged file is not an error.
pub fn decode_file(contract: &Arc<Contract>, file: SourceFile, bytes: Bytes) -> Result<DecodedFile, DecodeError> {
    let plan = Plan::new(contract)?;
    if let Some((reason, detail)) = refuse(&plan, &file, &bytes) {
        let at = RowRef { file: 0, row: 0, offset: 0 };
        let (detail, raw) = (detail.to_owned(), String::new());
        let reject = Reject { at, reason, column: None, detail, raw, whole_file: true };
        return Ok(nothing(contract, vec![file], vec![reject]));
    }
    let mut out = Collector::new(contract, vec![file.clone()]);
    match plan.format() {
        SourceFormat::DmsParquet => dms_parquet::decode(&plan, &mut out, &bytes),
        SourceFormat::DmsCsv => {
            let ending = dms_csv::decode(&plan, &mut out, bytes.clone(), u64::MAX);
            if let Ending::Corrupt { verified } = ending {
                out = Collector::new(contract, vec![file]);
                dms_csv::decode(&plan, &mut out, bytes, verified);
                reject_rest(&mut out, ending, verified);
            }
        }
        SourceFormat::DebeziumJson | SourceFormat::DebeziumFlatJson => {
            let ending = json_lines::decode(&plan, &mut out, bytes.clone(), u64::MAX);
            if let Ending::Corrupt { verified } = ending {
                out = Collector::new(contract, vec![file]);
                json_lines::decode(&plan, &mut out, bytes, verified);
                reject_rest(&mut out, ending, verified);
            }
        }
    }
    out.finish()
}

fn reject_rest(out: &mut Collector, ending: Ending, offset: u64) {
    if let Some((reason, detail)) = ending.reason() {
        let row = out.records();
        out.reject_file(RowRef { file: 0, row, offset }, reason, detail);
    }
}

/// Why nothing of a file is read at all.
fn refuse(plan: &Plan, file: &SourceFile, bytes: &[u8]) -> Option<(ReasonCode, &'static str)> {
    if file.size.max(bytes.len() as u64) > limits::FILE_BYTES_MAX {
        return Some((ReasonCode::FileTooLarge, "the file is over the limit of 2 GiB"));
    }
    if plan.format() == SourceFormat::DmsParquet || is_gzip(bytes) {
        return None;
    }
    let named_gzip = file.path.ends_with(".gz");
    if named_gzip && bytes.len() < 2 {
        return Some((ReasonCode::TruncatedFile, "the gzip stream ends too early"));
    }
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    if head.contains(&0) {
        return Some((ReasonCode::UnreadableFile, "the file is binary, text was expected"));
    }
    if named_gzip && std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some()) {
        return Some((ReasonCode::UnreadableFile, "the file is neither gzip nor text"));
    }
    None
}
