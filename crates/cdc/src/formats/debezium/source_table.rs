//! Which table of the source a record is of.

use crate::formats::json::source_table::{self, SourceNames, UNSAID};
use crate::text::json_fields::members;
use std::borrow::Cow;

/// Names that `add.fields` gives them in a flattened row: of `table`, and of `source.table`.
const FLAT: [[&str; 4]; 2] = [
    ["__db", "__schema", "__table", "__collection"],
    ["__source_db", "__source_schema", "__source_table", "__source_collection"],
];

/// The names in raw JSON; `MongoDB` has a collection in the place of a table.
pub(crate) fn of_raw<'a>([db, schema, table, collection]: [Option<&'a str>; 4]) -> SourceNames<'a> {
    let table = if source_table::name(table).is_some() { table } else { collection };
    source_table::of_raw([db, schema, table])
}

/// The names in a flattened row, if it has them.
pub(crate) fn of_flat(row: &str) -> SourceNames<'_> {
    // Most rows have none, and looking for letters is cheaper than reading the row a second time.
    let asked = ["table\"", "collection\""].iter().any(|name| row.contains(name)) && row.contains("\"__");
    let found = FLAT.iter().filter(|_| asked).filter_map(|names| members(row, *names)).map(of_raw);
    found.into_iter().find(|names| names.iter().any(Option::is_some)).unwrap_or(UNSAID)
}

/// The name of the server in a flattened row, if it was added.
pub(crate) fn log_of_flat(row: &str) -> Option<Cow<'_, str>> {
    let asked = row.contains("\"__source_name\"") || row.contains("\"__name\"");
    let [of_source, plain] = members(row, ["__source_name", "__name"]).filter(|_| asked)?;
    source_table::name(of_source).or_else(|| source_table::name(plain))
}

#[cfg(test)]
mod tests {
    use super::{log_of_flat, of_flat};

    #[test]
    fn flattened_rows_say_their_server_where_it_was_added() {
        let name = |row| log_of_flat(row).map(std::borrow::Cow::into_owned);
        assert_eq!(name(r#"{"id":1,"__source_name":"shop"}"#).as_deref(), Some("shop"));
        assert_eq!(name(r#"{"id":1,"__name":"shop"}"#).as_deref(), Some("shop"));
        assert_eq!(name(r#"{"id":1,"name":"a","text":"__name"}"#), None);
    }

    #[test]
    fn flattened_rows_say_their_table_where_it_was_added() {
        let names = |row| of_flat(row).map(|name| name.map(std::borrow::Cow::into_owned).unwrap_or_default()).join("/");
        assert_eq!(names(r#"{"id":1,"__db":"shop","__table":"orders"}"#), "shop//orders");
        assert_eq!(names(r#"{"id":1,"__source_schema":"public","__source_table":"orders"}"#), "/public/orders");
        assert_eq!(names(r#"{"id":1,"__collection":"devices"}"#), "//devices");
        assert_eq!(names(r#"{"id":1,"table":"round","__op":"c"}"#), "//");
    }
}
