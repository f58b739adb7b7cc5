//! What a lake takes from the machine it runs on; tests hand in their own.

use crate::Clock;
use sluice_contract::{HashKey, HashKeys, limits};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What Sluice calls itself in commits and data files.
pub const ENGINE: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

/// Clock, ids, a folder for copies of remote files, the intervals of leases, and the timeouts of a store.
///
/// ```
/// use sluice_lake::{Clock, IdGenerator, LakeEnvironment};
///
/// // Everything that a test wants to repeat.
/// let environment =
///     LakeEnvironment { clock: Clock::fixed(1_700_000_000_000), ids: IdGenerator::seeded(7), ..Default::default() };
/// assert_eq!(environment.clock.now_ms(), 1_700_000_000_000);
/// ```
#[derive(Clone, Debug)]
pub struct LakeEnvironment {
    /// Time of day, for the labels of commits.
    pub clock: Clock,
    /// Ids in the names of new files.
    pub ids: IdGenerator,
    /// Where data files of a remote lake are kept on this machine; `None` without a user cache folder.
    pub cache_folder: Option<PathBuf>,
    /// Intervals of leases.
    pub lease: LeaseTimes,
    /// How long a remote store is waited for.
    pub store: StoreTimes,
    /// Where the keys of keyed hashes are.
    pub secrets: Secrets,
}

impl Default for LakeEnvironment {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            ids: IdGenerator::random(),
            cache_folder: user_cache_folder(),
            lease: LeaseTimes::default(),
            store: StoreTimes::default(),
            secrets: Secrets::default(),
        }
    }
}

/// The user's cache folder for Sluice, if the system has one.
fn user_cache_folder() -> Option<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("sluice").join("files"))
}

/// Where secrets come from. They are in no file and no log of a lake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// Variables of the process, see [`HashKey::variable`].
    #[default]
    Variables,
    /// These.
    Given(HashKeys),
}

impl Secrets {
    /// The key of a name; `None` if there is none, or it is too short to be one.
    #[must_use]
    pub fn hash_key(&self, name: &str) -> Option<HashKey> {
        match self {
            Self::Variables => std::env::var(HashKey::variable(name)).ok().and_then(HashKey::new),
            Self::Given(keys) => keys.get(name).cloned(),
        }
    }
}

/// How long a remote store is waited for. One that accepts connections and never answers is distinguished from a
/// slow one by nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreTimes {
    /// For a connection.
    pub connect: Duration,
    /// For one request, the transfer of its content included.
    pub request: Duration,
    /// A request that failed is tried again until this time is over since its first try.
    pub store_timeout: Duration,
}

impl Default for StoreTimes {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(limits::STORE_CONNECT_MILLISECONDS),
            request: Duration::from_millis(limits::STORE_REQUEST_MILLISECONDS),
            store_timeout: Duration::from_millis(limits::STORE_TIMEOUT_MILLISECONDS),
        }
    }
}

impl StoreTimes {
    /// Times for someone who waits so long in all: a quarter of it for one request.
    #[must_use]
    pub fn within(store_timeout: Duration) -> Self {
        let request = store_timeout / 4;
        Self { connect: request.min(Self::default().connect), request, store_timeout }
    }
}

/// How often a writer says that it is alive, and after how long without a heartbeat it is taken for dead. Both
/// are elapsed time of one machine's own monotonic clock, so clocks of two machines are never compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTimes {
    /// Time between two heartbeats.
    pub heartbeat_interval: Duration,
    /// A writer without a heartbeat for so long, as seen by one that waits, loses its table.
    pub lease_timeout: Duration,
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self { heartbeat_interval: Duration::from_secs(3), lease_timeout: Duration::from_secs(20) }
    }
}

/// Makes ids that no other write of any process has. Clones count on together.
#[derive(Clone, Debug)]
pub struct IdGenerator {
    state: Arc<(u64, AtomicU64)>,
}

impl IdGenerator {
    /// Ids from a random start.
    #[must_use]
    pub fn random() -> Self {
        // The keys of a new hash state come from the system's random numbers.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        Self::seeded(hasher.finish())
    }

    /// Ids that can be repeated.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { state: Arc::new((seed, AtomicU64::new(0))) }
    }

    /// Sixteen hex digits.
    pub(crate) fn next_text(&self) -> String {
        let (start, count) = self.state.as_ref();
        let number = count.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}", start.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}
