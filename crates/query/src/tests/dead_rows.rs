//! Files of which not all rows count.

use super::fixture::{Lake, owned};
use crate::{CheckInput, FileRows, ParentTables, TableFile, TableFiles};
use sluice_contract::Contract;
use std::time::Instant;

/// Writes a positions file.
fn positions(lake: &Lake, name: &str, rows: &str) -> std::path::PathBuf {
    lake.file(name, &format!("SELECT unnest({rows})::BIGINT AS row")).path
}

fn except(file: &TableFile, positions: std::path::PathBuf) -> TableFile {
    TableFile { path: file.path.clone(), rows: FileRows::Except(positions) }
}

fn only(file: &TableFile, positions: std::path::PathBuf) -> TableFile {
    TableFile { path: file.path.clone(), rows: FileRows::Only(positions) }
}

#[test]
fn only_rows_that_count_are_read() {
    let lake = Lake::new();
    let ids = |first: u32| format!("SELECT range::INTEGER AS id, 'f{first}' AS f FROM range({first}, {})", first + 10);
    let (a, b, c) =
        (lake.file("a.parquet", &ids(0)), lake.file("b.parquet", &ids(10)), lake.file("c.parquet", &ids(20)));
    let d = lake.file("d.parquet", &ids(30));
    let dead_b = positions(&lake, "pb.parquet", "[0, 1, 2, 9]");
    let dead_c = positions(&lake, "pc.parquet", "range(1, 10)");
    let live_d = positions(&lake, "pd.parquet", "[4, 5]");
    let none = positions(&lake, "p0.parquet", "[]::BIGINT[]");
    let columns = [("id", "int"), ("f", "string")];
    let files = [except(&c, dead_c), a, only(&d, live_d), except(&b, dead_b.clone())];
    lake.table("silver.shop.t", &columns, &files);
    let ids = lake.rows("SELECT string_agg(id, ' ' ORDER BY id) FROM silver.shop.t");
    assert_eq!(ids, [["0 1 2 3 4 5 6 7 8 9 13 14 15 16 17 18 20 34 35"]]);
    assert_eq!(lake.rows("SELECT count(*) FROM silver.shop.t"), [["19"]]);
    for (id, rows) in [(2, 1), (10, 0), (14, 1), (20, 1), (21, 0), (33, 0), (34, 1)] {
        assert_eq!(lake.rows(&format!("SELECT f FROM silver.shop.t WHERE id = {id}")).len(), rows, "{id}");
    }
    let by_file = lake.rows("SELECT f, count(*) FROM silver.shop.t GROUP BY f ORDER BY f");
    assert_eq!(by_file, [["f0", "10"], ["f10", "6"], ["f20", "1"], ["f30", "2"]]);
    // Other deleted rows are another file, so the view is another.
    lake.table("silver.shop.t", &columns, &[except(&b, none.clone())]);
    assert_eq!(lake.rows("SELECT count(*), min(id) FROM silver.shop.t"), [["10", "10"]]);
    lake.table("silver.shop.t", &columns, &[only(&b, none)]);
    assert_eq!(lake.rows("SELECT count(*), min(id) FROM silver.shop.t"), [["0", "null"]]);
    let rows = lake.table("silver.shop.t", &columns, &[except(&b, dead_b)]);
    assert_eq!(lake.engine.table_result(&rows).unwrap().rows, 6);
}

#[test]
fn groups_of_files_may_differ_in_their_columns() {
    let lake = Lake::new();
    let whole = lake.file(
        "a.parquet",
        "SELECT 1::INTEGER AS id, 'x' AS odd, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t, 'insert' AS _change_type",
    );
    let dirty =
        lake.file("b.parquet", "SELECT range::BIGINT AS ID, 5 AS odd, 'n' AS \"row\", 7 AS later FROM range(2, 5)");
    let some = lake.file("c.parquet", "SELECT 9::SMALLINT AS id, 1.5 AS late FROM range(3)");
    let dead = positions(&lake, "p.parquet", "[1]");
    // What only a file has, here `_change_type`, is no column of the table.
    let columns = [
        ("id", "bigint"),
        ("later", "int"),
        ("nowhere", "date"),
        ("odd", "string"),
        ("t", "timestamp"),
        ("row", "string"),
        ("late", "decimal(2,1)"),
    ];
    let files = [except(&dirty, dead.clone()), whole, only(&some, dead)];
    lake.table("silver.shop.t", &columns, &files);
    let table = "silver.shop.t".parse().unwrap();
    let found: Vec<_> = lake.engine.columns_of(&table).unwrap().into_iter().map(|c| (c.name, c.data_type)).collect();
    assert_eq!(found, owned(&columns));
    assert_eq!(
        lake.rows("FROM silver.shop.t ORDER BY id"),
        [
            ["1", "null", "null", "x", "2024-01-01T00:00:00", "null", "null"],
            ["2", "7", "null", "5", "null", "n", "null"],
            ["4", "7", "null", "5", "null", "n", "null"],
            ["9", "null", "null", "null", "null", "null", "1.5"],
        ]
    );
}

