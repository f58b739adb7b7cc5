//! The members of a record, as raw JSON.

use crate::formats::json::row::plain_text;
use crate::formats::json::source_table::{SourceNames, UNSAID};
use crate::text::json_fields::{elements, members, not_null, string};
use std::borrow::Cow;

/// Members that can be a part of the position: the place in the trail, and two times.
pub(super) const POSITION: [&str; 3] = [PLACE, TIME, WRITTEN];
const PLACE: &str = "pos";
const TIME: &str = "op_ts";
const WRITTEN: &str = "current_ts";
/// Digits of a place in a trail: ten of its file, ten of the place in it. Some releases write more.
const PLACE_DIGITS: usize = 20;

/// Why a record without an image is not read.
pub(super) const BY_ROWS: &str = "neither before nor after: Oracle GoldenGate writes rows (format=json_row); let it write \
                                  operations (format=json)";

/// A record, `null` left out.
pub(super) struct Record<'a> {
    pub(super) op: Option<&'a str>,
    pub(super) before: Option<&'a str>,
    pub(super) after: Option<&'a str>,
    table: Option<&'a str>,
    place: Option<&'a str>,
    time: Option<&'a str>,
    written: Option<&'a str>,
    keys: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// Reads a record; `None` if it is no JSON object.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let names = ["op_type", "before", "after", "table", PLACE, TIME, WRITTEN, "primary_keys"];
        let [op, before, after, table, place, time, written, keys] = members(json, names)?.map(not_null);
        Some(Self { op, before, after, table, place, time, written, keys })
    }

    /// The table that it is of: `OWNER.TABLE`, or with a catalog before it.
    pub(super) fn table(&self) -> SourceNames<'a> {
        let Some(name) = self.table.and_then(string).filter(|name| !name.is_empty()) else { return UNSAID };
        let mut parts = name.rsplitn(3, '.').map(|part| Cow::Owned(part.to_owned()));
        let (table, schema, catalog) = (parts.next(), parts.next(), parts.next());
        [catalog, schema, table]
    }

    /// When the change was committed, as the source's clock shows it.
    pub(super) fn time(&self) -> Option<Cow<'a, str>> {
        string(self.time?)
    }

    /// A part of its position.
    pub(super) fn part(&self, name: &str) -> Option<Cow<'a, str>> {
        match name {
            PLACE => self.place.map(plain_text).map(|digits| match digits.len() {
                // So that places with and without zeros before them are in one order.
                len if len < PLACE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Cow::Owned(format!("{digits:0>PLACE_DIGITS$}"))
                }
                _ => digits,
            }),
            TIME => self.time.map(plain_text),
            WRITTEN => self.written.map(plain_text),
            _ => None,
        }
    }

    /// The key columns.
    pub(super) fn keys(&self) -> Vec<String> {
        let names = self.keys.and_then(elements).unwrap_or_default();
        names.into_iter().filter_map(|name| string(name).map(Cow::into_owned)).collect()
    }
}

/// Whether a line is a record, or the front of one.
pub(super) fn is_record(line: &str) -> bool {
    match members(line, ["op_type", PLACE, TIME]) {
        Some([op, place, time]) => op.is_some() && (place.is_some() || time.is_some()),
        None => line.contains("\"op_type\":") && line.contains("\"op_ts\":"),
    }
}
