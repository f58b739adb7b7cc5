//! Step 2, decode: bytes become typed events, or rejects with a reason.
//!
//! First runs and resumed ones decode the files of a claimed batch, reprocessing decodes them again, a dry
//! run decodes files that are not claimed, and a rebuild or a batch that was held decodes what bronze kept. All
//! give a [`DecodedBatch`]. Where the contract lets columns evolve and the records have more than it, the
//! inferred schema grows and they are decoded again by the wider contract.

use super::batch::DecodedBatch;
use super::batch_contract::{contract_of_batch, for_batch};
use super::bronze;
use super::context::TableContext;
use super::corrections::{behind_the_source, correction_of, decode_correction};
use super::decided_records::DecidedRecords;
use super::delta_feed;
use super::key_files::{decode_with_keys, ensure_keys_came};
use super::land::{BronzeRows, let_texts_go};
use super::late_events::quarantine_late;
use super::lost_files::missing_file_error;
use super::snapshot_files::{Deliveries, newest_delivery_of_each_file};
use super::snapshot_version::{note_version, version_column};
use super::source_changes::note_source_changes;
use super::table_state::TableState;
use super::ties::quarantine_losing_events;
use crate::RunError;
use crate::silver::Silver;
use crate::silver::schema_change::infer_schema;
use crate::silver::watermark::watermark;
use crate::support::blocking::blocking;
use arrow::array::RecordBatch;
use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use sluice_cdc::{DecodedFile, check_contract};
use sluice_change::SourceFile;
use sluice_contract::{Contract, limits};
use sluice_lake::{BatchManifest, Lake, LakeError, correction_number};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

/// Decodes the files of a claimed batch. What the records show of the schema is written down first, so the
/// contract of the context may be a wider one afterwards.
///
/// # Errors
/// If a file cannot be read, or the inferred schema cannot be written.
pub(crate) async fn decode_claimed(
    context: &mut TableContext,
    silver: &Silver,
    manifest: &BatchManifest,
) -> Result<DecodedBatch, RunError> {
    let started = Instant::now();
    let mut records = match decode_manifest(context, manifest).await {
        Err(RunError::Lake(LakeError::NotFound { .. })) => return Err(missing_file_error(context, manifest).await?),
        other => other?,
    };
    ensure_keys_came(context, manifest.batch, &records).await?;
    note_source_changes(context, manifest, &records).await?;
    while let Some(wider) =
        infer_schema(&context.lake, &context.declared, &context.contract, &records, manifest.batch).await?
    {
        context.contract = wider;
        records = decode_manifest(context, manifest).await?;
    }
    finish(context, silver, manifest.batch, manifest.files.len() as u64, started, records).await
}

/// Decodes the files of a batch that silver has already, by the contract as it is.
///
/// # Errors
/// If a file is not what it was when the batch was claimed, or cannot be read.
pub(crate) async fn decode_reprocessed(
    context: &TableContext,
    table: &TableState,
    manifest: &BatchManifest,
) -> Result<DecodedBatch, RunError> {
    let started = Instant::now();
    for (file, content) in manifest.files_with_content() {
        check_unchanged(context, file, content).await?;
    }
    let mut records = decode_manifest(context, manifest).await?;
    // Which keys were beside the files when the batch came, bronze says.
    if records.iter().any(|file| file.keys.matter()) {
        records = batch_of_bronze(context, table, manifest.batch).await?;
    }
    finish(context, &table.silver, manifest.batch, manifest.files.len() as u64, started, records).await
}

/// What bronze kept of a batch as it was delivered.
async fn batch_of_bronze(context: &TableContext, table: &TableState, batch: u64) -> Result<Vec<DecodedFile>, RunError> {
    let decoder = BronzeDecoder::new(context, table, batch..=batch).await?.of_all_batches();
    let mut pieces = table.bronze.pieces(&(batch..=batch), decoder.needs_whole_files()).await?;
    let mut records = Vec::new();
    while let Some(rows) = pieces.next().await? {
        let decoder = decoder.clone();
        let decoded = blocking(move || decoder.by_batch(&rows)).await?;
        records.extend(decoded.into_iter().filter(|piece| piece.batch == batch).map(|piece| piece.decoded));
    }
    Ok(records)
}

