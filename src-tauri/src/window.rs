//! The window: hidden while the webview starts, shown in the page's own dark as soon as the page is
//! there, and in any case after a while.
//!
//! It cannot stay hidden until the first frame is drawn: WebKitGTK draws no frame into a window that
//! is not shown (`requestAnimationFrame` waits), so each would wait for the other.

use anyhow::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Manager, WebviewWindow, WebviewWindowBuilder};

/// After this the window is shown even if there is no page, and the person hears if nothing was
/// drawn, rather than being left with a program that seems not to start.
const WATCHDOG: Duration = Duration::from_secs(8);

/// Knows whether the page has drawn yet.
#[derive(Clone)]
pub(crate) struct FirstFrame {
    window: WebviewWindow,
    started: Instant,
    seen: Arc<AtomicBool>,
}

impl FirstFrame {
    /// The page drew its first frame, `since_load_ms` after it began to load.
    pub(crate) fn drawn(&self, since_load_ms: u64) {
        if self.seen.swap(true, Ordering::SeqCst) {
            return;
        }
        if std::env::var("SLUICE_TIMING").is_ok_and(|value| value == "1") {
            let elapsed = self.started.elapsed().as_millis();
            eprintln!("timing first_frame_ms={elapsed} page_ms={since_load_ms}");
        }
    }

    fn show_after(&self, wait: Duration) {
        std::thread::sleep(wait);
        if !self.seen.load(Ordering::SeqCst) {
            eprintln!("The page drew nothing within {} s; the window is shown as it is.", wait.as_secs());
            show(&self.window);
        }
    }
}

fn show(window: &WebviewWindow) {
    if let Err(error) = window.show().and_then(|()| window.set_focus()) {
        eprintln!("The window could not be shown: {error}");
    }
}

/// Creates the window that `tauri.conf.json` describes and starts its watchdog.
pub(crate) fn open(app: &AppHandle, started: Instant) -> anyhow::Result<()> {
    let description = app.config().app.windows.first().context("tauri.conf.json describes no window")?;
    let window = WebviewWindowBuilder::from_config(app, description)?
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                show(&window);
            }
        })
        .build()?;
    let first_frame = FirstFrame { window, started, seen: Arc::default() };
    app.manage(first_frame.clone());
    std::thread::Builder::new().name("first-frame".to_owned()).spawn(move || first_frame.show_after(WATCHDOG))?;
    Ok(())
}
