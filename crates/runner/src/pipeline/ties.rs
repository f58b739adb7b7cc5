//! Events of one key at one position, where the contract does not let the content decide.

use crate::RunError;
use sluice_cdc::DecodedFile;
use sluice_change::{ChangeBatch, ReasonCode, Reject, RowRef};
use sluice_contract::{Contract, TiePolicy};
use sluice_engine::{losing_events, tie_conflict};
use std::sync::Arc;

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
        let (kept, rejects) = without_losing(&file.changes, source, &losing)?;
        file.rejects.extend(rejects);
        if let Some(kept) = kept {
            file.changes = kept;
        }
    }
    Ok(decoded)
}

/// An event that lost, with the path of its file.
pub(crate) type LostEvent = (String, Reject);

/// The same for events that are all those of their keys: what is left of them, and of each reject the path of its file.
pub(crate) fn quarantine_losing_changes(
    contract: &Contract,
    mut changes: Vec<ChangeBatch>,
) -> Result<(Vec<ChangeBatch>, Vec<LostEvent>), RunError> {
    let mut all = Vec::new();
    if contract.apply.tie_policy != TiePolicy::Quarantine {
        return Ok((changes, all));
    }
    let losing = losing_events(contract, &changes.iter().collect::<Vec<_>>())?;
    for (source, batch) in changes.iter_mut().enumerate() {
        let (kept, rejects) = without_losing(batch, source, &losing)?;
        let path = |reject: &Reject| batch.files.get(reject.at.file as usize).map_or("", |file| &file.path).to_owned();
        all.extend(rejects.into_iter().map(|reject| (path(&reject), reject)));
        if let Some(kept) = kept {
            *batch = kept;
        }
    }
    Ok((changes, all))
}

/// What is left of a batch without the losing events (batch and row, ascending), `None` if it has none; and those as
/// rejects.
fn without_losing(
    changes: &ChangeBatch,
    source: usize,
    losing: &[(usize, usize)],
) -> Result<(Option<ChangeBatch>, Vec<Reject>), RunError> {
    let from = losing.partition_point(|(of, _)| *of < source);
    let of_batch: Vec<usize> =
        losing.iter().skip(from).take_while(|(of, _)| *of == source).map(|(_, row)| *row).collect();
    if of_batch.is_empty() {
        return Ok((None, Vec::new()));
    }
    let mut keep = vec![true; changes.len()];
    let mut rejects = Vec::with_capacity(of_batch.len());
    for row in of_batch {
        keep[row] = false;
        rejects.push(Reject {
            at: changes.refs.at(row),
            reason: ReasonCode::SeqConflict,
            column: None,
            detail: "another event of the key has the same position and counts as the later".to_owned(),
            further: Arc::default(),
            // Not shortened: bronze has to keep the record as it came.
            raw: changes.records.get(row).cloned().unwrap_or_default(),
            whole_file: false,
        });
    }
    Ok((Some(changes.clone().filter(&keep)?), rejects))
}

/// With `tie_policy: error`, why the table stops.
pub(crate) fn tie_error(contract: &Contract, changes: &[&ChangeBatch]) -> Result<Option<String>, RunError> {
    if contract.apply.tie_policy != TiePolicy::Error {
        return Ok(None);
    }
    let conflict = tie_conflict(contract, changes)?;
    let place = |(source, at): (usize, RowRef)| {
        let path = changes[source].files.get(at.file as usize).map_or("", |file| file.path.as_str());
        format!("{path} row {}", at.row)
    };
    Ok(conflict.map(|conflict| {
        let (one, other) = (place(conflict.loser), place(conflict.winner));
        format!("two different events of one key have the same position: {one} and {other}")
    }))
}

/// The events of decoded files.
pub(crate) fn changes(decoded: &[DecodedFile]) -> Vec<&ChangeBatch> {
    decoded.iter().map(|file| &file.changes).collect()
}
