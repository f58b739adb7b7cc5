//! `sluice maintain`.

use crate::args::Maintain;
use crate::exit::Exit;
use crate::print::{Output, number};
use crate::progress::{JOB, watch};
use sluice_api::{MaintainSettings, Maintained, Vacuum, ask};
use sluice_runner::Host;

/// Compacts, clusters, purges, writes a checkpoint and removes unused files.
pub(crate) async fn run(host: &Host, out: &Output, call: Maintain) -> anyhow::Result<Exit> {
    let options = MaintainSettings {
        target_bytes: call.target_size,
        cluster_by: call.cluster_by,
        deleted_percent: Some(call.deleted_percent),
        vacuum: match call.retention {
            _ if call.no_vacuum => Vacuum::Off,
            Some(retention) => Vacuum::After(retention),
            None => Vacuum::Default,
        },
    };
    let request = ask::StartMaintain { job: JOB, tables: vec![call.table], options, dry_run: call.dry_run };
    let summary = watch(host, out, host.call(request)).await?;
    for done in &summary.tables {
        out.show(done, text)?;
    }
    match summary.failed.into_iter().next() {
        Some((_, error)) => Err(error.into()),
        None => Ok(Exit::Done),
    }
}

fn text(done: &Maintained) -> String {
    let would = if done.dry_run { " would be" } else { "" };
    let mut text = format!(
        "{}: {} files of {} bytes{would} rewritten to {} of {} bytes, {} dead rows purged; {} -> {} files, v{}\n",
        done.table,
        number(done.rewritten_files),
        number(done.rewritten_bytes),
        number(done.written_files),
        number(done.written_bytes),
        number(done.purged_rows),
        number(done.files_before),
        number(done.files_after),
        done.version,
    );
    if done.forgotten_deletes > 0 {
        let count = number(done.forgotten_deletes);
        text.push_str(&format!("{count} deletes older than tombstone_retention{would} forgotten\n"));
    }
    if done.skipped_files > 0 {
        text.push_str(&format!("{} files were left, a writer replaced some of them\n", number(done.skipped_files)));
    }
    if let Some(oldest) = done.oldest_version {
        text.push_str(&format!(
            "{} data files and {} files of deletion vectors, {} bytes{would} removed; v{oldest} and later stay readable\n",
            number(done.removed_data_files),
            number(done.removed_vector_files),
            number(done.removed_bytes),
        ));
    }
    text
}
