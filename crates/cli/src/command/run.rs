//! `sluice run`.

use super::replay::{exit_of, text};
use crate::args::Run;
use crate::exit::Exit;
use crate::print::{Output, note};
use crate::progress::{JOB, Watch};
use sluice_api::{ReachedTable, RunMode, RunRound, ask};
use sluice_runner::Host;
use std::time::Duration;

/// Replays using the published release, once or again and again. Rounds are printed as they end.
pub(crate) async fn run(host: &Host, out: &Output, call: Run) -> anyhow::Result<Exit> {
    let mode = call.mode();
    let request =
        ask::StartRun { job: JOB, mode, concurrency: call.concurrency, limits: call.limits.to_api(false, false) };
    let mut printed = Printed { last: 0, exit: Exit::Done };
    let grace = call.grace.unwrap_or(Duration::from_secs(sluice_contract::limits::STOP_GRACE_SECONDS));
    let watch = Watch::new(host, out).with_grace(grace);
    let ended = watch.each(host.call(request), async || printed.show_new(host, out).await).await;
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
        for RunRound { round, release, replay, reached, error } in new.rounds {
            self.last = round;
            let Some(error) = error else {
                self.exit = exit_of(&replay);
                for problem in &replay.left_out {
                    note(format_args!("left out: {problem}"));
                }
                let mut shown = serde_json::json!({ "release": release, "replay": replay });
                if let (false, Some(shown)) = (reached.is_empty(), shown.as_object_mut()) {
                    shown.insert("reached".to_owned(), serde_json::to_value(&reached).unwrap_or_default());
                }
                self.show(out, &shown, || format!("r{release}\n{}{}", text(&replay), reached_text(&reached)));
                continue;
            };
            self.exit = Exit::TableStopped;
            self.show(out, &serde_json::json!({ "release": release, "error": error }), || {
                format!("nothing can be replayed at the moment, the run continues: {error}\n")
            });
        }
    }

    fn show(&self, out: &Output, json: &serde_json::Value, text: impl FnOnce() -> String) {
        if let Err(error) = out.show(json, |_| text()) {
            note(format_args!("sluice: {error}"));
        }
    }
}

/// How tables compare with the preview of their release, a line for each, and the first row that differs below it.
pub(super) fn reached_text(reached: &[ReachedTable]) -> String {
    let mut text = String::new();
    for ReachedTable { table, reached, version, note, first, .. } in reached {
        let version = version.map(|version| format!(" v{version}")).unwrap_or_default();
        text.push_str(&format!("{table}{version}: {reached}. {note}\n"));
        if let Some(first) = first {
            text.push_str(&format!("  {first}\n"));
        }
    }
    text
}
