//! Positions that go back within a partition: runs of such events, judged when all is known.

use super::found::{Found, Place};
use sluice_api::FindingCode;
use sluice_change::{EventSeq, SeqParts};
use std::collections::BTreeMap;

/// Runs that are kept.
const RUNS_MAX: usize = 10_000;
/// Events of a run that continues to the end, and of one that does not, which begin another log.
const RESTART_MIN: u64 = 3;
const RESTART_LONG: u64 = 10;
/// Runs of a feed that mean nothing if its positions are not those of the stream.
const USUAL_RUNS: u64 = 20;
/// Examples of a run.
const KEPT: usize = 5;

/// The front of a partition.
#[derive(Debug)]
struct Front {
    newest: (u8, SeqParts),
    time_ms: Option<i64>,
    run: Option<u32>,
}

/// Events behind the front, one after the other.
#[derive(Debug)]
struct Run {
    /// Time of the newest event before.
    time_before: Option<i64>,
    is_open: bool,
    events: u64,
    earlier: u64,
    later: u64,
    /// Events of which a newer one of the same key had arrived.
    of_keys: u64,
    examples: Vec<(Place, bool, String)>,
}

/// What is kept of positions.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    fronts: BTreeMap<String, Front>,
    runs: Vec<Run>,
    events: u64,
    /// First log that the events named.
    log: Option<String>,
    other_logs: bool,
}

impl Positions {
    /// An event in the order of arrival; the number of its run, from 1, if it is behind the front.
    pub(crate) fn event(&mut self, partition: &str, seq: EventSeq, time_ms: Option<i64>) -> u32 {
        self.events += 1;
        let position = (seq.rank, seq.parts);
        let Some(front) = self.fronts.get_mut(partition) else {
            self.fronts.insert(partition.to_owned(), Front { newest: position, time_ms, run: None });
            return 0;
        };
        if position >= front.newest {
            if let Some(run) = front.run.take().and_then(|run| self.runs.get_mut(run as usize)) {
                run.is_open = false;
            }
            (front.newest, front.time_ms) = (position, time_ms.or(front.time_ms));
            return 0;
        }
        let run = match front.run {
            Some(run) => run,
            None if self.runs.len() >= RUNS_MAX => return 0,
            None => {
                let number = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
                let time_before = front.time_ms;
                self.runs.push(Run {
                    time_before,
                    is_open: true,
                    events: 0,
                    earlier: 0,
                    later: 0,
                    of_keys: 0,
                    examples: Vec::new(),
                });
                front.run = Some(number);
                number
            }
        };
        run + 1
    }

    /// The servers that the events of a file name.
    pub(crate) fn logs(&mut self, found: &mut Found, place: Place, logs: &BTreeMap<String, u64>) {
        for (log, count) in logs {
            match &self.log {
                None => self.log = Some(log.clone()),
                Some(first) if first != log => {
                    self.other_logs = true;
                    let detail = format!("{count} events are of the log of {log}, those before of {first}");
                    found.note_many(FindingCode::PositionsRestart, place, *count, detail, "");
                }
                Some(_) => {}
            }
        }
    }

    /// An event of a run that was not delivered before.
    /// Whether a newer one of the same key had arrived, and the record.
    pub(crate) fn confirmed(&mut self, run: u32, place: Place, time_ms: Option<i64>, (of_key, record): (bool, &str)) {
        let Some(run) = run.checked_sub(1).and_then(|run| self.runs.get_mut(run as usize)) else { return };
        run.events += 1;
        if let (Some(before), Some(time)) = (run.time_before, time_ms) {
            run.earlier += u64::from(time < before);
            run.later += u64::from(time > before);
        }
        run.of_keys += u64::from(of_key);
        if run.examples.len() < KEPT || (of_key && !run.examples.iter().any(|(_, of_key, _)| *of_key)) {
            run.examples.push((place, of_key, record.to_owned()));
        }
    }

    pub(crate) fn finish(self, found: &mut Found) {
        // Where positions go back all the time, they are not in the order of the stream: only those of one key count.
        let closed = self.runs.iter().filter(|run| run.events > 0 && !run.is_open).count() as u64;
        let is_unordered = closed > (self.events / 200).max(USUAL_RUNS);
        for run in self.runs.into_iter().filter(|run| run.events > 0) {
            let least = if run.is_open { RESTART_MIN } else { RESTART_LONG };
            // The time goes on while the positions go back: they are of another log.
            let restarts = run.earlier == 0 && run.later > 0 && run.events >= least && !is_unordered;
            let (code, detail) = if restarts || self.other_logs {
                (FindingCode::PositionsRestart, "its position is before those of older events")
            } else {
                (FindingCode::OrderGoesBack, "its position is before that of an event which arrived earlier")
            };
            let counted = if is_unordered { run.of_keys } else { run.events };
            let mut examples = run.examples.into_iter().filter(|(_, of_key, _)| *of_key || !is_unordered);
            let Some((place, _, record)) = examples.next() else { continue };
            let more: Vec<_> = examples.collect();
            let rest = counted.saturating_sub(more.len() as u64).max(1);
            found.note_many(code, place, rest, detail, &record);
            for (place, _, record) in &more {
                found.note(code, *place, detail, record);
            }
        }
    }
}
