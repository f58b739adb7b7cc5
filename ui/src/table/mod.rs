//! A table: overview, rows at any version, schema, history, files, contract.

mod contract;
mod file_sizes;
mod files;
mod header;
mod history;
mod inspector;
mod masks;
mod model;
mod overview;
mod problems;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

use crate::cx::Cx;
use crate::screen::Screen;
use crate::state::Selection;
use crate::widget::{EmptyState, error_banner, loading_line, tabs};
use contract::ContractPane;
use egui::{Rect, Ui, UiBuilder, pos2, vec2};
use rows::RowsPane;
use sluice_api::{Layer, Request, TableRef, TableView};

/// Height of the line with name and actions.
const HEADER: f32 = 56.0;
/// Height of the line of tabs.
const TABS: f32 = 32.0;

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Overview,
    Data,
    Schema,
    History,
    Files,
    Contract,
}

impl Part {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Overview, "Overview"),
        (Self::Data, "Data"),
        (Self::Schema, "Schema"),
        (Self::History, "History"),
        (Self::Files, "Files"),
        (Self::Contract, "Contract"),
    ];

    /// As shown for a table of `layer`; gold has a model in place of a contract.
    fn shown(layer: Layer) -> [(Self, &'static str); 6] {
        Self::ALL.map(|(part, label)| match (part, layer) {
            (Self::Contract, Layer::Gold) => (part, "Model"),
            _ => (part, label),
        })
    }
}

/// The screen of a table.
pub struct TableScreen {
    table: TableRef,
    part: Option<Part>,
    rows: RowsPane,
    contract: ContractPane,
}

impl TableScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableRef) -> Self {
        Self { rows: RowsPane::new(table.clone()), contract: ContractPane::default(), part: None, table }
    }

    fn choice(&self) -> String {
        format!("table part {}", self.table)
    }

    fn part(&mut self, cx: &Cx<'_>) -> Part {
        let saved = || {
            let label = cx.workspace.choices.get(&self.choice())?;
            Part::ALL.into_iter().find(|(_, each)| each == label).map(|(part, _)| part)
        };
        self.part.or_else(saved).unwrap_or(Part::Overview)
    }

    fn set_part(&mut self, cx: &mut Cx<'_>, part: Part) {
        self.part = Some(part);
        if let Some((_, label)) = Part::ALL.into_iter().find(|(each, _)| *each == part) {
            cx.workspace.choices.insert(self.choice(), label.to_owned());
        }
    }

    fn part_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, part: Part) {
        match part {
            Part::Overview => {
                let open = overview::show(ui, cx, view, &mut self.rows);
                if open {
                    self.set_part(cx, Part::Data);
                }
            }
            Part::Data => {
                self.rows.ui(ui, cx, view, false);
            }
            Part::Schema => schema::show(ui, cx, view),
            Part::History => history::show(ui, cx, view),
            Part::Files => files::show(ui, cx, view),
            Part::Contract => self.contract.ui(ui, cx, view),
        }
    }
}

impl Screen for TableScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Table { table: self.table.clone(), version: None });
        let store = cx.store;
        let got = store.table(&self.table, None);
        let rect = ui.max_rect();
        ui.spacing_mut().item_spacing.y = 0.0;
        let head = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER));
        let mut child = ui.new_child(UiBuilder::new().max_rect(head).id_salt("head"));
        header::show(&mut child, cx, &self.table, got.value);
        let mut part = self.part(cx);
        let line = Rect::from_min_size(pos2(rect.left(), head.bottom()), vec2(rect.width(), TABS));
        let mut child = ui.new_child(UiBuilder::new().max_rect(line).id_salt("parts"));
        if tabs(&mut child, "Parts of the table", &mut part, &Part::shown(self.table.layer)).changed() {
            self.set_part(cx, part);
        }
        loading_line(ui, line, got.pending);
        let mut top = line.bottom();
        if let Some(error) = got.error {
            let room = Rect::from_min_max(pos2(rect.left(), top), rect.max);
            let mut child = ui.new_child(UiBuilder::new().max_rect(room).id_salt("error"));
            if error_banner(&mut child, error, "The table is unchanged") {
                cx.send(Request::Table { table: self.table.clone(), version: None });
            }
            top = child.min_rect().bottom();
        }
        let body = Rect::from_min_max(pos2(rect.left(), top), rect.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt("body"));
        child.set_clip_rect(body.intersect(ui.clip_rect()));
        match got.value {
            Some(view) => self.part_ui(&mut child, cx, view, part),
            None if got.pending || got.error.is_some() => {}
            None => {
                let text = "Replay its files to build it";
                EmptyState { icon: crate::design::icon::TABLE, title: "Not built yet", text, action: None }
                    .show(&mut child);
            }
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        let selection = cx.selection();
        let here = selection.table().as_ref() == Some(&self.table);
        here && matches!(selection, Selection::Row { .. } | Selection::Column { .. } | Selection::Version { .. })
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let store = cx.store;
        if let Some(view) = store.table(&self.table, None).value {
            inspector::show(ui, cx, view, self.rows.result(store));
        }
    }
}
