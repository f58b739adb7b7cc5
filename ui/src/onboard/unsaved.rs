//! Texts of contracts that are written and not saved.

/// Name under which an unsaved text is kept for the next start.
pub(super) fn kept(path: &str) -> String {
    format!("contract {path}")
}
