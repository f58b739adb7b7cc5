//! A window over the sample lake.

use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::Tab;
use crate::{Host, Workbench};
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use sluice_api::{Reply, Request, TableName, TableRef};
use std::{cell::RefCell, rc::Rc};

/// A window under test.
pub(crate) type Window = Harness<'static, Option<Workbench>>;
/// What a window asked of its host.
pub(crate) type Asked = Rc<RefCell<Vec<Request>>>;

/// A window of 1440 x 900 over `transport`, run until it settles.
pub(crate) fn window(transport: Canned) -> Window {
    window_of(1440.0, 900.0, transport)
}

/// A window of that size, in points.
pub(crate) fn window_of(width: f32, height: f32, transport: Canned) -> Window {
    let mut transport = Some(transport);
    // The harness keeps 8 points free on every side.
    let mut harness =
        Harness::builder().with_size(vec2(width + 16.0, height + 16.0)).with_max_steps(40).build_ui_state(
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
pub(crate) fn bench(window: &mut Window) -> &mut Workbench {
    window.state_mut().as_mut().unwrap_or_else(|| unreachable!("the first frame made it"))
}

/// Runs a command, until the answers it asked for are drawn.
pub(crate) fn run(window: &mut Window, command: Command) {
    bench(window).run(command);
    window.run_ok();
    window.run_ok();
}

/// Presses a key with modifiers.
pub(crate) fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_ok();
}

/// The tab in front.
pub(crate) fn active(window: &Window) -> Option<Tab> {
    window.state().as_ref().and_then(|bench| bench.workspace().active_tab().cloned())
}

/// A window over the sample lake with `tab` in front; `change` may rewrite every answer.
pub(crate) fn open(tab: Tab, change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    let canned = Canned::new(
        move |request| {
            let mut reply = sample::reply(request);
            change(&mut reply);
            Some(reply)
        },
        sample::page,
    );
    let asked = canned.asked();
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(tab));
    (window, asked)
}

/// `silver.shop.orders`.
pub(crate) fn orders() -> TableRef {
    "silver.shop.orders".parse().unwrap_or_else(|_| unreachable!("a table's name"))
}

/// `shop.orders`.
pub(crate) fn orders_name() -> TableName {
    orders().name
}
