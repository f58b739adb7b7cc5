//! Every type from every form that Debezium sends.

use super::Values;
use crate::value::encoding::Encoding;
use crate::value::reading::Reading;
use crate::value::unavailable::Unavailable;
use sluice_change::{Cell, ReasonCode, TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY, parse_cell};
use sluice_contract::{ColumnType, Contract, DecimalText, TimeUnit};

fn read_as(
    data_type: &str,
    encoding: &Encoding,
    decimals: DecimalText,
    raw: &str,
) -> Result<Cell<'static>, ReasonCode> {
    let unavailable = Unavailable::new("__debezium_unavailable_value");
    let data_type: ColumnType = data_type.parse().unwrap();
    let contract = "dataset: a.b\nsource: {path: in, format: debezium_json}\n\
                    schema:\n- {name: id, type: int, primary_key: true}\n";
    let contract = Contract::parse(contract, "b.yaml").unwrap();
    let reading = Reading::new(contract.source.as_ref().unwrap()).unwrap();
    let values = Values { decimals, reading: &reading, unit: None, is_length: false, unavailable: &unavailable };
    values.cell(&data_type, encoding, raw).map(Cell::into_owned).map_err(|error| error.reason)
}

fn read(data_type: &str, raw: &str) -> Result<Cell<'static>, ReasonCode> {
    read_as(data_type, &Encoding::Unsaid, DecimalText::Base64, raw)
}

fn text(value: &str) -> Result<Cell<'static>, ReasonCode> {
    Ok(Cell::Text(value.to_owned().into()))
}

#[test]
fn numbers_never_lose_a_digit() {
    assert_eq!(read("bigint", "9223372036854775807"), Ok(Cell::Int(i64::MAX)));
    assert_eq!(read("bigint", "-9223372036854775808"), Ok(Cell::Int(i64::MIN)));
    assert_eq!(read("bigint", "9223372036854775808"), Err(ReasonCode::ValueOutOfRange));
    assert_eq!(read("smallint", "\"12\""), Ok(Cell::Int(12)));
    assert_eq!(read("int", "1.5"), Err(ReasonCode::TypeMismatch));
    assert_eq!(
        read("decimal(38,10)", "9999999999999999999999999999.9999999999"),
        Ok(Cell::Decimal(10_i128.pow(38) - 1))
    );
    assert_eq!(read("double", "-0.0"), Ok(Cell::Float(-0.0)));
    assert_eq!(read("double", "1e400"), Err(ReasonCode::ValueOutOfRange));
    assert_eq!(read("float", "1.17549435E-38"), Ok(Cell::Float(f64::from(f32::MIN_POSITIVE))));
    assert!(matches!(read("float", "\"NaN\""), Ok(Cell::Float(v)) if v.is_nan()));
    assert_eq!(read("double", "\"-Infinity\""), Ok(Cell::Float(f64::NEG_INFINITY)));
}

