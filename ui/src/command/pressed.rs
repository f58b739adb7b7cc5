//! Shortcuts, matched together so that the longer set of modifiers wins.

use super::{Command, Facts};
use crate::action::Shortcut;
use egui::{Context, Event, Id, Key};

/// Frames for which the text of a key that was a shortcut is still taken away; it may come after the key.
const TEXT_FOLLOWS: u64 = 2;

/// Says that letters act while the widget `id` has the focus: a grid, a row of a list or a tree.
pub fn letters_act_in(ctx: &Context, id: Id) {
    ctx.data_mut(|data| data.insert_temp(acting(), id));
}

/// The widget with the focus that let letters act.
fn acting() -> Id {
    Id::unique("letters act here")
}

/// Whether a text field was left by a key, and nothing was pointed at since.
fn was_writing() -> Id {
    Id::unique("was writing")
}

/// Whether a letter is a command now: while a grid or a list has the focus. With no focus at all it is one too, unless
/// a text field was left by Enter just before: who goes on typing then writes a text and commands nothing.
fn letters_act(ctx: &Context) -> bool {
    let focused = ctx.memory(|memory| memory.focused());
    let typing = ctx.text_edit_focused();
    let freed = ctx.input(|input| input.pointer.any_pressed() || input.key_pressed(Key::Escape));
    let was_writing = ctx.data_mut(|data| {
        let writing = data.get_temp_mut_or_default::<bool>(was_writing());
        *writing = !freed && (*writing || typing);
        *writing
    });
    match focused {
        Some(id) => !typing && ctx.data(|data| data.get_temp::<Id>(acting())) == Some(id),
        None => !was_writing,
    }
}

/// Takes the pressed shortcuts out of the input. Keys that type count only where [`letters_act_in`] says, and what they
/// would type is taken too, so that a field that the command focuses stays as it is.
#[must_use]
pub fn pressed(ctx: &Context, facts: &Facts<'_>) -> Vec<Command> {
    let frame = ctx.cumulative_frame_nr();
    swallow(ctx, frame);
    let letters_act = letters_act(ctx);
    let mut candidates: Vec<(Shortcut, Command)> = Command::all(facts)
        .into_iter()
        .filter(|command| command.unavailable(facts).is_none())
        .flat_map(|command| command.action().keys.iter().map(move |shortcut| (*shortcut, command.clone())))
        .filter(|(shortcut, _)| letters_act || !shortcut.types())
        .collect();
    candidates.sort_by_key(|(shortcut, _)| std::cmp::Reverse(shortcut.modifiers()));
    let mut pressed: Vec<(Shortcut, Command)> = Vec::new();
    ctx.input_mut(|input| {
        pressed.extend(candidates.into_iter().filter(|(shortcut, _)| input.consume_shortcut(&shortcut.keyboard())));
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
