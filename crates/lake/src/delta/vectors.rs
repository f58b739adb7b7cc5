//! Which rows of a data file are deleted.

use crate::LakeError;
use crate::delta::deletion_vector::{decode_bitmap, selection, vector_file};
use crate::delta::snapshot::DataFile;
use crate::delta::table_files::TableFiles;
use crate::error::Cause;
use bytes::Bytes;
use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
use object_store::ObjectStoreExt;
use parquet::arrow::arrow_reader::RowSelection;
use roaring::RoaringTreemap;
use std::sync::Arc;

/// The bitmap of a vector whose place in its file `bytes` begin with.
pub(crate) fn bitmap_in_file(bytes: &Bytes, vector: &DeletionVectorDescriptor) -> Result<Bytes, Cause> {
    let size = usize::try_from(vector.size_in_bytes)?;
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or("the deletion vector is cut off")?;
    let (bitmap, rest) = rest.split_at_checked(size).ok_or("the deletion vector is cut off")?;
    let sum = rest.first_chunk::<4>().ok_or("the deletion vector is cut off")?;
    if usize::try_from(u32::from_be_bytes(*length))? != size {
        return Err("the deletion vector has another size than the log says".into());
    }
    if u32::from_be_bytes(*sum) != crc32fast::hash(bitmap) {
        return Err("the deletion vector's checksum does not match".into());
    }
    Ok(bytes.slice(4..4 + size))
}

impl TableFiles {
    /// Positions of the rows of a file that its deletion vector removes; `None` without one.
    ///
    /// # Errors
    /// [`LakeError::Decode`] if the vector is not what the protocol says, [`LakeError::ForeignPath`] if
    /// it lies outside of the table.
    pub(crate) async fn deleted_positions(&self, file: &DataFile) -> Result<Option<Arc<RoaringTreemap>>, LakeError> {
        let Some(vector) = &file.deletion_vector else { return Ok(None) };
        match self.tables.vectors.get(&self.vector_key(vector)) {
            Some(known) => Ok(Some(known)),
            None => self.read_deleted_positions(file).await,
        }
    }

    /// The same from the store, whatever is in memory.
    ///
    /// # Errors
    /// As [`TableFiles::deleted_positions`].
    pub(crate) async fn read_deleted_positions(
        &self,
        file: &DataFile,
    ) -> Result<Option<Arc<RoaringTreemap>>, LakeError> {
        let Some(vector) = &file.deletion_vector else { return Ok(None) };
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
        self.tables.vectors.put(self.vector_key(vector), &decoded);
        Ok(Some(decoded))
    }

    /// The rows of a file that are not deleted; `None` for all.
    pub(crate) async fn live_rows(
        &self,
        file: &DataFile,
        rows_in_file: u64,
    ) -> Result<Option<RowSelection>, LakeError> {
        Ok(self.deleted_positions(file).await?.map(|deleted| selection(deleted.iter(), rows_in_file)))
    }

    async fn read_vector(&self, vector: &DeletionVectorDescriptor) -> Result<Bytes, Cause> {
        let path = vector_file(vector).ok_or("the deletion vector's file has no valid name")?;
        let offset = u64::try_from(vector.offset.unwrap_or(1))?;
        let size = u64::try_from(vector.size_in_bytes)?;
        let location = self.location_of(&path)?;
        let bytes = self.store().get_range(&location, offset..offset + size + 8).await?;
        bitmap_in_file(&bytes, vector)
    }

    /// Names a deletion vector by its place.
    pub(crate) fn vector_key(&self, vector: &DeletionVectorDescriptor) -> String {
        let kind = if vector.storage_type == StorageType::Inline { 'i' } else { 'u' };
        format!("{}\n{kind}{}\n{:?}", self.folder, vector.path_or_inline_dv, vector.offset)
    }
}
