//! What may lie over the window: palette, keyboard map, problems, opening a lake, sandboxes. One at a time.

use super::{key_map, palette::Palette, problems, sandboxes::Sandboxes};
use crate::cx::Cx;
use crate::design::TokensExt;
use crate::lake::OpenLake;
use egui::{Area, Color32, Frame, Id, Key, Modifiers, Order, Sense, Stroke, Ui, pos2, vec2};

/// The overlay in front.
#[derive(Default)]
pub(super) enum Overlay {
    /// None.
    #[default]
    None,
    /// The palette.
    Palette(Box<Palette>),
    /// The keyboard map.
    KeyMap,
    /// Problems of the lake.
    Problems,
    /// Opening another lake.
    OpenLake(Box<OpenLake>),
    /// Sandboxes of the lake.
    Sandboxes(Box<Sandboxes>),
}

impl Overlay {
    /// The palette.
    pub(super) fn palette() -> Self {
        Self::Palette(Box::new(Palette::new()))
    }

    /// The dialog for another lake.
    pub(super) fn lake() -> Self {
        Self::OpenLake(Box::default())
    }

    /// The sandboxes of the lake.
    pub(super) fn sandboxes() -> Self {
        Self::Sandboxes(Box::default())
    }

    /// Whether one is open.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Shows it over a dimmed window; Esc and a click beside it close it.
    pub(super) fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        if !self.is_open() {
            return;
        }
        let ctx = ui.ctx().clone();
        let whole = ui.max_rect();
        let dim = Area::new(Id::unique("dim")).order(Order::Middle).fixed_pos(whole.min).show(&ctx, |ui| {
            let (rect, response) = ui.allocate_exact_size(whole.size(), Sense::click());
            ui.painter().rect_filled(rect, 0.0, Color32::from_black_alpha(128));
            response
        });
        let escape = ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
        let tokens = ui.tokens();
        let (width, top): (f32, f32) = match self {
            Self::Palette(_) | Self::OpenLake(_) | Self::Sandboxes(_) => (640.0, whole.top() + 96.0),
            _ => (720.0, whole.top() + 64.0),
        };
        let width = width.min(whole.width() - 32.0);
        let height = (whole.bottom() - top - 48.0).max(160.0);
        let area = Area::new(Id::unique("overlay"))
            .order(Order::Foreground)
            .fixed_pos(pos2(whole.center().x - width / 2.0, top))
            .show(&ctx, |ui| {
                let frame = Frame::NONE
                    .fill(tokens.panel)
                    .stroke(Stroke::new(1.0, tokens.line_strong))
                    .corner_radius(8)
                    .shadow(egui::Shadow { offset: [0, 8], blur: 24, spread: 0, color: tokens.shadow });
                frame
                    .show(ui, |ui| {
                        ui.set_width(width);
                        ui.set_max_size(vec2(width, height));
                        self.content(ui, cx)
                    })
                    .inner
            });
        if escape || area.inner || dim.inner.clicked() {
            *self = Self::None;
        }
    }

    /// True when it wants to close.
    fn content(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        match self {
            Self::None => true,
            Self::Palette(palette) => palette.ui(ui, cx),
            Self::KeyMap => key_map::show(ui, cx),
            Self::Problems => problems::show(ui, cx),
            Self::Sandboxes(sandboxes) => sandboxes.ui(ui, cx),
            Self::OpenLake(open) => {
                open.dialog_ui(ui, cx);
                false
            }
        }
    }
}
