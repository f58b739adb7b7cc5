//! The one place that reads the time of day.

/// Milliseconds since the Unix epoch, for the fields that the Delta protocol asks for (commit time,
/// modification time, time of removal). Nothing in Sluice is decided by it.
#[expect(clippy::disallowed_methods, reason = "the Delta log has to hold the wall-clock time of a commit")]
pub(crate) fn wall_clock_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
