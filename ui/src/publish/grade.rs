//! How hard a change is: icon, colour and word together.

use crate::design::{Tokens, icon};
use egui::Color32;
use sluice_api::Grade;

/// Icon and colour.
pub(crate) fn look(tokens: &Tokens, grade: Grade) -> (char, Color32) {
    match grade {
        Grade::Breaking => (icon::DANGEROUS, tokens.fail),
        Grade::Warning => (icon::WARNING, tokens.warn),
        Grade::Info => (icon::INFO, tokens.info),
    }
}

/// The word.
pub(crate) fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Breaking => "Breaking",
        Grade::Warning => "Warning",
        Grade::Info => "Info",
    }
}
