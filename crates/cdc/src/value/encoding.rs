//! How a value is written, as a schema says it.

use sluice_contract::TimeUnit;

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
}

impl Encoding {
    /// The unit of numbers, where the schema says one.
    pub(crate) fn unit(&self) -> Option<TimeUnit> {
        match self {
            Self::Count(unit) => Some(*unit),
            _ => None,
        }
    }
}
