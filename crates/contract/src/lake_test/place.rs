//! Where a test of a lake lies.

use crate::{Problem, TableName};

/// The table of `tests/<dataset>/<table>/<name>.yaml`.
pub(super) fn table_of(path: &str) -> Result<TableName, Problem> {
    let below = path.strip_prefix("tests/").unwrap_or(path);
    let named = match below.split('/').collect::<Vec<_>>().as_slice() {
        [dataset, table, _] => TableName::new(dataset, table),
        _ => Err("a test is tests/<dataset>/<table>/<name>.yaml".to_owned()),
    };
    named.map_err(|message| Problem {
        file: path.to_owned(),
        line: 1,
        column: 1,
        message: format!("this file tests no table, {message}"),
        fix: "Move it; notes belong into files that do not end in .yaml".to_owned(),
    })
}
