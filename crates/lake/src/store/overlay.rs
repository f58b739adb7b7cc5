//! The store of a sandbox: reads go through to the base where the sandbox has nothing of its own, writes never do.

use crate::store::base_view::{Pins, Seen};
use crate::store::root::Root;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

const NAME: &str = "Sandbox";

/// A sandbox over its base. Paths outside of the sandbox's folder are those of its own store.
#[derive(Clone, Debug)]
pub(crate) struct OverlayStore {
    own: Arc<Root>,
    base: Arc<Root>,
    pins: Arc<Pins>,
}

impl std::fmt::Display for OverlayStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{NAME}({} over {})", self.own.store, self.base.store)
    }
}

impl OverlayStore {
    pub(crate) fn new(own: Arc<Root>, base: Arc<Root>, pins: Arc<Pins>) -> Self {
        Self { own, base, pins }
    }

    /// Where a path is looked for, and its place in the base.
    fn seen(&self, location: &Path) -> (Seen, Path) {
        let Some(parts) = location.prefix_match(&self.own.prefix) else { return (Seen::Own, location.clone()) };
        let inside: Path = parts.collect();
        (self.pins.seen(inside.as_ref()), self.in_base(&inside))
    }

    fn in_base(&self, inside: &Path) -> Path {
        self.base.prefix.parts().chain(inside.parts()).collect()
    }

    /// A file of the base as the sandbox names it.
    fn shown(&self, mut found: ObjectMeta) -> Option<ObjectMeta> {
        let inside: Path = found.location.prefix_match(&self.base.prefix)?.collect();
        found.location = self.own.prefix.parts().chain(inside.parts()).collect();
        Some(found)
    }

    /// The folder of the base that a list has to look at as well.
    fn listed_base(&self, prefix: Option<&Path>) -> Option<Path> {
        let inside: Path = prefix?.prefix_match(&self.own.prefix)?.collect();
        self.pins.lists(inside.as_ref()).then(|| self.in_base(&inside))
    }

    /// Whether a file of the base is in lists of the sandbox, by its name there.
    fn is_listed(&self, location: &Path) -> bool {
        matches!(self.seen(location).0, Seen::Both | Seen::Base)
    }

    /// Refuses to write what is the base's alone.
    fn writable(&self, location: &Path) -> Result<()> {
        match self.seen(location).0 {
            Seen::Base => {
                let source = "a sandbox only reads the change files and releases of its lake".into();
                Err(Error::PermissionDenied { path: location.to_string(), source })
            }
            Seen::Own | Seen::Both | Seen::ByName => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl ObjectStore for OverlayStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.writable(location)?;
        let (seen, base) = self.seen(location);
        if seen == Seen::Both && options.mode == PutMode::Create {
            match self.base.store.head(&base).await {
                Ok(_) => {
                    let source = "the base of the sandbox has it".into();
                    return Err(Error::AlreadyExists { path: location.to_string(), source });
                }
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.own.store.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.writable(location)?;
        self.own.store.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (seen, base) = self.seen(location);
        if seen != Seen::Base {
            match self.own.store.get_opts(location, options.clone()).await {
                Err(Error::NotFound { .. }) if seen != Seen::Own => {}
                other => return other,
            }
        }
        let mut found = self.base.store.get_opts(&base, options).await?;
        found.meta.location = location.clone();
        Ok(found)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (seen, base) = self.seen(location);
        if seen != Seen::Base {
            match self.own.store.get_ranges(location, ranges).await {
                Err(Error::NotFound { .. }) if seen != Seen::Own => {}
                other => return other,
            }
        }
        self.base.store.get_ranges(&base, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // What the base has stays there; the store answers as for any file that is not there.
        self.own.store.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let own = self.own.store.list(prefix);
        let Some(base) = self.listed_base(prefix) else { return own };
        let of_base = self.base.store.list(Some(&base));
        let this = self.clone();
        let both = async move {
            let own: Vec<ObjectMeta> = match own.try_collect().await {
                Ok(own) => own,
                Err(Error::NotFound { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            let known: BTreeSet<Path> = own.iter().map(|file| file.location.clone()).collect();
            let rest = of_base.try_filter_map(move |file| {
                let shown = this.shown(file);
                let shown = shown.filter(|file| this.is_listed(&file.location) && !known.contains(&file.location));
                std::future::ready(Ok(shown))
            });
            let own = futures::stream::iter(own.into_iter().map(Ok));
            Ok(own.chain(rest))
        };
        futures::stream::once(both).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let own = match self.own.store.list_with_delimiter(prefix).await {
            Err(Error::NotFound { .. }) => ListResult { common_prefixes: Vec::new(), objects: Vec::new() },
            other => other?,
        };
        let Some(base) = self.listed_base(prefix) else { return Ok(own) };
        let of_base = match self.base.store.list_with_delimiter(Some(&base)).await {
            Err(Error::NotFound { .. }) => return Ok(own),
            other => other?,
        };
        let mut objects = own.objects;
        let known: BTreeSet<Path> = objects.iter().map(|file| file.location.clone()).collect();
        let shown = of_base.objects.into_iter().filter_map(|file| self.shown(file));
        objects.extend(shown.filter(|file| self.is_listed(&file.location) && !known.contains(&file.location)));
        let folders = of_base.common_prefixes.iter().filter_map(|folder| folder.prefix_match(&self.base.prefix));
        let folders = folders.map(|inside| self.own.prefix.parts().chain(inside).collect::<Path>());
        let folders: BTreeSet<Path> = own.common_prefixes.into_iter().chain(folders).collect();
        Ok(ListResult { common_prefixes: folders.into_iter().collect(), objects })
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.writable(to)?;
        self.own.store.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.writable(to)?;
        self.own.store.rename_opts(from, to, options).await
    }
}
