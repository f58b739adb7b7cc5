//! Keys that came later than the records that need them.
//!
//! A record whose file of keys was not there is in quarantine, and bronze has it without its key. Once the file is there, the
//! record with its key is a correction: bronze stays what it was, and silver is a function of bronze still.

use super::batch::BatchDone;
use super::batch_contract::contract_of_batch;
use super::corrections::new_corrections;
use super::decode::is_unchanged;
use super::key_files::{decode_with_keys, key_file_of};
use super::quarantine_life::{Quarantined, quarantined};
use super::table_run::TableRun;
use crate::RunError;
use sluice_api::QuarantineStatus;
use sluice_cdc::lacks_key;
use sluice_change::SourceFile;
use sluice_contract::limits;
use sluice_lake::{BatchManifest, CorrectedRecord, Correction, RecordPlace, correction_number};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Records of one correction.
const CORRECTED_TOGETHER: usize = 1_000;

/// Why something is corrected, and who wants it.
#[derive(Clone, Debug)]
pub(crate) struct Corrected {
    pub(crate) because: String,
    pub(crate) by: String,
}

impl TableRun {
    /// Gives records in quarantine the keys that are beside their files by now, and takes them to silver.
    ///
    /// # Errors
    /// Those of the store and of the batches.
    pub(crate) async fn take_late_keys(&mut self, corrected: &Corrected) -> Result<BatchDone, RunError> {
        let mut done = BatchDone::default();
        let (context, table) = self.parts();
        let contract = &context.contract;
        // Of these no single record is corrected.
        if contract.apply.from_snapshot.is_some() || !contract.sources.is_empty() {
            return Ok(done);
        }
        let format = contract.source.as_ref().map(|source| source.format);
        let mut by_file: BTreeMap<(u64, String), Vec<RecordPlace>> = BTreeMap::new();
        for Quarantined { place, raw, status, whole_file, .. } in quarantined(context, table).await? {
            let is_open = status == QuarantineStatus::Open && !whole_file && !table.skipped.contains(&place.batch);
            if is_open && format.is_some_and(|format| lacks_key(format, &raw)) {
                by_file.entry((place.batch, place.file.clone())).or_default().push(place);
            }
        }
        let mut found = Vec::new();
        for ((batch, path), places) in by_file {
            context.job.check()?;
            let Some(manifest) = table.manifest(batch) else { continue };
            found.extend(self.with_their_keys(manifest, &path, places).await?);
        }
        if found.is_empty() {
            return Ok(done);
        }
        context.log(format_args!("{} records in quarantine have their keys now", found.len()));
        let (name, ledger) = (&contract.name, context.lake.ledger());
        for together in found.chunks(CORRECTED_TOGETHER) {
            let Some((CorrectedRecord { origin, record }, more)) = together.split_first() else { continue };
            let in_batches = table.claimed.iter().flat_map(|manifest| &manifest.files);
            let last = in_batches.filter_map(|file| correction_number(&file.path)).max().unwrap_or(0);
            let correction = Correction {
                origin: origin.clone(),
                record: record.clone(),
                more: more.to_vec(),
                repairs: Vec::new(),
                because: corrected.because.clone(),
                by: corrected.by.clone(),
                at_ms: ledger.now_ms(),
            };
            ledger.put_correction(name, &correction, last).await?;
        }
        for files in new_corrections(context, table).await? {
            let (context, _) = self.parts();
            context.job.check()?;
            done.add(Box::pin(self.next_batch(files)).await?);
        }
        Ok(done)
    }

    /// Records of a file as they are with their keys; those that cannot be read even so are left out.
    async fn with_their_keys(
        &self,
        manifest: &BatchManifest,
        path: &str,
        places: Vec<RecordPlace>,
    ) -> Result<Vec<CorrectedRecord>, RunError> {
        let (context, _) = self.parts();
        let of_batch = manifest.files_with_content().find(|(file, _)| file.path == path);
        let Some((file, content)) = of_batch.filter(|(file, _)| file.size <= limits::FILE_BYTES_MAX) else {
            return Ok(Vec::new());
        };
        let file: SourceFile = file.clone();
        // A file that is another one by now is in a batch of its own.
        if key_file_of(&context.lake, path).await?.is_none() || !is_unchanged(&context.lake, &file, content).await? {
            return Ok(Vec::new());
        }
        let bytes = context.lake.objects().read(path).await?;
        let contract = contract_of_batch(&context.contract, manifest)?;
        let decoded = decode_with_keys(context, &Arc::clone(&contract), &file, bytes).await?;
        let refs = decoded.changes.refs.iter().zip(&decoded.changes.records);
        let texts: BTreeMap<u64, &String> =
            refs.filter(|(_, record)| !record.is_empty()).map(|(at, record)| (at.row, record)).collect();
        let with_key = |origin: RecordPlace| {
            let record = (*texts.get(&origin.row)?).clone();
            Some(CorrectedRecord { origin, record })
        };
        Ok(places.into_iter().filter_map(with_key).collect())
    }
}
