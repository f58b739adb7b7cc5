//! The chart of a result: columns to choose, the plot, its values.

mod plot;
mod sample;
mod scale;
mod series;

use super::complete::quoted_if_needed;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, EmptyState, dropdown, icon_label, number, panel_header, segmented};
use egui::{Frame, Margin, ScrollArea, Ui};
use sample::{Axes, Sample};
use scale::{Bucket, Scale};
use series::{Drawn, Mark, draw};
use sluice_api::{ResultColumn, ResultView};

/// What is drawn from which points; drawn again when one of them changes.
type DrawnFrom = (u64, Mark, Option<Bucket>, Axes);

/// The chart panel.
#[derive(Default)]
pub(super) struct Chart {
    mark: Mark,
    axes: Option<Axes>,
    bucket: Option<Bucket>,
    columns: Vec<ResultColumn>,
    sample: Option<Sample>,
    drawn: Option<(DrawnFrom, Drawn)>,
}

impl Chart {
    /// Draws the panel for `view`, the result of `sql`.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: Option<&ResultView>, sql: &str) {
        let tokens = ui.tokens();
        ui.spacing_mut().item_spacing.y = 0.0;
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| panel_header(ui, "Chart", "", |_| {}));
        let Some(view) = view else {
            let text = "Run a query, its numbers are drawn here";
            EmptyState { icon: icon::SHOW_CHART, title: "No result yet", text, action: None }.show(ui);
            return;
        };
        if self.columns != view.columns {
            self.columns.clone_from(&view.columns);
            self.axes = None;
            self.bucket = None;
        }
        let Some(axes) = self.axes.clone().or_else(|| self.first_axes()) else {
            let text = "Select a number, and a date or a name to draw it along";
            EmptyState { icon: icon::SHOW_CHART, title: "No numbers to draw", text, action: None }.show(ui);
            return;
        };
        let axes = self.pickers(ui, axes);
        if self.sample.as_ref().is_none_or(|sample| !sample.is_of(view.id, &axes)) {
            self.sample = Some(Sample::new(view, &axes));
            self.drawn = None;
        }
        self.axes = Some(axes.clone());
        let Some(sample) = &mut self.sample else { return };
        let read = sample.read;
        sample.pull(cx.pages);
        if sample.read != read {
            ui.ctx().request_repaint();
        }
        let scale = view.columns.get(axes.x).map_or(Scale::Number, Scale::of);
        let y_name = view.columns.get(axes.y).map_or("", |column| column.name.as_str());
        let from: DrawnFrom = (sample.read, self.mark, self.bucket, axes.clone());
        if self.drawn.as_ref().is_none_or(|(known, _)| *known != from) {
            self.drawn = Some((from, draw(sample, self.mark, scale, self.bucket, y_name)));
        }
        let Some((_, drawn)) = &self.drawn else { return };
        ScrollArea::vertical().id_salt("chart").auto_shrink(false).show(ui, |ui| {
            Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
                if sample.points.is_empty() && sample.is_done() {
                    let text = "Every value of these columns is null or not a number";
                    EmptyState { icon: icon::SHOW_CHART, title: "No points", text, action: None }.show(ui);
                    return;
                }
                plot::show(ui, &plot::Plotted { drawn, mark: self.mark, scale, words: &sample.words, y_name });
                ui.add_space(8.0);
                if let Some(error) = &sample.error {
                    icon_label(ui, icon::ERROR, 14.0, tokens.fail, error, typeface::control());
                }
                note(ui, sample, drawn, y_name);
                if sample.is_part() {
                    ui.add_space(8.0);
                    let open = Button::new("Query all rows").icon(icon::TERMINAL);
                    let open = open.tooltip("A new query that groups and sums every row, for the exact chart");
                    if open.show(ui).clicked() {
                        cx.workspace.open_sql(aggregate(sql, view, &axes, scale, drawn.bucket));
                    }
                }
            });
        });
    }

    /// A time or a name along the bottom, the last number that is not an id as height.
    fn first_axes(&mut self) -> Option<Axes> {
        let scales: Vec<Scale> = self.columns.iter().map(Scale::of).collect();
        let first = |scale: Scale| scales.iter().position(|each| *each == scale);
        let is_id = |index: usize| {
            self.columns.get(index).is_some_and(|column| column.name == "id" || column.name.ends_with("_id"))
        };
        let numbers = || (0..scales.len()).rev().filter(|index| scales.get(*index) == Some(&Scale::Number));
        let y = numbers().find(|index| !is_id(*index)).or_else(|| numbers().next())?;
        let x =
            first(Scale::Time).or_else(|| first(Scale::Word)).or_else(|| numbers().rev().find(|index| *index != y))?;
        self.mark = if scales.get(x) == Some(&Scale::Word) { Mark::Bar } else { Mark::Line };
        Some(Axes { x, y, color: None })
    }

    fn pickers(&mut self, ui: &mut Ui, mut axes: Axes) -> Axes {
        let choices = |wanted: &dyn Fn(Scale) -> bool| -> Vec<(usize, String)> {
            let columns = self.columns.iter().enumerate().filter(|(_, column)| wanted(Scale::of(column)));
            columns.map(|(index, column)| (index, column.name.clone())).collect()
        };
        let any = choices(&|_| true);
        let numbers = choices(&|scale| scale == Scale::Number);
        let mut colors: Vec<(Option<usize>, String)> = vec![(None, "one colour".to_owned())];
        colors.extend(any.iter().map(|(index, name)| (Some(*index), name.clone())));
        let time = self.columns.get(axes.x).map(Scale::of) == Some(Scale::Time);
        let shown = self.bucket.or_else(|| self.drawn.as_ref().map(|(_, drawn)| drawn.bucket)).unwrap_or(Bucket::None);
        Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 4, bottom: 0 }).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            let marks = [(Mark::Line, "Line"), (Mark::Bar, "Bar"), (Mark::Point, "Point")];
            segmented(ui, "Chart", &mut self.mark, &marks);
            labelled(ui, "X axis", |ui| {
                if dropdown(ui, "X axis", &mut axes.x, &any).changed() {
                    self.bucket = None;
                }
                if time && self.mark != Mark::Point {
                    let mut bucket = shown;
                    let buckets: Vec<(Bucket, String)> =
                        Bucket::ALL.into_iter().map(|bucket| (bucket, bucket.word().to_owned())).collect();
                    if dropdown(ui, "Per", &mut bucket, &buckets).changed() {
                        self.bucket = Some(bucket);
                    }
                }
            });
            labelled(ui, "Y axis", |ui| dropdown(ui, "Y axis", &mut axes.y, &numbers));
            labelled(ui, "Colour", |ui| dropdown(ui, "Colour", &mut axes.color, &colors));
        });
        axes
    }
}

