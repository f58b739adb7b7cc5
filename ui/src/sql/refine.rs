//! WHERE and ORDER BY on the result, without running the query again.

use super::complete::quoted_if_needed;
use super::results::{Refinement, Run};
use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::widget::{Button, TextField, Tone, banner};
use egui::{Key, Layout, Stroke, Ui, UiBuilder, vec2};

const HEIGHT: f32 = 40.0;

/// Draws the two fields and, if it was refused, why.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, run: &mut Run) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), HEIGHT));
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(egui::Align::Center)));
    let store = cx.store;
    let refused = run.refining(store).error.is_some();
    let invalid = |asked: &Option<String>, text: &str| refused && asked.as_deref() == Some(text.trim());
    let wide = (inner.width() - 48.0).max(200.0) * 0.6;
    let filter_invalid = invalid(&run.asked.filter, &run.filter);
    let order_invalid = invalid(&run.asked.order_by, &run.order_by) && !filter_invalid;
    let field = TextField::new(&mut run.filter, "WHERE").prefix("WHERE").mono().hint("revenue > 0").width(wide);
    let filter = field.invalid(filter_invalid).show(&mut row);
    let field = TextField::new(&mut run.order_by, "ORDER BY").prefix("ORDER BY").mono().hint("1 DESC");
    let field = field.width((inner.width() - wide - 40.0).max(80.0));
    let order = field.invalid(order_invalid).show(&mut row);
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    let mut apply = (filter.lost_focus() || order.lost_focus()) && enter;
    if let Some(left) = [&filter, &order].into_iter().find(|field| field.lost_focus() && enter) {
        // What is typed next is still the condition, not a shortcut.
        left.request_focus();
    }
    let nothing = run.filter.is_empty() && run.order_by.is_empty() && run.asked == Refinement::default();
    let why = nothing.then_some("There is no filter and no order");
    if Button::icon_only(icon::CLOSE, "Clear filter and order").disabled(why).show(&mut row).clicked() {
        run.filter.clear();
        run.order_by.clear();
        apply = true;
    }
    if apply {
        run.refine(cx);
    }
    if let Some(error) = run.refining(store).error {
        let text = format!("The result stays as it was. {}", error.next);
        if banner(ui, Tone::Fail, &error.message, &text, Some("Clear")) {
            run.filter.clear();
            run.order_by.clear();
            run.refine(cx);
        }
    }
}

/// Sorts by `column`: ascending, then descending, then not.
pub(super) fn sort_by(run: &mut Run, column: &str, cx: &mut Cx<'_>) {
    let name = quoted_if_needed(column);
    let falling = format!("{name} DESC");
    run.order_by = if run.order_by == name {
        falling
    } else if run.order_by == falling {
        String::new()
    } else {
        name
    };
    run.refine(cx);
}
