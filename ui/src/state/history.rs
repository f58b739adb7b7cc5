//! Selections back and forward.

use super::Selection;

/// How many selections are remembered.
const DEPTH_MAX: usize = 100;

/// The selection with its past and, after going back, its future.
#[derive(Debug, Default)]
pub struct History {
    past: Vec<Selection>,
    now: Selection,
    future: Vec<Selection>,
}

impl History {
    /// What is selected.
    #[must_use]
    pub fn now(&self) -> &Selection {
        &self.now
    }

    /// Selects; the future is forgotten.
    pub fn select(&mut self, selection: Selection) {
        if selection == self.now {
            return;
        }
        self.past.push(std::mem::replace(&mut self.now, selection));
        if self.past.len() > DEPTH_MAX {
            self.past.remove(0);
        }
        self.future.clear();
    }

    /// Replaces what is selected by the same thing with more known of it.
    pub fn amend(&mut self, selection: Selection) {
        self.now = selection;
    }

    /// Goes back one selection.
    pub fn back(&mut self) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.future.push(std::mem::replace(&mut self.now, before));
        true
    }

    /// Goes forward one selection.
    pub fn forward(&mut self) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.past.push(std::mem::replace(&mut self.now, after));
        true
    }

    /// Whether [`History::back`] would move.
    #[must_use]
    pub fn can_go_back(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether [`History::forward`] would move.
    #[must_use]
    pub fn can_go_forward(&self) -> bool {
        !self.future.is_empty()
    }
}
