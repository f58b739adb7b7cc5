//! A name that the source dropped and gave to another column: records of before the new column are read by what the name
//! meant then.
//!
//! Records are decoded once for each time between two such columns, and each takes the result of its own time. The
//! position of a record does not depend on which of its values are columns, so every decoding agrees on the times.

use crate::outcome::decode_error::DecodeError;
use crate::outcome::decoded_file::DecodedFile;
use arrow::error::ArrowError;
use sluice_change::{ChangeBatch, Op, RowRef};
use sluice_contract::Contract;
use std::collections::HashSet;
use std::sync::Arc;

/// What `decode` makes of records, each by the contract of its time.
///
/// # Errors
/// Those of `decode`.
pub(crate) fn by_generation(
    contract: &Arc<Contract>,
    decode: impl Fn(&Arc<Contract>) -> Result<DecodedFile, DecodeError>,
) -> Result<DecodedFile, DecodeError> {
    let mut decoded = decode(contract)?;
    for start in contract.column_starts().into_iter().rev() {
        let older = decode(&Arc::new(contract.before(start)))?;
        decoded =
            with_older(decoded, older, start).map_err(|error| DecodeError::Internal { detail: error.to_string() })?;
    }
    Ok(decoded)
}

/// `newer`, with the records of before `start` as `older` has them. What is counted of a file's records is what the
/// present contract counts.
fn with_older(newer: DecodedFile, older: DecodedFile, start: &str) -> Result<DecodedFile, ArrowError> {
    let is_early = |changes: &ChangeBatch| -> Vec<bool> {
        changes.seqs.iter().map(|seq| seq.to_string().as_str() < start).collect()
    };
    let (newer_early, older_early) = (is_early(&newer.changes), is_early(&older.changes));
    if !newer_early.contains(&true) && !older_early.contains(&true) {
        return Ok(newer);
    }
    // Of a record that one of the two rejects, its event in the other says when it was. A truncate that stands for no
    // record has the place of another one.
    let mut before: HashSet<RowRef> = HashSet::new();
    for (changes, early) in [(&newer.changes, &newer_early), (&older.changes, &older_early)] {
        let events = changes.refs.iter().zip(&changes.ops).zip(early);
        before.extend(events.filter(|((_, op), early)| **early && **op != Op::Truncate).map(|((at, _), _)| at));
    }
    let late = newer.changes.filter(&newer_early.iter().map(|early| !early).collect::<Vec<_>>())?;
    let early = older.changes.filter(&older_early)?;
    let mut rejects = newer.rejects;
    rejects.retain(|reject| reject.whole_file || !before.contains(&reject.at));
    rejects.extend(older.rejects.into_iter().filter(|reject| !reject.whole_file && before.contains(&reject.at)));
    let files = late.files.clone();
    let no_rows = late.rows.slice(0, 0);
    let changes =
        ChangeBatch::joined(vec![early, late])?.unwrap_or_else(|| ChangeBatch::without_events(files, no_rows));
    let rows_in = changes.len() as u64 + rejects.iter().filter(|reject| !reject.whole_file).count() as u64;
    Ok(DecodedFile {
        changes,
        rejects,
        rows_in,
        tombstones: newer.tombstones,
        operations: newer.operations,
        drift: newer.drift,
        source_tables: newer.source_tables,
        other_tables: newer.other_tables,
        orders: newer.orders,
        logs: newer.logs,
        keys: newer.keys,
        source: newer.source,
    })
}
