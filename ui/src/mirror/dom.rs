//! Keeps the elements of the page equal to the tree.

use super::inbox;
use super::node::Seen;
use egui::accesskit::{Node, NodeId, TreeUpdate};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

/// Id of the element that holds all others.
const HOST: &str = "mirror";

#[derive(Default)]
struct Page {
    shown: BTreeMap<NodeId, (Seen, Element)>,
    /// Shown nodes as the tree is read.
    order: Vec<NodeId>,
    waiting: Option<(TreeUpdate, f32)>,
}

thread_local! {
    static PAGE: RefCell<Page> = RefCell::default();
}

/// Keeps a tree until the next update, or until a test asks.
pub(super) fn later(update: TreeUpdate, zoom: f32) {
    PAGE.with_borrow_mut(|page| page.waiting = Some((update, zoom)));
}

/// What is shown now, as the tree is read.
pub(super) fn with_shown<R>(read: impl FnOnce(&mut dyn Iterator<Item = (NodeId, &Seen)>) -> R) -> R {
    let waiting = PAGE.with_borrow_mut(|page| page.waiting.take());
    if let Some((update, zoom)) = waiting {
        show(&update, zoom);
    }
    PAGE.with_borrow(|page| {
        let known = |id: &NodeId| page.shown.get(id).map(|(seen, _)| (*id, seen));
        read(&mut page.order.iter().filter_map(known))
    })
}

/// Brings the page up to date with `update`, which is always a whole tree.
pub(super) fn show(update: &TreeUpdate, zoom: f32) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let Some(host) = document.get_element_by_id(HOST) else { return };
    PAGE.with_borrow_mut(|page| {
        page.waiting = None;
        let mut gone: Vec<NodeId> = page.shown.keys().copied().collect();
        let mut alive = BTreeMap::new();
        for (id, node) in &update.nodes {
            if let Some(seen) = Seen::of(node) {
                alive.insert(*id, seen);
            }
        }
        gone.retain(|id| !alive.contains_key(id));
        for id in gone {
            if let Some((_, element)) = page.shown.remove(&id) {
                element.remove();
            }
        }
        for (id, seen) in alive {
            let same_tag = page.shown.get(&id).is_some_and(|(old, _)| old.tag() == seen.tag());
            if !same_tag {
                if let Some((_, element)) = page.shown.remove(&id) {
                    element.remove();
                }
                let Some(element) = create(&document, &host, id, &seen) else { continue };
                fill(&document, &element, &seen, None, zoom);
                page.shown.insert(id, (seen, element));
            } else if let Some((old, element)) = page.shown.get_mut(&id) {
                if *old != seen {
                    fill(&document, element, &seen, Some(old), zoom);
                    *old = seen;
                }
            }
        }
        page.order = reading_order(update);
        page.order.retain(|id| page.shown.contains_key(id));
        arrange(&host, page);
    });
    if let Some(canvas) = document.get_element_by_id("sluice") {
        let _ = canvas.set_attribute("aria-activedescendant", &element_id(update.focus));
    }
}

/// Nodes depth first, as they are read.
fn reading_order(update: &TreeUpdate) -> Vec<NodeId> {
    let nodes: BTreeMap<NodeId, &Node> = update.nodes.iter().map(|(id, node)| (*id, node)).collect();
    let mut waiting: Vec<NodeId> = update.tree.iter().map(|tree| tree.root).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(id) = waiting.pop() {
        if let Some(node) = nodes.get(&id) {
            order.push(id);
            waiting.extend(node.children().iter().rev());
        }
    }
    order
}

/// Brings the elements into that order, moving as few as possible, since a moved element loses the focus.
fn arrange(host: &Element, page: &Page) {
    let mut next = host.first_element_child();
    for (_, element) in page.order.iter().filter_map(|id| page.shown.get(id)) {
        if next.as_ref() == Some(element) {
            next = element.next_element_sibling();
        } else {
            let _ = host.insert_before(element, next.as_ref().map(AsRef::as_ref));
        }
    }
}

fn element_id(id: NodeId) -> String {
    format!("ak-{}", id.0)
}

fn create(document: &Document, host: &Element, id: NodeId, seen: &Seen) -> Option<Element> {
    let element = document.create_element(seen.tag()).ok()?;
    element.set_id(&element_id(id));
    let _ = element.set_attribute("tabindex", "-1");
    match seen.tag() {
        "button" => {
            let _ = element.set_attribute("type", "button");
        }
        "input" => {
            let _ = element.set_attribute("autocomplete", "off");
        }
        _ => {}
    }
    inbox::listen(&element, id, seen.is_text());
    host.append_child(&element).ok()?;
    Some(element)
}

fn fill(document: &Document, element: &Element, seen: &Seen, old: Option<&Seen>, zoom: f32) {
    let set = |name: &str, value: &str| {
        let _ = element.set_attribute(name, value);
    };
    let flag = |name: &str, value: Option<bool>| match value {
        Some(value) => set(name, if value { "true" } else { "false" }),
        None => {
            let _ = element.remove_attribute(name);
        }
    };
    if old.is_none_or(|old| old.rect != seen.rect) {
        if let Some(element) = element.dyn_ref::<HtmlElement>() {
            let mut style = String::new();
            let names = ["left", "top", "width", "height"];
            for (name, value) in names.into_iter().zip(seen.rect) {
                let _ = write!(style, "{name}:{:.1}px;", value * f64::from(zoom));
            }
            element.style().set_css_text(&style);
        }
    }
    if !seen.aria_role().is_empty() {
        set("role", seen.aria_role());
    }
    set("aria-label", seen.name());
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        if !is_active(document, element) && input.value() != seen.value {
            input.set_value(&seen.value);
        }
    } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        if !is_active(document, element) && area.value() != seen.value {
            area.set_value(&seen.value);
        }
    } else {
        let text = if seen.value.is_empty() { seen.name() } else { &seen.value };
        if element.text_content().as_deref() != Some(text) {
            element.set_text_content(Some(text));
        }
    }
    let checks = matches!(seen.aria_role(), "checkbox" | "switch" | "radio");
    let selects = matches!(seen.aria_role(), "tab" | "treeitem" | "option" | "row" | "listitem" | "gridcell");
    flag("aria-checked", seen.toggled.filter(|_| checks));
    flag("aria-selected", seen.selected.or(seen.toggled).filter(|_| selects));
    flag("aria-pressed", seen.toggled.filter(|_| !checks && !selects));
    flag("aria-expanded", seen.expanded);
    flag("aria-disabled", seen.disabled.then_some(true));
    let number = |name: &str, value: Option<usize>| {
        if let Some(value) = value {
            set(name, &value.to_string());
        }
    };
    number("aria-level", seen.level);
    number("aria-rowindex", seen.row.map(|row| row + 1));
    number("aria-colindex", seen.column.map(|column| column + 1));
}

fn is_active(document: &Document, element: &Element) -> bool {
    document.active_element().is_some_and(|active| active.id() == element.id())
}
