//! A row of a tree, 24 high, indent 16.

use super::{icon_text::text_clipped, list_row::paint_row_fill, marks::layer_color};
use crate::design::{TokensExt, icon, typeface};
use egui::{Align2, Color32, CornerRadius, Rect, Response, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::Layer;

/// What stands before the name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TreeMark {
    /// Nothing.
    None,
    /// A layer mark.
    Layer(Layer),
    /// An icon.
    Icon(char),
}

/// A row of a tree.
pub struct TreeRow<'a> {
    /// Name.
    pub name: &'a str,
    /// Accessible name, for example `silver.shop.orders, 1.92 M rows, warning`.
    pub accessible_name: String,
    /// Depth from 0.
    pub level: usize,
    /// `Some(open)` for a node with children.
    pub open: Option<bool>,
    /// Mark before the name.
    pub mark: TreeMark,
    /// Count at the right.
    pub count: String,
    /// Health at the right end.
    pub health: Option<(char, Color32)>,
    /// Selected.
    pub selected: bool,
    /// Heavier name, for layers.
    pub strong: bool,
}

impl TreeRow<'_> {
    /// Shows it across the available width.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, self.selected, &self.accessible_name));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_level(self.level + 1);
            if let Some(open) = self.open {
                node.set_expanded(open);
            }
        });
        if !ui.is_rect_visible(rect) {
            return response;
        }
        paint_row_fill(ui, rect, self.selected, &response);
        let painter = ui.painter();
        let y = rect.center().y;
        #[expect(clippy::cast_precision_loss, reason = "trees are a few levels deep")]
        let mut x = rect.left() + 12.0 + self.level as f32 * 16.0;
        if let Some(open) = self.open {
            let chevron = if open { icon::EXPAND_MORE } else { icon::CHEVRON_RIGHT };
            painter.text(pos2(x + 4.0, y), Align2::CENTER_CENTER, chevron, typeface::icons(14.0), tokens.text_weak);
            x += 16.0;
        }
        match self.mark {
            TreeMark::None => {}
            TreeMark::Layer(layer) => {
                let mark = Rect::from_center_size(pos2(x + 6.0, y), vec2(8.0, 8.0));
                painter.rect_filled(mark, CornerRadius::same(2), layer_color(tokens, layer));
                x += 16.0;
            }
            TreeMark::Icon(icon) => {
                painter.text(pos2(x + 7.0, y), Align2::CENTER_CENTER, icon, typeface::icons(14.0), tokens.text_weak);
                x += 20.0;
            }
        }
        let mut end = rect.right() - 12.0;
        if let Some((icon, color)) = self.health {
            painter.text(pos2(end - 7.0, y), Align2::CENTER_CENTER, icon, typeface::icons(14.0), color);
        }
        end -= 20.0;
        let color = tokens.text_weak;
        let count = painter.text(pos2(end, y), Align2::RIGHT_CENTER, &self.count, typeface::mono(11.0), color);
        end = count.left() - 8.0;
        let font = if self.strong { typeface::header() } else { typeface::control() };
        let color = if self.strong || self.selected { tokens.text_strong } else { tokens.text };
        text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), end - x, self.name, font, color);
        response
    }
}
