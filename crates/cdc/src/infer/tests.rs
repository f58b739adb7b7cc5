//! What is proposed for the recorded shop.

use super::{Inferred, InferredColumn, infer};
use crate::{file_order_key, is_change_file};
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::{Contract, Evolution, QuestionKind, SourceFormat, TableName, TimeUnit};

fn proposal(folder: &str, table: &str, with_keys: bool) -> Inferred {
    let root = crate::tests::shop().join(folder);
    let mut paths: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| is_change_file(name) || (with_keys && name.contains(".keys.")))
        .collect();
    paths.sort_by_key(|path| file_order_key(path));
    let total = paths.len() as u64;
    let files: Vec<(SourceFile, Bytes)> = paths
        .into_iter()
        .map(|path| {
            let bytes = std::fs::read(root.join(&path)).unwrap();
            let file = SourceFile {
                path: format!("{folder}/{path}"),
                size: bytes.len() as u64,
                etag: String::new(),
                ..SourceFile::default()
            };
            (file, Bytes::from(bytes))
        })
        .collect();
    infer(TableName::new("shop", table).unwrap(), folder, &files, total).unwrap()
}

fn main_stream(table: &str) -> Inferred {
    proposal(&format!("debezium/topics/shop.public.{table}/partition=0"), table, false)
}

fn type_of<'i>(inferred: &'i Inferred, column: &str) -> &'i str {
    &inferred.columns.iter().find(|found| found.name == column).unwrap().data_type
}

#[test]
fn keys_are_found_in_every_table() {
    for (table, key) in [
        ("customers", &["id"][..]),
        ("products", &["sku"]),
        ("orders", &["id"]),
        ("order_items", &["order_id", "line_no"]),
        ("payments", &["id"]),
        ("events", &["id"]),
        ("carts", &["id"]),
    ] {
        let inferred = main_stream(table);
        assert_eq!(inferred.key, key, "{table}");
        assert_eq!(inferred.format, SourceFormat::DebeziumJson);
        let order = inferred.evidence.iter().find(|seen| seen.text.starts_with("Order by the last commit"));
        assert!(inferred.sequence.is_empty() && order.is_some_and(|seen| seen.ok), "{table} {:?}", inferred.evidence);
        assert!(inferred.confidence > 0.999, "{table} {}", inferred.confidence);
        assert!(inferred.evidence.iter().any(|evidence| evidence.ok && evidence.text.starts_with("Key ")));
    }
    let keyed = proposal("debezium/topics/shop.public.order_items/partition=0", "order_items", true);
    assert_eq!(keyed.key, ["order_id", "line_no"]);
}

#[test]
fn types_without_schema_are_guessed_and_what_is_open_is_said() {
    let customers = main_stream("customers");
    assert_eq!(customers.title, "Debezium PostgreSQL, JSON");
    for (column, data_type) in [
        ("id", "bigint"),
        ("email", "string"),
        ("birth_date", "date"),
        ("signup_at", "timestamp"),
        ("last_seen", "timestamp_ntz"),
        ("is_vip", "boolean"),
        ("loyalty_points", "bigint"),
        ("tags", "array<string>"),
        ("ext_id", "uuid"),
        ("preferences", "json"),
        ("avatar", "binary"),
        ("tier", "bigint"),
        ("fax", "string"),
    ] {
        assert_eq!(type_of(&customers, column), data_type, "{column}");
    }
    assert!(type_of(&customers, "credit_limit").ends_with(",?)"));
    let pii: Vec<&str> = customers.columns.iter().filter(|c| c.pii.is_some()).map(|c| c.name.as_str()).collect();
    assert_eq!(pii, ["email", "full_name", "birth_date", "fax"]);
    let tier = customers.columns.iter().find(|column| column.name == "tier").unwrap();
    assert!(tier.decide.is_some() && tier.rows < customers.sampled_rows);
    let problems = Contract::parse(&customers.yaml, "customers.yaml").unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("Scale is missing"));
}

#[test]
fn with_a_schema_the_contract_is_whole() {
    let payments = main_stream("payments");
    for (column, data_type) in [
        ("id", "uuid"),
        ("amount", "decimal(38,10)"),
        ("fee", "decimal(12,2)"),
        ("fx_rate", "numeric"),
        ("paid_at", "timestamp_ntz"),
        ("settled_on", "date"),
        ("settle_time", "time"),
        ("refunded", "boolean"),
        ("gateway_raw", "binary"),
    ] {
        assert_eq!(type_of(&payments, column), data_type, "{column}");
    }
    let contract = Contract::parse(&payments.yaml, "payments.yaml").unwrap();
    assert_eq!(contract.apply.key, ["id"]);
}

