//! Reads `schema.from`, and `apply.keep`, and finds what makes no sense beside them.

use super::Reader;
use crate::document::{ApplyDocument, ColumnDocument, Document, SourceDocument};
use crate::{Column, ColumnType, ColumnValue, Mistake, Operand, RowFilter, SourceFormat, Start, Step, TimePattern};

impl Reader<'_> {
    /// What the values of a column are made of.
    pub(super) fn column_value(&mut self, written: &ColumnDocument, data_type: &ColumnType) -> Option<ColumnValue> {
        let place = written.from.as_ref()?;
        let value: ColumnValue = match place.value.parse() {
            Ok(value) => value,
            Err(Mistake { message, fix }) => {
                self.problem(place, format!("`{}`: {message}", written.name.value), fix);
                return None;
            }
        };
        if let Some(types) = value.parsed_by().and_then(|step| misread(step, data_type)) {
            let message = format!("`{}` is {data_type}, and `{value}` gives none", written.name.value);
            self.problem(&written.data_type, message, format!("Write type: {types}"));
        }
        if written.path.is_some() {
            let message = "Both from and path say where the values are";
            self.problem(place, message, "Keep from; it takes a path too: from: address.city");
        }
        if written.renamed_from.is_some() {
            let message = "Both from and renamed_from say which member the values are of";
            self.problem(place, message, "Keep one of them; renamed_from is for a name that the source changed");
        }
        if value.ends_in_hash() && *data_type != ColumnType::String {
            let message = format!("A keyed hash is text, and `{}` is {data_type}", written.name.value);
            self.problem(&written.data_type, message, "Write type: string");
        }
        Some(value)
    }

    /// The first events of the table.
    pub(super) fn start(&mut self, document: &Document, source: &SourceDocument, format: SourceFormat) -> Start {
        let Some(place) = &source.from else { return Start::default() };
        let start: Start = match place.value.0.parse() {
            Ok(start) => start,
            Err(mistake) => {
                self.mistake(place, mistake);
                return Start::default();
            }
        };
        let nothing = ApplyDocument::default();
        let apply = document.apply.as_ref().unwrap_or(&nothing);
        if apply.from_snapshot.is_some() && start != Start::Beginning {
            let message = "A full snapshot has every row, whenever the table begins";
            self.problem(place, message, "Remove from, or apply.from_snapshot");
        } else if matches!(start, Start::Position(_)) && apply.sequence.is_empty() {
            let message = "The order is the format's own, whose positions differ by source";
            self.problem(place, message, "Write apply.sequence, or begin with a time");
        } else if matches!(start, Start::Now | Start::Time(_))
            && !format.carries_operations()
            && apply.sequence.is_empty()
        {
            let message = format!("Rows of `{format}` have no time of their own");
            self.problem(place, message, "Remove from, or write apply.sequence with the column of the time");
        }
        start
    }

    /// The rows that the table keeps.
    pub(super) fn keep(&mut self, written: &ApplyDocument, columns: &[Column]) -> Option<RowFilter> {
        let place = written.keep.as_ref()?;
        let filter: RowFilter = self.read(place)?;
        let mut mistakes = Vec::new();
        filter.each(&mut |part| mistakes.extend(misfit(part, columns)));
        for mistake in mistakes {
            self.mistake(place, mistake);
        }
        if written.delete_mode.as_ref().is_some_and(|mode| mode.value == "soft") {
            let message =
                "A row that keep leaves out is not in the table, and delete_mode: soft keeps deleted rows in it";
            self.problem(place, message, "Remove keep, or write delete_mode: hard");
        }
        if written.null_updates.as_ref().is_some_and(|word| word.value == "ignore") {
            let message = "An ignored null does not say what the row has, so keep cannot be decided by it";
            self.problem(place, message, "Remove keep, or null_updates: ignore");
        }
        Some(filter)
    }

    /// Entries that compare or order values as delivered, which a column that is made of others does not have.
    pub(super) fn beside_expressions(&mut self, document: &Document, columns: &[Column]) {
        let nothing = ApplyDocument::default();
        let apply = document.apply.as_ref().unwrap_or(&nothing);
        let made = |name: &str| {
            let column = columns.iter().find(|column| column.name == name)?;
            column.from.as_ref().filter(|value| !value.steps().is_empty())
        };
        let has_zone = document.all_sources().all(|source| source.time_zone.is_some());
        for written in document.schema.value.iter().filter(|_| !has_zone) {
            let column = columns.iter().find(|column| column.name == written.name.value);
            let Some(column) = column.filter(|column| column.data_type == ColumnType::Timestamp) else { continue };
            let step = column.from.as_ref().and_then(ColumnValue::parsed_by);
            if let (Some(Step::ParseTimestamp(patterns)), Some(place)) = (step, &written.from)
                && let Some(pattern) = patterns.first().filter(|pattern| !pattern.has_zone())
            {
                let message = format!("`{}` is timestamp, and `{pattern}` does not say the zone", column.name);
                let fix = "Write time_zone in source, for example UTC or Europe/Berlin, %z in the pattern if the texts \
                           have it, or type: timestamp_ntz";
                self.problem(place, message, fix);
            }
        }
        for part in &apply.sequence {
            let is_read_time = columns.iter().any(|column| column.name == part.value && column.is_read_time());
            if let Some(value) = made(&part.value).filter(|_| !is_read_time) {
                let message = format!(
                    "`{}` is made of `{}`, and events are ordered by what the source sent",
                    part.value,
                    value.root()
                );
                let fix = format!("Name `{}`, or a column that is it as delivered", value.root());
                self.problem(part, message, fix);
            }
        }
        for condition in apply.delete_when.iter().chain(&apply.truncate_when) {
            let about = condition.value.split('=').next().unwrap_or_default().trim();
            if let Some(value) = made(about) {
                let message =
                    format!("`{about}` is made of `{}`, and the condition is about what the source sent", value.root());
                let fix = format!("Name `{}` and the text that it has in the records", value.root());
                self.problem(condition, message, fix);
            }
        }
    }
}

