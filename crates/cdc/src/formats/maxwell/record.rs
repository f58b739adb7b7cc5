//! The members of a record, as raw JSON.

use super::kind::Kind;
use crate::formats::json::row::plain_text;
use crate::formats::json::source_table::{SourceNames, of_raw};
use crate::text::json_fields::{elements, members, not_null, string};
use std::borrow::Cow;

/// Parts of the position: file and place in it of the binary log (`position`), and the row in its transaction.
pub(super) const POSITION: [&str; 3] = [FILE, PLACE, ROW];
const FILE: &str = "file";
const PLACE: &str = "pos";
const ROW: &str = "xoffset";
/// The last row of a transaction has no `xoffset`, but `commit`.
const LAST_ROW: &str = "9223372036854775807";

/// Why an encrypted row is not read.
pub(super) const ENCRYPTED: &str =
    "the row is encrypted, and Sluice has no key for it; let Maxwell write it without encrypt";

/// A record, `null` left out.
pub(super) struct Record<'a> {
    pub(super) kind: Option<&'a str>,
    pub(super) data: Option<&'a str>,
    pub(super) old: Option<&'a str>,
    pub(super) encrypted: Option<&'a str>,
    names: [Option<&'a str>; 2],
    time: Option<&'a str>,
    position: Option<&'a str>,
    row: Option<&'a str>,
    commit: Option<&'a str>,
    keys: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// Reads a record; `None` if it is no JSON object.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let names = [
            "type",
            "data",
            "old",
            "encrypted",
            "database",
            "table",
            "ts",
            "position",
            ROW,
            "commit",
            "primary_key_columns",
        ];
        let found = members(json, names)?.map(not_null);
        let [kind, data, old, encrypted, database, table, time, position, row, commit, keys] = found;
        let names = [database, table];
        Some(Self { kind, data, old, encrypted, names, time, position, row, commit, keys })
    }

    /// The table that it is of.
    pub(super) fn table(&self) -> SourceNames<'a> {
        let [database, table] = self.names;
        of_raw([database, None, table])
    }

    /// Its time, seconds since 1970 in records with a row, milliseconds in others.
    pub(super) fn time(&self) -> Option<u64> {
        self.time?.parse().ok()
    }

    /// A part of its position.
    pub(super) fn part(&self, name: &str) -> Option<Cow<'a, str>> {
        match name {
            ROW if self.row.is_none() && self.commit == Some("true") => Some(Cow::Borrowed(LAST_ROW)),
            ROW => self.row.map(plain_text),
            FILE => self.in_log().map(|(file, _)| file),
            PLACE => self.in_log().map(|(_, place)| place),
            _ => None,
        }
    }

    /// File and place of `binlog.000007:4711`.
    fn in_log(&self) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        match string(self.position?)? {
            Cow::Borrowed(text) => text.rsplit_once(':').map(|(file, place)| (file.into(), place.into())),
            Cow::Owned(text) => {
                text.rsplit_once(':').map(|(file, place)| (file.to_owned().into(), place.to_owned().into()))
            }
        }
    }

    /// The key columns, where Maxwell writes them.
    pub(super) fn keys(&self) -> Vec<String> {
        let names = self.keys.and_then(elements).unwrap_or_default();
        names.into_iter().filter_map(|name| string(name).map(Cow::into_owned)).collect()
    }
}

/// Whether a line is a record, or the front of one. Of a record that is encrypted as a whole nothing else is seen.
pub(super) fn is_record(line: &str) -> bool {
    let is_whole = |found: [Option<&str>; 2]| found.iter().all(Option::is_some);
    let is_kind = |raw: &str| string(raw).is_some_and(|word| Kind::of(&word).is_some());
    match members(line, ["database", "type", "encrypted"]) {
        Some([database, kind, encrypted]) => {
            let is_encrypted = || encrypted.and_then(|raw| members(raw, ["iv", "bytes"])).is_some_and(is_whole);
            (database.is_some() && kind.is_some_and(is_kind)) || is_encrypted()
        }
        None => {
            let kind = line.split_once("\"type\":").map(|(_, rest)| rest.trim_start());
            let word = kind.and_then(|rest| rest.strip_prefix('"')?.split('"').next());
            line.contains("\"database\":") && word.is_some_and(|word| Kind::of(word).is_some())
        }
    }
}
