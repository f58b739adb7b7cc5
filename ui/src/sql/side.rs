//! Queries of the lake, saving the one on screen there or as a gold model, and the tables below.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::lake::tree_ui;
use crate::state::Tab;
use crate::widget::{Button, ListRow, TextField, Tone, banner, panel_header, rule};
use egui::{Frame, Margin, ScrollArea, Ui, vec2};
use sluice_api::{ApiError, Layer, QueryFile, Request, TableName, TableRef};

/// Height of the list of queries, at most.
const LIST_HEIGHT: f32 = 240.0;

/// What is written in its fields, and what was sent.
#[derive(Default)]
pub(super) struct SidePanel {
    name: String,
    model: String,
    /// Name and text of the query that was sent to be saved.
    sent: Option<(String, String)>,
    /// The same of a model.
    sent_model: Option<(TableName, String)>,
}

impl SidePanel {
    /// Draws it; `sql` is the text on screen.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, sql: &str) {
        cx.want(Request::Queries);
        ui.spacing_mut().item_spacing.y = 0.0;
        let store = cx.store;
        let queries: &[QueryFile] = store.queries().value.map_or(&[], Vec::as_slice);
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            panel_header(ui, "Queries", "queries/", |_| {});
        });
        list_ui(ui, cx, queries, sql);
        let empty = sql.trim().is_empty().then_some("Write a query first");
        Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            self.save_ui(ui, cx, sql, empty);
            self.model_ui(ui, cx, sql, empty);
        });
        rule(ui);
        ScrollArea::vertical().id_salt("tables").auto_shrink(false).show(ui, |ui| tree_ui(ui, cx));
    }

    fn save_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, sql: &str, empty: Option<&'static str>) {
        let name = self.name.trim().to_owned();
        let why = empty.or(name.is_empty().then_some("Give the query a name"));
        let mut save = false;
        ui.horizontal(|ui| {
            let width = ui.available_width() - 72.0;
            TextField::new(&mut self.name, "Name of the query").hint("Name").width(width).show(ui);
            let button = Button::new("Save").disabled(why).tooltip("To queries/ of the lake");
            save = button.show(ui).clicked();
        });
        if save {
            self.sent = Some((name.clone(), sql.to_owned()));
            cx.send(Request::SaveQuery { name, sql: sql.to_owned() });
        }
        let store = cx.store;
        let refused = self.sent.as_ref().and_then(|(name, sql)| store.saved_query(name, sql).error);
        refused_ui(ui, refused);
    }

    fn model_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, sql: &str, empty: Option<&'static str>) {
        let name: Result<TableName, String> = self.model.trim().parse();
        let store = cx.store;
        let exists = |name: &TableName| {
            let table = TableRef { layer: Layer::Gold, name: name.clone() };
            store.lake().value.is_some_and(|lake| lake.tables.iter().any(|known| known.table == table))
        };
        let why = empty.or(match &name {
            Err(_) => Some("Name it dataset.model, for example shop.daily_revenue"),
            Ok(name) if exists(name) => Some("There is such a model, edit it at its table"),
            Ok(_) => None,
        });
        let mut save = false;
        ui.horizontal(|ui| {
            let width = ui.available_width() - 120.0;
            TextField::new(&mut self.model, "Name of the gold model").hint("dataset.model").width(width).show(ui);
            let button = Button::new("Save as model").disabled(why).tooltip("The next replay builds the gold table");
            save = button.show(ui).clicked();
        });
        if let (true, Ok(name)) = (save, name) {
            self.sent_model = Some((name.clone(), sql.to_owned()));
            cx.send(Request::SaveModel { name, sql: sql.to_owned() });
        }
        let Some((name, sql)) = &self.sent_model else { return };
        let saved = store.saved_model(name, sql);
        refused_ui(ui, saved.error);
        if saved.error.is_none() && saved.value.is_some() && !saved.pending {
            let table = TableRef { layer: Layer::Gold, name: name.clone() };
            cx.run(Command::OpenTab(Tab::Table { table }));
            self.sent_model = None;
            self.model.clear();
        }
    }
}

fn refused_ui(ui: &mut Ui, error: Option<&ApiError>) {
    if let Some(error) = error {
        banner(ui, Tone::Fail, &error.message, &error.next, None);
    }
}

fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>, queries: &[QueryFile], sql: &str) {
    let tokens = ui.tokens();
    if queries.is_empty() {
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            let text = "Files in queries/ of the lake are listed here";
            ui.label(typeface::text(text, typeface::control(), tokens.text_weak));
        });
        return;
    }
    ScrollArea::vertical().id_salt("queries").max_height(LIST_HEIGHT).auto_shrink([false, true]).show(ui, |ui| {
        for query in queries {
            let line = query.sql.replace('\n', " ");
            let row = ListRow::new(&query.name).note(&line).icon(icon::TERMINAL, tokens.text_weak);
            if row.selected(query.sql == sql).name(format!("Open the query {}", query.name)).show(ui).clicked() {
                let number = cx.workspace.new_query(query.sql.clone());
                cx.open(Tab::Sql { number });
            }
        }
    });
}
