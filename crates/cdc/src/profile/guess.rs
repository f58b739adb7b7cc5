//! From the shape of a column to a type.

use super::shape::Shape;
use crate::value::encoding::{Encoding, Node};
use sluice_contract::ColumnType;

/// A proposed type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) data_type: String,
    pub(crate) arrives_as: String,
    pub(crate) decide: Option<String>,
}

/// What is left to people when decimals come without a scale.
pub(crate) const DECIDE_SCALE: &str = "The scale is not in the data, take it from the source table";

fn guess(data_type: impl Into<String>, arrives_as: &str) -> Guess {
    Guess { data_type: data_type.into(), arrives_as: arrives_as.to_owned(), decide: None }
}

fn doubtful(data_type: impl Into<String>, arrives_as: &str, decide: &str) -> Guess {
    Guess { decide: Some(decide.to_owned()), ..guess(data_type, arrives_as) }
}

/// The type that a Kafka Connect schema says.
pub(crate) fn of_schema(node: &Node) -> Guess {
    let name = node.name.as_deref().unwrap_or_default();
    let parameter = |name: &str| node.parameters.get(name).and_then(|text| text.parse::<u8>().ok());
    match (node.encoding(), name) {
        (Encoding::Decimal(scale), _) => {
            let precision = parameter("connect.decimal.precision").unwrap_or(38);
            match u8::try_from(scale).ok().filter(|scale| *scale <= precision && precision <= 38) {
                Some(scale) => guess(format!("decimal({precision},{scale})"), "bytes, base64, with scale"),
                None => guess("numeric", "bytes, base64, with scale"),
            }
        }
        (_, "io.debezium.data.VariableScaleDecimal") => guess("numeric", "scale and bytes"),
        (_, "io.debezium.data.Uuid") => guess("uuid", "text"),
        (_, "io.debezium.data.Json") => guess("json", "text"),
        (_, "io.debezium.time.ZonedTimestamp") => guess("timestamp", "text, ISO 8601"),
        (_, "io.debezium.time.ZonedTime") => guess("time", "text, ISO 8601"),
        (Encoding::Days, _) => guess("date", "days since 1970"),
        (_, name) if name.ends_with("Timestamp") => guess("timestamp_ntz", "number since 1970"),
        (_, name) if name.ends_with("Time") => guess("time", "number of the day"),
        _ => match (node.kind.as_str(), &node.items) {
            ("boolean", _) => guess("boolean", "true or false"),
            ("int8" | "int16", _) => guess("smallint", "number"),
            ("int32", _) => guess("int", "number"),
            ("int64", _) => guess("bigint", "number"),
            ("float" | "float32", _) => guess("float", "number"),
            ("double" | "float64", _) => guess("double", "number"),
            ("bytes", _) => guess("binary", "bytes, base64"),
            ("array", Some(items)) => guess(format!("array<{}>", of_schema(items).data_type), "list"),
            ("string", _) => guess("string", "text"),
            _ => guess("json", "object"),
        },
    }
}

/// The type that the JSON values of a column look like. Without a schema much is a guess, and what
/// can not be known is left open.
pub(crate) fn of_json(name: &str, shape: &Shape) -> Guess {
    let values = shape.values();
    let whole = &shape.whole;
    let numbers = whole.count + shape.fractions;
    if values == 0 {
        return doubtful("string", "nothing but nulls", "No value in the sample, take the type from the source table");
    }
    if shape.booleans == values {
        return guess("boolean", "true or false");
    }
    if shape.scaled > 0 && shape.scaled + numbers == values {
        return guess("numeric", "scale and bytes");
    }
    if shape.lists == values {
        let element = shape.element.as_deref().filter(|element| element.values() > 0);
        let element = element.map_or_else(|| "string".to_owned(), |element| of_json(name, element).data_type);
        let element = if element.starts_with("array") || element.contains('?') { "json".to_owned() } else { element };
        return guess(format!("array<{element}>"), "list");
    }
    if shape.objects > 0 || shape.lists > 0 {
        return guess("json", "object");
    }
    if numbers > 0 && numbers + shape.texts.float_word == values && (shape.fractions > 0 || shape.texts.float_word > 0)
    {
        return guess("double", "number");
    }
    if whole.count == values {
        return of_whole(name, shape);
    }
    if shape.texts.count == values { of_texts(name, shape) } else { guess("string", "text and numbers") }
}

