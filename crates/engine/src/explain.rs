//! Which event of a key won each column, and why each other one did not.
//!
//! The rows are those that the merge itself makes of the events ([`plan_from_nothing`]), so an explanation cannot tell
//! another story than silver.

use crate::error::EngineError;
use crate::ranges::plan_from_nothing;
use crate::rows::PlanSources;
use crate::silver::{COL_SEQ, SEQ, col_seq, text_column};
use arrow::array::{Array, RecordBatch};
use sluice_change::{ChangeBatch, EventSeq, Op};
use sluice_contract::{Contract, Scd};
use std::collections::BTreeMap;

/// What became of an event; other events are named by their index among [`KeyExplanation::events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that it says is what the rows show.
    Applied,
    /// Some of its columns are shown, the newest of the others' is of that event.
    Partly(usize),
    /// A newer event took its place.
    Older(usize),
    /// It was delivered before.
    Duplicate(usize),
    /// Another event of its position won.
    Tie(usize),
    /// It is older than that delete or truncate.
    BeforeDelete(usize),
    /// A delete of a key that had no row.
    NothingToDelete,
    /// It changes no column whose changes are kept.
    NoNewVersion,
    /// The contract leaves its row out (`apply.keep`).
    LeftOut,
    /// It is of before the table begins (`source.from`).
    BeforeStart,
    /// Its record was dropped, or another text counts in its place.
    Dropped,
}

/// One event of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedEvent {
    /// Its change batch and its row there.
    pub at: (usize, usize),
    /// Its place in the order of the source.
    pub seq: EventSeq,
    /// What it does.
    pub op: Op,
    /// What became of it.
    pub outcome: Outcome,
    /// Columns of the contract, by position, whose value in a row is of this event.
    pub wins: Vec<u16>,
    /// Columns of the contract, by position, that it leaves out.
    pub absent: Vec<u16>,
}

/// All events of a key with the rows that they make.
#[derive(Clone, Debug)]
pub struct KeyExplanation {
    /// In the order of the source, the oldest first; deliveries of the same event in the order of the batches.
    pub events: Vec<OrderedEvent>,
    /// The rows of the key.
    pub rows: RecordBatch,
    /// Of every row, by column of the contract, the event that wrote it.
    pub writers: Vec<BTreeMap<u16, usize>>,
}

/// Tells what the events of one key make. `changes` are all events of the key, and the truncates of its table.
///
/// # Errors
/// [`EngineError`] when the changes are of another table.
pub fn explain_key(contract: &Contract, changes: &[ChangeBatch]) -> Result<KeyExplanation, EngineError> {
    let of_table = changes.iter().map(|batch| Ok(batch.clone().without_left_out()?.0));
    let of_table = of_table.collect::<Result<Vec<_>, EngineError>>()?;
    let plan = plan_from_nothing(contract, &of_table)?;
    let upserts = plan.merge.upserts;
    let sources = PlanSources { contract, existing: &[], changes: &of_table };
    let rows = upserts.build(sources, 0..upserts.num_rows())?;
    let mut events = ordered(changes);
    let first_of: BTreeMap<EventSeq, usize> = events
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, event)| event.op != Op::Dropped)
        .map(|(index, event)| (event.seq, index))
        .collect();
    let writers = writers(contract, &rows, &first_of)?;
    for (row, of_row) in writers.iter().enumerate() {
        for (&column, &event) in of_row {
            // A later version of the row shows the same value again.
            if !(row > 0 && events[event].wins.contains(&column)) {
                events[event].wins.push(column);
            }
        }
    }
    let outcomes: Vec<Outcome> = match contract.apply.scd {
        Scd::Type1 => latest_outcomes(&events, &first_of, &writers),
        Scd::Type2 | Scd::Append => version_outcomes(&events, &first_of, &rows)?,
    };
    for (event, outcome) in events.iter_mut().zip(outcomes) {
        event.outcome = outcome;
    }
    Ok(KeyExplanation { events, rows, writers })
}

