//! The guards hold no batch of a clean feed: none of so many generated ones, over tables small and large.
//!
//! `SLUICE_CASES=n` sets how many batches (400 by default), `SLUICE_SEED=n` where they begin.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
use sluice_contract::{Contract, Guards};
use sluice_engine::{Existing, ExistingRows, KeyEncoder, KeyedChanges, PlanSources, RowAt, Tombstones, plan_merge};
use std::sync::Arc;

const CONTRACT: &str =
    "dataset: a.b\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: a, type: bigint}\n";

fn batch(contract: &Arc<Contract>, changes: impl Iterator<Item = (Op, i64)>, position: u64) -> ChangeBatch {
    let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
    for (number, (op, key)) in (0_u64..).zip(changes) {
        builder.push(Event {
            at: RowRef { file: 0, row: 0, offset: 0 },
            op,
            rank: 1,
            parts: [position, number, 0, 0, 0],
            cells: vec![Cell::Int(key), Cell::Int(1)],
            source_time_ms: None,
            record: String::new(),
        });
    }
    builder.finish().unwrap()
}

/// What a plan loses of a table with the keys `0..rows`.
fn lost(contract: &Arc<Contract>, rows: i64, changes: &[(Op, i64)]) -> u64 {
    let before = [batch(contract, (0..rows).map(|key| (Op::Upsert, key)), 1)];
    let none = Existing { read: &[], unread: &[], rows: 0 };
    let encoder = KeyEncoder::new(contract).unwrap();
    let keyed = KeyedChanges::new(&encoder, &before).unwrap();
    let plan = plan_merge(contract, none, &Tombstones::default(), &before, &keyed, 0).unwrap();
    let sources = PlanSources { contract, existing: &[], changes: &before };
    let table = plan.upserts.build(sources, 0..plan.upserts.num_rows()).unwrap();
    let at = (0..u32::try_from(table.num_rows()).unwrap()).map(|row| RowAt { file: 0, row }).collect();
    let read = [ExistingRows { rows: table, at }];
    let changes = [batch(contract, changes.iter().copied(), 2)];
    let keyed = KeyedChanges::new(&encoder, &changes).unwrap();
    let existing = Existing { read: &read, unread: &[], rows: u64::try_from(rows).unwrap() };
    plan_merge(contract, existing, &Tombstones::default(), &changes, &keyed, 0).unwrap().lost_rows
}

#[test]
fn no_clean_batch_is_held() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, cases) = (number("SLUICE_SEED").unwrap_or(20_261_130), number("SLUICE_CASES").unwrap_or(400));
    let contract = Arc::new(Contract::parse(CONTRACT, "b.yaml").unwrap());
    let guards = Guards::default();
    let mut most: f64 = 0.0;
    for seed in first..first + cases {
        let mut random = fastrand::Rng::with_seed(seed);
        // Mostly small tables, of which a clean batch may well delete all, and some that are larger than the floor.
        let rows = if random.u8(..20) == 0 { random.i64(1_001..6_000) } else { random.i64(1..300) };
        let share = random.f64() * if rows > 1_000 { 0.2 } else { 1.0 };
        let changes: Vec<(Op, i64)> = (0..random.i64(1..rows * 2))
            .map(|_| match random.f64() {
                of if of < share / 2.0 => (Op::Delete, random.i64(0..rows)),
                _ => (Op::Upsert, random.i64(0..rows * 2)),
            })
            .collect();
        let lost = lost(&contract, rows, &changes);
        assert!(!guards.deletes_too_many(lost, u64::try_from(rows).unwrap()), "seed {seed}: {lost} of {rows}");
        most = most.max(lost as f64 / rows as f64);
    }
    assert!(most > 0.2, "some of them delete a lot of a small table: {most}");
    println!("COUNTED clean batches: {cases}");
}

#[test]
fn a_feed_of_deletes_is() {
    let contract = Arc::new(Contract::parse(CONTRACT, "b.yaml").unwrap());
    let rows = 5_000;
    // 98 % deletes.
    let changes: Vec<(Op, i64)> =
        (0..rows).map(|key| (if key % 50 == 0 { Op::Upsert } else { Op::Delete }, key)).collect();
    let lost = lost(&contract, rows, &changes);
    assert_eq!(lost, 4_900);
    assert!(Guards::default().deletes_too_many(lost, 5_000));
}
