//! Plain rows as JSON, in Avro, in sheets of Excel and in CSV of every kind, as other programs write them.

use super::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use crate::{Inferred, infer, sniff};
use bytes::Bytes;
use sluice_change::{Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

/// A file of `fixtures/plain`.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    // Cargo runs a test in the folder of its package.
    std::fs::read(format!("../../fixtures/plain/{name}")).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn contract(source: &str, columns: &str) -> Arc<Contract> {
    contract_of(&format!(
        "dataset: a.b\nsource: {{path: x/, {source}}}\napply: {{sequence: [updated_at], quarantine_limit: 1}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n{columns}- {{name: updated_at, type: timestamp_ntz}}\n"
    ))
}

fn proposal(name: &str, content: &[u8]) -> Inferred {
    let file = SourceFile { path: name.to_owned(), size: content.len() as u64, ..SourceFile::default() };
    let table = TableName::new("a", "b").unwrap();
    infer(table, "x", &[(file, Bytes::copy_from_slice(content))], 1).unwrap()
}

fn column_type<'i>(inferred: &'i Inferred, name: &str) -> &'i str {
    inferred.columns.iter().find(|column| column.name == name).map_or("missing", |column| column.data_type.as_str())
}

const AVRO_COLUMNS: &str = "- {name: name, type: string}\n- {name: born, type: date}\n\
- {name: balance, type: \"decimal(12,2)\"}\n- {name: tags, type: array<string>}\n\
- {name: city, type: string, path: address.city}\n- {name: line, type: string, path: address.lines.0}\n\
- {name: mixed, type: string}\n- {name: key, type: binary}\n";

