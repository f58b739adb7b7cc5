//! A store whose table logs seem to have no checkpoint.

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, future};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use std::ops::Range;
use std::sync::Arc;

/// A store in which checkpoints of table logs can be written and not be read.
#[derive(Clone, Debug)]
pub(crate) struct WithoutCheckpoints {
    inner: Arc<dyn ObjectStore>,
}

impl WithoutCheckpoints {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner }
    }
}

impl std::fmt::Display for WithoutCheckpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WithoutCheckpoints({})", self.inner)
    }
}

/// Whether a file of a log is a checkpoint, or says where one is.
fn is_checkpoint(location: &Path) -> bool {
    let in_log = location.parts().any(|part| part.as_ref() == "_delta_log");
    let name = location.filename().unwrap_or_default();
    in_log && (name == "_last_checkpoint" || name.contains(".checkpoint."))
}

fn refuse(location: &Path) -> Result<()> {
    if is_checkpoint(location) {
        let source = "checkpoints are not read".into();
        return Err(Error::NotFound { path: location.to_string(), source });
    }
    Ok(())
}

fn without(found: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
    found.filter(|each| future::ready(!each.as_ref().is_ok_and(|file| is_checkpoint(&file.location)))).boxed()
}

#[async_trait::async_trait]
impl ObjectStore for WithoutCheckpoints {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        refuse(location)?;
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        refuse(location)?;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        without(self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        without(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut found = self.inner.list_with_delimiter(prefix).await?;
        found.objects.retain(|file| !is_checkpoint(&file.location));
        Ok(found)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}
