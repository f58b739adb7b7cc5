//! Events besides that of the row itself.

use crate::plan::Plan;
use sluice_change::{Cell, Event, EventSeq, Op};
use sluice_contract::Scd;

/// Whether the image before an update is a delete of its key just before the update, which matters where the update
/// changes the key. In a table with history it would end a version at every update, and where nulls are ignored it would
/// take the values that an update leaves out.
pub(super) fn takes_images_before(plan: &Plan) -> bool {
    let apply = &plan.contract.apply;
    apply.scd == Scd::Type1 && apply.ignore_nulls.is_none() && apply.update_columns.is_none()
}

/// The delete at the end of a version. If another one follows, that is newer.
pub(super) fn end_of<'a>(plan: &Plan, version: &Event<'a>, end: u64) -> Event<'a> {
    let is_key = |position: usize| plan.is_key.get(position).copied().unwrap_or(false);
    let cells = version.cells.iter().enumerate();
    Event {
        at: version.at,
        op: Op::Delete,
        rank: version.rank,
        parts: EventSeq::parts_of([end, 1]),
        cells: cells.map(|(position, cell)| if is_key(position) { cell.clone() } else { Cell::Null }).collect(),
        source_time_ms: version.source_time_ms,
        record: String::new(),
    }
}