#[test]
fn decimals_as_text_are_said_in_the_contract() {
    let folder = "debezium-string/topics/shop_str.public.payments/partition=0";
    let inferred = proposal(folder, "payments", false);
    let contract = Contract::parse(&inferred.yaml, "payments.yaml").unwrap();
    assert_eq!(contract.source.unwrap().decimals, sluice_contract::DecimalText::Text);
    assert!(type_of(&inferred, "amount").ends_with(",10)") && type_of(&inferred, "fx_rate") == "numeric");
}

#[test]
fn flattened_and_dms_sources() {
    let flat = proposal("debezium-flat/topics/shop_flat.public.customers/partition=0", "customers", false);
    assert_eq!((flat.format, flat.key.as_slice()), (SourceFormat::DebeziumFlatJson, &["id".to_owned()][..]));
    assert!(flat.sequence.is_empty() && flat.evidence.iter().any(|seen| seen.ok && seen.text.contains("source.lsn")));
    for (table, key) in [("products", &["sku"][..]), ("orders", &["id"]), ("order_items", &["order_id", "line_no"])] {
        let dms = proposal(&format!("dms/parquet/public/{table}"), table, false);
        assert_eq!(
            (dms.format, dms.key.as_slice()),
            (SourceFormat::DmsParquet, &key.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>()[..])
        );
        assert!(dms.sequence.is_empty());
        assert!(dms.evidence.iter().any(|seen| seen.ok && seen.text.starts_with("Order by transact_seq")), "{table}");
        let contract = Contract::parse(&dms.yaml, "t.yaml").unwrap();
        assert_eq!(contract.source.unwrap().evolution, Evolution::AddNewColumns);
    }
    let csv = proposal("dms/csv/public/orders", "orders", false);
    assert_eq!((csv.format, csv.key.as_slice()), (SourceFormat::DmsCsv, &["column_1".to_owned()][..]));
    let contract = Contract::parse(&csv.yaml, "orders.yaml").unwrap();
    let source = contract.source.unwrap();
    assert_eq!((source.null_text.as_str(), source.csv_layouts.len()), ("<null>", 2));
    assert_eq!(source.evolution, Evolution::None);
}

#[test]
fn what_is_no_change_file_is_refused() {
    let file = SourceFile { path: "a.json".to_owned(), size: 2, etag: String::new(), ..SourceFile::default() };
    let name = TableName::new("a", "b").unwrap();
    assert!(infer(name.clone(), "x", &[(file.clone(), Bytes::from_static(b"hi"))], 1).is_err());
    assert!(
        infer(name, "x", &[(file, Bytes::from_static(b"{\"op\":\"d\",\"before\":null,\"source\":{}}"))], 1).is_err()
    );
}

/// A proposal for Debezium inserts without schema that have these columns.
fn of_rows(rows: &[&str]) -> Inferred {
    let line = |(lsn, row): (usize, &&str)| {
        format!("{{\"op\":\"c\",\"after\":{{\"id\":{lsn},{row}}},\"source\":{{\"lsn\":{lsn}}}}}\n")
    };
    let text: String = rows.iter().enumerate().map(line).collect();
    let file = SourceFile { path: "x/1.json".to_owned(), size: text.len() as u64, ..SourceFile::default() };
    infer(TableName::new("a", "b").unwrap(), "x", &[(file, Bytes::from(text))], 1).unwrap()
}

fn column<'i>(inferred: &'i Inferred, name: &str) -> &'i InferredColumn {
    inferred.columns.iter().find(|column| column.name == name).unwrap()
}