fn ordered(changes: &[ChangeBatch]) -> Vec<OrderedEvent> {
    let mut events: Vec<OrderedEvent> = Vec::new();
    for (source, batch) in changes.iter().enumerate() {
        for (row, op) in batch.ops.iter().enumerate() {
            let absent = u32::try_from(row).ok().and_then(|row| batch.absent.get(&row)).cloned().unwrap_or_default();
            let seq = batch.seqs.at(row);
            events.push(OrderedEvent {
                at: (source, row),
                seq,
                op: *op,
                outcome: Outcome::Applied,
                wins: Vec::new(),
                absent,
            });
        }
    }
    events.sort_by_key(|event| event.seq);
    events
}

/// Of every row, the event that wrote each column.
fn writers(
    contract: &Contract,
    rows: &RecordBatch,
    first_of: &BTreeMap<EventSeq, usize>,
) -> Result<Vec<BTreeMap<u16, usize>>, EngineError> {
    let seqs = text_column(rows, SEQ)?;
    let col_seqs = rows.column_by_name(COL_SEQ).map(|_| text_column(rows, COL_SEQ)).transpose()?;
    let mut writers = Vec::with_capacity(rows.num_rows());
    for row in 0..rows.num_rows() {
        let seq = EventSeq::parse(seqs.value(row)).ok_or(EngineError::Sequence(SEQ))?;
        let older: BTreeMap<u16, Option<EventSeq>> = match col_seqs {
            Some(texts) if texts.is_valid(row) => col_seq::read(contract, texts.value(row))?,
            _ => BTreeMap::new(),
        };
        let mut of_row = BTreeMap::new();
        for (position, column) in (0_u16..).zip(&contract.columns) {
            if column.is_system() {
                continue;
            }
            let written_by = older.get(&position).copied().unwrap_or(Some(seq));
            if let Some(event) = written_by.and_then(|seq| first_of.get(&seq)) {
                of_row.insert(position, *event);
            }
        }
        writers.push(of_row);
    }
    Ok(writers)
}

/// Of a table with the latest row per key.
fn latest_outcomes(
    events: &[OrderedEvent],
    first_of: &BTreeMap<EventSeq, usize>,
    writers: &[BTreeMap<u16, usize>],
) -> Vec<Outcome> {
    let is_end = |event: &OrderedEvent| event.op.is_delete() || event.op == Op::Truncate;
    let newest_end = events.iter().rposition(is_end);
    let newest_end = newest_end.and_then(|index| first_of.get(&events[index].seq).copied());
    let newest_writer = writers.first().and_then(|of_row| of_row.values().max().copied());
    events
        .iter()
        .enumerate()
        .map(|(index, event)| {
            let first = first_of.get(&event.seq).copied().unwrap_or(index);
            if event.op == Op::Dropped {
                return Outcome::Dropped;
            }
            if first != index {
                return Outcome::Duplicate(first);
            }
            if event.op == Op::Early {
                return Outcome::BeforeStart;
            }
            let newer = || next_position_or_tie(events, index);
            if is_end(event) {
                if Some(index) == newest_end {
                    let had_row = events[..index].iter().any(|before| before.op.is_upsert());
                    return match newest_writer {
                        Some(writer) if writer > index => Outcome::Older(writer),
                        _ if event.op == Op::Filtered => Outcome::LeftOut,
                        _ if event.op == Op::Truncate || had_row => Outcome::Applied,
                        _ => Outcome::NothingToDelete,
                    };
                }
                return newer().unwrap_or(Outcome::Applied);
            }
            let provided = |column: &u16| !event.absent.contains(column);
            let newest_of_others = writers.first().into_iter().flatten();
            let newest_of_others = newest_of_others.filter(|(column, writer)| provided(column) && **writer != index);
            match (event.wins.is_empty(), newest_of_others.map(|(_, writer)| *writer).max()) {
                (false, None) => Outcome::Applied,
                (false, Some(other)) => Outcome::Partly(other),
                (true, _) => match newest_end {
                    Some(end) if end > index => Outcome::BeforeDelete(end),
                    _ => newer().unwrap_or(Outcome::Applied),
                },
            }
        })
        .collect()
}

