//! From the shape of a column to a type.

use super::shape::Shape;
use sluice_contract::{ColumnType, QuestionKind, Step, TimeUnit, WrittenAnswer};

/// A proposed type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) data_type: String,
    pub(crate) arrives_as: String,
    pub(crate) decide: Option<String>,
    /// What its numbers count, where it is a date or time.
    pub(crate) unit: Option<TimeUnit>,
    /// What is to be decided has to be decided first: a wrong type would show no error later.
    pub(crate) open: bool,
    /// What that is about.
    pub(crate) about: QuestionKind,
    /// Functions that read how the source writes the values.
    pub(crate) steps: Vec<Step>,
    /// How else they may be read, by the answer that says so.
    pub(crate) readings: Vec<WrittenReading>,
}

/// How a column is read by an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenReading {
    /// The answer.
    pub answer: Option<WrittenAnswer>,
    /// Type for the contract.
    pub data_type: String,
    /// Functions that read the values.
    pub steps: Vec<Step>,
}

impl Guess {
    /// What is to be decided is of this kind.
    pub(crate) fn about(self, about: QuestionKind) -> Self {
        Self { about, ..self }
    }
}

/// What people may want to know of a `TIME` of MySQL.
const DECIDE_LENGTH: &str =
    "A TIME of MySQL may be negative or of 838 hours, which time does not hold; if it is the time of day, write time";

/// Digits before the point that later values may have more than those of the sample.
const DIGITS_TO_COME: usize = 3;
const DECIDE_GROUPS: &str =
    "The texts are numbers with a comma between thousands, and stay text: let the source leave it out";
const DECIDE_DATES: &str =
    "The texts are dates whose day and month only the source knows, and stay text: let it write 2026-01-31";
const DECIDE_EXPONENT: &str = "Some texts are numbers with an exponent; if all are numbers, write double or numeric";

/// What is left to people when some times name their zone and others do not.
const DECIDE_ZONE: &str = "Some times name no zone: write time_zone in source, or they go to quarantine";

/// A type, and how it arrives.
pub(crate) fn guess(data_type: impl Into<String>, arrives_as: &str) -> Guess {
    Guess {
        data_type: data_type.into(),
        arrives_as: arrives_as.to_owned(),
        decide: None,
        unit: None,
        open: false,
        about: QuestionKind::Type,
        steps: Vec::new(),
        readings: Vec::new(),
    }
}

/// As [`guess`], with what people have to decide before the type can be used.
pub(crate) fn doubtful(data_type: impl Into<String>, arrives_as: &str, decide: &str) -> Guess {
    Guess { decide: Some(decide.to_owned()), open: true, ..guess(data_type, arrives_as) }
}

/// As [`guess`], with what people may want to look at. Every value fits the type, so nothing is lost until they do.
pub(crate) fn hinted(data_type: impl Into<String>, arrives_as: &str, decide: &str) -> Guess {
    Guess { open: false, ..doubtful(data_type, arrives_as, decide) }
}

/// The type of a `TIME` of MySQL whose values come as texts.
pub(crate) fn mysql_time(arrives_as: &str) -> Guess {
    hinted("string", arrives_as, DECIDE_LENGTH)
}

/// As [`mysql_time`], of one whose values come as numbers of `unit`.
pub(crate) fn mysql_time_counted(unit: TimeUnit) -> Guess {
    Guess { unit: Some(unit), ..mysql_time(&format!("{unit}, a length of time")) }
}

/// The type of a column without a value in the sample: text, which holds any.
pub(crate) fn without_value() -> Guess {
    hinted("string", "nothing but nulls", "No value in the sample, take the type from the source table")
}

/// A date or time whose numbers count `unit`.
pub(crate) fn counted(data_type: &str, unit: TimeUnit, since: &str) -> Guess {
    Guess { unit: Some(unit), ..guess(data_type, &format!("{unit} {since}")) }
}

