//! Types that survive a page, a model and the way in.

use super::fixture::{Lake, cells};
use duckdb::arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, ListArray, StringArray, TimestampMicrosecondArray,
};
use duckdb::arrow::datatypes::{DataType, Field, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};
use duckdb::arrow::record_batch::RecordBatch;
use sluice_api::JobId;
use std::sync::Arc;

const JOB: JobId = JobId(5);
const ALL: &str = "SELECT 12345678901234567890123456.0123456789::DECIMAL(38,10) AS d, 1.10::DECIMAL(12,2) AS m, \
    'infinity'::TIMESTAMPTZ AS up, '-infinity'::TIMESTAMPTZ AS down, '2024-03-09 11:23:06.12006+00'::TIMESTAMPTZ AS at, \
    ['a', NULL, 'c'] AS tags, '\\x00\\xFF'::BLOB AS raw, DATE '0001-01-02' AS day, 'NaN'::DOUBLE AS nan, \
    9223372036854775807 AS big, true AS yes, 1.5::FLOAT AS f, NULL::VARCHAR AS none, [1::INTEGER] AS numbers";

#[test]
fn every_type_survives_a_page() {
    let lake = Lake::new();
    lake.table("silver.shop.t", &[], &[lake.file("t.parquet", ALL)]);
    let view = lake.engine.query(JOB, "FROM silver.shop.t").unwrap();
    let words: Vec<_> = view.columns.iter().map(|c| c.data_type.as_str()).collect();
    assert_eq!(
        words,
        [
            "decimal(38,10)",
            "decimal(12,2)",
            "timestamp",
            "timestamp",
            "timestamp",
            "array<string>",
            "binary",
            "date",
            "double",
            "bigint",
            "boolean",
            "float",
            "string",
            "array<int>"
        ]
    );
    let batch = lake.batch(view.id, 0, 10);
    assert_eq!(batch.schema().field(0).data_type(), &DataType::Decimal128(38, 10));
    assert_eq!(batch.schema().field(2).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, None));
    assert_eq!(batch.column(2).as_primitive::<TimestampMicrosecondType>().value(0), i64::MAX);
    assert_eq!(batch.column(3).as_primitive::<TimestampMicrosecondType>().value(0), -i64::MAX);
    let tags = batch.column(5).as_list::<i32>().value(0);
    assert_eq!(tags.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None, Some("c")]);
    assert_eq!(batch.column(6).as_binary::<i32>().value(0), [0, 255]);
    assert_eq!(batch.column(9).as_primitive::<Int64Type>().value(0), i64::MAX);
    assert!(batch.column(12).is_null(0));
    let row = &cells_of(&batch, &[0, 1, 4, 7, 8])[..];
    assert_eq!(
        row,
        ["12345678901234567890123456.0123456789", "1.10", "2024-03-09T11:23:06.120060", "0001-01-02", "NaN"]
    );
}

fn cells_of(batch: &RecordBatch, columns: &[usize]) -> Vec<String> {
    cells(&batch.project(columns).unwrap())[0].clone()
}

/// The values that Sluice writes for infinity, as other writers than DuckDB put them into Parquet.
#[test]
fn infinite_timestamps_of_a_file_do_not_fail() {
    let lake = Lake::new();
    let file = lake.file(
        "inf.parquet",
        "SELECT make_timestamp(9223372036854775806 - 1) AS last, 'infinity'::TIMESTAMPTZ AS z, \
         'infinity'::TIMESTAMP AS n UNION ALL SELECT make_timestamp(0), '-infinity', '-infinity'",
    );
    let columns = [("last", "timestamp_ntz"), ("z", "timestamp"), ("n", "timestamp_ntz")];
    lake.table("silver.shop.t", &columns, &[file]);
    let view = lake.engine.query(JOB, "FROM silver.shop.t ORDER BY z").unwrap();
    let batch = lake.batch(view.id, 0, 2);
    for column in [1, 2] {
        let values = batch.column(column).as_primitive::<TimestampMicrosecondType>();
        assert_eq!(values.values().as_ref(), [-i64::MAX, i64::MAX]);
    }
    assert_eq!(
        lake.rows("SELECT count(*) FILTER (WHERE isfinite(z)), max(z)::VARCHAR, min(n)::VARCHAR FROM silver.shop.t"),
        [["0", "infinity", "-infinity"]]
    );
}

