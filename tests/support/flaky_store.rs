//! A store behind a bad network: what a server and its client do to each other.
//!
//! Every attempt of a request meets a outcome drawn from a seed: the connection is reset before or after
//! the server has done it, the server is unavailable (503), throttles (429) or is slow. The client
//! behaves like `object_store`'s: it repeats what a server refused, and after a reset what may be done
//! twice, which a conditional write may not.

use fastrand::Rng;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shares of the requests that meet a outcome, in per cent.
#[derive(Clone, Copy, Debug, Default)]
pub struct FaultRates {
    /// Connections that are reset, half of them after the server has done what was asked.
    pub reset: u8,
    /// Answers 503; a tenth of them for a write that was done all the same.
    pub unavailable: u8,
    /// Answers 429.
    pub throttled: u8,
    /// Slow answers.
    pub slow: u8,
    /// Readings whose body ends too early.
    pub partial_body: u8,
    /// Listings that do not have the newest files yet. S3 has not answered so since December 2020, when
    /// its listings became strongly consistent; S3-compatible stores may.
    pub stale_list: u8,
}

/// Files that a listing may lack at most.
const UNLISTED_MAX: u8 = 2;

/// A client of a server in bad rates.
#[derive(Debug)]
pub struct FlakyStore {
    server: InMemory,
    rates: FaultRates,
    random: Mutex<Rng>,
    /// What the caller asked for.
    calls: AtomicUsize,
    /// What went over the network.
    requests: AtomicUsize,
    outage: AtomicBool,
    hanging: AtomicBool,
}

/// Attempts of one call, as in `object_store`.
const ATTEMPTS: usize = 11;
/// A slow answer.
const SLOW: Duration = Duration::from_millis(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Good,
    ResetBefore,
    ResetAfter,
    Refused,
    RefusedButDone,
}

fn failed(text: &str) -> Error {
    Error::Generic { store: "FlakyStore", source: text.to_owned().into() }
}

