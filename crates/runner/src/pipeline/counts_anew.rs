//! The log of a source that counts from the beginning: its new changes lie before older ones by their position, and would
//! lose against them.

use sluice_change::{ChangeBatch, EventSeq};
use sluice_contract::{Contract, limits};
use sluice_lake::SourceMark;

/// A change: when it was made, in milliseconds since 1970, and its place in the log.
type Change = (i64, EventSeq);

/// Changes that are later than others.
struct Later {
    count: usize,
    highest: EventSeq,
}

/// Why batch `number` may not be merged, if its source counts anew in it; `before` is what silver has of the source.
/// Where `source.restarts` says what the batch is, nobody asks.
pub(super) fn counts_anew<'b>(
    contract: &Contract,
    number: u64,
    before: &SourceMark,
    batches: impl Iterator<Item = &'b ChangeBatch> + Clone,
) -> Option<String> {
    if !has_log_positions(contract) || contract.source.as_ref()?.restarts.contains_key(&number) {
        return None;
    }
    let changes = batches.flat_map(changes_of);
    let name = &contract.name;
    if let Some((last, Later { count, highest })) = after_before(before, changes.clone()) {
        return Some(format!(
            "{count} changes are newer than all before by their time, and their positions (up to {}) are before {}: the \
             log of the source of {name} counts anew, after a restore, on a new server or with a new slot. Write \
             source.restarts: {{{number}: position}} for its events to count as newer, {{{number}: reload}} if the batch \
             begins with all rows of the table, or {{{number}: same}} if the positions are right",
            highest.position(),
            last.position(),
        ));
    }
    let (last, Later { count, highest }) = inside(changes)?;
    Some(format!(
        "{count} of its changes are newer than the others by their time, and their positions (up to {}) are before {}: the \
         log of the source of {name} counts anew inside of the batch. Write source.restarts: {{{number}: same}} if the \
         positions are right. Else move the files of after the restart away, and the table's folders in bronze, silver and \
         _sluice/batches, too; replay the others, put the files back, and write `position` for the batch that they become",
        highest.position(),
        last.position(),
    ))
}

/// The changes of a batch that say their time.
fn changes_of(batch: &ChangeBatch) -> impl Iterator<Item = Change> + Clone + '_ {
    let events = batch.seqs.iter().zip(batch.source_times_ms.iter());
    events.filter(|(seq, _)| seq.is_change()).filter_map(|(seq, time)| Some((time?, seq)))
}

/// Whether events are ordered by places in the log of a database, and not by a column, which may count for each key.
fn has_log_positions(contract: &Contract) -> bool {
    let own = contract.source.as_ref().map(|source| source.format.default_sequence()).unwrap_or_default();
    let is_column = |part: &String| !own.contains(part) && contract.columns.iter().any(|column| column.name == *part);
    !contract.apply.sequence.iter().any(is_column)
}

/// The position before the batch, and the changes that are newer than all before it while all of them lie below that.
fn after_before(before: &SourceMark, changes: impl Iterator<Item = Change>) -> Option<(EventSeq, Later)> {
    let last = EventSeq::parse(before.last.as_deref()?)?;
    let newer_from = before.newest_ms?.saturating_add(limits::RESTART_MILLISECONDS);
    let (mut count, mut highest) = (0, None);
    for (_, seq) in changes.filter(|(time, _)| *time > newer_from) {
        count += 1;
        highest = highest.max(Some(seq));
    }
    let highest = highest.filter(|highest| *highest < last)?;
    Some((last, Later { count, highest }))
}

/// The same inside of a batch: after a pause all changes lie below one from before it.
fn inside(changes: impl Iterator<Item = Change> + Clone) -> Option<(EventSeq, Later)> {
    let (mut newest, mut of_last): (i64, Option<Change>) = (i64::MIN, None);
    for change @ (time, seq) in changes.clone() {
        newest = newest.max(time);
        of_last = of_last.filter(|(_, last)| *last >= seq).or(Some(change));
    }
    // A log in order has its last change at the end, so a batch is sorted only where there is something to look for.
    if newest <= of_last?.0.saturating_add(limits::RESTART_MILLISECONDS) {
        return None;
    }
    let mut changes: Vec<Change> = changes.collect();
    changes.sort_unstable();
    // The highest position up to each change.
    let mut up_to: Vec<EventSeq> = changes.iter().map(|(_, seq)| *seq).collect();
    for at in 1..up_to.len() {
        up_to[at] = up_to[at].max(up_to[at - 1]);
    }
    let mut highest: Option<EventSeq> = None;
    let mut later: Option<(EventSeq, Later)> = None;
    for at in (1..changes.len()).rev() {
        let ((earlier, _), (time, seq)) = (changes[at - 1], changes[at]);
        highest = highest.max(Some(seq));
        let is_pause = time > earlier.saturating_add(limits::RESTART_MILLISECONDS);
        if let Some(highest) = highest.filter(|highest| is_pause && *highest < up_to[at - 1]) {
            later = Some((up_to[at - 1], Later { count: changes.len() - at, highest }));
        }
    }
    later
}

#[cfg(test)]
mod tests {
    use super::{Change, inside};
    use sluice_change::EventSeq;

    const HOUR: i64 = 3_600_000;

    fn change(hour: i64, position: u64) -> Change {
        (hour * HOUR, EventSeq::new(1, [position, 0, 0], true, 0))
    }

    fn later(changes: &[(i64, u64)]) -> Option<usize> {
        inside(changes.iter().map(|(hour, position)| change(*hour, *position))).map(|(_, later)| later.count)
    }

    #[test]
    fn changes_after_a_pause_that_all_lie_below_are_a_restart() {
        assert_eq!(later(&[(1, 900), (1, 901), (2, 902), (5, 1), (5, 2)]), Some(2));
        assert_eq!(later(&[(5, 1), (1, 900)]), Some(1), "in whatever order they come");
        assert_eq!(later(&[(1, 900), (1, 1), (1, 2)]), None, "without a pause nothing tells");
        assert_eq!(later(&[(1, 1), (3, 2), (5, 3)]), None);
        assert_eq!(later(&[(1, 900), (5, 1), (5, 901)]), None, "a long transaction among others");
        assert_eq!(later(&[(1, 900), (5, 1), (5, 901), (9, 2)]), Some(1));
        assert_eq!(later(&[(1, 7)]), None);
        assert_eq!(later(&[]), None);
    }
}
