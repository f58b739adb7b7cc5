//! What differences are called, and how they look.

use crate::design::{Tokens, icon};
use egui::Color32;
use sluice_api::{Arrival, DifferingKey};

/// Sign and color of a difference.
pub(super) fn mark(tokens: &Tokens, key: &DifferingKey) -> (char, Color32) {
    match key.arrival {
        Arrival::NotArrived | Arrival::NewerInSilver => (icon::SCHEDULE, tokens.text_weak),
        Arrival::Fault | Arrival::Unknown => match key.difference.as_str() {
            "missing" => (icon::REMOVE_CIRCLE, tokens.fail),
            "surplus" => (icon::ADD, tokens.warn),
            _ => (icon::DIFFERENCE, tokens.info),
        },
    }
}

/// The key in words.
pub(super) fn key(key: &DifferingKey) -> String {
    key.key.iter().map(|(name, text)| format!("{name} = {text}")).collect::<Vec<_>>().join(", ")
}

/// What a difference is, without its key.
pub(super) fn note(key: &DifferingKey) -> String {
    match (key.difference.as_str(), key.columns.as_slice()) {
        ("missing", _) => "in the source alone".to_owned(),
        ("surplus", _) => "in silver alone".to_owned(),
        (_, columns) => columns.join(", "),
    }
}