#[test]
fn the_unit_of_numbers_is_proposed_by_their_size_and_asked_where_two_are_possible() {
    let inferred = of_rows(&[
        r#""created_at":1762000061001,"changed_at":1762000061001250,"opens":28861500,"open_time":28861500,"n":1762000061001,"seen_at":1762000061"#,
        r#""created_at":1762000122002,"changed_at":1762000122002250,"opens":28923000,"open_time":28923000,"n":1762000122002,"seen_at":1762000122"#,
    ]);
    for (name, data_type, unit, asks) in [
        ("created_at", "timestamp_ntz", Some(TimeUnit::Milliseconds), false),
        ("changed_at", "timestamp_ntz", Some(TimeUnit::Microseconds), false),
        ("seen_at", "timestamp_ntz", Some(TimeUnit::Seconds), false),
        ("n", "timestamp_ntz", Some(TimeUnit::Milliseconds), true),
        ("opens", "bigint", None, false),
        ("open_time", "time", None, true),
    ] {
        let found = column(&inferred, name);
        let is = (found.data_type.as_str(), found.unit, found.decide.is_some());
        assert_eq!(is, (data_type, unit, asks), "{name}");
    }
    let contract = Contract::parse(&inferred.yaml, "b.yaml").unwrap();
    assert_eq!(contract.column("created_at").unwrap().unit, Some(TimeUnit::Milliseconds), "{}", inferred.yaml);
}