/// Decodes files that are not claimed, as if they were the next batch, by the contract as it is.
///
/// # Errors
/// If a file cannot be read.
pub(crate) async fn decode_unclaimed(
    context: &TableContext,
    table: &TableState,
    files: &[SourceFile],
) -> Result<DecodedBatch, RunError> {
    let started = Instant::now();
    let contract = &context.contract;
    let mut records = Vec::new();
    let same = |a: &SourceFile, b: &SourceFile| {
        contract.backfill_of(&a.path) == contract.backfill_of(&b.path)
            && contract.source_name_of(&a.path) == contract.source_name_of(&b.path)
    };
    for files in files.chunk_by(same) {
        let backfill = files.first().and_then(|file| contract.backfill_of(&file.path));
        let source = files.first().and_then(|file| contract.source_name_of(&file.path));
        let contract = for_batch(contract, table.last_claimed() + 1, backfill, source)?;
        records.extend(decode_files(context, &contract, files).await?);
    }
    table.leave_out_dropped(contract, &mut records)?;
    finish(context, &table.silver, table.last_claimed() + 1, files.len() as u64, started, records).await
}

/// Decodes what bronze kept of a range of batches. As with [`decode_claimed`], the contract of the context may
/// be a wider one afterwards. Late events are in it still: what is late depends on what it is merged into.
///
/// # Errors
/// If bronze cannot be read or is damaged, or the inferred schema cannot be written.
pub(crate) async fn decode_bronze(
    context: &mut TableContext,
    table: &TableState,
    batches: RangeInclusive<u64>,
) -> Result<DecodedBatch, RunError> {
    let started = Instant::now();
    let last = *batches.end();
    let records = loop {
        let mut records = Vec::new();
        let mut decoded = pin!(decoded_bronze(context, table, batches.clone()).await?);
        while let Some(files) = decoded.try_next().await? {
            records.extend(files);
        }
        match infer_schema(&context.lake, &context.declared, &context.contract, &records, last).await? {
            Some(wider) => context.contract = wider,
            None => break quarantine_losing_events(&context.contract, records)?,
        }
    };
    let files = table.included_in(batches).map(|manifest| manifest.files.len() as u64).sum();
    Ok(DecodedBatch::new(last, files, started, records))
}

/// Pieces decoded at once: while one is decoded the next is read.
const PIECES_AT_ONCE: usize = 2;

/// What bronze kept of a range of batches, decoded by the contract as it is, piece by piece in the order in which it came.
///
/// # Errors
/// If the contract allows no decoding; those of the stream if bronze cannot be read or is damaged.
pub(crate) async fn decoded_bronze(
    context: &TableContext,
    table: &TableState,
    batches: RangeInclusive<u64>,
) -> Result<impl Stream<Item = Result<Vec<DecodedFile>, RunError>> + use<>, RunError> {
    decoded_pieces(context, table, batches, Wanted::decode).await
}

/// Records of one batch, decoded, with their texts.
pub(crate) struct BatchPiece {
    pub(crate) batch: u64,
    pub(crate) decoded: DecodedFile,
}

/// As [`decoded_bronze`], each batch by itself and with the records as delivered.
///
/// # Errors
/// As [`decoded_bronze`].
pub(crate) async fn decoded_bronze_by_batch(
    context: &TableContext,
    table: &TableState,
    batches: RangeInclusive<u64>,
) -> Result<impl Stream<Item = Result<Vec<BatchPiece>, RunError>> + use<>, RunError> {
    decoded_pieces(context, table, batches, Wanted::decode_by_batch).await
}

/// Decodes rows of bronze that somebody has read.
#[derive(Clone)]
pub(crate) struct BronzeDecoder {
    wanted: Arc<Wanted>,
    whole_files: bool,
}

