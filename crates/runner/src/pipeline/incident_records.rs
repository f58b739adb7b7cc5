//! The records that an incident is about: those of a batch, and what bronze has of their keys from before.

use super::context::TableContext;
use super::corrections::correction_of;
use super::decode::{BatchPiece, decoded_bronze_by_batch};
use super::decoder::{Decoder, DecoderOptions};
use super::table_state::TableState;
use crate::support::blocking::blocking;
use crate::{Job, RunError};
use futures::TryStreamExt;
use sluice_change::Op;
use sluice_contract::Contract;
use sluice_engine::KeyEncoder;
use sluice_lake::Lake;
use sluice_query::QueryEngine;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::pin::pin;
use std::sync::Arc;

/// Where a record is: batch, file, number in the file.
pub(crate) type RecordPlace = (u64, String, u64);

/// The records of an incident.
pub(crate) struct IncidentRecords {
    /// The effective contract.
    pub(crate) contract: Arc<Contract>,
    /// Texts as bronze has them, in the order in which they came.
    pub(crate) records: BTreeMap<RecordPlace, String>,
    /// Keys of the batch.
    pub(crate) keys: u64,
    /// Records that would have been too many.
    pub(crate) left_out: u64,
    /// Batches that are corrections of records in quarantine.
    pub(crate) corrections: BTreeSet<u64>,
}

/// Reads them.
///
/// # Errors
/// If there is no such batch in bronze, the table is made of full snapshots, or bronze cannot be read.
pub(crate) async fn incident_records(
    lake: &Lake,
    engine: &QueryEngine,
    declared: &Arc<Contract>,
    batch: u64,
    max: usize,
    job: &Job,
) -> Result<IncidentRecords, RunError> {
    let context = TableContext::open(lake, declared, engine, job, &Decoder::new(DecoderOptions::default())).await?;
    let contract = Arc::clone(&context.contract);
    let name = &contract.name;
    if contract.apply.from_snapshot.is_some() {
        let message = format!("{name} is made of full snapshots, which have no events of their own");
        return Err(RunError::input(message, format!("`sluice history {name}` shows the versions of a row")));
    }
    let mut table = TableState::open_to_look(&context).await?;
    if batch == 0 || table.manifests(batch..=batch).next().is_none() || batch > table.bronze.batch {
        let message = format!("Bronze of {name} has no batch {batch}");
        return Err(RunError::not_found(message, format!("`sluice batches {name}` lists the batches")));
    }
    let corrections = table.manifests(0..=batch).filter(|of| correction_of(of).is_some()).map(|of| of.batch).collect();
    table.skipped.remove(&batch);
    let encoder = Arc::new(KeyEncoder::new(&contract)?);
    let mut found = IncidentRecords { contract, records: BTreeMap::new(), keys: 0, left_out: 0, corrections };
    let mut hashes: HashSet<u128> = HashSet::new();
    {
        let mut pieces = pin!(decoded_bronze_by_batch(&context, &table, batch..=batch).await?);
        while let Some(pieces) = pieces.try_next().await? {
            for piece in pieces {
                hashes.extend(encoder.hashes(&piece.decoded.changes.rows)?);
                for (at, text) in all_of(&piece) {
                    found.take(at, text, max);
                }
            }
        }
    }
    found.keys = hashes.len() as u64;
    if batch == 1 {
        return Ok(found);
    }
    let hashes = Arc::new(hashes);
    let mut pieces = pin!(decoded_bronze_by_batch(&context, &table, 1..=batch - 1).await?);
    while let Some(pieces) = pieces.try_next().await? {
        job.check()?;
        let (encoder, hashes) = (Arc::clone(&encoder), Arc::clone(&hashes));
        let of_keys = blocking(move || {
            let mut of_keys = Vec::new();
            for piece in &pieces {
                of_keys.extend(of_same_keys(piece, &encoder, &hashes)?);
            }
            Ok(of_keys)
        })
        .await?;
        for (at, text) in of_keys {
            found.take(at, text, max);
        }
    }
    Ok(found)
}

impl IncidentRecords {
    fn take(&mut self, at: RecordPlace, text: String, max: usize) {
        if self.records.len() < max || self.records.contains_key(&at) {
            self.records.insert(at, text);
        } else {
            self.left_out += 1;
        }
    }
}

fn place(piece: &BatchPiece, file: u32, row: u64) -> RecordPlace {
    let path = piece.decoded.changes.files.get(file as usize).map_or_else(String::new, |file| file.path.clone());
    (piece.batch, path, row)
}

/// Every record of a piece, those in quarantine too.
fn all_of(piece: &BatchPiece) -> Vec<(RecordPlace, String)> {
    let changes = &piece.decoded.changes;
    let events = changes.records.iter().enumerate().map(|(row, text)| {
        let at = changes.refs.at(row);
        (place(piece, at.file, at.row), text.clone())
    });
    let rejects = piece.decoded.rejects.iter().filter(|reject| !reject.whole_file);
    let rejects = rejects.map(|reject| (place(piece, reject.at.file, reject.at.row), reject.raw.clone()));
    events.chain(rejects).collect()
}

/// Records of a piece that are of some keys, and truncates.
fn of_same_keys(
    piece: &BatchPiece,
    encoder: &KeyEncoder,
    keys: &HashSet<u128>,
) -> Result<Vec<(RecordPlace, String)>, RunError> {
    let changes = &piece.decoded.changes;
    let hashes = encoder.hashes(&changes.rows)?;
    let events = changes.ops.iter().zip(hashes).zip(&changes.records).enumerate();
    let wanted = events.filter(|(_, ((op, hash), _))| **op == Op::Truncate || keys.contains(hash));
    Ok(wanted
        .map(|(row, (_, text))| {
            let at = changes.refs.at(row);
            (place(piece, at.file, at.row), text.clone())
        })
        .collect())
}
