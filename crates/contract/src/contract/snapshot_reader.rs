//! Reads `apply.from_snapshot`.

use super::Reader;
use crate::document::{ApplyDocument, Document};
use crate::{
    Column, ColumnSet, ColumnType, FromSnapshot, SnapshotColumn, SnapshotPattern, SnapshotVersion, SourceFormat, limits,
};
use serde_saphyr::Spanned;

/// An entry of `apply` and what to say of it beside `from_snapshot`.
type Excluded<'a> = (Option<&'a Spanned<String>>, &'static str);

impl Reader<'_> {
    /// Reads `apply.from_snapshot`, and finds the entries that make no sense beside it.
    pub(super) fn snapshot_rule(
        &mut self,
        document: &Document,
        written: &ApplyDocument,
        columns: &[Column],
    ) -> Option<FromSnapshot> {
        let place = written.from_snapshot.as_ref()?;
        let rule = &place.value;
        let files = rule.files.as_ref().and_then(|files| {
            SnapshotPattern::parse(&files.value)
                .map_err(|message| {
                    let fix = "Write for example files: \"{date}/*.parquet\", with {date} or {version} once";
                    self.problem(files, message, fix);
                })
                .ok()
        });
        let column = rule.column.as_ref().and_then(|column| self.snapshot_column(column, columns));
        if rule.files.is_some() == rule.column.is_some() {
            let message = "The version of a snapshot is in the path of its files or in a column";
            self.problem(place, message, "Write files: \"{date}/*\", or column with the name of a column");
        }
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
        if files.is_none() && column.is_none() {
            return None;
        }
        Some(FromSnapshot {
            files,
            column,
            complete_when: rule.complete_when.as_ref().map(|name| name.value.clone()),
            max_deleted_share: rule.max_deleted_share.as_ref().map_or(limits::DELETED_SHARE_DEFAULT, |s| s.value),
        })
    }

    /// The column that has the version. Values of a key would be other rows in every snapshot.
    fn snapshot_column(&mut self, written: &Spanned<String>, columns: &[Column]) -> Option<SnapshotColumn> {
        let name = &written.value;
        let Some(column) = columns.iter().find(|column| column.name == *name && !column.is_system()) else {
            let message = format!("Column `{name}` of from_snapshot is not in the schema");
            self.problem(written, message, "Correct the name, or add the column with its type");
            return None;
        };
        if column.key {
            let message = format!("`{name}` is part of the key, so every snapshot would have other rows");
            self.problem(written, message, "Take it out of the key");
        }
        let version = match column.data_type {
            ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampNtz => SnapshotVersion::Date,
            ColumnType::SmallInt | ColumnType::Int | ColumnType::BigInt => SnapshotVersion::Number,
            _ => {
                let message = format!("`{name}` is `{}`, which does not say what is later", column.data_type);
                self.problem(written, message, "Give it a type of dates, times or integers");
                return None;
            }
        };
        Some(SnapshotColumn { name: name.clone(), version })
    }

    /// What tells versions of a row apart: the version of a snapshot is another one in each, and no change of the row.
    pub(super) fn tracked_beside_version(
        &mut self,
        written: &ApplyDocument,
        tracked: ColumnSet,
        rule: Option<&FromSnapshot>,
    ) -> ColumnSet {
        let Some(column) = rule.and_then(|rule| rule.column.as_ref()) else { return tracked };
        if written.scd.as_ref().is_none_or(|scd| scd.value.0 != "2") {
            return tracked;
        }
        match tracked {
            ColumnSet::All => ColumnSet::Except(vec![column.name.clone()]),
            ColumnSet::Except(mut names) => {
                if !names.contains(&column.name) {
                    names.push(column.name.clone());
                }
                ColumnSet::Except(names)
            }
            ColumnSet::Only(names) => {
                if let Some(place) = written.track_history.as_ref().filter(|_| names.contains(&column.name)) {
                    let message = format!("`{}` is another one in every snapshot", column.name);
                    self.problem(place, message, "Take it out of track_history");
                }
                ColumnSet::Only(names)
            }
        }
    }

    fn beside_from_snapshot(&mut self, document: &Document, written: &ApplyDocument) {
        if let Some(part) = written.sequence.first() {
            let message = "sequence does not apply to snapshots: the version is the position of a snapshot's rows";
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
