//! Shortcuts, matched together so that the longer set of modifiers wins.

use super::Command;
use crate::state::{Store, Workspace};
use egui::{Context, Key, KeyboardShortcut, Modifiers};

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut(pub KeyboardShortcut);

impl Shortcut {
    /// A key with modifiers.
    #[must_use]
    pub const fn new(modifiers: Modifiers, key: Key) -> Self {
        Self(KeyboardShortcut::new(modifiers, key))
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

    fn is_plain(self) -> bool {
        !self.0.modifiers.any() && !matches!(self.0.logical_key, Key::Escape) && !is_function_key(self.0.logical_key)
    }

    fn weight(self) -> u32 {
        let Modifiers { alt, ctrl, shift, command, .. } = self.0.modifiers;
        u32::from(alt) + u32::from(ctrl || command) + u32::from(shift)
    }
}

fn is_function_key(key: Key) -> bool {
    (Key::F1..=Key::F12).contains(&key)
}

/// Takes the pressed shortcuts out of the input. Plain letters count only outside text fields.
#[must_use]
pub fn pressed(ctx: &Context, store: &Store, workspace: &Workspace) -> Vec<Command> {
    let typing = ctx.text_edit_focused();
    let mut candidates: Vec<(Shortcut, Command)> = Command::all(store, workspace)
        .into_iter()
        .flat_map(|command| command.shortcuts().into_iter().map(move |shortcut| (shortcut, command.clone())))
        .filter(|(shortcut, _)| !(typing && shortcut.is_plain()))
        .collect();
    candidates.sort_by_key(|(shortcut, command)| {
        (std::cmp::Reverse(shortcut.weight()), command.unavailable(store, workspace).is_some())
    });
    ctx.input_mut(|input| {
        candidates
            .into_iter()
            .filter(|(_, command)| command.unavailable(store, workspace).is_none())
            .filter(|(shortcut, _)| input.consume_shortcut(&shortcut.0))
            .map(|(_, command)| command)
            .collect()
    })
}
