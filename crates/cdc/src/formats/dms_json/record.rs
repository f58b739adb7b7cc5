//! The members of a record, as raw JSON.

use crate::formats::json::source_table::{SourceNames, of_raw};
use crate::text::json_fields::{each_member, members, not_null, string};
use serde_json::Value;
use std::borrow::Cow;

/// What stands before the name of a column for its value before the change.
pub(super) const BEFORE: &str = "BI_";

/// A record, `null` left out.
pub(super) struct Record<'a> {
    pub(super) data: Option<&'a str>,
    pub(super) operation: Option<&'a str>,
    /// It is about the table and has no row.
    pub(super) is_control: bool,
    /// The row before the change, where it is an object of its own.
    before: Option<&'a str>,
    names: [Option<&'a str>; 2],
    time: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// Reads a record; `None` if it is no JSON object or has no metadata.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let [data, metadata, before] = members(json, ["data", "metadata", "before-image"])?.map(not_null);
        let names = ["record-type", "operation", "schema-name", "table-name", "timestamp"];
        let [kind, operation, schema, table, time] = members(metadata?, names)?.map(not_null);
        let is_control = kind.and_then(string).is_some_and(|kind| kind == "control");
        let names = [schema, table];
        Some(Self { data, operation, is_control, before, names, time })
    }

    /// The table that it is of.
    pub(super) fn table(&self) -> SourceNames<'a> {
        let [schema, table] = self.names;
        of_raw([None, schema, table])
    }

    /// The text of its time, in UTC.
    pub(super) fn time(&self) -> Option<Cow<'a, str>> {
        string(self.time?)
    }

    /// The row before the change as an object: one of its own, or the members of the row whose names begin so.
    pub(super) fn former(&self) -> Option<Cow<'a, str>> {
        if let Some(before) = self.before {
            return Some(Cow::Borrowed(before));
        }
        let data = self.data.filter(|data| data.contains(BEFORE))?;
        let mut found = Vec::new();
        each_member(data, |name, raw| {
            let column = name.strip_prefix(BEFORE);
            found.extend(column.map(|column| format!("{}:{raw}", Value::from(column))));
        });
        (!found.is_empty()).then(|| Cow::Owned(format!("{{{}}}", found.join(","))))
    }
}

/// Whether a line is a record, or the front of one.
pub(super) fn is_record(line: &str) -> bool {
    match members(line, ["metadata"]) {
        Some([metadata]) => {
            let found = metadata.and_then(|metadata| members(metadata, ["record-type", "operation"]));
            found.is_some_and(|found| found.iter().all(Option::is_some))
        }
        None => line.contains("\"metadata\"") && line.contains("\"record-type\""),
    }
}
