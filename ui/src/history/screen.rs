//! Drawing the screen: the fields that name the row, then its versions.

use super::find::RowScreen;
use super::state::HistoryScreen;
use super::versions::Versions;
use super::{find, header, inspector, list, markdown};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::screen::Screen;
use crate::state::{KeyValues, Tab};
use crate::widget::{EmptyState, error_banner, loading_line, rule};
use egui::{Rect, Ui, vec2};
use sluice_api::{Request, RowHistory, TableRef};

/// Height of the bar with table and key.
const BAR: f32 = 40.0;

/// What the bar opens.
const OPENS: RowScreen = RowScreen { button: "Show history", tab: |table, key| Tab::History { table, key } };
/// Where a row is looked for.
const SEARCHED: &str = "Every version that can be read is searched, also those in which the row is deleted";

impl HistoryScreen {
    fn commands(&self, ui: &Ui, cx: &mut Cx<'_>, versions: &Versions<'_>) {
        if cx.take(&Command::ChangedOnly) {
            let on = Self::changed_only(cx);
            Self::set_changed_only(cx, !on);
        }
        if cx.take(&Command::CopyMarkdown) {
            match markdown::text(&self.key, versions, cx.pages) {
                Some(text) => {
                    ui.ctx().copy_text(text);
                    cx.notify("The history is copied as Markdown", false);
                }
                None => cx.notify("The versions are still being read", false),
            }
        }
    }

    fn history_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, versions: &Versions<'_>) {
        self.commands(ui, cx, versions);
        if versions.count() == 0 {
            not_found(ui, &self.table, &self.key, versions.view());
            return;
        }
        versions.ask(cx.pages);
        header::show(self, ui, cx, versions);
        list::show(self, ui, cx, versions);
    }
}

/// No version that can be read has the row.
fn not_found(ui: &mut Ui, table: &TableRef, key: &KeyValues, view: &RowHistory) {
    let title = format!("No row has {}", key.text());
    let versions = if view.oldest == view.latest {
        format!("v{} of {table} has none", view.latest)
    } else {
        format!("v{} to v{} of {table}, all that can be read, have none", view.oldest, view.latest)
    };
    let text = format!("{versions}. Check the value above, or look in another table");
    EmptyState { icon: icon::SEARCH, title: &title, text: &text, action: None }.show(ui);
}

impl Screen for HistoryScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Table { table: self.table.clone(), version: None });
        cx.want(Request::Lake);
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), BAR));
        let store = cx.store;
        let table = store.table(&self.table, None);
        self.find.bar(ui, bar, cx, (&self.table, &self.key), OPENS);
        ui.advance_cursor_after_rect(bar);
        rule(ui);
        if let Some(error) = table.error {
            loading_line(ui, bar, table.pending);
            if error_banner(ui, error, "Nothing was changed") {
                cx.send(Request::Table { table: self.table.clone(), version: None });
            }
            return;
        }
        if self.key.is_empty() {
            loading_line(ui, bar, table.pending);
            find::ask(ui, &self.table, table.value, ("H", SEARCHED));
            return;
        }
        cx.want(self.request());
        let got = self.got(cx);
        loading_line(ui, bar, got.pending || table.pending);
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was changed")
        {
            cx.send(self.request());
        }
        match self.versions(cx) {
            Some(versions) => self.history_ui(ui, cx, &versions),
            None if got.error.is_none() => {
                let text = format!("Every version of {} that can be read is searched", self.table);
                let title = format!("Looking for {}", self.key.text());
                EmptyState { icon: icon::SYNC, title: &title, text: &text, action: None }.show(ui);
            }
            None => {}
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        self.line.is_some() && self.versions(cx).is_some_and(|versions| versions.count() > 0)
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let (Some(versions), Some(line)) = (self.versions(cx), self.line) {
            inspector::show(self, ui, cx, &versions, line);
        }
    }
}
