//! How old the newest event in silver is, and what the contract allows.

use crate::silver::newest_time::is_possible;
use crate::{Clock, RunError};
use sluice_api::{TableFacts, Timeliness};
use sluice_contract::{Contract, duration_text};
use sluice_lake::{DeltaStore, HistoryEntry, Operation};

/// Commits that are looked at first: the newest event is in one of the last batches, unless all of those are late.
const LOOKED_AT_FIRST: usize = 64;

/// What a contract says to people.
pub(crate) fn facts_of(contract: &Contract) -> TableFacts {
    TableFacts {
        lag_seconds: None,
        sla: contract.sla.clone(),
        sla_seconds: contract.sla_seconds,
        owner: contract.owner.clone(),
        description: contract.description.clone(),
        size_class: Some(contract.size_class.as_str().to_owned()),
        ties: 0,
    }
}

/// Time of the newest event in silver, milliseconds since 1970; `None` if no event has a time.
pub(crate) async fn newest_source_time(silver: &DeltaStore) -> Result<Option<i64>, RunError> {
    for limit in [LOOKED_AT_FIRST, usize::MAX] {
        if let Some(newest) = newest_in(&silver.history(limit).await?) {
            return Ok(Some(newest));
        }
    }
    Ok(None)
}

fn newest_in(history: &[HistoryEntry]) -> Option<i64> {
    let times = history.iter().filter_map(|entry| entry.info.span.as_ref()?.newest_ms);
    times.filter(|millis| is_possible(*millis)).max()
}

/// Ties in the newest commits of silver, those since the last rebuild, which counts all of them again.
pub(crate) async fn recent_ties(silver: &DeltaStore) -> Result<u64, RunError> {
    let mut ties = 0;
    for entry in silver.history(LOOKED_AT_FIRST).await? {
        ties += entry.info.ledger.map_or(0, |ledger| ledger.ties);
        if entry.operation == Operation::Rebuild {
            break;
        }
    }
    Ok(ties)
}

/// Age of an event of that time; 0 for one of the future.
pub(crate) fn lag_seconds(newest_ms: Option<i64>, clock: &Clock) -> Option<u64> {
    newest_ms.map(|newest| u64::try_from(clock.now_ms().saturating_sub(newest) / 1_000).unwrap_or(0))
}

/// The lag beside the SLA, where the table is not known to be on time.
pub(crate) fn lag_note(facts: &TableFacts) -> Option<String> {
    let sla = facts.sla.as_deref().unwrap_or_default();
    match (facts.timeliness(), facts.lag_seconds) {
        (Timeliness::Late | Timeliness::Overdue, Some(lag)) => {
            Some(format!("{} behind source, SLA {sla}", duration_text(lag)))
        }
        (Timeliness::Unknown, _) => Some(format!("lag unknown, no event has a time; SLA {sla}")),
        _ => None,
    }
}
