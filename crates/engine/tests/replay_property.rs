//! Silver is a function of the set of events: batching, duplication and order change nothing.
//!
//! Every case is generated from a seed that a failure prints; `SLUICE_SEED=n` replays it and
//! `SLUICE_CASES=n` sets how many cases run (256 by default).

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use arrow::array::{Array, AsArray, RecordBatch, UInt32Array};
use arrow::datatypes::Int64Type;
use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, EventSeq, Op, RowRef};
use sluice_contract::Contract;
use sluice_engine::{
    Existing, ExistingRows, KeyEncoder, KeyedChanges, PlanSources, RowAt, SEQ, Tombstones, fingerprint, plan_merge,
    silver_schema,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const CONTRACT: &str = "dataset: a.b\napply: {KEEP}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: a, type: bigint}\n- {name: b, type: bigint}\n- {name: c, type: string}\n";

/// Rows of every third position are left out.
const KEEP: &str = "keep: \"c in ('0', '1')\"";

#[derive(Clone, Debug)]
struct Change {
    op: Op,
    key: i64,
    position: u64,
    /// `None`: absent.
    a: Option<i64>,
    b: Option<i64>,
}

fn generate(random: &mut fastrand::Rng) -> Vec<Change> {
    let count = random.usize(1..60);
    let keys = random.i64(1..8);
    (0..count)
        .map(|n| {
            let op = match random.u8(..20) {
                0 => Op::Truncate,
                1..5 => Op::Delete,
                5..7 => Op::Read,
                _ => Op::Upsert,
            };
            let mut column = || (random.u8(..4) != 0).then_some(n as i64);
            let (a, b) = (column(), column());
            Change { op, key: random.i64(0..keys), position: 10 + n as u64, a, b }
        })
        .collect()
}

fn batch(contract: &Arc<Contract>, changes: &[Change]) -> ChangeBatch {
    let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
    for change in changes {
        let cell = |value: Option<i64>| value.map_or(Cell::Absent, Cell::Int);
        let key = if change.op == Op::Truncate { Cell::Null } else { Cell::Int(change.key) };
        builder.push(Event {
            at: RowRef { file: 0, row: 0, offset: 0 },
            op: change.op,
            rank: 1,
            parts: [change.position, u64::from(change.op != Op::Read), 0, 0, 0],
            cells: vec![key, cell(change.a), cell(change.b), Cell::Text(format!("{}", change.position % 3).into())],
            source_time_ms: None,
            record: String::new(),
        });
    }
    builder.finish().unwrap()
}

/// The second opinion: one map, events in order, no shared code.
fn oracle(changes: &[Change], leaves_out: impl Fn(&Change) -> bool) -> BTreeMap<i64, (Option<i64>, Option<i64>)> {
    let mut ordered = changes.to_vec();
    ordered.sort_by_key(|change| change.position);
    ordered.dedup_by_key(|change| change.position);
    let mut rows: BTreeMap<i64, (Option<i64>, Option<i64>)> = BTreeMap::new();
    for change in ordered {
        match change.op {
            Op::Truncate => rows.clear(),
            Op::Delete => {
                rows.remove(&change.key);
            }
            // A row that is left out is forgotten: nothing of it is in the row that enters again.
            _ if leaves_out(&change) => {
                rows.remove(&change.key);
            }
            Op::Read | Op::Upsert | Op::SoftDelete | Op::Filtered | Op::Early | Op::Dropped => {
                let row = rows.entry(change.key).or_default();
                row.0 = change.a.or(row.0);
                row.1 = change.b.or(row.1);
            }
        }
    }
    rows
}

struct Silver {
    rows: Vec<RecordBatch>,
    tombstones: Tombstones,
}

/// The newest sequence in a file of silver.
fn newest(rows: &RecordBatch) -> Option<EventSeq> {
    rows.column_by_name(SEQ).unwrap().as_string::<i32>().iter().flatten().filter_map(EventSeq::parse).max()
}

impl Silver {
    fn apply(&mut self, contract: &Contract, changes: &[ChangeBatch], random: &mut fastrand::Rng) {
        let before: usize = self.rows.iter().map(RecordBatch::num_rows).sum();
        let keys_before = self.content();
        let encoder = KeyEncoder::new(contract).unwrap();
        let keyed = KeyedChanges::new(&encoder, changes).unwrap();
        let (mut read, mut unread) = (Vec::new(), Vec::new());
        for (file, rows) in (0_u32..).zip(&self.rows) {
            let (mut kept, mut at) = (Vec::new(), Vec::new());
            for (row, hash) in (0_u32..).zip(encoder.hashes(rows).unwrap()) {
                let key = keyed.hashes().binary_search(&hash);
                let may_stay_unread = key.is_ok_and(|key| !keyed.needs_row(changes, key, newest(rows)));
                if may_stay_unread && !keyed.has_truncates() && random.bool() {
                    unread.push((hash, RowAt { file, row }));
                } else {
                    kept.push(row);
                    at.push(RowAt { file, row });
                }
            }
            let rows = arrow::compute::take_record_batch(rows, &UInt32Array::from(kept)).unwrap();
            read.push(ExistingRows { rows, at });
        }
        let existing = Existing { read: &read, unread: &unread, rows: before as u64 };
        let plan = plan_merge(contract, existing, &self.tombstones, changes, &keyed, 0).unwrap();
        plan.ledger.check().unwrap();
        let mut kept = Vec::new();
        for (file, rows) in (0_u32..).zip(&self.rows) {
            let count = u32::try_from(rows.num_rows()).unwrap();
            let keep: Vec<bool> = (0..count).map(|row| !plan.replaced.contains(&RowAt { file, row })).collect();
            kept.push(arrow::compute::filter_record_batch(rows, &keep.into()).unwrap());
        }
        let sources = PlanSources { contract, existing: &read, changes };
        let upserts = plan.upserts.build(sources, 0..plan.upserts.num_rows()).unwrap();
        assert!(newest(&upserts) <= plan.newest);
        kept.push(upserts);
        self.rows = kept;
        let after: usize = self.rows.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(after as u64, plan.ledger.silver_after);
        let keys_after = self.content();
        let lost = keys_before.keys().filter(|key| !keys_after.contains_key(key)).count();
        assert_eq!(plan.lost_rows, lost as u64, "keys that readers no longer see");
        // Half of the time as segments on disk bring them back.
        if random.bool() && !plan.tombstones.is_empty() {
            let segment = plan.tombstones.segment(&encoder, changes, false).unwrap();
            self.tombstones.add_segment(&encoder, &segment).unwrap();
        } else {
            self.tombstones.add(&plan.tombstones);
        }
    }

    fn content(&self) -> BTreeMap<i64, (Option<i64>, Option<i64>)> {
        let mut content = BTreeMap::new();
        for rows in &self.rows {
            let column = |at: usize| rows.column(at).as_primitive::<Int64Type>();
            for row in 0..rows.num_rows() {
                let value = |at: usize| column(at).is_valid(row).then(|| column(at).value(row));
                let twice = content.insert(column(0).value(row), (value(1), value(2)));
                assert!(twice.is_none(), "a key stands twice in silver");
            }
        }
        content
    }
}

fn run_case(seed: u64, keeps_all: bool) {
    let mut random = fastrand::Rng::with_seed(seed);
    let contract =
        Arc::new(Contract::parse(&CONTRACT.replace("KEEP", if keeps_all { "" } else { KEEP }), "b.yaml").unwrap());
    let changes = generate(&mut random);
    let expected = oracle(&changes, |change| !keeps_all && change.position % 3 == 2);
    let mut hashes = Vec::new();
    for _ in 0..4 {
        let mut delivered: Vec<Change> = Vec::new();
        for change in &changes {
            for _ in 0..random.usize(1..4) {
                delivered.push(change.clone());
            }
        }
        random.shuffle(&mut delivered);
        let empty = RecordBatch::new_empty(Arc::new(silver_schema(&contract)));
        let mut silver = Silver { rows: vec![empty], tombstones: Tombstones::default() };
        let mut rest = delivered.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(random.usize(1..=rest.len()));
            let (first, second) = now.split_at(random.usize(0..=now.len()));
            silver.apply(&contract, &[batch(&contract, first), batch(&contract, second)], &mut random);
            rest = later;
        }
        assert_eq!(silver.content(), expected, "seed {seed}");
        hashes.push(fingerprint(&silver.rows).unwrap());
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "seed {seed}: the fingerprint depends on the batching");
}

#[test]
fn batching_duplication_and_order_change_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("SLUICE_SEED") {
        run_case(seed, true);
        run_case(seed, false);
        return;
    }
    let first = 20_240_117;
    let cases = number("SLUICE_CASES").unwrap_or(256);
    println!("{cases} cases from seed {first}, replay one with SLUICE_SEED=n");
    for seed in first..first + cases {
        run_case(seed, true);
        run_case(seed, false);
    }
    println!("COUNTED replayed histories: {cases}");
}
