//! Outcome of a check as icon, word and colour.

use crate::design::{Tokens, icon};
use egui::Color32;
use sluice_api::Verdict;

/// The word, sentence case.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "Fail",
        Verdict::Warn => "Warn",
        Verdict::Pass => "Pass",
        Verdict::Skipped => "Skipped",
    }
}

/// The icon.
pub(super) fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Fail => icon::ERROR,
        Verdict::Warn => icon::WARNING,
        Verdict::Pass => icon::CHECK_CIRCLE,
        Verdict::Skipped => icon::REMOVE_CIRCLE,
    }
}

/// The colour of icon and measured value.
pub(super) fn color(tokens: &Tokens, verdict: Verdict) -> Color32 {
    match verdict {
        Verdict::Fail => tokens.fail,
        Verdict::Warn => tokens.warn,
        Verdict::Pass => tokens.ok,
        Verdict::Skipped => tokens.text_weak,
    }
}
