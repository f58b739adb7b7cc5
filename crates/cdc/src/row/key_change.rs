//! Records that change the key of their row.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use sluice_change::{Cell, Event, Op, ReasonCode};
use sluice_contract::KeyChange;

/// Keeps an event whose row had the key columns `former` before, as far as the record provides them. With another
/// key the contract decides: a delete of the former key at the same position besides, or none of it.
///
/// The delete has no record of its own, so that bronze keeps the record once.
///
/// # Errors
/// `KEY_CHANGED` if the contract does not allow it; a batch without room.
pub(crate) fn push(
    plan: &Plan,
    out: &mut Collector,
    event: Event<'_>,
    former: &[(usize, Cell<'_>)],
    content: u64,
) -> Result<(), RecordError> {
    check(plan, &event, former)?;
    if changed(&event, former).is_none() {
        return out.push(event, content);
    }
    let mut cells = vec![Cell::Null; event.cells.len()];
    for key in plan.contract.key_positions() {
        let provided = former.iter().find(|(position, _)| *position == key).map(|(_, cell)| cell);
        if let (Some(place), Some(cell)) = (cells.get_mut(key), provided.or_else(|| event.cells.get(key))) {
            *place = cell.clone();
        }
    }
    let delete = Event {
        at: event.at,
        op: Op::Delete,
        rank: event.rank,
        parts: event.parts,
        cells,
        source_time_ms: event.source_time_ms,
        record: String::new(),
    };
    out.push(delete, 0)?;
    out.push(event, content)
}

/// Whether the contract allows the key to change, if it did.
///
/// # Errors
/// `KEY_CHANGED`.
pub(crate) fn check(plan: &Plan, event: &Event<'_>, former: &[(usize, Cell<'_>)]) -> Result<(), RecordError> {
    match changed(event, former) {
        Some(position) if plan.contract.apply.key_change == KeyChange::Error => {
            let name = plan.contract.columns.get(position).map_or("", |column| column.name.as_str());
            Err(RecordError::of(name, ReasonCode::KeyChanged, "the row had another key before"))
        }
        _ => Ok(()),
    }
}

/// Position of the first key column that had another value before.
fn changed(event: &Event<'_>, former: &[(usize, Cell<'_>)]) -> Option<usize> {
    let differs = |(position, cell): &&(usize, Cell<'_>)| event.cells.get(*position) != Some(cell);
    former.iter().find(differs).filter(|_| event.op.is_upsert()).map(|(position, _)| *position)
}
