//! The statements that a database is asked with, and the canonical texts of its values.

use super::address::Server;
use crate::reconcile::canonical::Canonical;
use crate::reconcile::ranges::{Division, RANGE_DIGITS, RowFilter, SAMPLE_DIGITS, SUM_DIGITS};

/// A name as the server quotes names.
pub(super) fn quoted(server: Server, name: &str) -> String {
    match server {
        Server::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        Server::MySql => format!("`{}`", name.replace('`', "``")),
    }
}

/// A text as the server quotes texts.
pub(super) fn literal(server: Server, text: &str) -> String {
    match server {
        Server::Postgres => format!("'{}'", text.replace('\'', "''")),
        Server::MySql => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
    }
}

/// The text by which rows are read, for columns of a type of the server; `None` if its values have no text that the
/// contract reads as the same values. Only types of which that is known are here.
pub(super) fn read_text(server: Server, data_type: &str, name: &str) -> Option<String> {
    let column = quoted(server, name);
    match server {
        Server::Postgres => match data_type {
            "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" | "bool" | "text" | "varchar" | "name"
            | "citext" | "uuid" | "json" | "jsonb" | "xml" | "date" | "time" | "timestamp" | "timestamptz" | "inet"
            | "cidr" | "macaddr" | "enum" => Some(format!("{column}::text")),
            // A cast would take the blanks at the end.
            "bpchar" => Some(format!("CASE WHEN {column} IS NOT NULL THEN format('%s', {column}) END")),
            "bytea" => Some(format!("'\\x' || encode({column}, 'hex')")),
            "array" => Some(format!("to_json({column})::text")),
            _ => None,
        },
        Server::MySql => match data_type {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "double" | "date" | "time"
            | "year" | "datetime" | "uuid" => Some(format!("CAST({column} AS CHAR)")),
            // The session is in UTC.
            "timestamp" => Some(format!("CONCAT({column}, 'Z')")),
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" | "json" => {
                Some(format!("CONVERT({column} USING utf8mb4)"))
            }
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
                Some(format!("CONCAT('\\\\x', LOWER(HEX({column})))"))
            }
            _ => None,
        },
    }
}

