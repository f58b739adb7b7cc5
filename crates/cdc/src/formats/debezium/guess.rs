//! From JSON values of a column, or what a Kafka Connect schema says of it, to a type.

use super::connect_schema::Node;
use crate::profile::ColumnProfile;
use crate::profile::guess::{
    Guess, counted, decimal_text, doubtful, guess, hinted, is_settled, mysql_time_counted, plain_text_type,
    without_value,
};
use crate::profile::shape::Shape;
use crate::value::encoding::Encoding;
use sluice_contract::{BinaryText, QuestionKind, TimeUnit};

/// How bytes arrive in hexadecimal, and in base64.
const HEXADECIMAL: &str = "text, hexadecimal";
const BASE64: &str = "bytes, base64";
/// Digits from which on texts of hexadecimal letters are hexadecimal: of base64 a letter in four is one.
const HEX_DIGITS_CERTAIN: usize = 128;
/// What is left to people when decimals come without a scale.
pub(crate) const DECIDE_SCALE: &str =
    "The scale is not in the data, take it from the source table; if it holds bytes and no numbers, write binary";

/// How times of the day arrive that a schema describes.
const OF_DAY: &str = "number of the day";

/// Milliseconds of an hour.
const HOUR_MILLIS: i64 = 3_600_000;
const DECIDE_HUGE: &str = "Every digit is kept; take decimal(p,0) from the source table";
const DECIDE_MILLIS: &str = "By their size milliseconds since 1970; if they are plain numbers, bigint without unit";
const DECIDE_DAY: &str =
    "By their size microseconds of the day; if they are plain numbers or durations, bigint without unit";
const DECIDE_CLOCK: &str =
    "Add the line unit: milliseconds or unit: microseconds, the numbers can be both; plain numbers are int";
const DECIDE_INSTANT: &str = "By its name a time, and what its numbers count is not known: write timestamp_ntz and its unit \
                               (seconds, milliseconds, microseconds), or bigint if they are plain numbers";
const DECIDE_HEX: &str = "By their letters hexadecimal, but base64 is possible, too: check binary: hex in source";

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
        (_, "io.debezium.time.ZonedTime" | "io.debezium.time.IsoTime") => guess("time", "text, ISO 8601"),
        (_, "io.debezium.time.IsoDate") => guess("date", "text, ISO 8601"),
        (_, "io.debezium.time.IsoTimestamp") => guess("timestamp_ntz", "text, ISO 8601"),
        (Encoding::Count(TimeUnit::Days), _) => guess("date", "days since 1970"),
        (_, name) if name.ends_with("Timestamp") => guess("timestamp_ntz", "number since 1970"),
        (_, name) if name.ends_with("Time") => guess("time", OF_DAY),
        _ => match (node.kind.as_str(), &node.items) {
            ("boolean", _) => guess("boolean", "true or false"),
            ("int8" | "int16", _) => guess("smallint", "number"),
            ("int32", _) => guess("int", "number"),
            ("int64", _) => guess("bigint", "number"),
            ("uint64", _) => guess("decimal(20,0)", "number"),
            ("float" | "float32", _) => guess("float", "number"),
            ("double" | "float64", _) => guess("double", "number"),
            ("bytes", _) => guess("binary", "bytes, base64"),
            ("array", Some(items)) => guess(format!("array<{}>", of_schema(items).data_type), "list"),
            ("string", _) => guess("string", "text"),
            // A map whose keys are no texts is a list of pairs in JSON.
            ("map", _) if node.keys.as_ref().is_some_and(|keys| keys.kind == "string") => {
                let values =
                    node.values.as_ref().map_or_else(|| "json".to_owned(), |values| of_schema(values).data_type);
                guess(format!("map<string, {values}>"), "object")
            }
            _ => guess("json", "object"),
        },
    }
}

/// The same guess, of records of this connector: numbers of a `TIME` of MySQL are no times of the day.
pub(crate) fn by_connector(connector: Option<&str>, guess: Guess) -> Guess {
    let is_mysql = matches!(connector, Some("mysql" | "mariadb"));
    if !is_mysql || guess.data_type != "time" {
        return guess;
    }
    match (guess.unit, guess.open) {
        (None, false) if guess.arrives_as == OF_DAY => mysql_time_counted(TimeUnit::Microseconds),
        (Some(unit), false) => mysql_time_counted(unit),
        (unit, true) => Guess { data_type: "string".to_owned(), unit, ..guess },
        (None, false) => guess,
    }
}

