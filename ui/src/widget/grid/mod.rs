//! The grid: its own virtual scroller with an integer row offset, so 10 M rows do not jitter.

mod cells;
mod column;
mod copy;
mod copying;
mod header;
mod input;
mod response;
mod rows;
mod scrollbar;
mod state;

pub use cells::{CellLook, CellRef, Decorate, PaintCell};
pub use column::GridColumn;
pub use copy::Copied;
pub use response::GridResponse;
pub use rows::{FnRows, Mask, MaskedRows, ResultRows, Rows};
pub use state::GridState;

use crate::command::{Command, letters_act_in};
use crate::design::{TokensExt, icon};
use crate::widget::{MenuItem, menu};
use egui::{Id, Rect, Response, Sense, Ui, UiBuilder, accesskit::Role, pos2, vec2};

/// A grid of rows pulled page by page.
pub struct Grid<'a> {
    name: &'a str,
    columns: &'a [GridColumn],
    rows: u64,
    row_height: f32,
    header_height: f32,
    decorate: Option<&'a mut Decorate<'a>>,
    paint: Option<&'a mut PaintCell<'a>>,
    row_numbers: bool,
    commands: Vec<(Command, Option<&'static str>)>,
}

impl<'a> Grid<'a> {
    /// A grid; `name` is its accessible name and, within its parent, its id.
    #[must_use]
    pub fn new(name: &'a str, columns: &'a [GridColumn], rows: u64) -> Self {
        Self {
            name,
            columns,
            rows,
            row_height: 24.0,
            header_height: 28.0,
            decorate: None,
            paint: None,
            row_numbers: false,
            commands: Vec::new(),
        }
    }

    /// Height of every row, 24 by default.
    #[must_use]
    pub fn row_height(self, row_height: f32) -> Self {
        Self { row_height, ..self }
    }

    /// 28, or 40 with types or counts under the names.
    #[must_use]
    pub fn header_height(self, header_height: f32) -> Self {
        Self { header_height, ..self }
    }

    /// Shows row numbers from 1 in a first column that does not scroll.
    #[must_use]
    pub fn row_numbers(self) -> Self {
        Self { row_numbers: true, ..self }
    }

    /// Decides the look of each visible cell.
    #[must_use]
    pub fn decorate(self, decorate: &'a mut Decorate<'a>) -> Self {
        Self { decorate: Some(decorate), ..self }
    }

    /// Paints cells itself where it returns true.
    #[must_use]
    pub fn paint_cell(self, paint: &'a mut PaintCell<'a>) -> Self {
        Self { paint: Some(paint), ..self }
    }

    /// Commands of the context menu on a cell, each with why it cannot run, before those that copy.
    #[must_use]
    pub fn commands(self, commands: Vec<(Command, Option<&'static str>)>) -> Self {
        Self { commands, ..self }
    }

    /// The id under which [`GridState`] is kept, for commands from outside.
    #[must_use]
    pub fn id(ui: &Ui, name: &str) -> Id {
        ui.scope_id().with(("grid", name))
    }

    /// Shows it in all of the available space.
    pub fn show(mut self, ui: &mut Ui, source: &mut dyn Rows) -> GridResponse {
        let id = Self::id(ui, self.name);
        let rect = ui.available_rect_before_wrap();
        ui.allocate_rect(rect, Sense::hover());
        let builder = UiBuilder::new().max_rect(rect).id_salt(("grid ui", self.name)).accessibility_role(Role::Grid);
        let mut ui = ui.new_child(builder);
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        let mut state = GridState::load(ui.ctx(), id);
        let numbers_width = if self.row_numbers { number_width(self.rows) } else { 0.0 };
        let body = Rect::from_min_max(pos2(rect.left() + numbers_width, rect.top() + self.header_height), rect.max);
        let widths = column::widths(&ui, self.columns, &state);
        let total_width: f32 = widths.iter().sum();
        let view = state::View { rows: self.rows, row_height: self.row_height, body, total_width };
        let response = ui.interact(body, id, Sense::click_and_drag());
        let (rows, columns) = (self.rows, self.columns.len());
        let name = self.name;
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
            node.set_role(Role::Grid);
            node.set_label(name);
            node.set_row_count(usize::try_from(rows).unwrap_or(usize::MAX));
            node.set_column_count(columns);
        });
        response.widget_info(|| egui::WidgetInfo::labeled(Role::GenericContainer, true, name));
        let mut outcome = GridResponse {
            response: response.clone(),
            cursor: None,
            moved: false,
            activated: None,
            header_clicked: None,
            visible: (0, 0),
            command: None,
            copied: None,
        };
        input::scroll(&ui, &mut state, &view);
        scrollbar::vertical(&ui, id, &mut state, &view);
        scrollbar::horizontal(&ui, id, &mut state, &view);
        input::pointer(&ui, &response, &mut state, &view, &widths, &mut outcome);
        input::keys(&ui, &response, &mut state, &view, self.columns, &widths, source, &mut outcome);
        self.menu(&response, &mut state, source, &mut outcome);
        outcome.copied = outcome.copied.or_else(|| copy::go_on(ui.ctx(), &mut state, source));
        state.clamp(&view);
        outcome.visible = (state.first_row, view.rows_in_view());
        if ui.is_rect_visible(rect) {
            let frame = cells::Frame {
                columns: self.columns,
                widths: &widths,
                view: &view,
                numbers_width,
                focused: response.has_focus(),
                grid_left: rect.left(),
            };
            let painter = cells::Hooks { decorate: self.decorate.take(), paint: self.paint.take() };
            cells::show(&mut ui, &mut state, &frame, painter, source, &mut outcome);
            let header = Rect::from_min_max(rect.min, pos2(rect.right(), body.top()));
            header::show(&mut ui, header, &mut state, &frame, &mut outcome);
            scrollbar::paint(&ui, &state, &view);
        }
        if response.has_focus() {
            letters_act_in(ui.ctx(), response.id);
            let stroke = egui::Stroke::new(1.0, ui.tokens().accent);
            ui.painter().hline(body.x_range(), body.top(), stroke);
        }
        outcome.cursor = state.cursor;
        state.store(ui.ctx(), id);
        outcome
    }
}

impl Grid<'_> {
    /// The menu on a cell: commands, then copying.
    fn menu(&self, response: &Response, state: &mut GridState, source: &mut dyn Rows, outcome: &mut GridResponse) {
        let items = || {
            let commands = self.commands.iter().map(|(command, why)| MenuItem::of(command, *why));
            let copies = [
                MenuItem::new(icon::CONTENT_COPY, "Copy", "Ctrl C"),
                MenuItem::new(icon::CONTENT_COPY, "Copy with column names", "Ctrl Shift C"),
            ];
            commands.chain(copies).collect()
        };
        let Some(chosen) = menu(response, items) else { return };
        match self.commands.get(chosen) {
            Some((command, _)) => outcome.command = Some(command.clone()),
            None => {
                let with_names = chosen > self.commands.len();
                outcome.copied = Some(copy::copy(&response.ctx, state, self.columns, with_names, source));
            }
        }
    }
}

fn number_width(rows: u64) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a handful of characters")]
    let characters = crate::widget::number::count(rows.max(100)).len() as f32;
    vec2(characters * 7.0 + 16.0, 0.0).x
}
