//! Full snapshots of a table become changes: silver is the newest snapshot, its history has them all.
//!
//! Every case is generated from a seed that a failure prints; `SLUICE_SEED=n` replays it.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
use sluice_contract::Contract;
use sluice_engine::{
    Existing, ExistingRows, FullSnapshot, KeyEncoder, KeyedChanges, LateArrivalState, PlanSources, RowAt, Tombstones,
    current_rows, plan_history, plan_merge, silver_schema, snapshot_changes,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const CONTRACT: &str = "dataset: a.b\nsource: {path: x/, format: debezium_json}\napply: {SCD, sequence: [source.lsn]}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: a, type: bigint}\n";

type Table = BTreeMap<i64, i64>;

fn contract(scd: &str) -> Arc<Contract> {
    Arc::new(Contract::parse(&CONTRACT.replace("SCD", scd), "b.yaml").unwrap())
}

fn upserts(contract: &Arc<Contract>, rows: &Table) -> ChangeBatch {
    let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
    for (row, (id, a)) in rows.iter().enumerate() {
        builder.push(Event {
            at: RowRef { file: 0, row: row as u64, offset: 0 },
            op: Op::Read,
            rank: 0,
            parts: [0; 5],
            cells: vec![Cell::Int(*id), Cell::Int(*a)],
            source_time_ms: None,
            record: "{}".to_owned(),
        });
    }
    builder.finish().unwrap()
}

fn generate(random: &mut fastrand::Rng) -> Vec<Table> {
    let count = random.usize(1..8);
    (0..count)
        .map(|_| {
            let mut table = Table::new();
            for id in 0..6 {
                if random.u8(..3) != 0 {
                    table.insert(id, random.i64(0..3));
                }
            }
            table
        })
        .collect()
}

/// Key, value, and where the version begins and ends, if it has that.
type VersionRow = (i64, i64, Option<(i64, Option<i64>)>);

fn rows_of(batches: &[RecordBatch]) -> Vec<VersionRow> {
    let mut rows = Vec::new();
    for batch in batches {
        let column = |name: &str| batch.column_by_name(name).map(|column| column.as_primitive::<Int64Type>().clone());
        let (id, a) = (column("id").unwrap(), column("a").unwrap());
        for row in 0..batch.num_rows() {
            let span = column("__START_AT").zip(column("__END_AT"));
            let span = span.map(|(start, end)| (start.value(row), end.is_valid(row).then(|| end.value(row))));
            rows.push((id.value(row), a.value(row), span));
        }
    }
    rows.sort_unstable();
    rows
}

fn without(rows: &[RecordBatch], replaced: &[(usize, usize)]) -> Vec<RecordBatch> {
    let mut kept = Vec::new();
    for (source, rows) in rows.iter().enumerate() {
        let keep: Vec<bool> = (0..rows.num_rows()).map(|row| !replaced.contains(&(source, row))).collect();
        kept.push(filter_record_batch(rows, &keep.into()).unwrap());
    }
    kept
}

fn run_case(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let tables = generate(&mut random);
    let (latest, history) = (contract("scd: 1"), contract("scd: 2"));
    let empty = |contract: &Arc<Contract>| RecordBatch::new_empty(Arc::new(silver_schema(contract)));
    let mut silver = vec![empty(&latest)];
    let mut tombstones = Tombstones::default();
    let mut versions = vec![empty(&history)];
    let mut side = LateArrivalState::default();
    let mut applied = None;
    let mut next = 0;
    while next < tables.len() {
        let until = random.usize(next + 1..=tables.len());
        let snapshots = |contract: &Arc<Contract>| -> Vec<FullSnapshot> {
            let of = |at: usize| FullSnapshot {
                ordinal: at as u64 + 1,
                rows: vec![upserts(contract, &tables[at])],
                delete_missing: true,
            };
            // A snapshot that was applied before changes nothing.
            (next.saturating_sub(1)..until).map(of).collect()
        };

        let changed = snapshot_changes(&latest, &silver, applied, &snapshots(&latest)).unwrap();
        let before = silver.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
        let keyed = KeyedChanges::new(&KeyEncoder::new(&latest).unwrap(), &changed.changes).unwrap();
        let at = |file, rows: &RecordBatch| (0..rows.num_rows() as u32).map(|row| RowAt { file, row }).collect();
        let read: Vec<ExistingRows> =
            (0..).zip(&silver).map(|(file, rows)| ExistingRows { rows: rows.clone(), at: at(file, rows) }).collect();
        let existing = Existing { read: &read, unread: &[], rows: before };
        let plan = plan_merge(&latest, existing, &tombstones, &changed.changes, &keyed, 0).unwrap();
        changed.of_records(plan.ledger).check().unwrap();
        let records = |from: usize| tables[from..until].iter().map(|table| table.len() as u64).sum::<u64>();
        assert_eq!(changed.of_records(plan.ledger).rows_in, records(next.saturating_sub(1)), "seed {seed}");
        let replaced: Vec<_> = plan.replaced.iter().map(|at| (at.file as usize, at.row as usize)).collect();
        silver = without(&silver, &replaced);
        let sources = PlanSources { contract: &latest, existing: &read, changes: &changed.changes };
        silver.push(plan.upserts.build(sources, 0..plan.upserts.num_rows()).unwrap());
        tombstones.add(&plan.tombstones);

        let current: Vec<RecordBatch> = versions.iter().map(|rows| current_rows(&history, rows).unwrap()).collect();
        let changed = snapshot_changes(&history, &current, applied, &snapshots(&history)).unwrap();
        let before = versions.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
        let plan = plan_history(&history, &versions, &side, &changed.changes, before, 0).unwrap();
        changed.of_records(plan.ledger).check().unwrap();
        versions = without(&versions, &plan.replaced);
        versions.push(plan.upserts);
        side.apply(&KeyEncoder::new(&history).unwrap(), &plan.late_arrivals).unwrap();

        applied = Some(until as u64);
        let now: Vec<_> = tables[until - 1].iter().map(|(id, a)| (*id, *a, None)).collect();
        assert_eq!(rows_of(&silver), now, "seed {seed}");
        next = until;
    }
    let versions = rows_of(&versions);
    for (at, table) in tables.iter().enumerate() {
        let at = i64::try_from(at).unwrap() + 1;
        let holds = |span: &Option<(i64, Option<i64>)>| {
            span.is_some_and(|(start, end)| start <= at && end.is_none_or(|end| end > at))
        };
        let found: Table = versions.iter().filter(|row| holds(&row.2)).map(|row| (row.0, row.1)).collect();
        assert_eq!(found, *table, "seed {seed}: history at snapshot {at}");
    }
}

#[test]
fn silver_is_the_newest_snapshot_and_history_has_them_all() {
    if let Some(seed) = std::env::var("SLUICE_SEED").ok().and_then(|text| text.parse().ok()) {
        run_case(seed);
        return;
    }
    for seed in 20_240_117..20_240_117 + 128 {
        run_case(seed);
    }
}

#[test]
fn a_key_that_occurs_twice_in_a_snapshot_counts_once() {
    let contract = contract("scd: 1");
    let one = upserts(&contract, &Table::from([(1, 5)]));
    let rows = arrow::compute::concat_batches(&one.rows.schema(), [&one.rows, &one.rows]).unwrap();
    let twice = ChangeBatch {
        rows,
        ops: [one.ops.clone(), one.ops.clone()].concat(),
        seqs: one.seqs.iter().chain(one.seqs.iter()).collect(),
        refs: one.refs.iter().chain(one.refs.iter()).collect(),
        source_times_ms: [None, None].into_iter().collect(),
        records: [one.records.clone(), one.records.clone()].concat(),
        ..one
    };
    let snapshot = FullSnapshot { ordinal: 7, rows: vec![twice], delete_missing: true };
    let changed = snapshot_changes(&contract, &[], None, std::slice::from_ref(&snapshot)).unwrap();
    assert_eq!((changed.changes[0].len(), changed.superseded, changed.deletes), (1, 1, 0));
    assert_eq!(changed.changes[0].seqs.at(0).parts, [7, 0, 0, 0, 0]);
    let late = snapshot_changes(&contract, &[], Some(7), &[snapshot]).unwrap();
    assert!(late.changes.is_empty() && late.superseded == 2);
}
