//! The newest time of events that others bear out: one event that is dated wrong must not make every later one too late.
//!
//! A time that is too low does no harm: more deletes are remembered than need be. So a time far ahead of the others is
//! not counted, and none of a year that no event is of yet.

use sluice_contract::limits;

/// The newest time of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewestTime {
    /// Milliseconds since 1970; `None` if no event has a time that can be counted.
    pub(crate) millis: Option<i64>,
    /// Events whose times are counted.
    pub(crate) events: u64,
    /// Events that are dated too far ahead of the others to be counted.
    pub(crate) ahead: u64,
}

/// Whether an event can be of that time, in milliseconds since 1970.
pub(crate) fn is_possible(millis: i64) -> bool {
    millis < limits::EVENT_TIME_END_MS
}

/// The newest of these times, milliseconds since 1970: above the middle one up to the first gap of more than
/// [`limits::EVENT_TIME_GAP_MS`].
pub(crate) fn newest_time(times: impl Iterator<Item = i64>) -> NewestTime {
    let (mut possible, impossible): (Vec<i64>, Vec<i64>) = times.partition(|millis| is_possible(*millis));
    let ahead = impossible.len();
    let (Some(oldest), Some(newest)) = (possible.iter().min().copied(), possible.iter().max().copied()) else {
        return NewestTime { ahead: ahead as u64, ..NewestTime::default() };
    };
    let count = possible.len();
    if newest.saturating_sub(oldest) <= limits::EVENT_TIME_GAP_MS {
        return NewestTime { millis: Some(newest), events: count as u64, ahead: ahead as u64 };
    }
    possible.sort_unstable();
    let upper = possible.get((count - 1) / 2..).unwrap_or_default();
    let before_gap = upper.windows(2).position(|pair| match pair {
        [one, next] => next.saturating_sub(*one) > limits::EVENT_TIME_GAP_MS,
        _ => false,
    });
    let last = before_gap.unwrap_or(upper.len().saturating_sub(1));
    let beyond = upper.len().saturating_sub(last + 1);
    NewestTime { millis: upper.get(last).copied(), events: (count - beyond) as u64, ahead: (ahead + beyond) as u64 }
}

impl NewestTime {
    /// The newest time after this batch, where `before` is that of the batches before it. Far ahead of them it takes
    /// [`limits::EVENT_TIME_WITNESSES`] events that agree.
    pub(crate) fn after(self, before: Option<i64>) -> Option<i64> {
        let (Some(newest), Some(before)) = (self.millis, before) else { return self.millis.or(before) };
        let far = newest.saturating_sub(before) > limits::EVENT_TIME_GAP_MS;
        if far && self.events < limits::EVENT_TIME_WITNESSES { Some(before) } else { Some(newest.max(before)) }
    }
}

#[cfg(test)]
mod tests {
    use super::{NewestTime, newest_time};

    const DAY: i64 = 86_400_000;
    const NOW: i64 = 20_000 * DAY;
    const YEAR_9999: i64 = 253_370_764_800_000;

    fn of(times: &[i64]) -> (Option<i64>, u64) {
        let found = newest_time(times.iter().copied());
        (found.millis, found.ahead)
    }

    #[test]
    fn a_time_far_ahead_of_the_others_is_not_counted() {
        assert_eq!(of(&[NOW, NOW - DAY, NOW - 60 * DAY]), (Some(NOW), 0));
        assert_eq!(of(&[NOW, NOW + 9_000 * DAY]), (Some(NOW), 1));
        assert_eq!(of(&[NOW + 9_000 * DAY, NOW - DAY, NOW, NOW + 9_001 * DAY, NOW - 2 * DAY]), (Some(NOW), 2));
        assert_eq!(of(&[YEAR_9999]), (None, 1));
        assert_eq!(of(&[YEAR_9999, NOW]), (Some(NOW), 1));
        assert_eq!(of(&[i64::MAX, NOW]), (Some(NOW), 1));
        assert_eq!(of(&[]), (None, 0));
    }

    #[test]
    fn a_long_history_without_gaps_counts_to_its_end() {
        let years: Vec<i64> = (0..3_650).map(|day| NOW - day * DAY).collect();
        assert_eq!(of(&years), (Some(NOW), 0));
        let with_stray: Vec<i64> = years.into_iter().chain([NOW - 9_999 * DAY, NOW + 800 * DAY]).collect();
        assert_eq!(of(&with_stray), (Some(NOW), 1));
    }

    #[test]
    fn a_single_event_does_not_carry_the_time_years_on() {
        let batch = |events, millis| NewestTime { millis: Some(millis), events, ahead: 0 };
        assert_eq!(batch(1, NOW + 60 * DAY).after(Some(NOW)), Some(NOW + 60 * DAY));
        assert_eq!(batch(2, NOW + 900 * DAY).after(Some(NOW)), Some(NOW));
        assert_eq!(batch(3, NOW + 900 * DAY).after(Some(NOW)), Some(NOW + 900 * DAY));
        assert_eq!(batch(1, NOW - DAY).after(Some(NOW)), Some(NOW));
        assert_eq!(batch(1, NOW).after(None), Some(NOW));
        assert_eq!(NewestTime::default().after(Some(NOW)), Some(NOW));
    }
}
