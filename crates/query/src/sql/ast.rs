//! The syntax tree of a statement, as DuckDB's own parser writes it, and what it may contain.

use crate::error::QueryError;
use serde_json::Value;
use sluice_api::TableRef;

/// Deepest nesting of a tree that is read, brackets of its JSON.
const DEPTH_MAX: usize = 1_500;

/// Table functions that read nothing but their arguments and the catalog. Everything else is
/// refused: what reads files, changes settings or runs text as SQL.
const TABLE_FUNCTIONS: [&str; 19] = [
    "duckdb_columns",
    "duckdb_functions",
    "duckdb_keywords",
    "duckdb_schemas",
    "duckdb_tables",
    "duckdb_types",
    "duckdb_views",
    "generate_series",
    "histogram",
    "histogram_values",
    "json_each",
    "json_tree",
    "pragma_show",
    "pragma_table_info",
    "pragma_version",
    "range",
    "repeat",
    "repeat_row",
    "unnest",
];

/// Scalar functions with an effect besides their value, or that look outside of the query.
const FUNCTIONS_REFUSED: [&str; 10] = [
    "currval",
    "disable_profile",
    "enable_profile",
    "getenv",
    "getvariable",
    "nextval",
    "pg_sleep",
    "setseed",
    "setval",
    "write_log",
];

/// Nodes of a query that only read.
const QUERY_NODES: [&str; 4] = ["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"];
/// What may stand in FROM.
const TABLE_NODES: [&str; 9] =
    ["BASE_TABLE", "COLUMN_DATA", "EMPTY", "EMPTY_FROM", "EXPRESSION_LIST", "JOIN", "PIVOT", "SHOW_REF", "SUBQUERY"];

/// A parsed statement.
#[derive(Clone, Debug)]
pub(crate) struct Ast {
    /// One entry per statement.
    statements: Vec<Value>,
}

/// What DuckDB's `json_serialize_sql` says of a text.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Statements that select.
    Select(Ast),
    /// Not a select, or wrong: kind, message, byte position.
    Error {
        /// `parser`, `not implemented`, …
        kind: String,
        /// Sentence of DuckDB.
        message: String,
        /// Byte in the text.
        position: Option<usize>,
    },
}

impl Ast {
    /// Reads the answer of `json_serialize_sql`.
    pub(crate) fn read(json: &str) -> Result<Parsed, QueryError> {
        if depth(json) > DEPTH_MAX {
            return Err(QueryError::input("The SQL is nested too deeply", "Split it with WITH … AS (…)"));
        }
        let mut deserializer = serde_json::Deserializer::from_str(json);
        deserializer.disable_recursion_limit();
        let tree: Value = serde::Deserialize::deserialize(&mut deserializer)
            .map_err(|_| QueryError::internal("The syntax tree of the SQL could not be read"))?;
        if tree.get("error").and_then(Value::as_bool).unwrap_or(true) {
            let text = |name: &str| tree.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            return Ok(Parsed::Error {
                kind: text("error_type"),
                message: text("error_message"),
                position: text("position").parse().ok(),
            });
        }
        let statements = tree.get("statements").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(Parsed::Select(Self { statements }))
    }

    /// The statements.
    pub(crate) fn statements(&self) -> &[Value] {
        &self.statements
    }

    /// Number of statements.
    pub(crate) fn count(&self) -> usize {
        self.statements.len()
    }

    /// The root node of the first statement.
    pub(crate) fn root(&self) -> Option<&Value> {
        self.statements.first()?.get("node")
    }

    /// Checks that nothing but tables of the catalog is read and nothing is changed.
    pub(crate) fn check_read_only(&self) -> Result<(), QueryError> {
        let mut problem = None;
        for statement in &self.statements {
            if statement.get("named_param_map").and_then(Value::as_array).is_some_and(|map| !map.is_empty()) {
                return Err(QueryError::input("The SQL has a parameter (? or $1)", "Write the value in its place"));
            }
            walk(statement, &mut |node| {
                if problem.is_none() {
                    problem = check_node(node).err();
                }
            });
        }
        problem.map_or(Ok(()), Err)
    }

    /// Tables of the lake that are read, sorted, each once. `dataset.table` means silver.
    pub(crate) fn tables(&self) -> Vec<TableRef> {
        let mut tables = Vec::new();
        for statement in &self.statements {
            walk(statement, &mut |node| {
                if kind_of(node) == Some("BASE_TABLE")
                    && let Some(path) = path_of(node)
                    && path.len() > 1
                {
                    tables.extend(view_at(&path).or_else(|| path.join(".").parse::<TableRef>().ok()));
                }
            });
        }
        tables.sort();
        tables.dedup();
        tables
    }
}

