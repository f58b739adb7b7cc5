//! Entry in the browser: fonts, renderer, transport, mirror.

use crate::design::Tokens;
use crate::{Host, Workbench, mirror};
use eframe::wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use eframe::{App, Frame, WebOptions, WebRunner};

/// Repaints per second at most; software rendering is common in webviews.
const FPS_MAX: u32 = 60;
/// Id of the canvas in the page.
const CANVAS: &str = "sluice";

struct WebApp {
    bench: Workbench,
    frames: u64,
    is_dark: Option<bool>,
}

impl App for WebApp {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        self.bench.ui(ui);
        if self.frames == 0 {
            mirror::first_frame(since_load_ms());
        }
        self.frames += 1;
        mirror::set_idle(self.bench.is_idle());
        let is_dark = ui.visuals().dark_mode;
        if self.is_dark.replace(is_dark) != Some(is_dark) {
            remember_theme(is_dark);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        Tokens::of(visuals.dark_mode).canvas.to_normalized_gamma_f32()
    }
}

/// Starts the window in the canvas of the page.
#[wasm_bindgen(start)]
pub(crate) fn start() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        if let Err(problem) = run().await {
            mirror::call_page("sluiceFailed", &problem);
        }
    });
}

async fn run() -> Result<(), JsValue> {
    let canvas = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(CANVAS))
        .and_then(|element| element.dyn_into::<web_sys::HtmlCanvasElement>().ok())
        .ok_or_else(|| JsValue::from_str("The page has no canvas"))?;
    let options = WebOptions { max_fps: Some(FPS_MAX), dithering: false, ..WebOptions::default() };
    WebRunner::new()
        .start(
            canvas,
            options,
            Box::new(|creation| {
                let ctx = &creation.egui_ctx;
                mirror::install(ctx);
                #[cfg(feature = "sample")]
                let transport = Box::new(crate::link::SampleTransport::new(ctx.clone()));
                #[cfg(not(feature = "sample"))]
                let transport = Box::new(crate::link::TauriTransport::new(ctx.clone()));
                let host = Host { job_seed: job_seed(), since_load_ms };
                let bench = Workbench::new(ctx, transport, host);
                Ok(Box::new(WebApp { bench, frames: 0, is_dark: None }))
            }),
        )
        .await
}

/// Milliseconds since the page began to load.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
fn since_load_ms() -> u64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0, |clock| clock.now().max(0.0) as u64)
}

/// A page that is loaded again must not reuse the job ids of the one before.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since the epoch")]
fn job_seed() -> u64 {
    js_sys::Date::now().max(0.0) as u64
}

/// The page paints this background before the first frame of the next start.
fn remember_theme(is_dark: bool) {
    mirror::call_page("sluiceTheme", &JsValue::from_str(if is_dark { "dark" } else { "light" }));
}
