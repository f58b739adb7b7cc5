//! What is known of the content of a version and takes long to find out.

use crate::cache::cached_file::{drop_old, place};
use crate::delta::cached_table::CachedTable;
use crate::delta::snapshot::Snapshot;
use std::time::Duration;

/// Notes that nobody wrote again for so long are dropped with the next one.
const KEPT: Duration = Duration::from_secs(90 * 86_400);

impl CachedTable {
    /// A text that was kept for a version, by its kind; of one with the same columns, files and deletion vectors, in
    /// whatever lake.
    pub async fn note(&self, snapshot: &Snapshot, kind: &str) -> Option<String> {
        let path = self.files.tables.cache.paths.note(self.store.folder(), &name(snapshot, kind))?;
        tokio::fs::read_to_string(path).await.ok()
    }

    /// Keeps a short text for a version in the local cache. What cannot be kept is found out again.
    pub async fn keep_note(&self, snapshot: &Snapshot, kind: &str, text: &str) {
        let Some(path) = self.files.tables.cache.paths.note(self.store.folder(), &name(snapshot, kind)) else { return };
        let text = text.to_owned();
        let folder = path.parent().map(std::path::Path::to_path_buf);
        let kept = tokio::task::spawn_blocking(move || place(&path, text.as_bytes())).await;
        if let Ok(Err(error)) = kept {
            tracing::info!(table = self.store.folder(), %error, "a note of a version is not kept");
        }
        if let Some(folder) = folder {
            drop_old(folder, KEPT, |_| false).await;
        }
    }
}

/// A name that tells versions apart by what they have.
fn name(snapshot: &Snapshot, kind: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    for field in snapshot.schema.fields() {
        part(field.name());
        part(&field.data_type().to_string());
    }
    part("files");
    let mut files: Vec<String> = snapshot
        .files
        .iter()
        // A deletion vector is an offset in a file too.
        .map(|file| format!("{}\n{}\n{:?}", file.path, file.rows, file.deletion_vector))
        .collect();
    files.sort_unstable();
    files.iter().for_each(|file| part(file));
    format!("{kind}-{}", &hasher.finalize().to_hex()[..32])
}
