//! Records that bronze kept, decoded again.

use crate::formats::dms::row as dms;
use crate::outcome::collector::{Collector, nothing};
use crate::outcome::record_error::Fault;
use crate::plan::Plan;
use crate::text::csv_layout::CsvLayout;
use crate::text::{csv_file as dms_csv, json_lines};
use crate::value::encoding::SchemaCache;
use crate::{DecodeError, DecodedFile};
use sluice_change::{ReasonCode, Reject, RowRef, SourceFile};
use sluice_contract::{Contract, SourceFormat, limits};
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
/// A contract that allows no decoding (no source, a wrong default) rejects every record.
#[must_use]
pub fn decode_records(contract: &Arc<Contract>, files: Vec<SourceFile>, records: &[BronzeRecord<'_>]) -> DecodedFile {
    match decode_all(contract, files.clone(), records) {
        Ok(decoded) => decoded,
        Err(error) => {
            let reject = |record: &BronzeRecord<'_>| Reject {
                at: record.at,
                reason: ReasonCode::BadEnvelope,
                column: None,
                detail: error.to_string(),
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
    let plan = Plan::new(contract)?;
    let mut out = Collector::new(contract, files);
    let mut schemas = SchemaCache::default();
    let layouts = if plan.format() == SourceFormat::DmsCsv { CsvLayout::of_contract(&plan) } else { Vec::new() };
    for BronzeRecord { at, record } in records {
        let outcome = if record.len() > limits::ROW_BYTES_MAX {
            Err(Fault::new(ReasonCode::RowTooLarge, format!("over {} MiB", limits::ROW_BYTES_MAX >> 20)))
        } else {
            match plan.format() {
                SourceFormat::DmsCsv if !record.starts_with("{\"") => {
                    dms_csv::decode_rejected(&plan, &layouts, &mut out, *at, record)
                }
                SourceFormat::DmsParquet | SourceFormat::DmsCsv => dms::decode_record(&plan, &mut out, *at, record),
                SourceFormat::DebeziumJson | SourceFormat::DebeziumFlatJson => {
                    json_lines::decode_text(&plan, &mut schemas, &mut out, *at, record)
                }
            }
        };
        if let Err(fault) = outcome {
            out.reject(*at, fault, record.as_bytes());
        }
    }
    out.finish()
}
