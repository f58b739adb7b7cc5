//! Which table of the source a record is of.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::text::json_fields::{not_null, string};
use std::borrow::Cow;

/// Database, schema and table of a record.
pub(crate) type SourceNames<'a> = [Option<Cow<'a, str>>; 3];

/// The names of a record that does not say its table.
pub(crate) const UNSAID: SourceNames<'static> = [const { None }; 3];

/// The names in raw JSON. Without a table there are none.
pub(crate) fn of_raw<'a>([database, schema, table]: [Option<&'a str>; 3]) -> SourceNames<'a> {
    match name(table) {
        Some(table) => [name(database), name(schema), Some(table)],
        None => UNSAID,
    }
}

/// A name in raw JSON; none where it is null or empty.
pub(crate) fn name(raw: Option<&str>) -> Option<Cow<'_, str>> {
    not_null(raw).and_then(string).filter(|text| !text.is_empty())
}

/// Counts a record by its table; whether it is of another table than the contract's.
///
/// # Errors
/// `BAD_ENVELOPE` when the contract names a table and the record does not.
pub(crate) fn is_of_other(out: &mut Collector, names: &SourceNames<'_>) -> Result<bool, RecordError> {
    out.is_of_other_table(names.each_ref().map(Option::as_deref))
}
