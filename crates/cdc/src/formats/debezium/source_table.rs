//! Which table of the source a record is of.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::outcome::source_tables::{TableOf, TableParts};
use crate::text::json_fields::{members, not_null, string};
use sluice_change::ReasonCode;
use std::borrow::Cow;

/// Database, schema and table of a record.
pub(crate) type SourceNames<'a> = [Option<Cow<'a, str>>; 3];

/// Names that `add.fields` gives them in a flattened row: of `table`, and of `source.table`.
const FLAT: [[&str; 4]; 2] = [
    ["__db", "__schema", "__table", "__collection"],
    ["__source_db", "__source_schema", "__source_table", "__source_collection"],
];

/// The names in raw JSON; `MongoDB` has a collection in the place of a table. Without a table there are none.
pub(crate) fn of_raw<'a>([db, schema, table, collection]: [Option<&'a str>; 4]) -> SourceNames<'a> {
    let text = |raw: Option<&'a str>| not_null(raw).and_then(string).filter(|text| !text.is_empty());
    match text(table).or_else(|| text(collection)) {
        Some(table) => [text(db), text(schema), Some(table)],
        None => [const { None }; 3],
    }
}

/// The names in a flattened row, if it has them.
pub(crate) fn of_flat(row: &str) -> SourceNames<'_> {
    // Most rows have none, and looking for letters is cheaper than reading the row a second time.
    let asked = ["table\"", "collection\""].iter().any(|name| row.contains(name)) && row.contains("\"__");
    let found = FLAT.iter().filter(|_| asked).filter_map(|names| members(row, *names)).map(of_raw);
    found.into_iter().find(|names| names.iter().any(Option::is_some)).unwrap_or([const { None }; 3])
}

/// Counts a record by its table; whether it is of another table than the contract's.
///
/// # Errors
/// `BAD_ENVELOPE` when the contract names a table and the record does not.
pub(crate) fn is_of_other(out: &mut Collector, names: &SourceNames<'_>) -> Result<bool, RecordError> {
    let parts: TableParts<'_> = names.each_ref().map(Option::as_deref);
    match out.source_tables.note(parts) {
        TableOf::Contract => Ok(false),
        TableOf::Other => Ok(true),
        TableOf::Unsaid => {
            let detail = "the record does not say which table it is of, and the contract has source.table";
            Err(RecordError::new(ReasonCode::BadEnvelope, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of_flat;

    #[test]
    fn flattened_rows_say_their_table_where_it_was_added() {
        let names = |row| of_flat(row).map(|name| name.map(std::borrow::Cow::into_owned).unwrap_or_default()).join("/");
        assert_eq!(names(r#"{"id":1,"__db":"shop","__table":"orders"}"#), "shop//orders");
        assert_eq!(names(r#"{"id":1,"__source_schema":"public","__source_table":"orders"}"#), "/public/orders");
        assert_eq!(names(r#"{"id":1,"__collection":"devices"}"#), "//devices");
        assert_eq!(names(r#"{"id":1,"table":"round","__op":"c"}"#), "//");
    }
}
