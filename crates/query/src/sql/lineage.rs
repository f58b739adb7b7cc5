//! Which columns of a statement's result are made of personal ones.
//!
//! By the syntax tree alone, and on the safe side: a name that one table uses for personal data is personal wherever it
//! is read, and what the tree cannot tell counts as personal. Numbers of rows do not.

use crate::sql::ast::{Ast, walk};
use serde_json::Value;
use std::collections::BTreeSet;

/// Functions and operators whose result says how many there are, not what they are.
const COUNTS: [&str; 5] = ["count", "count_star", "approx_count_distinct", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"];
/// Columns of `SUMMARIZE` that hold values of the columns that it describes.
const SUMMARY_VALUES: [&str; 5] = ["min", "max", "q25", "q50", "q75"];

/// Names of personal columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalColumns {
    /// In small letters.
    names: BTreeSet<String>,
    /// Nobody knows which columns are not.
    all: bool,
}

impl PersonalColumns {
    /// Columns of these names.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { names: names.into_iter().map(str::to_lowercase).collect(), all: false }
    }

    /// All columns, because nothing is known of them.
    #[must_use]
    pub fn all() -> Self {
        Self { names: BTreeSet::new(), all: true }
    }

    /// The columns of both.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        Self { names: self.names.union(&other.names).cloned().collect(), all: self.all || other.all }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.all
    }

    /// Whether the column of that name is one. The name of an expression without a name is its text.
    #[must_use]
    pub fn contains(&self, column: &str) -> bool {
        let column = column.to_lowercase();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        self.all
            || self.names.contains(&column)
            || (!column.chars().all(is_part)
                && column.split(|c| !is_part(c)).any(|part| !part.is_empty() && self.names.contains(part)))
    }

    /// Adds those of another table.
    pub fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
        self.all |= other.all;
    }
}

/// The personal columns of the result of a statement that reads tables with the personal columns `read`.
pub(crate) fn personal_outputs(ast: &Ast, read: &PersonalColumns) -> PersonalColumns {
    let mut found = read.clone();
    if found.is_empty() || found.all {
        return found;
    }
    let rows = row_names(ast);
    loop {
        let before = found.clone();
        for statement in ast.statements() {
            walk(statement, &mut |node| visit(node, &rows, &mut found));
        }
        if found == before || found.all {
            return found;
        }
    }
}

/// Names and aliases of what stands in FROM: as an expression each is a whole row.
fn row_names(ast: &Ast) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for statement in ast.statements() {
        walk(statement, &mut |node| {
            if node.get("class").is_none() && node.get("column_name_alias").is_some() {
                let path = node.get("qualified_name").and_then(|name| name.get("path")).and_then(Value::as_array);
                let last = path.and_then(|path| path.last()).and_then(Value::as_str);
                names.extend([last, text(node, "table_name"), text(node, "alias")].into_iter().flatten().map(lower));
            }
        });
    }
    names.remove("");
    names
}

fn visit(node: &Value, rows: &BTreeSet<String>, found: &mut PersonalColumns) {
    let kind = text(node, "type").unwrap_or_default();
    match text(node, "class") {
        // `COLUMNS(…) AS …`, and `* RENAME`, give other names by rules of their own.
        Some("STAR") => {
            let renames = |list: &str| node.get(list).is_some_and(|list| says_any(list, found));
            found.all |= text(node, "alias").is_some_and(|alias| !alias.is_empty()) || renames("rename_list");
            replaced(node, rows, found);
        }
        Some(class) => {
            // A result without an alias has the text of its expression as its name, and that says the row.
            if let Some(row) = whole_row(node, rows).filter(|_| class == "COLUMN_REF") {
                found.names.insert(row);
            }
            if let Some(alias) = text(node, "alias").filter(|alias| !alias.is_empty())
                && is_made_of(node, rows, found)
            {
                found.names.insert(lower(alias));
            }
        }
        None => {}
    }
    let names: Vec<String> = ["column_name_alias", "aliases"].iter().flat_map(|list| texts(node, list)).collect();
    if !names.is_empty() && (kind == "BASE_TABLE" || reads_any(node, rows, found)) {
        found.names.extend(names);
    }
    match kind {
        // The columns of a pivot are named by values.
        "PIVOT" => found.all = true,
        // Lists of values have names that say nothing.
        "EXPRESSION_LIST" => found.all |= reads_any(node, rows, found),
        "SHOW_REF" => found.names.extend(SUMMARY_VALUES.map(str::to_owned)),
        _ => {}
    }
    if let Some(sides) = sides(node) {
        by_position(&sides, rows, found);
    }
}

