//! A store that fails where a test asks it to.
//!
//! The content is an [`InMemory`] store that outlives processes; a [`FaultStore`] is what one process
//! sees of it. It numbers every change from 1 and does to the one of a number what a [`Fault`] says.

use crate::operation_log::{Kind, OperationLog};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// What happens to a change.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is not done, and the process is gone: everything it asks from now on fails.
    CrashBefore,
    /// It is done, the reply is lost, and the process is gone.
    CrashAfter,
    /// A part of it is done, and the process is gone; see [`torn`].
    CrashTorn,
    /// It is done but was not synced, so that it is rolled back with every removal before it (they are
    /// never synced), and the process is gone.
    CrashUnsynced,
    /// It is not done, the connection is reset.
    Reset,
    /// It is done, the reply is lost.
    LostReply,
    /// It is done, the client's own repetition of it hears that the name is taken (412).
    LostReplyThenTaken,
    /// It is not done, and the store says that the name is taken (409 mapped to "already exists").
    Conflict,
    /// The reply is lost, and the change is done only just before the next request.
    LandsLate,
    /// There is no space left on the disk; a part stays under a hidden name.
    DiskFull,
    /// The process may not write there.
    NotAllowed,
    /// Nothing happens until the gate is opened, then it is done. Everything after it waits as well.
    Pause(Arc<Gate>),
}

impl Fault {
    fn is_crash(&self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashAfter | Self::CrashTorn | Self::CrashUnsynced)
    }
}

/// Something to wait at.
#[derive(Debug)]
pub struct Gate {
    closed: AtomicBool,
    reached: Semaphore,
    opened: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Self { closed: AtomicBool::new(false), reached: Semaphore::new(0), opened: Semaphore::new(0) }
    }
}

impl Gate {
    /// Waits until a process stands at the gate.
    pub async fn reached(&self) {
        drop(self.reached.acquire().await);
        self.reached.add_permits(1);
    }

    /// Lets it through.
    pub fn open(&self) {
        self.opened.add_permits(1);
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.reached.add_permits(1);
        self.pass().await;
        self.closed.store(false, Ordering::SeqCst);
    }

    async fn pass(&self) {
        drop(self.opened.acquire().await);
        self.opened.add_permits(1);
    }
}

/// One process' view of a store.
#[derive(Debug)]
pub struct FaultStore {
    disk: InMemory,
    log: OperationLog,
    reads: AtomicUsize,
    keeps_states: bool,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    at: BTreeMap<usize, Fault>,
    /// From this operation on, every one.
    from: Option<(usize, Fault)>,
    crashed: bool,
    gate: Option<Arc<Gate>>,
    late: Vec<(Path, PutPayload)>,
    /// Removals of this process, with what was there.
    removed: Vec<(Path, Bytes)>,
}

/// End of the names that torn writes leave.
const STAGING: &str = ".torn-7000001";

/// Name of the file that a torn write leaves. It is hidden from listings, as on a local disk.
fn staging(path: &Path) -> Path {
    Path::from(format!("{path}{STAGING}"))
}

fn is_staging(path: &Path) -> bool {
    path.as_ref().ends_with(STAGING)
}

/// What a crash in the middle of a write leaves: of a file that may replace another one a prefix under
/// its name; of a file made by a conditional write, and of everything in a Delta log, a prefix under a
/// hidden name, because the protocol stands on these being atomic.
///
/// # Errors
/// When the store refuses.
pub async fn torn(disk: &InMemory, kind: Kind, path: &Path, payload: &Bytes) -> Result<()> {
    let half = payload.slice(..payload.len() / 2);
    let visible = kind == Kind::Overwrite && !path.as_ref().contains("_delta_log");
    match kind {
        Kind::Create | Kind::Overwrite | Kind::Upload => {
            disk.put(&if visible { path.clone() } else { staging(path) }, half.into()).await?;
        }
        Kind::Delete | Kind::Copy => {}
    }
    Ok(())
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Generic { store: "FaultStore", source: source.into() }
}

fn reset() -> Error {
    failed("connection reset by peer")
}

fn taken(path: &Path) -> Error {
    Error::AlreadyExists { path: path.to_string(), source: "the condition was not met".into() }
}

impl FaultStore {
    /// A view without faults.
    #[must_use]
    pub fn over(disk: &InMemory) -> Arc<Self> {
        Arc::new(Self::new(disk, false))
    }

