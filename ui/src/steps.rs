//! One key after the other. Where a frame takes long, several keys and clicks come in one, and a key may decide where
//! the next one goes: `/` puts the focus into a filter, `Ctrl K` opens a field, a click chooses one. Each frame therefore
//! gets one step, and what came after it waits for the next frame. Writing in a field is one step, however long.

use egui::accesskit::Action;
use egui::{Context, Event, Key, Modifiers, Plugin, RawInput, Ui};
use std::collections::VecDeque;

/// Input that came and was not given to a frame yet.
#[derive(Default)]
pub(crate) struct Steps {
    waiting: VecDeque<Event>,
    /// The last step was a key that acts: what it opened or closed stands only after another frame, and what is pointed
    /// at is looked up among what the last frame drew.
    acted: bool,
}

/// What the frame does with the events it has so far.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// Nothing that decides where a key goes: the pointer moves, the wheel turns.
    Open,
    /// Text and keys that edit it go into the field in focus.
    Writing,
    /// The text of a key that comes next.
    Letter,
    /// A key outside a field, or one that acts in it; held down it comes several times. Its text may still follow.
    Pressed(Key, Modifiers),
    /// The same, and its text came.
    Typed(Key, Modifiers),
    /// A key that was let go of again, or a button of the pointer: whatever comes is another step.
    Done,
}

impl Steps {
    /// Whether input waits for a frame.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many of the waiting events are the next step.
    fn next(&mut self, in_field: bool) -> usize {
        let acted = std::mem::take(&mut self.acted);
        let mut step = Step::Open;
        for (position, event) in self.waiting.iter().enumerate() {
            if acted && matches!(event, Event::PointerButton { pressed: true, .. }) {
                return position;
            }
            let Some(next) = after(step, event, in_field) else { return position };
            self.acted |= next != Step::Writing && is_press(event);
            step = next;
        }
        self.waiting.len()
    }
}

/// The step with `event` in it, `None` if the event begins another one.
fn after(step: Step, event: &Event, in_field: bool) -> Option<Step> {
    match event {
        Event::Key { key, pressed: true, modifiers, .. } if !is_modifier(*key) => {
            let writes = in_field && edits(*key, *modifiers);
            match step {
                Step::Open if writes => Some(Step::Writing),
                Step::Open => Some(Step::Pressed(*key, *modifiers)),
                Step::Writing => writes.then_some(step),
                Step::Letter => Some(Step::Typed(*key, *modifiers)),
                Step::Pressed(..) | Step::Typed(..) => (step == Step::Pressed(*key, *modifiers)).then_some(step),
                Step::Done => None,
            }
        }
        Event::Key { key, pressed: false, .. } => match step {
            Step::Pressed(held, _) | Step::Typed(held, _) if held == *key => Some(Step::Done),
            _ => Some(step),
        },
        Event::Text(_) => match step {
            Step::Open if in_field => Some(Step::Writing),
            Step::Open => Some(Step::Letter),
            Step::Writing => Some(step),
            Step::Pressed(key, modifiers) => edits(key, modifiers).then_some(Step::Typed(key, modifiers)),
            Step::Letter | Step::Typed(..) | Step::Done => None,
        },
        Event::Paste(_) | Event::Ime(_) if in_field && step == Step::Open => Some(Step::Writing),
        Event::PointerButton { .. } => (step == Step::Open).then_some(Step::Done),
        // A click is one with the keys that were held then.
        Event::ModifiersChanged(_) => matches!(step, Step::Open | Step::Writing).then_some(step),
        // Assistive technology focuses what it clicks or writes into.
        Event::AccessKitActionRequest(request) => match request.action {
            Action::Focus => (step == Step::Open).then_some(step),
            _ => (step == Step::Open).then_some(Step::Done),
        },
        _ => Some(step),
    }
}

/// Whether a key changes a text or moves in it.
fn edits(key: Key, modifiers: Modifiers) -> bool {
    let chord = modifiers.ctrl || modifiers.alt || modifiers.command || modifiers.mac_cmd;
    let acts = matches!(key, Key::Enter | Key::Tab | Key::Escape) || (Key::F1..=Key::F35).contains(&key);
    !chord && !acts
}

fn is_press(event: &Event) -> bool {
    matches!(event, Event::Key { key, pressed: true, .. } if !is_modifier(*key))
}