impl BronzeDecoder {
    /// For records of a range of batches, by the contract as it is.
    ///
    /// # Errors
    /// If the contract allows no decoding, or the lake cannot be read.
    pub(crate) async fn new(
        context: &TableContext,
        table: &TableState,
        batches: RangeInclusive<u64>,
    ) -> Result<Self, RunError> {
        let contract = Arc::clone(&context.contract);
        // A mistake of the contract is no mistake of every record.
        check_contract(&contract)?;
        for name in contract.sources.iter().filter_map(|source| source.name.as_deref()) {
            contract.for_source(name).map_or(Ok(()), |of_source| check_contract(&Arc::new(of_source)))?;
        }
        let newest =
            newest_delivery_of_each_file(&contract, &table.included(), &table.bronze.store, *batches.end()).await?;
        let groups = groups_of(&contract, table)?;
        // The records of a reload begin with an empty table, which is said once for each of its files.
        let is_read = |group: &BatchGroup| group.batches.range(batches.clone()).next().is_some();
        let whole_files =
            contract.epoch.is_reload || groups.iter().any(|group| group.contract.epoch.is_reload && is_read(group));
        let skipped = table.skipped.clone();
        let corrections = table.manifests(0..=u64::MAX);
        let corrections = corrections.filter_map(|manifest| Some((manifest.batch, correction_of(manifest)?))).collect();
        let decided = DecidedRecords::of(&contract, &table.records, &table.claimed)?;
        let wanted = Wanted { batches, contract, skipped, newest, groups, corrections, decided };
        Ok(Self { wanted: Arc::new(wanted), whole_files })
    }

    /// The same for the records of every batch as they were delivered, those that are skipped or dropped too.
    pub(crate) fn of_all_batches(&self) -> Self {
        let wanted = Wanted {
            batches: 1..=u64::MAX,
            skipped: BTreeSet::new(),
            decided: DecidedRecords::default(),
            ..self.wanted.as_ref().clone()
        };
        Self { wanted: Arc::new(wanted), whole_files: self.whole_files }
    }

    /// The keys that edited records were delivered with, of those which have one of these keys now; `None` if one was delivered
    /// without a key.
    pub(crate) fn delivered_keys(&self, now: &HashSet<u128>) -> Option<HashSet<u128>> {
        self.wanted.decided.delivered_keys(now)
    }

    /// Whether what a record means depends on the other records of its data file.
    pub(crate) fn needs_whole_files(&self) -> bool {
        self.whole_files
    }

    /// The records by batch, with their texts; rows of other batches are left out.
    ///
    /// # Errors
    /// If the rows are none of bronze.
    pub(crate) fn by_batch(&self, rows: &[RecordBatch]) -> Result<Vec<BatchPiece>, RunError> {
        self.wanted.decode_by_batch(rows)
    }
}

/// Pieces of bronze, and what `decode` makes of each.
async fn decoded_pieces<T: Send + 'static>(
    context: &TableContext,
    table: &TableState,
    batches: RangeInclusive<u64>,
    decode: fn(&Wanted, &[RecordBatch]) -> Result<Vec<T>, RunError>,
) -> Result<impl Stream<Item = Result<Vec<T>, RunError>> + use<T>, RunError> {
    let BronzeDecoder { wanted, whole_files } = BronzeDecoder::new(context, table, batches.clone()).await?;
    let rows = table.bronze.pieces(&batches, whole_files).await?;
    let job = context.job.clone();
    let pieces = futures::stream::try_unfold(rows, |mut rows: BronzeRows| async move {
        Ok::<_, RunError>(rows.next().await?.map(|piece| (piece, rows)))
    });
    let decoded = pieces.map_ok(move |rows| {
        let (wanted, job) = (Arc::clone(&wanted), job.clone());
        async move {
            job.check()?;
            blocking(move || decode(&wanted, &rows)).await
        }
    });
    Ok(decoded.try_buffered(PIECES_AT_ONCE))
}

/// What of bronze is decoded, and by which contract.
#[derive(Clone)]
struct Wanted {
    batches: RangeInclusive<u64>,
    contract: Arc<Contract>,
    /// Batches that silver is made without.
    skipped: BTreeSet<u64>,
    /// Of a table from snapshots, the batch whose delivery of a file counts.
    newest: Option<Deliveries>,
    groups: Vec<BatchGroup>,
    /// Batches that are corrections, with the number of each.
    corrections: BTreeMap<u64, u64>,
    /// Records that do not count as they were delivered.
    decided: DecidedRecords,
}

impl Wanted {
    fn takes(&self, batch: u64) -> bool {
        self.batches.contains(&batch) && !self.skipped.contains(&batch)
    }

    /// The contract by which the records of a batch are read.
    fn contract_of(&self, batch: u64) -> &Arc<Contract> {
        let apart = self.groups.iter().find(|group| group.batches.contains(&batch));
        apart.map_or(&self.contract, |group| &group.contract)
    }

