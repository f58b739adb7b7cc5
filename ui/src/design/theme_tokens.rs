//! The tokens of each theme, and of the theme in use.

use super::{dark::DARK, light::LIGHT, tokens::Tokens};

impl Tokens {
    /// Tokens of the dark or the light theme.
    #[must_use]
    pub const fn of(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }
}

/// Reaches the tokens from where painting happens.
pub trait TokensExt {
    /// Tokens of the theme in use.
    fn tokens(&self) -> &'static Tokens;
}

impl TokensExt for egui::Ui {
    fn tokens(&self) -> &'static Tokens {
        Tokens::of(self.visuals().dark_mode)
    }
}

impl TokensExt for egui::Context {
    fn tokens(&self) -> &'static Tokens {
        Tokens::of(self.theme() == egui::Theme::Dark)
    }
}
