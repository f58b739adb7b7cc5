//! Reads `source.backfill`.

use super::Reader;
use crate::backfill::is_inside;
use crate::document::{BackfillDocument, Document, SourceDocument};
use crate::source::plain_path;
use crate::{Backfill, SourceFormat};

impl Reader<'_> {
    /// The backfills that are taken once.
    pub(super) fn backfills(&mut self, document: &Document) -> Vec<Backfill> {
        let from_snapshot = document.apply.as_ref().is_some_and(|apply| apply.from_snapshot.is_some());
        let mut backfills: Vec<Backfill> = Vec::new();
        let written = || document.all_sources().flat_map(|source| source.backfill.iter().map(move |of| (source, of)));
        for (source, written) in written() {
            if from_snapshot {
                let message =
                    "backfill cannot be combined with from_snapshot: every snapshot already contains all rows";
                self.problem(&written.name, message, "Remove backfill, or apply.from_snapshot");
            }
            if backfills.iter().any(|backfill| backfill.name == written.name.value) {
                let message = format!("Two backfills are called `{}`", written.name.value);
                self.problem(&written.name, message, "Give each a name of its own");
            }
            if let Some(backfill) = self.backfill(written, (document, source), &backfills) {
                backfills.push(backfill);
            }
        }
        backfills
    }

    fn backfill(
        &mut self,
        written: &BackfillDocument,
        (document, source): (&Document, &SourceDocument),
        others: &[Backfill],
    ) -> Option<Backfill> {
        let name = &written.name.value;
        if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter)) {
            let message = format!("`{name}` is not a valid name of a backfill");
            self.problem(&written.name, message, "Use letters, digits, _ and -");
        }
        let path = plain_path(written.path.value.trim());
        let path = path.as_str();
        if path.is_empty() || path.split('/').any(|part| part == "..") || path.contains('\0') {
            self.problem(&written.path, "The path is empty or leaves its folder", "Write a folder inside the lake");
        }
        let overlaps = |other: &str| is_inside(path, other) || is_inside(other, path);
        if document.all_sources().any(|of| overlaps(&plain_path(of.path.value.trim())))
            || others.iter().any(|other| overlaps(&other.path))
        {
            let message = "The folder of a backfill and another folder of the source overlap";
            self.problem(&written.path, message, "Give each a folder of its own");
        }
        if let Some(rank) = written.read_rank.as_ref().filter(|rank| rank.value != "below_cdc") {
            let message = format!("`{}` is not a valid read_rank", rank.value);
            self.problem(rank, message, "Write below_cdc: any change event wins over its rows");
        }
        let format = SourceFormat::of_rows(&written.format.value);
        if format.is_none() {
            let message = format!("`{}` is not a format", written.format.value);
            self.problem(&written.format, message, format!("Use {}", SourceFormat::words()));
        }
        Some(Backfill {
            name: name.clone(),
            source: source.name.as_ref().map(|name| name.value.clone()),
            path: path.to_owned(),
            format: format?,
            csv_columns: written.csv_columns.clone(),
        })
    }
}
