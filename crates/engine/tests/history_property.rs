//! A table with history is a function of the set of events: batching, duplication and order change
//! nothing, and it is what a map that takes the events in order says.
//!
//! Every case is generated from a seed that a failure prints; `SLUICE_SEED=n` replays it and
//! `SLUICE_CASES=n` sets how many cases run (256 by default).

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, LateArrivalState, fingerprint, plan_history, silver_schema};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const CONTRACT: &str = "dataset: a.b\nsource: {path: x/, format: debezium_json}\napply: {scd: 2, sequence: [at], TRACK KEEP}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: a, type: bigint}\n- {name: b, type: bigint}\n- {name: at, type: bigint}\n";

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    op: Op,
    key: i64,
    position: u64,
    /// Order within the position.
    minor: u64,
    /// `None`: absent.
    a: Option<i64>,
    b: Option<i64>,
}

fn generate(random: &mut fastrand::Rng) -> Vec<Change> {
    let count = random.usize(1..50);
    let keys = random.i64(1..6);
    let values = random.i64(1..4);
    let positions = random.u64(3..60);
    let mut changes: Vec<Change> = Vec::new();
    for n in 0..count {
        let op = match random.u8(..30) {
            0 => Op::Truncate,
            1..6 => Op::Delete,
            _ => Op::Upsert,
        };
        let mut column = || (random.u8(..4) != 0).then(|| random.i64(0..values));
        let (a, b) = (column(), column());
        let position = random.u64(1..=positions);
        changes.push(Change { op, key: random.i64(0..keys), position, minor: n as u64, a, b });
    }
    changes
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
            parts: [change.position, change.minor, 0, 0, 0],
            cells: vec![key, cell(change.a), cell(change.b), Cell::Absent],
            source_time_ms: None,
            record: String::new(),
        });
    }
    builder.finish().unwrap()
}

/// A version: key, start, end, values.
type Version = (i64, i64, Option<i64>, (Option<i64>, Option<i64>));

/// The second opinion: a map of states, events in order, no shared code.
fn oracle(changes: &[Change], tracks_b: bool, keeps_all: bool) -> Vec<Version> {
    let mut ordered = changes.to_vec();
    ordered.sort_by_key(|change| (change.position, change.minor));
    ordered.dedup();
    let mut state: BTreeMap<i64, (Option<i64>, Option<i64>)> = BTreeMap::new();
    let mut open: BTreeMap<i64, Version> = BTreeMap::new();
    let mut versions = Vec::new();
    for same in ordered.chunk_by(|x, y| x.position == y.position) {
        let at = i64::try_from(same[0].position).unwrap();
        for change in same {
            match change.op {
                Op::Truncate => state.clear(),
                Op::Delete => {
                    state.remove(&change.key);
                }
                _ if !keeps_all && change.a == Some(0) => {
                    state.remove(&change.key);
                }
                _ => {
                    let row = state.entry(change.key).or_default();
                    *row = (change.a.or(row.0), change.b.or(row.1));
                }
            }
        }
        for key in 0..10 {
            let (before, now) = (open.get(&key).copied(), state.get(&key).copied());
            match (before, now) {
                (Some(version), Some(row)) if version.3.0 == row.0 && (!tracks_b || version.3.1 == row.1) => {
                    open.insert(key, (key, version.1, None, row));
                }
                (before, now) => {
                    versions.extend(before.map(|version| (key, version.1, Some(at), version.3)));
                    open.remove(&key);
                    if let Some(row) = now {
                        open.insert(key, (key, at, None, row));
                    }
                }
            }
        }
    }
    versions.extend(open.into_values());
    versions.sort_unstable();
    versions
}

struct Silver {
    rows: Vec<RecordBatch>,
    side: LateArrivalState,
}

