//! A fuzz target for every decoder: seeds are changed at random, the same way in every run, and nothing panics, no
//! record is lost, and bronze gives the same events again.
//!
//! `SLUICE_FUZZ_ROUNDS` is the number of changed inputs per target, `SLUICE_FUZZ_SEED` begins elsewhere. An input that
//! failed belongs into `fixtures/fuzz/<format>/`, from where every run replays it.

use super::plain::fixture;
use super::{contract_of, decode, gzip, shop};
use crate::{BronzeRecord, column_names_of, decode_records, infer, sniff};
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

/// Changed inputs per target unless the environment says another number.
const ROUNDS: u64 = 120;
/// What random bytes rarely are.
const WORDS: [&[u8]; 14] = [
    b"null",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"-9223372036854775809",
    b"1e400",
    b"99999999999999999999999999999999999999",
];

const PLAIN: &[u8] = b"{\"id\":1,\"note\":\"a\",\"at\":1}\n{\"id\":2}\n";

/// A file as its producer writes it, and where a contract differs from the one of all targets.
struct Seed {
    content: Vec<u8>,
    apply: &'static str,
}

fn seed(content: impl Into<Vec<u8>>) -> Seed {
    Seed { content: content.into(), apply: "" }
}

fn seed_of(format: SourceFormat) -> Seed {
    let by_watermark = |content: &[u8]| Seed { content: content.to_vec(), apply: "sequence: [at]" };
    match format.as_str() {
        "debezium_json" => seed(
            "{\"op\":\"c\",\"after\":{\"id\":1,\"note\":\"a\",\"at\":1,\"amount\":\"AfQ=\"},\"source\":{\"lsn\":5}}\nnull\n\
             {\"op\":\"d\",\"before\":{\"id\":1},\"source\":{\"lsn\":6}}\n",
        ),
        "debezium_flat_json" => seed("{\"id\":1,\"note\":\"a\",\"__op\":\"u\",\"__lsn\":5,\"__deleted\":\"false\"}\n"),
        "maxwell_json" => seed(
            "{\"database\":\"d\",\"table\":\"t\",\"type\":\"update\",\"ts\":1,\"position\":\"b.000001:4\",\"xoffset\":1,\
             \"data\":{\"id\":1,\"amount\":1.50},\"old\":{\"amount\":1}}\n",
        ),
        "canal_json" => seed(
            "{\"type\":\"INSERT\",\"isDdl\":false,\"data\":[{\"id\":\"1\"},{\"id\":\"2\",\"note\":null}],\"es\":1,\"ts\":2,\
             \"id\":3,\"database\":\"d\",\"table\":\"t\",\"mysqlType\":{\"id\":\"bigint\"},\"pkNames\":[\"id\"]}\n",
        ),
        "goldengate_json" => seed(
            "{\"table\":\"A.T\",\"op_type\":\"U\",\"op_ts\":\"2026-01-02 03:04:05\",\"pos\":\"00000000000000000007\",\
             \"before\":{\"id\":1},\"after\":{\"id\":1,\"note\":\"b\",\"note_isMissing\":false}}\n",
        ),
        "dms_parquet" => {
            seed(std::fs::read(shop().join("dms/parquet/public/orders/20261120-084952473.parquet")).unwrap())
        }
        "dms_csv" => seed("Op,id,note,transact_seq\nI,1,\"a\"\"b\",7\nD,1,,8\n"),
        "debezium_avro" => seed(fixture("envelope.avro")),
        "debezium_flat_avro" => seed(fixture("flat.avro")),
        "debezium_parquet" => seed(fixture("envelope.parquet")),
        "debezium_flat_parquet" => seed(fixture("flat.parquet")),
        "parquet" => by_watermark(&fixture("flat.parquet")),
        "csv" => by_watermark(b"id;note;at;amount\n1;\"a;\"\"b\";2026-01-02 03:04:05;1,50\n2;;2026-01-02;NULL\n"),
        "json" => by_watermark(b"[{\"id\":1,\"note\":{\"a\":[1]},\"at\":\"2026-01-02\"},\n{\"id\":2,\"at\":null}]"),
        "avro" => by_watermark(&fixture("people-snappy.avro")),
        "xlsx" => by_watermark(&fixture("people.xlsx")),
        // Of a format without a seed of its own something that is none of its records.
        _ if format.carries_operations() => seed(PLAIN),
        _ => by_watermark(PLAIN),
    }
}

