//! From the shape of a column to a type.

use super::shape::Shape;
use sluice_contract::{ColumnType, QuestionKind, TimeUnit};

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
}

impl Guess {
    /// What is to be decided is of this kind.
    pub(crate) fn about(self, about: QuestionKind) -> Self {
        Self { about, ..self }
    }
}

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

/// A decimal with the scale that all texts have, else a number of any scale.
pub(crate) fn decimal_text(shape: &Shape) -> Guess {
    let texts = &shape.texts;
    match texts.scales.iter().copied().collect::<Vec<_>>().as_slice() {
        [scale] => {
            let precision = (texts.whole_digits + scale).clamp(12.max(*scale), 38);
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
        let data_type = match texts.whole_digits {
            0..=9 => "int",
            _ if texts.long == texts.count => "bigint",
            10..=38 => "decimal(38,0)",
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
        D::Float32 => guess("float", "number"),
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
        _ => return None,
    })
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
