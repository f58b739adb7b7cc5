//! Corrective events for exactly the rows that differ.

use super::arrival::ReadPosition;
use super::report::{Found, Kind, kind};
use crate::RunError;
use crate::pipeline::repair_records::{RepairHead, behind};
use crate::support::column_texts::ColumnTexts;
use serde::de::IgnoredAny;
use sluice_api::Arrival;
use sluice_contract::{Column, Contract, Scd, folded_name};
use std::collections::BTreeMap;

/// Corrective events.
#[derive(Debug, Default)]
pub(crate) struct Repairs {
    pub(crate) records: Vec<String>,
    pub(crate) upserts: u64,
    pub(crate) deletes: u64,
    /// Rows that differ and are left as they are, because a change of them is under way.
    pub(crate) left: u64,
}

/// Who asks for a repair of what.
pub(crate) struct Asked {
    pub(crate) origin: String,
    pub(crate) by: String,
    pub(crate) at_ms: i64,
}

/// A column that is taken from folders and that a record does not have, with the key of the folders: a corrective event lies
/// in none.
fn folder_that_lacks<'c>(contract: &'c Contract, record: &str) -> Option<(&'c str, &'c str)> {
    let mut of_folders = contract.columns.iter().filter_map(|column| Some((column, column.from_folder.as_deref()?)));
    let first = of_folders.next()?;
    let members: BTreeMap<String, IgnoredAny> = serde_json::from_str(record).unwrap_or_default();
    let lacks =
        |(column, _): &(&Column, &str)| !members.keys().any(|name| folded_name(name) == folded_name(&column.name));
    std::iter::once(first).chain(of_folders).find(lacks).map(|(column, key)| (column.name.as_str(), key))
}

/// The corrective events of what was found. Their place is directly behind what silver has: they win against every event of
/// before, and lose against every later one.
///
/// # Errors
/// If rows of the table cannot be repaired, or what was read is older than silver.
pub(crate) fn repairs(contract: &Contract, found: &Found, asked: &Asked) -> Result<Repairs, RunError> {
    let refused = |why: &str, next: &str| Err(RunError::input(format!("{}: {why}", contract.name), next));
    if contract.apply.scd != Scd::Type1 {
        return refused(
            "rows of a table that keeps history or every event are not repaired by corrective events",
            "Ask the connector to send them again with --repair request",
        );
    }
    if contract.apply.from_snapshot.is_some() || !contract.sources.is_empty() {
        return refused(
            "a table of full snapshots or several sources is repaired by its source",
            "Deliver its files again",
        );
    }
    if found.sides.sampled.is_some() {
        return refused("a sample is not all that differs", "Leave --sample out");
    }
    let silver = found.positions.silver.unwrap_or_default();
    let seq = match &found.positions.read {
        None => {
            return refused(
                "the position of what it was compared with is not known, so newer changes could be overwritten",
                "Name the position of the rows with --position, or compare with the database itself",
            );
        }
        // Rows that silver has newer are left, and the others are of that position.
        Some(ReadPosition::Seq(read)) if found.positions.is_read_older() => *read,
        Some(ReadPosition::Log(_)) if found.positions.is_read_older() => {
            return refused(
                "what it was compared with is older than silver, so its rows are no correction",
                "Compare with the primary server, or name its position with --position",
            );
        }
        Some(_) => silver,
    };
    let head = RepairHead {
        seq: behind(seq).to_string(),
        format: found.sides.source.format,
        origin: asked.origin.clone(),
        position: found.position_read(),
        by: asked.by.clone(),
        at_ms: asked.at_ms,
    };
    let columns = found.key_columns(contract)?;
    let texts = columns.iter().map(|(_, column)| ColumnTexts::of(column)).collect::<Result<Vec<_>, _>>()?;
    let mut repairs = Repairs::default();
    for (row, (difference, arrival)) in found.all().enumerate() {
        if matches!(arrival, Arrival::NotArrived | Arrival::NewerInSilver) {
            repairs.left += 1;
            continue;
        }
        let record = match (kind(difference), difference.source) {
            (Kind::Missing | Kind::Different, Some(at)) => {
                repairs.upserts += 1;
                let record = found.sides.source.records.get(at).map(String::as_str).unwrap_or_default();
                if record.is_empty() {
                    return refused(
                        "its rows come from another table, which has no records of them",
                        "Repair that table",
                    );
                }
                if let Some((column, key)) = folder_that_lacks(contract, record) {
                    return refused(
                        &format!(
                            "column {column} is taken from folders {key}=, and the rows that would correct it do not have it"
                        ),
                        "Deliver the rows again in files of their folders",
                    );
                }
                head.with_row(record)?
            }
            _ => {
                repairs.deletes += 1;
                let key = columns.iter().zip(&texts);
                let key: Vec<(String, String)> =
                    key.map(|((name, _), texts)| (name.clone(), texts.text(row).unwrap_or_default())).collect();
                head.without_row(&key)?
            }
        };
        repairs.records.push(record);
    }
    Ok(repairs)
}
