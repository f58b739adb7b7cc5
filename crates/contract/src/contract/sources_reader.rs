//! Reads `source` and `sources`, and refuses what several sources of one table cannot mean.

use super::Reader;
use crate::backfill::is_inside;
use crate::document::{ApplyDocument, Document, SourceDocument};
use crate::source::plain_path;
use crate::{Apply, Column, ColumnType, Restart, Source};
use serde_saphyr::Spanned;

impl Reader<'_> {
    /// The source, or the first of several; and all of them where there are several.
    pub(super) fn sources(
        &mut self,
        document: &Document,
        columns: &[Column],
        apply: Option<&Apply>,
    ) -> (Option<Source>, Vec<Source>) {
        self.source_name_columns(document, columns);
        for source in document.all_sources() {
            self.name_of_source(source);
        }
        let Some(several) = &document.sources else {
            let source = document.source.as_ref().and_then(|source| self.source(document, source, columns));
            return (source, Vec::new());
        };
        if document.source.is_some() {
            self.problem(
                several,
                "There are both source and sources",
                "Write all of them in sources, each with a name",
            );
        }
        if several.value.len() < 2 {
            self.problem(several, "sources has one source, or none", "Write source, or another one in sources");
        }
        self.several(document, several);
        if let Some(apply) = apply {
            self.order_across(several, document.apply.as_ref(), apply, columns);
        }
        let mut read: Vec<Source> = Vec::new();
        for written in &several.value {
            let Some(source) = self.source(document, written, columns) else { return (None, Vec::new()) };
            read.push(source);
        }
        if let Some(first) = read.first().cloned() {
            for source in read.iter_mut().skip(1) {
                source.evolution = first.evolution;
                source.says_evolution = first.says_evolution;
                source.schema_policy = first.schema_policy;
                source.hints.clone_from(&first.hints);
                source.ignored.clone_from(&first.ignored);
                source.review_seconds = first.review_seconds;
            }
        }
        (read.first().cloned(), read)
    }

    fn name_of_source(&mut self, source: &SourceDocument) {
        let Some(name) = &source.name else { return };
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        if name.value.is_empty() || !name.value.chars().all(is_name) {
            let message = format!("`{}` is not a valid name of a source", name.value);
            self.problem(name, message, "Use letters, digits, _ and -");
        }
    }

    /// Columns that have the name of the source.
    fn source_name_columns(&mut self, document: &Document, columns: &[Column]) {
        for written in document.schema.value.iter().filter(|written| written.source_name) {
            let Some(column) = columns.iter().find(|column| column.name == written.name.value) else { continue };
            if column.data_type != ColumnType::String {
                let message = format!("The name of a source is text, and `{}` is {}", column.name, column.data_type);
                self.problem(&written.data_type, message, "Write type: string");
            }
            if column.path.is_some()
                || !column.renamed_from.is_empty()
                || column.default.is_some()
                || column.since.is_some()
            {
                let message = format!("`{}` has the name of the source, which is in no record", column.name);
                self.problem(
                    &written.name,
                    message,
                    "Remove path, from, renamed_from, default and since, or source_name",
                );
            }
            if let Some(source) = document.all_sources().find(|source| source.name.is_none()) {
                let message = format!("`{}` has the name of the source, and the source has no name", column.name);
                self.problem(&source.path, message, "Write its name: source: {name: eu, path: …}");
            }
        }
    }

    /// What each of several sources needs, and what is no business of one of them.
    fn several(&mut self, document: &Document, several: &Spanned<Vec<SourceDocument>>) {
        let path = |source: &SourceDocument| plain_path(source.path.value.trim());
        for (at, source) in several.value.iter().enumerate() {
            let before = several.value.get(..at).unwrap_or_default();
            match &source.name {
                None => {
                    let message = "One of several sources has no name";
                    self.problem(&source.path, message, "Write a name that stays, for example name: eu");
                }
                Some(name) => {
                    let same = |other: &&SourceDocument| other.name.as_ref().is_some_and(|of| of.value == name.value);
                    if before.iter().any(|other| same(&other)) {
                        self.problem(
                            name,
                            format!("Two sources are called `{}`", name.value),
                            "Give each a name of its own",
                        );
                    }
                }
            }
            let is_apart = |other: &SourceDocument| match (&source.files, &other.files) {
                (Some(files), Some(others)) => files.value != others.value,
                _ => !is_inside(&path(source), &path(other)) && !is_inside(&path(other), &path(source)),
            };
            if !before.iter().all(is_apart) {
                let message = "The folders of two sources overlap, so a file would be of both";
                self.problem(&source.path, message, "Give each a folder of its own, or files that no other one has");
            }
            for (batch, written) in &source.restarts {
                if written.value == Restart::Reload.as_str() {
                    let message = "A reload empties the table, and this is one of several sources";
                    let fix =
                        format!("Write {batch}: position; rows that the source lacks then have to be deleted by it");
                    self.problem(written, message, fix);
                }
            }
            if at > 0 {
                let entries = [&source.evolution, &source.schema_policy, &source.review];
                for written in entries
                    .into_iter()
                    .flatten()
                    .chain(source.hints.values())
                    .chain(source.ignored.iter().chain(&source.drop))
                {
                    let message =
                        "How columns are handled that are not in the contract is said of the table as a whole";
                    self.problem(
                        written,
                        message,
                        "Write evolution, schema_policy, hints, ignored and review in the first source",
                    );
                }
            }
        }
        for since in document.schema.value.iter().filter_map(|column| column.since.as_ref()) {
            let message = "A position of one source says nothing of the events of another one";
            self.problem(since, message, "Remove since, and give the column another name");
        }
        let apply = document.apply.as_ref();
        if let Some(rule) = apply.and_then(|apply| apply.from_snapshot.as_ref()) {
            let message = "A full snapshot has all rows of the table, and one of several sources has its own only";
            self.problem(rule, message, "Make a table of each source, and one of them all as a gold model");
        }
        if let Some(when) = apply.and_then(|apply| apply.truncate_when.as_ref()) {
            let message = "A truncate of one of several sources would empty the table for all";
            self.problem(when, message, "Remove truncate_when");
        }
    }

    /// How events of two sources compare. Rows of different sources are different rows where the key has the name of the
    /// source; else the contract says what orders them.
    fn order_across(
        &mut self,
        several: &Spanned<Vec<SourceDocument>>,
        written: Option<&ApplyDocument>,
        apply: &Apply,
        columns: &[Column],
    ) {
        let of_name = |name: &String| columns.iter().any(|column| column.is_source_name && column.name == *name);
        if apply.key.iter().any(of_name) {
            return;
        }
        let Some(at) = apply.sequence.iter().position(of_name) else {
            let message = "Rows of two sources may have equal keys, and nothing says whether they are one row";
            let fix = "Add a column with source_name: true and name it in apply.key or in apply.sequence: in the key each source \
                 has rows of its own; as in sequence: [updated_at, region] equal keys are one row, and the later value of \
                 a column that all sources have decides";
            self.problem(several, message, fix);
            return;
        };
        let is_column = |name: &String| columns.iter().any(|column| column.name == *name);
        for part in apply.sequence.iter().take(at).filter(|part| !is_column(part)) {
            let place = written.and_then(|apply| apply.sequence.iter().find(|of| of.value == *part));
            let message =
                format!("`{part}` is a position in the log of one source, and those of two cannot be compared");
            let fix =
                "Order by a column that all sources have, or put the column with the name of the source before it";
            if let Some(place) = place {
                self.problem(place, message, fix);
            }
        }
    }
}
