//! Deletion vectors: which rows of a data file are no rows of the table.
//!
//! The format is that of the Delta protocol, sections "Deletion Vectors" and "Deletion Vector
//! Format": a 64-bit Roaring bitmap of row positions, in the log itself (storage type `i`, Z85) or
//! in a file of one or more of them (`u`, named by a UUID). Files have a version byte; every vector
//! in it its length, the bitmap with a magic number, and a CRC-32.

use crate::error::Cause;
use crate::{DataFile, DeltaStore, LakeError};
use bytes::Bytes;
use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use roaring::RoaringTreemap;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// First bytes of a bitmap, little endian.
const MAGIC: u32 = 1_681_511_377;
/// First byte of a file of deletion vectors.
const FILE_VERSION: u8 = 1;
/// Bytes of a bitmap that is kept in the log. A vector in the log costs no file and can not be lost
/// by another tool's clean-up; every reader of the log has to carry it.
const INLINE_BYTES_MAX: usize = 1_024;
/// Bytes of bitmaps kept in memory.
const CACHE_BYTES_MAX: usize = 256 << 20;

/// A data file whose deletion vector grows.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdatedFile {
    /// As the base of the commit has it.
    pub before: DataFile,
    /// With the new deletion vector, which is written and durable.
    pub after: DataFile,
}

/// Deletion vectors that were read or written, by their place.
#[derive(Debug, Default)]
pub(crate) struct VectorCache {
    entries: Mutex<(usize, HashMap<String, Arc<RoaringTreemap>>)>,
}

impl VectorCache {
    fn get(&self, key: &str) -> Option<Arc<RoaringTreemap>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).1.get(key).cloned()
    }

    fn put(&self, key: String, vector: &Arc<RoaringTreemap>) {
        let size = vector.serialized_size();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.0 + size > CACHE_BYTES_MAX {
            *entries = (0, HashMap::new());
        }
        entries.0 += size;
        entries.1.insert(key, Arc::clone(vector));
    }
}

impl DeltaStore {
    /// Positions of the rows of a file that its deletion vector removes; `None` without one.
    ///
    /// # Errors
    /// [`LakeError::Decode`] if the vector is not what the protocol says, [`LakeError::ForeignPath`] if
    /// it lies outside of the table.
    pub async fn deleted_positions(&self, file: &DataFile) -> Result<Option<Arc<RoaringTreemap>>, LakeError> {
        let Some(vector) = &file.deletion_vector else { return Ok(None) };
        let key = self.vector_key(vector);
        if let Some(known) = self.lake.shared.vectors.get(&key) {
            return Ok(Some(known));
        }
        let failed = |source: Cause| LakeError::Decode { source, path: self.shown(&file.path) };
        let bitmap = match vector.storage_type {
            StorageType::Inline => z85::decode(&vector.path_or_inline_dv).map_err(|source| failed(Box::new(source)))?,
            StorageType::UuidRelativePath => self.read_vector(vector).await.map_err(failed)?.to_vec(),
            StorageType::AbsolutePath => return Err(LakeError::ForeignPath { path: self.shown(&file.path) }),
        };
        let decoded = Arc::new(decode_bitmap(&bitmap).map_err(failed)?);
        if decoded.len() != u64::try_from(vector.cardinality).unwrap_or(0) {
            return Err(failed("the deletion vector has another number of rows than the log says".into()));
        }
        self.lake.shared.vectors.put(key, &decoded);
        Ok(Some(decoded))
    }

