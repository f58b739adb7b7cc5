//! Types of columns, in the words of the contract.

use crate::Mistake;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Type of a column. How it is stored in silver is said at each variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// `boolean`.
    Boolean,
    /// `smallint`, 16 bit signed.
    SmallInt,
    /// `int`, 32 bit signed.
    Int,
    /// `bigint`, 64 bit signed.
    BigInt,
    /// `float`, 32 bit.
    Float,
    /// `double`, 64 bit.
    Double,
    /// `decimal(precision,scale)`, precision 1 to 38, scale 0 to precision.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// `numeric`: a decimal of any precision; stored as text without exponent and trailing zeros.
    Numeric,
    /// `string`.
    String,
    /// `binary`.
    Binary,
    /// `date`, days since 1970-01-01.
    Date,
    /// `time` of day; stored as text `HH:MM:SS[.ffffff]`, because Delta has no such type.
    Time,
    /// `timestamp`: an instant, microseconds since 1970-01-01 UTC; infinity is the largest 64 bit
    /// number, minus infinity its negative.
    Timestamp,
    /// `timestamp_ntz`: date and time without a zone, microseconds; infinities as in `timestamp`.
    TimestampNtz,
    /// `uuid`; stored as lower-case text with hyphens.
    Uuid,
    /// `json`; stored as the text that the source printed.
    Json,
    /// `array<element>` of a type that is not an array.
    Array(Box<ColumnType>),
    /// `struct<name: type, …>`; members of the record that it does not name are left out.
    Struct(Vec<(String, ColumnType)>),
    /// `map<string, value>`: values by names that differ from row to row; keys are texts, in their order.
    Map(Box<ColumnType>),
}

/// Structs and maps inside of each other.
const STRUCT_DEPTH_MAX: usize = 8;
/// Fields of one struct.
const STRUCT_FIELDS_MAX: usize = 1_000;

impl ColumnType {
    /// Whether a value of type `from` always fits, so that a contract may go from `from` to `self`
    /// without a rewrite of the meaning.
    #[must_use]
    pub fn widens(&self, from: &Self) -> bool {
        use ColumnType as T;
        if self == from {
            return true;
        }
        match (from, self) {
            (T::SmallInt, T::Int | T::BigInt | T::Double)
            | (T::Int, T::BigInt | T::Double)
            | (T::Float, T::Double)
            | (T::Uuid | T::Json | T::Time | T::Numeric, T::String)
            | (T::Decimal { .. } | T::SmallInt | T::Int | T::BigInt, T::Numeric) => true,
            (T::Decimal { precision: p, scale: s }, T::Decimal { precision: q, scale: t }) => {
                t >= s && q - t >= p - s && q >= p
            }
            (T::Array(a), T::Array(b)) | (T::Map(a), T::Map(b)) => b.widens(a),
            (T::Struct(before), T::Struct(after)) => {
                before.iter().all(|(name, was)| after.iter().any(|(of, now)| of == name && now.widens(was)))
            }
            _ => false,
        }
    }

    /// The narrowest type that holds every value of both; `None` if there is none.
    #[must_use]
    pub fn wider_of(&self, other: &Self) -> Option<Self> {
        if self.widens(other) {
            return Some(self.clone());
        }
        if other.widens(self) {
            return Some(other.clone());
        }
        match (self, other) {
            (Self::Decimal { precision: p, scale: s }, Self::Decimal { precision: q, scale: t }) => {
                let scale = *s.max(t);
                let precision = (p - s).max(q - t) + scale;
                (precision <= 38).then_some(Self::Decimal { precision, scale })
            }
            _ => None,
        }
    }

    /// Whether values have parts with types of their own.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        match self {
            Self::Struct(_) | Self::Map(_) => true,
            Self::Array(element) => element.is_nested(),
            _ => false,
        }
    }

    /// Reads a type `depth` structs and maps deep.
    fn read(text: &str, depth: usize) -> Result<Self, Mistake> {
        let text = text.trim();
        if let Some(rest) = without_prefix(text, "array<") {
            let element = rest.strip_suffix('>').ok_or_else(|| {
                Mistake::new(format!("`{text}` lacks a closing `>`"), "Write for example array<string>")
            })?;
            let element = Self::read(element, depth)?;
            if matches!(element, Self::Array(_)) {
                return Err(Mistake::new("An array of arrays is not supported", "Write string and keep the text"));
            }
            return Ok(Self::Array(Box::new(element)));
        }
        if let Some(rest) = without_prefix(text, "struct<") {
            return structure(text, rest, depth).map(Self::Struct);
        }
        if let Some(rest) = without_prefix(text, "map<") {
            return map_value(text, rest, depth).map(|value| Self::Map(Box::new(value)));
        }
        Self::plain(text)
    }

    /// Whether values are numbers.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        matches!(
            self,
            Self::SmallInt
                | Self::Int
                | Self::BigInt
                | Self::Float
                | Self::Double
                | Self::Decimal { .. }
                | Self::Numeric
        )
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Int => f.write_str("int"),
            Self::BigInt => f.write_str("bigint"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Numeric => f.write_str("numeric"),
            Self::String => f.write_str("string"),
            Self::Binary => f.write_str("binary"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::TimestampNtz => f.write_str("timestamp_ntz"),
            Self::Uuid => f.write_str("uuid"),
            Self::Json => f.write_str("json"),
            Self::Array(element) => write!(f, "array<{element}>"),
            Self::Struct(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, of)| format!("{name}: {of}")).collect();
                write!(f, "struct<{}>", fields.join(", "))
            }
            Self::Map(value) => write!(f, "map<string, {value}>"),
        }
    }
}

