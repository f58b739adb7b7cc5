//! Columns of batches: header with state, source time and shares, then a row per counter of each layer.

use super::axis::{Axis, COLUMN, LABELS};
use super::cells::{ROWS, Row, count, text};
use super::model::{Column, Columns, Run};
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::{Operation, counter_shares, layer_color, number, paint_share_bar, text_clipped};
use egui::{
    Align2, Color32, CornerRadius, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use sluice_api::{BatchState, BatchView, GoldCounter, Layer};

/// Height of the header.
const HEADER: f32 = 56.0;
/// Height of a row.
const ROW: f32 = 24.0;

/// What the timeline and the plots draw.
pub(super) struct State<'a> {
    pub(super) columns: &'a Columns<'a>,
    pub(super) gold: &'a [GoldCounter],
    pub(super) run: Option<&'a Run<'a>>,
    pub(super) selected: usize,
    pub(super) stops_after: Option<usize>,
}

impl State<'_> {
    /// Column whose right edge is the playhead: the last one in silver.
    pub(super) fn playhead(&self) -> Option<usize> {
        self.columns.known().iter().rposition(|batch| batch.state == BatchState::Committed)
    }

    /// Column after which a replay stops or would stop.
    pub(super) fn stop(&self) -> Option<usize> {
        let ahead = self.selected >= self.columns.known().len() && self.run.is_none();
        self.stops_after.filter(|_| self.run.is_some()).or_else(|| ahead.then_some(self.selected))
    }
}

/// Height with so many gold models.
pub(super) fn height(models: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let rows = (ROWS.len() + models) as f32;
    HEADER + rows * ROW
}

/// Draws it; returns the column that was clicked.
pub(super) fn show(ui: &mut Ui, axis: &Axis, state: &State<'_>) -> Option<usize> {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height(state.gold.len())), Sense::hover());
    let id = response.id;
    let rows: Vec<Row> = ROWS.into_iter().chain((0..state.gold.len()).map(Row::Model)).collect();
    labels(ui, rect, &rows, state);
    let line = Stroke::new(1.0, tokens.line);
    let old_clip = ui.clip_rect();
    ui.set_clip_rect(old_clip.intersect(Rect::from_x_y_ranges(axis.x_range(), rect.y_range())));
    let mut clicked = None;
    let playhead = state.playhead();
    let running = state.run.map(|_| state.columns.running());
    for index in axis.visible() {
        let Some(column) = state.columns.get(index) else { continue };
        let run = state.run.filter(|_| running == Some(index));
        let x = axis.x(index);
        let place = Rect::from_min_size(pos2(x, rect.top()), vec2(COLUMN, rect.height()));
        let part = ui.interact(place, id.with(column.number()), Sense::click());
        let selected = state.selected == index;
        part.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, spoken(&column, run)));
        if part.clicked() {
            clicked = Some(index);
        }
        if selected {
            ui.painter().rect_filled(place, 0.0, tokens.selection);
        } else if part.hovered() {
            ui.painter().rect_filled(place, 0.0, tokens.hover.gamma_multiply(0.6));
        }
        ui.painter().vline(x - 0.5, rect.y_range(), line);
        header(ui, place, &column, run, selected);
        let gold = (playhead == Some(index)).then_some(state.gold);
        let mut y = rect.top() + HEADER + ROW / 2.0;
        for row in &rows {
            if let Some(cell) = text(tokens, *row, &column, run, gold, selected) {
                let at = pos2(place.right() - 8.0, y);
                let font = typeface::mono(12.0);
                ui.painter().text(at, Align2::RIGHT_CENTER, cell.text, font, cell.color);
            }
            y += ROW;
        }
        if part.has_focus() {
            let stroke = Stroke::new(1.0, tokens.accent);
            ui.painter().rect_stroke(place.shrink(1.0), 0.0, stroke, StrokeKind::Inside);
        }
    }
    lines(ui, rect, axis, state, true);
    ui.set_clip_rect(old_clip);
    clicked
}

