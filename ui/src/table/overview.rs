//! How big, how fresh, how good: numbers, columns, versions, file sizes, rows.

use super::{file_sizes, history, rows::RowsPane};
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Selection;
use crate::widget::{Tone, number, paint_row_fill, panel_header, rule_vertical, stat, text_clipped};
use egui::{
    Align2, Frame, Margin, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2,
};
use sluice_api::{ColumnView, Health, TableFacts, TableSummary, TableView, Timeliness};

/// Height of the line of numbers.
const STATS: f32 = 60.0;
const ROW: f32 = 24.0;

/// Draws it; true when the rows are to be opened alone.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, rows: &mut RowsPane) -> bool {
    let tokens = ui.tokens();
    let rect = ui.max_rect();
    let stats = Rect::from_min_size(rect.min, vec2(rect.width(), STATS));
    let mut child = ui.new_child(UiBuilder::new().max_rect(stats.shrink2(vec2(12.0, 0.0))).id_salt("stats"));
    let lake = cx.store.lake().value;
    let summary = lake.and_then(|lake| lake.tables.iter().find(|each| each.table == view.table));
    stats_ui(&mut child, view, summary);
    let line = Stroke::new(1.0, tokens.line);
    ui.painter().hline(rect.x_range(), stats.bottom() - 0.5, line);
    let rest = rect.bottom() - stats.bottom();
    let split = stats.bottom() + (rest * 0.58).round().clamp(200.0, 408.0).min(rest);
    let right_width = (rect.width() * 0.37).clamp(344.0, 440.0).round();
    let middle = rect.right() - right_width;
    let columns = Rect::from_min_max(pos2(rect.left(), stats.bottom()), pos2(middle, split));
    let versions_height = ((split - stats.bottom()) * 0.56).round();
    let versions = Rect::from_min_size(pos2(middle, stats.bottom()), vec2(right_width, versions_height));
    let sizes = Rect::from_min_max(pos2(middle, versions.bottom()), pos2(rect.right(), split));
    part(ui, "columns", columns, |ui| columns_ui(ui, cx, view));
    part(ui, "versions", versions, |ui| history::versions_ui(ui, cx, view));
    part(ui, "file sizes", sizes, |ui| file_sizes::show(ui, view));
    rule_vertical(ui, middle, Rect::from_min_max(columns.left_top(), pos2(rect.right(), split)));
    ui.painter().hline(versions.x_range(), versions.bottom(), line);
    ui.painter().hline(rect.x_range(), split, line);
    let below = Rect::from_min_max(pos2(rect.left(), split + 1.0), rect.max);
    part(ui, "rows", below, |ui| rows.ui(ui, cx, view, true))
}

fn part<R>(ui: &mut Ui, name: &str, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    add(&mut child)
}

fn stats_ui(ui: &mut Ui, view: &TableView, summary: Option<&TableSummary>) {
    ui.add_space(10.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 40.0;
        stat(ui, None, Tone::Neutral, &number::count(view.rows), "rows");
        let files = u64::try_from(view.files.len()).unwrap_or_default();
        stat(ui, None, Tone::Neutral, &number::bytes(view.bytes), &format!("in {}", number::plural(files, "file")));
        let latest = view.history.first();
        let when = latest.map(|version| {
            let batch = version.batch.map(|batch| format!(", batch {batch}")).unwrap_or_default();
            format!("{}{batch}", number::short_time(version.timestamp_ms))
        });
        stat(ui, None, Tone::Neutral, &format!("v{}", view.version), when.as_deref().unwrap_or("version"));
        lag_ui(ui, &view.facts);
        let note = summary.and_then(|summary| summary.note.as_deref());
        let (mark, tone, word, note) = match view.health {
            Health::Ok => (icon::CHECK, Tone::Neutral, "healthy", note.unwrap_or("nothing to look at")),
            Health::Empty => (icon::SCHEDULE, Tone::Neutral, "not built", note.unwrap_or("replay its files")),
            Health::Warn => (icon::WARNING, Tone::Warn, "warning", note.unwrap_or("a check warns")),
            Health::Fail => (icon::ERROR, Tone::Fail, "failed", note.unwrap_or("a check fails")),
            Health::Invalid => {
                (icon::DESCRIPTION, Tone::Fail, "contract not valid", note.unwrap_or("the table stays as it is"))
            }
        };
        stat(ui, Some(mark), tone, word, note);
        people_ui(ui, &view.facts);
    });
}

