//! What ordered the events of a file, where it is the format's own order.

use std::collections::BTreeMap;

/// Counts events by their order.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    // Nearly always one.
    counts: Vec<(&'static str, u64)>,
}

impl Orders {
    /// Counts an event. `words` says the order, and is the same for all events that it orders.
    pub(crate) fn note(&mut self, words: &'static str) {
        match self.counts.iter_mut().find(|(known, _)| *known == words) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((words, 1)),
        }
    }

    /// Events by order.
    pub(crate) fn counts(self) -> BTreeMap<String, u64> {
        self.counts.into_iter().map(|(words, count)| (words.to_owned(), count)).collect()
    }
}