#[test]
fn hexadecimal_is_proposed_or_asked_and_special_numbers_are_numeric() {
    let short = of_rows(&[r#""file_hash":"deadbeef","amount":"12.50""#, r#""file_hash":"00ff00ff","amount":"NAN""#]);
    let found = column(&short, "file_hash");
    assert_eq!((found.data_type.as_str(), found.decide.is_some()), ("binary", true));
    assert!(short.yaml.contains("  binary: hex\n") && short.yaml.contains("  decimals: text\n"), "{}", short.yaml);
    assert_eq!(type_of(&short, "amount"), "numeric");
    let long = format!("\"file_hash\":\"{}\"", "0123456789abcdef".repeat(4));
    assert_eq!(column(&of_rows(&[&long, &long]), "file_hash").decide, None);
    let base64 = of_rows(&[r#""file_hash":"3q2+7w==""#, r#""file_hash":"AP8A/w==""#]);
    assert!(base64.yaml.contains("  binary: base64\n"), "{}", base64.yaml);
}

#[test]
fn times_with_and_without_a_zone_get_different_types() {
    let of = |times: [&str; 2]| {
        let rows = times.map(|time| format!("\"at\":\"{time}\""));
        let inferred = of_rows(&rows.each_ref().map(String::as_str));
        let found = column(&inferred, "at");
        (found.data_type.clone(), found.decide.is_some())
    };
    assert_eq!(of(["2024-01-02T11:00:00Z", "infinity"]), ("timestamp".to_owned(), false));
    assert_eq!(of(["2024-01-02T11:00:00-05:00", "2024-01-02T11:00:00-05:00"]), ("timestamp".to_owned(), false));
    assert_eq!(of(["2024-01-02 11:00:00", "2024-01-02 12:00:00"]), ("timestamp_ntz".to_owned(), false));
    assert_eq!(of(["2024-01-02T11:00:00Z", "2024-01-02 12:00:00"]), ("timestamp".to_owned(), true));
}

fn of_file(path: &str, content: String) -> Inferred {
    let bytes = Bytes::from(content);
    let file = SourceFile { path: path.to_owned(), size: bytes.len() as u64, ..SourceFile::default() };
    infer(TableName::new("shop", "parcels").unwrap(), "parcels", &[(file, bytes)], 1).unwrap()
}

#[test]
fn no_proposed_type_loses_a_digit() {
    let rows = (1..28).map(|day| {
        format!("{day},0{day}7,10234567890123456{day:02},12345678901234567890{day},2024-01-{day:02} 10:00:00\n")
    });
    let csv = of_file("x/1.csv", format!("id,postcode,snowflake,serial,updated_at\n{}", rows.collect::<String>()));
    for (column, data_type) in
        [("id", "bigint"), ("postcode", "string"), ("snowflake", "bigint"), ("serial", "decimal(38,0)")]
    {
        assert_eq!(type_of(&csv, column), data_type, "{column}");
    }
    let events = (1..28_u64).map(|at| {
        format!(
            "{{\"op\":\"c\",\"after\":{{\"id\":{at},\"mask\":{},\"share\":{at}.5}},\"source\":{{\"lsn\":{at}}}}}\n",
            u64::MAX - at
        )
    });
    let json = of_file("x/1.json", events.collect());
    for (column, data_type) in [("id", "bigint"), ("mask", "numeric"), ("share", "double")] {
        assert_eq!(type_of(&json, column), data_type, "{column}");
    }
}

/// Events of a table, each an operation with the row before and after it.
fn of_events(events: &[(&str, &str, &str)]) -> Inferred {
    let line = |(at, (op, before, after)): (usize, &(&str, &str, &str))| {
        format!("{{\"op\":\"{op}\",\"before\":{before},\"after\":{after},\"source\":{{\"lsn\":{at}}}}}\n")
    };
    of_file("x/1.json", events.iter().enumerate().map(line).collect())
}

#[test]
fn a_key_that_came_again_is_the_key_and_no_column_beside_it() {
    let again = of_events(&[
        ("c", "null", r#"{"id":1,"v":"a"}"#),
        ("d", r#"{"id":1,"v":null}"#, "null"),
        ("c", "null", r#"{"id":1,"v":"b"}"#),
        ("c", "null", r#"{"id":2,"v":"b"}"#),
    ]);
    assert_eq!(again.key, ["id"]);
    // Without the delete any column tells the rows of a key apart.
    let twice = of_events(&[
        ("c", "null", r#"{"id":1,"v":"a"}"#),
        ("c", "null", r#"{"id":1,"v":"b"}"#),
        ("c", "null", r#"{"id":2,"v":"a"}"#),
    ]);
    assert!(twice.key.is_empty() && twice.questions().iter().any(|question| question.kind == QuestionKind::Key));
    // Deletes with whole rows say nothing of the key.
    let whole = of_events(&[
        ("c", "null", r#"{"id":1,"v":"a"}"#),
        ("c", "null", r#"{"id":2,"v":"b"}"#),
        ("u", "null", r#"{"id":1,"v":"c"}"#),
        ("d", r#"{"id":1,"v":"c"}"#, "null"),
        ("d", r#"{"id":2,"v":"b"}"#, "null"),
    ]);
    assert_eq!(whole.key, ["id"]);
}

#[test]
fn of_few_rows_the_key_is_what_is_called_after_the_table() {
    let of = |table: &str, rows: &[&str]| {
        let line = |(at, row): (usize, &&str)| {
            format!("{{\"op\":\"c\",\"before\":null,\"after\":{row},\"source\":{{\"lsn\":{at}}}}}\n")
        };
        let text: String = rows.iter().enumerate().map(line).collect();
        let file = SourceFile { path: "x/1.json".to_owned(), size: text.len() as u64, ..SourceFile::default() };
        infer(TableName::new("shop", table).unwrap(), "x", &[(file, Bytes::from(text))], 1).unwrap()
    };
    let orders = [r#"{"customer_id":7,"order_id":1}"#, r#"{"customer_id":8,"order_id":2}"#];
    assert_eq!(of("orders", &orders).key, ["order_id"]);
    let asked = of("shipments", &orders);
    assert!(asked.key.is_empty() && asked.questions().iter().any(|of| of.kind == QuestionKind::Key), "{:?}", asked.key);
    let many: Vec<String> = (0..40).map(|id| format!(r#"{{"order_id":{id},"invoice_no":{id}}}"#)).collect();
    assert_eq!(of("shipments", &many.iter().map(String::as_str).collect::<Vec<_>>()).key, ["order_id"]);
    // One row that changes: what changes is no key.
    let one = of_events(&[("c", "null", r#"{"id":1,"key":"a"}"#), ("u", "null", r#"{"id":1,"key":"b"}"#)]);
    assert_eq!(one.key, ["id"]);
}

#[test]
fn rows_of_an_incremental_snapshot_are_of_keys_that_came_before() {
    let line = |at: u32, op: &str, kind: &str, row: &str| {
        format!("{{\"op\":\"{op}\",\"after\":{row},\"source\":{{\"lsn\":{at},\"snapshot\":\"{kind}\"}}}}\n")
    };
    let lines = [
        line(1, "r", "first", r#"{"id":1,"v":"a"}"#),
        line(1, "r", "last", r#"{"id":2,"v":"a"}"#),
        line(2, "u", "false", r#"{"id":2,"v":"b"}"#),
        line(3, "r", "incremental", r#"{"id":2,"v":"b"}"#),
    ];
    assert_eq!(of_file("x/1.json", lines.concat()).key, ["id"]);
}

#[test]
fn numbers_of_a_clock_s_size_are_asked_about_unless_they_are_called_a_time() {
    let found = of_rows(&[
        r#""cost_micros":4500000000,"opens_at":30600000000"#,
        r#""cost_micros":7200000000,"opens_at":28800000000"#,
    ]);
    assert!(column(&found, "cost_micros").question.is_some(), "{:?}", column(&found, "cost_micros"));
    assert_eq!((type_of(&found, "opens_at"), column(&found, "opens_at").question), ("time", None));
}

#[test]
fn empty_records_of_flattened_rows_are_deletes_of_which_nobody_knows() {
    let rows = "{\"id\":1,\"v\":\"a\",\"__op\":\"c\",\"__lsn\":1}\n{\"id\":2,\"v\":\"b\",\"__op\":\"c\",\"__lsn\":2}\n";
    let asks = |text: String| {
        of_file("x/1.json", text).questions().iter().any(|question| question.kind == QuestionKind::Deletes)
    };
    assert!(asks(format!("{rows}null\n")) && !asks(rows.to_owned()));
    let delete = "{\"id\":2,\"v\":\"b\",\"__op\":\"d\",\"__deleted\":\"true\",\"__lsn\":3}\n";
    assert!(!asks(format!("{rows}{delete}null\n")), "the deletes are there");
}

fn of_dms(files: &[(&str, &str)]) -> Inferred {
    let files: Vec<(SourceFile, Bytes)> = files
        .iter()
        .map(|(path, content)| {
            let file = SourceFile { path: (*path).to_owned(), size: content.len() as u64, ..SourceFile::default() };
            (file, Bytes::copy_from_slice(content.as_bytes()))
        })
        .collect();
    let count = files.len() as u64;
    infer(TableName::new("shop", "parcels").unwrap(), "parcels", &files, count).unwrap()
}

#[test]
fn files_of_aws_dms_are_full_loads_and_changes_by_their_names() {
    let asks = |found: &Inferred| found.questions().iter().any(|question| question.kind == QuestionKind::Order);
    // With operations in the full load (`includeOpForFullLoad`), and a place for the operation behind the time.
    let with = of_dms(&[
        ("t/LOAD00000001.csv", "at,Op,id,v\n2024-01-01 00:00:00,I,1,a\n2024-01-01 00:00:00,I,2,b\n"),
        ("t/20240101-000100000.csv", "at,Op,id,v\n2024-01-01 00:00:01,U,1,c\n2024-01-01 00:00:02,D,2,b\n"),
    ]);
    assert_eq!((with.key.as_slice(), asks(&with)), (["id".to_owned()].as_slice(), false));
    assert!(with.columns.iter().all(|column| column.name != "Op"));
    assert_eq!(with.operations, [("D".to_owned(), 1), ("U".to_owned(), 1), ("load".to_owned(), 2)]);
    // In small letters, as catalogs fold names.
    let small = of_dms(&[("t/20240101-000100000.csv", "op,id,v\nI,1,a\nU,1,b\nD,1,b\nI,2,c\n")]);
    assert_eq!((small.key.as_slice(), small.operations.len()), (["id".to_owned()].as_slice(), 3));
    // A column of the table that is called so.
    let own = of_dms(&[("t/20240101-000100000.csv", "Op,id,op\nI,1,add\nI,2,move\n")]);
    assert!(own.columns.iter().any(|column| column.name == "op"), "{:?}", own.columns);
}

#[test]
fn a_change_sequence_is_known_by_its_digits() {
    let found = of_dms(&[
        ("t/LOAD00000001.csv", "Op,id,v,transact_id\nI,1,a,\nI,2,b,\n"),
        (
            "t/20240101-000100000.csv",
            "Op,id,v,transact_id\nU,1,c,20240101000000010000000000000000003\nD,2,b,20240101000000010000000000000000004\n",
        ),
    ]);
    assert_eq!(
        (found.sequence.as_slice(), type_of(&found, "transact_id")),
        (["transact_id".to_owned()].as_slice(), "string")
    );
    assert!(!found.yaml.contains("null_text") && found.questions().is_empty(), "{}", found.yaml);
}

#[test]
fn empty_numbers_and_dates_are_null_behind_a_header_too() {
    let found = of_dms(&[("t/LOAD00000001.csv", "Op,id,n,day\nI,1,5,2024-01-01\nI,2,,\nI,3,7,2024-01-02\n")]);
    assert!(found.yaml.contains("  null_text: \"\"\n"), "{}", found.yaml);
    let before = of_dms(&[
        ("t/LOAD00000001.csv", "Op,id,v,BI_id\nI,1,a,\nI,2,,\n"),
        ("t/20240101-000100000.csv", "Op,id,v,BI_id\nU,3,a,1\n"),
    ]);
    assert!(!before.yaml.contains("null_text"), "{}", before.yaml);
}
