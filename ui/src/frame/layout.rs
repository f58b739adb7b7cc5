//! Where everything stands. Sizes are fixed, so that nothing jumps.

use crate::cx::Cx;
use crate::screen::Screen;
use egui::{Rect, pos2};

const TOP: f32 = 40.0;
const RAIL: f32 = 56.0;
const STATUS: f32 = 24.0;
const TABS: f32 = 32.0;
const FOLDED: f32 = 32.0;
/// Below this width the inspector overlays.
const INSPECTOR_DOCKS: f32 = 1360.0;
/// Below this width the side panel collapses.
const SIDE_DOCKS: f32 = 1200.0;
/// Under this height the bottom panel folds to its header.
const BOTTOM_OPENS: f32 = 800.0;
/// The centre never gets narrower.
const CENTRE_MIN: f32 = 720.0;

/// Rectangles of one frame.
pub(super) struct Layout {
    pub top: Rect,
    pub rail: Rect,
    pub status: Rect,
    pub side: Option<Rect>,
    pub tabs: Rect,
    pub centre: Rect,
    pub inspector: Option<Rect>,
    pub inspector_docks: bool,
    pub bottom: Option<Rect>,
    pub bottom_is_open: bool,
    /// The window is too narrow for a docked side panel.
    pub is_narrow: bool,
}

/// Whether the inspector would lie over the centre of a window as wide as this.
pub(super) fn inspector_overlays(whole: Rect) -> bool {
    whole.width() < INSPECTOR_DOCKS
}

impl Layout {
    /// Computes them for the window `whole`.
    pub(super) fn new(whole: Rect, cx: &Cx<'_>, screen: Option<&dyn Screen>, lake_is_open: bool, peek: bool) -> Self {
        let panels = &cx.workspace.panels;
        let top = Rect::from_min_max(whole.min, pos2(whole.right(), whole.top() + TOP));
        let status = Rect::from_min_max(pos2(whole.left(), whole.bottom() - STATUS), whole.max);
        let rail = Rect::from_min_max(pos2(whole.left(), top.bottom()), pos2(whole.left() + RAIL, status.top()));
        let body = Rect::from_min_max(pos2(rail.right(), top.bottom()), pos2(whole.right(), status.top()));
        if !lake_is_open {
            return Self {
                top,
                rail,
                status,
                side: None,
                tabs: Rect::NOTHING,
                centre: body,
                inspector: None,
                inspector_docks: false,
                bottom: None,
                bottom_is_open: false,
                is_narrow: whole.width() < SIDE_DOCKS,
            };
        }
        let mut left = body.left();
        let is_narrow = whole.width() < SIDE_DOCKS;
        let side = (if is_narrow { peek } else { panels.side_open })
            .then(|| Rect::from_min_max(body.min, pos2((body.left() + panels.side).min(body.right()), body.bottom())));
        if let Some(side) = side.filter(|_| !is_narrow) {
            left = side.right();
        }
        let mut right = body.right();
        let wanted = panels.shows_inspector() && screen.is_some_and(|screen| screen.has_inspector(cx));
        let inspector = wanted.then(|| {
            let from = (body.right() - panels.inspector).max(body.left());
            Rect::from_min_max(pos2(from, body.top()), body.max)
        });
        let inspector_docks =
            !inspector_overlays(whole) && inspector.is_some_and(|inspector| inspector.left() - left >= CENTRE_MIN);
        if let Some(inspector) = inspector.filter(|_| inspector_docks) {
            right = inspector.left();
        }
        let centre_top = body.top() + TABS;
        let tabs = Rect::from_min_max(pos2(left, body.top()), pos2(right, centre_top));
        let bottom_is_open = panels.bottom_open && whole.height() >= BOTTOM_OPENS;
        let bottom = screen.is_some_and(Screen::has_bottom).then(|| {
            let height = if bottom_is_open { panels.bottom } else { FOLDED };
            let from = (body.bottom() - height).max(centre_top + 120.0);
            Rect::from_min_max(pos2(left, from), pos2(right, body.bottom()))
        });
        let centre_bottom = bottom.map_or(body.bottom(), |bottom| bottom.top());
        let centre = Rect::from_min_max(pos2(left, centre_top), pos2(right, centre_bottom));
        Self { top, rail, status, side, tabs, centre, inspector, inspector_docks, bottom, bottom_is_open, is_narrow }
    }
}
