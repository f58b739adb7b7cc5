//! The only place that reads the time. Order, deduplication and silver never depend on it.

use std::sync::Arc;

/// Milliseconds since the Unix epoch, for labels and schedules.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock that the host hands in")]
    pub fn system() -> Self {
        Self(Arc::new(|| chrono::Utc::now().timestamp_millis()))
    }

    /// A clock that always says the same.
    #[must_use]
    pub fn fixed(now_ms: i64) -> Self {
        Self(Arc::new(move || now_ms))
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
