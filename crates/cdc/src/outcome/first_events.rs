//! The first events of a table: earlier ones are counted and left out.

use super::record_error::RecordError;
use sluice_change::{Event, Op, ReasonCode, SeqParts};

/// The first events of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FirstEvents {
    /// From this time of the source on, milliseconds since 1970.
    Time(i64),
    /// From this position on.
    Position(SeqParts),
}

impl FirstEvents {
    /// Whether an event is of before.
    ///
    /// # Errors
    /// `UNKNOWN_START` where nothing says it.
    pub(crate) fn is_after(&self, event: &Event<'_>) -> Result<bool, RecordError> {
        match (self, event.source_time_ms) {
            (Self::Position(first), _) => Ok(event.rank == 0 || event.parts < *first),
            (Self::Time(first), Some(time)) => Ok(time < *first),
            // The row of a full load is as it was before the changes.
            (Self::Time(_), None) if event.op == Op::Read => Ok(true),
            (Self::Time(_), None) => {
                let detail = "the record has no time of the source, and the table begins with one (source.from); begin \
                              with a position or with everything";
                Err(RecordError::new(ReasonCode::UnknownStart, detail))
            }
        }
    }
}
