//! Whether files look like flattened Debezium rows.

use super::members::{DELETED, OPERATION, POSITION, TIME};
use crate::files::json_lines;
use crate::format::{Likeness, SniffSample};
use crate::text::json_fields::{members, not_null};

/// Certain where a line has members that `add.fields` adds.
pub(super) fn sniff(sample: &SniffSample<'_>) -> Option<Likeness> {
    json_lines::first_lines(&sample.content).any(|line| is_flat(&line)).then_some(Likeness::Certain)
}

fn is_flat(line: &str) -> bool {
    let Some([payload, schema]) = members(line, ["payload", "schema"]) else {
        return [OPERATION, DELETED, TIME].iter().any(|name| line.contains(&format!("\"{name}\":")));
    };
    let record = not_null(payload).filter(|_| schema.is_some()).unwrap_or(line);
    members(record, [OPERATION, DELETED, TIME, POSITION]).is_some_and(|found| found.iter().any(Option::is_some))
}
