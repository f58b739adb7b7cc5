//! Words of DuckDB's SQL: keywords and the functions that analysts use.

/// Keywords, in capitals.
const KEYWORDS: &[&str] = &[
    "ALL", "AND", "ANTI", "ANY", "ARRAY", "AS", "ASC", "ASOF", "AT", "BETWEEN", "BY", "CASE", "CAST", "COLLATE",
    "COLUMNS", "CROSS", "CUBE", "CURRENT", "DATE", "DESC", "DESCRIBE", "DISTINCT", "ELSE", "END", "ESCAPE", "EXCEPT",
    "EXCLUDE", "EXISTS", "EXPLAIN", "EXTRACT", "FALSE", "FETCH", "FILTER", "FIRST", "FOLLOWING", "FOR", "FROM", "FULL",
    "GLOB", "GROUP", "GROUPING", "GROUPS", "HAVING", "IGNORE", "ILIKE", "IN", "INNER", "INTERSECT", "INTERVAL", "INTO",
    "IS", "JOIN", "LAST", "LATERAL", "LEFT", "LIKE", "LIMIT", "NATURAL", "NOT", "NULL", "NULLS", "OFFSET", "ON", "OR",
    "ORDER", "OUTER", "OVER", "PARTITION", "PIVOT", "POSITIONAL", "PRECEDING", "QUALIFY", "RANGE", "RECURSIVE",
    "REPLACE", "RESPECT", "RIGHT", "ROLLUP", "ROW", "ROWS", "SAMPLE", "SELECT", "SEMI", "SETS", "SIMILAR", "SUMMARIZE",
    "TABLE", "THEN", "TIMESTAMP", "TRUE", "UNBOUNDED", "UNION", "UNPIVOT", "USING", "VALUES", "WHEN", "WHERE",
    "WINDOW", "WITH", "WITHIN",
];

/// Functions with their arguments and what they return.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("abs", "number", "number"),
    ("any_value", "value", "value"),
    ("approx_count_distinct", "value", "bigint"),
    ("approx_quantile", "number, share", "number"),
    ("arg_max", "value, by", "value"),
    ("arg_min", "value, by", "value"),
    ("array_agg", "value", "list"),
    ("avg", "number", "double"),
    ("bool_and", "boolean", "boolean"),
    ("bool_or", "boolean", "boolean"),
    ("ceil", "number", "number"),
    ("coalesce", "value, value", "value"),
    ("concat", "string, string", "string"),
    ("contains", "string, part", "boolean"),
    ("count", "value", "bigint"),
    ("count_if", "boolean", "bigint"),
    ("cume_dist", "", "double"),
    ("current_date", "", "date"),
    ("date_diff", "'day', from, to", "bigint"),
    ("date_part", "'year', time", "bigint"),
    ("date_trunc", "'month', time", "date"),
    ("day", "date", "bigint"),
    ("dense_rank", "", "bigint"),
    ("ends_with", "string, part", "boolean"),
    ("epoch", "time", "double"),
    ("epoch_ms", "time", "bigint"),
    ("first", "value", "value"),
    ("first_value", "value", "value"),
    ("floor", "number", "number"),
    ("greatest", "value, value", "value"),
    ("hash", "value", "bigint"),
    ("histogram", "value", "map"),
    ("ifnull", "value, value", "value"),
    ("json_extract", "json, path", "json"),
    ("json_extract_string", "json, path", "string"),
    ("lag", "value", "value"),
    ("last", "value", "value"),
    ("lead", "value", "value"),
    ("least", "value, value", "value"),
    ("length", "string", "bigint"),
    ("list", "value", "list"),
    ("lower", "string", "string"),
    ("max", "value", "value"),
    ("median", "number", "number"),
    ("min", "value", "value"),
    ("mode", "value", "value"),
    ("month", "date", "bigint"),
    ("nullif", "value, value", "value"),
    ("quantile_cont", "number, share", "number"),
    ("rank", "", "bigint"),
    ("regexp_matches", "string, pattern", "boolean"),
    ("replace", "string, from, to", "string"),
    ("round", "number, digits", "number"),
    ("row_number", "", "bigint"),
    ("starts_with", "string, prefix", "boolean"),
    ("stddev", "number", "double"),
    ("strftime", "time, format", "string"),
    ("string_agg", "string, separator", "string"),
    ("substring", "string, from, length", "string"),
    ("sum", "number", "number"),
    ("trim", "string", "string"),
    ("trunc", "number", "number"),
    ("unnest", "list", "value"),
    ("upper", "string", "string"),
    ("year", "date", "bigint"),
];

/// Whether `word` is a keyword, in any case.
pub(super) fn is_keyword(word: &str) -> bool {
    keywords().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

/// Every keyword.
pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().copied()
}

/// Every function.
pub(super) fn functions() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    FUNCTIONS.iter().copied()
}