impl FlakyStore {
    /// A client of a server.
    #[must_use]
    pub fn over(server: &InMemory, rates: FaultRates, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            server: server.clone(),
            rates,
            random: Mutex::new(Rng::with_seed(seed)),
            calls: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            outage: AtomicBool::new(false),
            hanging: AtomicBool::new(false),
        })
    }

    /// It as a store.
    #[must_use]
    pub fn view(self: &Arc<Self>) -> Arc<dyn ObjectStore> {
        Arc::new(View(Arc::clone(self)))
    }

    /// Begins or ends a time when the server answers 503 to everything.
    pub fn outage(&self, on: bool) {
        self.outage.store(on, Ordering::SeqCst);
    }

    /// Begins or ends a time when the server accepts everything and never answers. The client gives up
    /// after a deadline, as `object_store` does after 30 seconds.
    pub fn black_hole(&self, on: bool) {
        self.hanging.store(on, Ordering::SeqCst);
    }

    /// Requests over the network per call.
    #[must_use]
    pub fn amplification(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
        let ratio = self.requests.load(Ordering::Relaxed) as f64 / self.calls.load(Ordering::Relaxed).max(1) as f64;
        ratio
    }

    fn random(&self) -> MutexGuard<'_, Rng> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self, per_cent: u8) -> bool {
        self.random().u8(..100) < per_cent
    }

    async fn outcome(&self) -> Result<Outcome> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if self.hanging.load(Ordering::SeqCst) {
            // The deadline of the client, shortened.
            tokio::time::sleep(SLOW).await;
            return Err(failed("operation timed out"));
        }
        if self.outage.load(Ordering::SeqCst) {
            return Ok(Outcome::Refused);
        }
        if self.chance(self.rates.slow) {
            tokio::time::sleep(SLOW).await;
        }
        Ok(if self.chance(self.rates.reset) {
            if self.chance(50) { Outcome::ResetBefore } else { Outcome::ResetAfter }
        } else if self.chance(self.rates.unavailable) {
            if self.chance(10) { Outcome::RefusedButDone } else { Outcome::Refused }
        } else if self.chance(self.rates.throttled) {
            Outcome::Refused
        } else {
            Outcome::Good
        })
    }

    /// A call that may be repeated whatever happens.
    async fn repeat<T, F: Future<Output = Result<T>>>(&self, call: impl Fn() -> F) -> Result<T> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut last = failed("no attempt was made");
        for _ in 0..ATTEMPTS {
            match self.outcome().await? {
                Outcome::Good => return call().await,
                Outcome::ResetBefore => last = failed("connection reset by peer"),
                Outcome::ResetAfter => {
                    let _ = call().await;
                    last = failed("connection reset by peer");
                }
                Outcome::Refused => last = failed("503 Slow Down"),
                Outcome::RefusedButDone => {
                    let _ = call().await;
                    last = failed("503 Service Unavailable");
                }
            }
        }
        Err(last)
    }

    /// A conditional write: after a reset nobody knows, after a refusal it is tried again.
    async fn create(&self, location: &Path, payload: PutPayload) -> Result<PutResult> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let put = || self.server.put_opts(location, payload.clone(), PutMode::Create.into());
        let mut last = failed("no attempt was made");
        for _ in 0..ATTEMPTS {
            match self.outcome().await? {
                Outcome::Good => return put().await,
                Outcome::ResetBefore => return Err(failed("connection reset by peer")),
                Outcome::ResetAfter => {
                    let _ = put().await;
                    return Err(failed("connection reset by peer"));
                }
                Outcome::Refused => last = failed("503 Slow Down"),
                Outcome::RefusedButDone => {
                    let _ = put().await;
                    last = failed("503 Service Unavailable");
                }
            }
        }
        Err(last)
    }

    async fn cut(&self, whole: GetResult) -> Result<GetResult> {
        let GetResult { payload, meta, range, attributes, .. } = whole;
        let bytes = match payload {
            GetResultPayload::Stream(stream) => {
                let parts: Vec<bytes::Bytes> = stream.try_collect().await?;
                bytes::Bytes::from(parts.concat())
            }
            GetResultPayload::File(..) => return Err(failed("the server has no files")),
        };
        let begin = bytes.slice(..bytes.len() / 2);
        let parts = [Ok(begin), Err(failed("end of file before message length reached"))];
        let payload = GetResultPayload::Stream(futures::stream::iter(parts).boxed());
        Ok(GetResult { payload, meta, range, attributes })
    }
}

impl std::fmt::Display for FlakyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FlakyStore")
    }
}

#[derive(Clone, Debug)]
struct View(Arc<FlakyStore>);

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for View {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let store = &self.0;
        if options.mode == PutMode::Create {
            return store.create(location, payload).await;
        }
        store.repeat(|| store.server.put_opts(location, payload.clone(), options.clone())).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let store = &self.0;
        store.repeat(|| store.server.put_multipart_opts(location, options.clone())).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let store = &self.0;
        let found = store.repeat(|| store.server.get_opts(location, options.clone())).await?;
        if !options.head && store.chance(store.rates.partial_body) { store.cut(found).await } else { Ok(found) }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = Arc::clone(&self.0);
        locations
            .then(move |path| {
                let store = Arc::clone(&store);
                async move {
                    let path = path?;
                    store.repeat(|| store.server.delete(&path)).await?;
                    Ok(path)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (Arc::clone(&self.0), prefix.cloned());
        let listed = async move {
            let list = || store.server.list(prefix.as_ref()).try_collect::<Vec<_>>();
            let mut files = store.repeat(list).await?;
            if store.chance(store.rates.stale_list) {
                files.sort_by(|a, b| (a.last_modified, &a.location).cmp(&(b.last_modified, &b.location)));
                let unlisted = store.random().u8(1..=UNLISTED_MAX);
                files.truncate(files.len().saturating_sub(usize::from(unlisted)));
            }
            files.sort_by(|a, b| a.location.cmp(&b.location));
            Ok::<_, Error>(futures::stream::iter(files.into_iter().map(Ok)))
        };
        listed.into_stream().try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let store = &self.0;
        store.repeat(|| store.server.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let store = &self.0;
        store.repeat(|| store.server.copy_opts(from, to, options.clone())).await
    }
}