/// The canonical text of a column by SQL; `None` where the type of the server has none of the kind.
pub(super) fn canonical_text(server: Server, canonical: Canonical, data_type: &str, name: &str) -> Option<String> {
    let column = quoted(server, name);
    let is = |types: &[&str]| types.contains(&data_type);
    match (server, canonical) {
        (Server::Postgres, Canonical::Integer) => is(&["int2", "int4", "int8"]).then(|| format!("{column}::text")),
        (Server::Postgres, Canonical::Decimal) => {
            let whole = is(&["int2", "int4", "int8"]).then(|| format!("{column}::text"));
            whole.or_else(|| is(&["numeric"]).then(|| format!("trim_scale({column})::text")))
        }
        (Server::Postgres, Canonical::Boolean) => is(&["bool"]).then(|| format!("{column}::text")),
        (Server::Postgres, Canonical::Text) => {
            let texts = ["text", "varchar", "name", "citext", "enum", "inet", "cidr", "macaddr", "xml"];
            let text = match data_type {
                "bpchar" => Some(format!("format('%s', {column})")),
                _ => is(&texts).then(|| format!("{column}::text")),
            };
            text.map(|text| {
                format!("CASE WHEN {column} IS NOT NULL THEN octet_length({text})::text || ':' || {text} END")
            })
        }
        (Server::Postgres, Canonical::Days) => is(&["date"]).then(|| {
            format!("CASE WHEN isfinite({column}) THEN ({column} - DATE '1970-01-01')::text ELSE {column}::text END")
        }),
        (Server::Postgres, Canonical::Micros) => is(&["timestamp", "timestamptz"]).then(|| {
            format!(
                "CASE WHEN isfinite({column}) THEN (extract(epoch FROM {column}) * 1000000)::bigint::text \
                 ELSE {column}::text END"
            )
        }),
        (Server::Postgres, Canonical::Uuid) => is(&["uuid"]).then(|| format!("{column}::text")),
        (Server::Postgres, Canonical::Bytes) => is(&["bytea"]).then(|| format!("encode({column}, 'hex')")),
        (Server::Postgres, Canonical::Bits) => match data_type {
            "float8" => Some(format!("encode(float8send({column}), 'hex')")),
            "float4" => Some(format!("encode(float4send({column}), 'hex')")),
            _ => None,
        },
        (Server::MySql, Canonical::Integer) => is(&["tinyint", "smallint", "mediumint", "int", "bigint", "year"])
            .then(|| format!("CAST({column} AS CHAR)")),
        (Server::MySql, Canonical::Decimal) => match data_type {
            "decimal" => Some(format!(
                "IF(LOCATE('.', {column}) > 0, TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST({column} AS CHAR))), \
                 CAST({column} AS CHAR))"
            )),
            _ => is(&["smallint", "mediumint", "int", "bigint"]).then(|| format!("CAST({column} AS CHAR)")),
        },
        (Server::MySql, Canonical::Boolean) => is(&["tinyint"])
            .then(|| format!("CASE {column} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE CAST({column} AS CHAR) END")),
        (Server::MySql, Canonical::Text) => {
            let texts = ["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"];
            is(&texts).then(|| {
                let text = format!("CONVERT({column} USING utf8mb4)");
                format!("CONCAT(OCTET_LENGTH({text}), ':', {text})")
            })
        }
        (Server::MySql, Canonical::Days) => {
            is(&["date"]).then(|| format!("CAST(DATEDIFF({column}, '1970-01-01') AS CHAR)"))
        }
        (Server::MySql, Canonical::Micros) => is(&["datetime", "timestamp"])
            .then(|| format!("CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00.000000', {column}) AS CHAR)")),
        (Server::MySql, Canonical::Uuid) => {
            is(&["uuid", "char", "varchar"]).then(|| format!("LOWER(CONVERT({column} USING utf8mb4))"))
        }
        (Server::MySql, Canonical::Bytes) => is(&["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"])
            .then(|| format!("LOWER(HEX({column}))")),
        (Server::MySql, Canonical::Bits) => None,
    }
}

