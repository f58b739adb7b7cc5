//! `sluice maintain`.

use crate::args::Maintain;
use crate::exit::Exit;
use crate::print::{Output, number};
use crate::progress::watch;
use sluice_api::JobId;
use sluice_runner::{Host, MaintainOptions, Maintained, maintain};

/// Compacts, clusters, purges, writes a checkpoint and removes unused files.
pub(crate) async fn run(host: &Host, out: &Output, call: Maintain) -> anyhow::Result<Exit> {
    let job = host.jobs().start(JobId(1), "Maintain");
    let defaults = MaintainOptions::default();
    let options = MaintainOptions {
        target_bytes: call.target_size.unwrap_or(defaults.target_bytes),
        cluster_by: call.cluster_by,
        dead_share: f64::from(call.dead_percent) / 100.0,
        retention: if call.no_vacuum { None } else { call.retention.or(defaults.retention) },
        dry_run: call.dry_run,
        ..defaults
    };
    let work = async {
        let lake = host.lake().await?;
        maintain(&lake, &call.table, &options, host.clock(), &job).await
    };
    let done = watch(&job, out.json, work).await.map_err(|error| error.to_api())?;
    out.show(&done, text)?;
    Ok(Exit::Done)
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