/// The type that the JSON values of a column look like. Without a schema much is a guess, and what
/// cannot be known is left open.
pub(crate) fn of_json(name: &str, shape: &Shape) -> Guess {
    let values = shape.values();
    let whole = &shape.whole;
    let numbers = whole.count + shape.fractions + shape.huge;
    if values == 0 {
        return without_value();
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
    if shape.huge > 0 && whole.count + shape.huge == values {
        return hinted("numeric", "number", DECIDE_HUGE);
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
    let time_named =
        named(&["time", "_at", "date", "created", "updated", "changed", "modified", "_ts", "ts_", "seen", "valid"]);
    match whole.time_unit().filter(|_| !is_id) {
        Some(unit @ TimeUnit::Microseconds) => return counted("timestamp_ntz", unit, "since 1970"),
        Some(unit) if time_named => return counted("timestamp_ntz", unit, "since 1970"),
        // By their size alone numbers of seconds and nanoseconds are numbers like any other.
        Some(unit @ TimeUnit::Milliseconds) => {
            let guess = counted("timestamp_ntz", unit, "since 1970");
            return Guess { decide: Some(DECIDE_MILLIS.to_owned()), ..guess };
        }
        _ => {}
    }
    if !is_id && whole.long > 0 && whole.clock_like * 10 >= whole.count * 6 {
        let guess = counted("time", TimeUnit::Microseconds, "of the day");
        let is_clock =
            time_named || named(&["clock", "hour", "open", "clos", "start", "begin", "end", "from", "until"]);
        let doubt = Guess { decide: Some(DECIDE_DAY.to_owned()), open: true, ..guess.clone() };
        return if is_clock { guess } else { doubt.about(QuestionKind::Unit) };
    }
    // Hours in milliseconds; what is called a time and is shorter is a duration.
    let clock_named = name.to_ascii_lowercase().split('_').any(|word| matches!(word, "time" | "clock"));
    if !is_id && clock_named && whole.clock_millis == whole.count && whole.largest >= HOUR_MILLIS {
        return doubtful("time", "milliseconds or microseconds of the day", DECIDE_CLOCK).about(QuestionKind::Unit);
    }
    // Of no unit of this century: what it counts nobody knows, if it is a time.
    let instant_named = {
        let name = name.to_ascii_lowercase();
        ["_at", "_ts", "timestamp", "datetime"].iter().any(|ending| name.ends_with(ending))
    };
    if !is_id && instant_named && whole.largest > 0 && whole.time_unit().is_none() {
        return doubtful("bigint", "number", DECIDE_INSTANT);
    }
    // A column called date whose numbers are days of this time, and of nothing else that people count.
    let word =
        |word: &str| name.to_ascii_lowercase().split(|c: char| !c.is_ascii_alphabetic()).any(|part| part == word);
    if !is_id && word("date") && whole.day_today == whole.count {
        return guess("date", "days since 1970");
    }
    let day_named = named(&["date", "birth", "day", "launch", "_on", "expir", "since", "until"]);
    if !is_id && day_named && whole.day_like == whole.count {
        return doubtful("date", "number", "Whether it is days since 1970 or a plain number");
    }
    // How large the numbers of other rows are, those of a sample do not say.
    guess("bigint", "number")
}

fn of_texts(name: &str, shape: &Shape) -> Guess {
    let texts = &shape.texts;
    if let Some(guess) = plain_text_type(shape, "text") {
        return guess;
    }
    if texts.decimal == texts.count && texts.whole < texts.count {
        return decimal_text(shape);
    }
    // A double comes as a number, so a text that is none beside others is of a numeric.
    if texts.decimal > texts.whole && texts.decimal + texts.float_word == texts.count {
        return guess("numeric", "text, number");
    }
    let is_base64 = texts.base64 == texts.count && texts.base64_marked * 4 >= texts.count;
    if is_base64 && texts.unscaled == texts.count {
        let precision = texts.unscaled_digits.max(12);
        return doubtful(format!("decimal({precision},?)"), "bytes, base64", DECIDE_SCALE).about(QuestionKind::Scale);
    }
    let binary_named =
        ["raw", "blob", "bytes", "binary", "avatar", "attachment", "image", "photo", "hash", "signature"];
    let binary_named = binary_named.iter().any(|hint| name.contains(hint));
    if binary_named && texts.bare_hex == texts.count {
        // Real base64 has letters beyond F and of both cases.
        return match texts.base64 == texts.count && texts.bare_hex_digits < HEX_DIGITS_CERTAIN {
            true => doubtful("binary", HEXADECIMAL, DECIDE_HEX).about(QuestionKind::Binary),
            false => guess("binary", HEXADECIMAL),
        };
    }
    if is_base64 || (texts.base64 == texts.count && binary_named) {
        return guess("binary", BASE64);
    }
    guess("string", "text")
}

/// Whether the values of a column that no schema describes are decimals as people write them.
pub(crate) fn is_decimal_text(column: &ColumnProfile) -> bool {
    let guess = of_json(&column.name, &column.shape);
    column.by_schema.is_none() && guess.arrives_as == "text, number" && is_settled(&guess.data_type)
}

/// What the texts of bytes are that no schema describes; `None` where there are none, or of both kinds.
pub(crate) fn binary_text(columns: &[ColumnProfile]) -> Option<BinaryText> {
    let of = |column: &ColumnProfile| match of_json(&column.name, &column.shape).arrives_as.as_str() {
        HEXADECIMAL => Some(BinaryText::Hex),
        BASE64 => Some(BinaryText::Base64),
        _ => None,
    };
    let mut found = columns.iter().filter(|column| column.by_schema.is_none()).filter_map(of);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}
