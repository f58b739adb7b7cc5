//! Tables with the mark of their quality.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{FILTER, ListRow, TextField, health_icon, layer_mark, panel_header};
use egui::{Frame, Id, Margin, ScrollArea, Ui};
use sluice_api::{CheckState, Health, Layer, QualityView, TableName, TableSummary};

/// Name of the filter's text in the workspace.
const TEXT: &str = "quality tables";

/// Draws the panel.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableName) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Quality", "last check", |_| {});
        let mut text = cx.workspace.filters.get(TEXT).cloned().unwrap_or_default();
        let field = TextField::new(&mut text, "Filter tables").hint("Filter tables").icon(icon::SEARCH).key("/");
        if field.id(Id::unique(FILTER)).show(ui).changed() {
            cx.workspace.filters.insert(TEXT.to_owned(), text);
        }
        ui.add_space(8.0);
    });
    let changes = ListRow::new("Schema changes").icon(icon::DIFFERENCE, tokens.text_weak);
    if changes.name("Schema changes of sources").show(ui).clicked() {
        cx.run(Command::OpenTab(crate::state::Tab::SourceChanges {}));
    }
    let doctor = ListRow::new("Doctor").icon(icon::RULE, tokens.text_weak).note(&table.table);
    if doctor.name(format!("Doctor of {table}")).show(ui).clicked() {
        cx.run(Command::OpenTab(crate::state::Tab::Doctor { table: table.clone() }));
    }
    let quarantine = ListRow::new("Quarantine").icon(icon::INVENTORY_2, tokens.text_weak).note(&table.table);
    if quarantine.name(format!("Quarantine of {table}")).show(ui).clicked() {
        cx.run(Command::OpenTab(crate::state::Tab::Quarantine { table: table.clone() }));
    }
    let filter = cx.workspace.filters.get(TEXT).map(|text| text.trim().to_lowercase()).unwrap_or_default();
    let store = cx.store;
    let Some(lake) = store.lake().value else { return };
    let tables: Vec<&TableSummary> = lake
        .tables
        .iter()
        .filter(|summary| summary.table.layer == Layer::Silver)
        .filter(|summary| summary.table.name.to_string().to_lowercase().contains(&filter))
        .collect();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if tables.is_empty() {
            let text = if filter.is_empty() { "No tables in silver yet" } else { "No table matches the filter" };
            ListRow::new(text).color(tokens.text_weak).show(ui);
        }
        let mut dataset = "";
        for summary in tables {
            let name = &summary.table.name;
            if name.dataset != dataset {
                dataset = &name.dataset;
                heading(ui, dataset);
            }
            let known = store.quality(name).value;
            if row(ui, summary, known, name == table) && name != table {
                cx.run(Command::OpenTab(crate::state::Tab::Quality { table: name.clone() }));
            }
        }
    });
}

fn heading(ui: &mut Ui, dataset: &str) {
    let tokens = ui.tokens();
    Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        ui.horizontal(|ui| {
            layer_mark(ui, Layer::Silver);
            ui.label(typeface::text(format!("silver.{dataset}"), typeface::header(), tokens.text_strong));
        });
    });
}

fn row(ui: &mut Ui, summary: &TableSummary, known: Option<&QualityView>, selected: bool) -> bool {
    let tokens = ui.tokens();
    let worst = known.map_or(summary.health, health);
    let (mark, color, word) = health_icon(tokens, worst);
    let counts = known.map_or_else(String::new, |view| {
        let count = |state| view.checks.iter().filter(|check| check.state() == state).count();
        match (count(CheckState::Failed), count(CheckState::Warned), count(CheckState::NotEvaluated)) {
            (0, 0, 0) => format!("{} checks", view.checks.len()),
            (0, 0, unknown) => format!("{unknown} not evaluated"),
            (0, warn, _) => format!("{warn} warn"),
            (fail, 0, _) => format!("{fail} fail"),
            (fail, warn, _) => format!("{fail} fail {warn} warn"),
        }
    });
    // The mark is of the table, the colour of the counts of the checks: ten that hold are not red.
    let any = |state| known.is_some_and(|view| view.checks.iter().any(|check| check.state() == state));
    let color_of_counts = if any(CheckState::Failed) {
        tokens.fail
    } else if any(CheckState::Warned) || any(CheckState::NotEvaluated) {
        tokens.warn
    } else {
        tokens.text_weak
    };
    let response = ListRow::new(&summary.table.name.table)
        .icon(mark, color)
        .right(counts.clone(), color_of_counts)
        .selected(selected)
        .padding(20.0)
        .name(format!("{}, {word} {counts}", summary.table.name).trim_end().to_owned())
        .show(ui);
    let clicked = response.clicked();
    if let Some(note) = &summary.note {
        response.on_hover_text(note);
    }
    clicked
}

fn health(view: &QualityView) -> Health {
    let any = |state| view.checks.iter().any(|check| check.state() == state);
    if any(CheckState::Failed) || view.refused_batch.is_some() {
        Health::Fail
    } else if any(CheckState::Warned) || any(CheckState::NotEvaluated) || !view.quarantine.is_empty() {
        Health::Warn
    } else {
        Health::Ok
    }
}