fn labelled<R>(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui) -> R) {
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(52.0, 24.0), egui::Sense::hover());
        let at = rect.left_center();
        ui.painter().text(at, egui::Align2::LEFT_CENTER, label, typeface::control(), tokens.text_weak);
        add(ui);
    });
}

/// What the chart is made of.
fn note(ui: &mut Ui, sample: &Sample, drawn: &Drawn, y_name: &str) {
    let tokens = ui.tokens();
    let mut lines = Vec::new();
    if !sample.is_done() {
        lines.push(format!("Reading, {} rows so far", number::count(sample.read)));
    } else if sample.is_part() {
        let (read, rows) = (number::count(sample.read), number::count(sample.rows));
        lines.push(format!("From {read} of {rows} rows, evenly spread"));
    } else {
        lines.push(format!("From all {}", number::plural(sample.rows, "row")));
    }
    if let Some(how) = drawn.combined {
        let per = if drawn.bucket == Bucket::None { "place".to_owned() } else { drawn.bucket.word().to_owned() };
        lines.push(format!("{} of {y_name} per {per}", if how == "sum" { "Sum" } else { "Mean" }));
    }
    if drawn.left_out > 0 {
        lines.push(format!("Top {}, {} more are not drawn", series::SERIES_MAX, drawn.left_out));
    }
    ui.spacing_mut().item_spacing.y = 4.0;
    for line in lines {
        ui.label(typeface::text(line, typeface::control(), tokens.text_weak));
    }
}

/// SQL that gathers every row of `sql` as the chart does.
fn aggregate(sql: &str, view: &ResultView, axes: &Axes, scale: Scale, bucket: Bucket) -> String {
    let name = |index: usize| view.columns.get(index).map(|column| quoted_if_needed(&column.name)).unwrap_or_default();
    let (x, y) = (name(axes.x), name(axes.y));
    let along = match (scale, bucket) {
        (Scale::Time, Bucket::None) | (Scale::Number | Scale::Word, _) => x,
        (Scale::Time, bucket) => format!("date_trunc('{}', {x}) AS {x}", bucket.word()),
    };
    let color = axes.color.map(|color| format!("{}, ", name(color))).unwrap_or_default();
    let sql = sql.trim().trim_end_matches(';');
    format!("SELECT {along}, {color}sum({y}) AS {y}\nFROM (\n{sql}\n) AS result\nGROUP BY ALL\nORDER BY 1")
}
