//! Nothing was run yet: examples of this lake.

use super::examples::examples;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{EmptyState, ListRow, key_cap, section_header};
use egui::{Frame, Margin, ScrollArea, Ui};

/// Closed queries that are listed.
const CLOSED_SHOWN: usize = 20;

/// Draws them; returns the query that was chosen.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) -> Option<String> {
    let tokens = ui.tokens();
    let store = cx.store;
    let examples = store.lake().value.map(examples).unwrap_or_default();
    let closed = closed(cx);
    if examples.is_empty() && closed.is_empty() {
        let text = "Replay a table first, then its rows can be queried";
        EmptyState { icon: icon::TERMINAL, title: "No rows to query yet", text, action: None }.show(ui);
        return None;
    }
    let mut chosen = None;
    ScrollArea::vertical().id_salt("examples").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(12, 12)).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(typeface::text("Write a query and press", typeface::control(), tokens.text_weak));
                if let Some(key) = Command::RunText.key_text() {
                    key_cap(ui, &key);
                }
                ui.label(typeface::text(
                    "to run it, or begin with one of these",
                    typeface::control(),
                    tokens.text_weak,
                ));
            });
            ui.add_space(8.0);
            section_header(ui, "Examples of this lake", "", |_| {});
            ui.spacing_mut().item_spacing.y = 0.0;
            for example in &examples {
                let sql = example.sql.replace('\n', " ");
                let row = ListRow::new(&example.title).note(&sql).icon(icon::PLAY_ARROW, tokens.accent).height(28.0);
                if row.name(example.title.clone()).show(ui).clicked() {
                    chosen = Some(example.sql.clone());
                }
            }
            if closed.is_empty() {
                return;
            }
            ui.add_space(12.0);
            section_header(ui, "Closed queries", "", |_| {});
            for (which, number, sql) in &closed {
                let title = format!("Query {number}");
                let row = ListRow::new(&title).note(sql).icon(icon::UNDO, tokens.text_weak).height(28.0);
                if row.name(format!("Reopen {title}")).show(ui).clicked() {
                    cx.run(Command::ReopenTabAt(*which));
                }
            }
        });
    });
    chosen
}

/// Queries of closed tabs, the latest first: place among the closed tabs, number, text in one line.
fn closed(cx: &Cx<'_>) -> Vec<(usize, u32, String)> {
    let queries = cx.workspace.closed.iter().enumerate().rev().filter_map(|(which, closed)| {
        let number = closed.query()?;
        Some((which, number, cx.workspace.sql.get(&number)?.replace('\n', " ")))
    });
    queries.take(CLOSED_SHOWN).collect()
}
