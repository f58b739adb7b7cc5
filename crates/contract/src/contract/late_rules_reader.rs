//! Reads the entries of `apply` that are about events whose key, base or delete is elsewhere.

use super::Reader;
use crate::document::ApplyDocument;
use crate::{KeyChange, MissingBase, parse_duration_seconds};
use serde_saphyr::Spanned;

impl Reader<'_> {
    pub(super) fn key_change(&mut self, written: &ApplyDocument) -> KeyChange {
        match word(written.key_change.as_ref()) {
            None | Some((_, "split")) => KeyChange::Split,
            Some((_, "error")) => KeyChange::Error,
            Some((place, other)) => {
                let message = format!("`{other}` is not a valid key_change");
                self.problem(place, message, "Use split (delete and insert) or error (quarantine)");
                KeyChange::Split
            }
        }
    }

    pub(super) fn missing_base(&mut self, written: &ApplyDocument) -> MissingBase {
        let appends = written.scd.as_ref().is_some_and(|scd| scd.value.0 == "append");
        let Some((place, word)) = word(written.on_missing_base.as_ref()) else {
            // A row that enters lacks what its events said while it was left out.
            let holds = written.keep.is_some() && !appends;
            return if holds { MissingBase::Hold } else { MissingBase::InsertPartial };
        };
        match word {
            "insert_partial" => return MissingBase::InsertPartial,
            "hold" => {}
            "quarantine" => {
                let message = "on_missing_base cannot be quarantine: whether a base is missing depends on earlier batches, \
                               and a quarantine reason must not";
                self.problem(place, message, "Use hold: the batch waits for the events that it lacks");
                return MissingBase::InsertPartial;
            }
            other => {
                let message = format!("`{other}` is not a valid on_missing_base");
                self.problem(place, message, "Use insert_partial or hold");
                return MissingBase::InsertPartial;
            }
        }
        if written.null_updates.as_ref().is_some_and(|word| word.value == "ignore") {
            let message = "An ignored null cannot be distinguished from a missing base";
            self.problem(place, message, "Keep on_missing_base: hold or null_updates: ignore");
        }
        if appends {
            let message = "An append-only table keeps every event as delivered, so no base can be missing";
            self.problem(place, message, "Remove on_missing_base, or write scd: 1 or 2");
        }
        MissingBase::Hold
    }

    pub(super) fn tombstone_retention(&mut self, written: &ApplyDocument) -> Option<u64> {
        let (place, word) = word(written.tombstone_retention.as_ref())?;
        if word == "forever" {
            return None;
        }
        let seconds = parse_duration_seconds(word).filter(|seconds| *seconds > 0);
        if seconds.is_none() {
            self.problem(place, format!("`{word}` is not a valid tombstone_retention"), "Use forever or 30d");
        }
        let latest_only = written.scd.as_ref().is_none_or(|scd| scd.value.0 == "1");
        let hard = written.delete_mode.as_ref().is_none_or(|mode| mode.value == "hard");
        if !latest_only || !hard {
            let message = "tombstone_retention needs scd: 1 (latest rows) and delete_mode: hard";
            self.problem(place, message, "Remove tombstone_retention, or write scd: 1 and delete_mode: hard");
        }
        if written.from_snapshot.is_some() {
            let message = "tombstone_retention does not apply to snapshots: they need no memory of deletes";
            self.problem(place, message, "Remove tombstone_retention, or from_snapshot");
        }
        seconds
    }
}

fn word(written: Option<&Spanned<String>>) -> Option<(&Spanned<String>, &str)> {
    written.map(|word| (word, word.value.as_str()))
}
