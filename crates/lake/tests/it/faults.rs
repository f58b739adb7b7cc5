//! Stores that lose replies, refuse, or ignore conditions.

use crate::fixtures::{append, ids, rows, silver};
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use sluice_lake::{CommitOutcome, Lake, LakeError, PutNew};
use std::sync::{Arc, Mutex};
use url::Url;

/// What happens to the next conditional write.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// It is done, the reply is lost.
    LostReply,
    /// It is done, the client repeats it and hears that the name is taken.
    LostReplyThenRefused,
    /// It is not done.
    Refused,
    /// Reading fails from now on.
    NoAnswer,
}

#[derive(Debug, Default)]
struct FaultyStore {
    inner: InMemory,
    fault: Mutex<Option<Fault>>,
    silent: Mutex<bool>,
    ignores_conditions: bool,
}

impl std::fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaultyStore")
    }
}

fn broken() -> Error {
    Error::Generic { store: "faulty", source: "connection reset".into() }
}

#[async_trait::async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        if self.ignores_conditions {
            options.mode = PutMode::Overwrite;
        }
        // The first commit of a lake writes the lake's identity before; the fault is for what comes after it.
        let is_meant = options.mode == PutMode::Create && location.filename() != Some("identity.json");
        let planned = if is_meant { self.fault.lock().unwrap().take() } else { None };
        let taken = || Error::AlreadyExists { path: location.to_string(), source: "412".into() };
        match planned {
            None => self.inner.put_opts(location, payload, options).await,
            Some(Fault::Refused) => Err(broken()),
            Some(fault) => {
                self.inner.put_opts(location, payload, options).await?;
                *self.silent.lock().unwrap() = fault == Fault::NoAnswer;
                Err(if fault == Fault::LostReplyThenRefused { taken() } else { broken() })
            }
        }
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if *self.silent.lock().unwrap() { Err(broken()) } else { self.inner.get_opts(location, options).await }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if *self.silent.lock().unwrap() {
            return Box::pin(futures::stream::once(async { Err(broken()) }));
        }
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn lake_over(store: &Arc<FaultyStore>) -> Lake {
    let store = Arc::clone(store) as Arc<dyn ObjectStore>;
    Lake::with_store(store, &Url::parse("memory:///some/lake").unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_doubles_or_loses_a_batch() {
    for fault in [Fault::LostReply, Fault::LostReplyThenRefused, Fault::Refused, Fault::NoAnswer] {
        let store = Arc::new(FaultyStore::default());
        let lake = lake_over(&store);
        let table = silver(&lake);
        let base = table.writer().create(&rows(0, 1).schema(), &[]).await.unwrap();
        let file = table.writer().write_file(&[rows(0, 3)]).await.unwrap();
        *store.fault.lock().unwrap() = Some(fault);
        let outcome = append(&table, &base, 1, "h", vec![file.clone()]).commit().await;
        match fault {
            Fault::LostReply | Fault::LostReplyThenRefused => {
                assert_eq!(outcome.unwrap(), CommitOutcome::AlreadyApplied(1), "{fault:?}");
            }
            Fault::Refused => {
                let error = outcome.unwrap_err();
                assert!(matches!(error, LakeError::Commit { .. }) && error.is_retryable(), "{error:?}");
            }
            Fault::NoAnswer => {
                let error = outcome.unwrap_err();
                assert!(matches!(error, LakeError::CommitUnknown { .. }) && error.is_retryable(), "{error:?}");
                *store.silent.lock().unwrap() = false;
            }
        }
        // A new process tries the batch again.
        let lake = lake_over(&store);
        let table = silver(&lake);
        let outcome = append(&table, &base, 1, "h", vec![file.clone()]).commit().await.unwrap();
        let expected =
            if fault == Fault::Refused { CommitOutcome::Committed(1) } else { CommitOutcome::AlreadyApplied(1) };
        assert_eq!(outcome, expected, "{fault:?}");
        table.writer().discard(std::slice::from_ref(&file)).await;
        let now = table.snapshot(None).await.unwrap().unwrap();
        assert_eq!(now.version, 1);
        assert_eq!(ids(&table.read_files(&now, &now.files, None).await.unwrap()), [0, 1, 2], "{fault:?}");
    }
}

#[tokio::test]
async fn a_lost_reply_of_a_new_file_is_read_back() {
    for (fault, expected) in [(Fault::LostReply, true), (Fault::LostReplyThenRefused, true), (Fault::Refused, false)] {
        let store = Arc::new(FaultyStore::default());
        let lake = lake_over(&store);
        lake.objects().ensure_writable().await.unwrap();
        *store.fault.lock().unwrap() = Some(fault);
        let written = lake.objects().put_new("_sluice/a.json", Bytes::from_static(b"ours")).await;
        assert_eq!(written.is_ok_and(|written| written == PutNew::Created), expected, "{fault:?}");
        let other = lake.objects().put_new("_sluice/a.json", Bytes::from_static(b"theirs")).await.unwrap();
        assert_eq!(other == PutNew::Exists, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn a_store_without_conditional_writes_is_refused() {
    let store = Arc::new(FaultyStore { ignores_conditions: true, ..FaultyStore::default() });
    let lake = lake_over(&store);
    let refused = |error: LakeError| assert!(matches!(error, LakeError::NoConditionalPut { .. }), "{error:?}");
    refused(lake.objects().ensure_writable().await.unwrap_err());
    refused(lake.objects().put_new("a", Bytes::new()).await.unwrap_err());
    refused(silver(&lake).writer().create(&rows(0, 1).schema(), &[]).await.unwrap_err());
    assert_eq!(lake.url(), "memory:///some/lake");
}
