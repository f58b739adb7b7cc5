//! Whether a line is a Debezium envelope.

use crate::text::json_fields::{members, not_null};

/// Whether it is an envelope, or begins like one.
pub(super) fn is_envelope(line: &str) -> bool {
    let Some([payload, schema]) = members(line, ["payload", "schema"]) else { return begins_like_one(line) };
    let record = not_null(payload).filter(|_| schema.is_some()).unwrap_or(line);
    let found = members(record, ["op", "source", "before", "after"]);
    found.is_some_and(|[op, image @ ..]| op.is_some() && image.iter().any(Option::is_some))
}

fn begins_like_one(line: &str) -> bool {
    let begins = |name: &str| line.get(1..).is_some_and(|rest| rest.trim_start().starts_with(name));
    begins("\"schema\"") || begins("\"before\"") || (begins("\"after\"") && line.contains("\"source\""))
}
