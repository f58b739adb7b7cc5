//! What all tables of a lake share.

use crate::Clock;
use crate::cache::local_cache::LocalCache;
use crate::cache::snapshot_cache::SnapshotCache;
use crate::delta::footers::FooterCache;
use crate::delta::snapshot::Snapshot;
use crate::delta::vector_cache::VectorCache;
use crate::environment::IdGenerator;
use crate::store::lake_identity::LakeIdentity;
use crate::store::objects::Objects;

/// The store, the environment and the caches of a lake's tables.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) objects: Objects,
    pub(crate) clock: Clock,
    pub(crate) ids: IdGenerator,
    pub(crate) cache: LocalCache,
    pub(crate) snapshots: SnapshotCache<Snapshot>,
    pub(crate) footers: FooterCache,
    pub(crate) vectors: VectorCache,
    pub(crate) identity: LakeIdentity,
}

impl Tables {
    pub(crate) fn new(objects: Objects, clock: Clock, ids: IdGenerator, cache: LocalCache) -> Self {
        Self {
            identity: LakeIdentity::new(objects.clone(), ids.clone()),
            objects,
            clock,
            ids,
            cache,
            snapshots: SnapshotCache::default(),
            footers: FooterCache::default(),
            vectors: VectorCache::default(),
        }
    }
}
