//! Of which version a full snapshot is, where a column of its rows says it (`apply.from_snapshot.column`).

use super::context::TableContext;
use crate::RunError;
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use sluice_cdc::DecodedFile;
use sluice_change::{ChangeBatch, DAY_MICROS, Op, Reject, SourceFile};
use sluice_contract::{Contract, RecordNumber, SnapshotColumn};
use sluice_lake::{BatchManifest, correction_number};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The column that has the version; `None` where the path has it, or deliveries are changes.
pub(crate) fn version_column(contract: &Contract) -> Option<&SnapshotColumn> {
    contract.apply.from_snapshot.as_ref()?.column.as_ref()
}

/// The version of every event of a batch; `None` of a row without one.
///
/// # Errors
/// If the rows do not have the column, which would be a bug.
pub(super) fn versions_of_rows(changes: &ChangeBatch, column: &SnapshotColumn) -> Result<Vec<Option<u64>>, RunError> {
    let lacking = || RunError::Internal(format!("decoded rows lack the column {}", column.name));
    let values = changes.rows.column_by_name(&column.name).ok_or_else(lacking)?;
    let (numbers, factor) = match values.data_type() {
        DataType::Date32 => (cast(&cast(values, &DataType::Int32)?, &DataType::Int64)?, DAY_MICROS),
        DataType::Timestamp(..) => {
            let micros = cast(values, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            (cast(&micros, &DataType::Int64)?, 1)
        }
        _ => (cast(values, &DataType::Int64)?, 1),
    };
    let numbers = numbers.as_primitive_opt::<Int64Type>().ok_or_else(lacking)?;
    let version = |number: i64| u64::try_from(number.checked_mul(factor)?).ok();
    Ok(numbers.iter().map(|number| number.and_then(version)).collect())
}

/// Says in a decoded file of which version it is.
///
/// # Errors
/// [`RunError::Input`] with the rows if it has no version, or more than one.
pub(super) fn note_version(contract: &Contract, decoded: &mut DecodedFile) -> Result<(), RunError> {
    let Some(column) = version_column(contract) else { return Ok(()) };
    let path = decoded.changes.files.first().map(|file| file.path.clone()).unwrap_or_default();
    // What is wrong with the file itself is said of it there.
    if decoded.rejects.iter().any(|reject| reject.whole_file) && decoded.changes.ops.is_empty() {
        return Ok(());
    }
    let is_about = |reject: &&Reject| reject.reasons().any(|reason| reason.column.as_deref() == Some(&column.name));
    if let Some(reject) = decoded.rejects.iter().find(is_about) {
        let message = format!(
            "{path}, record {}: {} cannot be read, so it says no version",
            RecordNumber::of_row(reject.at.row),
            column.name
        );
        return Err(RunError::input(message, "Deliver the file again with one value in all rows"));
    }
    let version = one_version(contract, column, &path, &decoded.changes)?;
    if decoded.changes.files.iter().any(|file| file.snapshot.is_some_and(|taken| taken != version)) {
        let message =
            format!("{path} was written again with another version in {} since its batch was made", column.name);
        return Err(RunError::input(
            message,
            "Put the file back as it was, and deliver the new version under another name",
        ));
    }
    for file in &mut decoded.changes.files {
        file.snapshot = Some(version);
    }
    Ok(())
}

fn one_version(
    contract: &Contract,
    column: &SnapshotColumn,
    path: &str,
    changes: &ChangeBatch,
) -> Result<u64, RunError> {
    let name = &column.name;
    // A value of a column with personal data is not said.
    let is_personal = contract.column(name).is_some_and(|column| column.pii);
    let shown = |version: u64| match is_personal {
        true => "another value".to_owned(),
        false => column.version.name_of(version),
    };
    let row = |at: usize| RecordNumber::of_row(changes.refs.at(at).row);
    let is_row = |at: usize| changes.ops.get(at).is_some_and(|op| *op != Op::Delete);
    let mut first: Option<(usize, u64)> = None;
    for (at, version) in versions_of_rows(changes, column)?.into_iter().enumerate().filter(|(at, _)| is_row(*at)) {
        let Some(version) = version else {
            let message = format!("{path}, record {}: {name} is null or before 1970, so it says no version", row(at));
            return Err(RunError::input(message, "Deliver the file again with one value in all rows"));
        };
        match first {
            None => first = Some((at, version)),
            Some((_, known)) if known == version => {}
            Some((before, known)) => {
                let message = format!(
                    "{path} is no snapshot of one version: {name} is {} in record {} and {} in record {}",
                    shown(known),
                    row(before),
                    shown(version),
                    row(at)
                );
                let next = "Deliver each version in a file of its own; where rows of one snapshot differ, another column is \
                            its version";
                return Err(RunError::input(message, next));
            }
        }
    }
    first.map(|(_, version)| version).ok_or_else(|| {
        let message = format!("{path} has no row, so {name} does not say of which version it is");
        let next = "Remove the file; where an empty file means an empty table, name versions by their paths \
                    (apply.from_snapshot.files)";
        RunError::input(message, next)
    })
}

/// Refuses a file whose version another file has: whether it replaces that one or is a part beside it, nothing says.
///
/// # Errors
/// [`RunError::Input`] with both files.
pub(super) fn check_unique(
    context: &TableContext,
    claimed: &[Arc<BatchManifest>],
    file: &SourceFile,
) -> Result<(), RunError> {
    let Some(column) = version_column(&context.contract) else { return Ok(()) };
    let mut known = claimed.iter().flat_map(|manifest| &manifest.files);
    let same = known.find(|of| of.snapshot.is_some() && of.snapshot == file.snapshot && of.path != file.path);
    let Some(other) = same else { return Ok(()) };
    let message = format!("{} and {} have the same version in {}", other.path, file.path, column.name);
    let next = "Put the parts of a snapshot into one file, remove the one that was delivered twice, or deliver it again \
                under its former name";
    Err(RunError::input(message, next))
}

/// Refuses batches that were taken before their versions were in a column, or whose manifest is lost.
///
/// # Errors
/// [`RunError::Input`] with the first of them.
pub(super) fn check_taken(context: &TableContext, manifests: &[Arc<BatchManifest>]) -> Result<(), RunError> {
    let Some(column) = version_column(&context.contract) else { return Ok(()) };
    let lacks = |file: &&SourceFile| file.snapshot.is_none() && correction_number(&file.path).is_none();
    for manifest in manifests.iter().filter(|manifest| manifest.backfill.is_none()) {
        if let Some(file) = manifest.files.iter().find(lacks) {
            let message = format!(
                "Batch {} has {}, of which nothing says what its version in {} was when it was taken",
                manifest.batch, file.path, column.name
            );
            let next = "Go back to the former apply.from_snapshot, or give the table another name, which takes all files again";
            return Err(RunError::input(message, next));
        }
    }
    Ok(())
}

/// Versions that events have by their own rows and files by the ledger, compared.
///
/// # Errors
/// [`RunError::Input`] if a file was taken as another version than its rows say now.
pub(super) fn check_same(contract: &Contract, changes: &ChangeBatch) -> Result<(), RunError> {
    let Some(column) = version_column(contract) else { return Ok(()) };
    let mut seen: BTreeMap<u32, u64> = BTreeMap::new();
    for (at, version) in versions_of_rows(changes, column)?.into_iter().enumerate() {
        let file = changes.refs.at(at).file;
        if let (Some(version), true) = (version, changes.ops.get(at).is_some_and(|op| *op != Op::Delete)) {
            seen.entry(file).or_insert(version);
        }
    }
    for (at, version) in seen {
        let Some(file) = changes.files.get(at as usize) else { continue };
        if file.snapshot.is_some_and(|taken| taken != version) {
            let message = format!("{} was taken as another version than {} says now", file.path, column.name);
            let next = "Go back to the former column, type or time zone, or give the table another name, which takes all \
                        files again";
            return Err(RunError::input(message, next));
        }
    }
    Ok(())
}
