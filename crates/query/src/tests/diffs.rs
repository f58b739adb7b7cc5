//! Differences between two versions.

use super::fixture::{Lake, owned};
use crate::{DiffInput, DiffKey, DiffStep, QueryError, TableFile, TableFiles};
use sluice_api::{DiffView, KeyOrigin};

/// Names and types of columns.
type Words<'a> = &'a [(&'a str, &'a str)];

const COLUMNS: [(&str, &str); 3] = [("id", "int"), ("v", "double"), ("s", "string")];

/// Compares two sets of files; one of both sides with the same rows is not read.
pub(super) fn compare(
    lake: &Lake,
    key: &[&str],
    before: &[TableFile],
    after: &[TableFile],
    columns: (Words<'_>, Words<'_>),
) -> Result<DiffView, QueryError> {
    let only = |files: &[TableFile], other: &[TableFile]| {
        files.iter().filter(|file| !other.contains(file)).cloned().collect::<Vec<_>>()
    };
    let step = DiffStep { removed: only(before, after), added: only(after, before) };
    steps(lake, key, &[step], before, columns)
}

fn steps(
    lake: &Lake,
    key: &[&str],
    steps: &[DiffStep],
    before: &[TableFile],
    columns: (Words<'_>, Words<'_>),
) -> Result<DiffView, QueryError> {
    let key = DiffKey::Contract(key.iter().map(|name| (*name).to_owned()).collect());
    by(lake, &key, steps, before, columns, None)
}

fn by(
    lake: &Lake,
    key: &DiffKey,
    steps: &[DiffStep],
    before: &[TableFile],
    columns: (Words<'_>, Words<'_>),
    filter: Option<&str>,
) -> Result<DiffView, QueryError> {
    let table = "silver.shop.t".parse().unwrap();
    let files = TableFiles { table, columns: owned(columns.0), files: before.to_vec() };
    let rows_before = if before.is_empty() { 0 } else { lake.engine.table_result(&files).unwrap().rows };
    lake.engine.diff(&DiffInput {
        table: &files.table,
        from: 1,
        to: 2,
        key,
        steps,
        rows_before,
        before: &owned(columns.0),
        after: &owned(columns.1),
        job: sluice_api::JobId(0),
        ignore: &["loaded"],
        tolerance: &[],
        filter,
    })
}

fn diff(
    lake: &Lake,
    before: &[TableFile],
    after: &[TableFile],
    old: &[(&str, &str)],
    new: &[(&str, &str)],
) -> DiffView {
    compare(lake, &["id"], before, after, (old, new)).unwrap()
}

fn counts(parts: &DiffView) -> (u64, u64, u64, u64) {
    (parts.inserted, parts.updated, parts.deleted, parts.unchanged)
}

#[test]
fn rows_come_go_change_and_stay() {
    let lake = Lake::new();
    let before = lake.file(
        "1.parquet",
        "SELECT * FROM (VALUES (1, 1.5::DOUBLE, 'a', 1, 0), (2, 'NaN', NULL, 1, 0), (3, NULL, 'c', 1, 0), (4, 4, 'd', 1, 0), \
         (6, 0, 'x', 1, 0)) t(id, v, s, _seq, loaded)",
    );
    let after = lake.file(
        "2.parquet",
        "SELECT * FROM (VALUES (5, 5::DOUBLE, 'e', 2, 1), (4, 4, 'D', 2, 1), (3, 3, 'C', 2, 1), (2, 'NaN', NULL, 2, 1), \
         (1, 1.5, 'a', 9, 1)) t(id, v, s, _seq, loaded)",
    );
    let parts = diff(&lake, &[before], &[after], &COLUMNS, &COLUMNS);
    assert_eq!(counts(&parts), (1, 2, 1, 2));
    assert!(parts.schema.is_empty());
    let columns: Vec<_> =
        parts.columns.iter().map(|c| (c.name.as_str(), c.changed, c.key, c.data_type.as_str())).collect();
    assert_eq!(columns, [("s", 2, false, "string"), ("v", 1, false, "double"), ("id", 0, true, "int")]);
    let names: Vec<_> = parts.result.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["_change", "id", "old.v", "new.v", "old.s", "new.s"]);
    assert_eq!(
        lake.all(&parts.result),
        [
            ["~", "3", "null", "3.0", "c", "C"],
            ["~", "4", "4.0", "4.0", "d", "D"],
            ["+", "5", "null", "5.0", "null", "e"],
            ["-", "6", "0.0", "null", "x", "null"],
        ]
    );
    let changed = lake.engine.refine(parts.result.id, Some("_change = '~' AND \"new.v\" > 3"), None).unwrap();
    assert_eq!(changed.rows, 1);
}

