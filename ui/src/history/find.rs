//! Naming the row: its table and the value of each key column.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{KeyValues, Tab};
use crate::widget::{Button, EmptyState, TextField, dropdown, error_banner, layer_mark, loading_line, rule};
use egui::{Align, Id, Layout, Rect, Ui, UiBuilder, vec2};
use sluice_api::{Layer, Request, TableRef, TableView};
use std::collections::BTreeMap;

/// Height of the bar with table and key.
const BAR: f32 = 40.0;
/// Width of a field, smallest and largest.
const FIELD: std::ops::RangeInclusive<f32> = 140.0..=260.0;

/// What a screen about one row opens, and what its button says.
#[derive(Clone, Copy)]
pub(crate) struct RowScreen {
    /// Label of the button.
    pub(crate) button: &'static str,
    /// The tab for a row; for no row while the key is empty.
    pub(crate) tab: fn(TableRef, KeyValues) -> Tab,
}

/// What is typed.
pub(crate) struct Find {
    values: BTreeMap<String, String>,
    focused: bool,
}

impl Find {
    /// The values of `key`; those of a person are not shown again, the field says that they are there.
    pub(crate) fn new(key: &KeyValues) -> Self {
        let values = if key.is_personal { BTreeMap::new() } else { key.columns.iter().cloned().collect() };
        Self { values, focused: !key.is_empty() }
    }

    /// The head of a screen about one row: asks for what it needs, and draws the bar, an error of the table, or the
    /// question which row; `hint` is the key that opens the screen, and where rows are looked for. The bar and whether
    /// the table is on its way, if there is a row to go on with.
    pub(crate) fn head(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        (table, key): (&TableRef, &KeyValues),
        opens: RowScreen,
        hint: (&str, &str),
    ) -> Option<(Rect, bool)> {
        let request = Request::Table { table: table.clone(), version: None };
        cx.want(request.clone());
        cx.want(Request::Lake);
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), BAR));
        let got = cx.store.table(table, None);
        self.bar(ui, bar, cx, (table, key), opens);
        ui.advance_cursor_after_rect(bar);
        rule(ui);
        if let Some(error) = got.error {
            loading_line(ui, bar, got.pending);
            if error_banner(ui, error, "Nothing was changed") {
                cx.send(request);
            }
            return None;
        }
        if key.is_empty() {
            loading_line(ui, bar, got.pending);
            ask(ui, table, got.value, hint);
            return None;
        }
        Some((bar, got.pending))
    }

    /// Draws table and fields into `rect`; opens the screen of the row when they are entered.
    fn bar(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        cx: &mut Cx<'_>,
        (table, key): (&TableRef, &KeyValues),
        opens: RowScreen,
    ) {
        let layout = Layout::left_to_right(Align::Center);
        let builder = UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 0.0))).layout(layout).id_salt("find row");
        let mut ui = ui.new_child(builder);
        layer_mark(&mut ui, table.layer);
        let store = cx.store;
        let tables = store.lake().value.map_or(&[][..], |lake| &lake.tables);
        let silver = tables.iter().filter(|each| each.table.layer == Layer::Silver || each.table == *table);
        let choices: Vec<_> = silver.map(|each| (each.table.clone(), each.table.to_string())).collect();
        let mut chosen = table.clone();
        if dropdown(&mut ui, "Table of the row", &mut chosen, &choices).changed() {
            cx.run(Command::ReplaceTab((opens.tab)(chosen, KeyValues::default())));
            return;
        }
        let Some(view) = store.table(table, None).value else { return };
        let columns: Vec<_> = view.columns.iter().filter(|column| column.key).collect();
        if columns.is_empty() {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few key columns")]
        let share = (ui.available_width() - 160.0) / columns.len() as f32 - 8.0;
        let width = share.clamp(*FIELD.start(), *FIELD.end());
        let mut entered = false;
        for (position, column) in columns.iter().enumerate() {
            let typed = self.values.entry(column.name.clone()).or_default();
            let known = key.columns.iter().find(|(name, _)| *name == column.name && key.is_personal);
            let masked = known.map(|(_, value)| crate::cell::masked(value));
            let name = format!("Value of {}", column.name);
            let field = TextField::new(typed, &name)
                .prefix(&column.name)
                .hint(masked.as_deref().unwrap_or(&column.data_type))
                .mono()
                .width(width)
                .id(Id::unique(("row key", position)));
            let response = field.show(&mut ui);
            if !self.focused && position == 0 {
                self.focused = true;
                response.request_focus();
            }
            entered |= crate::widget::entered(&ui, &response);
        }
        let wanted = self.key(view, key);
        let why = wanted.is_none().then_some("Write the value of every key column first");
        let pressed = Button::new(opens.button).icon(icon::SEARCH).key("Enter").disabled(why).show(&mut ui).clicked();
        if let Some(wanted) = wanted.filter(|wanted| (entered || pressed) && wanted != key) {
            cx.run(Command::ReplaceTab((opens.tab)(table.clone(), wanted)));
        }
    }

    /// The key that is typed, if no value is missing. An empty field of a person's value means the one that is shown.
    fn key(&self, view: &TableView, before: &KeyValues) -> Option<KeyValues> {
        let columns = view.columns.iter().filter(|column| column.key);
        let is_personal = columns.clone().any(|column| column.pii);
        let values: Option<Vec<(String, String)>> = columns
            .map(|column| {
                let typed = self.values.get(&column.name).map(|text| text.trim()).filter(|text| !text.is_empty());
                let before = before.columns.iter().find(|(name, _)| *name == column.name && before.is_personal);
                let value = typed.map(str::to_owned).or_else(|| before.map(|(_, value)| value.clone()))?;
                Some((column.name.clone(), value))
            })
            .collect();
        values.filter(|values| !values.is_empty()).map(|columns| KeyValues { columns, is_personal })
    }
}

/// Says how to name a row, or why the table has none to name. `note` follows in small letters.
fn ask(ui: &mut Ui, table: &TableRef, view: Option<&TableView>, (key_cap, note): (&str, &str)) {
    let Some(view) = view else { return };
    let key: Vec<&str> = view.columns.iter().filter(|column| column.key).map(|column| column.name.as_str()).collect();
    if key.is_empty() {
        let text = "Its rows are distinguished by nothing, so that none has a history. Choose a table with a key above";
        let title = format!("{table} has no key");
        EmptyState { icon: icon::HISTORY, title: &title, text, action: None }.show(ui);
        return;
    }
    let text = format!("Write its {} above, or choose a row in a grid and press {key_cap}", key.join(" and "));
    EmptyState { icon: icon::HISTORY, title: "Which row?", text: &text, action: None }.show(ui);
    let tokens = ui.tokens();
    ui.vertical_centered(|ui| {
        ui.add_space(4.0);
        ui.label(typeface::text(note, typeface::control(), tokens.text_faint));
    });
}
