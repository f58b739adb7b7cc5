//! Columns of a row before and after a change, one under the other.

use super::{Operation, text_clipped};
use crate::design::{TokensExt, typeface};
use egui::{Align2, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// One column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeforeAfter {
    /// Name of the column.
    pub name: String,
    /// Value before, `–` if there was no row.
    pub old: String,
    /// Value after, `–` if there is no row.
    pub new: String,
    /// Whether they differ.
    pub changed: bool,
    /// Painted weak although it changed.
    pub ignored: bool,
}

fn columns_of(rect: Rect) -> (Rect, Rect, Rect) {
    let first = rect.left() + 12.0 + (rect.width() - 24.0) * 0.36;
    let second = first + (rect.width() - 24.0) * 0.32;
    (
        Rect::from_min_max(pos2(rect.left() + 12.0, rect.top()), pos2(first, rect.bottom())),
        Rect::from_min_max(pos2(first, rect.top()), pos2(second, rect.bottom())),
        Rect::from_min_max(pos2(second, rect.top()), pos2(rect.right() - 12.0, rect.bottom())),
    )
}

/// The header over the columns, 24 high; `old` and `new` name the versions.
pub fn before_after_header(ui: &mut Ui, old: &str, new: &str) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 24.0));
    let (name, before, after) = columns_of(rect);
    for (x, text) in [(name.left(), "Column"), (before.left() + 6.0, old), (after.left() + 6.0, new)] {
        let font = typeface::control();
        ui.painter().text(pos2(x, rect.center().y), Align2::LEFT_CENTER, text, font, tokens.text_weak);
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
}

impl BeforeAfter {
    /// Shows it, 24 high, as part of a row that was inserted, deleted or updated.
    pub fn show(&self, ui: &mut Ui, kind: Operation) {
        let tokens = ui.tokens();
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let spoken = match (kind, self.changed) {
            (Operation::Inserted, _) => format!("{} is {}", self.name, self.new),
            (Operation::Deleted, _) => format!("{} was {}", self.name, self.old),
            (_, true) => format!("{} was {}, is {}", self.name, self.old, self.new),
            (_, false) => format!("{} is {}, unchanged", self.name, self.new),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
        let (name, old, new) = columns_of(rect);
        let strong = self.changed || matches!(kind, Operation::Inserted | Operation::Deleted);
        if kind == Operation::Deleted || self.changed {
            ui.painter().rect_filled(old.shrink2(vec2(0.0, 0.5)), 0.0, tokens.fail_bg);
        }
        if kind == Operation::Inserted || self.changed {
            ui.painter().rect_filled(new.shrink2(vec2(0.0, 0.5)), 0.0, tokens.ok_bg);
        }
        let y = rect.center().y;
        let color = if strong && !self.ignored { tokens.text_strong } else { tokens.text_weak };
        let write = |place: Rect, inset: f32, text: &str| {
            let at = pos2(place.left() + inset, y);
            text_clipped(ui, Align2::LEFT_CENTER, at, place.width() - inset - 4.0, text, typeface::mono(12.0), color);
        };
        write(name, 0.0, &self.name);
        let (before, after) = if self.changed {
            (format!("− {}", self.old), format!("+ {}", self.new))
        } else {
            (self.old.clone(), self.new.clone())
        };
        write(old, 6.0, &before);
        write(new, 6.0, &after);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
        response.on_hover_text(format!("{}\n− {}\n+ {}", self.name, self.old, self.new));
    }
}
