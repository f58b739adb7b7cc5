//! How values are written: `schema.unit`, `source.binary`, `source.time_zone`.

use super::Reader;
use crate::document::ColumnDocument;
use crate::{BinaryText, ColumnPath, ColumnType, FilePattern, Mistake, SourceFormat, SourceZone, TimeUnit};
use serde_saphyr::Spanned;
use std::str::FromStr;

impl Reader<'_> {
    pub(super) fn unit(&mut self, written: Option<&Spanned<String>>, data_type: &ColumnType) -> Option<TimeUnit> {
        let written = written?;
        let unit = self.read(written)?;
        let of = match data_type {
            ColumnType::Array(element) | ColumnType::Map(element) => element,
            plain => plain,
        };
        let fits = match of {
            ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampNtz => true,
            ColumnType::Time => unit != TimeUnit::Days,
            // A length of time, of which arrays have none.
            ColumnType::String => unit != TimeUnit::Days && of == data_type,
            _ => false,
        };
        if !fits {
            let message = format!("A column of {data_type} cannot have numbers of {unit}");
            self.problem(
                written,
                message,
                "Remove unit, or correct it or the type: date, time, timestamp, timestamp_ntz, or string for a length of time",
            );
        }
        Some(unit)
    }

    pub(super) fn binary(&mut self, written: Option<&Spanned<String>>) -> Option<BinaryText> {
        let written = written?;
        match written.value.as_str() {
            "base64" => Some(BinaryText::Base64),
            "hex" => Some(BinaryText::Hex),
            other => {
                self.problem(written, format!("`{other}` is not a form of binary values"), "Use base64 or hex");
                None
            }
        }
    }

    pub(super) fn time_zone(&mut self, written: Option<&Spanned<String>>, format: SourceFormat) -> Option<SourceZone> {
        let written = written?;
        let zone = self.read(written)?;
        if format.is_parquet() && zone != SourceZone::Offset(0) {
            let message = "The times of Parquet count from 1970 UTC and have no other zone";
            self.problem(written, message, "Remove time_zone; give a column of local times the type timestamp_ntz");
        }
        Some(zone)
    }

    pub(super) fn first_version(&mut self, written: Option<&Spanned<u64>>, format: SourceFormat) -> Option<u64> {
        let written = written?;
        if format != SourceFormat::DeltaFeedParquet {
            let message = format!("Files of `{format}` have no versions of a table");
            self.problem(
                written,
                message,
                "Remove from_version; it is for the folder of a Delta table (delta_feed_parquet)",
            );
        }
        Some(written.value)
    }

    /// Files of the table.
    pub(super) fn file_pattern(&mut self, written: &Spanned<String>) -> Option<FilePattern> {
        FilePattern::parse(&written.value).map_err(|mistake| self.mistake(written, mistake)).ok()
    }

    /// A character between or around the fields of CSV.
    pub(super) fn csv_letter(&mut self, written: Option<&Spanned<String>>) -> Option<char> {
        let written = written?;
        let mut letters = written.value.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_ascii() && !"\r\n\0".contains(letter) => Some(letter),
            _ => {
                let message = "It is no single character of ASCII";
                self.problem(
                    written,
                    message,
                    "Write for example \";\", \"\\t\" for a tab, or \"\\\\\" for a backslash",
                );
                None
            }
        }
    }

    /// Where in a nested member the values of a column are.
    pub(super) fn column_path(&mut self, written: &ColumnDocument) -> Option<ColumnPath> {
        let place = written.path.as_ref()?;
        ColumnPath::parse(&place.value).map_err(|mistake| self.mistake(place, mistake)).ok()
    }

    /// The value of a text that reads itself, or a problem at its place.
    pub(super) fn read<T: FromStr<Err = Mistake>>(&mut self, written: &Spanned<String>) -> Option<T> {
        written.value.parse().map_err(|mistake| self.mistake(written, mistake)).ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::{BinaryText, Contract, SourceZone, TimeUnit};

    fn contract(source: &str, column: &str) -> Result<Contract, Vec<String>> {
        let text = format!(
            "dataset: a.b\nsource: {{path: in, format: debezium_json{source}}}\n\
             schema:\n- {{name: id, type: int, primary_key: true}}\n- {{name: at, {column}}}\n"
        );
        Contract::parse(&text, "b.yaml").map_err(|problems| problems.into_iter().map(|one| one.to_string()).collect())
    }

    #[test]
    fn the_contract_says_how_values_are_written() {
        let contract = contract(", binary: hex, time_zone: '+02:00'", "type: timestamp, unit: milliseconds").unwrap();
        let source = contract.source.as_ref().unwrap();
        assert_eq!(source.binary, Some(BinaryText::Hex));
        assert_eq!(source.time_zone, Some(SourceZone::Offset(7_200)));
        assert_eq!(contract.columns[1].unit, Some(TimeUnit::Milliseconds));
    }

    #[test]
    fn a_form_that_cannot_be_is_a_problem() {
        for (source, column, expected) in [
            (", binary: utf8", "type: binary", "is not a form of binary values"),
            (", time_zone: CET", "type: timestamp", "is not a time zone"),
            ("", "type: timestamp, unit: ms", "is not a unit of time"),
            ("", "type: bigint, unit: seconds", "cannot have numbers of seconds"),
            ("", "type: time, unit: days", "cannot have numbers of days"),
        ] {
            let problems = contract(source, column).unwrap_err();
            assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}");
        }
    }
}
