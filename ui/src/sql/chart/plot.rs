//! The plot and the values under the pointer.

use super::scale::{Scale, time_label, time_marks};
use super::series::{Drawn, Mark, Series};
use crate::design::{TokensExt, typeface};
use crate::widget::number;
use egui::{Align2, Color32, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use egui_plot::{Bar, BarChart, GridInput, GridMark, Line, LineStyle, Plot, PlotPoints, Points, VLine};

/// Height of the plot.
const HEIGHT: f32 = 240.0;
/// Labels along the bottom.
const MARKS: f64 = 4.0;

/// What to plot.
pub(super) struct Plotted<'a> {
    pub drawn: &'a Drawn,
    pub mark: Mark,
    pub scale: Scale,
    /// Words along the bottom.
    pub words: &'a [String],
    pub y_name: &'a str,
}

/// Dash of the series at `index`, in the order of the tokens.
fn dash(index: usize) -> LineStyle {
    match index {
        1 => LineStyle::Dashed { length: 5.0 },
        3 => LineStyle::Dotted { spacing: 4.0 },
        _ => LineStyle::Solid,
    }
}

/// Draws it with the values below.
pub(super) fn show(ui: &mut Ui, plotted: &Plotted<'_>) {
    let tokens = ui.tokens();
    let Plotted { drawn, mark, scale, words, y_name } = *plotted;
    let xs = places(&drawn.series);
    let step = smallest_step(&xs);
    let ui_id = ui.scope_id();
    let plot = Plot::new((ui_id, "plot", y_name, scale_word(scale)))
        .height(HEIGHT)
        .allow_scroll(false)
        .allow_zoom([true, false])
        .allow_drag([true, false])
        .show_background(false)
        .grid_color(tokens.line)
        .grid_fade(1.0)
        .set_margin_fraction(vec2(0.02, 0.08))
        .cursor_color(tokens.line_strong)
        .y_axis_min_width(28.0)
        .y_axis_formatter(|mark, _| short(mark.value))
        .x_axis_formatter(move |mark: GridMark, _| match scale {
            Scale::Time => time_label(mark.value, mark.step_size),
            Scale::Number => short(mark.value),
            Scale::Word => word_at(words, mark.value).map(|word| word.chars().take(12).collect()).unwrap_or_default(),
        })
        .x_grid_spacer(move |input: GridInput| grid(&input, scale))
        .label_formatter(|_| None);
    let plot = if mark == Mark::Bar || scale == Scale::Word { plot.include_y(0.0) } else { plot };
    ui.style_mut().text_styles.insert(egui::TextStyle::Body, typeface::mono(11.0));
    let marked = ui.data(|data| data.get_temp::<f64>(ui_id.with("marked")));
    let colors = tokens.plot;
    let series = drawn.series.clone();
    let line_color = tokens.line_strong;
    let response = plot.show(ui, move |plot_ui| {
        if let Some(x) = marked {
            plot_ui.vline(VLine::new("", x).color(line_color).width(1.0));
        }
        let count = series.len();
        for (index, each) in series.into_iter().enumerate() {
            let color = colors.get(index).copied().unwrap_or(Color32::GRAY);
            let Series { name, points } = each;
            match mark {
                Mark::Line => {
                    let line = Line::new(name, PlotPoints::new(points)).color(color).width(1.5).style(dash(index));
                    plot_ui.line(line);
                }
                Mark::Point => plot_ui.points(Points::new(name, PlotPoints::new(points)).color(color).radius(2.0)),
                Mark::Bar => {
                    #[expect(clippy::cast_precision_loss, reason = "at most four series")]
                    let (width, first) = (step * 0.8 / count as f64, (count as f64 - 1.0) / 2.0);
                    #[expect(clippy::cast_precision_loss, reason = "at most four series")]
                    let shift = (index as f64 - first) * width;
                    let bars = points.into_iter().map(|[x, y]| Bar::new(x + shift, y).width(width * 0.94));
                    plot_ui.bar_chart(BarChart::new(name, bars.collect()).color(color).allow_hover(false));
                }
            }
        }
        plot_ui.pointer_coordinate().filter(|_| plot_ui.response().hovered()).map(|point| point.x)
    });
    let names: Vec<&str> = drawn.series.iter().map(|series| series.name.as_str()).collect();
    let spoken = format!("Chart of {y_name}, {} series: {}", names.len(), names.join(", "));
    response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
    let near = response.inner.and_then(|x| xs.iter().copied().min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs())));
    let shown = near.filter(|_| mark != Mark::Point);
    ui.data_mut(|data| match shown {
        Some(x) => {
            data.insert_temp(ui_id.with("marked"), x);
        }
        None => {
            data.remove::<f64>(ui_id.with("marked"));
        }
    });
    ui.add_space(8.0);
    legend(ui, plotted, shown.or_else(|| xs.last().copied()).filter(|_| mark != Mark::Point));
}

