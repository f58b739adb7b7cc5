//! Definitions of the source's tables in the lake's folder of them. Onboarding asks for them table by table, and they are
//! read once as long as the files are the same.

use crate::RunError;
use sluice_change::SourceFile;
use sluice_contract::limits;
use sluice_lake::Lake;
use std::sync::{Arc, Mutex, PoisonError};

/// Folder of the lake with DDL or catalogs of the source.
const FOLDER: &str = "definitions";

/// What was read last.
#[derive(Default)]
pub(crate) struct KnownDefinitions {
    last: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    files: Vec<SourceFile>,
    texts: Arc<[String]>,
}

impl KnownDefinitions {
    /// The texts of the folder.
    ///
    /// # Errors
    /// If the folder or one of its files cannot be read, or is larger than [`limits::DEFINITIONS_BYTES`].
    pub(super) async fn of(&self, lake: &Lake) -> Result<Arc<[String]>, RunError> {
        let mut files = lake.objects().list(FOLDER).await?;
        files.retain(|file| file.path.ends_with(".sql") || file.path.ends_with(".csv"));
        let known = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.files == files) {
            return Ok(known.texts);
        }
        let mut texts = Vec::new();
        for file in &files {
            if file.size > limits::DEFINITIONS_BYTES {
                let most = limits::DEFINITIONS_BYTES;
                let message = format!("{} has {} bytes, at most {most} are read", file.path, file.size);
                let next = "Leave the definitions of the tables in the file and nothing else";
                return Err(RunError::input(message, next));
            }
            texts.push(String::from_utf8_lossy(&lake.objects().read(&file.path).await?).into_owned());
        }
        let texts: Arc<[String]> = texts.into();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known { files, texts: Arc::clone(&texts) });
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::KnownDefinitions;
    use sluice_lake::Lake;
    use std::sync::Arc;

    #[tokio::test]
    async fn they_are_read_again_where_one_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
        let known = KnownDefinitions::default();
        assert!(known.of(&lake).await.unwrap().is_empty());
        let write = |text: &str| std::fs::write(folder.path().join("definitions/shop.sql"), text).unwrap();
        std::fs::create_dir(folder.path().join("definitions")).unwrap();
        write("CREATE TABLE orders (id bigint PRIMARY KEY);");
        let first = known.of(&lake).await.unwrap();
        assert_eq!(first.len(), 1);
        assert!(Arc::ptr_eq(&first, &known.of(&lake).await.unwrap()), "nothing was read again");
        write("CREATE TABLE orders (id bigint PRIMARY KEY, note text);");
        assert!(known.of(&lake).await.unwrap()[0].contains("note"));
    }
}
