//! The position of a Debezium event.

use crate::outcome::record_error::RecordError;
use crate::plan::sequence::Sequence;
use sluice_change::SeqParts;

/// Rank and parts of an event: the parts of the sequence that say where the log was, 0 for a snapshot row or 1 for a
/// change, the other parts. So a snapshot row loses against a change of the same log position. With three numbers
/// there is no room for the mark: then a snapshot row ranks below everything instead.
///
/// # Errors
/// `MISSING_SEQ`, see [`Sequence::numbers`].
pub(crate) fn position(
    sequence: &Sequence,
    texts: &[Option<&str>],
    is_read: bool,
) -> Result<(u8, SeqParts), RecordError> {
    let numbers = sequence.numbers(texts, is_read)?;
    if numbers.has_room_for_mark(sequence.parts().len()) {
        Ok((1, numbers.parts_marked(u64::from(!is_read))))
    } else {
        Ok((u8::from(!is_read), numbers.parts()))
    }
}
