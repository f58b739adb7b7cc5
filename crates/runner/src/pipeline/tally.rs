//! What is counted of decoded records, file after file: it takes the same memory however many there are.

use crate::silver::newest_time::EventTimes;
use sluice_cdc::DecodedFile;
use sluice_change::{EventSeq, ReasonCode, Reject};
use std::collections::{BTreeMap, BTreeSet};

/// Counts of records so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(super) events: u64,
    pub(super) reasons: BTreeMap<String, u64>,
    pub(super) quarantined: u64,
    pub(super) rejects: RejectKinds,
    pub(super) first: Option<EventSeq>,
    pub(super) last: Option<EventSeq>,
    pub(super) times: EventTimes,
    pub(super) last_change: Option<EventSeq>,
    pub(super) newest_change_ms: Option<i64>,
    pub(super) source_tables: BTreeMap<String, u64>,
    pub(super) left_out: BTreeMap<String, u64>,
    /// Events by what ordered them.
    pub(super) orders: BTreeMap<String, u64>,
    /// What ordered the events, with the epoch of the source that they are of.
    pub(super) orders_of_epochs: BTreeSet<(u8, String)>,
    /// Events by the server whose log they are of.
    pub(super) logs: BTreeMap<String, u64>,
    /// The same without how many, with the epoch of the source.
    pub(super) logs_of_epochs: BTreeSet<(u8, String)>,
    /// The same of each of several sources, by name.
    pub(super) by_source: BTreeMap<String, Tally>,
}

/// Records in quarantine by reason and column.
#[derive(Clone, Debug, Default)]
pub(crate) struct RejectKinds(BTreeMap<(ReasonCode, Option<String>), RejectKind>);

#[derive(Clone, Debug)]
struct RejectKind {
    records: u64,
    /// The first of them: its number in its file, the file, and what is wrong.
    row: u64,
    path: String,
    detail: String,
}

impl RejectKinds {
    fn add(&mut self, path: &str, reject: &Reject) {
        let kind = self.0.entry((reject.reason, reject.column.clone())).or_insert_with(|| RejectKind {
            records: 0,
            row: reject.at.row,
            path: path.to_owned(),
            detail: reject.detail.clone(),
        });
        kind.records += 1;
    }

    /// The reason of most records, with a record as an example; `None` if there are none.
    pub(crate) fn most_frequent(&self) -> Option<String> {
        let ((reason, column), kind) = self.0.iter().max_by_key(|(_, kind)| kind.records)?;
        let column = column.as_ref().map_or_else(String::new, |column| format!(" in {column}"));
        let RejectKind { records, row, path, detail } = kind;
        Some(format!("{reason}{column} ({records}), for example record {} of {path}: {detail}", row.saturating_add(1)))
    }
}

impl Tally {
    /// Adds the records of a file.
    pub(crate) fn add(&mut self, file: &DecodedFile) {
        if let Some(name) = &file.source {
            self.by_source.entry(name.clone()).or_default().add_own(file);
        }
        self.add_own(file);
    }

    fn add_own(&mut self, file: &DecodedFile) {
        let changes = &file.changes;
        self.events += changes.len() as u64;
        for (seq, time) in changes.seqs.iter().zip(changes.source_times_ms.iter()) {
            self.first = Some(self.first.map_or(seq, |first| first.min(seq)));
            self.last = self.last.max(Some(seq));
            if let Some(time) = time {
                self.times.add(time);
            }
            if seq.is_change() {
                self.last_change = self.last_change.max(Some(seq));
                self.newest_change_ms = self.newest_change_ms.max(time);
            }
        }
        let path = |reject: &Reject| {
            let at = usize::try_from(reject.at.file).ok();
            at.and_then(|at| changes.files.get(at)).map_or("", |file| file.path.as_str())
        };
        for reject in &file.rejects {
            self.reject(path(reject), reject);
        }
        // The events of a file are of one epoch, which is in their ranks.
        let epoch = changes.seqs.ranks().iter().max().and_then(|rank| u8::try_from(rank / 2).ok()).unwrap_or(0);
        self.orders_of_epochs.extend(file.orders.keys().map(|words| (epoch, words.clone())));
        self.logs_of_epochs.extend(file.logs.keys().map(|words| (epoch, words.clone())));
        for (counts, of_file) in [
            (&mut self.source_tables, &file.source_tables),
            (&mut self.left_out, &file.other_tables),
            (&mut self.orders, &file.orders),
            (&mut self.logs, &file.logs),
        ] {
            for (table, count) in of_file {
                *counts.entry(table.clone()).or_default() += count;
            }
        }
    }

    /// Adds a record in quarantine; a whole file is not one, and has a reason.
    fn reject(&mut self, path: &str, reject: &Reject) {
        *self.reasons.entry(reject.reason.to_string()).or_default() += 1;
        if !reject.whole_file {
            self.quarantined += 1;
            self.rejects.add(path, reject);
        }
    }

    /// Events that were counted turn out to be in quarantine.
    pub(crate) fn reject_events(&mut self, rejects: &[(String, Reject)]) {
        self.events = self.events.saturating_sub(rejects.len() as u64);
        rejects.iter().for_each(|(path, reject)| self.reject(path, reject));
    }
}