/// A header with the place, then each series with its value there.
fn legend(ui: &mut Ui, plotted: &Plotted<'_>, x: Option<f64>) {
    let tokens = ui.tokens();
    let place = x.map(|x| match plotted.scale {
        Scale::Time => {
            let step = smallest_step(&places(&plotted.drawn.series)).max(1.0);
            if step >= 86_400.0 * 28.0 {
                time_label(x, step)
            } else {
                #[expect(clippy::cast_possible_truncation, reason = "seconds of a date that was read")]
                let text = crate::cell::timestamp_text(x as i64, 1);
                text.trim_end_matches(" 00:00:00").to_owned()
            }
        }
        Scale::Number => exact(x),
        Scale::Word => word_at(plotted.words, x).cloned().unwrap_or_default(),
    });
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let (left, right) = (rect.left_center(), rect.right_center());
    let painter = ui.painter();
    painter.text(left, Align2::LEFT_CENTER, place.unwrap_or_default(), typeface::header(), tokens.text_strong);
    painter.text(right, Align2::RIGHT_CENTER, plotted.y_name, typeface::control(), tokens.text_weak);
    for (index, series) in plotted.drawn.series.iter().enumerate() {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let value = match x {
            Some(x) => series.at(x).map_or_else(|| "–".to_owned(), exact),
            None => number::plural(series.points.len() as u64, "point"),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{} {value}", series.name)));
        let color = tokens.plot.get(index).copied().unwrap_or(tokens.text);
        let y = rect.center().y;
        let painter = ui.painter();
        let stroke = Stroke::new(2.0, color);
        match (plotted.mark, index) {
            (Mark::Line, 1 | 3) => {
                let (length, gap) = if index == 1 { (5.0, 3.0) } else { (2.0, 2.0) };
                let ends = [pos2(rect.left(), y), pos2(rect.left() + 20.0, y)];
                painter.extend(egui::Shape::dashed_line(&ends, stroke, length, gap));
            }
            (Mark::Line, _) => {
                painter.hline(rect.left()..=rect.left() + 20.0, y, stroke);
            }
            (Mark::Bar, _) => {
                let mark = egui::Rect::from_center_size(pos2(rect.left() + 10.0, y), vec2(12.0, 8.0));
                painter.rect_filled(mark, 1.0, color);
            }
            (Mark::Point, _) => {
                painter.circle_filled(pos2(rect.left() + 10.0, y), 3.0, color);
            }
        }
        let end = pos2(rect.right(), y);
        let painted = painter.text(end, Align2::RIGHT_CENTER, value, typeface::mono(12.0), tokens.text_strong);
        let from = pos2(rect.left() + 30.0, y);
        let room = painted.left() - 8.0 - from.x;
        crate::widget::text_clipped(
            ui,
            Align2::LEFT_CENTER,
            from,
            room,
            &series.name,
            typeface::control(),
            tokens.text,
        );
    }
}

fn scale_word(scale: Scale) -> &'static str {
    match scale {
        Scale::Number => "number",
        Scale::Time => "time",
        Scale::Word => "word",
    }
}

fn grid(input: &GridInput, scale: Scale) -> Vec<GridMark> {
    let (from, to) = input.bounds;
    match scale {
        Scale::Time => {
            let (marks, step_size) = time_marks(from, to, MARKS);
            marks.into_iter().map(|value| GridMark { value, step_size }).collect()
        }
        Scale::Word => {
            let step_size = ((to - from) / 8.0).ceil().max(1.0);
            spaced(from, to, step_size)
        }
        Scale::Number => {
            let rough = ((to - from) / MARKS).max(1e-9);
            let power = 10_f64.powf(rough.log10().floor());
            let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|nice| nice * power >= rough).unwrap_or(10.0);
            spaced(from, to, nice * power)
        }
    }
}

fn spaced(from: f64, to: f64, step_size: f64) -> Vec<GridMark> {
    let mut marks = Vec::new();
    let mut value = (from / step_size).ceil() * step_size;
    while value <= to && marks.len() < 100 {
        marks.push(GridMark { value, step_size });
        value += step_size;
    }
    marks
}

/// The word at a whole place.
fn word_at(words: &[String], x: f64) -> Option<&String> {
    if x < -0.01 || (x - x.round()).abs() > 0.01 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index, checked above")]
    words.get(x.round() as usize)
}

/// All places along the bottom, in order.
fn places(series: &[Series]) -> Vec<f64> {
    let mut all: Vec<f64> = series.iter().flat_map(|series| series.points.iter().map(|[x, _]| *x)).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

fn smallest_step(xs: &[f64]) -> f64 {
    let least = xs.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).fold(f64::INFINITY, f64::min);
    if least.is_finite() && least > 0.0 { least } else { 1.0 }
}

/// `8 M`, `1.5 k`, `0.25`.
fn short(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, " G"),
        size if size >= 1e6 => (value / 1e6, " M"),
        size if size >= 1e4 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    let text = format!("{scaled:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{unit}")
}

/// `4,883,859.25`.
fn exact(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse::<u64>().map_or_else(|_| whole.to_owned(), number::count);
    let rest = rest.trim_end_matches('0');
    let sign = if value < 0.0 { "−" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::{exact, short};

    #[test]
    fn numbers_read_well() {
        assert_eq!(short(8_000_000.0), "8 M");
        assert_eq!(short(1_500.0), "1500");
        assert_eq!(short(0.25), "0.25");
        assert_eq!(exact(4_883_859.5), "4,883,859.5");
        assert_eq!(exact(-12.0), "−12");
    }
}