#[test]
fn files_of_both_versions_are_not_read() {
    let lake = Lake::new();
    let shared = lake.file("0.parquet", "SELECT range::INTEGER AS id, 0::DOUBLE AS v, 'x' AS s FROM range(100, 200)");
    let old = lake.file("1.parquet", "SELECT 1 AS id, 0::DOUBLE AS v, 'x' AS s");
    let new = lake.file("2.parquet", "SELECT 1 AS id, 1::DOUBLE AS v, 'x' AS s UNION ALL SELECT 2, 2, 'y'");
    let parts = diff(&lake, &[shared.clone(), old.clone()], &[shared.clone(), new], &COLUMNS, &COLUMNS);
    assert_eq!(counts(&parts), (1, 1, 0, 100));
    let same = diff(&lake, &[shared.clone(), old.clone()], &[old.clone(), shared.clone()], &COLUMNS, &COLUMNS);
    assert_eq!((counts(&same), same.result.rows), ((0, 0, 0, 101), 0));
    let first = diff(&lake, &[], &[old], &COLUMNS, &COLUMNS);
    assert_eq!(counts(&first), (1, 0, 0, 0));
    let last = diff(&lake, &[shared], &[], &COLUMNS, &COLUMNS);
    assert_eq!(counts(&last), (0, 0, 100, 0));
}

#[test]
fn columns_may_come_go_and_widen() {
    let lake = Lake::new();
    let before = lake.file(
        "1.parquet",
        "SELECT 1::INTEGER AS id, 1::SMALLINT AS n, 'a' AS gone, '5' AS odd UNION ALL SELECT 2, 2, NULL, '6'",
    );
    let after = lake.file(
        "2.parquet",
        "SELECT 1::BIGINT AS id, 1::BIGINT AS n, 7 AS tier, 5 AS odd UNION ALL SELECT 2, 2, NULL, 6",
    );
    let old = [("id", "int"), ("n", "smallint"), ("gone", "string"), ("odd", "string")];
    let new = [("id", "bigint"), ("n", "bigint"), ("tier", "int"), ("odd", "int")];
    let parts = diff(&lake, &[before], &[after], &old, &new);
    assert_eq!(counts(&parts), (0, 1, 0, 1), "row 2 has null on the side without the column");
    let schema: Vec<_> =
        parts.schema.iter().map(|c| (c.column.as_str(), c.before.as_deref(), c.after.as_deref())).collect();
    assert_eq!(
        schema,
        [
            ("id", Some("int"), Some("bigint")),
            ("n", Some("smallint"), Some("bigint")),
            ("tier", None, Some("int")),
            ("odd", Some("string"), Some("int")),
            ("gone", Some("string"), None),
        ]
    );
    assert_eq!(lake.all(&parts.result), [["~", "1", "1", "1", "null", "7", "5", "5", "a", "null"]]);
}

#[test]
fn keys_of_two_columns_sort_and_may_be_null() {
    let lake = Lake::new();
    let before = [lake.file("1.parquet", "SELECT NULL::INTEGER AS b, 'k' AS a, 1 AS v UNION ALL SELECT 2, 'k', 1")];
    let after = [lake.file(
        "2.parquet",
        "SELECT NULL::INTEGER AS b, 'k' AS a, 2 AS v UNION ALL SELECT 1, 'k', 1 UNION ALL SELECT 2, 'k', 1",
    )];
    let parts = compare(&lake, &["a", "b"], &before, &after, (&[], &[])).unwrap();
    assert_eq!(counts(&parts), (1, 1, 0, 1));
    assert_eq!(lake.all(&parts.result), [["+", "k", "1", "null", "1"], ["~", "k", "null", "1", "2"]]);
    assert!(compare(&lake, &[], &before, &after, (&[], &[])).is_err());
    assert!(compare(&lake, &["x"], &before, &after, (&[], &[])).is_err());
}

