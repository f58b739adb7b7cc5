//! The ledger: equations of counts that balance.

use super::{Operation, Tone, badge, number};
use crate::design::{Tokens, TokensExt, icon, typeface};
use egui::{Align, Color32, Layout, Ui, UiBuilder, vec2};
use sluice_api::RowLedger;

/// One term of an equation: sign before it (may be empty), number, word.
pub type Term<'a> = (&'a str, u64, String, Color32);

/// The badge `Balances` or `Does not balance`.
pub fn balance_badge(ui: &mut Ui, balances: bool) {
    if balances {
        badge(ui, Tone::Ok, Some(icon::CHECK), "Balances");
    } else {
        badge(ui, Tone::Fail, Some(icon::ERROR), "Does not balance");
    }
}

/// One line of a ledger, 24 high: a title in a column of `title_width`, the terms, the badge at the right.
pub fn ledger_line(ui: &mut Ui, title: &str, title_width: f32, terms: &[Term<'_>], balances: bool) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 24.0));
    let layout = Layout::left_to_right(Align::Center);
    let mut line = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    line.spacing_mut().item_spacing.x = 4.0;
    let title_rect = line.label(typeface::text(title, typeface::header(), tokens.text_strong)).rect;
    line.add_space((title_width - title_rect.width() - 4.0).max(4.0));
    for (sign, value, word, color) in terms {
        if !sign.is_empty() {
            line.add_space(8.0);
            line.label(typeface::text(*sign, typeface::mono(13.0), tokens.text_weak));
            line.add_space(8.0);
        }
        line.label(typeface::text(number::count(*value), typeface::mono_strong(13.0), *color));
        line.label(typeface::text(word.clone(), typeface::control(), tokens.text_weak));
    }
    let layout = Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    balance_badge(&mut right, balances);
}

/// Both laws of a batch: rows and silver.
pub fn ledger(ui: &mut Ui, counters: &RowLedger, title_width: f32, versions: (Option<u64>, Option<u64>)) {
    let tokens = ui.tokens();
    let rows_balance = counters.rows_in == counters.applied() + counters.superseded + counters.quarantined;
    ledger_line(ui, "Rows", title_width, &rows_terms(tokens, counters), rows_balance);
    let silver_balance = counters.silver_before + counters.inserted == counters.silver_after + counters.deleted;
    let version = |version: Option<u64>, word: &str| version.map_or_else(|| word.to_owned(), |v| format!("v{v}"));
    let terms = [
        ("", counters.silver_before, version(versions.0, "before"), tokens.text_strong),
        ("+", counters.inserted, Operation::Inserted.word().to_owned(), tokens.text_strong),
        ("−", counters.deleted, Operation::Deleted.word().to_owned(), tokens.text_strong),
        ("=", counters.silver_after, version(versions.1, "after"), tokens.text_strong),
    ];
    ledger_line(ui, "Silver", title_width, &terms, silver_balance);
}

fn rows_terms<'a>(tokens: &Tokens, counters: &RowLedger) -> [Term<'a>; 4] {
    let quarantined = if counters.quarantined > 0 { tokens.warn } else { tokens.text_faint };
    [
        ("", counters.rows_in, "in".to_owned(), tokens.text_strong),
        ("=", counters.applied(), "applied".to_owned(), tokens.text_strong),
        ("+", counters.superseded, "superseded".to_owned(), tokens.text_strong),
        ("+", counters.quarantined, "quarantined".to_owned(), quarantined),
    ]
}