impl Silver {
    fn apply(&mut self, contract: &Contract, changes: &[ChangeBatch], as_segment: bool) {
        let before: usize = self.rows.iter().map(RecordBatch::num_rows).sum();
        let open_before = self.open_keys();
        let plan = plan_history(contract, &self.rows, &self.side, changes, before as u64, 0).unwrap();
        plan.ledger.check().unwrap();
        let mut kept = Vec::new();
        for (source, rows) in self.rows.iter().enumerate() {
            let keep: Vec<bool> = (0..rows.num_rows()).map(|row| !plan.replaced.contains(&(source, row))).collect();
            kept.push(filter_record_batch(rows, &keep.into()).unwrap());
        }
        kept.push(plan.upserts);
        self.rows = kept;
        let after: usize = self.rows.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(after as u64, plan.ledger.silver_after);
        let open_after = self.open_keys();
        assert_eq!(
            plan.lost_rows,
            open_before.difference(&open_after).count() as u64,
            "keys without a current version"
        );
        let encoder = KeyEncoder::new(contract).unwrap();
        if as_segment {
            let segment = plan.late_arrivals.segment(&self.side).unwrap();
            self.side.add_segment(&encoder, &segment).unwrap();
        } else {
            self.side.apply(&encoder, &plan.late_arrivals).unwrap();
        }
    }

    fn open_keys(&self) -> BTreeSet<i64> {
        self.versions().into_iter().filter(|version| version.2.is_none()).map(|version| version.0).collect()
    }

    fn versions(&self) -> Vec<Version> {
        let mut versions = Vec::new();
        for rows in &self.rows {
            let column = |name: &str| rows.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
            let (id, a, b, start, end) =
                (column("id"), column("a"), column("b"), column("__START_AT"), column("__END_AT"));
            let value = |of: &arrow::array::Int64Array, row| of.is_valid(row).then(|| of.value(row));
            for row in 0..rows.num_rows() {
                let values = (value(&a, row), value(&b, row));
                versions.push((id.value(row), start.value(row), value(&end, row), values));
            }
        }
        versions.sort_unstable();
        versions
    }

    /// No version is empty, none overlap, at most one of a key is open.
    fn check_intervals(&self, seed: u64) {
        for pair in self.versions().windows(2) {
            if pair[0].0 == pair[1].0 {
                assert!(pair[0].2.is_some_and(|end| end <= pair[1].1), "seed {seed}: {pair:?} overlap");
            }
        }
        for version in self.versions() {
            assert!(version.2.is_none_or(|end| end > version.1), "seed {seed}: {version:?} is empty");
        }
    }
}

fn run_case(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let tracks_b = random.bool();
    let track = if tracks_b { "track_history_except: [at]" } else { "track_history: [a]" };
    let keeps_all = random.bool();
    let keep = if keeps_all { "" } else { ", keep: \"a is null or a > 0\"" };
    let text = CONTRACT.replace("TRACK", track).replace(" KEEP", keep);
    let contract = Arc::new(Contract::parse(&text, "b.yaml").unwrap());
    let encoder = KeyEncoder::new(&contract).unwrap();
    let changes = generate(&mut random);
    let expected = oracle(&changes, tracks_b, keeps_all);
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        let mut delivered: Vec<Change> = Vec::new();
        for change in &changes {
            for _ in 0..random.usize(1..4) {
                delivered.push(change.clone());
            }
        }
        if random.u8(..4) != 0 {
            random.shuffle(&mut delivered);
        }
        let empty = RecordBatch::new_empty(Arc::new(silver_schema(&contract)));
        let mut silver = Silver { rows: vec![empty], side: LateArrivalState::default() };
        let mut rest = delivered.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(random.usize(1..=rest.len()));
            let (first, second) = now.split_at(random.usize(0..=now.len()));
            silver.apply(&contract, &[batch(&contract, first), batch(&contract, second)], random.bool());
            silver.check_intervals(seed);
            if random.bool() {
                silver.side = LateArrivalState::from_batch(&encoder, &silver.side.to_batch(&encoder).unwrap()).unwrap();
            }
            rest = later;
        }
        assert_eq!(silver.versions(), expected, "seed {seed}");
        let side = silver.side.to_batch(&encoder).unwrap();
        let seqs = |batch: &RecordBatch| format!("{:?}", batch.column_by_name("_seq"));
        outcomes.push((fingerprint(&silver.rows).unwrap(), side.num_rows(), seqs(&side)));
    }
    outcomes.dedup();
    assert_eq!(outcomes.len(), 1, "seed {seed}: the table or its side state depends on the batching");
}

#[test]
fn batching_duplication_and_order_change_nothing_in_a_history() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("SLUICE_SEED") {
        run_case(seed);
        return;
    }
    let first = 20_240_117;
    let cases = number("SLUICE_CASES").unwrap_or(256);
    println!("{cases} cases from seed {first}, replay one with SLUICE_SEED=n");
    for seed in first..first + cases {
        run_case(seed);
    }
}
