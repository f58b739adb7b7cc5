//! Every action of a person: one row with words, icon and keys, and when it can run.
//!
//! Rows are in [`table`](self) for actions of the window and of screens, in [`crate::state::ScreenKind`] for what opens
//! a screen, in [`crate::state::Place`] for the rail. Palette, keyboard map, menus, buttons and tooltips read them.

mod pressed;
mod table;
#[cfg(test)]
mod tests;
mod when;

pub use pressed::{letters_act_in, pressed};
pub use table::Command;
pub use when::{Facts, problems};

use crate::state::{Opens, Place, ScreenKind};
use sluice_api::{JobState, TableRef};
use when::When;

impl Command {
    /// Opens `kind` for `table`.
    #[must_use]
    pub fn open_for(kind: ScreenKind, table: TableRef) -> Self {
        Self::Open(kind, Some(table))
    }

    /// Opens a table.
    #[must_use]
    pub fn open_table(table: TableRef) -> Self {
        Self::open_for(ScreenKind::Table, table)
    }

    /// What can be done with a row of `table`, each with why it cannot run.
    #[must_use]
    pub fn of_row(table: &TableRef, facts: &Facts<'_>) -> Vec<(Self, Option<&'static str>)> {
        let kinds = [ScreenKind::History, ScreenKind::Explain, ScreenKind::Bisect, ScreenKind::Diff, ScreenKind::Sql];
        let commands = kinds.into_iter().map(|kind| Self::open_for(kind, table.clone()));
        commands.map(|command| (command.clone(), command.unavailable(facts))).collect()
    }

    /// Every command that makes sense now, those of the table in focus first.
    #[must_use]
    pub fn all(facts: &Facts<'_>) -> Vec<Self> {
        let table = facts.table();
        let opens = ScreenKind::ALL.iter().filter_map(|kind| match kind.row().opens {
            Opens::Lake(_) => Some(Self::Open(*kind, None)),
            Opens::MaybeTable(_) | Opens::Table(_) | Opens::ChangedTable(..) => {
                table.clone().map(|table| Self::open_for(*kind, table))
            }
        });
        let jobs = facts.store.jobs().iter();
        let running = jobs.filter(|job| matches!(job.state, JobState::Queued | JobState::Running));
        opens
            .chain(Self::LISTED.iter().cloned())
            .chain(Place::ALL.into_iter().map(Self::Show))
            .chain(running.map(|job| Self::CancelJob(job.id)))
            .collect()
    }

    /// Words for palette and menus.
    #[must_use]
    pub fn label(&self) -> String {
        let text = self.action().text;
        match self {
            Self::OpenTab(tab) | Self::ReplaceTab(tab) => format!("Open {}", tab.title()),
            Self::Open(_, Some(table)) => text.replace("{}", &table.to_string()),
            Self::OpenColumn(_, column) => text.replace("{}", column),
            Self::OpenLake(Some(url)) => text.replace("{}", url),
            Self::Open(_, None) => text.replace("{}", "the table in focus"),
            Self::CreateLake(url) => text.replace("{}", url),
            Self::OpenLake(None) => text.replace("{}", "given at start"),
            Self::CancelJob(_) => text.replace("{}", "the job"),
            _ => text.to_owned(),
        }
    }

    /// Words on a button.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let action = self.action();
        if action.word.is_empty() { action.text } else { action.word }
    }

    /// The key on its cap, if it has one.
    #[must_use]
    pub fn key_text(&self) -> Option<String> {
        self.action().key_text()
    }

    /// Why it cannot run now; `None` means it can.
    #[must_use]
    pub fn unavailable(&self, facts: &Facts<'_>) -> Option<&'static str> {
        self.when().why_not(facts)
    }

    /// Whether the screen in front acts on it rather than the window.
    #[must_use]
    pub fn is_for_screen(&self) -> bool {
        matches!(self.when(), When::Screen(..))
    }

    /// The screens that act on it; empty for what the window does itself.
    #[must_use]
    pub fn screens(&self) -> &'static [ScreenKind] {
        match self.when() {
            When::Screen(kinds, _) => kinds,
            When::Always
            | When::Lake
            | When::TabOpen
            | When::Closed
            | When::Problems
            | When::Past
            | When::Future
            | When::Place(_)
            | When::Opens(..) => &[],
        }
    }
}
