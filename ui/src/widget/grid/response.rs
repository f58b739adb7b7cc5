//! What happened in a grid.

use super::copy::Copied;
use crate::command::Command;
use crate::cx::Cx;
use egui::Response;

/// What happened in a grid this frame.
pub struct GridResponse {
    /// Of the whole grid.
    pub response: Response,
    /// Row and column under the cell cursor.
    pub cursor: Option<(u64, usize)>,
    /// The cursor was moved by key, click or command.
    pub moved: bool,
    /// Enter or double click on a cell.
    pub activated: Option<(u64, usize)>,
    /// A header was clicked.
    pub header_clicked: Option<usize>,
    /// First row and number of rows in view.
    pub visible: (u64, u64),
    /// A command of the context menu was chosen.
    pub command: Option<Command>,
    /// What came of a copy.
    pub copied: Option<Copied>,
}

impl GridResponse {
    /// Runs the command that was chosen on a cell, and says what came of a copy.
    pub fn act(&self, cx: &mut Cx<'_>) {
        if let Some(command) = &self.command {
            cx.run(command.clone());
        }
        if let Some((words, is_problem)) = self.copied.as_ref().and_then(Copied::words) {
            cx.notify(words, is_problem);
        }
    }
}
