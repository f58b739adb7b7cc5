//! Files that are not what they should be.

use super::{contract_of, decode, gzip, shop, shop_contract};
use crate::{BronzeRecord, DecodeError, decode_file, decode_records};
use bytes::Bytes;
use sluice_change::{ReasonCode, RowRef, SourceFile};
use sluice_contract::limits;

fn reasons(contract: &str, path: &str, bytes: &[u8]) -> (usize, Vec<(ReasonCode, bool)>) {
    let decoded = decode(&shop_contract(contract), path, bytes);
    let rejects = decoded.rejects.iter().map(|reject| (reject.reason, reject.whole_file));
    (decoded.changes.len(), rejects.collect())
}

#[test]
fn files_of_another_kind_are_named_as_a_whole() {
    use ReasonCode as R;
    let (json, csv, parquet) = ("contracts/carts.yaml", "contracts-dms/orders_csv.yaml", "contracts-dms/orders.yaml");
    for contract in [json, csv, parquet] {
        let (rows, found) = reasons(contract, "x.bin", b"PK\0\0\x01\x02 some archive");
        assert_eq!((rows, found), (0, vec![(R::UnreadableFile, true)]), "{contract}");
    }
    assert_eq!(reasons(json, "x.json", b""), (0, vec![]));
    assert_eq!(reasons(json, "x.json.gz", b""), (0, vec![(R::TruncatedFile, true)]));
    assert_eq!(reasons(json, "x.json.gz", b"\x1f"), (0, vec![(R::TruncatedFile, true)]));
    assert_eq!(reasons(json, "x.json.gz", b"\x1e\x8b\xff\xff"), (0, vec![(R::UnreadableFile, true)]));
    assert_eq!(reasons(parquet, "x.parquet", b""), (0, vec![(R::TruncatedFile, true)]));
    assert_eq!(reasons(parquet, "x.parquet", b"PAR1 and then nothing"), (0, vec![(R::TruncatedFile, true)]));
    assert_eq!(reasons(parquet, "x.parquet", b"PAR1\xff\xff\xff\x7fPAR1"), (0, vec![(R::UnreadableFile, true)]));
}

#[test]
fn limits_hold() {
    use ReasonCode as R;
    let contract = shop_contract("contracts/carts.yaml");
    let file = SourceFile {
        path: "x.json".into(),
        size: limits::FILE_BYTES_MAX + 1,
        etag: String::new(),
        ..SourceFile::default()
    };
    let decoded = decode_file(&contract, file, Bytes::from_static(b"{}")).unwrap();
    assert_eq!((decoded.rows_in, decoded.rejects[0].reason, decoded.rejects[0].whole_file), (0, R::FileTooLarge, true));
    let mut long = vec![b' '; limits::ROW_BYTES_MAX + 1];
    long.extend_from_slice(b"\nnull\n");
    assert_eq!(reasons("contracts/carts.yaml", "x.json", &long), (0, vec![(R::RowTooLarge, false)]));
    let bomb = gzip(&vec![b'\n'; 70 << 20]);
    assert_eq!(reasons("contracts/carts.yaml", "x.json.gz", &bomb), (0, vec![(R::RatioTooHigh, true)]));
}

#[test]
fn a_damaged_checksum_leaves_only_what_another_proves() {
    let contract = shop_contract("contracts/carts.yaml");
    let name = "debezium/topics/shop.public.carts/partition=0/shop.public.carts+0+0000000000.json";
    let content = std::fs::read(shop().join(name)).unwrap();
    let half = content.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(499).unwrap().0 + 1;
    let mut two = [gzip(&content[..half]), gzip(&content[half..])].concat();
    assert_eq!(decode(&contract, "x.json.gz", &two).changes.len(), 1_000);
    let last = two.len() - 6;
    two[last] ^= 1;
    let decoded = decode(&contract, "x.json.gz", &two);
    assert_eq!(decoded.changes.len(), 500);
    let reject = &decoded.rejects[0];
    assert_eq!((reject.reason, reject.whole_file), (ReasonCode::UnreadableFile, true));
    assert_eq!((reject.at.row, reject.at.offset), (500, half as u64));
}

#[test]
fn contracts_that_allow_nothing_are_errors() {
    let file = SourceFile { path: "x.json".into(), size: 0, etag: String::new(), ..SourceFile::default() };
    let bare = contract_of("dataset: a.b\nschema:\n- {name: id, type: int, primary_key: true}\n");
    let error = decode_file(&bare, file.clone(), Bytes::new()).unwrap_err();
    assert_eq!(error, DecodeError::NoSource { table: "a.b".into() });
    let at = RowRef { file: 0, row: 3, offset: 9 };
    let decoded = decode_records(&bare, vec![file.clone()], &[BronzeRecord { at, record: "{}" }]);
    assert_eq!((decoded.rows_in, decoded.changes.len(), decoded.rejects[0].at), (1, 0, at));
    let wrong = contract_of(
        "dataset: a.b\nsource: {path: x, format: debezium_json}\nschema:\n- {name: id, type: int, primary_key: true}\n- {name: n, type: int, default: many}\n",
    );
    assert!(matches!(decode_file(&wrong, file, Bytes::new()), Err(DecodeError::BadDefault { .. })));
}
