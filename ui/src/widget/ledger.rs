//! The ledger: equations of counts that balance.

use super::{Operation, Tone, badge, number};
use crate::design::{Tokens, TokensExt, icon, typeface};
use egui::{Align, Color32, Layout, Ui, UiBuilder, vec2};
use sluice_api::RowLedger;

/// One term of an equation: sign before it (may be empty), number if it is known, word.
pub type Term<'a> = (&'a str, Option<u64>, String, Color32);

/// What is said of an equation at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// Both sides are equal.
    Holds,
    /// They are not.
    Broken,
    /// The counts are of a plan: nothing was published.
    NotPublished,
    /// The counts are not known, so nothing is said.
    Unknown,
}

impl Balance {
    fn of(holds: bool, is_published: bool) -> Self {
        match (holds, is_published) {
            (false, _) => Self::Broken,
            (true, true) => Self::Holds,
            (true, false) => Self::NotPublished,
        }
    }
}

/// The badge at the end of an equation; none if nothing is known.
pub fn balance_badge(ui: &mut Ui, balance: Balance) {
    match balance {
        Balance::Holds => {
            badge(ui, Tone::Ok, Some(icon::CHECK), "Balances");
        }
        Balance::Broken => {
            badge(ui, Tone::Fail, Some(icon::ERROR), "Does not balance");
        }
        Balance::NotPublished => {
            badge(ui, Tone::Fail, Some(icon::BLOCK), "Not published");
        }
        Balance::Unknown => {}
    }
}

/// One line of a ledger, 24 high: a title in a column of `title_width`, the terms, the badge at the right.
pub fn ledger_line(ui: &mut Ui, title: &str, title_width: f32, terms: &[Term<'_>], balance: Balance) {
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
        let color = if value.is_some() { *color } else { tokens.text_weak };
        line.label(typeface::text(number::known(*value), typeface::mono_strong(13.0), color));
        line.label(typeface::text(word.clone(), typeface::control(), tokens.text_weak));
    }
    let layout = Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    balance_badge(&mut right, balance);
}

/// Both laws of a batch, rows and silver. Counts of a batch that is not in silver are those of its plan.
pub fn ledger(
    ui: &mut Ui,
    counters: Option<&RowLedger>,
    title_width: f32,
    versions: (Option<u64>, Option<u64>),
    is_published: bool,
) {
    let tokens = ui.tokens();
    let balance = |holds: fn(&RowLedger) -> bool| {
        counters.map_or(Balance::Unknown, |counters| Balance::of(holds(counters), is_published))
    };
    let rows = balance(|counters| counters.rows_in == counters.accounted());
    ledger_line(ui, "Rows", title_width, &rows_terms(tokens, counters), rows);
    let silver =
        balance(|counters| counters.silver_before + counters.inserted == counters.silver_after + counters.deleted);
    let version = |version: Option<u64>, word: &str| version.map_or_else(|| word.to_owned(), |v| format!("v{v}"));
    let count = |of: fn(&RowLedger) -> u64| counters.map(of);
    let word = |operation: Operation| operation.word().to_owned();
    let after = if is_published { version(versions.1, "after") } else { "would be after".to_owned() };
    let terms = [
        ("", count(|counters| counters.silver_before), version(versions.0, "before"), tokens.text_strong),
        ("+", count(|counters| counters.inserted), word(Operation::Inserted), tokens.text_strong),
        ("−", count(|counters| counters.deleted), word(Operation::Deleted), tokens.text_strong),
        ("=", count(|counters| counters.silver_after), after, tokens.text_strong),
    ];
    ledger_line(ui, "Silver", title_width, &terms, silver);
}

fn rows_terms<'a>(tokens: &Tokens, counters: Option<&RowLedger>) -> Vec<Term<'a>> {
    let count = |of: fn(&RowLedger) -> u64| counters.map(of);
    let quarantined = count(|counters| counters.quarantined);
    let color = if quarantined.is_some_and(|rows| rows > 0) { tokens.warn } else { tokens.text_faint };
    let filtered = count(|counters| counters.filtered).filter(|filtered| *filtered > 0);
    let mut terms = vec![
        ("", count(|counters| counters.rows_in), "in".to_owned(), tokens.text_strong),
        ("=", count(RowLedger::applied), "applied".to_owned(), tokens.text_strong),
        ("+", count(|counters| counters.superseded), "superseded".to_owned(), tokens.text_strong),
    ];
    terms.extend(filtered.map(|filtered| ("+", Some(filtered), "filtered".to_owned(), tokens.text_strong)));
    terms.push(("+", quarantined, "quarantined".to_owned(), color));
    terms
}
