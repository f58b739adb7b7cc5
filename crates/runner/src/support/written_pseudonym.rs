//! What replaces a personal value that its source writes in its own way: one that the contract reads likewise.

use sluice_change::format_time_micros;
use sluice_contract::{Column, ColumnType, PatternPart, Step, TimePattern};

/// How the values of a column are written, where a replacement has to be written so.
#[derive(Clone, Debug)]
pub(super) enum WrittenForm {
    /// As this function reads them.
    Step(Step),
    /// A length of time.
    Length,
}

impl WrittenForm {
    /// Of the member that a column is made of.
    pub(super) fn of(column: &Column) -> Option<Self> {
        if column.unit.is_some() && column.data_type == ColumnType::String {
            return Some(Self::Length);
        }
        let mut steps = column.from.as_ref()?.steps().iter();
        let first = steps.find(|step| !matches!(step, Step::Trim | Step::Lower | Step::Upper | Step::NullIf(_)))?;
        first.parses().then(|| Self::Step(first.clone()))
    }

    /// The replacement with a number, of a text.
    pub(super) fn text(&self, number: u64) -> String {
        match self {
            Self::Step(Step::ParseDate(patterns) | Step::ParseTimestamp(patterns)) => {
                patterns.first().map(|pattern| of_pattern(pattern, number)).unwrap_or_default()
            }
            // One of two values is still a value.
            Self::Step(Step::ParseBoolean { is_false, .. }) => is_false.clone(),
            Self::Step(_) => number.to_string(),
            Self::Length => format_time_micros(i64::try_from(number).unwrap_or_default().saturating_mul(1_000_000)),
        }
    }
}

/// A day in a pattern, at midnight of UTC.
fn of_pattern(pattern: &TimePattern, number: u64) -> String {
    let (year, month, day) = (1_970 + number / 336 % 8_000, number / 28 % 12 + 1, number % 28 + 1);
    let part = |part: &PatternPart| match part {
        PatternPart::Year => format!("{year:04}"),
        PatternPart::Month { .. } => format!("{month:02}"),
        PatternPart::MonthName => {
            let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
            let place = usize::try_from(month.saturating_sub(1)).unwrap_or_default();
            names.get(place).copied().unwrap_or("Jan").to_owned()
        }
        PatternPart::Day { .. } => format!("{day:02}"),
        PatternPart::HourOfHalf { .. } => "12".to_owned(),
        PatternPart::Half => "AM".to_owned(),
        PatternPart::Hour { .. } | PatternPart::Minute { .. } | PatternPart::Second { .. } => "00".to_owned(),
        PatternPart::Fraction => "0".to_owned(),
        PatternPart::Zone => "Z".to_owned(),
        PatternPart::Letter(letter) => letter.to_string(),
    };
    pattern.parts().iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::WrittenForm;
    use sluice_contract::Contract;

    #[test]
    fn a_replacement_is_read_as_the_value_was() {
        for (column, replaced) in [
            ("type: date, from: \"parse_date(trim(x), '%d.%m.%Y')\"", "08.01.1970"),
            ("type: timestamp_ntz, from: \"parse_timestamp(x, '%d-%b-%Y %I:%M %p')\"", "08-Jan-1970 12:00 AM"),
            ("type: numeric, from: \"parse_number(x, ',', '.')\"", "7"),
            ("type: boolean, from: \"parse_boolean(null_if(x, '-'), 'ja', 'nein')\"", "nein"),
            ("type: string, unit: microseconds", "00:00:07"),
        ] {
            let text = format!(
                "dataset: a.b\nsource: {{path: l/, format: debezium_json}}\nschema:\n\
                 - {{name: id, type: int, primary_key: true}}\n- {{name: x, {column}}}\n"
            );
            let contract = Contract::parse(&text, "b.yaml").unwrap();
            assert_eq!(WrittenForm::of(&contract.columns[1]).unwrap().text(7), replaced, "{column}");
            assert!(WrittenForm::of(&contract.columns[0]).is_none());
        }
    }
}
