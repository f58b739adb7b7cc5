//! The one x axis that columns and plots share. Only what is in view is drawn.

use egui::{Rangef, Rect};
use std::ops::Range;

/// Width of the labels before the columns.
pub(super) const LABELS: f32 = 120.0;
/// Width of a column.
pub(super) const COLUMN: f32 = 72.0;

/// Columns in points.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// Left edge of the columns on screen.
    pub(super) left: f32,
    /// Width in which columns are seen.
    pub(super) width: f32,
    /// Points scrolled to the right.
    pub(super) scroll: f32,
    /// Number of columns.
    pub(super) count: usize,
}

#[expect(clippy::cast_precision_loss, reason = "columns in points")]
impl Axis {
    /// The axis inside `rect`, after the labels.
    pub(super) fn new(rect: Rect, scroll: f32, count: usize) -> Self {
        let mut axis = Self { left: rect.left() + LABELS, width: (rect.width() - LABELS).max(COLUMN), scroll, count };
        axis.scroll = scroll.clamp(0.0, axis.scroll_max());
        axis
    }

    /// Largest scroll.
    pub(super) fn scroll_max(&self) -> f32 {
        (self.count as f32 * COLUMN - self.width).max(0.0)
    }

    /// Whether not all columns fit.
    pub(super) fn overflows(&self) -> bool {
        self.scroll_max() > 0.0
    }

    /// Left edge of a column on screen.
    pub(super) fn x(&self, index: usize) -> f32 {
        (self.left + index as f32 * COLUMN - self.scroll).round()
    }

    /// Columns at least partly in view.
    pub(super) fn visible(&self) -> Range<usize> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the columns")]
        let (first, last) =
            ((self.scroll / COLUMN).floor() as usize, ((self.scroll + self.width) / COLUMN).ceil() as usize);
        first.min(self.count)..last.min(self.count)
    }

    /// The column at a point on screen.
    pub(super) fn at(&self, x: f32) -> Option<usize> {
        let inside = x - self.left + self.scroll;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
        let index = (inside / COLUMN).floor().max(0.0) as usize;
        (x >= self.left && index < self.count).then_some(index)
    }

    /// Scroll that shows column `index` with as little movement as possible.
    pub(super) fn reveal(&self, index: usize) -> f32 {
        let (start, end) = (index as f32 * COLUMN, (index + 1) as f32 * COLUMN);
        let least = (end - self.width).max(0.0);
        self.scroll.clamp(least.min(start), start.max(least)).min(self.scroll_max())
    }

    /// Screen range of the columns.
    pub(super) fn x_range(&self) -> Rangef {
        Rangef::new(self.left, self.left + self.width)
    }

    /// Range of the axis in columns, for a plot: column `i` spans `i .. i + 1`.
    pub(super) fn bounds(&self) -> (f64, f64) {
        (f64::from(self.scroll / COLUMN), f64::from((self.scroll + self.width) / COLUMN))
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, COLUMN, LABELS};
    use egui::{Rect, pos2};

    fn axis(count: usize, scroll: f32) -> Axis {
        Axis::new(Rect::from_min_max(pos2(0.0, 0.0), pos2(LABELS + COLUMN * 10.0, 100.0)), scroll, count)
    }

    #[test]
    fn only_columns_in_view_are_visible() {
        assert_eq!(axis(4, 0.0).visible(), 0..4);
        assert_eq!(axis(10_000, COLUMN * 5_000.0).visible(), 5_000..5_010);
        assert_eq!(axis(10_000, f32::MAX).visible(), 9_990..10_000);
    }

    #[test]
    fn revealing_moves_as_little_as_possible() {
        let axis = axis(100, COLUMN * 20.0);
        assert!((axis.reveal(25) - COLUMN * 20.0).abs() < 0.5);
        assert!((axis.reveal(30) - COLUMN * 21.0).abs() < 0.5);
        assert!((axis.reveal(3) - COLUMN * 3.0).abs() < 0.5);
        assert_eq!(axis.at(LABELS + 1.0), Some(20));
        assert_eq!(axis.at(5.0), None);
    }
}
