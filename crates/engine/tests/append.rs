//! A table that only grows has every event once.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use arrow::array::{AsArray, RecordBatch};
use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
use sluice_contract::Contract;
use sluice_engine::{fingerprint, plan_append, silver_schema};
use std::sync::Arc;

const CONTRACT: &str = "dataset: a.b\napply: {scd: append}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: a, type: bigint}\n";

fn batch(contract: &Arc<Contract>, events: &[(Op, i64, u64)]) -> ChangeBatch {
    let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
    for &(op, id, position) in events {
        builder.push(Event {
            at: RowRef { file: 0, row: 0, offset: 0 },
            op,
            rank: 1,
            parts: [position, 0, 0, 0, 0],
            cells: vec![Cell::Int(id), if position % 5 == 0 { Cell::Absent } else { Cell::Int(7) }],
            source_time_ms: None,
            record: String::new(),
        });
    }
    builder.finish().unwrap()
}

#[test]
fn copies_are_left_out_and_order_changes_nothing() {
    let contract = Arc::new(Contract::parse(CONTRACT, "b.yaml").unwrap());
    let mut random = fastrand::Rng::with_seed(7);
    let events: Vec<(Op, i64, u64)> =
        (0..60).map(|n| (if n % 7 == 0 { Op::Delete } else { Op::Upsert }, random.i64(0..9), n)).collect();
    let mut hashes = Vec::new();
    for _ in 0..8 {
        let mut delivered: Vec<_> = events.iter().chain(&events[..30]).copied().collect();
        random.shuffle(&mut delivered);
        let mut silver = vec![RecordBatch::new_empty(Arc::new(silver_schema(&contract)))];
        let mut count = 0;
        for (at, part) in delivered.chunks(random.usize(1..90)).enumerate() {
            let mut part = part.to_vec();
            if at == 0 {
                part.push((Op::Truncate, 0, 1_000));
            }
            let plan = plan_append(&contract, &silver, &[batch(&contract, &part)], count, 0).unwrap();
            plan.ledger.check().unwrap();
            count = plan.ledger.silver_after;
            silver.push(plan.rows);
        }
        assert_eq!(count, 60);
        let deletes = |of: &RecordBatch| {
            let ops = of.column_by_name("_op").unwrap();
            ops.as_string::<i32>().iter().flatten().filter(|op| *op == "d").count()
        };
        assert_eq!(silver.iter().map(deletes).sum::<usize>(), 9, "deletes are rows");
        assert_eq!(silver.iter().map(RecordBatch::num_rows).sum::<usize>(), 60);
        hashes.push(fingerprint(&silver).unwrap());
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1);
}
