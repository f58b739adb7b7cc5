//! Reads `apply`.

use super::Reader;
use crate::document::{ApplyDocument, Document, SourceDocument};
use crate::{
    Apply, ApplyMode, Column, ColumnSet, ColumnType, Condition, DeleteMode, PositionLayout, Scd, SourceFormat,
    TiePolicy, difference_of_names, folded_name, limits,
};
use serde_saphyr::Spanned;

impl Reader<'_> {
    /// Reads `apply`; adds the columns that Sluice keeps in silver because of it.
    pub(super) fn apply(&mut self, document: &Document, columns: &mut Vec<Column>) -> Option<Apply> {
        let nothing = ApplyDocument::default();
        let written = document.apply.as_ref().unwrap_or(&nothing);
        let key = self.key(document, written, columns);
        if let Some(extra) = written.sequence.get(limits::SEQUENCE_PARTS_MAX) {
            self.problem(extra, "The sequence has more than four parts", "Keep the four most significant");
        }
        let parts: Vec<String> = written.sequence.iter().map(|part| part.value.clone()).collect();
        if let (Some(last), None) = (written.sequence.last(), PositionLayout::of(&parts)) {
            let message = "The parts of the sequence are longer than a position, which has 320 bits";
            let fix =
                "Keep the most significant ones, such as source.commit_lsn, source.change_lsn, source.event_serial_no";
            self.problem(last, message, fix);
        }
        if let Some(limit) = &written.quarantine_limit
            && !(0.0..=1.0).contains(&limit.value)
        {
            self.problem(limit, "The quarantine limit is a share from 0 to 1", "Write for example 0.05 for 5 %");
        }
        let from_snapshot = self.snapshot_rule(document, written, columns);
        let tracked = self.track_history(written, columns);
        let apply = Apply {
            key,
            sequence: parts,
            delete_when: self.condition(written.delete_when.as_ref(), "delete_when: \"op = 'd'\""),
            truncate_when: self.condition(written.truncate_when.as_ref(), "truncate_when: \"op = 't'\""),
            keep: self.keep(written, columns),
            scd: self.scd(written),
            track_history: self.tracked_beside_version(written, tracked, from_snapshot.as_ref()),
            tie_policy: self.tie_policy(document, written),
            ignore_nulls: self.ignore_nulls(written, columns),
            update_columns: written.update_columns.as_ref().map(|column| column.value.clone()),
            delete_mode: self.delete_mode(written),
            key_change: self.key_change(written),
            missing_base: self.missing_base(written),
            tombstone_retention: self.tombstone_retention(written),
            from_snapshot,
            mode: self.apply_mode(written.mode.as_ref()),
            changes_table: written.changes_table.as_ref().is_some_and(|written| written.value),
            quarantine_limit: written.quarantine_limit.as_ref().map_or(limits::QUARANTINE_LIMIT_DEFAULT, |l| l.value),
        };
        self.combinations(written, &apply);
        if apply.delete_mode == DeleteMode::Soft {
            let about = "Whether the key is deleted";
            columns.push(Column::system(Column::DELETED, ColumnType::Boolean, about));
            let about = "Sequence of the delete";
            columns.push(Column::system(Column::DELETED_SEQ, ColumnType::String, about));
        }
        Some(apply)
    }

    fn key(&mut self, document: &Document, written: &ApplyDocument, columns: &mut [Column]) -> Vec<String> {
        let mut key: Vec<String> = Vec::new();
        for part in &written.key {
            match columns.iter_mut().find(|column| column.name == part.value) {
                Some(_) if key.contains(&part.value) => {
                    self.problem(part, format!("Key column `{}` is there twice", part.value), "Remove one of them");
                }
                Some(column) => {
                    column.key = true;
                    column.required = true;
                    key.push(part.value.clone());
                }
                None => {
                    let message = format!("Key column `{}` is not in the schema", part.value);
                    let alike = columns.iter().find(|column| folded_name(&column.name) == folded_name(&part.value));
                    let fix = alike.map(|column| {
                        let difference = difference_of_names(&column.name, &part.value);
                        format!("Its column `{}` differs {difference} only: write both alike", column.name)
                    });
                    self.problem(part, message, fix.unwrap_or_else(|| "Correct the name or add the column".to_owned()));
                }
            }
        }
        if key.is_empty() {
            key = columns.iter().filter(|column| column.key).map(|column| column.name.clone()).collect();
        }
        if key.is_empty() && !document.schema.value.is_empty() {
            self.problem(&document.schema, "The table has no key", "Add primary_key: true to the key columns");
        }
        key
    }

    fn scd(&mut self, written: &ApplyDocument) -> Scd {
        let Some(scd) = &written.scd else { return Scd::Type1 };
        match scd.value.0.as_str() {
            "1" => Scd::Type1,
            "2" => Scd::Type2,
            "append" => Scd::Append,
            other => {
                let message = format!("`{other}` is not a valid scd");
                self.problem(scd, message, "Use 1 (latest row per key), 2 (a row per version) or append");
                Scd::Type1
            }
        }
    }

    fn track_history(&mut self, written: &ApplyDocument, columns: &[Column]) -> ColumnSet {
        let (only, except) = (&written.track_history, &written.track_history_except);
        let set = self.column_set(only.as_ref(), except.as_ref(), "track_history", columns);
        if let Some(place) = only.as_ref().or(except.as_ref())
            && !matches!(written.scd.as_ref().map(|scd| scd.value.0.as_str()), Some("2"))
        {
            self.problem(place, "Only a table with history has versions", "Add scd: 2, or remove the entry");
        }
        set
    }

    fn ignore_nulls(&mut self, written: &ApplyDocument, columns: &[Column]) -> Option<ColumnSet> {
        let (only, except) = (&written.null_updates_columns, &written.null_updates_except);
        let set = self.column_set(only.as_ref(), except.as_ref(), "null_updates_columns", columns);
        match written.null_updates.as_ref().map(|word| (word, word.value.as_str())) {
            Some((_, "ignore")) => Some(set),
            None | Some((_, "overwrite")) => {
                if let Some(place) = only.as_ref().or(except.as_ref()) {
                    let message = "This list needs null_updates: ignore; by default a null overwrites";
                    self.problem(place, message, "Add null_updates: ignore");
                }
                None
            }
            Some((place, other)) => {
                let message = format!("`{other}` is not a valid null_updates");
                self.problem(place, message, "Use overwrite or ignore");
                None
            }
        }
    }

    /// The columns that a pair of entries names: `only`, or all but `except`.
    fn column_set(
        &mut self,
        only: Option<&Spanned<Vec<String>>>,
        except: Option<&Spanned<Vec<String>>>,
        entry: &str,
        columns: &[Column],
    ) -> ColumnSet {
        for list in only.into_iter().chain(except) {
            for name in &list.value {
                if !columns.iter().any(|column| &column.name == name) {
                    let message = format!("Column `{name}` is not in the schema");
                    self.problem(list, message, "Correct the name or add the column");
                }
            }
            if list.value.is_empty() {
                self.problem(list, "The list is empty", "Name at least one column, or remove the entry");
            }
        }
        match (only, except) {
            (Some(_), Some(except)) => {
                let message = "Both a list and its exceptions are written";
                self.problem(except, message, format!("Keep {entry} or this one"));
                ColumnSet::All
            }
            (Some(only), None) => ColumnSet::Only(only.value.clone()),
            (None, Some(except)) => ColumnSet::Except(except.value.clone()),
            (None, None) => ColumnSet::All,
        }
    }

    fn tie_policy(&mut self, document: &Document, written: &ApplyDocument) -> TiePolicy {
        let has_room = written.sequence.len() <= TiePolicy::PARTS_BY_FILE_MAX;
        let Some(word) = &written.tie_policy else {
            let of_rows = |source: &SourceDocument| {
                SourceFormat::of_changes(&source.format.value).is_some_and(|format| !format.carries_operations())
            };
            let mut sources = document.all_sources().peekable();
            let is_of_rows = sources.peek().is_some() && sources.all(of_rows);
            return if is_of_rows && has_room { TiePolicy::ByFile } else { TiePolicy::Content };
        };
        let policy = TiePolicy::ALL.into_iter().find(|policy| policy.as_str() == word.value).unwrap_or_else(|| {
            let words = TiePolicy::ALL.map(TiePolicy::as_str).join(", ");
            self.problem(word, format!("`{}` is not a valid tie_policy", word.value), format!("Use {words}"));
            TiePolicy::Content
        });
        if policy == TiePolicy::ByFile && !has_room {
            let message = "A position has no room for the file beside so many parts of the sequence";
            let fix = format!("Keep {} parts, or write last_in_file", TiePolicy::PARTS_BY_FILE_MAX);
            self.problem(word, message, fix);
        }
        policy
    }

    fn delete_mode(&mut self, written: &ApplyDocument) -> DeleteMode {
        match written.delete_mode.as_ref().map(|word| (word, word.value.as_str())) {
            None | Some((_, "hard")) => DeleteMode::Hard,
            Some((_, "soft")) => DeleteMode::Soft,
            Some((place, other)) => {
                self.problem(place, format!("`{other}` is not a valid delete_mode"), "Use hard or soft");
                DeleteMode::Hard
            }
        }
    }

    fn apply_mode(&mut self, written: Option<&Spanned<String>>) -> ApplyMode {
        match written.map(|mode| (mode, mode.value.as_str())) {
            None | Some((_, "deletion_vectors")) => ApplyMode::DeletionVectors,
            Some((_, "copy_on_write")) => ApplyMode::CopyOnWrite,
            Some((place, other)) => {
                let message = format!("`{other}` is not a valid mode");
                self.problem(place, message, "Use deletion_vectors or copy_on_write");
                ApplyMode::DeletionVectors
            }
        }
    }

    fn condition(&mut self, text: Option<&Spanned<String>>, example: &str) -> Option<Condition> {
        let text = text?;
        let parsed = text.value.split_once('=').and_then(|(column, value)| {
            let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            Some(Condition { column: column.trim().to_owned(), value: value.replace("''", "'") })
        });
        if parsed.is_none() {
            let word = if example.starts_with("delete") { "delete" } else { "truncate" };
            self.problem(text, format!("`{}` is not a {word} condition", text.value), format!("Write {example}"));
        }
        parsed
    }

    /// Entries that exclude each other.
    fn combinations(&mut self, written: &ApplyDocument, apply: &Apply) {
        if let (Some(place), Some(_)) = (&written.update_columns, &apply.ignore_nulls) {
            let message = "update_columns already marks provided columns, so null_updates: ignore contradicts it";
            self.problem(place, message, "Keep update_columns or null_updates: ignore");
        }
        if let (Some(place), DeleteMode::Soft) = (&written.delete_mode, apply.delete_mode)
            && apply.scd != Scd::Type1
        {
            let message = match apply.scd {
                Scd::Append => "An append-only table keeps a delete as a row of its own",
                _ => "A table with history closes the version of a deleted key",
            };
            self.problem(place, message, "Write delete_mode: hard, or scd: 1");
        }
        if let Some(place) = written.changes_table.as_ref().filter(|written| written.value) {
            if apply.scd == Scd::Append {
                let message = "An append-only table has every change itself";
                self.problem(place, message, "Remove changes_table, or write scd: 1 or 2");
            }
            if apply.from_snapshot.is_some() {
                let message = "Full snapshots have rows and no changes";
                self.problem(place, message, "Remove changes_table; the versions of the table show what changed");
            }
        }
        if apply.scd == Scd::Append
            && let Some(place) = &written.truncate_when
        {
            let message = "A truncate takes nothing out of an append-only table";
            self.problem(place, message, "Remove truncate_when, or write scd: 1 or 2");
        }
    }
}