#[test]
fn a_column_that_hides_the_position_is_refused() {
    let lake = Lake::new();
    let dead = positions(&lake, "p.parquet", "[0]");
    for name in ["file_row_number", "File_Index"] {
        let file = lake.file("a.parquet", &format!("SELECT range AS id, 5 AS {name} FROM range(3)"));
        lake.table("silver.shop.t", &[], std::slice::from_ref(&file));
        assert_eq!(lake.rows("SELECT count(*) FROM silver.shop.t"), [["3"]], "a whole file is fine");
        let table = TableFiles {
            table: "silver.shop.t".parse().unwrap(),
            columns: Vec::new(),
            files: vec![except(&file, dead.clone())],
        };
        let error = lake.engine.set_tables(&[table]).unwrap_err();
        assert!(error.message.contains(name) && error.next.contains("copy_on_write"), "{error}");
    }
}

#[test]
fn checks_and_samples_do_not_see_dead_rows() {
    let lake = Lake::new();
    let old =
        lake.file("a.parquet", "SELECT range AS id, CASE WHEN range = 3 THEN NULL ELSE 's' END AS s FROM range(5)");
    let new = lake.file("b.parquet", "SELECT 3 AS id, 's' AS s");
    let yaml = "dataset: shop.t\nschema:\n  - {name: id, type: bigint, primary_key: true}\n  \
                - {name: s, type: string, required: true}\nquality:\n  - check: row_count > 4\n";
    let contract = Contract::parse(yaml, "t.yaml").unwrap();
    let failed = |files: &[TableFile]| {
        let input = CheckInput { contract: &contract, files, parents: &ParentTables::new() };
        let outcomes = lake.engine.check(&input).unwrap();
        let failed: u64 = outcomes.iter().filter_map(|record| record.outcome.failed).sum();
        let rows = (0..outcomes.len()).map(|at| lake.engine.failing_rows(&input, at as u32, 9).unwrap().rows);
        (outcomes.iter().filter(|record| record.blocks()).count(), failed, rows.sum::<u64>())
    };
    assert_eq!(failed(&[old.clone(), new.clone()]), (2, 3, 3), "the row twice, and its null");
    let dead = positions(&lake, "p.parquet", "[3]");
    assert_eq!(failed(&[except(&old, dead.clone()), new]), (0, 0, 0));
    assert_eq!(failed(&[except(&old, dead)]).0, 1, "four rows");
}

#[test]
fn a_difference_sees_rows_that_died() {
    let lake = Lake::new();
    let old = lake.file("a.parquet", "SELECT range AS id, 'x' AS s FROM range(100)");
    let new = lake.file("b.parquet", "SELECT 7 AS id, 'y' AS s UNION ALL SELECT 200, 'z'");
    let some = except(&old, positions(&lake, "p1.parquet", "[50]"));
    let more = except(&old, positions(&lake, "p2.parquet", "[7, 8, 50]"));
    let diff = |before: &[TableFile], after: &[TableFile]| {
        let columns = [("id", "bigint"), ("s", "string")];
        let parts = super::diffs::compare(&lake, &["id"], before, after, (&columns, &columns)).unwrap();
        (parts.inserted, parts.updated, parts.deleted, parts.unchanged)
    };
    assert_eq!(diff(std::slice::from_ref(&some), &[more.clone(), new.clone()]), (1, 1, 1, 97));
    assert_eq!(diff(&[more, new], std::slice::from_ref(&some)), (1, 1, 1, 97));
    assert_eq!(diff(std::slice::from_ref(&some), std::slice::from_ref(&some)), (0, 0, 0, 99));
}

#[test]
fn a_hundredth_of_dead_rows_costs_little() {
    let lake = Lake::new();
    let file =
        lake.file("a.parquet", "SELECT range AS id, hash(range) AS h, 'w' || range % 20000 AS s FROM range(2000000)");
    let dead = positions(&lake, "p.parquet", "list_transform(range(20000), lambda x: x * 100 + x % 97)");
    lake.table("silver.shop.whole", &[], std::slice::from_ref(&file));
    lake.table("silver.shop.dirty", &[], &[except(&file, dead)]);
    let time = |table: &str| {
        let sql = format!("SELECT count(*), sum(id), max(s), bit_xor(h) FROM silver.shop.{table}");
        let mut times: Vec<_> = (0..5)
            .map(|_| {
                let started = Instant::now();
                lake.rows(&sql);
                started.elapsed()
            })
            .collect();
        times.sort();
        times[0]
    };
    let (whole, dirty) = (time("whole"), time("dirty"));
    println!("2M rows: {whole:?}, with 20k dead rows: {dirty:?}");
    assert_eq!(lake.rows("SELECT count(*) FROM silver.shop.dirty"), [["1980000"]]);
}
