//! Images of a row, in which members may say of others that they were not sent.

use crate::text::json_fields::each_member;
use std::collections::BTreeSet;

/// What stands behind the name of a column in the member that says whether it is missing.
const MISSING: &str = "_isMissing";

/// Which members of an image are no values: the marks themselves, and the columns that they say are missing.
#[derive(Debug, Default)]
pub(super) struct Marks {
    marks: BTreeSet<String>,
    missing: BTreeSet<String>,
}

impl Marks {
    /// Those of an image. A mark is `true` or `false`, and beside it is the column that it is about.
    pub(super) fn of(image: &str) -> Self {
        let mut all = Self::default();
        // Most images have none, and looking for letters is cheaper than reading them a second time.
        if !image.contains("_isMissing\"") {
            return all;
        }
        let mut names = BTreeSet::new();
        let mut found = Vec::new();
        each_member(image, |name, raw| {
            match name.strip_suffix(MISSING) {
                Some(column) if matches!(raw, "true" | "false") => found.push((column.to_owned(), raw == "true")),
                _ => {}
            }
            names.insert(name.into_owned());
        });
        for (column, is_missing) in found.into_iter().filter(|(column, _)| names.contains(column)) {
            all.marks.insert(format!("{column}{MISSING}"));
            if is_missing {
                all.missing.insert(column);
            }
        }
        all
    }

    /// Whether a member is no value of the row.
    pub(super) fn is_none(&self, name: &str) -> bool {
        self.marks.contains(name) || self.missing.contains(name)
    }
}
