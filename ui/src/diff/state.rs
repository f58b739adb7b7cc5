//! The state of the diff screen: which versions of a table it compares, and which of their changes it shows.

use super::kind::Kind;
use super::model::{Shown, visible};
use super::options::OptionTexts;
use super::seek::Seek;
use crate::command::Command;
use crate::cx::Cx;
use crate::state::{Comparison, Got, Store, Tab};
use crate::widget::FilePrompt;
use sluice_api::{DiffView, JobId, ResultView, TableRef};

/// Diff: what changed between two versions.
pub struct DiffScreen {
    /// Table that is compared.
    pub(super) table: TableRef,
    /// Version before and version after; none until the history is known.
    pub(super) versions: Option<(u64, u64)>,
    /// Two sides that are compared, not two versions.
    pub(super) comparison: Option<Comparison>,
    /// What counts as a difference, as it is typed.
    pub(super) options: OptionTexts,
    /// The file that rows are written into.
    pub(super) export: FilePrompt,
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
            comparison: None,
            options: OptionTexts::default(),
            export: FilePrompt::default(),
            kind: Kind::All,
            condition: (String::new(), String::new()),
            seek: None,
            row: None,
            shown: None,
            unfolded: false,
            job: None,
        }
    }

    /// The screen that compares a table on two sides.
    #[must_use]
    pub fn of_sides(table: TableRef, comparison: Comparison) -> Self {
        let options = OptionTexts::of(&comparison);
        Self { comparison: Some(comparison), options, ..Self::new(table, None) }
    }

    /// The diff that is shown, if it is there.
    pub(super) fn view<'a>(&self, cx: &Cx<'a>) -> Option<&'a DiffView> {
        if let Some(comparison) = &self.comparison {
            return cx.store.compared(&self.table, comparison).value;
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

    /// What is compared now; `None` until versions are chosen.
    pub(super) fn compared(&self) -> Option<Comparison> {
        let of_versions = || self.versions.map(|(from, to)| Comparison::of_versions(from, to));
        self.comparison.clone().or_else(of_versions)
    }

    /// Compares the table in another way.
    pub(super) fn compare(&self, cx: &mut Cx<'_>, comparison: Comparison) {
        let table = self.table.clone();
        cx.run(Command::ReplaceTab(match comparison.versions() {
            Some(versions) => Tab::Diff { table, versions: Some(versions) },
            None => Tab::LakeDiff { table, comparison },
        }));
    }

    /// Opens the same table at other versions, or another table.
    pub(super) fn go(&self, cx: &mut Cx<'_>, table: TableRef, versions: Option<(u64, u64)>) {
        cx.run(Command::ReplaceTab(Tab::Diff { table, versions }));
    }
}