impl FromStr for ColumnType {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text, 0)
    }
}

impl ColumnType {
    /// A type without parts.
    fn plain(text: &str) -> Result<Self, Mistake> {
        let lower = text.trim().to_ascii_lowercase();
        let (name, arguments) = match lower.split_once('(') {
            Some((name, rest)) => {
                let inner = rest
                    .strip_suffix(')')
                    .ok_or_else(|| Mistake::new(format!("`{text}` lacks a closing bracket"), DECIMAL))?;
                (name.trim(), Some(inner))
            }
            None => (lower.as_str(), None),
        };
        Ok(match (name, arguments) {
            ("boolean" | "bool", None) => Self::Boolean,
            ("smallint" | "short" | "int16" | "int2", None) => Self::SmallInt,
            ("int" | "integer" | "int32" | "int4", None) => Self::Int,
            ("bigint" | "long" | "int64" | "int8", None) => Self::BigInt,
            ("float" | "real" | "float32" | "float4", None) => Self::Float,
            ("double" | "float64" | "float8" | "double precision", None) => Self::Double,
            ("decimal" | "numeric", Some(inner)) => decimal(text, inner)?,
            ("numeric", None) => Self::Numeric,
            ("decimal", None) => {
                return Err(Mistake::new(
                    "decimal needs precision and scale",
                    "Write decimal(12,2), or numeric for any",
                ));
            }
            ("string" | "text" | "varchar" | "char", _) => Self::String,
            ("binary" | "bytes" | "bytea", None) => Self::Binary,
            ("date", None) => Self::Date,
            ("time", None) => Self::Time,
            ("timestamp" | "timestamptz" | "timestamp with time zone", None) => Self::Timestamp,
            ("timestamp_ntz" | "timestampntz" | "timestamp without time zone" | "datetime", None) => Self::TimestampNtz,
            ("uuid", None) => Self::Uuid,
            ("json" | "jsonb", None) => Self::Json,
            _ => {
                return Err(Mistake::new(
                    format!("`{text}` is not a type"),
                    "Use boolean, smallint, int, bigint, float, double, decimal(p,s), numeric, string, binary, date, \
                     time, timestamp, timestamp_ntz, uuid, json, array<type>, struct<name: type, …> or map<string, type>",
                ));
            }
        })
    }
}

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The fields of a struct behind `struct<`.
fn structure(text: &str, rest: &str, depth: usize) -> Result<Vec<(String, ColumnType)>, Mistake> {
    const EXAMPLE: &str = "Write for example struct<city: string, since: date>";
    let inner = rest.strip_suffix('>').ok_or_else(|| Mistake::new(format!("`{text}` lacks a closing `>`"), EXAMPLE))?;
    nested_once_more(depth)?;
    let mut fields: Vec<(String, ColumnType)> = Vec::new();
    for part in parts(inner) {
        let (name, data_type) = part
            .split_once(':')
            .ok_or_else(|| Mistake::new(format!("`{}` is no field of a struct", part.trim()), EXAMPLE))?;
        let name = name.trim();
        if name.is_empty()
            || name.contains(|c: char| {
                c.is_control() || matches!(c, ' ' | ',' | ';' | '{' | '}' | '(' | ')' | '=' | '<' | '>')
            })
        {
            return Err(Mistake::new(
                format!("`{name}` cannot be a field of a struct"),
                "Delta does not allow the name; write json",
            ));
        }
        if fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Err(Mistake::new(format!("The struct has `{name}` twice"), "Remove or rename one of them"));
        }
        fields.push((name.to_owned(), ColumnType::read(data_type, depth + 1)?));
    }
    if fields.is_empty() || fields.len() > STRUCT_FIELDS_MAX {
        let message = format!("A struct has 1 to {STRUCT_FIELDS_MAX} fields, this one has {}", fields.len());
        return Err(Mistake::new(message, EXAMPLE));
    }
    Ok(fields)
}