fn number(name: &str, missing: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(missing)
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn change(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(changed.len() + 1);
            match self.below(6) {
                0 => changed.truncate(at),
                1 => {
                    if let Some(byte) = changed.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
                2 => {
                    let word = WORDS[self.below(WORDS.len())];
                    changed.splice(at..at, word.iter().copied());
                }
                3 => {
                    let end = (at + self.below(40)).min(changed.len());
                    let piece = changed[at..end].to_vec();
                    changed.splice(at..at, piece);
                }
                4 => {
                    let end = (at + self.below(40)).min(changed.len());
                    changed.drain(at..end);
                }
                _ => {
                    if let Some(byte) = changed.get_mut(at) {
                        *byte = u8::try_from(self.below(256)).unwrap();
                    }
                }
            }
        }
        changed
    }
}

fn check(contract: &Arc<Contract>, name: &str, content: &[u8]) {
    let decoded = decode(contract, name, content);
    let changes = &decoded.changes;
    let records: Vec<BronzeRecord<'_>> =
        changes.refs.iter().zip(&changes.records).map(|(at, record)| BronzeRecord { at, record }).collect();
    // A record of several rows is with its last row alone.
    if changes.records.iter().all(|record| !record.is_empty()) {
        let again = decode_records(contract, changes.files.clone(), &records);
        assert_eq!(again.changes.rows, changes.rows, "bronze gives other rows");
        assert!(again.changes.seqs.iter().eq(changes.seqs.iter()), "bronze gives another order");
    }
    let names = [name.to_owned()];
    let _ = (sniff(&names, content), column_names_of(name, content));
    let file = SourceFile { path: name.to_owned(), size: content.len() as u64, ..SourceFile::default() };
    let _ = infer(TableName::new("a", "b").unwrap(), "x", &[(file, Bytes::copy_from_slice(content))], 1);
}

fn play(format: SourceFormat, name: &str, contract: &Arc<Contract>, content: &[u8]) {
    let start = number("SLUICE_FUZZ_SEED", 1);
    let rounds = number("SLUICE_FUZZ_ROUNDS", ROUNDS);
    check(contract, name, content);
    let mut random = Random(start);
    for round in 0..rounds {
        let changed = random.change(content);
        let outcome = std::panic::catch_unwind(|| check(contract, name, &changed));
        assert!(outcome.is_ok(), "{format}, round {round} from {start}: keep this input\n{changed:?}");
    }
}

#[test]
fn no_input_breaks_a_decoder() {
    for &format in SourceFormat::ALL {
        let Seed { content, apply } = seed_of(format);
        let contract = contract_of(&format!(
            "dataset: a.b\nsource: {{path: x/, format: {format}, evolution: rescue}}\napply: {{{apply}}}\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n- {{name: note, type: string}}\n\
             - {{name: at, type: timestamp_ntz}}\n- {{name: amount, type: \"decimal(12,2)\"}}\n"
        ));
        let name = "t+0+0000000007";
        play(format, name, &contract, &content);
        if format == SourceFormat::Csv || format == SourceFormat::DebeziumJson {
            play(format, name, &contract, &gzip(&content));
            for ending in ["zst", "bz2", "lz4", "sz", "snappy"] {
                play(format, name, &contract, &fixture(&format!("people.csv.{ending}")));
            }
        }
        let Ok(kept) = std::fs::read_dir(format!("../../fixtures/fuzz/{format}")) else { continue };
        for file in kept {
            check(&contract, name, &std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
