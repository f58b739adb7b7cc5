//! The history as a Markdown table, for a ticket or a pull request. Personal data stays masked.

use super::list::words;
use super::verdict::verdict;
use super::versions::Versions;
use crate::state::{KeyValues, PageCache};
use crate::widget::number;

/// Versions that are copied, newest first.
const VERSIONS_MAX: u64 = 200;

/// The text; `None` while a page is not here.
pub(super) fn text(key: &KeyValues, versions: &Versions<'_>, pages: &mut PageCache) -> Option<String> {
    let verdict = verdict(versions, pages)?;
    let mut text = format!("**{} {}**: {}\n\n", versions.view().table, key.text(), verdict.text);
    text.push_str("| change | version | batch | committed, UTC | changed columns |\n|---|---|---|---|---|\n");
    for line in 0..versions.count().min(VERSIONS_MAX) {
        let version = versions.version(pages, line)?;
        let changes = words(&version, &versions.cells(pages, line)?, versions.width());
        let (glyph, word) = (version.kind.glyph(), version.kind.word());
        let batch = number::count_or_none(version.batch);
        let cells = [format!("{glyph} {word}"), format!("v{}", version.number), batch, version.time, changes];
        text.push_str(&format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | ")));
    }
    if versions.count() > VERSIONS_MAX {
        text.push_str(&format!("\n{} older versions are left out\n", number::count(versions.count() - VERSIONS_MAX)));
    }
    Some(text)
}
