//! One writer per table: leases with a fencing number.
//!
//! `_sluice/leases/<dataset>/<table>/<epoch>.json` says who writes a table; the file with the highest
//! number counts. A writer takes the next number by put-if-absent, so two never have the same one. It
//! renews the file every [`LeaseTimes::heartbeat_interval`] with a counter and marks it released at its end.
//!
//! A writer that waits takes the table over when the holder is dead. It knows so in one of two ways,
//! neither of which compares clocks: in a folder of this machine the holder keeps an operating-system
//! lock on `<epoch>.lock`, which its death frees; everywhere the counter has to stand still for
//! [`LeaseTimes::lease_timeout`] of the waiting writer's own elapsed time.
//!
//! A writer that was only paused may wake up later. Right before each of its commits the newest number
//! is looked at, and an older one is refused ([`LakeError::Fenced`]). Between that look and the write of
//! the log entry it may be overtaken still; then the put-if-absent of the entry decides. Either the new
//! holder has committed since, so the version is taken and the late write fails; or it has not, so the
//! late commit lies before all of its commits, which are made on the version after. A commit is planned
//! for exactly one version of its table (invariant 7), so no order of the two loses or doubles rows: the
//! lease saves work that would be in vain, the log decides what is true.

use crate::LakeError;
use crate::environment::{IdGenerator, LeaseTimes};
use crate::ledger::registry::NUMBER_MAX;
use crate::store::objects::{Objects, PutNew};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluice_contract::TableName;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Pause between two looks at a lease in a folder of this machine.
const LOCAL_PAUSE: Duration = Duration::from_millis(15);
/// Longest pause between two looks at a lease in a remote store.
const REMOTE_PAUSE: Duration = Duration::from_millis(500);

/// Who writes a table, as the lease file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Fencing number, from 1, growing by one.
    pub epoch: u64,
    /// Program.
    pub program: String,
    /// Number of its process.
    pub process: u32,
    /// Name of its machine.
    pub host: String,
    /// Counts heartbeats.
    #[serde(rename = "beat")]
    pub heartbeat: u64,
    /// Whether it ended well and the table is free.
    pub released: bool,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (process {} on {})", self.program, self.process, self.host)
    }
}

/// Somebody who may take the next number of a table: nobody living had the table at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseCandidate {
    /// The newest number that was seen, 0 for none.
    seen: u64,
}

/// The right to write a table, until released or overtaken. Dropping it without [`Lease::release`] is
/// like the death of the process: others have to find out.
#[derive(Debug)]
pub struct Lease {
    objects: Objects,
    table: TableName,
    holder: Holder,
    stop: oneshot::Sender<()>,
    /// Ends with the counter where it stands.
    heartbeats: JoinHandle<u64>,
    /// Freed by the end of the process at the latest.
    _lock: Option<File>,
}

/// The number that a writer's commits carry.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    objects: Objects,
    table: TableName,
    epoch: u64,
}

impl Fence {
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Refuses when a newer lease exists.
    pub(crate) async fn check(&self) -> Result<(), LakeError> {
        match lease_epochs(&self.objects, &self.table).await?.last() {
            Some(&newest) if newest > self.epoch => {
                Err(LakeError::Fenced { newest, epoch: self.epoch, path: self.table.to_string() })
            }
            _ => Ok(()),
        }
    }
}

impl Lease {
    /// Fencing number.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.holder.epoch
    }

    /// What the commits of this lease are checked against.
    pub(crate) fn to_fence(&self) -> Fence {
        Fence { objects: self.objects.clone(), table: self.table.clone(), epoch: self.holder.epoch }
    }

    /// Ends the lease, so that nobody has to wait.
    ///
    /// # Errors
    /// [`LakeError::Write`]: others have to find out that this writer is gone.
    pub async fn release(self) -> Result<(), LakeError> {
        // The last heartbeat must not come after the release.
        let _ = self.stop.send(());
        let heartbeat = self.heartbeats.await.unwrap_or(self.holder.heartbeat);
        let released = Holder { heartbeat, released: true, ..self.holder };
        self.objects.put(&lease_path(&self.table, released.epoch), released.to_bytes()?).await
    }
}

impl Holder {
    fn to_bytes(&self) -> Result<Bytes, LakeError> {
        let failed = |source: serde_json::Error| LakeError::Write { source: Box::new(source), path: "a lease".into() };
        Ok(serde_json::to_vec(self).map_err(failed)?.into())
    }
}

