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
        "dynamodb_json" => seed(
            "{\"eventName\":\"MODIFY\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{\"ApproximateCreationDateTime\":1767319445,\
             \"Keys\":{\"id\":{\"N\":\"1\"}},\"NewImage\":{\"id\":{\"N\":\"1\"},\"note\":{\"S\":\"a\"},\"amount\":{\"N\":\"1.50\"},\
             \"m\":{\"M\":{\"x\":{\"L\":[{\"NULL\":true},{\"B\":\"AA==\"}]}}}},\"SequenceNumber\":\"100000000003498069978\"}}\n",
        ),
        "mongodb_json" => seed(
            "{\"_id\":{\"_data\":\"8265A1B2C3000000012B022C0100296E5A1004AC4A4E5B7B8F4E0D9F6B5F6A46645F6964\"},\
             \"operationType\":\"update\",\"clusterTime\":{\"$timestamp\":{\"t\":1705095875,\"i\":1}},\"ns\":{\"db\":\"d\",\
             \"coll\":\"t\"},\"documentKey\":{\"_id\":1,\"id\":1},\"fullDocument\":{\"id\":{\"$numberLong\":\"1\"},\
             \"note\":{\"$oid\":\"65f0a1b2c3d4e5f6a7b8c9d0\"},\"at\":{\"$date\":{\"$numberLong\":\"1705095875000\"}}}}\n",
        ),
        "airbyte_json" => seed(AIRBYTE),
        "airbyte_csv" => seed(
            "_airbyte_ab_id,_airbyte_emitted_at,_airbyte_data\nr,1767323045000,\"{\"\"id\"\":1,\"\"_ab_cdc_lsn\"\":7}\"\n",
        ),
        "fivetran_json" | "fivetran_csv" => seed(marked(format, "_fivetran_synced", "2026-01-02T03:04:05Z")),
        "hevo_json" | "hevo_csv" => seed(marked(format, "__hevo__ingested_at", "1767323045000")),
        "qlik_json" | "qlik_csv" => seed(marked(format, "header__change_seq", "20260102030405000000000000000000007")),
        "delta_feed_json" | "delta_feed_csv" => seed(marked(format, "_commit_version", "7")),
        "dms_json" => seed(
            "{\"data\":{\"id\":1,\"note\":\"a\",\"amount\":1.5},\"metadata\":{\"timestamp\":\"2026-01-02T03:04:05Z\",\
             \"record-type\":\"data\",\"operation\":\"update\",\"schema-name\":\"s\",\"table-name\":\"t\",\"transaction-id\":7}}\n",
        ),
        "dms_transactions_csv" => seed("update,t,s,1,a,2026-01-02 03:04:05,1.50\ndelete,t,s,1,,,\n"),
        "airbyte_parquet" | "fivetran_parquet" | "hevo_parquet" | "qlik_parquet" | "delta_feed_parquet" => {
            seed(fixture("flat.parquet"))
        }
        other => panic!("{other} has no seed"),
    }
}

const AIRBYTE: &str = "{\"_airbyte_raw_id\":\"r\",\"_airbyte_extracted_at\":1767323045000,\"_airbyte_meta\":{},\
\"_airbyte_data\":{\"id\":1,\"note\":\"a\",\"_ab_cdc_lsn\":7,\"_ab_cdc_deleted_at\":null}}\n";

/// Two rows with a column of a tool, as JSON or CSV.
fn marked(format: SourceFormat, name: &str, value: &str) -> String {
    match format.as_str().ends_with("json") {
        true => format!("{{\"id\":1,\"note\":\"a\",\"{name}\":\"{value}\"}}\n{{\"id\":2,\"{name}\":null}}\n"),
        false => format!("id,note,{name}\n1,\"a\"\"b\",{value}\n2,,\n"),
    }
}

/// The contract with a column that begins in the middle of the seed.
fn with_start(contract: &Arc<Contract>) -> Arc<Contract> {
    let mut later = contract.as_ref().clone();
    let start = "01".to_owned() + &format!("{:016x}", 6) + &"0".repeat(48);
    later.columns.iter_mut().filter(|column| column.name == "note").for_each(|column| {
        column.since = Some(start.clone());
    });
    Arc::new(later)
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
        check(&with_start(&contract), name, &content);
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
