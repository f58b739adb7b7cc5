//! Keys that come faster than frames.

use super::support::{Window, active, bench, window};
use crate::link::Canned;
use crate::state::{Place, ScreenKind, Tab};
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

const CTRL: Modifiers = Modifiers { alt: false, ctrl: true, shift: false, mac_cmd: false, command: true };

fn key(key: Key, modifiers: Modifiers) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

/// Letters as a page gives them: the text, then the key.
fn letters(text: &str) -> Vec<Event> {
    let of = |letter: char| {
        let text = Event::Text(letter.to_string());
        std::iter::once(text)
            .chain(Key::from_name(&letter.to_uppercase().to_string()).map(|of| key(of, Modifiers::NONE)))
    };
    text.chars().flat_map(of).collect()
}

/// All of them come before the next frame.
fn at_once(window: &mut Window, events: Vec<Event>) {
    window.input_mut().events.extend(events);
    window.run_ok();
    window.run_ok();
}

#[test]
fn keys_of_one_frame_act_in_the_order_in_which_they_were_pressed() {
    let (escape, palette) = (key(Key::Escape, Modifiers::NONE), key(Key::K, CTRL));
    let find = "Find tables, columns, commands";
    let mut harness = window(Canned::sample());
    at_once(&mut harness, vec![escape.clone(), palette.clone()]);
    assert!(harness.query_by_label(find).is_some(), "the palette came last");
    at_once(&mut harness, vec![escape.clone()]);
    at_once(&mut harness, vec![palette, escape]);
    assert!(harness.query_by_label(find).is_none(), "it was closed at once");
}

#[test]
fn what_follows_a_key_that_opens_a_field_is_written_there() {
    let mut harness = window(Canned::sample());
    at_once(&mut harness, [letters("/"), letters("cust")].concat());
    let filter = bench(&mut harness).workspace().filters.get("tree").cloned();
    assert_eq!(filter.as_deref(), Some("cust"));
    assert!(bench(&mut harness).workspace().tabs.is_empty(), "a letter was a command");
}

#[test]
fn a_command_is_chosen_in_the_palette_by_keys_of_one_frame() {
    let mut harness = window(Canned::sample());
    let enter = key(Key::Enter, Modifiers::NONE);
    at_once(&mut harness, [vec![key(Key::K, CTRL)], letters("> releases"), vec![enter.clone()]].concat());
    assert_eq!(active(&harness), Some(Tab::Releases {}));
    at_once(&mut harness, [vec![key(Key::K, CTRL)], letters("silver.shop.customers"), vec![enter]].concat());
    assert_eq!(active(&harness).map(|tab| tab.kind()), Some(ScreenKind::Table));
}

#[test]
fn a_place_and_a_key_of_its_screen_come_in_one_frame() {
    let mut harness = window(Canned::sample());
    at_once(&mut harness, vec![key(Key::Num5, CTRL), key(Key::Escape, Modifiers::NONE), key(Key::W, CTRL)]);
    assert_eq!(active(&harness), None);
    at_once(&mut harness, vec![key(Key::T, Modifiers { shift: true, ..CTRL }), key(Key::Num1, CTRL)]);
    assert_eq!(bench(&mut harness).workspace().place, Place::Lake);
    assert!(bench(&mut harness).workspace().tabs.iter().any(|tab| tab.kind() == ScreenKind::Sql), "it is back");
}
