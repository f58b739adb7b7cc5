//! Statements that must not do what they say.

use super::fixture::{Lake, text};
use crate::{QueryEngine, QueryErrorKind, QueryOptions};
use sluice_api::JobId;

const JOB: JobId = JobId(3);

/// Files that hold a word which must never be seen.
struct Trap {
    lake: Lake,
    outside: String,
    parquet: String,
}

fn trap() -> Trap {
    let lake = Lake::new();
    let file = lake.file("o.parquet", "SELECT 1 AS id");
    let outside = lake.dir.path().join("outside.csv");
    std::fs::write(&outside, "a,b\nTOPSECRET,2\n").unwrap();
    let parquet = lake.dir.path().join("outside.parquet");
    std::fs::copy(&file.path, &parquet).unwrap();
    std::os::unix::fs::symlink(&outside, lake.path().join("link.csv")).unwrap();
    std::os::unix::fs::symlink(&parquet, lake.path().join("link.parquet")).unwrap();
    lake.table("silver.shop.orders", &[("id", "int")], &[file]);
    let (outside, parquet) = (text(&outside), text(&parquet));
    Trap { lake, outside, parquet }
}

#[test]
fn hostile_statements_are_refused_before_they_run() {
    let trap = trap();
    let inside = text(&trap.lake.path());
    let up = format!("{inside}/../outside.csv");
    let statements = [
        format!("COPY silver.shop.orders TO '{inside}/stolen.csv'"),
        format!("COPY (SELECT 1) TO '{inside}/stolen.parquet' (FORMAT parquet)"),
        format!("COPY memory.results.x FROM '{}'", trap.outside),
        format!("EXPORT DATABASE '{inside}/dump'"),
        format!("IMPORT DATABASE '{inside}/dump'"),
        format!("ATTACH '{inside}/evil.db' AS evil"),
        "ATTACH ':memory:' AS evil".to_owned(),
        "DETACH silver".to_owned(),
        "INSTALL httpfs".to_owned(),
        "LOAD httpfs".to_owned(),
        format!("LOAD '{inside}/evil.duckdb_extension'"),
        "FORCE INSTALL excel FROM community".to_owned(),
        "UPDATE EXTENSIONS".to_owned(),
        "SET enable_external_access = true".to_owned(),
        "SET lock_configuration = false".to_owned(),
        "RESET lock_configuration".to_owned(),
        "SET errors_as_json = false".to_owned(),
        "SET schema = 'gold.main'".to_owned(),
        "SET home_directory = '/'".to_owned(),
        "SET VARIABLE x = 1".to_owned(),
        "PRAGMA enable_profiling".to_owned(),
        "PRAGMA database_list".to_owned(),
        "CREATE SECRET s (TYPE s3)".to_owned(),
        "CREATE PERSISTENT SECRET s (TYPE s3)".to_owned(),
        "DROP SECRET s".to_owned(),
        "CREATE TABLE silver.shop.t AS SELECT 1".to_owned(),
        "CREATE OR REPLACE VIEW silver.shop.orders AS SELECT 2 AS id".to_owned(),
        "CREATE MACRO f() AS 1".to_owned(),
        "CREATE TEMP TABLE t (a INT)".to_owned(),
        "CREATE SEQUENCE s".to_owned(),
        "CREATE TRIGGER t AFTER INSERT ON x EXECUTE SELECT 1".to_owned(),
        "DROP VIEW silver.shop.orders".to_owned(),
        "DROP SCHEMA memory.results CASCADE".to_owned(),
        "ALTER VIEW silver.shop.orders RENAME TO o2".to_owned(),
        "INSERT INTO silver.shop.orders VALUES (2)".to_owned(),
        "UPDATE silver.shop.orders SET id = 2".to_owned(),
        "DELETE FROM silver.shop.orders".to_owned(),
        "TRUNCATE silver.shop.orders".to_owned(),
        "MERGE INTO silver.shop.orders o USING (SELECT 1) x ON true WHEN MATCHED THEN DELETE".to_owned(),
        "VACUUM".to_owned(),
        "ANALYZE".to_owned(),
        "CHECKPOINT".to_owned(),
        "FORCE CHECKPOINT".to_owned(),
        "BEGIN".to_owned(),
        "COMMIT".to_owned(),
        "USE gold".to_owned(),
        "CALL pragma_version()".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "EXECUTE p".to_owned(),
        "DEALLOCATE p".to_owned(),
        "COMMENT ON VIEW silver.shop.orders IS 'x'".to_owned(),
        "KILL 1".to_owned(),
        "EXPLAIN ANALYZE DELETE FROM silver.shop.orders".to_owned(),
        format!("EXPLAIN ANALYZE COPY (SELECT 1) TO '{inside}/stolen.csv'"),
        "EXPLAIN EXPLAIN SELECT 1".to_owned(),
        "SELECT 1; DROP VIEW silver.shop.orders".to_owned(),
        format!("SELECT 1;COPY (SELECT 1) TO '{inside}/stolen.csv'"),
        "WITH d AS (DELETE FROM silver.shop.orders RETURNING *) SELECT * FROM d".to_owned(),
        "WITH d AS (INSERT INTO memory.results._r1 VALUES (1) RETURNING *) FROM d".to_owned(),
        "SELECT * FROM (SELECT * FROM read_text('/etc/passwd'))".to_owned(),
        "SELECT (SELECT content FROM read_text('/etc/passwd'))".to_owned(),
        "DESCRIBE FROM read_csv('/etc/passwd')".to_owned(),
        "SUMMARIZE FROM read_csv('/etc/passwd')".to_owned(),
        "FROM '/etc/passwd'".to_owned(),
        "SELECT * FROM \"/etc/passwd\"".to_owned(),
        "DESCRIBE '/etc/passwd'".to_owned(),
        "SUMMARIZE '/etc/passwd'".to_owned(),
        format!("SELECT * FROM '{}'", trap.outside),
        format!("SELECT * FROM '{}'", trap.parquet),
        format!("SELECT * FROM '{up}'"),
        format!("SELECT * FROM '{inside}/link.csv'"),
        format!("SELECT * FROM read_csv('{}')", trap.outside),
        format!("SELECT * FROM read_csv('{up}')"),
        format!("SELECT * FROM read_csv('{inside}/link.csv')"),
        format!("SELECT * FROM read_csv_auto('{}')", trap.outside),
        format!("SELECT * FROM read_parquet('{}')", trap.parquet),
        format!("SELECT * FROM parquet_scan('{inside}/link.parquet')"),
        format!("SELECT * FROM read_text('{}')", trap.outside),
        format!("SELECT * FROM read_blob('{}')", trap.outside),
        format!("SELECT * FROM read_json('{}')", trap.outside),
        format!("SELECT * FROM read_ndjson_objects('{}')", trap.outside),
        format!("SELECT * FROM read_duckdb('{}')", trap.outside),
        format!("SELECT * FROM sniff_csv('{}')", trap.outside),
        format!("SELECT * FROM parquet_metadata('{}')", trap.parquet),
        format!("SELECT * FROM parquet_schema('{}')", trap.parquet),
        format!("SELECT * FROM parquet_kv_metadata('{}')", trap.parquet),
        "SELECT * FROM glob('/etc/*')".to_owned(),
        format!("SELECT * FROM glob('{inside}/*')"),
        "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')".to_owned(),
        "SELECT * FROM query_table('silver.shop.orders')".to_owned(),
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))".to_owned(),
        "SELECT * FROM duckdb_secrets()".to_owned(),
        "SELECT * FROM which_secret('s3://x', 's3')".to_owned(),
        "SELECT * FROM enable_logging()".to_owned(),
        "SELECT * FROM enable_profiling()".to_owned(),
        "SELECT * FROM create_external_resource('x')".to_owned(),
        "SELECT * FROM checkpoint()".to_owned(),
        "SELECT * FROM force_checkpoint()".to_owned(),
        "SELECT * FROM sluice_batch(1)".to_owned(),
        "SELECT * FROM pg_catalog.pragma_user_agent()".to_owned(),
        "SELECT write_log('x')".to_owned(),
        "SELECT nextval('s')".to_owned(),
        "SELECT getenv('HOME')".to_owned(),
        "FROM 'https://example.invalid/x.parquet'".to_owned(),
        "FROM 's3://bucket/x.parquet'".to_owned(),
        "FROM '~/x.csv'".to_owned(),
    ];
    for sql in &statements {
        let Err(error) = trap.lake.engine.query(JOB, sql) else { panic!("ran: {sql}") };
        assert!(matches!(error.kind, QueryErrorKind::Refused | QueryErrorKind::Input), "{sql}: {error:?}");
        assert!(!error.to_string().contains("TOPSECRET"), "{sql}: {error}");
        assert!(!error.next.is_empty(), "{sql}: {error}");
        assert!(trap.lake.engine.model(JobId(3), sql).is_err(), "{sql}");
    }
    assert!(statements.len() >= 60, "{}", statements.len());
    assert_eq!(trap.lake.rows("FROM silver.shop.orders"), [["1"]], "nothing has changed");
    let names: Vec<_> = std::fs::read_dir(trap.lake.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing was written: {names:?}");
}

