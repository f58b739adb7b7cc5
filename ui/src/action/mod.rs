//! What the window knows of something a person can do: words, icon, keys. Palette, keyboard map, menus, buttons and
//! tooltips all read it, so each is written once, in the row of a command, of a screen or of a place.

mod shortcut;

pub use shortcut::Shortcut;

use crate::design::icon;

/// Words, icon and keys of a user action.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Unique name, for example `replay.step`.
    pub id: &'static str,
    /// Words in palette and menus, sentence case; `{}` stands for what it acts on.
    pub text: &'static str,
    /// Words on a button; those of the palette if empty.
    pub word: &'static str,
    /// What it does, for tooltips and the second column of the palette; may be empty.
    pub tooltip: &'static str,
    /// Icon.
    pub icon: char,
    /// Keys, the one shown first.
    pub keys: &'static [Shortcut],
}

impl Action {
    /// An action without tooltip and keys.
    #[must_use]
    pub const fn new(id: &'static str, text: &'static str) -> Self {
        Self { id, text, word: "", tooltip: "", icon: icon::CHEVRON_RIGHT, keys: &[] }
    }

    /// Other words on a button than in the palette.
    #[must_use]
    pub const fn word(self, word: &'static str) -> Self {
        Self { word, ..self }
    }

    /// What it does.
    #[must_use]
    pub const fn tooltip(self, tooltip: &'static str) -> Self {
        Self { tooltip, ..self }
    }

    /// Its icon.
    #[must_use]
    pub const fn icon(self, icon: char) -> Self {
        Self { icon, ..self }
    }

    /// Its keys, the one shown first.
    #[must_use]
    pub const fn keys(self, keys: &'static [Shortcut]) -> Self {
        Self { keys, ..self }
    }

    /// The key on its cap, if it has one.
    #[must_use]
    pub fn key_text(&self) -> Option<String> {
        self.keys.first().map(|shortcut| shortcut.text())
    }
}
