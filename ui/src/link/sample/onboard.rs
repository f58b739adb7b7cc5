//! A source with change files, and the contract proposed for one of its tables.

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use sluice_api::{
    ApiError, DraftColumn, ErrorCode, Evidence, FoundTable, OnboardDraft, OnboardSource, PageRequest, Problem,
    ResultColumn, ResultId, ResultView, TableName,
};
use std::sync::Arc;

/// Sample rows of `shop.refunds`.
pub(super) const SAMPLE: ResultId = ResultId(20_000);

/// The proposed text; the type of `amount` lacks its scale.
const YAML: &str = "\
dataset: \"shop.refunds\"
owner: \"payments_team@acme.example\"
sla: \"4 hours\"
source:
  path: \"landing/topics/shop.public.refunds/\"
  format: debezium_json
apply:
  key: [refund_id]
quality:
- check: \"row_count > 0\"
- check: \"max_value(amount, 10000)\"
schema:
- name: \"refund_id\"
  type: bigint
  primary_key: true
- name: \"payment_id\"
  type: bigint
- name: \"amount\"
  type: \"decimal(12,?)\"
  constraints: [\"min_value(0)\"]
- name: \"currency\"
  type: string
- name: \"customer_email\"
  type: string
  pii: true
- name: \"iban\"
  type: string
- name: \"requested_at\"
  type: timestamp
";

fn table(name: &str, files: u64, has_contract: bool) -> FoundTable {
    FoundTable {
        path: format!("landing/topics/shop.public.{name}/"),
        name: TableName { dataset: "shop".to_owned(), table: name.to_owned() },
        format: Some("debezium_json".to_owned()),
        files,
        bytes: files * 412_000,
        has_contract,
    }
}

/// What is in a source; nothing in one called `empty`.
pub(super) fn source(source: &str) -> OnboardSource {
    let tables = if source.contains("empty") {
        Vec::new()
    } else {
        vec![
            table("customers", 53, true),
            table("order_items", 1_240, true),
            table("orders", 240, true),
            table("payments", 205, true),
            table("products", 5, true),
            table("refunds", 35, false),
            table("returns", 22, false),
            table("shipments", 311, false),
        ]
    };
    let looked_for = ["*.json, *.json.gz", "*.csv, *.csv.gz", "*.parquet"].map(str::to_owned).to_vec();
    OnboardSource { source: source.to_owned(), tables, beside: Vec::new(), looked_for, left_alone: Vec::new() }
}

/// The proposal for `shop.refunds`.
pub(super) fn draft(path: &str) -> OnboardDraft {
    let evidence =
        |ok, text: &str, count: &str| Evidence { ok, open: false, text: text.to_owned(), count: count.to_owned() };
    let column = |name: &str, arrives: &str, data_type: &str, null_share, pii: Option<&str>| DraftColumn {
        name: name.to_owned(),
        arrives_as: arrives.to_owned(),
        data_type: data_type.to_owned(),
        null_share,
        key: name == "refund_id",
        pii: pii.map(str::to_owned),
        decide: None,
        open: false,
    };
    let mut columns = vec![
        column("refund_id", "int64", "bigint", 0.0, None),
        column("payment_id", "int64", "bigint", 0.0, None),
        column("amount", "bytes, base64", "decimal(12,?)", 0.0, None),
        column("currency", "text, 3", "string", 0.0, None),
        column("customer_email", "text", "string", 0.0, Some("E-mail, 100 % match")),
        column("iban", "text", "string", 0.38, Some("IBAN, checksum 100 %")),
        column("requested_at", "int64, µs", "timestamp", 0.0, None),
    ];
    if let Some(iban) = columns.get_mut(5) {
        iban.decide = Some("Looks like an IBAN, decide whether it is personal data".to_owned());
    }
    OnboardDraft {
        path: path.to_owned(),
        name: TableName { dataset: "shop".to_owned(), table: "refunds".to_owned() },
        title: "Debezium PostgreSQL, JSON".to_owned(),
        format: "debezium_json".to_owned(),
        confidence: 0.98,
        evidence: vec![
            evidence(true, "Path fits topics/<topic>/partition=<n>/<topic>+<n>+<offset>.json", "35 of 35 files"),
            evidence(true, "Records carry op, source, before and after", "20,000 of 20,000 rows"),
            evidence(true, "source.connector is postgresql, offsets run on without a gap", "0 to 408,000"),
            evidence(false, "No schema in the records, so a decimal arrives as bytes without its scale", "1 column"),
        ],
        key: vec!["refund_id".to_owned()],
        sequence: vec!["source.lsn".to_owned(), "transaction.total_order".to_owned()],
        operations: [("c", 14_200), ("u", 4_998), ("d", 402), ("r", 400)]
            .map(|(name, count)| (name.to_owned(), count))
            .to_vec(),
        columns,
        yaml: YAML.to_owned(),
        problems: vec![Problem {
            file: "contracts/shop/refunds.yaml".to_owned(),
            line: 19,
            column: 9,
            message: "Scale is missing".to_owned(),
            fix: "Write decimal(12,2)".to_owned(),
        }],
        questions: Vec::new(),
        source_tables: vec![("shop.public.refunds".to_owned(), 20_000)],
        existing: None,
        sampled_files: (35, 35),
        sampled_rows: 20_000,
        sample: sample(),
    }
}

fn sample() -> ResultView {
    let column = |name: &str, data_type: &str, numeric| ResultColumn {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        numeric,
        pii: false,
    };
    ResultView {
        id: SAMPLE,
        columns: vec![
            column("_op", "string", false),
            column("refund_id", "bigint", true),
            column("payment_id", "bigint", true),
            column("amount", "string", false),
            column("currency", "string", false),
            column("customer_email", "string", false),
            column("iban", "string", false),
        ],
        rows: 6,
        elapsed_ms: 4,
    }
}

/// The sample rows.
pub(super) fn page(request: &PageRequest) -> Result<Vec<u8>, ApiError> {
    let _ = request;
    encode().map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string(), ""))
}

fn encode() -> Result<Vec<u8>, ArrowError> {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("_op", Arc::new(StringArray::from(vec!["c", "c", "u", "c", "u", "d"]))),
        ("refund_id", Arc::new(Int64Array::from(vec![90_021, 90_022, 90_021, 90_023, 90_022, 89_877]))),
        (
            "payment_id",
            Arc::new(Int64Array::from(vec![
                Some(771_204),
                Some(771_260),
                Some(771_204),
                Some(771_388),
                Some(771_260),
                None,
            ])),
        ),
        (
            "amount",
            Arc::new(StringArray::from(vec![
                Some("AdTA"),
                Some("A+g="),
                Some("AdTA"),
                Some("GQA="),
                Some("A+g="),
                None,
            ])),
        ),
        (
            "currency",
            Arc::new(StringArray::from(vec![Some("EUR"), Some("EUR"), Some("EUR"), Some("SEK"), Some("EUR"), None])),
        ),
        ("customer_email", Arc::new(StringArray::from(vec!["anna@post.example"; 6]))),
        ("iban", Arc::new(StringArray::from(vec!["DE02120300000000202051"; 6]))),
    ];
    let batch = RecordBatch::try_from_iter(columns)?;
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}