/// Types whose texts are theirs alone.
pub(crate) fn plain_text_type(shape: &Shape, arrives_as: &str) -> Option<Guess> {
    let texts = &shape.texts;
    let all = |count: u64| count == texts.count;
    Some(if all(texts.uuid) {
        guess("uuid", arrives_as)
    } else if all(texts.date) {
        guess("date", "text, ISO 8601")
    } else if all(texts.time) {
        guess("time", "text, ISO 8601")
    } else if all(texts.timestamp) {
        match (texts.zoned, texts.unzoned) {
            (0, _) => guess("timestamp_ntz", "text, ISO 8601 without zone"),
            (_, 0) => guess("timestamp", "text, ISO 8601"),
            _ => doubtful("timestamp", "text, ISO 8601, some without zone", DECIDE_ZONE).about(QuestionKind::TimeZone),
        }
    } else if all(texts.json) && texts.json_structured * 2 >= texts.count {
        guess("json", arrives_as)
    } else if all(texts.hex) {
        guess("binary", "text, hexadecimal")
    } else {
        return None;
    })
}

/// A decimal with the scale that all texts have, else a number of any scale. One digit is no scale: numbers that are written
/// as short as they can be have one by chance.
pub(crate) fn decimal_text(shape: &Shape) -> Guess {
    let texts = &shape.texts;
    match texts.scales.iter().copied().collect::<Vec<_>>().as_slice() {
        [scale] if *scale > 1 => {
            let precision = (texts.whole_digits + DIGITS_TO_COME + scale).clamp(12.max(*scale), 38);
            guess(format!("decimal({precision},{scale})"), "text, number")
        }
        _ => guess("numeric", "text, number"),
    }
}

/// The type that the texts of a CSV column, or of a text column in Parquet, look like.
pub(crate) fn of_text_column(shape: &Shape) -> Guess {
    let texts = &shape.texts;
    if texts.count == 0 {
        return without_value();
    }
    if let Some(guess) = plain_text_type(shape, "text") {
        return guess;
    }
    if texts.boolean == texts.count {
        return guess("boolean", "text");
    }
    if texts.whole == texts.count {
        // A few small numbers say nothing of those to come.
        let data_type = match texts.whole_digits {
            _ if texts.long == texts.count => "bigint",
            0..=38 => "decimal(38,0)",
            _ => "numeric",
        };
        return guess(data_type, "text, number");
    }
    if texts.decimal == texts.count {
        return decimal_text(shape);
    }
    if texts.decimal + texts.float_word == texts.count {
        return guess("double", "text, number");
    }
    if texts.array == texts.count {
        return hinted("array<string>", "text, array literal", "Type of the elements");
    }
    if texts.grouped > 0 && texts.grouped + texts.decimal == texts.count {
        return hinted("string", "text, numbers in groups", DECIDE_GROUPS);
    }
    if texts.written_date == texts.count {
        return hinted("string", "text, dates", DECIDE_DATES);
    }
    if texts.exponent > 0 && texts.exponent + texts.decimal + texts.float_word == texts.count {
        return hinted("string", "text, numbers", DECIDE_EXPONENT);
    }
    guess("string", "text")
}

/// The type of a column of Parquet or Avro, where it is not text.
pub(crate) fn of_columns(data_type: &arrow::datatypes::DataType) -> Option<Guess> {
    use arrow::datatypes::DataType as D;
    Some(match data_type {
        D::Boolean => guess("boolean", "boolean"),
        D::Int8 | D::UInt8 | D::Int16 => guess("smallint", "number"),
        D::UInt16 | D::Int32 => guess("int", "number"),
        D::UInt32 | D::Int64 => guess("bigint", "number"),
        D::UInt64 => guess("decimal(20,0)", "number"),
        D::Float16 | D::Float32 => guess("float", "number"),
        D::Float64 => guess("double", "number"),
        D::Decimal32(p, s) | D::Decimal64(p, s) | D::Decimal128(p, s) => {
            guess(format!("decimal({p},{})", (*s).max(0)), "decimal")
        }
        D::Decimal256(..) => guess("numeric", "decimal"),
        D::Date32 | D::Date64 => guess("date", "date"),
        D::Time32(_) | D::Time64(_) => guess("time", "time"),
        D::Timestamp(_, Some(_)) => guess("timestamp", "timestamp"),
        D::Timestamp(_, None) => guess("timestamp_ntz", "timestamp"),
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => guess("binary", "bytes"),
        D::Map(entries, _) => match entries.data_type() {
            D::Struct(fields) => map_of(fields.get(1)?.data_type()),
            _ => return None,
        },
        D::Struct(_) => guess("json", "nested"),
        D::List(item) | D::LargeList(item) | D::FixedSizeList(item, _) => list_of(item.data_type()),
        _ => return None,
    })
}

