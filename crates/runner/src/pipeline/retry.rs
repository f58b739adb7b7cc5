//! When a run that repeats tries again what failed, and what it has said of it.

use sluice_api::{ApiError, ErrorCode};
use sluice_contract::limits;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What failed in the last round that tried it, by name.
#[derive(Debug, Default)]
pub(super) struct Retries {
    failed: BTreeMap<String, Failure>,
}

#[derive(Debug)]
struct Failure {
    error: ApiError,
    /// Failures in a row.
    times: u32,
    again: Instant,
}

impl Retries {
    /// Whether `what` may be tried at `now`.
    pub(super) fn is_due(&self, what: &str, now: Instant) -> bool {
        self.failed.get(what).is_none_or(|failure| failure.again <= now)
    }

    /// Whether anything that failed may be tried again at `now`.
    pub(super) fn any_is_due(&self, now: Instant) -> bool {
        self.failed.values().any(|failure| failure.again <= now)
    }

    /// Keeps how a try at `now` ended; true if that is news: another error than before, or none after one.
    pub(super) fn tried(&mut self, what: &str, error: Option<&ApiError>, now: Instant) -> bool {
        let before = self.failed.remove(what);
        let Some(error) = error else { return before.is_some() };
        let times = before.as_ref().map_or(1, |before| before.times.saturating_add(1));
        let again = now + pause(times, error.code);
        let is_news = before.is_none_or(|before| before.error != *error);
        self.failed.insert(what.to_owned(), Failure { error: error.clone(), times, again });
        is_news
    }

    /// Tries everything again at once.
    pub(super) fn forget(&mut self) {
        self.failed.clear();
    }
}

/// Pause after so many failures in a row. Another writer ends its work soon, anything else is waited for longer and
/// longer.
fn pause(times: u32, code: ErrorCode) -> Duration {
    let first = Duration::from_millis(limits::RETRY_FIRST_MILLISECONDS);
    let doublings = if code == ErrorCode::Conflict { 0 } else { times.saturating_sub(1).min(31) };
    first.saturating_mul(1 << doublings).min(Duration::from_millis(limits::RETRY_MAX_MILLISECONDS))
}

#[cfg(test)]
mod tests {
    use super::Retries;
    use sluice_api::{ApiError, ErrorCode};
    use std::time::Duration;
    use tokio::time::Instant;

    #[test]
    fn a_failure_is_news_once_and_is_waited_for_longer_and_longer() {
        let (mut retries, start) = (Retries::default(), Instant::now());
        let error = ApiError::new(ErrorCode::Quality, "one", "");
        let mut tries = 0;
        // An hour in steps of a tenth of a second.
        for step in 0..36_000 {
            let now = start + Duration::from_millis(step * 100);
            if retries.is_due("shop.orders", now) {
                tries += 1;
                assert_eq!(retries.tried("shop.orders", Some(&error), now), step == 0);
            }
        }
        assert!((60..=70).contains(&tries), "{tries} tries in an hour");
        assert!(retries.is_due("shop.customers", start), "another table is tried as before");
        let later = start + Duration::from_secs(4_000);
        assert!(retries.tried("shop.orders", Some(&ApiError::new(ErrorCode::Quality, "two", "")), later));
        assert!(retries.tried("shop.orders", None, later), "that it works again is news");
        assert!(!retries.tried("shop.orders", None, later) && retries.is_due("shop.orders", later));
    }

    #[test]
    fn another_writer_is_asked_for_every_second() {
        let (mut retries, mut now) = (Retries::default(), Instant::now());
        for _ in 0..20 {
            retries.tried("shop.orders", Some(&ApiError::new(ErrorCode::Conflict, "held", "")), now);
            now += Duration::from_secs(1);
            assert!(retries.is_due("shop.orders", now));
        }
    }
}