#[test]
fn other_types_leave_as_delta_types() {
    let lake = Lake::new();
    let sql = "SELECT 1::TINYINT AS a, 2::HUGEINT AS b, 3::UBIGINT AS c, TIME '10:00:00' AS d, INTERVAL 1 DAY AS e, \
               '5a55aeb5-5294-4fa4-b618-0de5de53afdd'::UUID AS f, {'x': 1} AS g, MAP {'k': 1} AS h, [[1]] AS i, NULL AS j, \
               'v'::ENUM('v') AS k, '101'::BIT AS l, TIMESTAMP_S '2024-01-01 00:00:00' AS m, [TIME '10:00:00'] AS n, \
               '{\"a\":1}'::JSON AS o, 7::UINTEGER AS p";
    let view = lake.engine.query(JOB, sql).unwrap();
    let words: Vec<_> = view.columns.iter().map(|c| c.data_type.as_str()).collect();
    assert_eq!(
        words,
        [
            "smallint",
            "decimal(38,0)",
            "decimal(20,0)",
            "string",
            "string",
            "string",
            "string",
            "string",
            "string",
            "string",
            "string",
            "string",
            "timestamp",
            "array<string>",
            "string",
            "bigint"
        ]
    );
    let paged = lake.batch(view.id, 0, 1);
    let (_, batches) = crate::engine::ipc::read(&lake.engine.model(JobId(3), sql).unwrap()).unwrap();
    assert_eq!(paged.schema(), batches[0].schema());
    assert_eq!(cells(&paged), cells(&batches[0]));
    assert_eq!(
        cells(&paged)[0],
        [
            "1",
            "2",
            "3",
            "10:00:00",
            "1 day",
            "5a55aeb5-5294-4fa4-b618-0de5de53afdd",
            "{'x': 1}",
            "{k=1}",
            "[[1]]",
            "null",
            "v",
            "101",
            "2024-01-01T00:00:00",
            "[10:00:00]",
            "{\"a\":1}",
            "7"
        ]
    );
    let huge = lake.engine.query(JOB, "SELECT 170141183460469231731687303715884105727::HUGEINT AS h").unwrap();
    assert_eq!(lake.batch(huge.id, 0, 1).num_rows(), 1);
    assert!(lake.engine.model(JobId(3), "SELECT 170141183460469231731687303715884105727::HUGEINT AS h").is_err());
}

#[test]
fn a_model_is_in_the_same_order_every_time() {
    let lake = Lake::new();
    let sql = "SELECT (range * 7919) % 1000 AS k, range AS v FROM range(50000)";
    let first = lake.engine.model(JobId(3), sql).unwrap();
    assert_eq!(first, lake.engine.model(JobId(3), sql).unwrap());
    let (_, batches) = crate::engine::ipc::read(&first).unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 50_000);
    assert_eq!(cells(&batches[0].slice(0, 2)), [["0", "0"], ["0", "1000"]]);
    let (schema, batches) =
        crate::engine::ipc::read(&lake.engine.model(JobId(3), "SELECT 1 AS a WHERE false").unwrap()).unwrap();
    assert_eq!((schema.fields().len(), batches.iter().map(RecordBatch::num_rows).sum::<usize>()), (1, 0));
    assert!(lake.engine.model(JobId(3), "EXPLAIN SELECT 1").is_err());
}

#[test]
fn rows_of_the_caller_become_a_result() {
    let lake = Lake::new();
    let schema = Arc::new(Schema::new(vec![
        Field::new("file", DataType::Utf8, false),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("amount", DataType::Decimal128(38, 10), true),
        Field::new("tags", DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true))), true),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["a", "b"])),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(i64::MAX), None]).with_timezone("UTC")),
        Arc::new(Decimal128Array::from(vec![Some(15), None]).with_precision_and_scale(38, 10).unwrap()),
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1)]), None])),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).unwrap();
    writer.write(&batch).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let view = lake.engine.put_result(&bytes).unwrap();
    assert_eq!(view.rows, 4);
    let words: Vec<_> = view.columns.iter().map(|c| c.data_type.as_str()).collect();
    assert_eq!(words, ["string", "timestamp", "decimal(38,10)", "array<bigint>"]);
    let page = lake.batch(view.id, 0, 10);
    assert_eq!(page.column(1).as_primitive::<TimestampMicrosecondType>().value(2), i64::MAX);
    assert_eq!(cells(&page.project(&[0, 2, 3]).unwrap())[..2], [["a", "0.0000000015", "[1]"], ["b", "null", "null"]]);
    let some = lake.engine.refine(view.id, Some("file = 'b'"), None).unwrap();
    assert_eq!(some.rows, 2);
    assert!(lake.engine.put_result(b"not arrow").is_err());
    let empty = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).unwrap().into_inner().unwrap();
    assert_eq!(lake.engine.put_result(&empty).unwrap().rows, 0);
}

/// The other crates have another Arrow; bytes are all that crosses.
#[test]
fn the_arrow_of_the_workspace_reads_pages_and_writes_results() {
    let lake = Lake::new();
    lake.table("silver.shop.t", &[], &[lake.file("t.parquet", ALL)]);
    let view = lake.engine.query(JOB, "FROM silver.shop.t").unwrap();
    let page = sluice_api::PageRequest { result: view.id, first_row: 0, rows: 500 };
    let bytes = lake.engine.page(page).unwrap();
    let reader = arrow::ipc::reader::StreamReader::try_new(bytes.as_slice(), None).unwrap();
    let schema = reader.schema();
    let batches: Vec<_> = reader.collect::<Result<_, _>>().unwrap();
    assert_eq!((batches.len(), batches[0].num_rows(), schema.fields().len()), (1, 1, view.columns.len()));
    assert_eq!(schema.field(0).data_type(), &arrow::datatypes::DataType::Decimal128(38, 10));
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &schema).unwrap();
    writer.write(&batches[0]).unwrap();
    let back = lake.engine.put_result(&writer.into_inner().unwrap()).unwrap();
    assert_eq!(back.columns, view.columns);
    assert_eq!(lake.all(&back), lake.all(&view));
}