    /// Whether a batch is decoded by itself.
    fn is_alone(&self, batch: u64) -> bool {
        self.corrections.contains_key(&batch) || self.decided.concerns(batch)
    }

    /// Whether a delivery of a file counts.
    fn is_newest(&self, batch: u64, path: &str) -> bool {
        self.newest.as_ref().is_none_or(|of| of.contains_key(&(batch, path.to_owned())))
    }

    /// The version of the snapshot that a file is, where a column says it.
    fn version(&self, batch: u64, path: &str) -> Option<u64> {
        *self.newest.as_ref()?.get(&(batch, path.to_owned()))?
    }

    /// Typed rows without the texts that they were made of: bronze has those, and a merge does not need them.
    fn decode(&self, rows: &[RecordBatch]) -> Result<Vec<DecodedFile>, RunError> {
        let newest = |batch: u64, path: &str| self.is_newest(batch, path);
        let is_apart =
            |batch: u64| self.is_alone(batch) || self.groups.iter().any(|group| group.batches.contains(&batch));
        let of_changes = |batch: u64, path: &str| self.takes(batch) && !is_apart(batch) && newest(batch, path);
        let mut decoded =
            vec![bronze::decode_versions(&self.contract, rows, of_changes, |batch, path| self.version(batch, path))?];
        for BatchGroup { contract, batches } in &self.groups {
            let is_of = |batch: u64| self.takes(batch) && !self.is_alone(batch);
            let of_group = |batch: u64, _: &str| batches.contains(&batch) && is_of(batch);
            decoded.push(bronze::decode_bronze(contract, rows, of_group)?);
        }
        decoded.iter_mut().for_each(|file| self.decided.leave_out(&mut file.changes));
        let may_be_alone = !self.corrections.is_empty() || self.decided.concerns_any();
        let here = if may_be_alone { bronze::batches_in(rows)? } else { BTreeSet::new() };
        for of in here.into_iter().filter(|of| self.is_alone(*of) && self.takes(*of)) {
            let contract = self.contract_of(of);
            let mut alone = bronze::decode_bronze(contract, rows, |batch, _| batch == of)?;
            if let Some(number) = self.corrections.get(&of) {
                alone = behind_the_source(alone, *number);
            }
            let instead = self.decided.apply(contract, of, &mut alone)?;
            decoded.extend([alone].into_iter().chain(instead));
        }
        let_texts_go(&mut decoded);
        Ok(decoded)
    }

    fn decode_by_batch(&self, rows: &[RecordBatch]) -> Result<Vec<BatchPiece>, RunError> {
        let newest = |batch: u64, path: &str| self.is_newest(batch, path);
        let mut pieces = Vec::new();
        for batch in bronze::batches_in(rows)?.into_iter().filter(|batch| self.takes(*batch)) {
            let is_apart = self.groups.iter().any(|group| group.batches.contains(&batch));
            let taken = |of: u64, path: &str| of == batch && (is_apart || newest(of, path));
            let of_batch = self.contract_of(batch);
            let mut decoded = bronze::decode_versions(of_batch, rows, taken, |batch, path| self.version(batch, path))?;
            if let Some(number) = self.corrections.get(&batch) {
                decoded = behind_the_source(decoded, *number);
            }
            let instead = self.decided.apply(self.contract_of(batch), batch, &mut decoded)?;
            pieces.extend([decoded].into_iter().chain(instead).map(|decoded| BatchPiece { batch, decoded }));
        }
        Ok(pieces)
    }
}

/// Batches whose records are read by another contract than the table's own: backfills, and epochs after the first.
#[derive(Clone)]
struct BatchGroup {
    contract: Arc<Contract>,
    batches: BTreeSet<u64>,
}

fn groups_of(contract: &Arc<Contract>, table: &TableState) -> Result<Vec<BatchGroup>, RunError> {
    let mut groups: Vec<BatchGroup> = Vec::new();
    for manifest in table.manifests(0..=u64::MAX) {
        let of_batch = for_batch(contract, manifest.batch, manifest.backfill.as_ref(), manifest.source.as_deref())?;
        if Arc::ptr_eq(&of_batch, contract) {
            continue;
        }
        let same = |group: &&mut BatchGroup| {
            let (a, b) = (&group.contract, &of_batch);
            let (source, other) = (a.source_name(), b.source_name());
            a.epoch == b.epoch && a.backfill == b.backfill && source == other && !a.epoch.is_reload
        };
        match groups.iter_mut().find(same) {
            Some(group) => {
                group.batches.insert(manifest.batch);
            }
            None => groups.push(BatchGroup { contract: of_batch, batches: BTreeSet::from([manifest.batch]) }),
        }
    }
    Ok(groups)
}

