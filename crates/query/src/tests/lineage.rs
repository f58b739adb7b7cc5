//! Personal columns of results.

use crate::{PersonalColumns, QueryEngine, QueryOptions};

/// The columns of `sql` that are personal, where `email` and `phone` of `customers` are.
fn personal(sql: &str, columns: &[&str]) -> Vec<String> {
    let engine = QueryEngine::new(QueryOptions::default()).unwrap();
    let found = engine.personal_outputs(sql, &PersonalColumns::named(["email", "Phone"]));
    columns.iter().filter(|column| found.contains(column)).map(|column| (*column).to_owned()).collect()
}

#[test]
fn what_is_made_of_a_personal_column_is_personal() {
    for (sql, columns, expected) in [
        ("SELECT id, email FROM c", &["id", "email"][..], &["email"][..]),
        ("SELECT id, EMAIL AS e FROM c", &["id", "e"], &["e"]),
        ("SELECT * FROM c", &["id", "email", "phone"], &["email", "phone"]),
        ("SELECT upper(email), id + 1 FROM c", &["upper(email)", "(id + 1)"], &["upper(email)"]),
        ("SELECT e FROM (SELECT email AS e, id FROM c)", &["e"], &["e"]),
        ("SELECT f FROM (SELECT e || 'x' AS f FROM (SELECT email AS e FROM c))", &["f"], &["f"]),
        ("WITH x(a, b) AS (SELECT email, id FROM c) SELECT a, b FROM x", &["a", "b"], &["a", "b"]),
        ("SELECT a FROM c AS t(a, b)", &["a"], &["a"]),
        ("SELECT c AS row_of_c FROM silver.shop.c", &["row_of_c"], &["row_of_c"]),
        // Without an alias the name of the result is the text of the expression.
        ("SELECT c FROM silver.shop.c", &["c"], &["c"]),
        ("SELECT to_json(r), id FROM silver.shop.c r", &["to_json(r)", "id"], &["to_json(r)"]),
        ("SELECT CAST(r AS VARCHAR) FROM c r", &["CAST(r AS VARCHAR)"], &["CAST(r AS VARCHAR)"]),
        ("SELECT list(s) FROM (SELECT * FROM c) s", &["list(s)"], &["list(s)"]),
        ("SELECT w FROM (SELECT r FROM c r) w", &["w"], &["w"]),
        ("SELECT r.id AS n FROM c r", &["n"], &[]),
        ("SELECT * REPLACE (email AS id) FROM c", &["id", "country"], &["id"]),
        ("SELECT * REPLACE (upper(country) AS country) FROM c", &["id", "country"], &[]),
        ("VALUES ((SELECT max(email) FROM c))", &["col0"], &["col0"]),
        ("SELECT 'x' AS v UNION ALL SELECT phone FROM c", &["v"], &["v"]),
        ("SELECT id AS v, 1 AS n FROM c UNION ALL SELECT id, 2 FROM c", &["v", "n"], &[]),
        ("SELECT country, count(DISTINCT email) AS n, count(*) AS m FROM c GROUP BY 1", &["country", "n", "m"], &[]),
        ("SELECT max(email) AS m, email IS NULL AS none FROM c", &["m", "none"], &["m"]),
        ("SELECT (SELECT min(phone) FROM c) AS p, 1 AS one", &["p", "one"], &["p"]),
        ("SELECT list_transform([email], x -> x) AS l FROM c", &["l"], &["l"]),
        ("SELECT COLUMNS('em.*') AS x FROM c", &["x"], &["x"]),
        ("SELECT * RENAME (email AS e) FROM c", &["e", "id"], &["e", "id"]),
        ("SUMMARIZE c", &["column_name", "min", "max"], &["min", "max"]),
        ("SELECT id FROM c WHERE email = 'x' ORDER BY phone", &["id"], &[]),
        ("PIVOT c ON country USING count(*)", &["id", "DE"], &["id", "DE"]),
    ] {
        assert_eq!(personal(sql, columns), expected, "{sql}");
    }
}

#[test]
fn without_personal_columns_nothing_is() {
    let engine = QueryEngine::new(QueryOptions::default()).unwrap();
    assert!(engine.personal_outputs("PIVOT c ON country USING count(*)", &PersonalColumns::default()).is_empty());
    assert!(engine.personal_outputs("SELECT 1 AS a", &PersonalColumns::all()).contains("a"));
}
