//! The texts of queries by the number of their tab.

use std::collections::BTreeMap;

/// Adds a query with `text` and returns its number.
pub(super) fn add(queries: &mut BTreeMap<u32, String>, text: String) -> u32 {
    let number = queries.keys().next_back().map_or(1, |last| last + 1);
    queries.insert(number, text);
    number
}