/// The next event that is not the same one, and whether it has the same position.
fn next_position_or_tie(events: &[OrderedEvent], index: usize) -> Option<Outcome> {
    let event = &events[index];
    let next = events[index..].iter().position(|other| other.seq != event.seq && other.op != Op::Dropped)? + index;
    Some(if events[next].seq.ties_with(&event.seq) { Outcome::Tie(next) } else { Outcome::Older(next) })
}

/// Of a table with a row per version or per event.
fn version_outcomes(
    events: &[OrderedEvent],
    first_of: &BTreeMap<EventSeq, usize>,
    rows: &RecordBatch,
) -> Result<Vec<Outcome>, EngineError> {
    let seqs = text_column(rows, SEQ)?;
    let shown: Vec<EventSeq> = (0..rows.num_rows()).filter_map(|row| EventSeq::parse(seqs.value(row))).collect();
    let outcome = |(index, event): (usize, &OrderedEvent)| {
        let first = first_of.get(&event.seq).copied().unwrap_or(index);
        if event.op == Op::Dropped {
            return Outcome::Dropped;
        }
        if first != index {
            return Outcome::Duplicate(first);
        }
        if shown.contains(&event.seq) {
            return Outcome::Applied;
        }
        let tie = next_position_or_tie(events, index)
            .filter(|outcome| matches!(outcome, Outcome::Tie(_)) && event.op != Op::Early);
        tie.unwrap_or(match event.op {
            Op::Delete | Op::Truncate if events[..index].iter().any(|before| before.op.is_upsert()) => Outcome::Applied,
            Op::Delete | Op::Truncate => Outcome::NothingToDelete,
            Op::Read | Op::Upsert | Op::SoftDelete => Outcome::NoNewVersion,
            Op::Filtered => Outcome::LeftOut,
            Op::Early => Outcome::BeforeStart,
            Op::Dropped => Outcome::Dropped,
        })
    };
    Ok(events.iter().enumerate().map(outcome).collect())
}

#[cfg(test)]
mod tests {
    use super::{Outcome, explain_key};
    use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
    use sluice_contract::Contract;
    use std::sync::Arc;

    const LATEST: &str = "dataset: a.b\nsource: {path: x/, format: debezium_json}\nschema:\n\
        - {name: id, type: bigint, primary_key: true}\n- {name: v, type: string}\n- {name: w, type: string}\n";

    fn batch(contract: &Arc<Contract>, events: &[(Op, u64, [Option<&str>; 2])]) -> ChangeBatch {
        let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
        for (row, (op, position, values)) in events.iter().enumerate() {
            let cell = |value: &Option<&'static str>| value.map_or(Cell::Absent, |text| Cell::Text(text.into()));
            let values: Vec<Option<&'static str>> =
                values.iter().map(|value| value.map(|text| &*text.to_owned().leak())).collect();
            builder.push(Event {
                at: RowRef { file: 0, row: row as u64, offset: 0 },
                op: *op,
                rank: 1,
                parts: [*position, 0, 0, 0, 0],
                cells: [Cell::Int(7)].into_iter().chain(values.iter().map(cell)).collect(),
                source_time_ms: None,
                record: String::new(),
            });
        }
        builder.finish().unwrap()
    }

    fn outcomes(contract: &str, events: &[(Op, u64, [Option<&str>; 2])]) -> Vec<Outcome> {
        let contract = Arc::new(Contract::parse(contract, "b.yaml").unwrap());
        let story = explain_key(&contract, &[batch(&contract, events)]).unwrap();
        story.events.iter().map(|event| event.outcome).collect()
    }

    #[test]
    fn events_that_the_contract_leaves_out_say_so() {
        use Op::Upsert;
        use Outcome::{Applied, BeforeDelete, BeforeStart, LeftOut, Older};
        let (kept, other) = ([Some("a"), Some("b")], [Some("x"), Some("b")]);
        let latest = LATEST.replace("schema:", "apply: {keep: \"v = 'a'\"}\nschema:");
        assert_eq!(outcomes(&latest, &[(Upsert, 1, kept), (Upsert, 2, other)]), [BeforeDelete(1), LeftOut]);
        assert_eq!(outcomes(&latest, &[(Upsert, 1, other), (Upsert, 2, kept)]), [Older(1), Applied]);
        let contract = Arc::new(Contract::parse(LATEST, "b.yaml").unwrap());
        let mut batch = batch(&contract, &[(Upsert, 2, kept), (Upsert, 1, other)]);
        batch.ops[1] = Op::Early;
        for text in [LATEST.to_owned(), LATEST.replace("schema:", "apply: {scd: 2, sequence: [source.lsn]}\nschema:")] {
            let contract = Contract::parse(&text, "b.yaml").unwrap();
            let story = explain_key(&contract, std::slice::from_ref(&batch)).unwrap();
            assert_eq!(story.events.iter().map(|event| event.outcome).collect::<Vec<_>>(), [BeforeStart, Applied]);
            assert_eq!(story.rows.num_rows(), 1);
        }
    }

