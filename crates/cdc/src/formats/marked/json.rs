//! Rows as JSON objects, or in messages of the tool.

use super::row::MarkedRow;
use super::sample::{Sampled, read_row};
use super::tool::Tool;
use crate::formats::json;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::profile::Profile;
use crate::row::text_rows::decode_record_of;
use crate::text::json_fields::each_member;
use bytes::Bytes;
use sluice_change::RowRef;
use std::borrow::Cow;

/// The row of a record.
fn row_of(tool: &Tool, text: &str) -> Option<String> {
    (tool.open_message)(text)
}

/// Whether a line is a row of the tool, or the front of one.
pub(super) fn is_record(tool: &Tool, line: &str) -> bool {
    let row = row_of(tool, line).map_or(Cow::Borrowed(line), Cow::Owned);
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    match each_member(&row, |name, _| names.push(name)) {
        true => (tool.is_of)(&|name| names.iter().any(|known| known == name)),
        false => (tool.is_of)(&|name| line.contains(&format!("\"{name}\":"))),
    }
}

/// Decodes one record.
///
/// # Errors
/// Why it cannot become an event.
pub(super) fn decode(
    plan: &Plan,
    tool: &'static Tool,
    out: &mut Collector,
    at: RowRef,
    text: &str,
) -> Result<(), RecordError> {
    let row = row_of(tool, text).map_or(Cow::Borrowed(text), Cow::Owned);
    decode_record_of(plan, &MarkedRow { tool }, out, at, &row, text)
}

/// Reads a sample of a file.
pub(super) fn sample(profile: &mut Profile, tool: &'static Tool, path: &str, bytes: &Bytes, records_max: u64) {
    json::sample::read(profile, path, bytes, records_max, |profile, text| {
        let row = row_of(tool, text).map_or(Cow::Borrowed(text), Cow::Owned);
        let mut values: Vec<(Cow<'_, str>, Sampled<'_>)> = Vec::new();
        each_member(&row, |name, raw| values.push((name, Sampled::Json(raw)))).then_some(())?;
        let has = |name: &str| values.iter().any(|(known, _)| known == name);
        if !(tool.is_of)(&has) {
            return None;
        }
        read_row(profile, tool, &values)
    });
}
