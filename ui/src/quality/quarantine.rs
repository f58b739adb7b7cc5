//! Quarantine: records that are not in silver, by reason, with their raw text.

use crate::cell::masked_record;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{Selection, Tab};
use crate::widget::{
    Button, EmptyState, Grid, GridColumn, ListRow, ResultRows, error_banner, loading_line, number, panel_header, rule,
};
use egui::{Align, Frame, Layout, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};
use sluice_api::{Layer, QualityView, QuarantineGroup, Request, ResultColumn, ResultView, TableName, TableRef};

/// Accessible name of the grid.
const NAME: &str = "Quarantined records";

/// Draws the inspector; `record` is the row under the cursor of the records.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableName, record: &mut Option<u64>) {
    let store = cx.store;
    let Some(view) = store.quality(table).value else { return };
    ui.spacing_mut().item_spacing.y = 0.0;
    let all: u64 = view.quarantine.iter().map(|group| group.rows).sum();
    let note = if all > 0 { number::plural(all, "record") } else { String::new() };
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Quarantine", &note, |ui| {
            let tokens = ui.tokens();
            ui.label(typeface::text(table.to_string(), typeface::control(), tokens.text_weak));
        });
    });
    rule(ui);
    let Some(group) = selected(cx, table, view) else {
        let text = "Every record could be read and fits the contract";
        EmptyState { icon: icon::CHECK_CIRCLE, title: "Nothing in quarantine", text, action: None }.show(ui);
        return;
    };
    groups(ui, cx, view, group, record);
    about(ui, cx, view, group);
    if let Some(base) = &view.quarantined_rows {
        records(ui, cx, table, (base, group), record);
    }
}

fn selected<'a>(cx: &Cx<'_>, table: &TableName, view: &'a QualityView) -> Option<&'a QuarantineGroup> {
    let chosen = match cx.selection() {
        Selection::Reason { table: of, reason } if of == table => {
            view.quarantine.iter().find(|group| group.reason == *reason)
        }
        _ => None,
    };
    chosen.or_else(|| view.quarantine.first())
}

fn groups(ui: &mut Ui, cx: &mut Cx<'_>, view: &QualityView, group: &QuarantineGroup, record: &mut Option<u64>) {
    let tokens = ui.tokens();
    #[expect(clippy::cast_precision_loss, reason = "a few reasons")]
    let wanted = view.quarantine.len() as f32 * 28.0;
    let height = wanted.min((ui.available_height() * 0.35).max(84.0));
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("reasons"));
    child.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).id_salt("reasons").show(&mut child, |ui| {
        for each in &view.quarantine {
            let rows = number::count(each.rows);
            let row = ListRow::new(&each.reason)
                .mono()
                .note(&each.stage)
                .icon(icon::WARNING, tokens.warn)
                .right(rows.clone(), tokens.text_strong)
                .height(28.0)
                .selected(each.reason == group.reason)
                .name(format!("{}, {rows} records, since batch {}", each.reason, each.first_batch));
            if row.show(ui).clicked() {
                *record = None;
                cx.select(Selection::Reason { table: view.table.clone(), reason: each.reason.clone() });
            }
        }
    });
    rule(ui);
}

fn about(ui: &mut Ui, cx: &mut Cx<'_>, view: &QualityView, group: &QuarantineGroup) {
    let tokens = ui.tokens();
    Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(typeface::text(&group.reason, typeface::mono_strong(12.0), tokens.text_strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let label = format!("Since batch {}", group.first_batch);
                let button = Button::new(&label).quiet().tooltip("Open this batch in replay");
                if button.show(ui).clicked() {
                    cx.select(Selection::Batch { table: view.table.clone(), batch: group.first_batch });
                    cx.open(Tab::Replay { table: view.table.clone() });
                }
            });
        });
        ui.add_space(2.0);
        ui.add(egui::Label::new(typeface::text(&group.sentence, typeface::control(), tokens.text)).wrap());
    });
    rule(ui);
}

