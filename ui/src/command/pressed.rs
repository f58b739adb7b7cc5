//! Shortcuts, matched together so that the longer set of modifiers wins.

use super::{Command, Facts};
use crate::action::Shortcut;
use egui::{Context, Event};

/// Takes the pressed shortcuts out of the input. Keys that type count only outside text fields, and what they would
/// type is taken too, so that a field that the command focuses stays as it is.
#[must_use]
pub fn pressed(ctx: &Context, facts: &Facts<'_>) -> Vec<Command> {
    let typing = ctx.text_edit_focused();
    let mut candidates: Vec<(Shortcut, Command)> = Command::all(facts)
        .into_iter()
        .filter(|command| command.unavailable(facts).is_none())
        .flat_map(|command| command.action().keys.iter().map(move |shortcut| (*shortcut, command.clone())))
        .filter(|(shortcut, _)| !(typing && shortcut.types()))
        .collect();
    candidates.sort_by_key(|(shortcut, _)| std::cmp::Reverse(shortcut.modifiers()));
    ctx.input_mut(|input| {
        let mut commands = Vec::new();
        for (shortcut, command) in candidates {
            if input.consume_shortcut(&shortcut.keyboard()) {
                if shortcut.types() {
                    input.events.retain(|event| !matches!(event, Event::Text(_)));
                }
                commands.push(command);
            }
        }
        commands
    })
}
