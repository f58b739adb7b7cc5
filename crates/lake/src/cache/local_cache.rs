//! Everything that is kept on this machine.

use crate::cache::copies::Copies;
use crate::cache::key_index::KeyIndex;
use crate::cache::paths::CachePaths;
use crate::cache::positions::PositionsFiles;
use crate::cache::row_cache::RowCache;
use crate::cache::sound_files::SoundFiles;
use crate::store::objects::Objects;
use sluice_contract::limits;
use std::path::PathBuf;

/// The local cache of a lake.
#[derive(Debug)]
pub(crate) struct LocalCache {
    pub(crate) paths: CachePaths,
    pub(crate) copies: Copies,
    pub(crate) sound: SoundFiles,
    pub(crate) keys: KeyIndex,
    pub(crate) rows: RowCache,
    pub(crate) positions: PositionsFiles,
}

impl LocalCache {
    pub(crate) fn new(objects: &Objects, user_folder: Option<PathBuf>) -> Self {
        let paths = CachePaths::new(objects, user_folder);
        Self {
            copies: Copies::default(),
            sound: SoundFiles::new(limits::QUERY_VERIFIED_BYTES),
            keys: KeyIndex::new(paths.clone()),
            rows: RowCache::new(paths.clone()),
            positions: PositionsFiles::default(),
            paths,
        }
    }
}
