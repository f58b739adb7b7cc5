//! Whether a row that differs is a fault, or a change that has not arrived yet.

use sluice_api::Arrival;
use sluice_cdc::LogPosition;
use sluice_change::EventSeq;

/// How far times of commits may be in another order than the commits in the log, milliseconds: the time is taken before the
/// commit is written.
const COMMIT_ORDER_MS: i64 = 1_000;

/// What is known of the two positions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Positions {
    /// Newest position that silver has.
    pub(crate) silver: Option<EventSeq>,
    /// Words for what orders the events, where the format does.
    pub(crate) order: Option<String>,
    /// Newest time of an event that silver has, milliseconds since 1970.
    pub(crate) silver_ms: Option<i64>,
    /// Position of the source that was read.
    pub(crate) read: Option<ReadPosition>,
    /// Position of the source's log once the rows were fixed: nothing that was read is behind it. `None` where it is
    /// [`Positions::read`] itself.
    pub(crate) read_until: Option<LogPosition>,
    /// The table has no change that is newer than what silver has: the source's log says so.
    pub(crate) is_complete: bool,
    /// The table began later than its source, so rows may be missing that never changed since.
    pub(crate) began_later: bool,
}

/// A position of the source that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadPosition {
    /// In the order of the events.
    Seq(EventSeq),
    /// In the log of a database.
    Log(LogPosition),
}

impl Positions {
    /// The position of an event in the log of its database.
    fn log_of(&self, seq: &EventSeq) -> Option<LogPosition> {
        LogPosition::of(self.order.as_deref()?, seq)
    }

    /// Whether an event is behind the position that was read; `None` if the two cannot be compared.
    fn is_after_read(&self, seq: &EventSeq) -> Option<bool> {
        match self.read.as_ref()? {
            // Anything of one position is together.
            ReadPosition::Seq(read) => Some((seq.rank, seq.parts) > (read.rank, read.parts)),
            ReadPosition::Log(read) => self.log_of(seq)?.is_after(read),
        }
    }

    /// Whether silver has everything up to the position that was read; `None` if nothing says.
    pub(crate) fn has_arrived(&self) -> Option<bool> {
        if self.is_complete {
            return Some(true);
        }
        let silver = self.silver.as_ref()?;
        let until = self.read_until.map(ReadPosition::Log);
        match until.as_ref().or(self.read.as_ref())? {
            ReadPosition::Seq(read) => ((silver.rank, silver.parts) >= (read.rank, read.parts)).then_some(true),
            ReadPosition::Log(read) => self.log_of(silver)?.is_after(read).filter(|after| *after),
        }
    }

    /// Whether the source that was read is older than silver, as a replica or an old dump is.
    pub(crate) fn is_read_older(&self) -> bool {
        self.silver.as_ref().and_then(|silver| self.is_after_read(silver)) == Some(true)
    }

    /// What is known of a row: its sequence in silver, and when the source committed it.
    pub(crate) fn of_row(&self, in_silver: Option<&EventSeq>, committed_ms: Option<i64>, is_missing: bool) -> Arrival {
        if in_silver.and_then(|seq| self.is_after_read(seq)) == Some(true) {
            return Arrival::NewerInSilver;
        }
        if is_missing && self.began_later {
            return Arrival::Unknown;
        }
        // A source that is older than silver may still have rows that a newer change took out.
        if is_missing && self.is_read_older() {
            return Arrival::Unknown;
        }
        match (committed_ms, self.silver_ms) {
            (Some(committed), Some(silver)) if committed > silver => return Arrival::NotArrived,
            (Some(committed), Some(silver)) if committed < silver - COMMIT_ORDER_MS => return Arrival::Fault,
            _ => {}
        }
        if self.has_arrived() == Some(true) { Arrival::Fault } else { Arrival::Unknown }
    }
}

#[cfg(test)]
mod tests {
    use super::{Positions, ReadPosition};
    use sluice_api::Arrival;
    use sluice_cdc::LogPosition;
    use sluice_change::EventSeq;

    const WORDS: &str = "the last commit in source.sequence, source.lsn, transaction.total_order";

    fn at(lsn: u64) -> EventSeq {
        EventSeq::new(1, [2 * (lsn - 1) + 1, lsn, 0, 0, 0], true, 0)
    }

    fn positions(silver: u64, read: u64) -> Positions {
        Positions {
            silver: Some(at(silver)),
            order: Some(WORDS.to_owned()),
            read: Some(ReadPosition::Log(LogPosition::Lsn(read))),
            ..Positions::default()
        }
    }

    #[test]
    fn what_is_not_known_is_said_to_be_unknown() {
        let behind = positions(100, 200);
        assert_eq!(behind.of_row(Some(&at(50)), None, false), Arrival::Unknown);
        assert_eq!(behind.has_arrived(), None);
        let ahead = positions(300, 200);
        assert_eq!(ahead.of_row(Some(&at(50)), None, false), Arrival::Fault);
        assert_eq!(ahead.of_row(Some(&at(250)), None, false), Arrival::NewerInSilver);
        assert!(ahead.is_read_older() && !behind.is_read_older());
        let other = Positions { order: Some("source.file, source.pos, source.row".to_owned()), ..positions(300, 200) };
        assert_eq!(other.of_row(Some(&at(250)), None, false), Arrival::Unknown);
    }

    #[test]
    fn the_time_of_the_commit_tells_what_has_not_arrived() {
        let timed = Positions { silver_ms: Some(1_000), ..positions(100, 200) };
        assert_eq!(timed.of_row(Some(&at(50)), Some(1_001), false), Arrival::NotArrived);
        assert_eq!(timed.of_row(None, Some(1_000), true), Arrival::Unknown);
        let later = Positions { silver_ms: Some(9_000), ..positions(100, 200) };
        assert_eq!(later.of_row(None, Some(1_000), true), Arrival::Fault);
        assert_eq!(timed.of_row(Some(&at(50)), None, false), Arrival::Unknown);
        let complete = Positions { is_complete: true, ..timed };
        assert_eq!(complete.of_row(Some(&at(50)), None, false), Arrival::Fault);
        let later = Positions { began_later: true, ..complete };
        assert_eq!(later.of_row(None, None, true), Arrival::Unknown);
    }

    #[test]
    fn a_position_of_a_file_is_compared_as_positions_are_shown() {
        let read = Some(ReadPosition::Seq(EventSeq::new(1, [199, 100, 0, 0, 0], true, 0)));
        let of_file = Positions { silver: Some(at(300)), read, ..Positions::default() };
        assert_eq!(of_file.of_row(Some(&at(250)), None, false), Arrival::NewerInSilver);
        assert_eq!(of_file.of_row(Some(&at(50)), None, false), Arrival::Fault);
    }
}
