//! How a value is written, as a schema says it.

use sluice_contract::{ColumnType, TimeUnit};

/// How a value is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// The schema says nothing beyond JSON's own types, or there is no schema.
    #[default]
    Unsaid,
    /// Text; a decimal is written as people write it.
    Text,
    /// `org.apache.kafka.connect.data.Decimal`: base64 of the unscaled number with this scale.
    Decimal(i32),
    /// A number of days or of parts of a second, since 1970 or of the day.
    Count(TimeUnit),
    /// Bytes, which JSON has as base64.
    Bytes,
    /// An array of values of this encoding.
    Array(Box<Encoding>),
    /// A struct whose fields have these encodings, by name.
    Struct(Vec<(String, Encoding)>),
    /// A map whose values have this encoding.
    Map(Box<Encoding>),
}

impl Encoding {
    /// The encoding of a field of a struct; what is not said of one is said of the whole.
    pub(crate) fn of_field(&self, fields: &[(String, ColumnType)], position: usize) -> &Self {
        match self {
            Self::Struct(known) => {
                let name = fields.get(position).map(|(name, _)| name);
                let found = known.iter().find(|(of, _)| Some(of) == name);
                found.map_or(&Self::Unsaid, |(_, encoding)| encoding)
            }
            other => other,
        }
    }

    /// The encoding of the values of a map; what is not said of them is said of the whole.
    pub(crate) fn of_values(&self) -> &Self {
        match self {
            Self::Map(values) => values,
            other => other,
        }
    }

    /// The unit of numbers, where the schema says one.
    pub(crate) fn unit(&self) -> Option<TimeUnit> {
        match self {
            Self::Count(unit) => Some(*unit),
            _ => None,
        }
    }
}
