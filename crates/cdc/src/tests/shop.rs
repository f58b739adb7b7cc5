//! The recorded shop: an independent fold of what was decoded equals the source database.

use super::{assert_rebuilds, decode, shop, shop_contract, texts};
use crate::{DecodedFile, file_order_key, is_change_file};
use flate2::read::GzDecoder;
use serde_json::Value;
use sluice_change::{Cell, ChangeBatchBuilder, Event, EventSeq, Op, RowRef, parse_cell};
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

type Row = Vec<Option<String>>;

/// An event: its place, its row unless it is a delete, and the columns that it does not carry.
type Happened = (EventSeq, Option<Row>, Vec<u16>);

/// All events of a stream up to a checkpoint, by key.
#[derive(Default)]
struct Fold {
    events: BTreeMap<Row, Vec<Happened>>,
    truncates: Vec<EventSeq>,
    operations: BTreeMap<String, u64>,
    tombstones: u64,
    rows_in: u64,
}

impl Fold {
    fn add(&mut self, contract: &Contract, decoded: &DecodedFile) {
        let key = contract.key_positions();
        let changes = &decoded.changes;
        for (at, row) in texts(&changes.rows).into_iter().enumerate() {
            let op = changes.ops[at];
            if op == Op::Truncate {
                self.truncates.push(changes.seqs.at(at));
                continue;
            }
            let absent = changes.absent.get(&u32::try_from(at).unwrap()).cloned().unwrap_or_default();
            let key: Row = key.iter().map(|position| row[*position].clone()).collect();
            let events = self.events.entry(key).or_default();
            events.push((changes.seqs.at(at), op.is_upsert().then_some(row), absent));
        }
        for (operation, count) in &decoded.operations {
            *self.operations.entry(operation.clone()).or_default() += count;
        }
        self.tombstones += decoded.tombstones;
        self.rows_in += decoded.rows_in;
    }

    /// Latest event per key; columns that it does not carry come from the event before.
    fn rows(&self) -> BTreeMap<Row, Row> {
        let truncated = self.truncates.iter().max();
        let mut rows = BTreeMap::new();
        for (key, events) in &self.events {
            let mut events: Vec<_> = events.iter().filter(|event| truncated.is_none_or(|end| event.0 > *end)).collect();
            events.sort_by_key(|event| event.0);
            let mut kept: Option<Row> = None;
            for (_, row, absent) in events {
                let before = kept.take();
                kept = row.clone();
                if let (Some(row), Some(before)) = (&mut kept, before) {
                    for position in absent {
                        row[usize::from(*position)].clone_from(&before[usize::from(*position)]);
                    }
                }
            }
            if let Some(row) = kept {
                rows.insert(key.clone(), row);
            }
        }
        rows
    }
}

