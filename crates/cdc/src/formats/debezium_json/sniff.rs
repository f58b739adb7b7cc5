//! Whether files look like Debezium envelopes.

use crate::files::json_lines;
use crate::format::{Likeness, SniffSample};
use crate::text::json_fields::{members, not_null};

/// Certain where a line is an envelope, or begins like one.
pub(super) fn sniff(sample: &SniffSample<'_>) -> Option<Likeness> {
    json_lines::first_lines(&sample.content).any(|line| is_envelope(&line)).then_some(Likeness::Certain)
}

fn is_envelope(line: &str) -> bool {
    let Some([payload, schema]) = members(line, ["payload", "schema"]) else { return begins_like_one(line) };
    let record = not_null(payload).filter(|_| schema.is_some()).unwrap_or(line);
    let found = members(record, ["op", "source", "before", "after"]);
    found.is_some_and(|[op, image @ ..]| op.is_some() && image.iter().any(Option::is_some))
}

fn begins_like_one(line: &str) -> bool {
    let begins = |name: &str| line.get(1..).is_some_and(|rest| rest.trim_start().starts_with(name));
    begins("\"schema\"") || begins("\"before\"") || (begins("\"after\"") && line.contains("\"source\""))
}