/// The second wall: DuckDB itself refuses, even if the check of the syntax tree let something through.
#[test]
fn the_sandbox_holds_without_the_check() {
    let trap = trap();
    let inside = text(&trap.lake.path());
    let statements = [
        "SELECT * FROM read_text('/etc/passwd')".to_owned(),
        "FROM '/etc/passwd'".to_owned(),
        format!("SELECT * FROM read_csv('{}')", trap.outside),
        format!("SELECT * FROM read_csv('{inside}/../outside.csv')"),
        format!("SELECT * FROM read_csv('{inside}/link.csv')"),
        format!("SELECT * FROM read_text('{inside}/link.csv')"),
        format!("SELECT * FROM parquet_metadata('{}')", trap.parquet),
        format!("SELECT * FROM sniff_csv('{}')", trap.outside),
        format!("COPY (SELECT 1) TO '{}'", trap.outside),
        format!("ATTACH '{}.db' AS evil", trap.outside),
        "INSTALL httpfs".to_owned(),
        "LOAD httpfs".to_owned(),
        "SET enable_external_access = true".to_owned(),
        "SET lock_configuration = false".to_owned(),
        "SET allowed_directories = ['/']".to_owned(),
        "SET home_directory = '/etc'".to_owned(),
        "SET temp_directory = '/etc'".to_owned(),
        "SET memory_limit = '1TB'".to_owned(),
        "SELECT * FROM read_text('~/.profile')".to_owned(),
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')".to_owned(),
    ];
    let conn = trap.lake.engine.inner.pool.connect().unwrap();
    for sql in &statements {
        assert!(conn.execute_batch(sql).is_err(), "ran: {sql}");
    }
    // Globs see nothing outside.
    let seen: i64 = conn.query_row("SELECT count(*) FROM glob('/etc/*')", [], |row| row.get(0)).unwrap_or_default();
    assert_eq!(seen, 0);
}