/// Files of a folder with the checkpoint that each belongs to.
fn files(folder: &str, checkpoints: &BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let entries = std::fs::read_dir(shop().join(folder)).unwrap();
    let mut files: Vec<(String, u64)> = entries
        .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap()))
        .filter(|path| is_change_file(path))
        .map(|path| {
            let name = path.rsplit('/').next().unwrap();
            let stem = name.split('.').next().unwrap();
            let checkpoint = checkpoints.get(name).or_else(|| checkpoints.get(stem)).copied();
            (path.clone(), checkpoint.unwrap_or_else(|| panic!("{path} is not in the manifest")))
        })
        .collect();
    files.sort_by_key(|(path, _)| file_order_key(path));
    files
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Checkpoint of every file named in a list of a manifest.
fn checkpoints(list: &Value) -> BTreeMap<String, u64> {
    let files = list["files"].as_array().unwrap();
    files
        .iter()
        .map(|file| {
            (
                file["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned(),
                file["checkpoint"].as_u64().unwrap(),
            )
        })
        .collect()
}

/// Rows of the source database at a checkpoint, typed by the contract.
fn oracle(contract: &Arc<Contract>, checkpoint: u64) -> (Vec<bool>, BTreeMap<Row, Row>) {
    let path = shop().join(format!("oracle/checkpoint-{checkpoint}/{}.jsonl.gz", contract.name.table));
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
    let mut compared = vec![false; contract.columns.len()];
    for line in text.split_terminator('\n') {
        let row: Value = serde_json::from_str(line).unwrap();
        let mut cells = vec![Cell::Null; contract.columns.len()];
        for (name, value) in row.as_object().unwrap() {
            let position =
                contract.columns.iter().position(|c| &c.name == name || c.renamed_from.contains(name)).unwrap();
            compared[position] = true;
            if let Some(text) = value.as_str() {
                cells[position] = parse_cell(&contract.columns[position].data_type, text).unwrap();
            }
        }
        let at = RowRef { file: 0, row: 0, offset: 0 };
        let cells = cells.into_iter().map(Cell::into_owned).collect();
        builder.push(Event {
            at,
            op: Op::Upsert,
            rank: 1,
            parts: [0; 5],
            cells,
            source_time_ms: None,
            record: String::new(),
        });
    }
    let batch = builder.finish().unwrap();
    let key = contract.key_positions();
    let rows = texts(&batch.rows).into_iter();
    (compared, rows.map(|row| (key.iter().map(|position| row[*position].clone()).collect(), row)).collect())
}

/// Decodes a stream, compares with the source at every checkpoint, and returns the counts of the whole.
fn check(contract: &str, folder: &str, list: &Value, checkpoints_compared: &[u64]) -> Fold {
    let contract = shop_contract(contract);
    let files = files(folder, &checkpoints(list));
    assert!(!files.is_empty());
    let mut fold = Fold::default();
    let mut next = files.iter().peekable();
    for checkpoint in checkpoints_compared {
        while let Some((path, _)) = next.next_if(|(_, of)| of <= checkpoint) {
            let bytes = std::fs::read(shop().join(path)).unwrap();
            let decoded = decode(&contract, path, &bytes);
            assert!(decoded.rejects.is_empty(), "{path}: {:?}", decoded.rejects.first());
            assert!(decoded.drift.unknown.is_empty(), "{path}: {:?}", decoded.drift.unknown);
            assert_rebuilds(&contract, &decoded);
            fold.add(&contract, &decoded);
        }
        let (compared, expected) = oracle(&contract, *checkpoint);
        let found = fold.rows();
        assert_eq!(found.len(), expected.len(), "{} rows at checkpoint {checkpoint}", contract.name);
        for (key, expected) in &expected {
            let found = found.get(key).unwrap_or_else(|| panic!("{} lacks {key:?}", contract.name));
            for (position, column) in contract.columns.iter().enumerate().filter(|(position, _)| compared[*position]) {
                let name = &column.name;
                assert_eq!(found[position], expected[position], "{} {key:?} {name} at {checkpoint}", contract.name);
            }
        }
    }
    assert!(next.peek().is_none(), "files after the last checkpoint");
    fold
}

fn topic(stream: &str, topic: &str) -> Value {
    json(shop().join("manifest.json"))[stream][topic].clone()
}

fn operations(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// `r c u d t`, `null` lines: the table of the recording's README.
fn check_main(table: &str, counts: [u64; 6]) {
    let name = format!("shop.public.{table}");
    let folder = format!("debezium/topics/{name}/partition=0");
    let fold = check(&format!("contracts/{table}.yaml"), &folder, &topic("debezium", &name), &[1, 2, 3]);
    let [r, c, u, d, t, nulls] = counts;
    assert_eq!(fold.operations, operations(&[("r", r), ("c", c), ("u", u), ("d", d), ("t", t)]));
    assert_eq!((fold.tombstones, fold.rows_in), (nulls, r + c + u + d + t));
}

#[test]
fn customers() {
    check_main("customers", [800, 1_336, 7_776, 1_121, 0, 0]);
}

#[test]
fn products() {
    check_main("products", [400, 301, 10_751, 312, 0, 0]);
}

#[test]
fn orders() {
    check_main("orders", [900, 2_351, 7_558, 1_505, 0, 0]);
}

#[test]
fn order_items_with_tombstones() {
    check_main("order_items", [2_292, 7_055, 7_317, 5_144, 0, 5_144]);
}

#[test]
fn payments_with_schemas() {
    check_main("payments", [807, 1_725, 1_574, 977, 0, 0]);
}

#[test]
fn events_with_absent_values() {
    check_main("events", [200, 507, 5_243, 502, 0, 0]);
}

#[test]
fn carts_with_truncate() {
    check_main("carts", [150, 3_225, 1_041, 258, 1, 0]);
}

#[test]
fn payments_with_decimals_as_text() {
    let name = "shop_str.public.payments";
    let folder = format!("debezium-string/topics/{name}/partition=0");
    let fold = check("contracts-string/payments.yaml", &folder, &topic("debezium-string", name), &[2, 3]);
    assert_eq!(fold.operations, operations(&[("r", 1_307), ("c", 548), ("u", 496), ("d", 320)]));
}

#[test]
fn customers_flattened() {
    let name = "shop_flat.public.customers";
    let folder = format!("debezium-flat/topics/{name}/partition=0");
    let fold = check("contracts-flat/customers.yaml", &folder, &topic("debezium-flat", name), &[1, 2, 3]);
    assert_eq!(fold.operations, operations(&[("r", 800), ("c", 1_311), ("u", 7_620), ("d", 1_099)]));
}

fn check_dms(contract: &str, kind: &str, table: &str, counts: [u64; 4]) {
    let list = json(shop().join("dms/manifest.json"))[table].clone();
    let fold = check(contract, &format!("dms/{kind}/public/{table}"), &list, &[1, 2, 3]);
    let [load, i, u, d] = counts;
    assert_eq!(fold.operations, operations(&[("load", load), ("I", i), ("U", u), ("D", d)]));
}

#[test]
fn dms_parquet() {
    check_dms("contracts-dms/products.yaml", "parquet", "products", [400, 292, 10_556, 304]);
    check_dms("contracts-dms/orders.yaml", "parquet", "orders", [900, 2_302, 7_451, 1_470]);
    check_dms("contracts-dms/order_items.yaml", "parquet", "order_items", [2_292, 6_921, 7_213, 5_037]);
}

#[test]
fn dms_csv() {
    check_dms("contracts-dms/orders_csv.yaml", "csv", "orders", [900, 2_302, 7_451, 1_470]);
}
