//! Cut and flipped files: no panic, no hang, what comes before the damage stays as it was.

use super::{decode, shop, shop_contract, texts};
use sluice_change::ReasonCode;
use sluice_contract::Contract;
use std::sync::Arc;

const SAMPLES: [(&str, &str); 5] = [
    ("contracts/events.yaml", "debezium/topics/shop.public.events/partition=0/shop.public.events+0+0000002155.json.gz"),
    ("contracts/carts.yaml", "debezium/topics/shop.public.carts/partition=0/shop.public.carts+0+0000001057.json"),
    ("contracts-dms/orders_csv.yaml", "dms/csv/public/orders/20261120-084952473.csv.gz"),
    ("contracts-dms/orders.yaml", "dms/parquet/public/orders/20261120-084952473.parquet"),
    ("contracts-dms/products.yaml", "dms/parquet/public/products/LOAD00000001.parquet"),
];

fn sample(index: usize) -> (Arc<Contract>, &'static str, Vec<u8>) {
    let (contract, path) = SAMPLES[index];
    (shop_contract(contract), path, std::fs::read(shop().join(path)).unwrap())
}

fn check_cuts(index: usize, step: usize) {
    let (contract, path, bytes) = sample(index);
    let whole = decode(&contract, path, &bytes);
    assert!(whole.rejects.is_empty());
    let rows = texts(&whole.changes.rows);
    for end in (0..bytes.len()).step_by(step) {
        let decoded = decode(&contract, path, &bytes[..end]);
        let taken = decoded.changes.len();
        assert!(taken <= rows.len());
        assert_eq!(texts(&decoded.changes.rows), rows[..taken], "{path} cut at {end}");
        assert!(decoded.changes.seqs.iter().eq(whole.changes.seqs.iter().take(taken)));
        if !path.ends_with(".json") {
            let last = decoded.rejects.last().unwrap();
            assert_eq!((last.reason, last.whole_file), (ReasonCode::TruncatedFile, true), "{path} cut at {end}");
        }
        for reject in decoded.rejects.iter().filter(|reject| !reject.whole_file) {
            assert_eq!(reject.reason, ReasonCode::BadEnvelope, "{path} cut at {end}: {}", reject.detail);
        }
        assert!(decoded.rejects.len() <= 2);
    }
}

#[test]
fn a_cut_file_gives_what_comes_before_the_cut() {
    for index in 0..SAMPLES.len() {
        let (_, _, bytes) = sample(index);
        check_cuts(index, 997.max(bytes.len() / 60));
    }
}

#[test]
fn flipped_bits_never_panic_and_never_change_rows_of_gzip() {
    for (index, (_, path)) in SAMPLES.iter().enumerate() {
        let (contract, _, bytes) = sample(index);
        let whole = decode(&contract, path, &bytes);
        let rows = texts(&whole.changes.rows);
        let step = (bytes.len() / 40).max(1);
        for at in (0..bytes.len()).step_by(step).chain(bytes.len().saturating_sub(24)..bytes.len()) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            let decoded = decode(&contract, path, &flipped);
            if path.ends_with(".gz") {
                // A flip in the header (a time, a file name) changes nothing; any other is seen.
                let found = texts(&decoded.changes.rows);
                assert!(found == rows || !decoded.rejects.is_empty(), "{path} flipped at {at}");
                assert_eq!(found, rows[..found.len()], "{path} flipped at {at}");
            }
        }
    }
}
