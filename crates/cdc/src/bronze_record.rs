//! Records that bronze kept, decoded again.

use crate::decode::{begin, format_of};
use crate::file_order::is_full_load;
use crate::generations::by_generation;
use crate::outcome::collector::nothing;
use crate::outcome::decode_error::DecodeError;
use crate::outcome::decoded_file::DecodedFile;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use sluice_change::{ReasonCode, Reject, RowRef, SourceFile};
use sluice_contract::{Contract, limits};
use std::sync::Arc;

/// A record that bronze kept: [`sluice_change::ChangeBatch::records`].
#[derive(Clone, Copy, Debug)]
pub struct BronzeRecord<'a> {
    /// Where it came from; `file` counts the files handed to [`decode_records`].
    pub at: RowRef,
    /// The record as delivered.
    pub record: &'a str,
}

/// Decodes records of bronze, to rebuild silver: the same result as [`decode_file`](crate::decode_file)
/// had for them, whatever records are together. Hand over pieces of less than 1 GiB.
///
/// ```
/// use sluice_cdc::{BronzeRecord, decode_records};
/// use sluice_change::{RowRef, SourceFile};
/// use sluice_contract::Contract;
/// use std::sync::Arc;
///
/// let text = "dataset: shop.orders\nsource: {path: landing, format: csv}\napply: {sequence: [changed]}\n\
///             schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: changed, type: timestamp}\n";
/// let contract = Arc::new(Contract::parse(text, "orders.yaml").unwrap());
/// let at = RowRef { file: 0, row: 7, offset: 90 };
/// let record = r#"{"id":"1","changed":"2026-11-20 08:00:00Z"}"#;
///
/// let decoded = decode_records(&contract, vec![SourceFile::default()], &[BronzeRecord { at, record }]);
/// assert_eq!(decoded.changes.refs.at(0).row, 7);
/// ```
///
/// A contract that allows no decoding (no source, a wrong default) rejects every record.
#[must_use]
pub fn decode_records(contract: &Arc<Contract>, files: Vec<SourceFile>, records: &[BronzeRecord<'_>]) -> DecodedFile {
    match by_generation(contract, |contract| decode_all(contract, files.clone(), records)) {
        Ok(decoded) => decoded,
        Err(error) => {
            let reject = |record: &BronzeRecord<'_>| Reject {
                at: record.at,
                reason: ReasonCode::BadEnvelope,
                column: None,
                detail: error.to_string(),
                further: Arc::default(),
                raw: Reject::raw_of(record.record.as_bytes()),
                whole_file: false,
            };
            nothing(contract, files, records.iter().map(reject).collect())
        }
    }
}

fn decode_all(
    contract: &Arc<Contract>,
    files: Vec<SourceFile>,
    records: &[BronzeRecord<'_>],
) -> Result<DecodedFile, DecodeError> {
    let format = format_of(contract)?;
    let plan = Plan::new(contract, &format.markers())?.of_files(
        &files,
        |path| format.file_position(path),
        |path| is_full_load(format.name(), path),
    );
    let mut decode = format.record_decoder(&plan);
    let mut out = begin(contract, files);
    for BronzeRecord { at, record } in records {
        let outcome = if record.len() > limits::ROW_BYTES_MAX {
            let detail = format!("over {} MiB", limits::ROW_BYTES_MAX >> 20);
            Err(RecordError::new(ReasonCode::RowTooLarge, detail))
        } else {
            decode(&mut out, *at, record)
        };
        if let Err(error) = outcome {
            out.reject(*at, error, record.as_bytes());
        }
    }
    out.finish()
}
