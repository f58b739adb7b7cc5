//! Events of one key at one position, where the contract does not let the content decide.

use crate::RunError;
use sluice_cdc::DecodedFile;
use sluice_change::{ChangeBatch, ReasonCode, Reject, RowRef};
use sluice_contract::{Contract, TiePolicy};
use sluice_engine::{losing_events, tie_conflict};

/// With `tie_policy: quarantine` the events that lose become rejects. Events that are decoded together
/// are compared with each other.
pub(crate) fn quarantine_losing_events(
    contract: &Contract,
    mut decoded: Vec<DecodedFile>,
) -> Result<Vec<DecodedFile>, RunError> {
    if contract.apply.tie_policy != TiePolicy::Quarantine {
        return Ok(decoded);
    }
    let losing = losing_events(contract, &changes(&decoded))?;
    for (source, file) in decoded.iter_mut().enumerate() {
        let of_file: Vec<usize> = losing.iter().filter(|(of, _)| *of == source).map(|(_, row)| *row).collect();
        if of_file.is_empty() {
            continue;
        }
        let mut keep = vec![true; file.changes.len()];
        for row in of_file {
            keep[row] = false;
            file.rejects.push(Reject {
                at: file.changes.refs.at(row),
                reason: ReasonCode::SeqConflict,
                column: None,
                detail: "another event of the key has the same position and counts as the later".to_owned(),
                // Not shortened: bronze has to keep the record as it came.
                raw: file.changes.records[row].clone(),
                whole_file: false,
            });
        }
        file.changes = file.changes.clone().filter(&keep)?;
    }
    Ok(decoded)
}

/// With `tie_policy: error`, why the table stops.
pub(crate) fn tie_error(contract: &Contract, decoded: &[DecodedFile]) -> Result<Option<String>, RunError> {
    if contract.apply.tie_policy != TiePolicy::Error {
        return Ok(None);
    }
    let changes = changes(decoded);
    let conflict = tie_conflict(contract, &changes)?;
    let place = |(source, at): (usize, RowRef)| {
        let path = changes[source].files.get(at.file as usize).map_or("", |file| file.path.as_str());
        format!("{path} row {}", at.row)
    };
    Ok(conflict.map(|conflict| {
        let (one, other) = (place(conflict.loser), place(conflict.winner));
        format!("two different events of one key have the same position: {one} and {other}")
    }))
}

fn changes(decoded: &[DecodedFile]) -> Vec<&ChangeBatch> {
    decoded.iter().map(|file| &file.changes).collect()
}
