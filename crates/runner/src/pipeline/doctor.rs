//! Reads a feed for the doctor: the files of a table's batches, bronze where they are gone, or files of a folder.

use super::batch_contract::contract_of_batch;
use super::context::TableContext;
use super::corrections::correction_of;
use super::decode::decoded_bronze_by_batch;
use super::decoder::{Decoder, DecoderOptions};
use super::delta_feed;
use super::doctor_state::state_checks;
use super::key_files::decode_with_keys;
use super::table_state::TableState;
use crate::doctor::{Diagnosis, Feed, FeedOptions, FileFacts, Found, Place};
use crate::support::blocking::blocking;
use crate::{Job, RunError};
use futures::TryStreamExt;
use sluice_api::FindingCode;
use sluice_cdc::{DecodedFile, check_contract};
use sluice_change::SourceFile;
use sluice_contract::Contract;
use sluice_lake::{BatchManifest, Lake, LakeError, TableLocation};
use sluice_query::QueryEngine;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

/// Bytes of the front of a file that tell its compression.
const HEAD: usize = 4;

/// What was found, and in what.
pub(crate) struct Examined {
    pub(crate) found: Found,
    pub(crate) records: u64,
    pub(crate) batches: Option<(u64, u64)>,
}

/// A file that is to be read, and the batch that it is of.
type FileOfBatch = (SourceFile, Option<u64>);

/// Examines the batches of a table, up to `batch` if there is one.
///
/// # Errors
/// If there is no such batch, or the lake cannot be read.
pub(crate) async fn examine_table(
    lake: &Lake,
    engine: &QueryEngine,
    declared: &Arc<Contract>,
    batch: Option<u64>,
    job: &Job,
) -> Result<Examined, RunError> {
    let decoder = Decoder::new(DecoderOptions::default());
    let context = TableContext::open(lake, declared, engine, job, &decoder).await?;
    let table = TableState::open(&context).await?;
    let last = batch.unwrap_or_else(|| table.last_claimed());
    if batch.is_some_and(|batch| table.manifest(batch).is_none()) {
        let message = format!("{} has no batch {last}", declared.name);
        return Err(RunError::not_found(message, format!("`sluice batches {}` lists them", declared.name)));
    }
    let examined = match of_files(&context, &table, last).await {
        Err(RunError::Lake(LakeError::NotFound { .. })) => of_bronze(&context, &table, last).await?,
        other => other?,
    };
    let Diagnosis { mut found, records } = examined;
    written_again(&context.contract, table.manifests(1..=last), &mut found);
    state_checks(&context, &table, &mut found).await?;
    if let Some(batch) = batch {
        found.only_batch(batch);
    }
    let first = table.claimed.first().map(|manifest| manifest.batch);
    Ok(Examined { found, records, batches: first.map(|first| (first, last)) })
}

/// Files that several batches took: each was written again after the one before. Full snapshots are, by their nature.
fn written_again<'a>(contract: &Contract, manifests: impl Iterator<Item = &'a BatchManifest>, found: &mut Found) {
    if contract.apply.from_snapshot.is_some() {
        return;
    }
    let mut taken: BTreeMap<&str, u64> = BTreeMap::new();
    for manifest in manifests {
        for file in &manifest.files {
            if let Some(first) = taken.insert(&file.path, manifest.batch) {
                let number = found.begin_file(&file.path, Some(manifest.batch));
                let place = Place { file: number, record: None };
                let detail = format!("the file was written again after batch {first} took it");
                found.note(FindingCode::DeliveredTwice, place, detail, "");
            }
        }
    }
}

/// Examines files that are no table's yet, by a contract that was proposed for them.
///
/// # Errors
/// If a file cannot be read.
pub(crate) async fn examine_files(
    lake: &Lake,
    engine: &QueryEngine,
    contract: &Arc<Contract>,
    files: Vec<SourceFile>,
    job: &Job,
) -> Result<Examined, RunError> {
    check_contract(contract)?;
    let decoder = Decoder::new(DecoderOptions::default());
    let context = TableContext {
        lake: lake.clone(),
        declared: Arc::clone(contract),
        contract: Arc::clone(contract),
        engine: engine.clone(),
        job: job.clone(),
        decoder,
        rebuild_bytes: sluice_contract::limits::REBUILD_BYTES,
    };
    let files = files.into_iter().map(|file| (file, None)).collect();
    let Diagnosis { mut found, records } = read_files(&context, files, |_| Ok(Arc::clone(contract))).await?;
    for check in [22, 23, 24] {
        found.not_run.insert(check, "the folder is no table yet".to_owned());
    }
    Ok(Examined { found, records, batches: None })
}

