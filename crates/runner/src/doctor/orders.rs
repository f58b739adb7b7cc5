//! What orders the events, where not all of them have it.

use super::found::{Found, Place};
use sluice_api::FindingCode;
use std::collections::BTreeMap;

/// Events that lack what orders the others. Positions of two kinds cannot be compared, so nothing follows from them.
pub(super) fn other_orders(found: &mut Found, mut orders: BTreeMap<String, Vec<(Place, u64)>>) {
    let events = |files: &Vec<(Place, u64)>| files.iter().map(|(_, count)| count).sum::<u64>();
    let Some(usual) = orders.iter().max_by_key(|(_, files)| events(files)).map(|(order, _)| order.clone()) else {
        return;
    };
    orders.remove(&usual);
    if orders.is_empty() {
        return;
    }
    for (order, files) in orders {
        for (place, count) in files {
            let detail = format!("{count} events lack what orders the others ({usual}), and have only {order}");
            found.note_many(FindingCode::MissingSeq, place, count, detail, "");
        }
    }
    let because = "positions of two kinds cannot be compared; see MISSING_SEQ";
    for code in [
        FindingCode::SeqConflict,
        FindingCode::OrderGoesBack,
        FindingCode::PositionsRestart,
        FindingCode::UnknownRow,
        FindingCode::LateAfterDelete,
        FindingCode::LostUpdate,
    ] {
        found.withdraw(code, because);
    }
}
