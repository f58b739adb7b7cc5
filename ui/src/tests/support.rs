//! A window over the sample lake.

use crate::link::Canned;
use crate::{Host, Workbench};
use egui::vec2;
use egui_kittest::Harness;

/// A window of 1440 x 900 over `transport`, run until it settles.
pub(crate) fn window(transport: Canned) -> Harness<'static, Option<Workbench>> {
    let mut transport = Some(transport);
    let mut harness = Harness::builder().with_size(vec2(1456.0, 916.0)).with_max_steps(40).build_ui_state(
        move |ui, bench: &mut Option<Workbench>| {
            let bench = bench.get_or_insert_with(|| {
                let host = Host { job_seed: 0, since_load_ms: || 7 };
                let transport = transport.take().unwrap_or_else(Canned::sample);
                Workbench::new(ui.ctx(), Box::new(transport), host)
            });
            bench.ui(ui);
        },
        None,
    );
    harness.run_ok();
    harness
}

/// The window's state.
pub(crate) fn bench<'a>(harness: &'a mut Harness<'static, Option<Workbench>>) -> &'a mut Workbench {
    harness.state_mut().as_mut().unwrap_or_else(|| unreachable!("the first frame made it"))
}