/// Takes out the events that may not be applied though they can be read.
async fn finish(
    context: &TableContext,
    silver: &Silver,
    batch: u64,
    files: u64,
    started: Instant,
    records: Vec<DecodedFile>,
) -> Result<DecodedBatch, RunError> {
    let records = quarantine_losing_events(&context.contract, records)?;
    let watermark = watermark(&context.contract, &silver.store).await?;
    let records = quarantine_late(&context.contract, records, watermark)?;
    Ok(DecodedBatch::new(batch, files, started, records))
}

async fn decode_manifest(context: &TableContext, manifest: &BatchManifest) -> Result<Vec<DecodedFile>, RunError> {
    let contract = contract_of_batch(&context.contract, manifest)?;
    decode_files(context, &contract, &manifest.files).await
}

/// Files that are not claimed yet, with their versions where a column says them.
///
/// # Errors
/// If one has no version or several, or cannot be read.
pub(crate) async fn versions_of_files(
    context: &TableContext,
    mut files: Vec<SourceFile>,
) -> Result<Vec<SourceFile>, RunError> {
    if version_column(&context.contract).is_none() {
        return Ok(files);
    }
    for file in files.iter_mut().filter(|file| correction_number(&file.path).is_none()) {
        let decoded = decode_files(context, &context.contract, std::slice::from_ref(file)).await?;
        let version = decoded.first().and_then(|decoded| decoded.changes.files.first()).and_then(|of| of.snapshot);
        file.snapshot = Some(version.ok_or_else(|| {
            let rejects = decoded.iter().flat_map(|decoded| &decoded.rejects);
            let why = rejects.map(|reject| reject.detail.as_str()).next().unwrap_or("it has no version");
            RunError::input(format!("{} cannot be read: {why}", file.path), "Deliver the file again, or remove it")
        })?);
    }
    Ok(files)
}

/// Reads and decodes files, in order, the CPU work off the async threads.
async fn decode_files(
    context: &TableContext,
    contract: &Arc<Contract>,
    files: &[SourceFile],
) -> Result<Vec<DecodedFile>, RunError> {
    let mut records = Vec::with_capacity(files.len());
    for file in files {
        if let Some(number) = correction_number(&file.path) {
            records.push(Box::pin(decode_correction(context, contract, &file.path, number)).await?);
            continue;
        }
        // One that is too large is refused by its size alone.
        let bytes = match delta_feed::is_commit(&file.path) {
            true => delta_feed::read(&context.lake, &file.path).await?,
            false if file.size > limits::FILE_BYTES_MAX => Bytes::new(),
            false => context.lake.objects().read(&file.path).await?,
        };
        let mut decoded = decode_with_keys(context, contract, file, bytes).await?;
        note_version(contract, &mut decoded)?;
        records.push(decoded);
    }
    Ok(records)
}

/// Whether a file is what it was when its batch was claimed. `content`: the hash of its content then, if it is known.
///
/// # Errors
/// If the store fails.
pub(super) async fn is_unchanged(lake: &Lake, file: &SourceFile, content: Option<&str>) -> Result<bool, RunError> {
    let now = lake.objects().list(&file.path).await?.into_iter().find(|now| now.path == file.path);
    Ok(match (&now, content) {
        (Some(now), _) if now == file => true,
        (Some(now), Some(content)) => lake.ledger().content(now).await? == content,
        _ => false,
    })
}

/// Refuses a file that was written again since its batch.
async fn check_unchanged(context: &TableContext, file: &SourceFile, content: Option<&str>) -> Result<(), RunError> {
    let lake = &context.lake;
    if is_unchanged(lake, file, content).await? {
        return Ok(());
    }
    let is_there = lake.objects().exists(&file.path).await?;
    let what = if is_there { "was written again since" } else { "is gone" };
    let next = "Its records are in bronze: `sluice replay --full-refresh` rebuilds silver from them";
    Err(RunError::input(format!("{} {what}, so the batch cannot be read again", file.path), next))
}