fn feed(context: &TableContext) -> Result<Feed, RunError> {
    let contract = &context.contract;
    let source = contract.source.as_ref();
    let source = source.ok_or_else(|| RunError::Internal(format!("{} has no source", contract.name)))?;
    let store = context.lake.table(TableLocation::Silver(contract.name.clone()));
    let spill = store.cached().spill_file()?;
    Feed::new(FeedOptions { contract: Arc::clone(contract), format: source.format, spill })
}

async fn of_files(context: &TableContext, table: &TableState, last: u64) -> Result<Diagnosis, RunError> {
    let manifests: BTreeMap<u64, &BatchManifest> =
        table.manifests(1..=last).map(|manifest| (manifest.batch, manifest)).collect();
    let files: Vec<FileOfBatch> = manifests
        .values()
        // A correction is no file of the feed.
        .filter(|manifest| correction_of(manifest).is_none())
        .flat_map(|manifest| manifest.files.iter().map(|file| (file.clone(), Some(manifest.batch))))
        .collect();
    read_files(context, files, |batch| {
        let manifest = batch.and_then(|batch| manifests.get(&batch));
        match manifest {
            Some(manifest) => contract_of_batch(&context.contract, manifest),
            None => Ok(Arc::clone(&context.contract)),
        }
    })
    .await
}

async fn read_files(
    context: &TableContext,
    files: Vec<FileOfBatch>,
    contract_of: impl Fn(Option<u64>) -> Result<Arc<Contract>, RunError>,
) -> Result<Diagnosis, RunError> {
    let mut feed = feed(context)?;
    for (file, batch) in files {
        context.job.check()?;
        let is_commit = delta_feed::is_commit(&file.path);
        let too_large = file.size > sluice_contract::limits::FILE_BYTES_MAX;
        let bytes = match is_commit {
            true => delta_feed::read(&context.lake, &file.path).await?,
            false if too_large => bytes::Bytes::new(),
            false => context.lake.objects().read(&file.path).await?,
        };
        // One that was written again since is not what the batch has.
        if batch.is_some() && !is_commit && !too_large && bytes.len() as u64 != file.size {
            return Err(LakeError::NotFound { path: file.path }.into());
        }
        let head = bytes.get(..HEAD.min(bytes.len())).unwrap_or_default().to_vec();
        let decoded = decode_with_keys(context, &contract_of(batch)?, &file, bytes).await?;
        feed = blocking(move || {
            let facts = FileFacts { path: file.path, batch, size: Some(file.size), head };
            feed.add(&facts, &decoded)?;
            Ok(feed)
        })
        .await?;
    }
    blocking(move || feed.finish()).await
}

async fn of_bronze(context: &TableContext, table: &TableState, last: u64) -> Result<Diagnosis, RunError> {
    let mut feed = feed(context)?;
    let mut pieces = pin!(decoded_bronze_by_batch(context, table, 1..=last).await?);
    while let Some(pieces) = pieces.try_next().await? {
        feed = blocking(move || {
            for piece in pieces {
                for (path, decoded) in by_file(piece.decoded)? {
                    let facts = FileFacts { path, batch: Some(piece.batch), size: None, head: Vec::new() };
                    feed.add(&facts, &decoded)?;
                }
            }
            Ok(feed)
        })
        .await?;
    }
    let mut diagnosis = blocking(move || feed.finish()).await?;
    let because = "files of older batches are gone, so their records were read from bronze";
    for check in [7, 8, 9, 21] {
        diagnosis.found.not_run.insert(check, because.to_owned());
    }
    Ok(diagnosis)
}

/// What bronze has, by the file that it came in.
fn by_file(decoded: DecodedFile) -> Result<Vec<(String, DecodedFile)>, RunError> {
    let (files, source) = (decoded.changes.files.clone(), decoded.source);
    let parts = decoded.changes.split(files.len(), |at| usize::try_from(at.file).ok())?;
    let mut rejects: Vec<Vec<_>> = vec![Vec::new(); files.len()];
    for reject in decoded.rejects {
        if let Some(of_file) = rejects.get_mut(reject.at.file as usize) {
            of_file.push(reject);
        }
    }
    let of_file = files.into_iter().zip(parts).zip(rejects).map(|((file, changes), rejects)| {
        let rows_in = changes.len() as u64 + rejects.len() as u64;
        (file.path, DecodedFile::uncounted(changes, rejects, rows_in, source.clone()))
    });
    Ok(of_file.collect())
}