#[test]
fn decimals_come_as_base64_text_struct_or_number() {
    let decimal = |raw: &str| read("decimal(12,2)", raw);
    assert_eq!(decimal("\"P/k=\""), Ok(Cell::Decimal(16_377)));
    assert_eq!(decimal("163.77"), Ok(Cell::Decimal(16_377)));
    assert_eq!(decimal(r#"{"scale":1,"value":"Dw=="}"#), Ok(Cell::Decimal(150)));
    assert_eq!(decimal("\"163.77\""), Err(ReasonCode::TypeMismatch));
    let string = |encoding: &Encoding, raw: &str| read_as("decimal(12,2)", encoding, DecimalText::Text, raw);
    assert_eq!(string(&Encoding::Unsaid, "\"1234\""), Ok(Cell::Decimal(123_400)));
    assert_eq!(string(&Encoding::Decimal(2), "\"P/k=\""), Ok(Cell::Decimal(16_377)));
    assert_eq!(read_as("decimal(12,2)", &Encoding::Text, DecimalText::Base64, "\"1234\""), Ok(Cell::Decimal(123_400)));
    assert_eq!(
        read_as("decimal(12,2)", &Encoding::Decimal(3), DecimalText::Base64, "\"P/k=\""),
        Err(ReasonCode::ValueOutOfRange)
    );
    assert_eq!(read("numeric", r#"{"scale":1,"value":"Dw=="}"#), text("1.5"));
    assert_eq!(read("numeric", "\"1.50\""), text("1.5"));
    assert_eq!(read("numeric", r#"{"scale":1}"#), Err(ReasonCode::TypeMismatch));
    assert_eq!(read_as("string", &Encoding::Decimal(2), DecimalText::Base64, "\"P/k=\""), text("163.77"));
}

#[test]
fn times_follow_the_schema_or_count_microseconds() {
    let at = |data_type: &str, text: &str| Ok(parse_cell(&data_type.parse().unwrap(), text).unwrap().into_owned());
    assert_eq!(read("date", "9691"), at("date", "1996-07-14"));
    assert_eq!(read("date", "\"1996-07-14\""), at("date", "1996-07-14"));
    assert_eq!(read("date", "99999999999"), Err(ReasonCode::TypeMismatch));
    assert_eq!(read("time", "45571000000"), text("12:39:31"));
    assert_eq!(
        read_as("time", &Encoding::Count(TimeUnit::Milliseconds), DecimalText::Base64, "1500"),
        text("00:00:01.5")
    );
    assert_eq!(read("time", "\"12:39:31Z\""), text("12:39:31"));
    assert_eq!(read("time", "-1"), Err(ReasonCode::ValueOutOfRange));
    let expected = at("timestamp_ntz", "2024-07-05 06:14:05.249144");
    assert_eq!(read("timestamp_ntz", "1720160045249144"), expected);
    assert_eq!(
        read_as("timestamp_ntz", &Encoding::Count(TimeUnit::Nanoseconds), DecimalText::Base64, "1720160045249144999"),
        expected
    );
    assert_eq!(
        read_as("timestamp", &Encoding::Count(TimeUnit::Milliseconds), DecimalText::Base64, "1720160045249"),
        at("timestamp", "2024-07-05 06:14:05.249")
    );
    assert_eq!(read("timestamp", "\"2024-07-05T06:14:05.249144Z\""), at("timestamp", "2024-07-05 06:14:05.249144"));
    for raw in ["9223372036825200000", "\"infinity\""] {
        assert_eq!(read("timestamp_ntz", raw), Ok(Cell::Int(TIMESTAMP_INFINITY)));
    }
    for raw in ["-9223372036832400000", "\"-infinity\""] {
        assert_eq!(read("timestamp", raw), Ok(Cell::Int(TIMESTAMP_MINUS_INFINITY)));
    }
    assert_eq!(read("timestamp", "9223372036854775807"), Err(ReasonCode::ValueOutOfRange));
    assert_eq!(
        read_as("timestamp", &Encoding::Count(TimeUnit::Milliseconds), DecimalText::Base64, "9223372036854775807"),
        Err(ReasonCode::ValueOutOfRange)
    );
}

#[test]
fn texts_bytes_lists_and_json() {
    assert_eq!(read("string", r#""\ud83d\ude00 \"q\"""#), text("😀 \"q\""));
    assert_eq!(read("string", "12.50"), text("12.50"));
    assert_eq!(read("string", r#""\ud83d""#), Err(ReasonCode::TypeMismatch));
    assert_eq!(read("uuid", "\"1AF12799-dcbf-4b2c-b260-acdf44b58b76\""), text("1af12799-dcbf-4b2c-b260-acdf44b58b76"));
    assert_eq!(read("binary", "\"\""), Ok(Cell::Bytes(Vec::new().into())));
    assert_eq!(read("binary", "\"HGO1\""), Ok(Cell::Bytes(vec![0x1c, 0x63, 0xb5].into())));
    assert_eq!(read("binary", "\"a b\""), Err(ReasonCode::TypeMismatch));
    assert_eq!(read("json", r#""{\"a\": 1}""#), text(r#"{"a": 1}"#));
    assert_eq!(read("json", r#"{ "a" : [1.50, "x y"] }"#), text(r#"{"a":[1.50,"x y"]}"#));
    assert_eq!(read("array<int>", "[1,null]"), Ok(Cell::List(vec![Cell::Int(1), Cell::Null])));
    assert_eq!(read("array<int>", "[1,\"x\"]"), Err(ReasonCode::TypeMismatch));
    assert_eq!(read("array<decimal(4,1)>", r#"["Dw=="]"#), Ok(Cell::List(vec![Cell::Decimal(15)])));
    assert_eq!(read("int", "[1]"), Err(ReasonCode::TypeMismatch));
    assert_eq!(read("boolean", "true"), Ok(Cell::Bool(true)));
    assert_eq!(read("boolean", "\"false\""), Ok(Cell::Bool(false)));
    assert_eq!(read("date", "true"), Err(ReasonCode::TypeMismatch));
    assert_eq!(read("int", "null"), Ok(Cell::Null));
}

#[test]
fn a_value_that_was_not_sent_is_absent() {
    assert_eq!(read("string", r#""__debezium_unavailable_value""#), Ok(Cell::Absent));
    assert_eq!(read("array<string>", r#"["__debezium_unavailable_value"]"#), Ok(Cell::Absent));
    assert_eq!(read("binary", r#""X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==""#), Ok(Cell::Absent));
    let two = r#"["__debezium_unavailable_value","x"]"#;
    assert_eq!(read("array<string>", two), Err(ReasonCode::TypeMismatch));
}