/// The types that a function gives, where a column has another one.
fn misread(step: &Step, data_type: &ColumnType) -> Option<&'static str> {
    use ColumnType as T;
    let (fits, types) = match step {
        Step::ParseDate(_) => (matches!(data_type, T::Date | T::TimestampNtz), "date, timestamp_ntz or string"),
        Step::ParseTimestamp(patterns) if patterns.iter().any(TimePattern::has_zone) => {
            (matches!(data_type, T::Timestamp), "timestamp or string")
        }
        Step::ParseTimestamp(_) => {
            (matches!(data_type, T::Timestamp | T::TimestampNtz), "timestamp_ntz, timestamp or string")
        }
        Step::ParseNumber(_) => (
            matches!(
                data_type,
                T::SmallInt | T::Int | T::BigInt | T::Decimal { .. } | T::Numeric | T::Float | T::Double
            ),
            "decimal(12,2), numeric, bigint, double or string",
        ),
        Step::ParseBoolean { .. } => (*data_type == T::Boolean, "boolean or string"),
        _ => return None,
    };
    (!fits && *data_type != T::String).then_some(types)
}

/// What is wrong with one comparison of a condition.
fn misfit(part: &RowFilter, columns: &[Column]) -> Option<Mistake> {
    let unknown = |name: &str| {
        let fix = "Correct the name or add the column; a part of a record becomes a column with from";
        Mistake::new(format!("keep reads column `{name}`, which the schema does not have"), fix)
    };
    let column = |name: &str| columns.iter().find(|column| column.name == name).ok_or_else(|| unknown(name));
    let (name, other, is_of_order, is_like) = match part {
        RowFilter::Compare { column, by, with } => {
            let other = match with {
                Operand::Column(other) => Some(other),
                Operand::Value(_) => None,
            };
            (column, other, by.is_of_order(), false)
        }
        RowFilter::In { column, .. } => (column, None, false, false),
        RowFilter::Like { column, .. } => (column, None, false, true),
        RowFilter::IsNull { column: name } => return column(name).err(),
        RowFilter::All(_) | RowFilter::Any(_) | RowFilter::Not(_) => return None,
    };
    let left = match column(name) {
        Ok(column) => column,
        Err(mistake) => return Some(mistake),
    };
    let right = match other.map(|other| column(other)).transpose() {
        Ok(column) => column,
        Err(mistake) => return Some(mistake),
    };
    let data_type = &left.data_type;
    let is_text = matches!(data_type, ColumnType::String | ColumnType::Uuid | ColumnType::Json);
    let fits = match data_type {
        ColumnType::Binary | ColumnType::Array(_) | ColumnType::Struct(_) | ColumnType::Map(_) => false,
        // Its text has no order of numbers, and JSON none at all.
        ColumnType::Numeric => !is_of_order && !is_like,
        ColumnType::Json => !is_of_order,
        ColumnType::Boolean => !is_of_order && !is_like,
        _ => !is_like || is_text,
    };
    if !fits {
        let fix = "Compare a column of another type; is null goes with every type, like with texts";
        return Some(Mistake::new(format!("`{part}` does not go with `{name}`, which is {data_type}"), fix));
    }
    let right = right.filter(|right| right.data_type != *data_type)?;
    let message = format!("`{name}` is {data_type} and `{}` is {}", right.name, right.data_type);
    Some(Mistake::new(message, "Compare columns of one type; from with cast makes one"))
}

#[cfg(test)]
mod tests {
    use crate::{Contract, MissingBase, Problem};

    fn contract(apply: &str, source: &str, column: &str) -> Result<Contract, Vec<Problem>> {
        let text = format!(
            "dataset: a.b\nsource: {{path: l/, format: debezium_json{source}}}\napply: {{{apply}}}\nschema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: email, {column}}}\n"
        );
        Contract::parse(&text, "b.yaml")
    }

