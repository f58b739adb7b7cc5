//! Throughput and rows per batch, on the x axis of the columns.

use super::axis::{Axis, COLUMN, LABELS};
use super::model::throughput;
use super::timeline::{State, lines};
use crate::design::{TokensExt, typeface};
use crate::widget::{counter_shares, number};
use egui::{
    Align2, Color32, CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use egui_plot::{Bar, BarChart, GridMark, Line, Plot, PlotBounds, PlotPoints, PlotUi, Points};
use sluice_api::{BatchState, BatchView};

/// Steps of the y axis.
const STEPS: [f64; 4] = [0.0, 1.0, 2.0, 3.0];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Throughput,
    Rows,
}

/// Draws both; returns the column that was clicked.
pub(super) fn show(ui: &mut Ui, axis: &Axis, state: &State<'_>, height: f32) -> Option<usize> {
    let first = one(ui, axis, state, height, Kind::Throughput);
    let second = one(ui, axis, state, height, Kind::Rows);
    first.or(second)
}

#[expect(clippy::cast_precision_loss, reason = "points of a plot")]
fn one(ui: &mut Ui, axis: &Axis, state: &State<'_>, height: f32, kind: Kind) -> Option<usize> {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, tokens.line));
    let batches = state.columns.known();
    let value = |batch: &BatchView| match kind {
        Kind::Throughput => throughput(batch),
        Kind::Rows => {
            let counters = batch.counters.as_ref().filter(|_| batch.state != BatchState::Running);
            counters.map(|counters| counters.rows_in as f64)
        }
    };
    let most = batches.iter().filter_map(value).fold(0.0_f64, f64::max);
    let step = nice_step(most / 3.0);
    let area = Rect::from_min_max(pos2(axis.left, rect.top() + 10.0), pos2(axis.x_range().max, rect.bottom() - 6.0));
    scale(ui, rect, area, kind, step);
    let (from, to) = axis.bounds();
    let bounds = PlotBounds::from_min_max([from, 0.0], [to, step * 3.3]);
    let visible = axis.visible();
    let reach = visible.start.saturating_sub(1)..(visible.end + 1).min(batches.len());
    let mut child = ui.new_child(UiBuilder::new().max_rect(area).id_salt(("plot", kind == Kind::Rows)));
    child.set_clip_rect(area.expand2(vec2(0.0, 6.0)).intersect(ui.clip_rect()));
    let grid = tokens.line;
    let plot = Plot::new(("replay plot", kind == Kind::Rows))
        .width(area.width())
        .height(area.height())
        .min_size(vec2(16.0, 16.0))
        .show_axes(false)
        .show_background(false)
        .show_x(false)
        .show_y(false)
        .show_crosshair(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(vec2(0.0, 0.0))
        .grid_color(grid)
        .grid_fade(0.0)
        .grid_spacing(1.0..=2.0)
        .x_grid_spacer(move |_| visible.clone().map(|at| GridMark { value: at as f64, step_size: 1.0 }).collect())
        .y_grid_spacer(move |_| STEPS.map(|at| GridMark { value: at * step, step_size: step }).to_vec())
        .sense(Sense::hover());
    let points: Vec<[f64; 2]> =
        reach.clone().filter_map(|index| Some([index as f64 + 0.5, value(batches.get(index)?)?])).collect();
    let in_reach = batches.get(reach.clone()).unwrap_or_default();
    plot.show(&mut child, |plot| {
        plot.set_plot_bounds(bounds);
        match kind {
            Kind::Throughput => line(plot, points, tokens.plot[0]),
            Kind::Rows => bars(plot, reach.start, in_reach, tokens),
        }
    });
    lines(&child, Rect::from_x_y_ranges(area.x_range(), rect.y_range()), axis, state, false);
    let response = ui.interact(area, ui.scope_id().with(("plot click", kind == Kind::Rows)), Sense::click());
    let name = if kind == Kind::Throughput { "Throughput by batch" } else { "Rows by batch" };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let hovered = response.hover_pos().and_then(|at| axis.at(at.x));
    let shown = hovered.filter(|index| *index < batches.len()).unwrap_or(state.selected);
    if let Some((batch, y)) = batches.get(shown).and_then(|batch| Some((batch, value(batch)?))) {
        let x = axis.x(shown) + COLUMN / 2.0;
        let share = (y / (step * 3.3)) as f32;
        let at = pos2(x, egui::lerp(area.bottom()..=area.top(), share));
        tip(&child, area, at, kind, batch, y);
    }
    response.clicked().then(|| response.interact_pointer_pos().and_then(|at| axis.at(at.x))).flatten()
}

fn line(plot: &mut PlotUi<'_>, points: Vec<[f64; 2]>, color: Color32) {
    plot.points(
        Points::new("Throughput", PlotPoints::from(points.clone())).color(color).radius(2.0).allow_hover(false),
    );
    plot.line(Line::new("Throughput", PlotPoints::from(points)).color(color).width(1.5).allow_hover(false));
}

#[expect(clippy::cast_precision_loss, reason = "points of a plot")]
fn bars(plot: &mut PlotUi<'_>, first: usize, batches: &[BatchView], tokens: &crate::design::Tokens) {
    let mut charts: Vec<Vec<Bar>> = vec![Vec::new(); 5];
    for (at, batch) in batches.iter().enumerate() {
        let mut base = 0.0;
        for (chart, (value, color)) in charts.iter_mut().zip(counter_shares(tokens, batch.counters.as_ref())) {
            let height = value as f64;
            let bar = Bar::new((first + at) as f64 + 0.5, height).width(0.5).base_offset(base);
            chart.push(bar.fill(color).stroke(Stroke::NONE));
            base += height;
        }
    }
    for (chart, name) in charts.into_iter().zip(["inserted", "updated", "deleted", "superseded", "quarantined"]) {
        plot.bar_chart(BarChart::new(name, chart).allow_hover(false));
    }
}

/// Title, unit and numbers left of the plot.
fn scale(ui: &Ui, rect: Rect, area: Rect, kind: Kind, step: f64) {
    let tokens = ui.tokens();
    let (unit_of, word) = match step {
        step if step >= 1e6 => (1e6, "M "),
        step if step >= 1e3 => (1e3, "k "),
        _ => (1.0, ""),
    };
    let (title, unit) = match kind {
        Kind::Throughput => ("Throughput", format!("{word}rows/s")),
        Kind::Rows => ("Rows", format!("{word}in batch")),
    };
    let x = rect.left() + 12.0;
    let at = pos2(x, rect.top() + 16.0);
    ui.painter().text(at, Align2::LEFT_CENTER, title, typeface::header(), tokens.text_strong);
    let at = pos2(x, rect.top() + 32.0);
    ui.painter().text(at, Align2::LEFT_CENTER, unit, typeface::caption(), tokens.text_weak);
    for mark in STEPS {
        #[expect(clippy::cast_possible_truncation, reason = "a share of the height")]
        let y = egui::lerp(area.bottom()..=area.top(), (mark / 3.3) as f32);
        let at = pos2(rect.left() + LABELS - 6.0, y);
        let text = number::count(whole(mark * step / unit_of));
        ui.painter().text(at, Align2::RIGHT_CENTER, text, typeface::mono(11.0), tokens.text_weak);
    }
}

/// Value at a point, on a card beside it.
fn tip(ui: &Ui, area: Rect, at: egui::Pos2, kind: Kind, batch: &BatchView, value: f64) {
    let tokens = ui.tokens();
    if !area.x_range().contains(at.x) {
        return;
    }
    let text = match kind {
        Kind::Throughput => {
            let elapsed = batch.elapsed_ms.map_or_else(|| "…".to_owned(), number::elapsed);
            format!("{} rows/s, {elapsed}", number::short_count(whole(value)))
        }
        Kind::Rows => format!("{} rows", number::count(whole(value))),
    };
    let color = if kind == Kind::Throughput { tokens.plot[0] } else { tokens.text_weak };
    ui.painter().vline(at.x, area.y_range(), Stroke::new(1.0, tokens.line_strong));
    ui.painter().circle(at, 4.0, tokens.canvas, Stroke::new(2.0, color));
    let galley = ui.painter().layout_no_wrap(text, typeface::mono(11.0), tokens.text_strong);
    let size = galley.size() + vec2(16.0, 8.0);
    let left = if at.x - 10.0 - size.x > area.left() { at.x - 10.0 - size.x } else { at.x + 10.0 };
    let top = (at.y - size.y / 2.0).clamp(area.top(), (area.bottom() - size.y).max(area.top()));
    let card = Rect::from_min_size(pos2(left, top), size);
    ui.painter().rect_filled(card, CornerRadius::same(4), tokens.raised);
    let stroke = Stroke::new(1.0, tokens.line_strong);
    ui.painter().rect_stroke(card, CornerRadius::same(4), stroke, StrokeKind::Inside);
    ui.painter().galley(card.min + vec2(8.0, 4.0), galley, tokens.text_strong);
}

/// 1, 2 or 5 times a power of ten, not smaller than `least`.
fn nice_step(least: f64) -> f64 {
    if least <= 1.0 {
        return 1.0;
    }
    let power = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least).unwrap_or(least)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count on an axis")]
fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::nice_step;

    #[test]
    fn steps_are_round() {
        for (least, step) in [(0.0, 1.0), (3.0, 5.0), (70.0, 100.0), (120.0, 200.0), (20_000.0, 20_000.0)] {
            assert!((nice_step(least) - step).abs() < 1e-6, "{least}");
        }
    }
}