#[test]
fn a_row_that_comes_and_goes_in_steps_counts_once() {
    let lake = Lake::new();
    let file = |name: &str, rows: &str| vec![lake.file(name, &format!("SELECT * FROM (VALUES {rows}) t(id, v, s)"))];
    let step = |removed: Vec<TableFile>, added: Vec<TableFile>| DiffStep { removed, added };
    // 1 changes twice, 2 changes and goes, 3 comes and changes, 4 comes and goes, 5 goes and comes
    // back as it was, 6 goes in the last step.
    let steps_of = [
        step(
            file("r0.parquet", "(1, 1.0::DOUBLE, 'a'), (2, 1, 'a'), (5, 5, 'e')"),
            file("a0.parquet", "(1, 2.0::DOUBLE, 'b'), (2, 2, 'b'), (3, 1, 'a'), (4, 1, 'a')"),
        ),
        step(Vec::new(), file("a1.parquet", "(5, 5.0::DOUBLE, 'e')")),
        step(
            file("r2.parquet", "(1, 2.0::DOUBLE, 'b'), (2, 2, 'b'), (3, 1, 'a'), (4, 1, 'a'), (6, 6, 'f')"),
            file("a2.parquet", "(1, 3.0::DOUBLE, 'c'), (3, 2, 'b')"),
        ),
    ];
    let before = file("b.parquet", "(1, 1.0::DOUBLE, 'a'), (2, 1, 'a'), (5, 5, 'e'), (6, 6, 'f')");
    let parts = steps(&lake, &["id"], &steps_of, &before, (&COLUMNS, &COLUMNS)).unwrap();
    assert_eq!(
        lake.all(&parts.result),
        [
            ["~", "1", "1.0", "3.0", "a", "c"],
            ["-", "2", "1.0", "null", "a", "null"],
            ["+", "3", "null", "2.0", "null", "b"],
            ["-", "6", "6.0", "null", "f", "null"],
        ]
    );
    assert_eq!(counts(&parts), (1, 1, 2, 1));
    let turned: Vec<DiffStep> = steps_of
        .iter()
        .rev()
        .map(|step| DiffStep { removed: step.added.clone(), added: step.removed.clone() })
        .collect();
    let back = steps(&lake, &["id"], &turned, &[], (&COLUMNS, &COLUMNS)).unwrap();
    let kinds: Vec<_> = lake.all(&back.result).iter().map(|row| row[0].clone() + &row[1]).collect();
    assert_eq!(kinds, ["~1", "+2", "-3", "+6"]);
}

const SALES: [(&str, &str); 3] = [("day", "date"), ("country", "string"), ("sold", "double")];

/// Two versions of a table that is written anew each time.
fn sales(lake: &Lake, before: &str, after: &str) -> (Vec<TableFile>, Vec<DiffStep>) {
    let file = |name: &str, rows: &str| {
        let select = format!(
            "SELECT CAST(day AS DATE) AS day, country, CAST(sold AS DOUBLE) AS sold FROM (VALUES {rows}) t(day, country, sold)"
        );
        vec![lake.file(name, &select)]
    };
    let before = file("before.parquet", before);
    let after = file("after.parquet", after);
    (before.clone(), vec![DiffStep { removed: before, added: after }])
}

fn modelled(lake: &Lake, key: Option<&[&str]>, before: &str, after: &str) -> (DiffView, Vec<Vec<String>>) {
    let (files, steps) = sales(lake, before, after);
    let key = DiffKey::Model(key.map(|key| key.iter().map(|name| (*name).to_owned()).collect()));
    let view = by(lake, &key, &steps, &files, (&SALES, &SALES), None).unwrap();
    let rows = lake.all(&view.result);
    (view, rows)
}

#[test]
fn the_key_of_a_model_is_declared_or_proven_or_none() {
    let lake = Lake::new();
    let before = "('2026-01-01', 'de', 1.0), ('2026-01-01', 'fr', 2.0), ('2026-01-02', 'de', 3.0)";
    let after = "('2026-01-01', 'de', 1.0), ('2026-01-01', 'fr', 2.5), ('2026-01-03', 'de', 3.0)";
    let changed = [
        ["~", "2026-01-01", "fr", "2.0", "2.5"],
        ["-", "2026-01-02", "de", "3.0", "null"],
        ["+", "2026-01-03", "de", "null", "3.0"],
    ];
    // The first column alone is not unique, so it is no key.
    let (found, rows) = modelled(&lake, None, before, after);
    assert_eq!((&found.by, rows), (&KeyOrigin::Unique, changed.map(|row| row.map(str::to_owned).to_vec()).to_vec()));
    assert!(found.key_note().unwrap().contains("matched by day, country: unique on both sides"));
    let (declared, _) = modelled(&lake, Some(&["country", "day"]), before, after);
    assert_eq!((&declared.by, counts(&declared)), (&KeyOrigin::Declared, (1, 1, 1, 1)));
    assert_eq!(declared.key_note().unwrap(), "rows are matched by country, day, which the model declares as its key");

    // What is declared and not true is said, and nothing is joined by it.
    let (wrong, _) = modelled(&lake, Some(&["country"]), before, after);
    assert!(
        matches!(&wrong.by, KeyOrigin::WholeRows(because) if because.contains("country, the key of the model, is not unique before"))
    );
    assert_eq!(counts(&wrong), (2, 0, 2, 1));
    let (gone, _) = modelled(&lake, Some(&["region"]), before, after);
    assert!(matches!(&gone.by, KeyOrigin::WholeRows(because) if because.contains("region")));
}