/// Playhead and stop line across `rect`.
pub(super) fn lines(ui: &Ui, rect: Rect, axis: &Axis, state: &State<'_>, with_heads: bool) {
    let accent = ui.tokens().accent;
    if let Some(index) = state.stop() {
        let x = axis.x(index + 1) - 1.0;
        let points = [pos2(x, rect.top()), pos2(x, rect.bottom())];
        ui.painter().extend(Shape::dashed_line(&points, Stroke::new(1.0, accent), 4.0, 3.0));
        if with_heads {
            head(ui, pos2(x, rect.top()), 4.0, accent);
        }
    }
    let x = state.playhead().map_or(axis.x(0) + 1.0, |index| axis.x(index + 1) - 1.0);
    ui.painter().vline(x, rect.y_range(), Stroke::new(2.0, accent));
    if with_heads {
        head(ui, pos2(x, rect.top()), 6.0, accent);
    }
}

fn head(ui: &Ui, at: Pos2, size: f32, color: Color32) {
    let points = vec![at - vec2(size, 0.0), at + vec2(size, 0.0), at + vec2(0.0, size)];
    ui.painter().add(Shape::convex_polygon(points, color, Stroke::NONE));
}

fn labels(ui: &Ui, rect: Rect, rows: &[Row], state: &State<'_>) {
    let tokens = ui.tokens();
    let (x, end) = (rect.left() + 12.0, rect.left() + LABELS - 4.0);
    let write = |y: f32, text: &str, font: egui::FontId, color: Color32| {
        text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), end - x, text, font, color);
    };
    write(rect.top() + 14.0, "Batch", typeface::header(), tokens.text_strong);
    write(rect.top() + 31.0, "Source time, UTC", typeface::caption(), tokens.text_weak);
    write(rect.top() + 46.0, "Share of rows", typeface::caption(), tokens.text_weak);
    let mut y = rect.top() + HEADER;
    for row in rows {
        let middle = y + ROW / 2.0;
        let (glyph, color, word): (&str, Color32, &str) = match row {
            Row::Layer(layer) => {
                ui.painter().hline(rect.x_range(), y - 0.5, Stroke::new(1.0, tokens.line));
                let mark = Rect::from_center_size(pos2(x + 4.0, middle), vec2(8.0, 8.0));
                ui.painter().rect_filled(mark, CornerRadius::same(2), layer_color(tokens, *layer));
                let word = match layer {
                    Layer::Bronze => "Bronze",
                    Layer::Silver => "Silver",
                    Layer::Gold => "Gold",
                };
                let at = pos2(x + 16.0, middle);
                text_clipped(ui, Align2::LEFT_CENTER, at, end - at.x, word, typeface::header(), tokens.text_strong);
                y += ROW;
                continue;
            }
            Row::Appended => (Operation::Inserted.glyph(), Operation::Inserted.color(tokens), "appended"),
            Row::Count(operation) => (operation.glyph(), operation.color(tokens), operation.word()),
            Row::Model(index) => {
                let name = state.gold.get(*index).map_or("", |model| model.model.as_str());
                (Operation::Updated.glyph(), Operation::Updated.color(tokens), name)
            }
        };
        ui.painter().text(pos2(x + 4.0, middle), Align2::CENTER_CENTER, glyph, typeface::mono_strong(12.0), color);
        let font = if matches!(row, Row::Model(_)) { typeface::mono(11.0) } else { typeface::control() };
        text_clipped(ui, Align2::LEFT_CENTER, pos2(x + 16.0, middle), end - x - 16.0, word, font, tokens.text_weak);
        y += ROW;
    }
}

/// Whether the counters are known and do not add up.
pub(super) fn does_not_balance(batch: &BatchView) -> bool {
    batch.counters.as_ref().is_some_and(|counters| !counters.balances())
}

/// Whether records of the batch are known to be in quarantine.
pub(super) fn has_quarantined(batch: &BatchView) -> bool {
    batch.counters.as_ref().is_some_and(|counters| counters.quarantined > 0)
}

