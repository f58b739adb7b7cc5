//! The accessibility tree as real, transparent elements over the canvas.
//!
//! eframe drops the AccessKit tree on the web. An egui plugin takes it from the output of each pass and keeps one
//! element per node; clicks and typing on those elements come back as input of the next pass. Assistive technology
//! and WebDriver see a normal page. `window.__sluice` gives tests the tree, the first frame and whether all is idle.

mod dom;
mod inbox;
mod node;
mod page;
mod probe;

pub(crate) use page::{call_page, wake};
pub(crate) use probe::{first_frame, set_idle};

use egui::{Context, FullOutput, Plugin, RawInput, ViewportId};
use std::time::Duration;

/// Seconds between two updates of the page.
const EVERY: f64 = 0.1;

/// Switches AccessKit on and adds the plugin.
pub(crate) fn install(ctx: &Context) {
    ctx.enable_accesskit();
    ctx.add_plugin(Mirror { updated: -1.0 });
    probe::install();
    inbox::set_repaint(ctx);
}

struct Mirror {
    updated: f64,
}

impl Plugin for Mirror {
    fn debug_name(&self) -> &'static str {
        "Mirror"
    }

    fn input_hook(&mut self, _ctx: &Context, input: &mut RawInput) {
        inbox::deliver(input);
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        let root = output.viewport_output.get(&ViewportId::ROOT);
        let mut next = root.map(|root| root.repaint_delay).unwrap_or_default();
        if let Some(update) = output.platform_output.accesskit_update.take() {
            let now = ctx.input(|input| input.time);
            if now - self.updated >= EVERY || self.updated < 0.0 {
                self.updated = now;
                dom::show(&update, ctx.zoom_factor());
            } else {
                let wait = Duration::from_secs_f64(EVERY);
                dom::later(update, ctx.zoom_factor());
                ctx.request_repaint_after(wait);
                next = next.min(wait);
            }
        }
        probe::next_frame(next);
    }
}
