//! What a lake takes from the machine it runs on; tests hand in their own.

use crate::Clock;
use crate::cache::paths;
use sluice_contract::limits;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Time, random numbers, a folder for copies of remote files, the rhythm of leases, and how long to wait
/// for a store.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Time of day, for the labels of commits.
    pub clock: Clock,
    /// Numbers in the names of new files.
    pub numbers: Numbers,
    /// Where data files of a remote lake are kept on this machine; `None` without a user cache folder.
    pub cache_folder: Option<PathBuf>,
    /// Rhythm of leases.
    pub lease: LeaseTimes,
    /// How long a remote store is waited for.
    pub store: StoreTimes,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            numbers: Numbers::random(),
            cache_folder: paths::folder(),
            lease: LeaseTimes::default(),
            store: StoreTimes::default(),
        }
    }
}

/// How long a remote store is waited for. One that accepts connections and never answers is told from a
/// slow one by nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreTimes {
    /// For a connection.
    pub connect: Duration,
    /// For one request, the transfer of its content included.
    pub request: Duration,
    /// A request that failed is tried again until this time is over since its first try.
    pub patience: Duration,
}

impl Default for StoreTimes {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(limits::STORE_CONNECT_MILLISECONDS),
            request: Duration::from_millis(limits::STORE_REQUEST_MILLISECONDS),
            patience: Duration::from_millis(limits::STORE_PATIENCE_MILLISECONDS),
        }
    }
}

impl StoreTimes {
    /// Times for someone who waits so long in all: a quarter of it for one request.
    #[must_use]
    pub fn within(patience: Duration) -> Self {
        let request = patience / 4;
        Self { connect: request.min(Self::default().connect), request, patience }
    }
}

/// How often a writer says that it is alive, and how long it may be silent. Both are elapsed time of
/// one machine's own monotonic clock, so clocks of two machines are never compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTimes {
    /// Time between two signs of life.
    pub beat: Duration,
    /// A writer that gave no sign for so long, as seen by one that waits, is taken over.
    pub silence: Duration,
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self { beat: Duration::from_secs(3), silence: Duration::from_secs(20) }
    }
}

/// Numbers that no other write of any process has. Clones count on together.
#[derive(Clone, Debug)]
pub struct Numbers {
    state: Arc<(u64, AtomicU64)>,
}

impl Numbers {
    /// Numbers from a random start.
    #[must_use]
    pub fn random() -> Self {
        // The keys of a new hash state come from the system's random numbers.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        Self::seeded(hasher.finish())
    }

    /// Numbers that can be repeated.
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