    /// Writes deletion vectors: each small one as part of the commit, all others as one file. Durable
    /// on return, visible only after [`DeltaStore::commit`].
    ///
    /// `updates` are files of the snapshot with all rows that count no more, those of the old vector
    /// included.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn write_deletion_vectors(
        &self,
        updates: Vec<(DataFile, RoaringTreemap)>,
    ) -> Result<Vec<UpdatedFile>, LakeError> {
        let mut written = Vec::with_capacity(updates.len());
        let mut shared = vec![FILE_VERSION];
        let mut in_file = Vec::new();
        for (before, mut deleted) in updates {
            deleted.optimize();
            let bitmap = encode_bitmap(&deleted);
            let size = i32::try_from(bitmap.len()).unwrap_or(i32::MAX);
            let cardinality = i64::try_from(deleted.len()).unwrap_or(i64::MAX);
            let mut vector = DeletionVectorDescriptor {
                storage_type: StorageType::Inline,
                path_or_inline_dv: String::new(),
                offset: None,
                size_in_bytes: size,
                cardinality,
            };
            if bitmap.len() <= INLINE_BYTES_MAX {
                let mut padded = bitmap;
                padded.resize(padded.len().next_multiple_of(4), 0);
                vector.path_or_inline_dv = z85::encode(&padded);
            } else {
                vector.storage_type = StorageType::UuidRelativePath;
                vector.offset = i32::try_from(shared.len()).ok();
                append_to_file(&mut shared, &bitmap);
                in_file.push(written.len());
            }
            let after = DataFile {
                rows: before.physical_rows().saturating_sub(deleted.len()),
                stats: before.stats.as_deref().map(loose_bounds),
                deletion_vector: Some(vector),
                ..before.clone()
            };
            written.push((UpdatedFile { before, after }, Arc::new(deleted)));
        }
        if !in_file.is_empty() {
            let name = self.write_vector_file(shared).await?;
            for position in in_file {
                if let Some(vector) =
                    written.get_mut(position).and_then(|(file, _)| file.after.deletion_vector.as_mut())
                {
                    vector.path_or_inline_dv.clone_from(&name);
                }
            }
        }
        for (file, deleted) in &written {
            if let Some(vector) = &file.after.deletion_vector {
                self.lake.shared.vectors.put(self.vector_key(vector), deleted);
            }
        }
        Ok(written.into_iter().map(|(file, _)| file).collect())
    }

    /// The rows of a file that count; `None` for all.
    pub(crate) async fn live_rows(
        &self,
        file: &DataFile,
        rows_in_file: u64,
    ) -> Result<Option<RowSelection>, LakeError> {
        Ok(self.deleted_positions(file).await?.map(|deleted| selection(deleted.iter(), rows_in_file)))
    }

    /// Writes a file of vectors; its name as the log has it.
    async fn write_vector_file(&self, bytes: Vec<u8>) -> Result<String, LakeError> {
        let mut name = blake3::Hasher::new();
        name.update(&bytes).update(self.lake.shared.surroundings.numbers.next_text().as_bytes());
        let mut uuid = [0_u8; 16];
        uuid.copy_from_slice(&name.finalize().as_bytes()[..16]);
        // Version 8 and variant of RFC 9562: a UUID of own making.
        uuid[6] = (uuid[6] & 0x0f) | 0x80;
        uuid[8] = (uuid[8] & 0x3f) | 0x80;
        let path = file_name(&uuid);
        self.lake
            .shared
            .root
            .store
            .put_opts(&self.location_of(&path)?, bytes.into(), PutMode::Create.into())
            .await
            .map_err(|source| LakeError::Write { source: Box::new(source), path: self.shown(&path) })?;
        Ok(z85::encode(uuid))
    }

    async fn read_vector(&self, vector: &DeletionVectorDescriptor) -> Result<Bytes, Cause> {
        let path = vector_file(vector).ok_or("the deletion vector's file has no valid name")?;
        let offset = u64::try_from(vector.offset.unwrap_or(1))?;
        let size = u64::try_from(vector.size_in_bytes)?;
        let location = self.location_of(&path)?;
        let bytes = self.lake.shared.root.store.get_range(&location, offset..offset + size + 8).await?;
        let (length, rest) = bytes.split_at_checked(4).ok_or("the deletion vector is cut off")?;
        let (bitmap, sum) = rest.split_at_checked(usize::try_from(size)?).ok_or("the deletion vector is cut off")?;
        if u64::from(u32::from_be_bytes(length.try_into()?)) != size {
            return Err("the deletion vector has another size than the log says".into());
        }
        if u32::from_be_bytes(sum.try_into()?) != crc32fast::hash(bitmap) {
            return Err("the deletion vector's checksum does not match".into());
        }
        Ok(bytes.slice(4..4 + usize::try_from(size)?))
    }

    fn vector_key(&self, vector: &DeletionVectorDescriptor) -> String {
        let kind = if vector.storage_type == StorageType::Inline { 'i' } else { 'u' };
        format!("{}\n{kind}{}\n{:?}", self.folder, vector.path_or_inline_dv, vector.offset)
    }
}

/// Path in the table of the file that holds a vector; `None` if the vector is in the log, or its
/// name is no UUID.
pub(crate) fn vector_file(vector: &DeletionVectorDescriptor) -> Option<String> {
    if vector.storage_type != StorageType::UuidRelativePath {
        return None;
    }
    let text = &vector.path_or_inline_dv;
    let at = text.len().checked_sub(20)?;
    let (folder, encoded) = (text.get(..at)?, text.get(at..)?);
    let uuid: [u8; 16] = z85::decode(encoded).ok()?.try_into().ok()?;
    let simple = folder.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    match (folder.is_empty(), simple) {
        (true, _) => Some(file_name(&uuid)),
        (false, true) => Some(format!("{folder}/{}", file_name(&uuid))),
        (false, false) => None,
    }
}

