//! Where to look, and the tables that were found there.

use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, ListRow, TextField, entered, icon_label, loading_line, number, panel_header};
use egui::{Frame, Margin, Rect, ScrollArea, Ui, vec2};
use sluice_api::{FoundTable, OnboardSource};

/// The source as typed and as looked into.
pub(super) struct Source {
    /// Text of the field.
    pub text: String,
    /// What was looked into.
    pub inspected: Option<String>,
    filter: String,
}

impl Source {
    /// With a text in the field.
    pub(super) fn new(text: String) -> Self {
        Self { text, inspected: None, filter: String::new() }
    }

    /// Field and button; true when the source is to be looked into.
    pub(super) fn field(&mut self, ui: &mut Ui) -> bool {
        let mut inspect = false;
        let mark = if self.text.contains("://") { icon::CLOUD } else { icon::FOLDER };
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 76.0).max(80.0);
            let field =
                TextField::new(&mut self.text, "Source").hint("landing/ or s3://bucket/prefix").icon(mark).mono();
            let response = field.width(width).show(ui);
            inspect = entered(ui, &response);
            let why = self.text.trim().is_empty().then_some("Write a folder or an s3:// URL first");
            inspect |= Button::new("Inspect").disabled(why).show(ui).clicked();
        });
        inspect && !self.text.trim().is_empty()
    }

    /// Draws the side panel. Returns whether to look into the source, and the table that was chosen.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, chosen: Option<&str>) -> (bool, Option<String>) {
        let tokens = ui.tokens();
        let rect = ui.max_rect();
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut inspect = false;
        let store = cx.store;
        let got = self.inspected.as_deref().map(|source| store.source(source));
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            panel_header(ui, "Change files", "", |_| {});
            inspect = self.field(ui);
            ui.add_space(8.0);
            let field = TextField::new(&mut self.filter, "Filter tables found").hint("Filter").icon(icon::SEARCH);
            field.show(ui);
            ui.add_space(4.0);
            let found = got.and_then(|got| got.value).map(|source| number::count(source.tables.len() as u64));
            panel_header(ui, "Tables found", found.as_deref().unwrap_or("…"), |ui| {
                ui.label(typeface::text("files", typeface::caption(), tokens.text_weak));
            });
        });
        let header = Rect::from_min_size(rect.min, vec2(rect.width(), 32.0));
        loading_line(ui, header, got.is_some_and(|got| got.pending));
        let mut choose = None;
        ScrollArea::vertical().id_salt("tables found").auto_shrink(false).show(ui, |ui| {
            if let Some(source) = got.and_then(|got| got.value) {
                choose = self.tables(ui, source, chosen);
            }
        });
        (inspect, choose)
    }

    fn tables(&self, ui: &mut Ui, source: &OnboardSource, chosen: Option<&str>) -> Option<String> {
        let tokens = ui.tokens();
        let mut choose = None;
        let filter = self.filter.to_lowercase();
        let name = |table: &FoundTable| table.name.to_string();
        for table in source.tables.iter().filter(|table| name(table).to_lowercase().contains(&filter)) {
            let (mark, color, word) = if table.has_contract {
                (icon::CHECK, tokens.text_weak, "contract")
            } else if table.format.is_none() {
                (icon::HELP, tokens.warn, "unknown format")
            } else {
                (icon::ADD, tokens.accent, "new")
            };
            let title = name(table);
            let files = number::plural(table.files, "file");
            let row = ListRow::new(&title).icon(mark, color).right(number::count(table.files), tokens.text_weak);
            let response = row
                .selected(chosen == Some(table.path.as_str()))
                .name(format!("{title}, {word}, {files}"))
                .show(ui)
                .on_hover_text(format!("{}\n{files}, {}", table.path, number::bytes(table.bytes)));
            if response.clicked() {
                choose = Some(table.path.clone());
            }
        }
        if !source.tables.is_empty() {
            ui.add_space(4.0);
            Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
                ui.horizontal(|ui| {
                    icon_label(ui, icon::CHECK, 14.0, tokens.text_weak, "contract", typeface::caption());
                    icon_label(ui, icon::ADD, 14.0, tokens.accent, "new", typeface::caption());
                });
                if !source.beside.is_empty() {
                    let text = format!("{} of no table left aside", source.beside.len());
                    icon_label(ui, icon::FOLDER_OPEN, 14.0, tokens.text_weak, &text, typeface::caption())
                        .on_hover_text(format!(
                            "Transactions, heartbeats, changes of the schema:\n{}",
                            source.beside.join("\n")
                        ));
                }
            });
        }
        choose
    }
}