/// The type of the values of a map behind `map<`.
fn map_value(text: &str, rest: &str, depth: usize) -> Result<ColumnType, Mistake> {
    const EXAMPLE: &str = "Write for example map<string, int>";
    let inner = rest.strip_suffix('>').ok_or_else(|| Mistake::new(format!("`{text}` lacks a closing `>`"), EXAMPLE))?;
    let parts = parts(inner);
    let [key, value] = parts.as_slice() else {
        return Err(Mistake::new(format!("`{text}` does not name a type of keys and one of values"), EXAMPLE));
    };
    if ColumnType::plain(key)? != ColumnType::String {
        let fix = "Write map<string, …>: a key of another type is its text, and SQL casts it";
        return Err(Mistake::new(format!("`{}` cannot be the type of a map's keys", key.trim()), fix));
    }
    nested_once_more(depth)?;
    ColumnType::read(value, depth + 1)
}

/// Whether another struct or map may be inside of `depth` of them.
fn nested_once_more(depth: usize) -> Result<(), Mistake> {
    if depth < STRUCT_DEPTH_MAX {
        return Ok(());
    }
    let message = format!("More than {STRUCT_DEPTH_MAX} structs and maps inside of each other");
    Err(Mistake::new(message, "Write json for the inner parts"))
}

/// Parts between commas that are in no brackets.
fn parts(inner: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, letter) in inner.char_indices() {
        match letter {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        found.push(&inner[start..]);
    }
    found
}

/// What to do about a decimal that is not written as one.
const DECIMAL: &str = "Write decimal(12,2)";

fn decimal(text: &str, inner: &str) -> Result<ColumnType, Mistake> {
    let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
    let (precision, scale) = match parts.as_slice() {
        [p] => (*p, "0"),
        [p, s] => (*p, *s),
        _ => return Err(Mistake::new(format!("`{text}` has too many numbers"), DECIMAL)),
    };
    let precision: u8 = precision.parse().map_err(|_| Mistake::new(format!("`{text}` has no precision"), DECIMAL))?;
    let scale: u8 = scale.parse().map_err(|_| Mistake::new("Scale is missing", DECIMAL))?;
    if !(1..=38).contains(&precision) || scale > precision {
        let fix = "Precision is 1 to 38 and scale at most the precision";
        return Err(Mistake::new(format!("`{text}` is out of range"), fix));
    }
    Ok(ColumnType::Decimal { precision, scale })
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ColumnType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::ColumnType;

    #[test]
    fn every_type_reads_what_it_prints() {
        for text in [
            "boolean",
            "smallint",
            "int",
            "bigint",
            "float",
            "double",
            "decimal(12,2)",
            "numeric",
            "string",
            "binary",
            "date",
            "time",
            "timestamp",
            "timestamp_ntz",
            "uuid",
            "json",
            "array<string>",
            "array<decimal(5,1)>",
            "struct<City: string, at: struct<lat: double, tags: array<string>>, n: decimal(5,1)>",
            "array<struct<sku: string, qty: int>>",
            "map<string, decimal(5,1)>",
            "array<map<string, struct<n: int, of: map<string, array<date>>>>>",
        ] {
            let parsed: ColumnType = text.parse().unwrap();
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn a_wrong_type_names_a_fix() {
        let error = "decimal(12,?)".parse::<ColumnType>().unwrap_err();
        assert_eq!(error.to_string(), "Scale is missing. Write decimal(12,2)");
        assert!("money".parse::<ColumnType>().unwrap_err().fix.contains("decimal(p,s)"));
        assert!("array<array<int>>".parse::<ColumnType>().is_err());
        assert!("map<int, int>".parse::<ColumnType>().unwrap_err().fix.starts_with("Write map<string"));
        for text in ["map<string>", "map<string, int", "map", "map<string, int, int>", "map<string, array<array<int>>>"]
        {
            assert!(text.parse::<ColumnType>().is_err(), "{text}");
        }
        for text in ["struct<>", "struct<a>", "struct<a: int", "struct<a: int, A: int>", "struct<a b: int>"] {
            assert!(text.parse::<ColumnType>().is_err(), "{text}");
        }
        for open in ["struct<a: ", "map<string, "] {
            let deep = open.repeat(9) + "int" + &">".repeat(9);
            assert!(deep.parse::<ColumnType>().is_err());
        }
    }

    #[test]
    fn widening_never_loses_a_value() {
        let t = |s: &str| s.parse::<ColumnType>().unwrap();
        assert!(t("bigint").widens(&t("int")));
        assert!(!t("int").widens(&t("bigint")));
        assert!(t("decimal(12,2)").widens(&t("decimal(10,2)")));
        assert!(!t("decimal(12,4)").widens(&t("decimal(12,2)")));
        assert!(t("map<string, bigint>").widens(&t("map<string, int>")));
        assert!(!t("map<string, int>").widens(&t("map<string, bigint>")));
    }
}
