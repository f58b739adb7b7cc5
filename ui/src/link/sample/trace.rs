//! What became of a file of the sample lake: most of it applied, some in quarantine.

use super::lake::NOW_MS;
use sluice_api::{EventOutcome, RecordNumber, Trace, TraceCounts, TraceStage, TracedGold, TracedPlace, TracedRecord};
use std::collections::BTreeMap;

/// The traces of a file.
pub(super) fn traces(file: &str, record: Option<RecordNumber>) -> Vec<Trace> {
    let (Ok(table), Ok(model)) = ("shop.orders".parse(), "shop.customer_360".parse()) else { return Vec::new() };
    let path = format!("landing/topics/shop.public.orders/{}", file.rsplit('/').next().unwrap_or(file));
    let of = |number: u64, operation: &str, outcome: EventOutcome, by: Option<u64>| TracedRecord {
        record: RecordNumber::of_row(number),
        key: BTreeMap::from([("order_id".to_owned(), (1_200_000 + number).to_string())]),
        operation: operation.to_owned(),
        position: format!("{}.1", 27_705_000 + number),
        outcome: Some(outcome),
        by: by.map(|record| TracedPlace { batch: 43, file: path.clone(), record: RecordNumber::of_row(record) }),
        cells: Vec::new(),
        record_text: format!("{{\"op\":\"u\",\"after\":{{\"order_id\":{}}}}}", 1_200_000 + number),
    };
    let quarantined = EventOutcome::Quarantined {
        reason: "TYPE_MISMATCH".to_owned(),
        column: Some("discount".to_owned()),
        detail: "expected decimal(10,2)".to_owned(),
        further: Vec::new(),
    };
    let records =
        vec![of(1_102, "upsert", EventOutcome::Older { by: 3 }, Some(77)), of(7_213, "record", quarantined, None)];
    let counts =
        TraceCounts { records: 12_000, applied: 11_287, superseded: 708, quarantined: 5, ..TraceCounts::default() };
    vec![Trace {
        table,
        file: path.clone(),
        verdict: "12,000 records = 11,287 applied + 708 superseded + 5 in quarantine, in batch 42".to_owned(),
        stage: TraceStage::Silver,
        batch: Some(42),
        size: 7_700_000,
        modified_ms: Some(NOW_MS),
        silver_version: Some(44),
        counts,
        records: records.into_iter().filter(|of| record.is_none_or(|record| of.record == record)).collect(),
        record,
        gold: vec![TracedGold { model, version: Some(44), rows: record.map(|_| 1) }],
        records_read: 6,
        elapsed_ms: 84,
    }]
}