#[test]
fn avro_of_every_codec_is_the_same_rows() {
    let contract = contract("format: avro", AVRO_COLUMNS);
    for codec in ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"] {
        let name = format!("people-{codec}.avro");
        let decoded = decode(&contract, &name, &fixture(&name));
        assert!(decoded.rejects.is_empty(), "{codec}: {:?}", decoded.rejects);
        let rows = texts(&decoded.changes.rows);
        let ada: Vec<Option<&str>> = rows[0].iter().map(Option::as_deref).collect();
        assert_eq!(ada[..4], [Some("1"), Some("Ada"), Some("1815-12-10"), Some("12.50")], "{codec}");
        assert_eq!(ada[5..8], [Some("London"), Some("1 High St"), Some("7")], "{codec}");
        let other: Vec<Option<&str>> = rows[1].iter().map(Option::as_deref).collect();
        assert_eq!((other[1], other[2], other[3]), (Some("Größe"), None, None), "{codec}");
        assert_eq!((other[5], other[7]), (None, Some("seven")), "{codec}");
        assert!(decoded.drift.unknown.is_empty(), "the nested column is used up: {:?}", decoded.drift.unknown);
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn avro_that_is_cut_or_of_an_unknown_codec_is_named() {
    let contract = contract("format: avro", AVRO_COLUMNS);
    let whole = fixture("people-null.avro");
    let last = decode(&contract, "a.avro", &whole[..whole.len() - 3]);
    assert!(last.changes.len() < 2);
    assert_eq!((last.rejects[0].reason, last.rejects[0].whole_file), (ReasonCode::TruncatedFile, true));
    assert_eq!(decode(&contract, "a.avro", &whole[..20]).rejects[0].reason, ReasonCode::TruncatedFile);
    assert_eq!(decode(&contract, "a.avro", b"hello").rejects[0].reason, ReasonCode::UnreadableFile);
    let mut other = whole;
    let name = other.windows(10).position(|part| part == b"avro.codec").unwrap();
    let value = name + other[name..].windows(4).position(|part| part == b"null").unwrap();
    other[value..value + 4].copy_from_slice(b"lzo9");
    let reject = &decode(&contract, "a.avro", &other).rejects[0];
    assert_eq!(reject.reason, ReasonCode::UnreadableFile);
    assert!(reject.detail.contains("lzo9") && reject.detail.contains("zstandard"), "{}", reject.detail);
}

#[test]
fn avro_is_proposed_with_the_types_of_its_schema() {
    let content = fixture("people-deflate.avro");
    assert_eq!(sniff(&["a.avro".to_owned()], &content), Some(SourceFormat::Avro));
    let inferred = proposal("a.avro", &content);
    for (name, expected) in [
        ("id", "bigint"),
        ("born", "date"),
        ("updated_at", "timestamp"),
        ("balance", "decimal(12,2)"),
        ("address", "json"),
        ("key", "binary"),
    ] {
        assert_eq!(column_type(&inferred, name), expected, "{name}");
    }
    assert_eq!(inferred.sequence, ["updated_at"]);
    Contract::parse(&inferred.yaml, "b.yaml").unwrap();
}

#[test]
fn a_sheet_is_its_rows_as_people_see_them() {
    let columns = "- {name: name, type: string}\n- {name: born, type: date}\n- {name: balance, type: numeric}\n\
                   - {name: active, type: boolean}\n- {name: opens, type: time}\n";
    let with_id = columns.to_owned();
    let contract = contract_of(&format!(
        "dataset: a.b\nsource: {{path: x/, format: xlsx}}\napply: {{sequence: [updated_at]}}\nschema:\n\
         - {{name: order_id, type: bigint, primary_key: true, renamed_from: \"Order ID\"}}\n{with_id}\
         - {{name: updated_at, type: timestamp_ntz}}\n"
    ));
    let decoded = decode(&contract, "people.xlsx", &fixture("people.xlsx"));
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let rows = texts(&decoded.changes.rows);
    let ada: Vec<Option<&str>> = rows[0].iter().map(Option::as_deref).collect();
    assert_eq!(ada[..5], [Some("1"), Some("Ada"), Some("1915-12-10"), Some("12.5"), Some("true")]);
    assert_eq!(ada[5], Some("09:30:00"));
    let numbers: Vec<u64> = decoded.changes.refs.iter().map(|at| at.row).collect();
    assert_eq!(numbers, [1, 3], "the number of a row is that of the sheet, from 0");
    assert_rebuilds(&contract, &decoded);

    let several = decode(&contract, "sheets.xlsx", &fixture("sheets.xlsx"));
    assert_eq!((several.changes.len(), several.rejects[0].reason), (0, ReasonCode::UnreadableFile));
    assert!(several.rejects[0].detail.contains("Notes"), "{}", several.rejects[0].detail);
    let people = contract_of(&contract.text.replace("format: xlsx", "format: xlsx, sheet: People"));
    let formula = decode(&people, "sheets.xlsx", &fixture("sheets.xlsx"));
    let reject = &formula.rejects[0];
    assert_eq!((formula.changes.len(), reject.at.row, reject.reason), (2, 4, ReasonCode::BadEnvelope));
    assert!(reject.detail.contains("formula"), "{}", reject.detail);
    let one = contract_of(
        "dataset: a.b\nsource: {path: x/, format: xlsx, sheet: Notes}\napply: {scd: append}\nschema:\n\
         - {name: text, type: string, primary_key: true}\n",
    );
    assert!(decode(&one, "sheets.xlsx", &fixture("sheets.xlsx")).rejects.is_empty());
    let old = decode(&contract, "people.xls", b"\xd0\xcf\x11\xe0 old");
    assert!(old.rejects[0].detail.contains("xlsx"), "{}", old.rejects[0].detail);
}

#[test]
fn a_workbook_is_proposed_and_its_sheets_are_asked_about() {
    let inferred = proposal("people.xlsx", &fixture("people.xlsx"));
    assert_eq!(inferred.format, SourceFormat::Xlsx);
    assert_eq!(column_type(&inferred, "born"), "date");
    assert_eq!(column_type(&inferred, "active"), "boolean");
    let several = proposal("sheets.xlsx", &fixture("sheets.xlsx"));
    assert!(several.questions().iter().any(|question| question.text.contains("Notes")), "{:?}", several.questions());
    assert!(several.yaml.contains("sheet: \"People\""), "{}", several.yaml);
}

#[test]
fn json_rows_come_in_every_layout() {
    let columns = "- {name: city, type: string, path: address.city}\n- {name: tags, type: array<bigint>}\n\
                   - {name: extra, type: json}\n- {name: amount, type: \"decimal(20,2)\"}\n";
    let contract = contract("format: json", columns);
    let one = r#"{"id": 1, "updated_at": "2026-11-20 08:00:00", "address": {"city": "Kiel"}, "tags": [1, 2], "extra": "x", "amount": 12345678901234567.89}"#;
    let two = r#"{"id": 2, "updated_at": "2026-11-20 08:00:01", "address": null, "tags": null, "extra": {"a": [1]}, "amount": null}"#;
    let layouts = [format!("{one}\n{two}\n"), format!("{one}{two}"), format!("[{one},\n{two}]"), {
        let pretty = |text: &str| text.replacen("{", "{\n", 1).replace(", \"", ",\n \"");
        format!("{}\n{}\n", pretty(one), pretty(two))
    }];
    for layout in layouts {
        let decoded = decode(&contract, "a.json", layout.as_bytes());
        assert!(decoded.rejects.is_empty(), "{layout}: {:?}", decoded.rejects);
        let rows = texts(&decoded.changes.rows);
        let first: Vec<Option<&str>> = rows[0].iter().map(Option::as_deref).collect();
        assert_eq!((first[1], first[3], first[4]), (Some("Kiel"), Some("\"x\""), Some("12345678901234567.89")));
        assert_eq!(rows[1][3].as_deref(), Some("{\"a\":[1]}"));
        assert_eq!(rows[1][1], None);
        assert_rebuilds(&contract, &decoded);
        assert_eq!(sniff(&["stream-1-2026-11-20".to_owned()], layout.as_bytes()), Some(SourceFormat::Json), "{layout}");
    }
    let inferred = proposal("a.json", format!("{one}\n{two}\n").as_bytes());
    assert_eq!((column_type(&inferred, "address"), column_type(&inferred, "tags")), ("json", "array<bigint>"));
    assert_eq!(inferred.sequence, ["updated_at"]);
}

#[test]
fn rows_that_are_appended_differ_by_their_places() {
    let contract = contract_of(
        "dataset: a.b\nsource: {path: x/, format: json}\napply: {scd: append}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n- {name: n, type: int}\n",
    );
    let decoded = decode(&contract, "x/clicks-20261120.json", b"{\"id\":1,\"n\":1}\n{\"id\":1,\"n\":1}\n{\"id\":2}\n");
    assert_eq!(decoded.changes.ops, [Op::Upsert; 3]);
    let parts: Vec<_> = decoded.changes.seqs.iter().map(|seq| seq.parts).collect();
    assert!(parts.iter().all(|part| part[0] == 20_261_120) && parts[0][2] < parts[1][2] && parts[1][2] < parts[2][2]);
    assert_rebuilds(&contract, &decoded);
    let other = decode(&contract, "x/clicks-20261121.json", b"{\"id\":1,\"n\":1}\n");
    assert!(other.changes.seqs.at(0).parts > parts[2], "the number in the name orders the files");
}

#[test]
fn compressed_csv_is_known_by_its_content() {
    let contract = contract("format: csv", "- {name: name, type: string}\n");
    let zoned = contract_of(&contract.text.replace("timestamp_ntz", "timestamp"));
    let plain = texts(&decode(&zoned, "people.csv", &fixture("people.csv")).changes.rows);
    assert_eq!(plain.len(), 40);
    for ending in ["zst", "bz2", "lz4", "sz", "snappy"] {
        // The name does not count: an object may have none that says it.
        for name in [format!("people.csv.{ending}"), "people".to_owned(), "people.csv".to_owned()] {
            let content = fixture(&format!("people.csv.{ending}"));
            let decoded = decode(&zoned, &name, &content);
            assert!(decoded.rejects.is_empty(), "{name}: {:?}", decoded.rejects);
            assert_eq!(texts(&decoded.changes.rows), plain, "{name}");
            assert_eq!(sniff(&[name], &content), Some(SourceFormat::Csv));
        }
    }
    // A proxy may have unpacked it.
    assert_eq!(texts(&decode(&zoned, "people.csv.gz", &fixture("people.csv")).changes.rows), plain);
}

#[test]
fn csv_of_an_office_in_europe() {
    let text = "id;name;betrag;updated_at\r\n1;\"Müller; \"\"Söhne\"\"\";1.234,50;2026-11-20 08:00:00\r\n2;Groß;-0,5;2026-11-20 08:00:01\r\n";
    let columns = "- {name: name, type: string}\n- {name: betrag, type: \"decimal(12,2)\"}\n";
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bare: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let windows: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let marked = format!("\u{feff}{text}").into_bytes();
    for (encoding, content) in
        [("", text.as_bytes().to_vec()), ("", marked), ("", utf16), (", encoding: windows-1252", windows.clone())]
    {
        // The header shows the delimiter.
        let contract = contract(&format!("format: csv, decimal_comma: true{encoding}"), columns);
        let decoded = decode(&contract, "a.csv", &content);
        assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
        let rows = texts(&decoded.changes.rows);
        assert_eq!(rows[0][1].as_deref(), Some("Müller; \"Söhne\""));
        assert_eq!((rows[0][2].as_deref(), rows[1][2].as_deref()), (Some("1234.50"), Some("-0.50")));
        assert_rebuilds(&contract, &decoded);
    }
    let contract = contract("format: csv", columns);
    let reject = &decode(&contract, "a.csv", &bare).rejects[0];
    assert!(reject.whole_file && reject.detail.contains("encoding: utf-16be"), "{}", reject.detail);
    let rejects = decode(&contract, "a.csv", &windows).rejects;
    assert!(rejects.iter().all(|reject| reject.reason == ReasonCode::BadEncoding), "{rejects:?}");

    let inferred = proposal("a.csv", &windows);
    for entry in ["encoding: windows-1252", "csv_delimiter: \";\"", "decimal_comma: true"] {
        assert!(inferred.yaml.contains(entry), "{}", inferred.yaml);
    }
    let questions = inferred.questions();
    assert!(questions.iter().any(|question| question.text.contains("encoding")), "{questions:?}");
    assert!(questions.iter().any(|question| question.text.contains("decimal_comma")), "{questions:?}");
    assert_eq!(column_type(&inferred, "betrag"), "numeric");
}

#[test]
fn what_is_no_data_is_named_for_what_it_is() {
    let contract = contract("format: csv", "- {name: name, type: string}\n");
    for (content, kind) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "a picture"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
        (b"ORC\x00\x01", "ORC"),
        (b"PK\x03\x04\x14\0\0\0", "a zip archive"),
        (b"SQLite format 3\0", "a database"),
    ] {
        let decoded = decode(&contract, "a.csv", content);
        assert_eq!((decoded.rows_in, decoded.rejects.len()), (0, 1), "{kind}");
        assert!(decoded.rejects[0].detail.contains(kind), "{}", decoded.rejects[0].detail);
        assert_eq!(sniff(&["a".to_owned()], content), None, "{kind}");
    }
}

#[test]
fn no_flip_and_no_cut_makes_a_decoder_panic() {
    let avro = contract("format: avro", AVRO_COLUMNS);
    for codec in ["null", "snappy", "xz"] {
        assert_survives(&avro, "a.avro", &fixture(&format!("people-{codec}.avro")));
    }
    let json = contract("format: json", "- {name: tags, type: array<bigint>}\n");
    assert_survives(&json, "a.json", b"[{\"id\":1,\"tags\":[1,null],\"updated_at\":\"2026-11-20\"}, {\"id\":2}]");
    let csv = contract("format: csv, csv_escape: \"\\\\\", encoding: utf-16le", "- {name: name, type: string}\n");
    assert_survives(&csv, "a.csv", b"i\0d\0;\0n\0a\0m\0e\0\n\x001\0;\0\"\0a\0\\\0\"\0\"\0\n\0");
}
