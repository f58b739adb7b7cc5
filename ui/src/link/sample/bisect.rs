//! Since when an order of the sample lake is gone.

use super::explain;
use super::lake::NOW_MS;
use sluice_api::{BisectFound, BisectStep, Bisection, ExplainedEvent, TableRef};

/// The search over the versions of a table.
pub(super) fn view(table: &TableRef) -> Bisection {
    let step = |version: u64, holds: bool| BisectStep {
        version,
        at_ms: NOW_MS - i64::try_from(42 - version).unwrap_or(0) * 3_600_000,
        batch: Some(version),
        holds,
        shown: Some(if holds { "no row" } else { "1 row" }.to_owned()),
    };
    let key = [("order_id".to_owned(), "1204377".to_owned())];
    let event = explain::view(table, &key).events.into_iter().nth(3);
    let file = "landing/topics/shop.public.orders/shop.public.orders+0+0000040000.json";
    let event = event.map(|event| ExplainedEvent { batch: 40, file: file.to_owned(), ..event });
    Bisection {
        table: table.clone(),
        question: "there is no row order_id = 1204377".to_owned(),
        verdict: "It is so since batch 40 (v40), by record 68 of shop.public.orders+0+0000040000.json: delete. It was not in \
                  v39"
            .to_owned(),
        searched: Some((1, 42)),
        versions: 42,
        steps: [(42, true), (1, false), (21, false), (31, false), (36, false), (39, false), (40, true)]
            .map(|(version, holds)| step(version, holds))
            .to_vec(),
        found: Some(BisectFound {
            version: 40,
            before: Some(39),
            batch: Some(40),
            files: vec![file.to_owned()],
            inputs: Vec::new(),
            event,
            key: Vec::new(),
            no_event: None,
        }),
        elapsed_ms: 412,
    }
}