#[test]
fn a_lake_reached_through_a_link_is_read() {
    let lake = Lake::new();
    lake.file("o.parquet", "SELECT 5 AS id");
    let link = lake.dir.path().join("link");
    std::os::unix::fs::symlink(lake.path(), &link).unwrap();
    let engine = QueryEngine::new(QueryOptions { allowed: vec![link.clone()], ..QueryOptions::default() }).unwrap();
    let table = crate::TableFiles {
        table: "silver.shop.o".parse().unwrap(),
        columns: Vec::new(),
        files: vec![crate::TableFile::whole(link.join("o.parquet"))],
    };
    engine.set_tables(&[table]).unwrap();
    assert_eq!(engine.query(JOB, "FROM silver.shop.o").unwrap().rows, 1);
}

#[test]
fn deep_and_long_sql_ends_in_an_error_or_a_result() {
    let lake = Lake::new();
    let sums = format!("SELECT {}1", "1+".repeat(300));
    assert!(lake.engine.query(JOB, &sums).is_ok());
    for sql in [
        format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("SELECT {}1", "1+".repeat(50_000)),
        format!("SELECT {}1", "- ".repeat(20_000)),
        format!("SELECT '{}'", "x".repeat(2 << 20)),
        "SELECT 1\0; DROP".to_owned(),
    ] {
        let _either = lake.engine.query(JOB, &sql);
    }
    assert_eq!(lake.rows("SELECT 2"), [["2"]]);
}

#[test]
fn a_query_beyond_its_memory_fails_with_a_next_step() {
    let lake = Lake::new();
    let options = QueryOptions { memory_bytes: 64 << 20, allowed: vec![lake.path()], ..QueryOptions::default() };
    let engine = QueryEngine::new(options).unwrap();
    let error = engine.query(JOB, "SELECT range AS a, hash(range)::VARCHAR AS b FROM range(50000000)").unwrap_err();
    assert_eq!(error.kind, QueryErrorKind::Resources, "{error}");
    assert!(error.next.contains("LIMIT"), "{error}");
    assert!(engine.query(JOB, "SELECT 1").is_ok());
}
