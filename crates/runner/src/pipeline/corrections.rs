//! Corrected records: batches of their own, decoded in the place of the record that they correct.
//!
//! A corrected record has the file, the number and so the position of its origin. At that position it counts as older than
//! any event of the source, so it never wins against a redelivery; of two corrections the later one wins. That is in the
//! sequence of its events, so it is the same whenever they are merged and when silver is rebuilt.

use super::context::TableContext;
use super::decided_records::in_place;
use super::repair_records::decode_repairs;
use super::table_state::TableState;
use crate::RunError;
use crate::support::blocking::blocking;
use sluice_cdc::{BronzeRecord, DecodedFile};
use sluice_change::{EventSeq, EventSeqs, RowRef, SourceFile};
use sluice_contract::Contract;
use sluice_lake::{BatchManifest, Correction, correction_number};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Number of the correction that a batch is; `None` for any other batch.
pub(super) fn correction_of(manifest: &BatchManifest) -> Option<u64> {
    manifest.files.first().and_then(|file| correction_number(&file.path))
}

/// Corrections that are in no batch yet, each as a batch of its own.
///
/// # Errors
/// If the lake cannot be listed.
pub(super) async fn new_corrections(
    context: &TableContext,
    table: &TableState,
) -> Result<Vec<Vec<SourceFile>>, RunError> {
    let files = context.lake.ledger().correction_files(&context.contract.name).await?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let claimed = table.claimed.iter().flat_map(|manifest| &manifest.files);
    let known: BTreeSet<(&str, u64)> = claimed.map(|file| (file.path.as_str(), file.size)).collect();
    let new = files.iter().filter(|file| !known.contains(&(file.path.as_str(), file.size)));
    Ok(new.map(|file| vec![file.clone()]).collect())
}

/// Decodes a correction.
///
/// # Errors
/// If it cannot be read.
pub(super) async fn decode_correction(
    context: &TableContext,
    contract: &Arc<Contract>,
    path: &str,
    number: u64,
) -> Result<DecodedFile, RunError> {
    let Correction { origin, record, more, repairs, .. } = context.lake.ledger().correction(path).await?;
    let (contract, path) = (Arc::clone(contract), path.to_owned());
    blocking(move || {
        if !repairs.is_empty() {
            let files = vec![SourceFile { path, ..SourceFile::default() }];
            let in_file = |(row, record)| BronzeRecord { at: RowRef { file: 0, row, offset: 0 }, record };
            let records: Vec<BronzeRecord<'_>> = (0..).zip(repairs.iter().map(String::as_str)).map(in_file).collect();
            return Ok(behind_the_source(decode_repairs(&contract, files, &records)?, number));
        }
        let records = std::iter::once((&origin, record.as_str()));
        let records = records.chain(more.iter().map(|record| (&record.origin, record.record.as_str())));
        Ok(behind_the_source(in_place(&contract, &records.collect::<Vec<_>>()), number))
    })
    .await
}

/// The events with the sequences of a correction.
pub(super) fn behind_the_source(mut decoded: DecodedFile, number: u64) -> DecodedFile {
    let mut seqs = EventSeqs::default();
    for seq in decoded.changes.seqs.iter() {
        // A record may be a delete and an upsert; the hashes of the source's events are far greater.
        let upsert = u64::from(seq.tie & EventSeq::UPSERT_TIE != 0);
        seqs.push(EventSeq { tie: number.saturating_mul(2).saturating_add(upsert), ..seq });
    }
    decoded.changes.seqs = seqs;
    decoded
}
