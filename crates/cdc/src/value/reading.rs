//! How the texts of a table are read where neither they nor a schema say it: by the contract, or not at all.

use super::number::{base64_bytes, can_be_hex, with_point};
use super::time_number::{SaidUnit, time_cell};
use chrono::{DateTime, LocalResult, TimeZone};
use chrono_tz::Tz;
use sluice_change::{Cell, CellError, ReasonCode, TimestampText, hex_bytes, parse_array, parse_cell};
use sluice_contract::{BinaryText, ColumnType, Source, SourceZone, TimeUnit};

/// How texts are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    zone: Option<Zone>,
    binary: Binary,
    decimal_comma: bool,
}

/// The zone of texts that name none.
#[derive(Clone, Copy, Debug)]
enum Zone {
    /// Microseconds east of UTC.
    Offset(i64),
    Named(Tz),
}

/// What the text of a binary value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binary {
    Base64,
    Hex,
    /// Base64 by the format. Every text in hexadecimal is in its alphabet, too, so that one is not read.
    Base64Unsaid,
}

impl Reading {
    /// As the contract of a table says it.
    ///
    /// # Errors
    /// The name of a zone that does not exist.
    pub(crate) fn new(source: &Source) -> Result<Self, String> {
        let zone = match &source.time_zone {
            None => None,
            Some(SourceZone::Offset(seconds)) => Some(Zone::Offset(i64::from(*seconds) * 1_000_000)),
            Some(SourceZone::Named(name)) => Some(Zone::Named(name.parse().map_err(|_| name.clone())?)),
        };
        let binary = match source.binary {
            Some(BinaryText::Base64) => Binary::Base64,
            Some(BinaryText::Hex) => Binary::Hex,
            None if source.format.is_json() => Binary::Base64Unsaid,
            None => Binary::Hex,
        };
        Ok(Self { zone, binary, decimal_comma: source.decimal_comma })
    }

    /// A text as a value of `data_type`, in a column whose numbers are of `unit`.
    ///
    /// # Errors
    /// [`CellError`] when it is not of the type, does not fit, or can be read in more than one way.
    pub(crate) fn cell<'a>(
        &self,
        data_type: &ColumnType,
        unit: Option<TimeUnit>,
        text: &'a str,
    ) -> Result<Cell<'a>, CellError> {
        match data_type {
            ColumnType::Binary => self.binary(text),
            ColumnType::Timestamp | ColumnType::TimestampNtz | ColumnType::Date | ColumnType::Time => {
                match text.trim().parse() {
                    Ok(number) => number_text(data_type, unit, number),
                    Err(_) if *data_type == ColumnType::Timestamp => self.instant(text).map(Cell::Int),
                    Err(_) => parse_cell(data_type, text),
                }
            }
            ColumnType::Float | ColumnType::Double | ColumnType::Decimal { .. } | ColumnType::Numeric
                if self.decimal_comma =>
            {
                let plain = with_point(text).ok_or_else(|| CellError::mismatch(data_type))?;
                parse_cell(data_type, &plain).map(Cell::into_owned)
            }
            ColumnType::SmallInt | ColumnType::Int | ColumnType::BigInt if self.decimal_comma => {
                let plain = with_point(text).ok_or_else(|| CellError::mismatch(data_type))?;
                parse_cell(data_type, &plain).map(Cell::into_owned)
            }
            ColumnType::Array(element) => parse_array(text, |item| self.cell(element, unit, item))
                .unwrap_or_else(|| Err(CellError::mismatch(data_type))),
            _ => parse_cell(data_type, text),
        }
    }

    /// Microseconds since 1970 UTC of a text in a column of `timestamp`.
    ///
    /// # Errors
    /// [`CellError`] when it is no time, or is one of an unknown zone.
    pub(crate) fn instant(&self, text: &str) -> Result<i64, CellError> {
        let Some(TimestampText { micros, offset }) = TimestampText::read(text) else {
            return match parse_cell(&ColumnType::Timestamp, text) {
                Err(error) => Err(error),
                Ok(_) => Err(CellError::mismatch(&ColumnType::Timestamp)),
            };
        };
        match (offset, self.zone) {
            (Some(_), _) => Ok(micros),
            (None, Some(Zone::Offset(east))) => {
                micros.checked_sub(east).ok_or_else(|| CellError::range(&ColumnType::Timestamp))
            }
            (None, Some(Zone::Named(zone))) => in_zone(zone, micros),
            (None, None) => Err(misread(
                "a time without a zone. Write source.time_zone in the contract, for example UTC, or give the column \
                 the type timestamp_ntz",
            )),
        }
    }

    fn binary(&self, text: &str) -> Result<Cell<'static>, CellError> {
        let bytes = |bytes: Option<Vec<u8>>, what: &str| {
            bytes.map(|bytes| Cell::Bytes(bytes.into())).ok_or_else(|| misread(&format!("expected binary, {what}")))
        };
        // Only PostgreSQL's form has a backslash.
        if let Some(digits) = text.strip_prefix("\\x") {
            return bytes(hex_bytes(digits), "hexadecimal after \\x");
        }
        match self.binary {
            Binary::Hex => bytes(hex_bytes(text), "as hexadecimal"),
            Binary::Base64 => bytes(base64_bytes(text), "as base64"),
            Binary::Base64Unsaid if can_be_hex(text) => Err(misread(
                "a text that can be hexadecimal and base64. Write source.binary: hex or source.binary: base64 in the \
                 contract",
            )),
            Binary::Base64Unsaid => bytes(base64_bytes(text), "as base64"),
        }
    }
}

