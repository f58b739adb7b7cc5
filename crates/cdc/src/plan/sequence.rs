//! The position of an event, read by the contract's `sequence`.

use crate::outcome::record_error::Fault;
use crate::plan::{Plan, RowName};
use sluice_change::{Cell, ReasonCode, parse_cell};
use sluice_contract::{ColumnType, SourceFormat};

/// Members of the Debezium envelope that a sequence may begin with.
const ENVELOPE: [&str; 2] = ["source", "transaction"];
/// Members of the Debezium envelope that are a sequence part by themselves.
const ENVELOPE_TIMES: [&str; 3] = ["ts_ms", "ts_us", "ts_ns"];

/// Where one part of the sequence is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SequencePart {
    /// Member of the envelope, then the path inside it.
    Envelope(Vec<String>),
    /// Member of the row.
    Row(RowName),
}

/// The parts of a sequence, most significant first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequence {
    parts: Vec<SequencePart>,
    names: Vec<String>,
}

/// A value of a sequence part: one number, or two for a long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartValue {
    One(u64),
    Two(u64, u64),
}

impl Sequence {
    pub(crate) fn new(names: &[String], plan: &mut Plan) -> Self {
        let debezium = plan.format() == SourceFormat::DebeziumJson;
        let part = |name: &String| {
            let path: Vec<String> = name.split('.').map(str::to_owned).collect();
            let root = path.first().map_or("", String::as_str);
            let inside = path.len() > 1 && ENVELOPE.contains(&root);
            if debezium && plan.contract.column(name).is_none() && (inside || ENVELOPE_TIMES.contains(&name.as_str())) {
                SequencePart::Envelope(path)
            } else {
                SequencePart::Row(plan.row_name(name))
            }
        };
        Self { parts: names.iter().map(part).collect(), names: names.to_vec() }
    }

    /// Where the parts are.
    pub(crate) fn parts(&self) -> &[SequencePart] {
        &self.parts
    }

    /// The parts of a Debezium event: the first part, 0 for a snapshot row or 1 for a change, the
    /// second part. So a snapshot row loses against a change of the same log position. With three
    /// parts there is no room for the mark: then a snapshot row ranks below everything instead.
    ///
    /// # Errors
    /// `MISSING_SEQ` when the first part is missing or is no position. Later parts count as 0 then:
    /// `transaction` is null in snapshots.
    pub(crate) fn debezium(&self, texts: &[Option<&str>], is_read: bool) -> Result<(u8, [u64; 3]), Fault> {
        let (first, later) = self.values(texts)?;
        let mut parts = first.numbers();
        let marked = self.parts.len() < 3;
        if marked {
            parts.push(u64::from(!is_read));
        }
        parts.extend(later.into_iter().flat_map(PartValue::numbers));
        Ok((u8::from(marked || !is_read), three(&parts)))
    }

    /// The parts of an AWS DMS row. A row of the full load ranks below every change, with whatever
    /// position it carries (the time of a full load is when the row was copied).
    ///
    /// # Errors
    /// `MISSING_SEQ` when a change has no position.
    pub(crate) fn dms(&self, texts: &[Option<&str>], is_read: bool) -> Result<(u8, [u64; 3]), Fault> {
        match self.values(texts) {
            Ok((first, later)) => {
                let mut parts = first.numbers();
                parts.extend(later.into_iter().flat_map(PartValue::numbers));
                Ok((u8::from(!is_read), three(&parts)))
            }
            Err(_) if is_read => Ok((0, [0; 3])),
            Err(fault) => Err(fault),
        }
    }

    fn values(&self, texts: &[Option<&str>]) -> Result<(PartValue, Vec<PartValue>), Fault> {
        let name = self.names.first().map_or("sequence", String::as_str);
        let Some(text) = texts.first().copied().flatten() else {
            return Err(Fault::of(name, ReasonCode::MissingSeq, "the position is missing"));
        };
        let Some(first) = PartValue::read(text) else {
            return Err(Fault::of(name, ReasonCode::MissingSeq, "the position is neither a number nor a time"));
        };
        let later = texts.iter().skip(1).map(|text| text.and_then(PartValue::read).unwrap_or(PartValue::One(0)));
        Ok((first, later.collect()))
    }
}

impl PartValue {
    /// A number; a time (microseconds since 1970); a PostgreSQL log position `0/806B3B0`; digits
    /// only, longer than 19 (`AR_H_CHANGE_SEQ` of AWS DMS has 35): the last 19 are a number of
    /// their own, so that the order of texts of one length is the order of numbers.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            if text.len() <= 19 {
                return text.parse().ok().map(Self::One);
            }
            let (high, low) = text.split_at_checked(text.len() - 19)?;
            return Some(Self::Two(high.parse().ok()?, low.parse().ok()?));
        }
        if let Some((high, low)) = text.split_once('/') {
            let hex = |part: &str| u32::from_str_radix(part, 16).ok().filter(|_| part.len() <= 8);
            return Some(Self::One((u64::from(hex(high)?) << 32) | u64::from(hex(low)?)));
        }
        match parse_cell(&ColumnType::Timestamp, text) {
            Ok(Cell::Int(micros)) => u64::try_from(micros).ok().map(Self::One),
            _ => None,
        }
    }

    fn numbers(self) -> Vec<u64> {
        match self {
            Self::One(number) => vec![number],
            Self::Two(high, low) => vec![high, low],
        }
    }
}

fn three(parts: &[u64]) -> [u64; 3] {
    let mut out = [0; 3];
    for (place, part) in out.iter_mut().zip(parts) {
        *place = *part;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::PartValue;

    #[test]
    fn positions_come_as_numbers_times_and_long_digits() {
        assert_eq!(PartValue::read("134656944"), Some(PartValue::One(134_656_944)));
        assert_eq!(
            PartValue::read("20261120084718110000126730456000001"),
            Some(PartValue::Two(2_026_112_008_471_811, 126_730_456_000_001))
        );
        assert_eq!(PartValue::read("0/806B3B0"), Some(PartValue::One(134_656_944)));
        assert_eq!(PartValue::read("1970-01-01T00:00:01Z"), Some(PartValue::One(1_000_000)));
        for wrong in ["", "x", "-1", "1.5", "1969-01-01", &"9".repeat(60), "1/2/3", "é/1"] {
            assert_eq!(PartValue::read(wrong), None, "{wrong}");
        }
    }
}
