//! The tables of commands, screens and places as a whole.

use super::Command;
use crate::action::{Action, Shortcut};
use crate::state::{Place, ScreenKind};
use std::collections::BTreeSet;

/// Every command with keys, and the screens on which they count; empty means everywhere.
fn all() -> Vec<(Command, &'static [ScreenKind])> {
    let opens = ScreenKind::ALL.iter().map(|kind| Command::Open(*kind, None));
    let places = Place::ALL.into_iter().map(Command::Show);
    let listed = Command::LISTED.iter().cloned();
    opens.chain(places).chain(listed).map(|command| (command.clone(), command.screens())).collect()
}

fn actions() -> Vec<&'static Action> {
    all().into_iter().map(|(command, _)| command.action()).collect()
}

#[test]
fn no_key_means_two_things_on_one_screen() {
    let keys: Vec<(Shortcut, &[ScreenKind], &str)> = all()
        .into_iter()
        .flat_map(|(command, screens)| {
            let action = command.action();
            action.keys.iter().map(move |key| (*key, screens, action.id))
        })
        .collect();
    assert!(keys.len() > 30, "{} keys", keys.len());
    for (position, (key, screens, id)) in keys.iter().enumerate() {
        for (other_key, other_screens, other_id) in keys.iter().skip(position + 1) {
            let together = screens.is_empty()
                || other_screens.is_empty()
                || screens.iter().any(|screen| other_screens.contains(screen));
            assert!(key != other_key || !together, "{} means {id} and {other_id}", key.text());
        }
    }
}

#[test]
fn every_action_has_a_name_of_its_own_and_words() {
    let mut ids = BTreeSet::new();
    for action in actions() {
        assert!(ids.insert(action.id), "{} is there twice", action.id);
        let first = action.text.chars().next().unwrap_or(' ');
        assert!(first.is_uppercase(), "{}: {}", action.id, action.text);
        assert!(!action.text.ends_with('.') && !action.tooltip.ends_with('.'), "{}", action.id);
    }
}

#[test]
fn commands_of_a_screen_say_why_they_cannot_run_elsewhere() {
    for (command, screens) in all() {
        assert_eq!(command.is_for_screen(), !screens.is_empty());
    }
    assert_eq!(Command::ChangedOnly.screens(), [ScreenKind::Diff, ScreenKind::LakeDiff, ScreenKind::History]);
}
