//! Why a row of the sample lake is gone: placed, paid, a late event, and the delete.

use super::lake::NOW_MS;
use sluice_api::{EventOutcome, ExplainedEvent, Explanation, RecordNumber, SilverAgrees, TableRef};

/// The explanation of a key.
pub(super) fn view(table: &TableRef, key: &[(String, String)]) -> Explanation {
    let event = |number: u32, batch: u64, operation: &str, outcome: EventOutcome, columns: &[&str]| ExplainedEvent {
        number,
        batch,
        file: format!("landing/topics/shop.public.orders/shop.public.orders+0+{:010}.json", batch * 1_000),
        record: RecordNumber::of_row(u64::from(number) * 17),
        operation: operation.to_owned(),
        position: format!("{}.{number}", 134_656_000 + batch),
        source_time_ms: Some(NOW_MS),
        outcome,
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        absent: Vec::new(),
        record_text: format!("{{\"op\":\"u\",\"after\":{{\"order_id\":1204377,\"number\":{number}}}}}"),
    };
    let events = vec![
        event(1, 12, "snapshot row", EventOutcome::BeforeDelete { by: 4 }, &[]),
        event(2, 17, "upsert", EventOutcome::BeforeDelete { by: 4 }, &[]),
        event(3, 43, "upsert", EventOutcome::BeforeDelete { by: 4 }, &[]),
        event(4, 42, "delete", EventOutcome::Applied, &[]),
    ];
    Explanation {
        table: table.clone(),
        key: key.to_vec(),
        version: 42,
        batch: 43,
        verdict: "There is no row because of event 4 of batch 42, a delete. Silver v42 holds exactly that".to_owned(),
        events,
        rows: Vec::new(),
        silver: SilverAgrees::Same,
        records_read: 631_204,
        elapsed_ms: 38,
    }
}
