//! Clicks and typing on the elements, as input of the next pass.

use egui::accesskit::{Action, ActionRequest, NodeId, TreeId};
use egui::{Context, Event, Key, Modifiers, RawInput};
use std::cell::RefCell;
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent};

thread_local! {
    static EVENTS: RefCell<Vec<Event>> = RefCell::default();
    static REPAINT: RefCell<Option<Context>> = RefCell::default();
}

const CTRL: Modifiers = Modifiers { alt: false, ctrl: true, shift: false, mac_cmd: false, command: true };

/// Where to ask for a repaint.
pub(super) fn set_repaint(ctx: &Context) {
    REPAINT.set(Some(ctx.clone()));
}

/// Hands the events to egui.
pub(super) fn deliver(input: &mut RawInput) {
    let events = EVENTS.take();
    if events.is_empty() {
        return;
    }
    input.focused = true;
    input.events.extend(events);
}

fn push(events: impl IntoIterator<Item = Event>) {
    EVENTS.with_borrow_mut(|waiting| waiting.extend(events));
    REPAINT.with_borrow(|ctx| {
        if let Some(ctx) = ctx {
            ctx.request_repaint();
            super::page::wake();
        }
    });
}

fn action(node: NodeId, action: Action) -> Event {
    Event::AccessKitActionRequest(ActionRequest { action, target_tree: TreeId::ROOT, target_node: node, data: None })
}

fn key(key: Key, modifiers: Modifiers, pressed: bool) -> Event {
    Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }
}

/// Listens on an element for as long as it lives.
pub(super) fn listen(element: &Element, node: NodeId, is_text: bool) {
    let on_click = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        event.prevent_default();
        push([action(node, Action::Focus), action(node, Action::Click)]);
    });
    add(element, "click", on_click);
    if is_text {
        let on_focus = Closure::<dyn Fn(web_sys::Event)>::new(move |_: web_sys::Event| {
            push([action(node, Action::Focus)]);
        });
        add(element, "focus", on_focus);
        let on_input = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            let target = event.target();
            let field = target.as_ref().and_then(|target| target.dyn_ref::<HtmlInputElement>());
            let area = target.as_ref().and_then(|target| target.dyn_ref::<HtmlTextAreaElement>());
            let text = field.map(HtmlInputElement::value).or_else(|| area.map(HtmlTextAreaElement::value));
            if let Some(text) = text {
                replace_text(node, text);
            }
        });
        add(element, "input", on_input);
    }
    let on_key = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            forward_key(node, event, is_text);
        }
    });
    add(element, "keydown", on_key);
}

fn add(element: &Element, name: &str, closure: Closure<dyn Fn(web_sys::Event)>) {
    let _ = element.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    // The element owns the function from here; it goes with the element.
    closure.forget();
}

/// Focus, select everything, type over it.
fn replace_text(node: NodeId, text: String) {
    let mut events = vec![action(node, Action::Focus), key(Key::A, CTRL, true), key(Key::A, CTRL, false)];
    if text.is_empty() {
        events.extend([key(Key::Delete, Modifiers::NONE, true), key(Key::Delete, Modifiers::NONE, false)]);
    } else {
        events.push(Event::Paste(text));
    }
    push(events);
}

/// Keys that are not text go on to egui; text reaches it through the `input` event.
fn forward_key(node: NodeId, event: &KeyboardEvent, is_text: bool) {
    let modifiers = Modifiers {
        alt: event.alt_key(),
        ctrl: event.ctrl_key(),
        shift: event.shift_key(),
        mac_cmd: false,
        command: event.ctrl_key(),
    };
    let name = event.key();
    let Some(pressed) = Key::from_name(&name) else { return };
    let edits =
        matches!(pressed, Key::Backspace | Key::Delete | Key::ArrowLeft | Key::ArrowRight | Key::Home | Key::End);
    let types = name.chars().count() == 1 && !modifiers.ctrl && !modifiers.alt;
    if is_text && (edits || types) {
        return;
    }
    event.prevent_default();
    push([action(node, Action::Focus), key(pressed, modifiers, true), key(pressed, modifiers, false)]);
}