#[test]
fn rows_without_a_key_are_counted() {
    let lake = Lake::new();
    let twice = "('2026-01-01', 'de', 1.0), ('2026-01-01', 'de', 1.0), ('2026-01-01', NULL, 'NaN'::DOUBLE)";
    let thrice = "('2026-01-01', 'de', 1.0), ('2026-01-01', 'de', 1.0), ('2026-01-01', 'de', 1.0), ('2026-01-01', NULL, 'NaN'::DOUBLE)";
    let (view, rows) = modelled(&lake, None, twice, thrice);
    assert!(matches!(view.by, KeyOrigin::WholeRows(_)));
    assert_eq!(counts(&view), (1, 0, 0, 3));
    assert_eq!(rows, [["+", "null", "2026-01-01", "null", "de", "null", "1.0"]]);
    let (view, rows) = modelled(
        &lake,
        None,
        thrice,
        "('2026-01-01', 'de', 1.0), ('2026-01-01', 'de', 2.0), ('2026-01-01', 'de', 2.0)",
    );
    assert_eq!(counts(&view), (2, 0, 3, 1));
    assert_eq!(rows.iter().filter(|row| row[0] == "-" && row[5] == "1.0").count(), 2, "each of the two: {rows:?}");
    assert_eq!(rows.iter().filter(|row| row[0] == "+" && row[6] == "2.0").count(), 2, "{rows:?}");
    let (same, _) = modelled(&lake, None, thrice, thrice);
    assert_eq!((counts(&same), same.result.rows), ((0, 0, 0, 4), 0));
}

#[test]
fn a_key_that_is_asked_for_has_to_be_one() {
    let lake = Lake::new();
    let (files, steps) = sales(
        &lake,
        "('2026-01-01', 'de', 1.0), ('2026-01-01', 'fr', 2.0)",
        "('2026-01-01', 'de', 1.0), ('2026-01-01', 'fr', 2.5)",
    );
    let ask = |key: &[&str], filter: Option<&str>| {
        let key = DiffKey::Asked(key.iter().map(|name| (*name).to_owned()).collect());
        by(&lake, &key, &steps, &files, (&SALES, &SALES), filter)
    };
    assert_eq!(counts(&ask(&["country"], None).unwrap()), (0, 1, 0, 1));
    let error = ask(&["day"], None).unwrap_err();
    assert!(error.message.contains("day does not tell the rows of silver.shop.t apart: before several"), "{error:?}");
    assert!(ask(&["region"], None).unwrap_err().message.contains("`region`"));
}

#[test]
fn only_rows_that_hold_a_condition_count() {
    let lake = Lake::new();
    let (files, steps) = sales(
        &lake,
        "('2026-01-01', 'de', 1.0), ('2026-01-02', 'fr', 2.0), ('2026-01-03', 'de', 3.0), ('2026-01-05', 'fr', 5.0)",
        "('2026-01-01', 'de', 1.5), ('2026-01-02', 'de', 2.0), ('2026-01-04', 'de', 4.0), ('2026-01-05', 'fr', 5.0)",
    );
    let key = DiffKey::Contract(vec!["day".to_owned()]);
    let where_ = |filter: &str| by(&lake, &key, &steps, &files, (&SALES, &SALES), Some(filter));
    // A row's own value by its name, that of a deleted row as it was; the sides with and without quotes.
    for (filter, wanted) in [
        ("country = 'de'", (1, 2, 1)),
        ("old.country = 'fr' AND new.country = 'de'", (0, 1, 0)),
        ("\"old.country\" = 'fr'", (0, 1, 0)),
        ("new.sold - old.sold > 0.1", (0, 1, 0)),
        ("_change = '-' OR sold = 4", (1, 0, 1)),
        ("day > DATE '2026-02-01'", (0, 0, 0)),
    ] {
        let view = where_(filter).unwrap();
        assert_eq!((view.inserted, view.updated, view.deleted), wanted, "{filter}");
        assert_eq!((view.changed_in_all, view.unchanged), (Some(4), 1), "{filter}");
        assert_eq!(view.result.rows, wanted.0 + wanted.1 + wanted.2, "{filter}");
    }
    let view = where_("country = 'de'").unwrap();
    let changed: Vec<_> = view.columns.iter().map(|column| (column.name.as_str(), column.changed)).collect();
    assert_eq!(changed, [("country", 1), ("sold", 1), ("day", 0)]);
    for wrong in ["country = ", "1; DROP TABLE t", "read_text('/etc/passwd') = ''", "nothing_there > 1"] {
        assert!(where_(wrong).is_err(), "{wrong}");
    }
}
