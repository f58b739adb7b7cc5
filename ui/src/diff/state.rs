//! The state of the diff screen: which versions of a table it compares, and which of their changes it shows.

use super::kind::Kind;
use super::model::{Shown, visible};
use super::seek::Seek;
use crate::command::Command;
use crate::cx::Cx;
use crate::state::{Got, Store, Tab};
use sluice_api::{DiffView, JobId, ResultView, TableRef};

/// Diff: what changed between two versions.
pub struct DiffScreen {
    /// Table that is compared.
    pub(super) table: TableRef,
    /// Version before and version after; none until the history is known.
    pub(super) versions: Option<(u64, u64)>,
    /// The lake itself is compared with the open sandbox, not two versions.
    pub(super) with_lake: bool,
    /// Kind of changes shown.
    pub(super) kind: Kind,
    /// Condition as typed, and as applied.
    pub(super) condition: (String, String),
    /// Search for a changed cell under way.
    pub(super) seek: Option<Seek>,
    /// Row under the cursor.
    pub(super) row: Option<u64>,
    /// Rows shown last; they stay while a filter is applied.
    pub(super) shown: Option<ResultView>,
    /// Columns without changes are listed.
    pub(super) unfolded: bool,
    /// The job that compares all rows.
    pub(super) job: Option<JobId>,
}

impl DiffScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableRef, versions: Option<(u64, u64)>) -> Self {
        Self {
            table,
            versions,
            with_lake: false,
            kind: Kind::All,
            condition: (String::new(), String::new()),
            seek: None,
            row: None,
            shown: None,
            unfolded: false,
            job: None,
        }
    }

    /// The screen that compares a table of the open sandbox with the lake's own.
    #[must_use]
    pub fn with_lake(table: TableRef) -> Self {
        Self { with_lake: true, ..Self::new(table, None) }
    }

    /// The diff that is shown, if it is there.
    pub(super) fn view<'a>(&self, cx: &Cx<'a>) -> Option<&'a DiffView> {
        if self.with_lake {
            return cx.store.lake_diff(&self.table).value;
        }
        let (from, to) = self.versions?;
        self.got(cx.store, from, to).value
    }

    /// The whole diff, until it is there its first rows.
    pub(super) fn got<'a>(&self, store: &'a Store, from: u64, to: u64) -> Got<'a, DiffView> {
        let whole = store.diff(&self.table, from, to);
        let first = store.diff_first(&self.table, from, to);
        let pending = whole.pending || first.pending;
        let known = if whole.value.is_some() || whole.error.is_some() { whole } else { first };
        Got { pending, ..known }
    }

    /// Whether only columns in which a cell differs are shown.
    pub(super) fn changed_only(&self, cx: &Cx<'_>) -> bool {
        cx.workspace.choices.get("diff changed cells").is_none_or(|choice| choice != "off")
    }

    /// Remembers it.
    pub(super) fn set_changed_only(cx: &mut Cx<'_>, on: bool) {
        let choice = if on { "on" } else { "off" };
        cx.workspace.choices.insert("diff changed cells".to_owned(), choice.to_owned());
    }

    /// Columns that are ignored.
    pub(super) fn ignored(&self, cx: &Cx<'_>) -> Vec<String> {
        let text = cx.workspace.choices.get(&format!("diff ignored {}", self.table));
        text.map_or_else(Vec::new, |text| text.lines().map(str::to_owned).collect())
    }

    /// Remembers them.
    pub(super) fn set_ignored(&self, cx: &mut Cx<'_>, ignored: &[String]) {
        cx.workspace.choices.insert(format!("diff ignored {}", self.table), ignored.join("\n"));
    }

    /// Columns shown now.
    pub(super) fn columns(&self, cx: &Cx<'_>, view: &DiffView) -> Vec<Shown> {
        visible(view, self.changed_only(cx), &self.ignored(cx), &self.personal(cx))
    }

    /// Which columns hold personal data.
    pub(super) fn personal<'a>(&self, cx: &Cx<'a>) -> impl Fn(&str) -> bool + use<'a> {
        let (store, table) = (cx.store, self.table.clone());
        move |column: &str| store.is_personal(&table, column)
    }

    /// The condition over the rows, if any.
    pub(super) fn condition(&self) -> Option<String> {
        let typed = self.condition.1.trim();
        match (self.kind.condition(), typed.is_empty()) {
            (None, true) => None,
            (None, false) => Some(typed.to_owned()),
            (Some(kind), true) => Some(kind.to_owned()),
            (Some(kind), false) => Some(format!("{kind} AND ({typed})")),
        }
    }

    /// Opens the same table at other versions, or another table.
    pub(super) fn go(&self, cx: &mut Cx<'_>, table: TableRef, versions: Option<(u64, u64)>) {
        cx.run(Command::ReplaceTab(Tab::Diff { table, versions }));
    }
}
