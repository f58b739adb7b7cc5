//! A table that is planned one range of keys after the other is the table that is planned at once: rows, counts, and
//! what it remembers.
//!
//! Every case is generated from a seed that a failure prints; `SLUICE_SEED=n` replays it and
//! `SLUICE_CASES=n` sets how many cases run (256 by default).

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowLedger, RowRef};
use sluice_contract::Contract;
use sluice_engine::{
    ChunkKeys, HistoryChange, KeyEncoder, LateArrivalState, PlanSources, RangesLedger, SilverPlan, SortedChunk,
    key_ranges, merge_segments, plan_from_nothing, silver_schema, sorted_chunks, without_truncates,
};
use std::sync::Arc;

const KINDS: [&str; 4] = ["scd: 1", "scd: 2", "scd: append", "scd: 1, tombstone_retention: 30d"];

fn contract(kind: &str) -> Arc<Contract> {
    let text = format!(
        "dataset: a.b\nsource: {{path: x/, format: debezium_json}}\napply: {{{kind}, sequence: [source.lsn]}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: part, type: string, primary_key: true}}\n\
         - {{name: a, type: bigint}}\n- {{name: b, type: bigint}}\n- {{name: at, type: bigint}}\n"
    );
    Arc::new(Contract::parse(&text, "b.yaml").unwrap())
}

/// Events in no order, some twice, some at one position.
fn batch(contract: &Arc<Contract>, random: &mut fastrand::Rng) -> ChangeBatch {
    let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
    for row in 0..random.u64(0..40) {
        let op = match random.u8(..30) {
            0 => Op::Truncate,
            1..6 => Op::Delete,
            _ => Op::Upsert,
        };
        let key = random.i64(0..9);
        let keys = [Cell::Int(key - 4), Cell::Text(["", "x", "yy"][random.usize(..3)].into())];
        let [id, part] = if op == Op::Truncate { [Cell::Null, Cell::Null] } else { keys };
        let mut cell = || if random.u8(..4) == 0 { Cell::Absent } else { Cell::Int(random.i64(0..3)) };
        let (a, b) = (cell(), cell());
        let position = random.u64(1..40);
        builder.push(Event {
            at: RowRef { file: 0, row, offset: 0 },
            op,
            rank: 1,
            parts: [position, 0, 0, 0, 0],
            cells: vec![id, part, a, b, Cell::Absent],
            source_time_ms: Some(i64::try_from(position).unwrap()),
            record: String::new(),
        });
    }
    builder.finish().unwrap()
}

/// What a table is made of.
#[derive(Debug, PartialEq)]
struct Made {
    rows: RecordBatch,
    ledger: RowLedger,
    deletes: Option<RecordBatch>,
    history: Option<RecordBatch>,
}

/// Rows, the segment of deletes, and the events that no row shows.
fn parts(
    contract: &Contract,
    plan: SilverPlan,
    changes: &[ChangeBatch],
) -> (RecordBatch, Option<RecordBatch>, Option<HistoryChange>) {
    let sources = PlanSources { contract, existing: &[], changes };
    let rows = plan.merge.upserts.build(sources, 0..plan.merge.upserts.num_rows()).unwrap();
    let times = contract.apply.tombstone_retention.is_some();
    let segment = (!plan.merge.tombstones.is_empty())
        .then(|| plan.merge.tombstones.segment(&KeyEncoder::new(contract).unwrap(), changes, times).unwrap());
    (rows, segment, plan.history)
}

fn made(
    contract: &Contract,
    rows: &[RecordBatch],
    ledger: RowLedger,
    segments: &[RecordBatch],
    history: Vec<HistoryChange>,
) -> Made {
    let encoder = KeyEncoder::new(contract).unwrap();
    let state = HistoryChange::joined(history).unwrap().map(|change| {
        let mut state = LateArrivalState::default();
        state.apply(&encoder, &change).unwrap();
        state.to_batch(&encoder).unwrap()
    });
    Made {
        rows: concat_batches(&Arc::new(silver_schema(contract)), rows).unwrap(),
        ledger,
        deletes: (!segments.is_empty()).then(|| merge_segments(&encoder, segments).unwrap()),
        history: state,
    }
}

fn at_once(contract: &Contract, changes: &[ChangeBatch]) -> Made {
    let plan = plan_from_nothing(contract, changes).unwrap();
    let ledger = plan.merge.ledger;
    let (rows, segment, history) = parts(contract, plan, changes);
    made(contract, &[rows], ledger, &Vec::from_iter(segment), history.into_iter().collect())
}

/// The same in ranges, and how many there were.
fn in_ranges(contract: &Contract, changes: &[ChangeBatch], chunk_rows: usize, bytes: u64) -> (Made, usize) {
    let encoder = KeyEncoder::new(contract).unwrap();
    let (mut chunks, mut truncates): (Vec<SortedChunk>, Vec<ChangeBatch>) = (Vec::new(), Vec::new());
    for batch in changes {
        let (events, of_batch) = without_truncates(batch.clone()).unwrap();
        truncates.extend(of_batch);
        chunks.extend(sorted_chunks(&encoder, &events, chunk_rows).unwrap());
    }
    let keys: Vec<ChunkKeys<'_>> = chunks
        .iter()
        .map(|chunk| ChunkKeys { first: &chunk.first, last: &chunk.last, bytes: chunk.events.len() as u64 })
        .collect();
    let ranges = key_ranges(&keys, bytes);
    let mut ledger = RangesLedger::new(contract, &truncates).unwrap();
    let (mut rows, mut segments, mut histories) = (Vec::new(), Vec::new(), Vec::new());
    for range in &ranges {
        let cut = chunks.iter().filter_map(|chunk| range.cut(&encoder, chunk.clone()).unwrap());
        let of_range: Vec<ChangeBatch> = cut.chain(truncates.iter().cloned()).collect();
        let plan = plan_from_nothing(contract, &of_range).unwrap();
        ledger.add(plan.merge.ledger);
        let (of_plan, segment, history) = parts(contract, plan, &of_range);
        rows.push(of_plan);
        segments.extend(segment);
        histories.extend(history);
    }
    (made(contract, &rows, ledger.finish(0).unwrap(), &segments, histories), ranges.len())
}

#[test]
fn ranges_of_keys_make_the_table_that_all_events_make() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("SLUICE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SLUICE_CASES").unwrap_or(256),
    };
    let mut several = 0;
    for seed in seeds {
        let mut random = fastrand::Rng::with_seed(seed);
        let contract = contract(KINDS[random.usize(..KINDS.len())]);
        let mut changes: Vec<ChangeBatch> = (0..random.usize(1..6)).map(|_| batch(&contract, &mut random)).collect();
        if random.bool() {
            // Delivered twice.
            changes.push(changes[0].clone());
        }
        let (chunk_rows, bytes) = (random.usize(1..20), random.u64(1..100));
        let (found, ranges) = in_ranges(&contract, &changes, chunk_rows, bytes);
        assert_eq!(found, at_once(&contract, &changes), "SLUICE_SEED={seed}");
        several += u64::from(ranges > 1);
    }
    assert!(several > 0, "no case had several ranges");
}