fn file_name(uuid: &[u8; 16]) -> String {
    let hex: String = uuid.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("deletion_vector_{}-{}-{}-{}-{}.bin", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn encode_bitmap(deleted: &RoaringTreemap) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 + deleted.serialized_size());
    bytes.extend_from_slice(&MAGIC.to_le_bytes());
    // Writing into memory does not fail.
    let _ = deleted.serialize_into(&mut bytes);
    bytes
}

fn decode_bitmap(bytes: &[u8]) -> Result<RoaringTreemap, Cause> {
    let (magic, bitmap) = bytes.split_at_checked(4).ok_or("the deletion vector is cut off")?;
    if magic != MAGIC.to_le_bytes() {
        return Err("the deletion vector does not begin with its magic number".into());
    }
    Ok(RoaringTreemap::deserialize_from(bitmap)?)
}

fn append_to_file(file: &mut Vec<u8>, bitmap: &[u8]) {
    file.extend_from_slice(&u32::try_from(bitmap.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend_from_slice(bitmap);
    file.extend_from_slice(&crc32fast::hash(bitmap).to_be_bytes());
}

/// Statistics whose bounds may be wider than the rows that are left, as the protocol asks for.
fn loose_bounds(stats: &str) -> String {
    if stats.contains("\"tightBounds\":false") {
        return stats.to_owned();
    }
    match serde_json::from_str::<Value>(stats) {
        Ok(Value::Object(mut stats)) => {
            stats.insert("tightBounds".to_owned(), json!(false));
            Value::Object(stats).to_string()
        }
        _ => stats.to_owned(),
    }
}

/// Selects what is not in an ascending list.
fn selection(deleted: impl Iterator<Item = u64>, rows: u64) -> RowSelection {
    let length = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    let mut selectors = Vec::new();
    let mut next = 0;
    for row in deleted.take_while(|row| *row < rows) {
        if row > next {
            selectors.push(RowSelector::select(length(row - next)));
        }
        selectors.push(RowSelector::skip(1));
        next = row + 1;
    }
    if next < rows {
        selectors.push(RowSelector::select(length(rows - next)));
    }
    // Neighbours of one kind are joined.
    RowSelection::from_iter(selectors)
}

#[cfg(test)]
mod tests {
    use super::{append_to_file, decode_bitmap, encode_bitmap, loose_bounds, selection, vector_file};
    use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
    use parquet::arrow::arrow_reader::RowSelector;
    use roaring::RoaringTreemap;

    #[test]
    fn deleted_rows_are_skipped() {
        let found: Vec<RowSelector> = selection([0, 3, 4, 9, 12].into_iter(), 10).into();
        let (skip, select) = (RowSelector::skip, RowSelector::select);
        assert_eq!(found, [skip(1), select(2), skip(2), select(4), skip(1)]);
    }

    #[test]
    fn a_bitmap_comes_back_and_a_damaged_one_does_not() {
        let rows: RoaringTreemap = [0, 7, 70_000, u64::from(u32::MAX) + 5].into_iter().collect();
        let mut bytes = encode_bitmap(&rows);
        assert_eq!(decode_bitmap(&bytes).unwrap(), rows);
        assert!(decode_bitmap(&bytes[..10]).is_err());
        bytes[0] ^= 1;
        assert!(decode_bitmap(&bytes).is_err());
    }

    #[test]
    fn a_range_of_rows_is_small() {
        let mut rows: RoaringTreemap = (1_000..2_000_000).collect();
        rows.optimize();
        assert!(encode_bitmap(&rows).len() < 512);
        let mut file = vec![1];
        append_to_file(&mut file, &encode_bitmap(&rows));
        assert_eq!(file.len(), 1 + 4 + encode_bitmap(&rows).len() + 4);
    }

    /// The example of the protocol's section "Deletion Vectors".
    #[test]
    fn names_are_those_of_the_protocol() {
        let vector = DeletionVectorDescriptor {
            storage_type: StorageType::UuidRelativePath,
            path_or_inline_dv: "ab^-aqEH.-t@S}K{vb[*k^".to_owned(),
            offset: Some(4),
            size_in_bytes: 40,
            cardinality: 6,
        };
        assert_eq!(vector_file(&vector).unwrap(), "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
        let outside = DeletionVectorDescriptor { path_or_inline_dv: "../^-aqEH.-t@S}K{vb[*k^".to_owned(), ..vector };
        assert_eq!(vector_file(&outside), None);
    }

    #[test]
    fn bounds_become_loose_once() {
        let loose = loose_bounds(r#"{"numRecords":3,"minValues":{"a":1}}"#);
        assert_eq!(loose, r#"{"numRecords":3,"minValues":{"a":1},"tightBounds":false}"#);
        assert_eq!(loose_bounds(&loose), loose);
    }
}
