//! Runs commands.

use super::Workbench;
use crate::command::Command;
use crate::design::apply_style;
use crate::state::{Place, Selection, Tab};
use egui::Context;
use sluice_api::{Layer, Request, TableName, TableRef};

impl Workbench {
    /// Runs what was pressed, clicked or chosen.
    pub(super) fn run_commands(&mut self, ctx: &Context, time: f64) {
        for command in std::mem::take(&mut self.commands) {
            if let Some(why) = command.unavailable(&self.store, &self.workspace) {
                self.notices.push(crate::state::Notice { text: why.to_owned(), is_problem: false, since: time });
                continue;
            }
            self.act(ctx, command);
            ctx.request_repaint();
        }
    }

    fn act(&mut self, ctx: &Context, command: Command) {
        match command {
            command if command.is_for_screen() => self.inbox.push(command),
            Command::Palette(prefix) => self.frame.open_palette(prefix),
            Command::KeyMap => self.frame.open_key_map(),
            Command::ShowProblems => self.frame.open_problems(),
            Command::OpenLakeDialog => self.frame.open_lake_dialog(ctx),
            Command::Dismiss => self.dismiss(ctx),
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
            Command::Show(Place::Lake) if self.workspace.place == Place::Lake && self.frame.toggle_peek() => {}
            Command::ToggleInspector => self.workspace.panels.inspector_open ^= true,
            Command::ToggleBottom => self.workspace.panels.bottom_open ^= true,
            Command::Back => {
                self.history.back();
            }
            Command::Forward => {
                self.history.forward();
            }
            Command::OpenLake(url) => self.requests.push(Request::OpenLake { url }),
            Command::Reload => {
                self.store.mark_stale();
                self.requests.push(Request::Lake);
            }
            Command::CancelJob(job) => self.requests.push(Request::Cancel { job }),
            command => self.act_on_tabs(command),
        }
    }

    fn act_on_tabs(&mut self, command: Command) {
        match command {
            Command::Show(place) => self.show(place),
            Command::Onboard => self.workspace.open(Tab::Onboard),
            Command::PlanAndPublish => self.workspace.open(Tab::Publish),
            Command::OpenTab(tab) => self.workspace.open(tab),
            Command::ReplaceTab(tab) => self.workspace.replace_active(tab),
            Command::CloseTabAt(position) => self.close(position),
            Command::CloseTab => self.close(self.workspace.active),
            Command::NextTab => self.step_tab(1),
            Command::PreviousTab => self.step_tab(self.workspace.tabs.len().saturating_sub(1)),
            Command::OpenTable(table) => {
                self.frame.end_peek();
                self.history.select(Selection::Table { table: table.clone() });
                self.workspace.open(Tab::Table { table });
            }
            Command::OpenColumn(table, column) => {
                self.workspace.open(Tab::Table { table: table.clone() });
                self.history.select(Selection::Column { table, column });
            }
            Command::QueryTable(table) => {
                self.workspace.open_sql(format!("SELECT *\nFROM {table}\nLIMIT 1000"));
            }
            Command::NewQuery => {
                self.workspace.open_sql(String::new());
            }
            Command::ReplayTable(table) => self.workspace.open(Tab::Replay { table }),
            Command::QualityTable(table) => self.workspace.open(Tab::Quality { table }),
            Command::DiffTable(table) => {
                let versions = self.latest_versions(&table);
                self.workspace.open(Tab::Diff { table, versions });
            }
            _ => {}
        }
    }

    fn close(&mut self, position: usize) {
        if let Some(tab) = self.workspace.tabs.get(position).cloned() {
            self.workspace.close(position);
            self.screens.remove(&tab);
        }
    }

    fn step_tab(&mut self, by: usize) {
        let count = self.workspace.tabs.len();
        if count > 0 {
            self.workspace.active = (self.workspace.active + by) % count;
            if let Some(tab) = self.workspace.active_tab() {
                self.workspace.place = tab.place();
            }
        }
    }

    /// Closes the topmost thing; a query is stopped by its own screen.
    fn dismiss(&mut self, ctx: &Context) {
        self.frame.close_topmost(ctx);
    }

    /// Goes to a rail entry: its last tab, else a new one for the table in focus.
    fn show(&mut self, place: Place) {
        self.workspace.place = place;
        let open = self.workspace.tabs.iter().rposition(|tab| tab.place() == place);
        if let Some(position) = open {
            if self.workspace.active_tab().map(Tab::place) != Some(place) {
                self.workspace.active = position;
            }
            return;
        }
        let table = self.table_in_focus();
        match (place, table) {
            (Place::Sql, Some(table)) => self.act_on_tabs(Command::QueryTable(table)),
            (Place::Sql, None) => self.act_on_tabs(Command::NewQuery),
            (Place::Publish, _) => self.workspace.open(Tab::Publish),
            (Place::Lake, Some(table)) => self.workspace.open(Tab::Table { table }),
            (Place::Replay, Some(table)) => self.workspace.open(Tab::Replay { table: self.changed_name(table) }),
            (Place::Quality, Some(table)) => self.workspace.open(Tab::Quality { table: self.changed_name(table) }),
            (Place::Diff, Some(table)) => self.act_on_tabs(Command::DiffTable(table)),
            (Place::Lake | Place::Replay | Place::Diff | Place::Quality, None) => {}
        }
    }

    /// The table that commands act on: selected, of the tab in front, or the first of silver.
    fn table_in_focus(&self) -> Option<TableRef> {
        self.history.now().table().or_else(|| self.workspace.active_tab().and_then(Tab::table)).or_else(|| {
            let tables = &self.store.lake().value?.tables;
            let silver = tables.iter().find(|each| each.table.layer == Layer::Silver);
            silver.or_else(|| tables.first()).map(|each| each.table.clone())
        })
    }

    /// Gold models have no batches and no checks of their own; the first table that has stands in.
    fn changed_name(&self, table: TableRef) -> TableName {
        if table.layer != Layer::Gold {
            return table.name;
        }
        let lake = self.store.lake().value;
        lake.and_then(|lake| lake.tables.iter().find(|each| each.table.layer == Layer::Silver))
            .map_or(table.name, |each| each.table.name.clone())
    }

    /// The two latest versions, if the table is known.
    fn latest_versions(&self, table: &TableRef) -> Option<(u64, u64)> {
        let latest = match self.store.table(table, None).value {
            Some(view) => Some(view.version),
            None => {
                let lake = self.store.lake().value?;
                lake.tables.iter().find(|each| each.table == *table)?.version
            }
        }?;
        let before = latest.checked_sub(1)?;
        Some((before, latest))
    }
}