fn of_whole(name: &str, shape: &Shape) -> Guess {
    let whole = &shape.whole;
    let named = |hints: &[&str]| hints.iter().any(|hint| name.to_ascii_lowercase().contains(hint));
    let is_id = name == "id" || name.ends_with("_id");
    if !is_id && whole.time_like * 10 >= whole.count * 7 {
        return guess("timestamp_ntz", "microseconds since 1970");
    }
    if !is_id && whole.long > 0 && whole.clock_like * 10 >= whole.count * 6 {
        return guess("time", "microseconds of the day");
    }
    let day_named = named(&["date", "birth", "day", "launch", "_on", "expir", "since", "until"]);
    if !is_id && day_named && whole.day_like == whole.count {
        return doubtful("date", "number", "Whether it is days since 1970 or a plain number");
    }
    guess(if whole.long > 0 { "bigint" } else { "int" }, "number")
}

fn of_texts(name: &str, shape: &Shape) -> Guess {
    let texts = &shape.texts;
    if let Some(guess) = plain_text_type(shape, "text") {
        return guess;
    }
    if texts.decimal == texts.count && texts.whole < texts.count {
        return decimal_text(shape);
    }
    let is_base64 = texts.base64 == texts.count && texts.base64_marked * 4 >= texts.count;
    if is_base64 && texts.unscaled == texts.count {
        let precision = texts.unscaled_digits.max(12);
        return doubtful(format!("decimal({precision},?)"), "bytes, base64", DECIDE_SCALE);
    }
    let binary_named =
        ["raw", "blob", "bytes", "binary", "avatar", "attachment", "image", "photo", "hash", "signature"];
    if is_base64 || (texts.base64 == texts.count && binary_named.iter().any(|hint| name.contains(hint))) {
        return guess("binary", "bytes, base64");
    }
    guess("string", "text")
}

/// Types whose texts are theirs alone.
fn plain_text_type(shape: &Shape, arrives_as: &str) -> Option<Guess> {
    let texts = &shape.texts;
    let all = |count: u64| count == texts.count;
    Some(if all(texts.uuid) {
        guess("uuid", arrives_as)
    } else if all(texts.date) {
        guess("date", "text, ISO 8601")
    } else if all(texts.time) {
        guess("time", "text, ISO 8601")
    } else if all(texts.timestamp) {
        guess(if texts.zoned > 0 { "timestamp" } else { "timestamp_ntz" }, "text, ISO 8601")
    } else if all(texts.json) && texts.json_structured * 2 >= texts.count {
        guess("json", arrives_as)
    } else if all(texts.hex) {
        guess("binary", "text, hexadecimal")
    } else {
        return None;
    })
}

fn decimal_text(shape: &Shape) -> Guess {
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
        return doubtful("string", "nothing but nulls", "No value in the sample, take the type from the source table");
    }
    if let Some(guess) = plain_text_type(shape, "text") {
        return guess;
    }
    if texts.boolean == texts.count {
        return guess("boolean", "text");
    }
    if texts.whole == texts.count {
        let wide = texts.whole_digits > 9;
        return guess(if wide { "bigint" } else { "int" }, "text, number");
    }
    if texts.decimal == texts.count {
        return decimal_text(shape);
    }
    if texts.decimal + texts.float_word == texts.count {
        return guess("double", "text, number");
    }
    if texts.array == texts.count {
        return doubtful("array<string>", "text, array literal", "Type of the elements");
    }
    guess("string", "text")
}

/// The type of a Parquet column, where it is not text.
pub(crate) fn of_parquet(data_type: &arrow::datatypes::DataType) -> Option<Guess> {
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
        _ => return None,
    })
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
