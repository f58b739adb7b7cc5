//! Whether a line is a flattened Debezium row.

use super::members::{DELETED, OPERATION, POSITION, TIME};
use crate::text::json_fields::{members, not_null};

/// Whether it has members that `add.fields` adds.
pub(super) fn is_flat(line: &str) -> bool {
    let Some([payload, schema]) = members(line, ["payload", "schema"]) else {
        return [OPERATION, DELETED, TIME].iter().any(|name| line.contains(&format!("\"{name}\":")));
    };
    let record = not_null(payload).filter(|_| schema.is_some()).unwrap_or(line);
    members(record, [OPERATION, DELETED, TIME, POSITION]).is_some_and(|found| found.iter().any(Option::is_some))
}
