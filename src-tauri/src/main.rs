//! The desktop shell: one window over the engine.
//!
//! It knows windows and the bridge to the page, and nothing about tables. The page sends bytes to
//! two commands ([`commands`]), the engine answers with bytes, and the shell shows the window when
//! the page has drawn its first frame ([`window`]).

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod arguments;
mod commands;
mod desktop;
mod engine;
mod log_file;
mod render_env;
#[cfg(test)]
mod security_test;
mod window;

use anyhow::Context;
use arguments::Start;
use engine::Engine;
use std::time::Instant;
use tauri::Manager;

/// Enough for a few calls that wait on disk while the page asks for progress.
const WORKER_THREADS: usize = 4;

fn main() -> anyhow::Result<()> {
    let started = Instant::now();
    let lake = match arguments::read(std::env::args().skip(1))? {
        Start::Window { lake } => lake,
        Start::Print(text) => {
            println!("{text}");
            return Ok(());
        }
    };
    render_env::settle()?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .context("cannot start the worker threads")?;
    tauri::async_runtime::set(runtime.handle().clone());

    tauri::Builder::default()
        .setup(move |app| {
            let folder = app.path().data_dir()?.join("sluice");
            if let Err(error) = log_file::begin(&folder.join("log")) {
                eprintln!("Sluice works without a log: {error:#}");
            }
            app.manage(Engine::new(lake, folder.join("session.json")));
            window::open(app.handle(), started)?;
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![commands::call::call, commands::page::page])
        .run(tauri::generate_context!())
        .context("cannot open the window; a display is needed (on a server: xvfb-run sluice-desktop …)")
}
