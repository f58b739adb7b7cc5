//! The one place that reads the time of day. Order, deduplication, leases and silver never depend on it.

use std::sync::Arc;

/// Milliseconds since the Unix epoch: for labels, schedules, and the fields that the Delta protocol asks
/// for (commit time, modification time, time of removal). Nothing else is decided by it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is handed in everywhere else")]
    pub fn system() -> Self {
        Self::of(|| chrono::Utc::now().timestamp_millis())
    }

    /// A clock that always says the same.
    #[must_use]
    pub fn fixed(now_ms: i64) -> Self {
        Self::of(move || now_ms)
    }

    /// A clock of one's own, for example one that jumps.
    #[must_use]
    pub fn of(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// The time.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
