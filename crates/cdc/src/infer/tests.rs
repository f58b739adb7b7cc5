//! What is proposed for the recorded shop.

use super::{Inferred, InferredColumn, infer};
use crate::{file_order_key, is_change_file};
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::{Contract, Evolution, SourceFormat, TableName, TimeUnit};

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
