//! Sequences as a column of texts.

use arrow::array::StringArray;
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::error::ArrowError;
use sluice_change::EventSeq;

/// The text form of sequences, as [`EventSeq`]'s `Display` writes it, without going through a
/// formatter for every row.
pub(crate) fn seq_texts(seqs: impl ExactSizeIterator<Item = EventSeq>) -> Result<StringArray, ArrowError> {
    let count = seqs.len();
    let mut bytes = Vec::with_capacity(count * EventSeq::TEXT_LEN);
    for seq in seqs {
        push_hex(&mut bytes, &[seq.rank]);
        for part in seq.parts {
            push_hex(&mut bytes, &part.to_be_bytes());
        }
        push_hex(&mut bytes, &seq.tie.to_be_bytes());
    }
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(EventSeq::TEXT_LEN, count));
    StringArray::try_new(offsets, Buffer::from_vec(bytes), None)
}

fn push_hex(into: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        into.push(DIGITS[usize::from(byte >> 4)]);
        into.push(DIGITS[usize::from(byte & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::seq_texts;
    use sluice_change::EventSeq;

    #[test]
    fn texts_are_those_of_display() {
        let seqs = [EventSeq::default(), EventSeq::new(1, [7, u64::MAX, 0x0123_4567_89ab_cdef], true, u64::MAX)];
        let texts = seq_texts(seqs.into_iter()).unwrap();
        assert!(texts.iter().flatten().eq(seqs.iter().map(EventSeq::to_string)));
    }
}
