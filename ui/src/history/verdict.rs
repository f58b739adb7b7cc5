//! One plain sentence about the row, before any table.

use super::versions::{Version, Versions};
use crate::state::PageCache;
use crate::widget::{Operation, Tone, number};

/// What became of the row.
pub(super) struct Verdict {
    /// Deviation or not.
    pub(super) tone: Tone,
    /// One word.
    pub(super) word: &'static str,
    /// The sentence.
    pub(super) text: String,
}

/// The verdict, once the newest version is here.
pub(super) fn verdict(versions: &Versions<'_>, pages: &mut PageCache) -> Option<Verdict> {
    let newest = versions.version(pages, 0)?;
    let oldest = versions.version(pages, versions.count().checked_sub(1)?);
    let since = oldest.map(|oldest| match oldest.kind {
        Operation::Inserted => format!("It came with v{}{}", oldest.number, by(&oldest)),
        _ => format!("It was there before v{}, the oldest version that can be read", oldest.number),
    });
    let what = what(versions, &newest);
    let (tone, word) = match newest.kind {
        Operation::Deleted => (Tone::Fail, "Deleted"),
        _ => (Tone::Neutral, "In the table"),
    };
    let text = match since {
        Some(since) if versions.count() > 1 => format!("{what}. {since}"),
        _ => what,
    };
    Some(Verdict { tone, word, text })
}

fn what(versions: &Versions<'_>, newest: &Version) -> String {
    let when = format!("{} UTC", newest.time);
    match newest.kind {
        Operation::Deleted => format!("Deleted in v{}{}, {when}", newest.number, by(newest)),
        Operation::Updated => format!("Last changed in v{}{}, {when}", newest.number, by(newest)),
        Operation::Inserted => format!("Unchanged since it came with v{}{}, {when}", newest.number, by(newest)),
        Operation::Equal | Operation::Superseded | Operation::Quarantined => format!(
            "Unchanged in {}, as far as versions can be read",
            number::plural(versions.view().latest - versions.view().oldest + 1, "version")
        ),
    }
}

fn by(version: &Version) -> String {
    version.batch.map_or_else(String::new, |batch| format!(" by batch {batch}"))
}