fn is_modifier(key: Key) -> bool {
    use Key::{AltLeft, AltRight, ControlLeft, ControlRight, ShiftLeft, ShiftRight, SuperLeft, SuperRight};
    matches!(key, ShiftLeft | ShiftRight | ControlLeft | ControlRight | AltLeft | AltRight | SuperLeft | SuperRight)
}

impl Plugin for Steps {
    fn debug_name(&self) -> &'static str {
        "Steps"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        self.waiting.extend(input.events.drain(..));
        let step = self.next(ctx.text_edit_focused());
        input.events.extend(self.waiting.drain(..step));
    }

    fn on_begin_pass(&mut self, ui: &mut Ui) {
        if self.is_waiting() {
            ui.ctx().request_repaint();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;
    use egui::{Event, Key, Modifiers, PointerButton, pos2};

    fn key(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    fn letter(text: &str, of: Key) -> [Event; 2] {
        [Event::Text(text.to_owned()), key(of, Modifiers::NONE)]
    }

    fn click(pressed: bool) -> Event {
        let modifiers = Modifiers::NONE;
        Event::PointerButton { pos: pos2(1.0, 1.0), button: PointerButton::Primary, pressed, modifiers }
    }

    /// How long each step is; `in_field` says of each whether a field has the focus then.
    fn lengths(events: Vec<Event>, in_field: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut steps = Steps { waiting: events.into(), acted: false };
        let mut lengths = Vec::new();
        while steps.is_waiting() {
            let length = steps.next(in_field(lengths.len()));
            steps.waiting.drain(..length);
            lengths.push(length);
        }
        lengths
    }

    #[test]
    fn each_key_outside_a_field_is_a_step_with_its_text() {
        let typed = [letter("/", Key::Slash), letter("c", Key::C), letter("u", Key::U)].concat();
        // The first key put the focus into a field, what follows is written there at once.
        assert_eq!(lengths(typed.clone(), |step| step > 0), [2, 4]);
        assert_eq!(lengths(typed, |_| false), [2, 2, 2]);
        // A field has the text after the key.
        let behind = vec![key(Key::Slash, Modifiers::NONE), Event::Text("/".to_owned()), key(Key::C, Modifiers::NONE)];
        assert_eq!(lengths(behind, |_| false), [2, 1]);
    }

    #[test]
    fn writing_is_one_step_and_ends_with_a_key_that_acts() {
        let mut events = [letter("a", Key::A), letter("b", Key::B)].concat();
        events.extend([key(Key::Backspace, Modifiers::NONE), key(Key::Enter, Modifiers::NONE)]);
        events.extend(letter("c", Key::C));
        assert_eq!(lengths(events, |_| true), [5, 1, 2]);
        let chords = vec![key(Key::A, Modifiers::CTRL), key(Key::Backspace, Modifiers::NONE)];
        assert_eq!(lengths(chords, |_| true), [1, 1]);
    }

    #[test]
    fn a_key_that_is_held_is_one_step() {
        let held = vec![key(Key::ArrowDown, Modifiers::NONE); 9];
        assert_eq!(lengths(held, |_| false), [9]);
        let closes = key(Key::W, Modifiers::COMMAND);
        let Event::Key { key: of, physical_key, modifiers, .. } = closes else { unreachable!("a key") };
        let let_go = Event::Key { key: of, physical_key, modifiers, pressed: false, repeat: false };
        let thrice = [closes.clone(), let_go.clone(), closes.clone(), let_go.clone(), closes, let_go];
        assert_eq!(lengths(thrice.to_vec(), |_| false), [2, 2, 2], "pressed three times is not held");
        let two = vec![key(Key::ArrowDown, Modifiers::NONE), key(Key::ArrowDown, Modifiers::SHIFT)];
        assert_eq!(lengths(two, |_| false), [1, 1]);
    }

    #[test]
    fn a_click_after_a_key_that_acts_waits_until_what_it_did_is_drawn() {
        let enter = vec![key(Key::Enter, Modifiers::NONE)];
        let events = [enter, vec![click(true), click(false)]].concat();
        assert_eq!(lengths(events, |_| true), [1, 0, 1, 1]);
    }

    #[test]
    fn a_click_is_not_mixed_with_keys_and_a_moving_pointer_ends_nothing() {
        let moved = Event::PointerMoved(pos2(2.0, 2.0));
        let written = letter("a", Key::A).to_vec();
        let events = [written.clone(), vec![moved, click(true), click(false)], written].concat();
        assert_eq!(lengths(events, |_| true), [3, 1, 1, 2]);
    }
}
