//! When the source says that events happened.

use crate::RunLengthColumn;

/// One time per event, milliseconds since the Unix epoch, if the event carries one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceTimes(RunLengthColumn);

/// Stands for no time; as a time it is long before the universe.
const NO_TIME: u64 = i64::MIN.cast_unsigned();

impl SourceTimes {
    /// `len` events that carry no time.
    #[must_use]
    pub fn all_null(len: usize) -> Self {
        Self(RunLengthColumn::same(NO_TIME, len))
    }

    /// How many events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The time of an event.
    ///
    /// # Panics
    /// If there is no such event, as an index would.
    #[must_use]
    pub fn at(&self, row: usize) -> Option<i64> {
        let time = self.0.at(row);
        (time != NO_TIME).then(|| time.cast_signed())
    }

    /// The times of some events, in their order.
    ///
    /// # Panics
    /// If there is no such event, as an index would.
    #[must_use]
    pub fn picked(&self, rows: &[u32]) -> Self {
        Self(self.0.picked(rows))
    }

    /// As numbers, for [`SourceTimes::from_numbers`].
    #[must_use]
    pub fn numbers(&self) -> &RunLengthColumn {
        &self.0
    }

    /// What [`SourceTimes::numbers`] gave.
    #[must_use]
    pub fn from_numbers(numbers: RunLengthColumn) -> Self {
        Self(numbers)
    }

    /// Adds the next.
    pub fn push(&mut self, time: Option<i64>) {
        self.0.push(time.map_or(NO_TIME, i64::cast_unsigned));
    }

    /// All, from the first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<i64>> + Clone + '_ {
        (0..self.len()).map(|row| self.at(row))
    }
}

impl FromIterator<Option<i64>> for SourceTimes {
    fn from_iter<I: IntoIterator<Item = Option<i64>>>(times: I) -> Self {
        let mut all = Self::default();
        times.into_iter().for_each(|one| all.push(one));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::SourceTimes;

    #[test]
    fn times_come_back_as_they_were() {
        let times = [None, Some(5), Some(-1), None, Some(i64::MAX)];
        assert!(times.into_iter().collect::<SourceTimes>().iter().eq(times));
        assert_eq!(SourceTimes::all_null(2), [None, None].into_iter().collect());
        let all: SourceTimes = times.into_iter().collect();
        assert!(all.picked(&[4, 0]).iter().eq([Some(i64::MAX), None]));
        assert_eq!(SourceTimes::from_numbers(all.numbers().clone()), all);
    }
}
