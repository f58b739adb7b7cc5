//! Reads `apply.from_snapshot`.

use super::Reader;
use crate::document::{ApplyDocument, Document};
use crate::{FromSnapshot, SnapshotPattern, SourceFormat, limits};

/// An entry of `apply` and what to say of it beside `from_snapshot`.
type Excluded<'a> = (Option<&'a serde_saphyr::Spanned<String>>, &'static str);

impl Reader<'_> {
    /// Reads `apply.from_snapshot`, and finds the entries that make no sense beside it.
    pub(super) fn snapshot_rule(&mut self, document: &Document, written: &ApplyDocument) -> Option<FromSnapshot> {
        let place = written.from_snapshot.as_ref()?;
        let rule = &place.value;
        let files = SnapshotPattern::parse(&rule.files.value)
            .map_err(|message| {
                let fix = "Write for example files: \"{date}/*.parquet\", with {date} or {version} once";
                self.problem(&rule.files, message, fix);
            })
            .ok();
        if let Some(share) = &rule.max_deleted_share
            && !(0.0..=1.0).contains(&share.value)
        {
            self.problem(share, "The share of deleted rows is from 0 to 1", "Write for example 0.5 for half of them");
        }
        if let Some(name) = &rule.complete_when
            && (name.value.is_empty() || name.value.contains('/'))
        {
            self.problem(name, "complete_when is the name of a marker file, not a path", "Write for example _SUCCESS");
        }
        self.beside_from_snapshot(document, written);
        Some(FromSnapshot {
            files: files?,
            complete_when: rule.complete_when.as_ref().map(|name| name.value.clone()),
            max_deleted_share: rule.max_deleted_share.as_ref().map_or(limits::DELETED_SHARE_DEFAULT, |s| s.value),
        })
    }

    fn beside_from_snapshot(&mut self, document: &Document, written: &ApplyDocument) {
        if let Some(part) = written.sequence.first() {
            let message =
                "sequence does not apply to snapshots: the version in the path is the position of a snapshot's rows";
            self.problem(part, message, "Remove sequence, or from_snapshot");
        }
        let excluded: [Excluded<'_>; 4] = [
            (
                written.truncate_when.as_ref(),
                "truncate_when does not apply to snapshots: a snapshot already has exactly the rows that exist",
            ),
            (
                written.tie_policy.as_ref(),
                "tie_policy does not apply to snapshots: duplicate keys are resolved by content hash",
            ),
            (written.null_updates.as_ref(), "A snapshot provides every column, so null_updates: ignore contradicts it"),
            (written.update_columns.as_ref(), "update_columns does not apply to snapshots: they provide every column"),
        ];
        for (place, message) in excluded.into_iter().filter_map(|(place, message)| Some((place?, message))) {
            self.problem(place, message, "Remove the entry, or from_snapshot");
        }
        if let Some(scd) = written.scd.as_ref().filter(|scd| scd.value.0 == "append") {
            let message = "Each snapshot repeats unchanged rows, so an append-only table would repeat them too";
            self.problem(scd, message, "Write scd: 1 or 2");
        }
        if let Some(source) = &document.source
            && !SourceFormat::of_rows(&source.format.value).is_some_and(SourceFormat::has_plain_rows)
        {
            self.problem(
                &source.format,
                "A snapshot has rows without an operation",
                format!("Use {}", SourceFormat::plain_words()),
            );
        }
    }
}