/// Names that `* REPLACE` gives to expressions.
fn replaced(star: &Value, rows: &BTreeSet<String>, found: &mut PersonalColumns) {
    let entries = star.get("replace_list").and_then(Value::as_array);
    for entry in entries.into_iter().flatten().filter(|entry| reads_any(entry, rows, found)).collect::<Vec<_>>() {
        match text(entry, "key") {
            Some(name) => {
                found.names.insert(lower(name));
            }
            None => found.all = true,
        }
    }
}

/// The name of a row that a column reference is as a whole, if it is one.
fn whole_row(column: &Value, rows: &BTreeSet<String>) -> Option<String> {
    match texts(column, "column_names").as_slice() {
        [name] if rows.contains(name) => Some(name.clone()),
        _ => None,
    }
}

/// The queries of a union or of a recursive query.
fn sides(node: &Value) -> Option<Vec<&Value>> {
    let kind = text(node, "type")?;
    if kind != "SET_OPERATION_NODE" && kind != "RECURSIVE_CTE_NODE" {
        return None;
    }
    let children = node.get("children").and_then(Value::as_array);
    let named = ["left", "right"].into_iter().filter_map(|side| node.get(side));
    Some(named.chain(children.into_iter().flatten()).collect())
}

/// A union has the names of its first query; a personal column at the same place of another one makes that name
/// personal.
fn by_position(sides: &[&Value], rows: &BTreeSet<String>, found: &mut PersonalColumns) {
    let Some((first, others)) = sides.split_first() else { return };
    let lists: Vec<&Vec<Value>> = others.iter().filter_map(|side| first_list(side)).collect();
    let Some(names) = first_list(first).filter(|_| lists.len() == others.len()) else {
        found.all |= others.iter().any(|side| reads_any(side, rows, found));
        return;
    };
    let is_star = |item: &Value| text(item, "class") == Some("STAR");
    if names.iter().chain(lists.iter().copied().flatten()).any(is_star) {
        found.all |= others.iter().any(|side| reads_any(side, rows, found));
        return;
    }
    for (at, name) in names.iter().enumerate() {
        if !lists.iter().filter_map(|list| list.get(at)).any(|item| is_made_of(item, rows, found)) {
            continue;
        }
        let alias = text(name, "alias").filter(|alias| !alias.is_empty());
        let column = texts(name, "column_names").pop();
        match alias.map(lower).or(column) {
            Some(name) => {
                found.names.insert(name);
            }
            None => found.all = true,
        }
    }
}

/// The select list of a query, of a union that of its first query.
fn first_list(node: &Value) -> Option<&Vec<Value>> {
    let mut node = node.get("node").unwrap_or(node);
    while let Some(sides) = sides(node) {
        let first = sides.first().copied()?;
        node = first.get("node").unwrap_or(first);
    }
    node.get("select_list").and_then(Value::as_array)
}

/// Whether an expression has a personal column in it, other than to count it.
fn is_made_of(expression: &Value, rows: &BTreeSet<String>, found: &PersonalColumns) -> bool {
    let mut open: Vec<&Value> = vec![expression];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                let name = [text(value, "function_name"), text(value, "type")];
                if name.into_iter().flatten().any(|name| COUNTS.contains(&name)) {
                    continue;
                }
                let is_whole = std::ptr::eq(value, expression);
                match text(value, "class") {
                    Some("COLUMN_REF") if is_personal(value, rows, found) => return true,
                    Some("STAR") if !is_whole => return true,
                    _ => open.extend(fields.values()),
                }
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    false
}

/// Whether a query or table reads any personal column, or all columns.
fn reads_any(node: &Value, rows: &BTreeSet<String>, found: &PersonalColumns) -> bool {
    let mut reads = false;
    walk(node, &mut |node| {
        reads |= match text(node, "class") {
            Some("COLUMN_REF") => is_personal(node, rows, found),
            Some("STAR") => true,
            _ => false,
        };
    });
    reads
}

fn is_personal(column: &Value, rows: &BTreeSet<String>, found: &PersonalColumns) -> bool {
    // `c.email`, and fields of a struct: any part may be the column.
    texts(column, "column_names").iter().any(|part| found.contains(part)) || whole_row(column, rows).is_some()
}

/// Whether a text anywhere inside is a personal name.
fn says_any(value: &Value, found: &PersonalColumns) -> bool {
    match value {
        Value::String(text) => found.contains(text),
        Value::Array(values) => values.iter().any(|value| says_any(value, found)),
        Value::Object(fields) => fields.iter().any(|(name, value)| found.contains(name) || says_any(value, found)),
        _ => false,
    }
}

fn text<'v>(node: &'v Value, name: &str) -> Option<&'v str> {
    node.get(name).and_then(Value::as_str)
}

/// A list of texts, in small letters.
fn texts(node: &Value, name: &str) -> Vec<String> {
    let list = node.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(lower).collect()
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}
