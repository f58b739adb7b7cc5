//! Functions of the page's own script.

use wasm_bindgen::{JsCast as _, JsValue};

/// Something came that the next frame shows, outside of any event of the page.
pub(crate) fn wake() {
    call_page("sluiceWake", &JsValue::UNDEFINED);
}

/// Calls a function of the page's own script, if it is there.
pub(crate) fn call_page(name: &str, argument: &JsValue) {
    let function = js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str(name)).ok();
    if let Some(function) = function.and_then(|value| value.dyn_into::<js_sys::Function>().ok()) {
        let _ = function.call1(&JsValue::NULL, argument);
    }
}
