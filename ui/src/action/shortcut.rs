//! A key with its modifiers.

use egui::{Key, KeyboardShortcut, Modifiers};

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut(KeyboardShortcut);

impl Shortcut {
    /// `key` alone. A letter or a sign acts only outside text fields.
    #[must_use]
    pub const fn plain(key: Key) -> Self {
        Self(KeyboardShortcut::new(Modifiers::NONE, key))
    }

    /// `key` with Ctrl, on a Mac with Command.
    #[must_use]
    pub const fn ctrl(key: Key) -> Self {
        Self(KeyboardShortcut::new(Modifiers::COMMAND, key))
    }

    /// `key` with Ctrl and Shift.
    #[must_use]
    pub const fn ctrl_shift(key: Key) -> Self {
        Self(KeyboardShortcut::new(Modifiers { shift: true, ..Modifiers::COMMAND }, key))
    }

    /// `key` with Shift.
    #[must_use]
    pub const fn shift(key: Key) -> Self {
        Self(KeyboardShortcut::new(Modifiers::SHIFT, key))
    }

    /// `key` with Alt.
    #[must_use]
    pub const fn alt(key: Key) -> Self {
        Self(KeyboardShortcut::new(Modifiers::ALT, key))
    }

    /// As egui takes it.
    #[must_use]
    pub const fn keyboard(self) -> KeyboardShortcut {
        self.0
    }

    /// As on a key cap, for example `Ctrl Shift O`.
    #[must_use]
    pub fn text(self) -> String {
        let Modifiers { alt, ctrl, shift, command, .. } = self.0.modifiers;
        let mut parts = Vec::new();
        if ctrl || command {
            parts.push("Ctrl");
        }
        if alt {
            parts.push("Alt");
        }
        if shift {
            parts.push("Shift");
        }
        parts.push(match self.0.logical_key {
            Key::ArrowLeft => "←",
            Key::ArrowRight => "→",
            Key::Escape => "Esc",
            Key::OpenBracket => "[",
            Key::CloseBracket => "]",
            Key::Slash => "/",
            key => key.name(),
        });
        parts.join(" ")
    }

    /// Whether it writes a character, so that a text field in focus takes it.
    #[must_use]
    pub fn types(self) -> bool {
        !self.0.modifiers.any()
            && !matches!(self.0.logical_key, Key::Escape)
            && !(Key::F1..=Key::F12).contains(&self.0.logical_key)
    }

    /// How many modifiers it has; of two that fit, the one with more is meant.
    #[must_use]
    pub fn modifiers(self) -> u32 {
        let Modifiers { alt, ctrl, shift, command, .. } = self.0.modifiers;
        u32::from(alt) + u32::from(ctrl || command) + u32::from(shift)
    }
}
