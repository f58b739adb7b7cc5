//! `sluice run`.

use super::replay::{exit_of, text};
use crate::args::Run;
use crate::exit::Exit;
use crate::print::Output;
use crate::progress::{JOB, watch_each};
use sluice_api::{RunMode, RunRound, ask};
use sluice_runner::Host;

/// Replays using the published release, once or again and again. Rounds are printed as they end.
pub(crate) async fn run(host: &Host, out: &Output, call: Run) -> anyhow::Result<Exit> {
    let mode = call.mode();
    let request =
        ask::StartRun { job: JOB, mode, concurrency: call.concurrency, limits: call.limits.to_api(false, false) };
    let mut printed = Printed { last: 0, exit: Exit::Done };
    let ended = watch_each(host, out.json, host.call(request), async || printed.show_new(host, out).await).await;
    printed.show_new(host, out).await;
    Ok(if ended?.cancelled && mode == RunMode::Once { Exit::Cancelled } else { printed.exit })
}

/// What was printed of a run.
struct Printed {
    /// Number of the last round.
    last: u64,
    /// How it ended.
    exit: Exit,
}

impl Printed {
    async fn show_new(&mut self, host: &Host, out: &Output) {
        let new = host.call(ask::RunRounds { job: JOB, after: self.last }).await.unwrap_or_default();
        for RunRound { round, release, replay } in new.rounds {
            self.last = round;
            self.exit = exit_of(&replay);
            let shown = out.show(&serde_json::json!({ "release": release, "replay": replay }), |_| {
                format!("r{release}\n{}", text(&replay))
            });
            if let Err(error) = shown {
                eprintln!("sluice: {error}");
            }
        }
    }
}