    #[test]
    fn a_column_is_made_of_a_member() {
        let contract = contract("", ", drop: [ssn]", "type: string, from: \"keyed_hash(Mail, 'people')\"").unwrap();
        assert_eq!(contract.columns[1].from.as_ref().unwrap().root(), "Mail");
        let source = contract.source.as_ref().unwrap();
        assert!(contract.key_names().into_iter().eq(["people"]) && source.ignores("SSN") && !source.ignores("id"));
    }

    #[test]
    fn what_contradicts_it_is_a_problem() {
        for (apply, source, column, says) in [
            ("", "", "type: string, from: a, path: a.b", "Both from and path"),
            ("", "", "type: string, from: a, renamed_from: b", "Both from and renamed_from"),
            ("", "", "type: int, from: \"keyed_hash(a, 'k')\"", "A keyed hash is text"),
            ("", "", "type: string, from: \"trim(a, b)\"", "`)` is missing"),
            ("", "", "type: date, from: \"parse_date(a, '%d.%m.%y')\"", "`email`: `%d.%m.%y` has a year of two digits"),
            ("", "", "type: int, from: \"parse_date(a, '%d.%m.%Y')\"", "`email` is int"),
            ("", "", "type: timestamp_ntz, from: \"parse_timestamp(a, '%FT%T%z')\"", "`email` is timestamp_ntz"),
            ("", "", "type: timestamp, from: \"parse_timestamp(a, '%F %R')\"", "does not say the zone"),
            ("", "", "type: string, from: a, unit: days", "cannot have numbers of days"),
            ("sequence: [email]", "", "type: string, from: \"trim(a)\"", "ordered by what the source sent"),
            ("delete_when: \"email = 'x'\"", "", "type: string, from: \"trim(a)\"", "about what the source sent"),
            ("", ", drop: [Email]", "type: string", "is ignored and declared"),
        ] {
            let problems = contract(apply, source, column).unwrap_err();
            assert!(problems.len() == 1 && problems[0].message.contains(says), "{column}: {problems:?}");
        }
        assert!(contract("sequence: [email]", "", "type: string, from: a").is_ok());
        for (source, column) in [
            ("", "type: date, from: \"parse_date(a, '%F')\""),
            (", time_zone: UTC", "type: timestamp, from: \"parse_timestamp(a, '%F %R')\""),
            ("", "type: timestamp, from: \"parse_timestamp(a, '%FT%T%z')\""),
            ("", "type: \"decimal(8,2)\", from: \"null_if(parse_number(a, ',', '.'), '0')\""),
            ("", "type: string, from: \"parse_boolean(a, 'j', 'n')\""),
            ("", "type: int, from: \"cast(parse_number(a, ',', '.'), int)\""),
        ] {
            assert!(contract("", source, column).is_ok(), "{column}");
        }
        assert!(contract("sequence: [email]", "", "type: date, from: \"parse_date(trim(a), '%F')\"").is_ok());
        assert!(contract("sequence: [email]", "", "type: string, from: \"parse_date(a, '%F')\"").is_err());
        for (apply, source, says) in
            [("", ", from: position 7", "order is the format's own"), ("", ", from: soon", "no place to begin")]
        {
            let problems = contract(apply, source, "type: string").unwrap_err();
            assert!(problems.len() == 1 && problems[0].message.contains(says), "{source}: {problems:?}");
        }
        let begins = contract("sequence: [source.lsn]", ", from: position 7", "type: string").unwrap();
        assert_eq!(begins.source.unwrap().from.to_string(), "position 7");
    }

    #[test]
    fn a_condition_reads_columns_of_the_table_that_can_be_compared() {
        let kept = contract("keep: \"email like '%@x' and id > 3\"", "", "type: string").unwrap();
        assert_eq!(kept.apply.missing_base, MissingBase::Hold, "a row that enters may lack its base");
        for (apply, column, says) in [
            ("keep: \"mail = 'x'\"", "type: string", "reads column `mail`"),
            ("keep: \"email = id\"", "type: string", "`email` is string and `id` is int"),
            ("keep: \"email > 1\"", "type: numeric", "does not go with `email`"),
            ("keep: \"email like 'x'\"", "type: bigint", "does not go with `email`"),
            ("keep: \"email = 'x'\"", "type: binary", "does not go with `email`"),
            ("keep: \"email =\"", "type: string", "value is missing"),
            ("keep: \"id = 1\", delete_mode: soft", "type: string", "delete_mode: soft"),
            ("keep: \"id = 1\", null_updates: ignore", "type: string", "ignored null"),
        ] {
            let problems = contract(apply, "", column).unwrap_err();
            assert!(problems.len() == 1 && problems[0].message.contains(says), "{apply}: {problems:?}");
        }
    }
}