/// Icon of the state with its colour and word.
pub(super) fn state_mark(tokens: &Tokens, column: &Column<'_>, run: Option<&Run<'_>>) -> (char, Color32, &'static str) {
    match column {
        _ if run.is_some() => (icon::SYNC, tokens.accent, "running"),
        Column::Planned { .. } => (icon::SCHEDULE, tokens.text_weak, "planned"),
        Column::Known(batch) => match batch.state {
            BatchState::Running => (icon::SYNC, tokens.accent, "running"),
            BatchState::Planned => (icon::SCHEDULE, tokens.text_weak, "planned"),
            BatchState::Pending | BatchState::Committed if batch.is_skipped => (icon::WARNING, tokens.warn, "skipped"),
            BatchState::Pending if batch.is_held() => (icon::WARNING, tokens.warn, "held"),
            BatchState::Pending if batch.waits_for.is_some() => (icon::SCHEDULE, tokens.warn, "waits"),
            BatchState::Pending if batch.refusal.is_some() => (icon::ERROR, tokens.fail, "refused"),
            BatchState::Pending => (icon::ERROR, tokens.fail, "not in silver"),
            BatchState::Committed if does_not_balance(batch) => (icon::ERROR, tokens.fail, "does not balance"),
            BatchState::Committed if has_quarantined(batch) => {
                (icon::WARNING, tokens.warn, "committed, rows in quarantine")
            }
            BatchState::Committed => (icon::CHECK, tokens.text_weak, "committed"),
        },
    }
}

fn header(ui: &Ui, place: Rect, column: &Column<'_>, run: Option<&Run<'_>>, selected: bool) {
    let tokens = ui.tokens();
    let painter = ui.painter();
    let left = place.left() + 8.0;
    let top = place.top();
    let planned = matches!(column, Column::Planned { .. }) && run.is_none();
    let (font, color) = if planned {
        (typeface::mono(13.0), tokens.text_weak)
    } else {
        (typeface::mono_strong(13.0), tokens.text_strong)
    };
    painter.text(pos2(left, top + 14.0), Align2::LEFT_CENTER, column.number().to_string(), font, color);
    let (mark, color, _) = state_mark(tokens, column, run);
    let at = pos2(place.right() - 15.0, top + 14.0);
    painter.text(at, Align2::CENTER_CENTER, mark, typeface::icons(14.0), color);
    let time = column.source_time_ms().map(number::short_time);
    let clock = time.as_deref().and_then(|time| time.get(7..)).unwrap_or("–");
    let color = if selected { tokens.text } else { tokens.text_weak };
    painter.text(pos2(left, top + 31.0), Align2::LEFT_CENTER, clock, typeface::mono(11.0), color);
    let bar = Rect::from_min_size(pos2(left, top + 43.0), vec2(COLUMN - 16.0, 6.0));
    match (column, run) {
        (_, Some(run)) => {
            painter.rect_filled(bar, 0.0, tokens.active);
            let done = Rect::from_min_size(bar.min, vec2(bar.width() * run.share(), bar.height()));
            painter.rect_filled(done, 0.0, tokens.accent);
        }
        (Column::Known(batch), None) => paint_share_bar(ui, bar, &counter_shares(tokens, batch.counters.as_ref())),
        (Column::Planned { .. }, None) => {
            painter.rect_stroke(bar, 0.0, Stroke::new(1.0, tokens.line_strong), StrokeKind::Inside);
        }
    }
}

/// `Batch 42, committed, 60,000 rows in, 18,204 inserted, …`.
fn spoken(column: &Column<'_>, run: Option<&Run<'_>>) -> String {
    let (_, _, word) = state_mark(Tokens::of(true), column, run);
    let mut text = format!("Batch {}, {word}", column.number());
    match column {
        Column::Known(batch) => {
            let Some(counters) = &batch.counters else {
                text.push_str(", rows not counted yet");
                return text;
            };
            text.push_str(&format!(", {} rows in", number::count(counters.rows_in)));
            for row in ROWS {
                if let Row::Count(operation) = row {
                    let value = number::count(count(counters, operation));
                    text.push_str(&format!(", {value} {}", operation.word()));
                }
            }
        }
        Column::Planned { files, .. } => {
            text.push_str(&format!(", {}", number::plural(*files as u64, "file")));
        }
    }
    text
}
