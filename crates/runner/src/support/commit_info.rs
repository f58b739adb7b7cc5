//! Reading the information of a commit.

use serde_json::{Map, Value};

/// A number in a commit's information.
pub(crate) fn info_u64(info: &Map<String, Value>, key: &str) -> Option<u64> {
    info.get(key).and_then(Value::as_u64)
}
