//! Many manifests in one file, so that a table with a long past is not opened one document at a time.
//!
//! The manifests stay where they are and stay the truth: a folded file is a copy of those of the first batches, and lies
//! beside them, so that whoever moves them away takes it along. Only batches that bronze has are folded; nothing of them
//! changes any more.

use crate::ledger::manifest::{BatchManifest, Folded, folder};
use crate::ledger::registry::Ledger;
use crate::store::encode::encode_batch;
use crate::{LakeError, SourceFile};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{Int64Type, UInt64Type};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sluice_contract::TableName;
use std::sync::{Arc, PoisonError};

/// Manifests that are not folded yet, from which on they are.
pub(crate) const FOLD_BATCHES: u64 = 64;
/// Folded files that stay: someone may be reading the one before the newest.
const FOLDED_KEPT: usize = 2;
/// Hex digits of the hash in the name of a folded file.
const HASH_DIGITS: usize = 32;

impl Ledger {
    /// Folds the manifests of the batches up to `last`, which bronze has, if enough of them are not folded yet. What it
    /// costs is spread over the batches: the more are folded, the more have to come.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Encode`], [`LakeError::Write`], [`LakeError::Delete`]; nothing is lost then.
    pub async fn fold_batches(
        &self,
        table: &TableName,
        batches: &[Arc<BatchManifest>],
        last: u64,
    ) -> Result<(), LakeError> {
        let folded = self.known_folded(table).map_or(0, |folded| folded.last);
        if last.saturating_sub(folded) < FOLD_BATCHES.max(folded / FOLD_BATCHES) {
            return Ok(());
        }
        let batches: Vec<Arc<BatchManifest>> = batches.iter().filter(|batch| batch.batch <= last).cloned().collect();
        let is_whole = batches.iter().map(|manifest| manifest.batch).eq(1..=last);
        let place = place(table);
        let encoded = tokio::task::spawn_blocking(move || {
            let bytes = is_whole.then(|| encode(&batches)).transpose()?;
            // What cannot be read back as it was stays as it is.
            let is_same = |bytes: &Bytes| {
                decode(bytes.clone()).is_some_and(|read| read.iter().eq(batches.iter().map(AsRef::as_ref)))
            };
            let bytes = bytes.filter(is_same);
            Ok::<_, parquet::errors::ParquetError>((bytes, batches))
        });
        let (bytes, batches) = match encoded.await {
            Ok(Ok((Some(bytes), batches))) => (bytes, batches),
            Ok(Ok((None, _))) => return Ok(()),
            Ok(Err(source)) => return Err(LakeError::Encode { source: Box::new(source), path: place }),
            Err(_) => return Err(LakeError::Stopped { path: place }),
        };
        self.objects.put(&format!("{place}/{last:020}-{}.parquet", hash(&bytes)), bytes).await?;
        self.keep_folded(table, Arc::new(Folded { last, batches }));
        let files = self.objects.list(&place).await?;
        for old in files.iter().rev().skip(FOLDED_KEPT) {
            self.objects.delete(&old.path).await?;
        }
        Ok(())
    }

    /// The newest folded manifests that are whole, `None` if there are none.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub(crate) async fn newest_folded(&self, table: &TableName) -> Result<Option<Arc<Folded>>, LakeError> {
        let place = place(table);
        for file in self.objects.list_after(&place, &place).await?.iter().rev() {
            let bytes = match self.objects.read(&file.path).await {
                Err(LakeError::NotFound { .. }) => continue,
                read => read?,
            };
            let path = file.path.clone();
            let read = tokio::task::spawn_blocking(move || read(&path, bytes));
            match read.await.map_err(|_| LakeError::Stopped { path: file.path.clone() })? {
                Some(folded) => {
                    let folded = Arc::new(folded);
                    self.keep_folded(table, Arc::clone(&folded));
                    return Ok(Some(folded));
                }
                None => {
                    tracing::warn!(path = file.path, "folded manifests are damaged, the manifests are read instead");
                }
            }
        }
        Ok(None)
    }

    /// Folded manifests that this process knows. They never become wrong.
    pub(crate) fn known_folded(&self, table: &TableName) -> Option<Arc<Folded>> {
        self.known.folded.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned()
    }

    fn keep_folded(&self, table: &TableName, folded: Arc<Folded>) {
        self.known.folded.lock().unwrap_or_else(PoisonError::into_inner).insert(table.clone(), folded);
    }
}

fn place(table: &TableName) -> String {
    format!("{}/folded", folder(table))
}

/// The last batch and the hash that the name of a folded file says.
fn of_name(path: &str) -> Option<(u64, String)> {
    let (last, hash) = path.rsplit('/').next()?.strip_suffix(".parquet")?.split_once('-')?;
    Some((last.parse().ok()?, hash.to_owned()))
}

/// The folded manifests of a file; `None` if it is not what its name says.
fn read(path: &str, bytes: Bytes) -> Option<Folded> {
    let (last, expected) = of_name(path)?;
    if expected != hash(&bytes) {
        return None;
    }
    let batches = decode(bytes)?;
    let is_whole = batches.iter().map(|manifest| manifest.batch).eq(1..=last);
    is_whole.then(|| Folded { last, batches: batches.into_iter().map(Arc::new).collect() })
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(HASH_DIGITS).collect()
}

