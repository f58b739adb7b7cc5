//! Where a grid is scrolled to. Rows are integers; only the rest within one row is a fraction.

use super::copying::Copying;
use egui::{Context, Id, Rect};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};

/// Kept in egui's memory while the window is open.
#[derive(Clone, Debug, Default)]
pub struct GridState {
    /// First row, partly visible.
    pub first_row: u64,
    /// Points of that row above the view, `0.0 .. row height`.
    pub offset: f32,
    /// Points scrolled to the right.
    pub left: f32,
    /// Row and column of the cell cursor.
    pub cursor: Option<(u64, usize)>,
    /// Where a range of cells began; the cursor is its other corner.
    pub anchor: Option<(u64, usize)>,
    /// Widths that the person dragged, by column.
    pub widths: BTreeMap<usize, f32>,
    /// Row to be brought into view by the next frame.
    pub reveal: Option<u64>,
    /// A copy whose rows are being read.
    pub(super) copying: Option<Arc<Mutex<Copying>>>,
    /// Where inside the thumb the pointer took hold, points.
    pub(super) grabbed: Option<f32>,
}

/// Geometry of a frame.
pub(super) struct View {
    pub rows: u64,
    pub row_height: f32,
    pub body: Rect,
    pub total_width: f32,
}

impl View {
    /// Rows that fit entirely.
    pub(super) fn rows_in_view(&self) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred at most")]
        let rows = (self.body.height() / self.row_height).floor().max(0.0) as u64;
        rows
    }

    /// Largest first row.
    pub(super) fn first_row_max(&self) -> u64 {
        self.rows.saturating_sub(self.rows_in_view())
    }
}

impl GridState {
    /// Reads it.
    #[must_use]
    pub fn load(ctx: &Context, id: Id) -> Self {
        ctx.data(|data| data.get_temp(id)).unwrap_or_default()
    }

    /// Writes it.
    pub fn store(self, ctx: &Context, id: Id) {
        ctx.data_mut(|data| data.insert_temp(id, self));
    }

    /// Puts the cursor on a cell and brings it into view with the next frame.
    pub fn go_to(ctx: &Context, id: Id, row: u64, column: usize) {
        let mut state = Self::load(ctx, id);
        state.cursor = Some((row, column));
        state.anchor = None;
        state.reveal = Some(row);
        state.store(ctx, id);
        ctx.request_repaint();
    }

    /// Scrolls by points; positive is down.
    pub(super) fn scroll_by(&mut self, points: f32, view: &View) {
        let total = self.offset + points;
        let rows = (total / view.row_height).floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "wheel steps are small")]
        if rows >= 0.0 {
            self.first_row = self.first_row.saturating_add(rows as u64);
        } else {
            let up = (-rows) as u64;
            if up > self.first_row {
                self.first_row = 0;
                self.offset = 0.0;
                return;
            }
            self.first_row -= up;
        }
        self.offset = total - rows * view.row_height;
        self.clamp(view);
    }

    /// Brings `row` into view with as little movement as possible.
    pub(super) fn bring_into_view(&mut self, row: u64, view: &View) {
        let in_view = view.rows_in_view().max(1);
        if row < self.first_row || (row == self.first_row && self.offset > 0.0) {
            self.first_row = row;
            self.offset = 0.0;
        } else if row >= self.first_row + in_view {
            self.first_row = row + 1 - in_view;
            self.offset = 0.0;
        }
        self.clamp(view);
    }

    /// Brings a column into view.
    pub(super) fn bring_column_into_view(&mut self, column: usize, widths: &[f32], view: &View) {
        let start: f32 = widths.iter().take(column).sum();
        let end = start + widths.get(column).copied().unwrap_or_default();
        let width = view.body.width() - 12.0;
        if start < self.left {
            self.left = start;
        } else if end > self.left + width {
            self.left = end - width;
        }
    }

    /// The range of cells: rows and columns, both ends included.
    #[must_use]
    pub fn range(&self) -> Option<(RangeInclusive<u64>, RangeInclusive<usize>)> {
        let (row, column) = self.cursor?;
        let (from_row, from_column) = self.anchor.unwrap_or((row, column));
        let rows = row.min(from_row)..=row.max(from_row);
        Some((rows, column.min(from_column)..=column.max(from_column)))
    }

    /// Whether more than the cell under the cursor is chosen.
    #[must_use]
    pub fn has_range(&self) -> bool {
        self.anchor.is_some_and(|anchor| Some(anchor) != self.cursor)
    }

    /// Keeps everything inside the bounds.
    pub(super) fn clamp(&mut self, view: &View) {
        let max = view.first_row_max();
        if self.first_row >= max {
            self.first_row = max;
            self.offset = 0.0;
        }
        self.left = self.left.clamp(0.0, (view.total_width + 12.0 - view.body.width()).max(0.0));
        if let Some((row, _)) = &mut self.cursor {
            *row = (*row).min(view.rows.saturating_sub(1));
        }
        if let Some((row, _)) = &mut self.anchor {
            *row = (*row).min(view.rows.saturating_sub(1));
        }
        if view.rows == 0 {
            self.anchor = None;
            self.cursor = None;
        }
    }
}
