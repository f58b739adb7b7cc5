//! `sluice compare`.

use crate::args::Compare;
use crate::exit::Exit;
use crate::print::{Output, number};
use sluice_api::{TableComparison, ask};
use sluice_runner::Host;

/// Compares silver with dumps of the source tables, every column and row.
pub(crate) async fn run(host: &Host, out: &Output, call: Compare) -> anyhow::Result<Exit> {
    let tables = host.call(ask::CompareWithSource { folder: call.oracle.display().to_string() }).await?;
    out.show(&tables, |tables| tables.iter().map(line).collect())?;
    Ok(if tables.iter().all(TableComparison::is_equal) { Exit::Done } else { Exit::Different })
}

fn line(table: &TableComparison) -> String {
    if table.is_equal() {
        let (rows, columns) = (number(table.source_rows), table.columns);
        return format!("{}: equal, {rows} rows, {columns} columns\n", table.table);
    }
    let columns: Vec<String> =
        table.differing.iter().map(|(column, rows)| format!("{column} in {} rows", number(*rows))).collect();
    format!(
        "{}: differs, source {} rows, silver {} rows, {} missing, {} surplus; {}\n",
        table.table,
        number(table.source_rows),
        number(table.silver_rows),
        number(table.missing),
        number(table.surplus),
        if columns.is_empty() { "no column differs in common rows".to_owned() } else { columns.join(", ") }
    )
}
