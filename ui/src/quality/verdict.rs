//! Outcome of a check as icon, word and colour.

use crate::design::{Tokens, icon};
use egui::Color32;
use sluice_api::CheckState;

/// The word, sentence case.
pub(super) fn word(state: CheckState) -> &'static str {
    match state {
        CheckState::Failed => "Fail",
        CheckState::Warned => "Warn",
        CheckState::Passed => "Pass",
        CheckState::NotEvaluated => "Not evaluated",
    }
}

/// The icon.
pub(super) fn mark(state: CheckState) -> char {
    match state {
        CheckState::Failed => icon::ERROR,
        CheckState::Warned => icon::WARNING,
        CheckState::Passed => icon::CHECK_CIRCLE,
        CheckState::NotEvaluated => icon::REMOVE_CIRCLE,
    }
}

/// The colour of icon and measured value.
pub(super) fn color(tokens: &Tokens, state: CheckState) -> Color32 {
    match state {
        CheckState::Failed => tokens.fail,
        CheckState::Warned => tokens.warn,
        CheckState::Passed => tokens.ok,
        CheckState::NotEvaluated => tokens.text_weak,
    }
}