/// Deepest nesting of brackets outside of texts.
fn depth(json: &str) -> usize {
    let (mut now, mut deepest, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Calls `visit` for every object.
pub(crate) fn walk(root: &Value, visit: &mut impl FnMut(&Value)) {
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                visit(value);
                open.extend(fields.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
}

pub(crate) fn kind_of(node: &Value) -> Option<&str> {
    node.get("type").and_then(Value::as_str)
}

pub(crate) fn path_of(node: &Value) -> Option<Vec<String>> {
    let parts = node.get("qualified_name")?.get("path")?.as_array()?;
    parts.iter().map(|part| part.as_str().map(str::to_owned)).collect()
}

/// Data set of the views of versions: a name, so that it passes between processes, and one that nobody gives.
const DATA_SET: &str = "-";

/// The view with a number, in the layer of a table.
pub(crate) fn past_view(number: &str, like: &TableRef) -> TableRef {
    let mut view = like.clone();
    view.name.dataset = DATA_SET.to_owned();
    view.name.table = number.to_owned();
    view
}

/// The view of a version that a path names.
pub(crate) fn view_at(path: &[String]) -> Option<TableRef> {
    let [layer, dataset, number] = path else { return None };
    if dataset != DATA_SET || number.parse::<usize>().is_err() {
        return None;
    }
    let like: TableRef = format!("{layer}.a.b").parse().ok()?;
    Some(past_view(number, &like))
}

/// Whether a table of a statement is read as it was.
pub(crate) fn has_at(node: &Value) -> bool {
    kind_of(node) == Some("BASE_TABLE") && node.get("at_clause").is_some_and(|at| !at.is_null())
}

fn check_node(node: &Value) -> Result<(), QueryError> {
    let kind = kind_of(node).unwrap_or_default();
    // A query has `cte_map`, a table expression has `sample` and `alias` but no `class`.
    if node.get("cte_map").is_some() && !QUERY_NODES.contains(&kind) {
        return Err(not_read_only());
    }
    if node.get("class").is_none() && node.get("sample").is_some() && node.get("cte_map").is_none() {
        if kind == "TABLE_FUNCTION" {
            return check_table_function(node);
        }
        if !TABLE_NODES.contains(&kind) {
            return Err(not_read_only());
        }
    }
    match kind {
        "TABLE_FUNCTION" => check_table_function(node),
        "BASE_TABLE" | "SHOW_REF" => check_table(node),
        _ if kind.ends_with("_QUERY_NODE") || kind.contains("INSERT") || kind.contains("DELETE") => {
            Err(not_read_only())
        }
        _ => match node.get("function_name").and_then(Value::as_str) {
            Some(name) if FUNCTIONS_REFUSED.contains(&name.to_ascii_lowercase().as_str()) => Err(QueryError::refused(
                format!("`{name}` is not available in Sluice's SQL"),
                "Remove the call; SQL here only reads tables",
            )),
            _ => Ok(()),
        },
    }
}

fn check_table_function(node: &Value) -> Result<(), QueryError> {
    let function = node.get("function");
    let name = function.and_then(|f| f.get("function_name")).and_then(Value::as_str).unwrap_or_default();
    if TABLE_FUNCTIONS.contains(&name.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    Err(QueryError::refused(
        format!("The table function `{name}` is not available in Sluice's SQL"),
        "SQL reads the tables of the lake: write layer.dataset.table, for example silver.shop.orders; \
         files come in through Onboard",
    ))
}

/// A name of one part with signs of a path would be read as a file.
fn check_table(node: &Value) -> Result<(), QueryError> {
    if has_at(node) {
        return Err(QueryError::input(
            "AT reads a table as it was, which a model, a check or a filter cannot do",
            "Leave AT out here; the SQL screen and `sluice query` have it",
        ));
    }
    let path = path_of(node).unwrap_or_default();
    let name = node.get("table_name").and_then(Value::as_str).unwrap_or_default();
    let like_a_file = |part: &str| part.contains(['.', '/', '\\', ':', '*', '?', '[', '~']);
    if path.iter().any(|part| like_a_file(part)) || (path.is_empty() && like_a_file(name) && !name.starts_with('"')) {
        return Err(QueryError::refused(
            "SQL reads the tables of the lake, not files",
            "Write the table as layer.dataset.table without quotes around the whole, for example silver.shop.orders",
        ));
    }
    Ok(())
}

fn not_read_only() -> QueryError {
    QueryError::refused("Only statements that read can run here", "Write a SELECT; tables change through Replay only")
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn depth_ignores_texts() {
        assert_eq!(depth(r#"{"a":[{"b":"[[[\"[["}]}"#), 3);
    }
}
