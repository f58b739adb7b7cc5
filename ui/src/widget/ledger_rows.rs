//! The ledger as lines, for narrow panels.

use super::{Balance, Operation, balance_badge, number};
use crate::design::{TokensExt, typeface};
use egui::{Align, Layout, Ui, UiBuilder, vec2};
use sluice_api::RowLedger;

/// One line per counter with its mark, and the badge that says whether they balance.
pub fn ledger_rows(ui: &mut Ui, counters: &RowLedger) {
    let tokens = ui.tokens();
    let lines = [
        ("", "rows in", counters.rows_in, tokens.text_strong),
        ("+", "inserted", counters.inserted, Operation::Inserted.color(tokens)),
        ("~", "updated", counters.updated, Operation::Updated.color(tokens)),
        ("−", "deleted", counters.deleted, Operation::Deleted.color(tokens)),
        ("−", "delete of absent", counters.delete_of_absent, tokens.text_weak),
        ("=", "unchanged", counters.unchanged, tokens.text_weak),
        ("»", "superseded", counters.superseded, tokens.text_weak),
        ("⊘", "filtered", counters.filtered, tokens.text_weak),
        ("!", "quarantined", counters.quarantined, Operation::Quarantined.color(tokens)),
    ];
    for (glyph, word, count, color) in lines {
        let color = if count == 0 { tokens.text_faint } else { color };
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 22.0));
        let mut left = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
        left.add_sized([12.0, 20.0], egui::Label::new(typeface::text(glyph, typeface::mono(12.0), color)));
        left.label(typeface::text(word, typeface::control(), tokens.text_weak));
        let mut right = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)));
        right.label(typeface::text(number::count(count), typeface::mono(12.0), color));
    }
    balance_badge(ui, if counters.balances() { Balance::Holds } else { Balance::Broken });
}
