//! Records of a format of JSON, with what is around them and the keys that are beside them.

use super::JsonFormat;
use super::wrapping::with_key;
use crate::files::json_lines;
use crate::format::RecordDecoder;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::text::json_fields::is_too_deep;
use sluice_change::{ReasonCode, RowRef};
use sluice_contract::limits;

/// Decodes records one by one.
pub(crate) fn decoder<F: JsonFormat>(plan: &Plan) -> RecordDecoder<'_> {
    let mut memory = F::Memory::default();
    Box::new(move |out, at, text| {
        json_lines::decode_record(out, at, text, |out, at, text| {
            decode_with_key::<F>(out, at, text, |out, at, text| decode::<F>(plan, &mut memory, out, at, text))
        })
    })
}

/// Decodes a record that may be inside of something.
fn decode<F: JsonFormat>(
    plan: &Plan,
    memory: &mut F::Memory,
    out: &mut Collector,
    at: RowRef,
    text: &str,
) -> Result<(), RecordError> {
    let Some(inner) = F::unwrap(text) else { return F::decode(plan, memory, out, at, text) };
    if inner == "null" {
        out.tombstone();
        return Ok(());
    }
    out.begin_wrapped(text);
    let outcome = F::decode(plan, memory, out, at, &inner);
    out.end_wrapped();
    outcome
}

/// Decodes a record, put together with its key where it needs one and there is one. Whether it does is for the record to
/// say and not for the contract, which may be another one when bronze is read again.
pub(crate) fn decode_with_key<F: JsonFormat>(
    out: &mut Collector,
    at: RowRef,
    text: &str,
    mut decode: impl FnMut(&mut Collector, RowRef, &str) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let key = if out.has_keys() && F::lacks_key(text) { out.key_of(at) } else { None };
    let Some(whole) = key.and_then(|key| with_key(text, &key)) else {
        return decode(out, at, text).map_err(|mut error| {
            if F::lacks_key(text) {
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
