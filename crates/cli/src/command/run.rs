//! `sluice run`.

use super::replay::{exit_of, text};
use crate::args::Run;
use crate::exit::Exit;
use crate::print::Output;
use crate::progress::watch;
use sluice_api::JobId;
use sluice_runner::{Host, RunMode, RunOptions};

/// Replays by the published release, once or again and again.
pub(crate) async fn run(host: &Host, out: &Output, call: Run) -> anyhow::Result<Exit> {
    let mode = call.mode();
    let options = RunOptions {
        mode,
        concurrency: call.concurrency,
        limits: call.limits.to_api(false, false),
        lease_wait: call.limits.wait,
    };
    let job = host.jobs().start(JobId(1), "Run");
    let mut exit = Exit::Done;
    let work = async {
        let (lake, engine) = (host.lake().await?, host.engine().await?);
        sluice_runner::run(&lake, &engine, &options, host.clock(), &job, |release, summary| {
            exit = exit_of(summary);
            let shown = out.show(&serde_json::json!({ "release": release, "replay": summary }), |_| {
                format!("r{release}\n{}", text(summary))
            });
            if let Err(error) = shown {
                eprintln!("sluice: {error}");
            }
        })
        .await
    };
    watch(&job, out.json, work).await.map_err(|error| error.to_api())?;
    Ok(if job.is_cancelled() && mode == RunMode::Once { Exit::Cancelled } else { exit })
}
