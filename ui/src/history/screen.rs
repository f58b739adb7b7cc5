//! Drawing the screen: the fields that name the row, then its versions.

use super::find::RowScreen;
use super::state::HistoryScreen;
use super::versions::Versions;
use super::{header, inspector, list, markdown};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::screen::Screen;
use crate::state::{KeyValues, Tab};
use crate::widget::{EmptyState, error_banner, loading_line};
use egui::Ui;
use sluice_api::{RowHistory, TableRef};

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
        let row = (&self.table, &self.key);
        let Some((bar, is_pending)) = self.find.head(ui, cx, row, OPENS, ("H", SEARCHED)) else { return };
        cx.want(self.request());
        let got = self.got(cx);
        loading_line(ui, bar, got.pending || is_pending);
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