    /// A view without faults whose log keeps the store as it was before and after every operation.
    #[must_use]
    pub fn recording(disk: &InMemory) -> Arc<Self> {
        Arc::new(Self::new(disk, true))
    }

    fn new(disk: &InMemory, keeps_states: bool) -> Self {
        Self {
            disk: disk.clone(),
            log: OperationLog::default(),
            reads: AtomicUsize::new(0),
            keeps_states,
            plan: Mutex::default(),
        }
    }

    /// It as a store.
    #[must_use]
    pub fn view(self: &Arc<Self>) -> Arc<dyn ObjectStore> {
        Arc::new(FaultView(Arc::clone(self)))
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does this to the operation of a number, counted from 1.
    pub fn fail_at(&self, number: usize, fault: Fault) {
        self.plan().at.insert(number, fault);
    }

    /// Does this to every operation from a number on.
    pub fn fail_from(&self, number: usize, fault: Fault) {
        self.plan().from = Some((number, fault));
    }

    /// Ends all faults that are not a crash.
    pub fn clear_faults(&self) {
        let mut plan = self.plan();
        plan.at.clear();
        plan.from = None;
    }

    /// What it was asked to change.
    #[must_use]
    pub fn log(&self) -> &OperationLog {
        &self.log
    }

    /// How often it was asked to read or list.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// Whether the process is gone.
    #[must_use]
    pub fn is_crashed(&self) -> bool {
        self.plan().crashed
    }

    /// What a new process will find.
    #[must_use]
    pub fn disk(&self) -> InMemory {
        self.disk.fork()
    }

    /// Before every request: a paused process stands still, a dead one hears nothing, late writes land.
    async fn wake(&self) -> Result<()> {
        let gate = self.plan().gate.clone();
        if let Some(gate) = gate.filter(|gate| gate.is_closed()) {
            gate.pass().await;
        }
        let (crashed, late) = {
            let mut plan = self.plan();
            (plan.crashed, std::mem::take(&mut plan.late))
        };
        for (path, payload) in late {
            // Whoever was there first stays.
            let _ = self.disk.put_opts(&path, payload, PutMode::Create.into()).await;
        }
        if crashed { Err(failed("the process is gone")) } else { Ok(()) }
    }

    async fn read(&self) -> Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.wake().await
    }

    async fn begin(&self, kind: Kind, path: &Path, bytes: u64) -> Result<(usize, Option<Fault>)> {
        self.wake().await?;
        let before = self.keeps_states.then(|| self.disk.fork());
        let number = self.log.begin(kind, path, bytes, before);
        let fault = {
            let mut plan = self.plan();
            let always = plan.from.as_ref().filter(|(from, _)| number >= *from).map(|(_, fault)| fault.clone());
            let fault = plan.at.remove(&number).or(always);
            plan.crashed |= fault.as_ref().is_some_and(Fault::is_crash);
            if let Some(Fault::Pause(gate)) = &fault {
                plan.gate = Some(Arc::clone(gate));
            }
            fault
        };
        if let Some(Fault::Pause(gate)) = &fault {
            gate.close().await;
        }
        Ok((number, fault))
    }

    fn end(&self, number: usize) {
        if self.keeps_states {
            self.log.end(number, self.disk.fork());
        }
    }

    /// Everything that was not synced is as before.
    async fn roll_back(&self) {
        let removed = std::mem::take(&mut self.plan().removed);
        for (path, content) in removed {
            let _ = self.disk.put(&path, content.into()).await;
        }
    }