fn records(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    table: &TableName,
    (base, group): (&ResultView, &QuarantineGroup),
    record: &mut Option<u64>,
) {
    let filter = Some(format!("reason = '{}'", group.reason.replace('\'', "''")));
    let request = Request::Refine { result: base.id, filter: filter.clone(), order_by: None };
    cx.want(request.clone());
    let store = cx.store;
    let got = store.refined(&(base.id, filter, None));
    let line = Rect::from_min_size(ui.cursor().min - vec2(0.0, 2.0), vec2(ui.available_width(), 2.0));
    loading_line(ui, line, got.pending);
    if let Some(error) = got.error
        && error_banner(ui, error, "The records stay in quarantine")
    {
        cx.send(request);
    }
    let Some(result) = got.value else { return };
    let rect = ui.available_rect_before_wrap();
    let split = rect.top() + (rect.height() * 0.6).round();
    let raw_at = result.columns.iter().position(|column| column.name == "raw");
    let shown: Vec<usize> = (0..result.columns.len())
        .filter(|at| result.columns.get(*at).is_some_and(|column| !matches!(column.name.as_str(), "reason" | "raw")))
        .collect();
    let columns: Vec<GridColumn> = shown.iter().filter_map(|at| result.columns.get(*at)).map(record_column).collect();
    let top = Rect::from_min_max(rect.min, pos2(rect.right(), split));
    let mut child = ui.new_child(UiBuilder::new().max_rect(top).id_salt("records"));
    let mut rows = ResultRows::new(cx.pages, result.id);
    rows.columns = Some(shown);
    let name = format!("{NAME} {}", group.reason);
    let out = Grid::new(&name, &columns, result.rows).show(&mut child, &mut rows);
    let chosen = out.cursor.map(|(row, _)| row);
    *record = chosen;
    let below = Rect::from_min_max(pos2(rect.left(), split), rect.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(below).id_salt("raw"));
    let raw = chosen.zip(raw_at).and_then(|(row, column)| {
        let (page, inside) = cx.pages.peek(result.id, row)?;
        let text = page.cell(inside, column).text;
        let silver = TableRef { layer: Layer::Silver, name: table.clone() };
        let names = store.table(&silver, None).value.map(|view| view.columns.iter());
        let names = names.map(|columns| columns.filter(|column| column.pii).map(|column| column.name.as_str()));
        Some(masked_record(&text, names.map(Iterator::collect::<Vec<_>>).as_deref()))
    });
    raw_ui(&mut child, raw.as_deref());
}

/// Numbers are small here, names of files and details long.
fn record_column(column: &ResultColumn) -> GridColumn {
    let width = match column.name.as_str() {
        "file" | "detail" => Some(240.0),
        _ if column.numeric => Some(72.0),
        _ => None,
    };
    GridColumn { note: String::new(), width, ..GridColumn::of_result(column) }
}

/// The record as it was delivered.
fn raw_ui(ui: &mut Ui, raw: Option<&str>) {
    let tokens = ui.tokens();
    rule(ui);
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Raw record", "", |ui| {
            let why = raw.is_none().then_some("Choose a record first");
            let copy = Button::icon_only(icon::CONTENT_COPY, "Copy the raw record").disabled(why);
            if copy.show(ui).clicked() {
                ui.ctx().copy_text(raw.unwrap_or_default().to_owned());
            }
        });
        ScrollArea::vertical().auto_shrink(false).id_salt("raw").show(ui, |ui| match raw {
            Some(raw) => {
                let text: String = raw.chars().take(4_000).collect();
                ui.add(egui::Label::new(typeface::text(text, typeface::mono(12.0), tokens.text)).wrap());
            }
            None => {
                ui.label(typeface::text("Choose a record above", typeface::control(), tokens.text_weak));
            }
        });
    });
}
