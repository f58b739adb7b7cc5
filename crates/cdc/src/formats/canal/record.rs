//! The members of a record, as raw JSON.

use super::kind::Kind;
use crate::formats::json::row::plain_text;
use crate::formats::json::source_table::{SourceNames, of_raw};
use crate::text::json_fields::{elements, members, not_null, string};
use std::borrow::Cow;

/// Members that can be a part of the position: the time of the source and that of Canal, the number of a batch, the
/// commit of a transaction of TiDB.
pub(super) const POSITION: [&str; 4] = ["es", "ts", "id", COMMIT];
const COMMIT: &str = "commitTs";
/// Words that statements begin with which change rows.
const CHANGING: [&str; 6] = ["insert", "update", "delete", "replace", "load", "merge"];

/// A record, `null` left out.
pub(super) struct Record<'a> {
    pub(super) kind: Option<&'a str>,
    pub(super) data: Option<&'a str>,
    pub(super) old: Option<&'a str>,
    /// `mysqlType`: names and types of MySQL.
    pub(super) types: Option<&'a str>,
    names: [Option<&'a str>; 2],
    is_ddl: bool,
    time: Option<&'a str>,
    written: Option<&'a str>,
    batch: Option<&'a str>,
    sql: Option<&'a str>,
    keys: Option<&'a str>,
    tidb: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// Reads a record; `None` if it is no JSON object.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let names = [
            "type",
            "data",
            "old",
            "mysqlType",
            "database",
            "table",
            "isDdl",
            "es",
            "ts",
            "id",
            "sql",
            "pkNames",
            "_tidb",
        ];
        let found = members(json, names)?.map(not_null);
        let [kind, data, old, types, database, table, is_ddl, time, written, batch, sql, keys, tidb] = found;
        let (names, is_ddl) = ([database, table], is_ddl == Some("true"));
        Some(Self { kind, data, old, types, names, is_ddl, time, written, batch, sql, keys, tidb })
    }

    /// What it is; `None` if Canal has no such record. A change of the schema may have a word of its own.
    pub(super) fn kind_of(&self, word: &str) -> Option<Kind> {
        Kind::of(word).or_else(|| self.is_ddl.then_some(Kind::Other))
    }

    /// The statement of a record that defines tables.
    pub(super) fn statement(&self) -> Option<Cow<'a, str>> {
        self.sql.filter(|_| self.is_ddl).and_then(string)
    }

    /// The table that it is of.
    pub(super) fn table(&self) -> SourceNames<'a> {
        let [database, table] = self.names;
        of_raw([database, None, table])
    }

    /// When the change happened, milliseconds since 1970.
    pub(super) fn time_ms(&self) -> Option<i64> {
        self.time?.parse().ok()
    }

    /// A part of its position.
    pub(super) fn part(&self, name: &str) -> Option<Cow<'a, str>> {
        let raw = match name {
            "es" => self.time,
            "ts" => self.written,
            "id" => self.batch,
            COMMIT => members(self.tidb?, [COMMIT]).and_then(|[commit]| not_null(commit)),
            _ => None,
        };
        raw.map(plain_text)
    }

    /// Whether it is a statement that changed rows which the record does not have.
    pub(super) fn is_changing_statement(&self) -> bool {
        let sql = self.sql.filter(|_| !self.is_ddl).and_then(string).unwrap_or_default();
        let begin = sql.trim_start().get(..7).unwrap_or_default().to_ascii_lowercase();
        CHANGING.iter().any(|word| begin.starts_with(word))
    }

    /// The key columns.
    pub(super) fn keys(&self) -> Vec<String> {
        let names = self.keys.and_then(elements).unwrap_or_default();
        names.into_iter().filter_map(|name| string(name).map(Cow::into_owned)).collect()
    }
}

/// Whether a line is a record, or the front of one.
pub(super) fn is_record(line: &str) -> bool {
    let Some([kind, is_ddl, data, old]) = members(line, ["type", "isDdl", "data", "old"]) else {
        return line.contains("\"isDdl\":") || (line.contains("\"mysqlType\":") && line.contains("\"data\":"));
    };
    let word = kind.and_then(string).unwrap_or_default();
    let has_rows = data.is_some_and(|data| data.starts_with('['));
    is_ddl.is_some_and(|raw| matches!(raw, "true" | "false"))
        || (has_rows && old.is_some() && Kind::of(&word).is_some())
}