/// One row for each file; a batch without files has one without a path.
fn encode(batches: &[Arc<BatchManifest>]) -> Result<Bytes, parquet::errors::ParquetError> {
    let rows = || batches.iter().flat_map(|manifest| rows_of(manifest));
    let texts = |text: fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows().map(|row| text(&row)).collect::<StringArray>())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("batch", Arc::new(rows().map(|row| Some(row.manifest.batch)).collect::<UInt64Array>())),
        ("path", texts(|row| row.file.map(|file| file.path.clone()))),
        ("size", Arc::new(rows().map(|row| Some(row.file.map_or(0, |file| file.size))).collect::<UInt64Array>())),
        ("etag", texts(|row| row.file.map(|file| file.etag.clone()))),
        ("modified_ms", Arc::new(rows().map(|row| row.file?.modified_ms).collect::<Int64Array>())),
        ("snapshot", Arc::new(rows().map(|row| row.file?.snapshot).collect::<UInt64Array>())),
        ("content", texts(|row| row.content.map(str::to_owned))),
        ("contract_hash", texts(|row| Some(row.manifest.contract_hash.clone()))),
        ("source", texts(|row| row.manifest.source.clone())),
        ("backfill", texts(|row| serde_json::to_string(row.manifest.backfill.as_ref()?).ok())),
    ];
    let rows =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))?;
    Ok(encode_batch(rows)?.0)
}

struct Row<'a> {
    manifest: &'a BatchManifest,
    file: Option<&'a SourceFile>,
    content: Option<&'a str>,
}

fn rows_of(manifest: &BatchManifest) -> impl Iterator<Item = Row<'_>> {
    let files = manifest.files_with_content().map(move |(file, content)| Row { manifest, file: Some(file), content });
    let none = manifest.files.is_empty().then_some(Row { manifest, file: None, content: None });
    files.chain(none)
}

/// The manifests of a folded file; `None` if it is not one.
fn decode(bytes: Bytes) -> Option<Vec<BatchManifest>> {
    let mut batches: Vec<BatchManifest> = Vec::new();
    for rows in ParquetRecordBatchReaderBuilder::try_new(bytes).ok()?.build().ok()? {
        let rows = rows.ok()?;
        let texts = |name: &str| rows.column_by_name(name)?.as_string_opt::<i32>();
        let (path, etag, content) = (texts("path")?, texts("etag")?, texts("content")?);
        let (contract_hash, backfill) = (texts("contract_hash")?, texts("backfill")?);
        // Older files do not have it.
        let source = texts("source");
        let batch = rows.column_by_name("batch")?.as_primitive_opt::<UInt64Type>()?;
        let size = rows.column_by_name("size")?.as_primitive_opt::<UInt64Type>()?;
        let modified = rows.column_by_name("modified_ms")?.as_primitive_opt::<Int64Type>()?;
        // Older files do not have it either.
        let snapshot = rows.column_by_name("snapshot").and_then(|of| of.as_primitive_opt::<UInt64Type>());
        for row in 0..rows.num_rows() {
            let number = batch.value(row);
            if batches.last().is_none_or(|last| last.batch != number) {
                let backfill = backfill.is_valid(row).then(|| serde_json::from_str(backfill.value(row)));
                batches.push(BatchManifest {
                    batch: number,
                    files: Vec::new(),
                    contract_hash: contract_hash.value(row).to_owned(),
                    contents: Vec::new(),
                    backfill: backfill.transpose().ok()?,
                    source: source.filter(|source| source.is_valid(row)).map(|source| source.value(row).to_owned()),
                });
            }
            let manifest = batches.last_mut()?;
            if path.is_valid(row) {
                manifest.files.push(SourceFile {
                    path: path.value(row).to_owned(),
                    size: size.value(row),
                    etag: etag.value(row).to_owned(),
                    modified_ms: modified.is_valid(row).then(|| modified.value(row)),
                    snapshot: snapshot.filter(|of| of.is_valid(row)).map(|of| of.value(row)),
                });
            }
            if content.is_valid(row) {
                manifest.contents.push(content.value(row).to_owned());
            }
        }
    }
    Some(batches)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use crate::{BatchManifest, SourceFile};
    use std::sync::Arc;

    #[test]
    fn manifests_are_read_back_as_they_were() {
        let file = |n: u64| SourceFile {
            path: format!("landing/ä {n}.json"),
            size: n,
            etag: format!("\"{n}\""),
            modified_ms: n.is_multiple_of(2).then_some(n.cast_signed()),
            snapshot: n.is_multiple_of(3).then_some(n),
        };
        let manifest = |batch: u64, files: Vec<SourceFile>, contents: Vec<String>| {
            Arc::new(BatchManifest {
                batch,
                files,
                contract_hash: "h".to_owned(),
                contents,
                backfill: None,
                source: (batch == 2).then(|| "eu".to_owned()),
            })
        };
        let hashes = |count: u64| (0..count).map(|n| format!("{n:064}")).collect::<Vec<_>>();
        let batches = [
            manifest(1, (0..3).map(file).collect(), hashes(3)),
            manifest(2, Vec::new(), Vec::new()),
            manifest(3, (3..5).map(file).collect(), Vec::new()),
        ];
        let read: Vec<Arc<BatchManifest>> =
            decode(encode(&batches).unwrap()).unwrap().into_iter().map(Arc::new).collect();
        assert_eq!(read, batches);
        let times = |all: &[Arc<BatchManifest>]| -> Vec<_> {
            all.iter().flat_map(|m| m.files.iter().map(|f| (f.modified_ms, f.snapshot)).collect::<Vec<_>>()).collect()
        };
        assert_eq!(times(&read), times(&batches), "what is no part of a file's identity, too");
    }
}
