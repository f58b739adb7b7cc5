//! Which table of the source a record is of.

use crate::formats::json::source_table::{self, SourceNames, UNSAID};
use crate::text::json_fields::members;
use std::borrow::Cow;
use std::collections::BTreeMap;

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

/// The names in a flattened row, if it has them; `added` has those of its members that are not called as usual.
pub(crate) fn of_flat<'a>(row: &'a str, added: &BTreeMap<String, String>) -> SourceNames<'a> {
    if added.contains_key("table") || added.contains_key("collection") {
        let [usual, _] = FLAT;
        let fields = ["db", "schema", "table", "collection"].into_iter().zip(usual);
        let named: Vec<&str> = fields.map(|(field, name)| added.get(field).map_or(name, String::as_str)).collect();
        let named: [&str; 4] = named.try_into().unwrap_or(usual);
        return members(row, named).map_or(UNSAID, of_raw);
    }
    // Most rows have none, and looking for letters is cheaper than reading the row a second time.
    let asked = ["table\"", "collection\""].iter().any(|name| row.contains(name)) && row.contains("\"__");
    let found = FLAT.iter().filter(|_| asked).filter_map(|names| members(row, *names)).map(of_raw);
    found.into_iter().find(|names| names.iter().any(Option::is_some)).unwrap_or(UNSAID)
}

/// The name of the server in a flattened row, if it was added.
pub(crate) fn log_of_flat<'a>(row: &'a str, added: &BTreeMap<String, String>) -> Option<Cow<'a, str>> {
    if let Some(name) = added.get("name") {
        return source_table::name(members(row, [name.as_str()])?[0]);
    }
    let asked = row.contains("\"__source_name\"") || row.contains("\"__name\"");
    let [of_source, plain] = members(row, ["__source_name", "__name"]).filter(|_| asked)?;
    source_table::name(of_source).or_else(|| source_table::name(plain))
}

#[cfg(test)]
mod tests {
    use super::{log_of_flat, of_flat};
    use std::collections::BTreeMap;

    fn added(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
        fields.iter().map(|(field, name)| ((*field).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn flattened_rows_say_their_server_where_it_was_added() {
        let name = |row| log_of_flat(row, &added(&[])).map(std::borrow::Cow::into_owned);
        assert_eq!(name(r#"{"id":1,"__source_name":"shop"}"#).as_deref(), Some("shop"));
        assert_eq!(name(r#"{"id":1,"__name":"shop"}"#).as_deref(), Some("shop"));
        assert_eq!(name(r#"{"id":1,"name":"a","text":"__name"}"#), None);
        let named = log_of_flat(r#"{"id":1,"name":"a","cdc_name":"shop"}"#, &added(&[("name", "cdc_name")]));
        assert_eq!(named.as_deref(), Some("shop"));
    }

    #[test]
    fn flattened_rows_say_their_table_where_it_was_added() {
        let names = |row| {
            of_flat(row, &added(&[])).map(|name| name.map(std::borrow::Cow::into_owned).unwrap_or_default()).join("/")
        };
        assert_eq!(names(r#"{"id":1,"__db":"shop","__table":"orders"}"#), "shop//orders");
        assert_eq!(names(r#"{"id":1,"__source_schema":"public","__source_table":"orders"}"#), "/public/orders");
        assert_eq!(names(r#"{"id":1,"__collection":"devices"}"#), "//devices");
        assert_eq!(names(r#"{"id":1,"table":"round","__op":"c"}"#), "//");
        let named = of_flat(r#"{"id":1,"table":"round","cdc_table":"orders"}"#, &added(&[("table", "cdc_table")]));
        assert_eq!(named[2].as_deref(), Some("orders"));
    }
}
