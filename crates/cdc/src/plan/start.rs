//! `source.from` of a contract.

use super::names::Names;
use super::sequence::Sequence;
use crate::outcome::decode_error::DecodeError;
use crate::outcome::first_events::FirstEvents;
use sluice_contract::{Contract, Start};

/// The first events of a contract's table; `None` where every event is one. The rows of a backfill are older than all of
/// them, and wanted.
///
/// # Errors
/// A position that is none.
pub(crate) fn first_events(contract: &Contract) -> Result<Option<FirstEvents>, DecodeError> {
    let table = || contract.name.to_string();
    let start = contract.source.as_ref().filter(|_| contract.backfill.is_none()).map(|source| &source.from);
    Ok(match start {
        None | Some(Start::Beginning) => None,
        Some(Start::Now) => contract.started_ms.map(FirstEvents::Time),
        Some(Start::Time(millis)) => Some(FirstEvents::Time(*millis)),
        // Where the source started again its positions count anew, and all of them are of later.
        Some(Start::Position(_)) if contract.epoch.number > 0 => None,
        Some(Start::Position(text)) => {
            let mut names = Names::new(contract, |_| false);
            let sequence = Sequence::new(contract, &mut names, |_| true);
            let sequence = sequence.ok_or_else(|| DecodeError::LongSequence { table: table() })?;
            let mut texts = vec![None; contract.sequence().len()];
            texts.iter_mut().take(1).for_each(|first| *first = Some(text.as_str()));
            let numbers = sequence.numbers(&texts, true).map_err(|error| DecodeError::BadStart {
                table: table(),
                column: sequence.first_name().to_owned(),
                detail: error.detail,
            })?;
            // Rows of a snapshot at the position are before its changes, and of the table.
            Some(FirstEvents::Position(numbers.parts_marked(0)))
        }
    })
}
