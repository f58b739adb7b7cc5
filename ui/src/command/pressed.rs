//! Shortcuts, matched together so that the longer set of modifiers wins.

use super::{Command, Facts};
use crate::action::Shortcut;
use egui::{Context, Event, Id};

/// Frames for which the text of a key that was a shortcut is still taken away; it may come after the key.
const TEXT_FOLLOWS: u64 = 2;

/// Takes the pressed shortcuts out of the input. Keys that type count only outside text fields, and what they would
/// type is taken too, so that a field that the command focuses stays as it is.
#[must_use]
pub fn pressed(ctx: &Context, facts: &Facts<'_>) -> Vec<Command> {
    let frame = ctx.cumulative_frame_nr();
    swallow(ctx, frame);
    let typing = ctx.text_edit_focused();
    let mut candidates: Vec<(Shortcut, Command)> = Command::all(facts)
        .into_iter()
        .filter(|command| command.unavailable(facts).is_none())
        .flat_map(|command| command.action().keys.iter().map(move |shortcut| (*shortcut, command.clone())))
        .filter(|(shortcut, _)| !(typing && shortcut.types()))
        .collect();
    candidates.sort_by_key(|(shortcut, _)| std::cmp::Reverse(shortcut.modifiers()));
    let pressed: Vec<(Shortcut, Command)> = ctx.input_mut(|input| {
        candidates.into_iter().filter(|(shortcut, _)| input.consume_shortcut(&shortcut.keyboard())).collect()
    });
    if let Some((shortcut, _)) = pressed.iter().find(|(shortcut, _)| shortcut.types()) {
        ctx.data_mut(|data| data.insert_temp(typed(), (shortcut.text(), frame)));
        swallow(ctx, frame);
    }
    pressed.into_iter().map(|(_, command)| command).collect()
}

/// Where the key that was a shortcut last is kept.
fn typed() -> Id {
    Id::unique("typed by a shortcut")
}

/// Takes the text of a key away that was a shortcut in this frame or just before.
fn swallow(ctx: &Context, frame: u64) {
    let Some((text, since)) = ctx.data(|data| data.get_temp::<(String, u64)>(typed())) else { return };
    let is_text = |event: &Event| matches!(event, Event::Text(typed) if typed.eq_ignore_ascii_case(&text));
    let taken = ctx.input_mut(|input| {
        let before = input.events.len();
        input.events.retain(|event| !is_text(event));
        input.events.len() < before
    });
    if taken || frame > since + TEXT_FOLLOWS {
        ctx.data_mut(|data| data.remove::<(String, u64)>(typed()));
    }
}