/// Who writes which table of a lake. Cheap to clone.
///
/// ```
/// # use sluice_contract::TableName;
/// # use sluice_lake::Lake;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(object_store::memory::InMemory::new());
/// # let lake = Lake::with_store(store, &url::Url::parse("memory:///lake")?)?;
/// let (leases, orders) = (lake.leases(), TableName::new("shop", "orders")?);
/// let candidate = leases.candidate(&orders).await?.expect("nobody writes the table");
/// let lease = leases.take(&orders, candidate).await?.expect("nobody was faster");
/// assert_eq!(lease.epoch(), 1);
/// assert!(leases.candidate(&orders).await?.is_none(), "somebody writes it now");
/// lease.release().await?;
/// assert!(leases.candidate(&orders).await?.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Leases {
    objects: Objects,
    ids: IdGenerator,
    times: LeaseTimes,
}

impl Leases {
    pub(crate) fn new(objects: Objects, ids: IdGenerator, times: LeaseTimes) -> Self {
        Self { objects, ids, times }
    }

    /// Who has written the table last, or writes it now; `None` if nobody has a lease.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub async fn holder(&self, table: &TableName) -> Result<Option<Holder>, LakeError> {
        loop {
            let Some(&epoch) = lease_epochs(&self.objects, table).await?.last() else { return Ok(None) };
            match self.objects.read(&lease_path(table, epoch)).await {
                Ok(bytes) => return Ok(Some(parse(epoch, &bytes))),
                // Old leases are removed; there is a newer one.
                Err(LakeError::NotFound { .. }) => tokio::time::sleep(LOCAL_PAUSE).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a lease can be taken after the newest one.
    ///
    /// # Errors
    /// [`LakeError::LastLease`] if its number is none that another can follow; [`LakeError::List`].
    pub async fn ensure_next(&self, table: &TableName) -> Result<(), LakeError> {
        let newest = lease_epochs(&self.objects, table).await?.last().copied();
        newest.map_or(Ok(()), |newest| next_epoch(table, newest).map(|_| ()))
    }

    /// The candidate if nobody living has the table right now, judged by one look. What is read of the table
    /// from then on is what [`Leases::take`] is called for.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub async fn candidate(&self, table: &TableName) -> Result<Option<LeaseCandidate>, LakeError> {
        let Some(holder) = self.holder(table).await? else { return Ok(Some(LeaseCandidate { seen: 0 })) };
        let free = holder.released || self.lock_is_free(table, holder.epoch);
        Ok(free.then_some(LeaseCandidate { seen: holder.epoch }))
    }

    /// From when on files of a writer that is at work may be in the store, by the store's own times, milliseconds since
    /// the Unix epoch: the beginning of its lease, or something earlier. `None` if nobody writes the table.
    ///
    /// A vacuum leaves what is younger: such a writer may be about to name it in a commit, however long it was stopped.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`].
    pub async fn writing_since_ms(&self, table: &TableName) -> Result<Option<i64>, LakeError> {
        let Some(holder) = self.holder(table).await? else { return Ok(None) };
        if holder.released || self.lock_is_free(table, holder.epoch) {
            return Ok(None);
        }
        // Made when the lease was taken and never written again.
        let lock = self.lock_path(table, holder.epoch).and_then(|path| std::fs::metadata(path).ok()?.modified().ok());
        let taken = lock.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        if let Some(ms) = taken.and_then(|taken| i64::try_from(taken.as_millis()).ok()) {
            return Ok(Some(ms));
        }
        // Its heartbeats write the file anew, so it does not tell when it began. The lease before ended earlier; one that
        // was not released may be written still, and then nothing is old enough.
        let before = lease_path(table, holder.epoch.saturating_sub(1));
        let released = match self.objects.read(&before).await {
            Ok(bytes) => parse(holder.epoch.saturating_sub(1), &bytes).released,
            Err(LakeError::NotFound { .. }) => false,
            Err(error) => return Err(error),
        };
        let files = if released { self.objects.list(&before).await? } else { Vec::new() };
        Ok(Some(files.first().and_then(|file| file.modified_ms).unwrap_or(i64::MIN)))
    }

    /// Waits at most `timeout` until nobody living has the table; see [`Leases::candidate`]. `waiting` hears
    /// of the first holder.
    ///
    /// # Errors
    /// [`LakeError::Held`], [`LakeError::List`], [`LakeError::Read`].
    pub async fn wait(
        &self,
        table: &TableName,
        timeout: Duration,
        mut waiting: impl FnMut(&Holder),
    ) -> Result<LeaseCandidate, LakeError> {
        let begun = Instant::now();
        let mut last: Option<(Holder, Instant)> = None;
        loop {
            let Some(holder) = self.holder(table).await? else { return Ok(LeaseCandidate { seen: 0 }) };
            let candidate = LeaseCandidate { seen: holder.epoch };
            if holder.released || self.lock_is_free(table, holder.epoch) {
                return Ok(candidate);
            }
            match &last {
                Some((seen, since)) if *seen == holder => {
                    if since.elapsed() >= self.times.lease_timeout {
                        return Ok(candidate);
                    }
                }
                seen => {
                    if seen.is_none() {
                        waiting(&holder);
                    }
                    last = Some((holder.clone(), Instant::now()));
                }
            }
            if begun.elapsed() >= timeout {
                return Err(LakeError::Held {
                    holder: holder.to_string(),
                    epoch: holder.epoch,
                    path: table.to_string(),
                });
            }
            let remote = REMOTE_PAUSE.min(self.times.lease_timeout / 4);
            let is_local = self.objects.local_root().is_some();
            tokio::time::sleep(if is_local { LOCAL_PAUSE.min(remote) } else { remote }).await;
        }
    }

    /// Takes the table; `None` when someone else was faster, so wait again and read the table anew.
    ///
    /// # Errors
    /// [`LakeError::Write`], [`LakeError::List`], [`LakeError::LastLease`].
    pub async fn take(&self, table: &TableName, candidate: LeaseCandidate) -> Result<Option<Lease>, LakeError> {
        let epoch = next_epoch(table, candidate.seen)?;
        let lock = match self.lock(table, epoch) {
            Lock::Held => return Ok(None),
            Lock::Ours(file) => Some(file),
            Lock::Unknown => None,
        };
        let process = std::process::id();
        let holder = Holder { epoch, program: program(), process, host: host(), heartbeat: 0, released: false };
        // A reply that was lost is made good by reading the file back, so no two writers of one process
        // may have the same text.
        let unique = self.ids.next_text();
        let mut text = serde_json::json!(&holder);
        text["token"] = unique.into();
        if self.objects.put_new(&lease_path(table, epoch), text.to_string().into()).await? == PutNew::Exists {
            return Ok(None);
        }
        // A very old candidate may have taken a number that was removed since.
        let epochs = lease_epochs(&self.objects, table).await?;
        if epochs.last().is_some_and(|newest| *newest > epoch) {
            return Ok(None);
        }
        self.remove_old(table, &epochs, epoch).await;
        let (stop, stopped) = oneshot::channel();
        let interval = self.times.heartbeat_interval;
        let heartbeats =
            tokio::spawn(write_heartbeats(self.objects.clone(), table.clone(), holder.clone(), interval, stopped));
        Ok(Some(Lease { objects: self.objects.clone(), table: table.clone(), holder, stop, heartbeats, _lock: lock }))
    }

    /// Keeps the newest and the one before; the newest is never removed, so numbers only grow.
    async fn remove_old(&self, table: &TableName, epochs: &[u64], newest: u64) {
        for &epoch in epochs.iter().filter(|epoch| epoch.saturating_add(1) < newest) {
            if let Err(error) = self.objects.delete(&lease_path(table, epoch)).await {
                tracing::warn!(%table, epoch, %error, "an old lease stays");
            }
            if let Some(path) = self.lock_path(table, epoch) {
                // Nothing depends on it.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    fn lock_path(&self, table: &TableName, epoch: u64) -> Option<PathBuf> {
        Some(self.objects.local_root()?.join(folder(table)).join(format!("{epoch:020}.lock")))
    }

    fn lock(&self, table: &TableName, epoch: u64) -> Lock {
        let Some(path) = self.lock_path(table, epoch) else { return Lock::Unknown };
        let opened = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let opened = opened.and_then(|()| OpenOptions::new().create(true).truncate(false).write(true).open(&path));
        let Ok(file) = opened else { return Lock::Unknown };
        match file.try_lock() {
            Ok(()) => Lock::Ours(file),
            Err(TryLockError::WouldBlock) => Lock::Held,
            // Some network file systems have no locks.
            Err(TryLockError::Error(_)) => Lock::Unknown,
        }
    }

    /// Whether the process that had this lease is provably gone.
    fn lock_is_free(&self, table: &TableName, epoch: u64) -> bool {
        matches!(self.lock(table, epoch), Lock::Ours(_))
    }
}

/// The operating system's lock of a lease.
enum Lock {
    Ours(File),
    Held,
    /// Not a folder of this machine, or no locks there.
    Unknown,
}

/// Renews a lease until it is asked to stop; a heartbeat that cannot be written is left out.
async fn write_heartbeats(
    objects: Objects,
    table: TableName,
    mut holder: Holder,
    interval: Duration,
    mut stopped: oneshot::Receiver<()>,
) -> u64 {
    let path = lease_path(&table, holder.epoch);
    loop {
        tokio::select! {
            // A dropped sender is the end of a writer that did not release.
            _ = &mut stopped => return holder.heartbeat,
            () = tokio::time::sleep(interval) => {}
        }
        holder.heartbeat = holder.heartbeat.wrapping_add(1);
        let written = async { objects.put(&path, holder.to_bytes()?).await };
        if let Err(error) = written.await {
            tracing::warn!(%table, epoch = holder.epoch, %error, "a heartbeat could not be written");
        }
    }
}

/// The number of the next lease.
fn next_epoch(table: &TableName, seen: u64) -> Result<u64, LakeError> {
    let next = seen.checked_add(1).filter(|next| *next <= NUMBER_MAX);
    next.ok_or_else(|| LakeError::LastLease { path: lease_path(table, seen) })
}

/// Numbers of the leases that are there, growing.
async fn lease_epochs(objects: &Objects, table: &TableName) -> Result<Vec<u64>, LakeError> {
    let files = objects.list(&folder(table)).await?;
    let number = |path: &str| path.rsplit('/').next()?.strip_suffix(".json")?.parse().ok();
    let mut epochs: Vec<u64> = files.iter().filter_map(|file| number(&file.path)).collect();
    epochs.sort_unstable();
    Ok(epochs)
}

/// The holder in a lease file. One that cannot be read is somebody's still; any change of it counts as
/// a heartbeat.
fn parse(epoch: u64, bytes: &[u8]) -> Holder {
    let unreadable = || {
        let hash = blake3::hash(bytes);
        let mut heartbeat = [0; 8];
        heartbeat.copy_from_slice(&hash.as_bytes()[..8]);
        let someone = "someone".to_owned();
        Holder {
            epoch,
            program: someone,
            process: 0,
            host: "unknown".to_owned(),
            heartbeat: u64::from_be_bytes(heartbeat),
            released: false,
        }
    };
    let parsed: Option<Holder> = serde_json::from_slice(bytes).ok();
    parsed.filter(|holder| holder.epoch == epoch).unwrap_or_else(unreadable)
}

fn folder(table: &TableName) -> String {
    format!("_sluice/leases/{}/{}", table.dataset, table.table)
}

fn lease_path(table: &TableName, epoch: u64) -> String {
    format!("{}/{epoch:020}.json", folder(table))
}

fn program() -> String {
    let name = std::env::current_exe().ok().and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()));
    name.unwrap_or_else(|| "sluice".to_owned())
}

/// Name of this machine, for people.
fn host() -> String {
    let named = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let of_kernel =
        || std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    let host = named.or_else(|| of_kernel().ok()).map(|name| name.trim().to_owned());
    host.filter(|name| !name.is_empty()).unwrap_or_else(|| "an unknown machine".to_owned())
}

#[cfg(test)]
mod tests {
    use super::Holder;
    use crate::{Lake, LakeError};
    use sluice_contract::TableName;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_lease_with_the_last_number_is_an_error_that_names_its_file() {
        let store = Arc::new(object_store::memory::InMemory::new());
        let lake = Lake::with_store(store, &url::Url::parse("memory:///lake").unwrap()).unwrap();
        let orders = TableName::new("shop", "orders").unwrap();
        for number in [u64::MAX, u64::MAX - 1, i64::MAX.cast_unsigned()] {
            let path = format!("_sluice/leases/shop/orders/{number:020}.json");
            let holder = Holder {
                epoch: number,
                program: "x".to_owned(),
                process: 1,
                host: "h".to_owned(),
                heartbeat: u64::MAX,
                released: true,
            };
            lake.objects().put(&path, holder.to_bytes().unwrap()).await.unwrap();
            let candidate = lake.leases().candidate(&orders).await.unwrap().unwrap();
            let refused = lake.leases().take(&orders, candidate).await.unwrap_err();
            assert!(matches!(&refused, LakeError::LastLease { path: named } if *named == path), "{refused:?}");
            lake.objects().delete(&path).await.unwrap();
        }
        let candidate = lake.leases().candidate(&orders).await.unwrap().unwrap();
        assert_eq!(lake.leases().take(&orders, candidate).await.unwrap().unwrap().epoch(), 1);
    }
}
