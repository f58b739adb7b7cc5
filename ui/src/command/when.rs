//! When a command can run, and the sentence that says why not.

use crate::state::{History, Opens, Place, ScreenKind, Store, Tab, Workspace};
use sluice_api::{Layer, TableRef};

const NO_TABLES: &str = "The lake has no tables yet";

/// What decides whether a command can run.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// Latest views.
    pub store: &'a Store,
    /// Tabs and settings.
    pub workspace: &'a Workspace,
    /// Selections.
    pub history: &'a History,
}

impl Facts<'_> {
    /// The table that a command without one acts on: of the selection, else of the tab in front.
    #[must_use]
    pub fn table(&self) -> Option<TableRef> {
        self.history.now().table().or_else(|| self.workspace.active_tab().and_then(Tab::table))
    }

    /// The same, else the first table of silver, else the first of all.
    #[must_use]
    pub fn table_or_first(&self) -> Option<TableRef> {
        self.table().or_else(|| {
            let tables = &self.store.lake().value?.tables;
            let silver = tables.iter().find(|each| each.table.layer == Layer::Silver);
            silver.or_else(|| tables.first()).map(|each| each.table.clone())
        })
    }

    fn front(&self) -> Option<ScreenKind> {
        self.workspace.active_tab().map(Tab::kind)
    }
}

/// Who acts on a command, and when.
pub(super) enum When {
    /// The window, always.
    Always,
    /// The window, with an open lake.
    Lake,
    /// The window, when a tab is open.
    TabOpen,
    /// The window, when a tab was closed.
    Closed,
    /// The window, when the lake has problems.
    Problems,
    /// The window, when there is a selection to go back to.
    Past,
    /// The window, when there is a selection to go forward to.
    Future,
    /// The window: a place of the rail.
    Place(Place),
    /// The window: a screen for a table, or for the one in focus.
    Opens(ScreenKind, Option<TableRef>),
    /// The screen in front, when it is one of these; else the reason.
    Screen(&'static [ScreenKind], &'static str),
}

impl When {
    /// Why the command cannot run now; `None` means that it can.
    pub(super) fn why_not(&self, facts: &Facts<'_>) -> Option<&'static str> {
        let lake = facts.store.lake().value;
        let no_lake = || lake.is_none().then_some("Open a lake first");
        match self {
            Self::Always => None,
            Self::Lake => no_lake(),
            Self::TabOpen => facts.workspace.tabs.is_empty().then_some("No tab is open"),
            Self::Closed => facts.workspace.closed.is_empty().then_some("No tab was closed"),
            Self::Problems => no_lake().or_else(|| (problems(facts.store) == 0).then_some("There are no problems")),
            Self::Past => (!facts.history.can_go_back()).then_some("Nothing was selected before"),
            Self::Future => (!facts.history.can_go_forward()).then_some("There is nothing to go forward to"),
            Self::Place(Place::Lake) => None,
            Self::Place(place) => no_lake().or_else(|| match place.row().opens.row().opens {
                Opens::Lake(_) | Opens::MaybeTable(_) => None,
                Opens::Table(_) | Opens::ChangedTable(..) => facts.table_or_first().is_none().then_some(NO_TABLES),
            }),
            Self::Opens(kind, table) => no_lake().or_else(|| opens(*kind, table.as_ref(), facts)),
            Self::Screen(kinds, why) => (!facts.front().is_some_and(|front| kinds.contains(&front))).then_some(*why),
        }
    }
}

/// Why the screen does not open for `table`, or for the table in focus.
fn opens(kind: ScreenKind, table: Option<&TableRef>, facts: &Facts<'_>) -> Option<&'static str> {
    let table = || table.cloned().or_else(|| facts.table_or_first());
    match kind.row().opens {
        Opens::Lake(_) | Opens::MaybeTable(_) => None,
        Opens::Table(_) => table().is_none().then_some(NO_TABLES),
        Opens::ChangedTable(_, why_not_gold) => match table() {
            None => Some(NO_TABLES),
            Some(table) => (table.layer == Layer::Gold).then_some(why_not_gold),
        },
    }
}

/// Problems of the open lake: what could not be read, and tables that are not well.
#[must_use]
pub fn problems(store: &Store) -> usize {
    store.lake().value.map_or(0, |lake| {
        let tables = lake.tables.iter().filter(|each| each.health.deviates());
        lake.problems.len() + tables.count()
    })
}
