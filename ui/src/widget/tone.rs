//! What a colour means.

use crate::design::Tokens;
use egui::Color32;

/// Meaning of a badge, a mark or a number. Only deviations get strong colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Neutral,
    /// Passed, inserted.
    Ok,
    /// Information, updated.
    Info,
    /// Warning, late, quarantined.
    Warn,
    /// Failed, deleted.
    Fail,
    /// Running, draft, in focus.
    Accent,
}

impl Tone {
    /// Text and icon colour.
    #[must_use]
    pub fn text(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Neutral => tokens.text,
            Self::Ok => tokens.ok,
            Self::Info => tokens.info,
            Self::Warn => tokens.warn,
            Self::Fail => tokens.fail,
            Self::Accent => tokens.accent,
        }
    }

    /// Colour behind it.
    #[must_use]
    pub fn background(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Neutral => tokens.raised,
            Self::Ok => tokens.ok_bg,
            Self::Info => tokens.info_bg,
            Self::Warn => tokens.warn_bg,
            Self::Fail => tokens.fail_bg,
            Self::Accent => tokens.selection,
        }
    }
}
