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
    let mut lengths = Vec::with_capacity(count);
    for seq in seqs {
        let EventSeq { rank, parts: [a, b, c, further @ ..], tie } = seq;
        bytes.extend_from_slice(&hex(rank));
        push_digits(&mut bytes, &[a, b, c]);
        if seq.is_long() {
            bytes.push(EventSeq::LONG_MARK);
            push_digits(&mut bytes, &further);
        }
        push_digits(&mut bytes, &[tie]);
        lengths.push(if seq.is_long() { EventSeq::LONG_TEXT_LEN } else { EventSeq::TEXT_LEN });
    }
    let offsets = OffsetBuffer::from_lengths(lengths);
    StringArray::try_new(offsets, Buffer::from_vec(bytes), None)
}

fn push_digits(bytes: &mut Vec<u8>, numbers: &[u64]) {
    for number in numbers {
        let digits: [[u8; 2]; 8] = number.to_be_bytes().map(hex);
        bytes.extend_from_slice(digits.as_flattened());
    }
}

fn hex(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use super::seq_texts;
    use sluice_change::EventSeq;

    #[test]
    fn texts_are_those_of_display() {
        let seqs = [
            EventSeq::default(),
            EventSeq::new(1, [7, u64::MAX, 0x0123_4567_89ab_cdef], true, u64::MAX),
            EventSeq::new(1, [7, u64::MAX, 0, 0, 3], false, 1),
            EventSeq::new(1, [7, 1, 0], false, 1),
        ];
        let texts = seq_texts(seqs.into_iter()).unwrap();
        assert!(texts.iter().flatten().eq(seqs.iter().map(EventSeq::to_string)));
    }
}
