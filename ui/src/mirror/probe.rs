//! `window.__sluice`: the tree, the first frame, idle or not. Read-only.

use super::dom;
use super::page::call_page;
use serde_json::json;
use std::cell::Cell;
use std::time::Duration;
use wasm_bindgen::{JsValue, closure::Closure};

thread_local! {
    static IDLE: Cell<bool> = const { Cell::new(false) };
}

/// Remembers whether anything is under way.
pub(crate) fn set_idle(idle: bool) {
    IDLE.set(idle);
}

/// Puts the object in place.
pub(super) fn install() {
    let probe = js_sys::Object::new();
    let tree = Closure::<dyn Fn() -> String>::new(|| tree().to_string());
    let idle = Closure::<dyn Fn() -> bool>::new(|| IDLE.get());
    let set = |name: &str, value: &JsValue| {
        let _ = js_sys::Reflect::set(&probe, &JsValue::from_str(name), value);
    };
    set("tree", tree.as_ref());
    set("idle", idle.as_ref());
    set("firstFrameMs", &JsValue::NULL);
    // Both live as long as the page.
    tree.forget();
    idle.forget();
    let _ = js_sys::Reflect::set(&js_sys::global(), &JsValue::from_str("__sluice"), &probe);
}

/// Tells the page that the first frame is on the screen.
#[expect(clippy::cast_precision_loss, reason = "milliseconds")]
pub(crate) fn first_frame(since_load_ms: u64) {
    let value = JsValue::from_f64(since_load_ms as f64);
    if let Ok(probe) = js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str("__sluice")) {
        let _ = js_sys::Reflect::set(&probe, &JsValue::from_str("firstFrameMs"), &value);
    }
    call_page("sluiceStarted", &value);
}

/// Tells the page when the next frame is needed; until then it asks for none.
pub(super) fn next_frame(wait: Duration) {
    call_page("sluiceNextFrame", &JsValue::from_f64(wait.as_secs_f64() * 1_000.0));
}

fn tree() -> serde_json::Value {
    dom::with_shown(|nodes| {
        nodes
            .map(|(id, seen)| {
                json!({
                    "id": format!("ak-{}", id.0),
                    "role": format!("{:?}", seen.role),
                    "name": seen.name(),
                    "value": seen.value,
                    "rect": seen.rect,
                    "selected": seen.selected.or(seen.toggled),
                    "expanded": seen.expanded,
                    "disabled": seen.disabled,
                })
            })
            .collect()
    })
}