    async fn write(&self, kind: Kind, path: &Path, payload: PutPayload, mode: PutMode) -> Result<PutResult> {
        let (number, fault) = self.begin(kind, path, payload.content_length() as u64).await?;
        let bytes: Bytes = payload.iter().flat_map(|part| part.iter().copied()).collect();
        let put = || self.disk.put_opts(path, payload.clone(), mode.clone().into());
        let result = match fault {
            None | Some(Fault::Pause(_)) => put().await,
            Some(Fault::CrashBefore | Fault::Reset) => Err(reset()),
            Some(Fault::CrashAfter | Fault::LostReply) => Err(put().await.err().unwrap_or_else(reset)),
            Some(Fault::LostReplyThenTaken) => match put().await {
                Err(error) => Err(error),
                Ok(_) if mode == PutMode::Create => Err(taken(path)),
                Ok(done) => Ok(done),
            },
            Some(Fault::CrashTorn) => {
                torn(&self.disk, kind, path, &bytes).await?;
                Err(reset())
            }
            Some(Fault::CrashUnsynced) => {
                self.roll_back().await;
                Err(reset())
            }
            Some(Fault::Conflict) if mode == PutMode::Create => Err(taken(path)),
            Some(Fault::Conflict) => Err(reset()),
            Some(Fault::LandsLate) => {
                if mode == PutMode::Create {
                    self.plan().late.push((path.clone(), payload));
                } else {
                    put().await?;
                }
                Err(failed("operation timed out"))
            }
            Some(Fault::DiskFull) => {
                self.disk.put(&staging(path), bytes.slice(..bytes.len() / 2).into()).await?;
                Err(failed(std::io::Error::from(std::io::ErrorKind::StorageFull)))
            }
            Some(Fault::NotAllowed) => {
                Err(Error::PermissionDenied { path: path.to_string(), source: "read-only file system".into() })
            }
        };
        self.end(number);
        result
    }

    async fn remove(&self, path: &Path) -> Result<Path> {
        let (number, fault) = self.begin(Kind::Delete, path, 0).await?;
        let content = match self.disk.get(path).await {
            Ok(found) => Some(found.bytes().await?),
            Err(_) => None,
        };
        let done = match fault {
            Some(Fault::CrashBefore | Fault::CrashTorn | Fault::Reset | Fault::Conflict | Fault::NotAllowed) => {
                Err(reset())
            }
            Some(Fault::CrashUnsynced) => {
                self.roll_back().await;
                Err(reset())
            }
            Some(Fault::CrashAfter | Fault::LostReply | Fault::LandsLate) => {
                Err(self.disk.delete(path).await.err().unwrap_or_else(reset))
            }
            // A disk that is full can be made less so.
            None | Some(Fault::Pause(_) | Fault::DiskFull | Fault::LostReplyThenTaken) => {
                self.disk.delete(path).await.map(|()| path.clone())
            }
        };
        if let Some(content) = content {
            self.plan().removed.push((path.clone(), content));
        }
        self.end(number);
        done
    }
}

impl std::fmt::Display for FaultStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaultStore")
    }
}

/// The view, so that streams and uploads can hold on to it.
#[derive(Clone, Debug)]
struct FaultView(Arc<FaultStore>);

impl std::fmt::Display for FaultView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for FaultView {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let kind = if options.mode == PutMode::Create { Kind::Create } else { Kind::Overwrite };
        self.0.write(kind, location, payload, options.mode).await
    }

    async fn put_multipart_opts(&self, at: &Path, _options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.0.wake().await?;
        Ok(Box::new(Upload { view: self.clone(), path: at.clone(), parts: Vec::new() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.read().await?;
        self.0.disk.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = Arc::clone(&self.0);
        locations
            .then(move |path| {
                let store = Arc::clone(&store);
                async move { store.remove(&path?).await }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (Arc::clone(&self.0), prefix.cloned());
        let listed = async move {
            store.read().await?;
            Ok::<_, Error>(store.disk.list(prefix.as_ref()))
        };
        let shown = listed.into_stream().try_flatten();
        shown.try_filter(|file| std::future::ready(!is_staging(&file.location))).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.read().await?;
        let mut listed = self.0.disk.list_with_delimiter(prefix).await?;
        listed.objects.retain(|file| !is_staging(&file.location));
        Ok(listed)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (number, fault) = self.0.begin(Kind::Copy, to, 0).await?;
        let result = match fault {
            None | Some(Fault::Pause(_)) => self.0.disk.copy_opts(from, to, options).await,
            Some(Fault::CrashAfter | Fault::LostReply) => {
                Err(self.0.disk.copy_opts(from, to, options).await.err().unwrap_or_else(reset))
            }
            Some(_) => Err(reset()),
        };
        self.0.end(number);
        result
    }
}

/// An upload in parts; nothing is visible before its end.
#[derive(Debug)]
struct Upload {
    view: FaultView,
    path: Path,
    parts: Vec<Bytes>,
}

#[async_trait::async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.parts.extend(data);
        let view = self.view.clone();
        Box::pin(async move { view.0.wake().await })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let payload = PutPayload::from_iter(std::mem::take(&mut self.parts));
        self.view.0.write(Kind::Upload, &self.path, payload, PutMode::Overwrite).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.clear();
        Ok(())
    }
}
