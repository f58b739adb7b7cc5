//! Runs commands.

use super::Workbench;
use crate::command::{Command, Facts};
use crate::design::apply_style;
use crate::state::{Notice, Opening, Opens, Place, ScreenKind, Selection, Tab};
use egui::Context;
use sluice_api::{JobId, Layer, ReplayLimits, Request, TableRef};

impl Workbench {
    /// What decides whether a command can run.
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts { store: &self.store, workspace: &self.workspace, history: &self.history }
    }

    /// Runs what was pressed, clicked or chosen.
    pub(super) fn run_commands(&mut self, ctx: &Context, time: f64) {
        for command in std::mem::take(&mut self.commands) {
            if let Some(why) = command.unavailable(&self.facts()) {
                self.notices.push(Notice { text: why.to_owned(), is_problem: false, since: time });
                continue;
            }
            if command.is_for_screen() {
                self.inbox.push(command);
            } else {
                self.act(ctx, command, time);
            }
            ctx.request_repaint();
        }
    }

    fn act(&mut self, ctx: &Context, command: Command, time: f64) {
        match command {
            Command::Palette => self.frame.open_palette(),
            Command::KeyMap => self.frame.open_key_map(),
            Command::ShowProblems => self.frame.open_problems(),
            Command::Sandboxes => self.frame.open_sandboxes(),
            Command::OpenLakeDialog => self.frame.open_lake_dialog(ctx),
            Command::Dismiss => self.dismiss(ctx, time),
            Command::FocusFilter => self.frame.focus_filter(ctx),
            Command::NextRegion => self.frame.next_region(ctx),
            Command::SwitchTheme => {
                self.workspace.theme = self.workspace.theme.other();
                apply_style(ctx, self.workspace.theme);
            }
            Command::ToggleSide => {
                if !self.frame.toggle_peek() {
                    self.workspace.panels.side_open ^= true;
                }
            }
            Command::ToggleInspector => {
                let shown = self.workspace.panels.shows_inspector();
                self.workspace.panels.show_inspector(!shown);
            }
            Command::ToggleBottom => self.workspace.panels.bottom_open ^= true,
            Command::Back => {
                self.history.back();
            }
            Command::Forward => {
                self.history.forward();
            }
            Command::OpenLake(url) => self.open_lake(url, false),
            Command::CreateLake(url) => self.open_lake(Some(url), true),
            Command::ChooseFolder => self.requests.push(Request::ChooseFolder),
            Command::Reload => {
                self.store.mark_stale();
                self.requests.push(Request::Lake);
            }
            Command::ReplayAll => self.replay_all(time),
            Command::CancelJob(job) => self.requests.push(Request::Cancel { job }),
            command => self.act_on_tabs(command, time),
        }
    }

    /// Replays every table; its job is watched in the panel of jobs.
    fn replay_all(&mut self, time: f64) {
        self.next_job += 1;
        let job = JobId(self.next_job);
        let request = Request::StartReplay { job, tables: Vec::new(), limits: ReplayLimits::default() };
        self.requests.push(request);
        let text = "The replay of all tables has begun, its job is in the replay screen".to_owned();
        self.notices.push(Notice { text, is_problem: false, since: time });
    }

    fn open_lake(&mut self, url: Option<String>, create: bool) {
        self.opening.clone_from(&url);
        self.requests.push(Request::OpenLake { url, create });
    }

    fn act_on_tabs(&mut self, command: Command, time: f64) {
        match command {
            Command::Show(place) => self.show(place),
            Command::Open(kind, table) => self.open(kind, table),
            Command::OpenTab(tab) => self.workspace.open(tab),
            Command::ReplaceTab(tab) => self.workspace.replace_active(tab),
            Command::CloseTabAt(position) => self.close(position, time),
            Command::CloseTab => self.close(self.workspace.active, time),
            Command::ReopenTab => {
                self.workspace.reopen(None);
            }
            Command::ReopenTabAt(which) => {
                self.workspace.reopen(Some(which));
            }
            Command::NextTab => self.step_tab(1),
            Command::PreviousTab => self.step_tab(self.workspace.tabs.len().saturating_sub(1)),
            Command::OpenColumn(table, column) => {
                self.workspace.open(Tab::Table { table: table.clone() });
                self.history.select(Selection::Column { table, column });
            }
            Command::NewQuery => self.workspace.open_sql(String::new()),
            // A command that nothing acts on is a mistake in the table; a test runs all of them.
            other => {
                let text = format!("Nothing acts on {other:?}");
                self.notices.push(Notice { text, is_problem: true, since: time });
            }
        }
    }

    /// Opens a screen as its row says, for `table` or the table in focus.
    fn open(&mut self, kind: ScreenKind, table: Option<TableRef>) {
        let table = table.or_else(|| self.facts().table_or_first());
        let mut opening =
            Opening { store: &self.store, selection: self.history.now(), queries: &mut self.workspace.sql };
        let tab = match (&kind.row().opens, table) {
            (Opens::Lake(tab), _) => tab(),
            (Opens::MaybeTable(tab), table) => tab(&mut opening, table),
            (Opens::Table(tab) | Opens::ChangedTable(tab, _), Some(table)) => tab(&mut opening, table),
            (Opens::Table(_) | Opens::ChangedTable(..), None) => return,
        };
        if let Tab::Table { table } = &tab {
            self.frame.end_peek();
            self.history.select(Selection::Table { table: table.clone() });
        }
        self.workspace.open(tab);
    }

    fn close(&mut self, position: usize, time: f64) {
        let Some(tab) = self.workspace.tabs.get(position).cloned() else { return };
        self.workspace.close(position);
        if let Some(mut screen) = self.screens.remove(&tab) {
            screen.closed(&mut self.cx(time));
        }
    }

    /// All tabs begin anew: what runs for one is stopped.
    pub(super) fn close_screens(&mut self, time: f64) {
        for mut screen in std::mem::take(&mut self.screens).into_values() {
            screen.closed(&mut self.cx(time));
        }
    }

    fn step_tab(&mut self, by: usize) {
        let count = self.workspace.tabs.len();
        if count > 0 {
            self.workspace.front((self.workspace.active + by) % count);
        }
    }

    /// Closes the topmost thing; the screen in front may have something to close or to stop.
    fn dismiss(&mut self, ctx: &Context, time: f64) {
        // A menu or a list of choices lies over everything; the key was taken before it could see it.
        if egui::Popup::is_any_open(ctx) {
            egui::Popup::close_all(ctx);
            return;
        }
        if !self.frame.takes_keys() && self.escape_in_front(time) {
            return;
        }
        self.frame.close_topmost(ctx, &mut self.workspace.panels);
    }

    fn escape_in_front(&mut self, time: f64) -> bool {
        let Some(tab) = self.workspace.active_tab().cloned() else { return false };
        let Some(mut screen) = self.screens.remove(&tab) else { return false };
        let acted = screen.escape(&mut self.cx(time));
        self.screens.insert(tab, screen);
        acted
    }

    /// Goes to a rail entry: its last tab, else its own screen for the table in focus.
    fn show(&mut self, place: Place) {
        if place == Place::Lake && self.workspace.place == Place::Lake && self.frame.toggle_peek() {
            return;
        }
        self.workspace.place = place;
        // Onboarding has a list of its own where the lake's tree is, and who goes to the lake wants the tree.
        let has_tables = self.facts().table_or_first().is_some();
        let shows = |tab: &Tab| tab.place() == place && (tab.kind() != ScreenKind::Onboard || !has_tables);
        if let Some(position) = self.workspace.tabs.iter().rposition(shows) {
            if !self.workspace.active_tab().is_some_and(shows) {
                self.workspace.active = position;
            }
            return;
        }
        let kind = place.row().opens;
        let table = self.facts().table_or_first();
        let table = match kind.row().opens {
            Opens::ChangedTable(..) => table.map(|table| self.changed(table)),
            Opens::Lake(_) | Opens::MaybeTable(_) | Opens::Table(_) => table,
        };
        self.open(kind, table);
    }

    /// Gold has no batches and no checks; the first table of silver stands in.
    fn changed(&self, table: TableRef) -> TableRef {
        if table.layer != Layer::Gold {
            return table;
        }
        let lake = self.store.lake().value;
        lake.and_then(|lake| lake.tables.iter().find(|each| each.table.layer == Layer::Silver))
            .map_or(table, |each| each.table.clone())
    }
}
