//! Marks of what happened to a row: glyph, word and colour together.

use crate::design::{Tokens, TokensExt, typeface};
use egui::{Align2, Color32, CornerRadius, Response, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `+`.
    Inserted,
    /// `~`.
    Updated,
    /// `−`.
    Deleted,
    /// `»`.
    Superseded,
    /// `!`.
    Quarantined,
    /// `=`.
    Equal,
}

impl Operation {
    /// The glyph.
    #[must_use]
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Inserted => "+",
            Self::Updated => "~",
            Self::Deleted => "−",
            Self::Superseded => "»",
            Self::Quarantined => "!",
            Self::Equal => "=",
        }
    }

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inserted => "inserted",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Superseded => "superseded",
            Self::Quarantined => "quarantined",
            Self::Equal => "equal",
        }
    }

    /// Colour of glyph and number.
    #[must_use]
    pub fn color(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Inserted => tokens.ok,
            Self::Updated => tokens.info,
            Self::Deleted => tokens.fail,
            Self::Superseded | Self::Equal => tokens.text_weak,
            Self::Quarantined => tokens.warn,
        }
    }

    /// Colour behind the mark.
    #[must_use]
    pub fn background(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Inserted => tokens.ok_bg,
            Self::Updated => tokens.info_bg,
            Self::Deleted => tokens.fail_bg,
            Self::Superseded | Self::Equal => tokens.raised,
            Self::Quarantined => tokens.warn_bg,
        }
    }

    /// From `_change` of a diff (`+`, `~`, `-`).
    #[must_use]
    pub fn from_change(text: &str) -> Option<Self> {
        match text {
            "+" => Some(Self::Inserted),
            "~" => Some(Self::Updated),
            "-" | "−" => Some(Self::Deleted),
            _ => None,
        }
    }

    /// The mark, 16 x 16.
    pub fn mark(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let (rect, response) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.word()));
        ui.painter().rect_filled(rect, CornerRadius::same(3), self.background(tokens));
        let font = typeface::mono_strong(12.0);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, self.glyph(), font, self.color(tokens));
        response
    }
}