/// A list of plain values by their type, as far as the elements of an array can have it; others keep their JSON.
fn list_of(values: &arrow::datatypes::DataType) -> Guess {
    if values.is_nested() {
        return guess("json", "nested");
    }
    let element = of_columns(values).map(|guess| guess.data_type);
    let is_plain = |element: &String| {
        matches!(element.as_str(), "boolean" | "smallint" | "int" | "bigint" | "float" | "double" | "date")
            || element.starts_with("decimal")
    };
    let element = element.filter(is_plain).unwrap_or_else(|| "string".to_owned());
    guess(format!("array<{element}>"), "list")
}

/// The type of a column that files have with two types: one that holds the values of both.
pub(crate) fn joined(one: Guess, other: Guess) -> Guess {
    const WHOLE: [&str; 3] = ["smallint", "int", "bigint"];
    let (a, b) = (one.data_type.as_str(), other.data_type.as_str());
    let width = |name: &str| WHOLE.iter().position(|known| *known == name);
    let is_number = |name: &str| {
        width(name).is_some() || matches!(name, "float" | "double" | "numeric") || name.starts_with("decimal")
    };
    match (width(a), width(b)) {
        _ if a == b => one,
        (Some(of_one), Some(of_other)) => {
            if of_one >= of_other {
                one
            } else {
                other
            }
        }
        _ if matches!((a, b), ("float", "double") | ("double", "float")) => guess("double", "number"),
        _ if is_number(a) && is_number(b) => guess("numeric", "numbers of several types"),
        _ => of_several_types(),
    }
}

/// The type of a column whose values have nothing in common.
pub(crate) fn of_several_types() -> Guess {
    hinted("string", "values of several types", "Its type differs from file to file; text holds all of them")
}

/// A map of values of a column's type; those that are nested keep their JSON.
fn map_of(values: &arrow::datatypes::DataType) -> Guess {
    let plain = if values.is_nested() { "json" } else { "string" };
    let values = of_columns(values).map_or_else(|| plain.to_owned(), |guess| guess.data_type);
    guess(format!("map<string, {values}>"), "map")
}

/// The kind of personal data that a column's name or values suggest.
pub(crate) fn personal(name: &str, shape: &Shape) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let kinds: [(&str, &[&str]); 7] = [
        ("e-mail address", &["email", "e_mail"]),
        ("name of a person", &["full_name", "first_name", "last_name", "surname", "firstname", "lastname"]),
        ("date of birth", &["birth", "dob"]),
        ("telephone number", &["phone", "mobile", "fax"]),
        ("address", &["address", "street", "postcode", "zip_code", "postal"]),
        ("identity number", &["ssn", "passport", "tax_id", "national_id"]),
        ("account number", &["iban", "card_number", "account_number"]),
    ];
    let by_name = kinds.iter().find(|(_, hints)| hints.iter().any(|hint| name.contains(hint)));
    if let Some((kind, _)) = by_name {
        return Some((*kind).to_owned());
    }
    let values = shape.texts.count;
    (values > 0 && shape.emails * 2 > values).then(|| "e-mail address".to_owned())
}

/// Whether a type is one that a contract accepts as it is.
pub(crate) fn is_settled(data_type: &str) -> bool {
    data_type.parse::<ColumnType>().is_ok()
}
