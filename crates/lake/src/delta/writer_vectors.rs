//! Deletion vectors: written and durable, not yet visible.

use crate::LakeError;
use crate::delta::deletion_vector::{
    FILE_VERSION, INLINE_BYTES_MAX, append_to_file, encode_bitmap, file_name, loose_bounds,
};
use crate::delta::snapshot::{DataFile, OfBase};
use crate::delta::writer::TableWriter;
use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
use object_store::{ObjectStore, PutMode};
use roaring::RoaringTreemap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A data file whose deletion vector grows.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdatedFile {
    /// As the base of the commit has it.
    pub before: DataFile,
    /// With the new deletion vector, which is written and durable.
    pub after: DataFile,
}

impl TableWriter {
    /// Writes deletion vectors: each small one as part of the commit, all others as one file. Durable
    /// on return, visible only after [`crate::Transaction::commit`].
    ///
    /// `updates` are files of the snapshot with all their deleted rows, those of the old vector
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
                of_base: OfBase { vector: false, ..before.of_base },
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
                self.files.tables.vectors.put(self.files.vector_key(vector), deleted);
            }
        }
        Ok(written.into_iter().map(|(file, _)| file).collect())
    }

    /// Removes files of deletion vectors that will not be committed, as [`TableWriter::discard`] does.
    pub async fn discard_deletion_vectors(&self, files: &[UpdatedFile]) {
        let Ok(snapshot) = self.store.snapshot(None).await else { return };
        let named: BTreeSet<String> =
            snapshot.iter().flat_map(|snapshot| snapshot.files.iter()).filter_map(DataFile::vector_file).collect();
        let unused: BTreeSet<String> = files.iter().filter_map(|file| file.after.vector_file()).collect();
        for path in unused.difference(&named) {
            self.discard_file(path).await;
        }
    }

    /// Writes a file of vectors; its name as the log has it.
    async fn write_vector_file(&self, bytes: Vec<u8>) -> Result<String, LakeError> {
        let mut name = blake3::Hasher::new();
        name.update(&bytes).update(self.files.tables.ids.next_text().as_bytes());
        let mut uuid = [0_u8; 16];
        uuid.copy_from_slice(&name.finalize().as_bytes()[..16]);
        // Version 8 and variant of RFC 9562: a UUID of own making.
        uuid[6] = (uuid[6] & 0x0f) | 0x80;
        uuid[8] = (uuid[8] & 0x3f) | 0x80;
        let path = file_name(&uuid);
        self.files
            .store()
            .put_opts(&self.files.location_of(&path)?, bytes.into(), PutMode::Create.into())
            .await
            .map_err(|source| LakeError::Write { source: Box::new(source), path: self.files.shown(&path) })?;
        Ok(z85::encode(uuid))
    }
}
