//! Which table of the source a record is of.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::outcome::source_tables::{TableOf, TableParts};
use crate::text::json_fields::{not_null, string};
use sluice_change::ReasonCode;
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