/// A text that is a whole number: a time where the contract says its unit.
fn number_text(data_type: &ColumnType, unit: Option<TimeUnit>, number: i64) -> Result<Cell<'static>, CellError> {
    match unit {
        Some(unit) => time_cell(data_type, SaidUnit { by_contract: Some(unit), by_schema: None }, number),
        None => Err(misread(&format!(
            "expected {data_type}, found a number without its unit. Write unit: milliseconds or another one at the \
             column in the contract"
        ))),
    }
}

/// Microseconds since 1970 UTC of what a clock on a wall in `zone` shows.
fn in_zone(zone: Tz, micros: i64) -> Result<i64, CellError> {
    let wall = DateTime::from_timestamp_micros(micros).ok_or_else(|| CellError::range(&ColumnType::Timestamp))?;
    match zone.from_local_datetime(&wall.naive_utc()) {
        LocalResult::Single(time) => Ok(time.timestamp_micros()),
        LocalResult::Ambiguous(..) => Err(misread(&format!(
            "a time without a zone that {zone} has twice, when the clocks go back. Let the source write the zone"
        ))),
        LocalResult::None => Err(misread(&format!(
            "a time that {zone} does not have, when the clocks go forward. Correct source.time_zone"
        ))),
    }
}

fn misread(detail: &str) -> CellError {
    CellError { reason: ReasonCode::TypeMismatch, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Reading;
    use sluice_change::{Cell, parse_cell};
    use sluice_contract::{ColumnType, Contract, TimeUnit};

    fn reading(source: &str) -> Reading {
        let text = format!(
            "dataset: a.b\nsource: {{path: in, {source}}}\nschema:\n- {{name: id, type: int, primary_key: true}}\n"
        );
        Reading::new(Contract::parse(&text, "b.yaml").unwrap().source.as_ref().unwrap()).unwrap()
    }

    fn read(source: &str, data_type: &str, text: &str) -> Result<Cell<'static>, String> {
        let data_type: ColumnType = data_type.parse().unwrap();
        reading(source).cell(&data_type, None, text).map(Cell::into_owned).map_err(|error| error.detail)
    }

    fn at(text: &str) -> Result<Cell<'static>, String> {
        Ok(parse_cell(&ColumnType::Timestamp, text).unwrap().into_owned())
    }

    #[test]
    fn a_time_without_a_zone_is_no_instant_until_the_contract_says_the_zone() {
        for format in ["format: debezium_json", "format: debezium_flat_json", "format: dms_csv", "format: dms_parquet"]
        {
            for text in ["2024-01-02 11:00:00", "2024-01-02T11:00", "2024-01-02"] {
                let error = read(format, "timestamp", text).unwrap_err();
                assert!(error.contains("source.time_zone"), "{error}");
                assert_eq!(read(format, "timestamp_ntz", text), at(text));
            }
            let list = read(format, "array<timestamp>", "{2024-01-02 11:00:00}").unwrap_err();
            assert!(list.contains("source.time_zone"), "{list}");
            assert_eq!(read(format, "timestamp", "2024-01-02 11:00:00Z"), at("2024-01-02 11:00:00Z"));
            assert_eq!(read(format, "timestamp", "infinity"), at("infinity"));
        }
        let with = |zone: &str, text: &str| read(&format!("format: dms_csv, time_zone: {zone}"), "timestamp", text);
        assert_eq!(with("UTC", "2024-01-02 11:00:00"), at("2024-01-02 11:00:00Z"));
        assert_eq!(with("'-05:30'", "2024-01-02 11:00:00"), at("2024-01-02 11:00:00-05:30"));
        assert_eq!(with("'-05:30'", "2024-01-02 11:00:00Z"), at("2024-01-02 11:00:00Z"));
        assert_eq!(with("Europe/Berlin", "2024-01-02 11:00:00"), at("2024-01-02 10:00:00Z"));
        assert_eq!(with("Europe/Berlin", "2024-07-02 11:00:00"), at("2024-07-02 09:00:00Z"));
        assert!(with("Europe/Berlin", "2024-10-27 02:30:00").unwrap_err().contains("twice"));
        assert!(with("Europe/Berlin", "2024-03-31 02:30:00").unwrap_err().contains("does not have"));
        let parquet = "format: dms_parquet, time_zone: UTC";
        assert_eq!(read(parquet, "timestamp", "2024-01-02 11:00:00"), at("2024-01-02 11:00:00Z"));
    }

    #[test]
    fn a_zone_that_does_not_exist_is_named() {
        let text = "dataset: a.b\nsource: {path: in, format: dms_csv, time_zone: Europe/Atlantis}\n\
                    schema:\n- {name: id, type: int, primary_key: true}\n";
        let contract = Contract::parse(text, "b.yaml").unwrap();
        assert_eq!(Reading::new(contract.source.as_ref().unwrap()).unwrap_err(), "Europe/Atlantis");
    }

    #[test]
    fn a_binary_text_is_read_as_the_contract_says() {
        let json = |source: &str, text: &str| read(&format!("format: debezium_json{source}"), "binary", text);
        let bytes = |bytes: &[u8]| Ok(Cell::Bytes(bytes.to_vec().into()));
        for text in ["deadbeef", "DEADBEEF", "00ff", "cafe01"] {
            let error = json("", text).unwrap_err();
            assert!(error.contains("hexadecimal") && error.contains("source.binary"), "{error}");
        }
        assert_eq!(json("", "3q2+7w=="), bytes(&[0xde, 0xad, 0xbe, 0xef]));
        assert_eq!(json("", "3q2-7w=="), bytes(&[0xde, 0xad, 0xbe, 0xef]));
        assert_eq!(json("", ""), bytes(&[]));
        assert_eq!(json("", "Ca2B"), bytes(&[0x09, 0xad, 0x81]), "letters of both cases are no hexadecimal");
        assert_eq!(json(", binary: hex", "deadbeef"), bytes(&[0xde, 0xad, 0xbe, 0xef]));
        assert_eq!(json(", binary: base64", "deadbeef"), bytes(&[0x75, 0xe6, 0x9d, 0x6d, 0xe7, 0x9f]));
        assert!(json(", binary: hex", "3q2+7w==").is_err() && json(", binary: base64", "d").is_err());
        for source in ["", ", binary: hex", ", binary: base64"] {
            assert_eq!(json(source, "\\xDEad"), bytes(&[0xde, 0xad]), "{source}");
        }
        let csv = |source: &str, text: &str| read(&format!("format: dms_csv{source}"), "binary", text);
        assert_eq!(csv("", "deadbeef"), bytes(&[0xde, 0xad, 0xbe, 0xef]));
        assert_eq!(csv(", binary: base64", "3q2+7w=="), bytes(&[0xde, 0xad, 0xbe, 0xef]));
        assert!(csv("", "3q2+7w==").is_err());
    }

    #[test]
    fn a_text_of_digits_is_a_time_only_with_its_unit() {
        let csv = reading("format: dms_csv");
        for data_type in ["timestamp", "timestamp_ntz", "date"] {
            let data_type: ColumnType = data_type.parse().unwrap();
            let error = csv.cell(&data_type, None, "1762000061001").unwrap_err();
            assert!(error.detail.contains("without its unit"), "{}", error.detail);
        }
        let read = csv.cell(&ColumnType::Timestamp, Some(TimeUnit::Milliseconds), "1762000061001");
        assert_eq!(read, Ok(Cell::Int(1_762_000_061_001_000)));
    }
}
