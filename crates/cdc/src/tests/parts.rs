//! A large file of lines is decoded in parts, and is what it is as a whole.

use crate::decode_file;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sluice_change::SourceFile;
use sluice_contract::Contract;
use std::io::Write;
use std::sync::Arc;

const CONTRACT: &str = "dataset: a.b\nsource: {path: l/, format: debezium_json, evolution: add_new_columns, restarts: {1: reload}}\n\
                        apply: {tie_policy: last_in_file}\nschema:\n- {name: id, type: int, primary_key: true}\n- {name: name, type: string}\n";

/// Records of every kind, among them some that are none, with line ends of both kinds and empty lines.
fn content(bytes: usize) -> Vec<u8> {
    let mut random = 7_u64;
    let mut content = Vec::with_capacity(bytes + 1_000);
    while content.len() < bytes {
        random = random.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_add(1);
        let (id, lsn, filler) = (random % 1_000, random >> 40, "x".repeat(usize::try_from(random % 300).unwrap_or(0)));
        let line = match random % 40 {
            0 => String::new(),
            1 => "null".to_owned(),
            2 => format!(
                "{{\"op\":\"u\",\"after\":{{\"id\":\"no number\",\"name\":\"{filler}\"}},\"source\":{{\"lsn\":{lsn}}}}}"
            ),
            3 => format!(
                "{{\"op\":\"u\",\"after\":{{\"id\":{id},\"new_{}\":1}},\"source\":{{\"lsn\":{lsn}}}}}",
                random % 3
            ),
            4 => format!(
                "{{\"op\":\"d\",\"before\":{{\"id\":{id}}},\"source\":{{\"lsn\":{lsn},\"table\":\"t{}\"}}}}",
                random % 2
            ),
            5 => format!(
                "{{\"op\":\"u\",\"before\":{{\"id\":{id}}},\"after\":{{\"id\":{}}},\"source\":{{\"lsn\":{lsn}}}}}",
                id + 1
            ),
            6 => "{\"op\":\"u\"".to_owned(),
            _ => format!(
                "{{\"op\":\"u\",\"after\":{{\"id\":{id},\"name\":\"{filler}\"}},\"source\":{{\"lsn\":{lsn},\"ts_ms\":{lsn}}}}}"
            ),
        };
        content.extend_from_slice(line.as_bytes());
        content.extend_from_slice(if random.is_multiple_of(5) { b"\r\n" } else { b"\n" });
    }
    // The last line has no end.
    content.extend_from_slice(b"{\"op\":\"u\",\"after\":{\"id\":5},\"source\":{\"lsn\":9}}");
    content
}

#[test]
fn parts_of_a_file_are_the_file() {
    let contract = Contract::parse(CONTRACT, "b.yaml").unwrap();
    let contract = Arc::new(contract.in_epoch(contract.epoch_of(1)));
    let content = content(9 << 20);
    let file = SourceFile { path: "l/1.json".to_owned(), size: content.len() as u64, ..SourceFile::default() };
    // A stream cannot be cut.
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&content).unwrap();
    let whole = decode_file(&contract, file.clone(), packed.finish().unwrap().into()).unwrap();
    let parts = decode_file(&contract, file, Bytes::from(content)).unwrap();
    assert!(whole.changes.len() > 20_000 && whole.rejects.len() > 500, "{}", whole.changes.len());
    assert_eq!(parts.changes.rows, whole.changes.rows);
    assert_eq!((&parts.changes.ops, &parts.changes.seqs), (&whole.changes.ops, &whole.changes.seqs));
    assert_eq!((&parts.changes.refs, &parts.changes.absent), (&whole.changes.refs, &whole.changes.absent));
    assert_eq!(
        (&parts.changes.source_times_ms, &parts.changes.records),
        (&whole.changes.source_times_ms, &whole.changes.records)
    );
    assert_eq!(format!("{:?}", parts.rejects), format!("{:?}", whole.rejects));
    assert_eq!((parts.rows_in, parts.tombstones), (whole.rows_in, whole.tombstones));
    assert_eq!((parts.operations, parts.drift), (whole.operations, whole.drift));
    assert_eq!((parts.source_tables, parts.other_tables), (whole.source_tables, whole.other_tables));
    assert_eq!(parts.orders, whole.orders);
}
