//! The newest time of events that others bear out: one event that is dated wrong must not make every later one too late.
//!
//! A time that is too low does no harm: more deletes are remembered than need be. So a time far ahead of the others is
//! not counted, and none of a year that no event is of yet.

use sluice_contract::limits;
use std::collections::BTreeMap;

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

/// Times of events, milliseconds since 1970, as what is needed to find the newest: it takes as much memory as there are
/// months with events.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventTimes {
    months: BTreeMap<i64, Month>,
    /// The month of the last time, so that most times look up nothing.
    current: Option<(i64, Month)>,
    impossible: u64,
}

/// Times that are no further apart than a part of the gap that is looked for.
#[derive(Clone, Copy, Debug)]
struct Month {
    first: i64,
    last: i64,
    events: u64,
}

const MONTH_MS: i64 = limits::EVENT_TIME_GAP_MS / 12;

impl EventTimes {
    /// Adds the time of an event.
    pub(crate) fn add(&mut self, millis: i64) {
        if !is_possible(millis) {
            self.impossible += 1;
            return;
        }
        let month = millis.div_euclid(MONTH_MS);
        if let Some((_, times)) = self.current.as_mut().filter(|(current, _)| *current == month) {
            times.add(Month { first: millis, last: millis, events: 1 });
            return;
        }
        self.keep_current();
        self.current = Some((month, Month { first: millis, last: millis, events: 1 }));
    }

    fn keep_current(&mut self) {
        if let Some((month, times)) = self.current.take() {
            self.months.entry(month).and_modify(|known| known.add(times)).or_insert(times);
        }
    }

    /// The newest time: above the middle one up to the first gap of more than [`limits::EVENT_TIME_GAP_MS`].
    pub(crate) fn newest(mut self) -> NewestTime {
        self.keep_current();
        let ahead = self.impossible;
        let (Some((_, oldest)), Some((_, newest))) = (self.months.first_key_value(), self.months.last_key_value())
        else {
            return NewestTime { ahead, ..NewestTime::default() };
        };
        let count: u64 = self.months.values().map(|month| month.events).sum();
        if newest.last.saturating_sub(oldest.first) <= limits::EVENT_TIME_GAP_MS {
            return NewestTime { millis: Some(newest.last), events: count, ahead };
        }
        let middle = (count - 1) / 2;
        let (mut before, mut last): (u64, Option<i64>) = (0, None);
        for month in self.months.values() {
            // Times of one month have no gap between them.
            if last.is_some_and(|last| month.first.saturating_sub(last) > limits::EVENT_TIME_GAP_MS) {
                break;
            }
            before += month.events;
            last = (before > middle).then_some(month.last);
        }
        NewestTime { millis: last, events: before, ahead: ahead + (count - before) }
    }
}

impl Month {
    fn add(&mut self, more: Self) {
        self.first = self.first.min(more.first);
        self.last = self.last.max(more.last);
        self.events += more.events;
    }
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
    use super::{EventTimes, NewestTime};

    const DAY: i64 = 86_400_000;
    const NOW: i64 = 20_000 * DAY;
    const YEAR_9999: i64 = 253_370_764_800_000;

    fn of(times: &[i64]) -> (Option<i64>, u64) {
        let mut all = EventTimes::default();
        times.iter().for_each(|time| all.add(*time));
        let found = all.newest();
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
