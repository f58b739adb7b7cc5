//! How a value is written, as a schema says it.

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
    /// Days since 1970-01-01.
    Days,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
    /// An array of values of this encoding.
    Array(Box<Encoding>),
}
