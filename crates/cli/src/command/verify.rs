//! `sluice verify` and `sluice adopt`: what the tables' files are, and what other programs did to them.

use crate::args::{Adopt, Verify};
use crate::exit::Exit;
use crate::print::{Output, number};
use crate::progress::{JOB, watch};
use sluice_api::{Adopted, Repair, VerifiedTable, VerifySummary, ask};
use sluice_runner::Host;

/// Compares every file with the log.
pub(crate) async fn verify(host: &Host, out: &Output, call: Verify) -> anyhow::Result<Exit> {
    let request = ask::StartVerify { job: JOB, tables: call.tables, repair: call.repair };
    let summary = watch(host, out, host.call(request)).await?;
    out.show(&summary, text)?;
    Ok(if summary.is_sound() { Exit::Done } else { Exit::TableStopped })
}

/// Accepts what other programs committed to a table.
pub(crate) async fn adopt(host: &Host, out: &Output, call: Adopt) -> anyhow::Result<Exit> {
    out.show(&host.call(ask::Adopt { table: call.table }).await?, adopted_text)?;
    Ok(Exit::Done)
}

fn text(summary: &VerifySummary) -> String {
    let mut text = String::new();
    for table in &summary.tables {
        text.push_str(&table_text(table));
    }
    if summary.tables.is_empty() {
        text.push_str("there is no table yet\n");
    }
    text
}

fn table_text(table: &VerifiedTable) -> String {
    let state = match (table.is_sound(), table.repair) {
        (true, Repair::Done) => "made anew",
        (true, _) => "as it was written",
        (false, _) => "NOT as it was written",
    };
    let mut text = match table.version {
        Some(version) => format!(
            "{} v{version}: {} files of {} bytes are {state}\n",
            table.table,
            number(table.files),
            number(table.bytes)
        ),
        None => format!("{}: could not be looked at\n", table.table),
    };
    if table.without_hash > 0 {
        let count = number(table.without_hash);
        text.push_str(&format!("  {count} files are of other programs: only their length was compared\n"));
    }
    for broken in &table.broken {
        text.push_str(&format!("  {} ({} rows): {}\n", broken.path, number(broken.rows), broken.fault));
    }
    if let Some(error) = &table.error {
        text.push_str(&format!("  {}\n", error.message));
    }
    if !table.next.is_empty() {
        text.push_str(&format!("  next: {}\n", table.next));
    }
    text
}

fn adopted_text(adopted: &Adopted) -> String {
    if adopted.commits.is_empty() {
        return format!("{} v{}: no commit of another program\n", adopted.table, adopted.version);
    }
    let mut text = String::new();
    for commit in &adopted.commits {
        let (version, operation, program, change) =
            (commit.version, &commit.operation, &commit.program, &commit.change);
        text.push_str(&format!("accepted: v{version}, {operation} by {program}, changed {change}\n"));
    }
    let (table, rows, version) = (&adopted.table, number(adopted.rows), adopted.version);
    text.push_str(&format!("{table} goes on from its {rows} rows (v{version}); a rebuild from bronze undoes this\n"));
    text
}