/// The canonical text of several columns together.
fn joined(server: Server, texts: &[&str]) -> String {
    match server {
        Server::Postgres => {
            let one = |text: &&str| format!("coalesce({text}, chr(30)) || chr(31)");
            texts.iter().map(one).collect::<Vec<_>>().join(" || ")
        }
        Server::MySql => {
            let one = |text: &&str| format!("COALESCE({text}, CHAR(30 USING utf8mb4)), CHAR(31 USING utf8mb4)");
            format!("CONCAT({})", texts.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The first digits of the MD5 of a text, as a number.
fn first_digits(server: Server, text: &str, digits: usize) -> String {
    match server {
        Server::Postgres => {
            format!("('x' || substr(md5({text}), 1, {digits}))::bit({})::bigint", 4 * digits)
        }
        Server::MySql => format!("CAST(CONV(SUBSTR(MD5({text}), 1, {digits}), 16, 10) AS UNSIGNED)"),
    }
}

/// Columns by their canonical texts.
#[derive(Clone, Debug)]
pub(super) struct Hashed {
    /// Texts of the key.
    pub(super) key: Vec<String>,
    /// Texts of the other columns.
    pub(super) others: Vec<String>,
    /// The key column as the server quotes it, for ranges of numbers.
    pub(super) number: Option<String>,
}

impl Hashed {
    fn key_text(&self, server: Server) -> String {
        joined(server, &self.key.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn range(&self, server: Server, division: &Division) -> String {
        match (division, &self.number, server) {
            (Division::Numbers { low, width }, Some(column), Server::Postgres) => {
                format!("({column}::bigint - ({low})) / {width}")
            }
            (Division::Numbers { low, width }, Some(column), Server::MySql) => {
                format!("(CAST({column} AS SIGNED) - ({low})) DIV {width}")
            }
            _ => first_digits(server, &self.key_text(server), RANGE_DIGITS),
        }
    }

    /// Range, rows, sum of their hashes.
    pub(super) fn sums(&self, server: Server, table: &str, division: &Division) -> String {
        let all: Vec<&str> = self.key.iter().chain(&self.others).map(String::as_str).collect();
        let hash = first_digits(server, &joined(server, &all), SUM_DIGITS);
        let range = self.range(server, division);
        format!("SELECT {range} AS sluice_range, count(*), sum({hash}) FROM {table} GROUP BY 1")
    }

    /// The condition of a filter; empty for all rows.
    pub(super) fn condition(&self, server: Server, filter: &RowFilter) -> String {
        match filter {
            RowFilter::All => String::new(),
            RowFilter::Sample(below) => {
                format!(" WHERE {} < {below}", first_digits(server, &self.key_text(server), SAMPLE_DIGITS))
            }
            RowFilter::Ranges(division, ranges) => match (division, &self.number) {
                // By the values themselves, so that an index may help.
                (Division::Numbers { low, width }, Some(column)) => {
                    let of_range = |range: &u32| {
                        let first = low.saturating_add(i64::from(*range).saturating_mul(*width));
                        format!("{column} BETWEEN {first} AND {}", first.saturating_add(width - 1))
                    };
                    format!(" WHERE {}", ranges.iter().map(of_range).collect::<Vec<_>>().join(" OR "))
                }
                _ => {
                    let list: Vec<String> = ranges.iter().map(u32::to_string).collect();
                    format!(" WHERE {} IN ({})", self.range(server, division), list.join(", "))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hashed, canonical_text, literal, quoted, read_text};
    use crate::reconcile::canonical::Canonical;
    use crate::reconcile::database::address::Server;
    use crate::reconcile::ranges::{Division, RowFilter};
    use std::collections::BTreeSet;

    #[test]
    fn names_and_texts_cannot_end_what_they_are_in() {
        assert_eq!(quoted(Server::Postgres, "a\"; DROP"), "\"a\"\"; DROP\"");
        assert_eq!(quoted(Server::MySql, "a`; DROP"), "`a``; DROP`");
        assert_eq!(literal(Server::MySql, "a\\' OR 1"), "'a\\\\'' OR 1'");
        assert_eq!(literal(Server::Postgres, "it's"), "'it''s'");
    }

    #[test]
    fn types_of_which_nothing_is_known_are_not_guessed() {
        for (server, data_type) in [
            (Server::Postgres, "interval"),
            (Server::Postgres, "money"),
            (Server::MySql, "float"),
            (Server::MySql, "bit"),
        ] {
            assert_eq!(read_text(server, data_type, "c"), None);
        }
        assert_eq!(canonical_text(Server::Postgres, Canonical::Integer, "numeric", "c"), None);
        assert_eq!(canonical_text(Server::MySql, Canonical::Bits, "double", "c"), None);
    }

    #[test]
    fn ranges_of_numbers_are_asked_by_the_key_itself() {
        let hashed = Hashed { key: vec!["k".into()], others: Vec::new(), number: Some("\"id\"".into()) };
        let ranges = RowFilter::Ranges(Division::Numbers { low: -10, width: 5 }, BTreeSet::from([0, 3]));
        let condition = hashed.condition(Server::Postgres, &ranges);
        assert_eq!(condition, " WHERE \"id\" BETWEEN -10 AND -6 OR \"id\" BETWEEN 5 AND 9");
        assert_eq!(hashed.condition(Server::Postgres, &RowFilter::All), "");
    }
}