    #[test]
    fn each_event_of_a_latest_row_says_why_it_counts_or_does_not() {
        use Op::{Delete, Upsert};
        use Outcome::{Applied, BeforeDelete, Duplicate, NothingToDelete, Older, Partly, Tie};
        let ab = [Some("a"), Some("b")];
        assert_eq!(outcomes(LATEST, &[(Upsert, 2, ab), (Upsert, 1, ab)]), [Older(1), Applied]);
        assert_eq!(outcomes(LATEST, &[(Upsert, 1, ab), (Upsert, 2, [Some("c"), None])]), [Partly(1), Applied]);
        assert_eq!(outcomes(LATEST, &[(Upsert, 1, ab), (Upsert, 1, ab)]), [Applied, Duplicate(0)]);
        let tied = outcomes(LATEST, &[(Upsert, 1, ab), (Upsert, 1, [Some("x"), Some("y")])]);
        assert_eq!(tied, [Tie(1), Applied]);
        assert_eq!(outcomes(LATEST, &[(Upsert, 1, ab), (Delete, 2, ab)]), [BeforeDelete(1), Applied]);
        assert_eq!(outcomes(LATEST, &[(Delete, 2, ab)]), [NothingToDelete]);
        let back = outcomes(LATEST, &[(Upsert, 1, ab), (Delete, 2, ab), (Upsert, 3, ab)]);
        assert_eq!(back, [BeforeDelete(1), Older(2), Applied]);
    }

    #[test]
    fn versions_are_of_the_events_that_made_them() {
        let history = format!("{LATEST}apply: {{scd: 2, sequence: [source.lsn]}}\n");
        let ab = [Some("a"), Some("b")];
        let events =
            [(Op::Upsert, 1, ab), (Op::Upsert, 2, ab), (Op::Upsert, 3, [Some("c"), Some("b")]), (Op::Delete, 4, ab)];
        let outcomes = outcomes(&history, &events);
        assert_eq!(outcomes[0], Outcome::Applied);
        assert_eq!((outcomes[2], outcomes[3]), (Outcome::Applied, Outcome::Applied));
    }

    /// The writer of every column is the newest event that provides it after the last delete.
    #[test]
    fn writers_agree_with_a_fold_by_hand() {
        let contract = Arc::new(Contract::parse(LATEST, "b.yaml").unwrap());
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..500 {
            let count = random.usize(1..8);
            let events: Vec<(Op, u64, [Option<&str>; 2])> = (0..count)
                .map(|_| {
                    let op = if random.u8(..4) == 0 { Op::Delete } else { Op::Upsert };
                    let mut value = || [None, Some("p"), Some("q")][random.usize(..3)];
                    let values = [value(), value()];
                    (op, random.u64(..6), values)
                })
                .collect();
            let story = explain_key(&contract, &[batch(&contract, &events)]).unwrap();
            let last_delete = story.events.iter().filter(|event| event.op == Op::Delete).map(|event| event.seq).max();
            for column in [1_u16, 2] {
                let provides = |event: &&super::OrderedEvent| {
                    event.op.is_upsert() && Some(event.seq) > last_delete && !event.absent.contains(&column)
                };
                let wanted = story.events.iter().filter(provides).map(|event| event.seq).max();
                let found = story.writers.first().and_then(|of_row| of_row.get(&column));
                assert_eq!(found.map(|event| story.events[*event].seq), wanted, "{events:?}");
            }
        }
    }
}