/// How old the newest event is, beside the SLA; painted by nothing else.
fn lag_ui(ui: &mut Ui, facts: &TableFacts) {
    let sla = facts.sla.as_ref().map(|sla| format!(", SLA {sla}")).unwrap_or_default();
    let (mark, tone) = match facts.timeliness() {
        Timeliness::Late => (Some(icon::HISTORY), Tone::Warn),
        Timeliness::Overdue => (Some(icon::HISTORY), Tone::Fail),
        Timeliness::NoLimit | Timeliness::Unknown | Timeliness::OnTime => (None, Tone::Neutral),
    };
    match facts.lag_seconds {
        Some(lag) => {
            stat(ui, mark, tone, &number::age(lag), &format!("behind source{sla}"));
        }
        None if facts.sla.is_some() => {
            stat(ui, mark, tone, "lag unknown", &format!("no event has a time{sla}"));
        }
        None => {}
    }
}

/// Who answers for the table, what it is, and its size class.
fn people_ui(ui: &mut Ui, facts: &TableFacts) {
    let Some(size_class) = &facts.size_class else { return };
    let owner = facts.owner.as_deref().unwrap_or("no owner");
    let about = facts.description.as_ref().map(|about| format!("{about}, ")).unwrap_or_default();
    stat(ui, None, Tone::Neutral, owner, &format!("{about}size class {size_class}"));
}

fn columns_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView) {
    let tokens = ui.tokens();
    let count = number::count(u64::try_from(view.columns.len()).unwrap_or_default());
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| panel_header(ui, "Columns", &count, |_| ()));
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    ui.painter().rect_filled(head, 0.0, tokens.panel);
    ui.painter().hline(head.x_range(), head.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    for (x, word) in columns_x(head.width()).into_iter().zip(["Name", "Type", "Null", "Notes"]) {
        let at = pos2(head.left() + x, head.center().y);
        ui.painter().text(at, Align2::LEFT_CENTER, word, typeface::caption(), tokens.text_weak);
    }
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, view.columns.len(), |ui, range| {
        for column in view.columns.get(range).unwrap_or_default() {
            column_ui(ui, cx, view, column);
        }
    });
}

fn columns_x(width: f32) -> [f32; 4] {
    [12.0, (width * 0.36).max(140.0), (width * 0.6).max(260.0), (width * 0.7).max(330.0)]
}

fn column_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, column: &ColumnView) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let selection = Selection::Column { table: view.table.clone(), column: column.name.clone() };
    let selected = *cx.selection() == selection;
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, true, selected, format!("{} {}", column.name, column.data_type))
    });
    paint_row_fill(ui, rect, selected, &response);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let [name_x, type_x, null_x, note_x] = columns_x(rect.width());
    let at = |x: f32| pos2(rect.left() + x, rect.center().y);
    let mono = || typeface::mono(12.0);
    let strong = if column.system { tokens.text_weak } else { tokens.text_strong };
    let used = text_clipped(ui, Align2::LEFT_CENTER, at(name_x), type_x - name_x - 28.0, &column.name, mono(), strong);
    if column.key {
        let mark = at(name_x + used + 12.0);
        ui.painter().text(mark, Align2::CENTER_CENTER, icon::KEY, typeface::icons(14.0), tokens.accent);
    }
    text_clipped(ui, Align2::LEFT_CENTER, at(type_x), null_x - type_x - 8.0, &column.data_type, mono(), tokens.text);
    let (word, color) = if column.nullable { ("yes", tokens.text) } else { ("no", tokens.text_faint) };
    ui.painter().text(at(null_x), Align2::LEFT_CENTER, word, typeface::control(), color);
    let mut x = note_x;
    let mut note = |text: &str, mark: Option<char>| {
        if let Some(mark) = mark {
            ui.painter().text(at(x + 7.0), Align2::CENTER_CENTER, mark, typeface::icons(14.0), tokens.text_weak);
            x += 20.0;
        }
        let painted = ui.painter().text(at(x), Align2::LEFT_CENTER, text, typeface::control(), tokens.text_weak);
        x = painted.right() - rect.left() + 12.0;
    };
    if column.key {
        note("key", None);
    }
    if column.pii {
        note("personal data", Some(icon::LOCK));
    }
    if column.system {
        note("written by Sluice", None);
    }
    if response.clicked() {
        cx.select(selection);
    }
}
