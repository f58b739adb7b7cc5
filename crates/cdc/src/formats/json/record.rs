//! Records of JSON with the keys that are beside them.

use super::wrapping::with_key;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::text::json_fields::is_too_deep;
use sluice_change::{ReasonCode, RowRef};
use sluice_contract::limits;

/// Decodes a record, put together with its key where it needs one and there is one. Whether it does is for the record to
/// say and not for the contract, which may be another one when bronze is read again.
pub(super) fn decode_with_key(
    out: &mut Collector,
    at: RowRef,
    text: &str,
    lacks_key: fn(&str) -> bool,
    mut decode: impl FnMut(&mut Collector, RowRef, &str) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let key = if out.has_keys() && lacks_key(text) { out.key_of(at) } else { None };
    let Some(whole) = key.and_then(|key| with_key(text, &key)) else {
        return decode(out, at, text).map_err(|mut error| {
            if lacks_key(text) {
                error.detail.push_str("; the key: ");
                error.detail.push_str(&out.why_without_key(at));
            }
            error
        });
    };
    out.note_key();
    let outcome = if whole.len() > limits::ROW_BYTES_MAX {
        Err(RecordError::new(ReasonCode::RowTooLarge, format!("over {} MiB with its key", limits::ROW_BYTES_MAX >> 20)))
    } else if is_too_deep(whole.as_bytes(), limits::JSON_DEPTH_MAX) {
        Err(RecordError::new(ReasonCode::TooDeep, format!("deeper than {} with its key", limits::JSON_DEPTH_MAX)))
    } else {
        decode(out, at, &whole)
    };
    if outcome.is_err() {
        out.keep_with_key(whole);
    }
    outcome
}
