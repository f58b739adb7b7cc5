//! The JavaScript beside the module.

use anyhow::{Context, anyhow};
use std::path::Path;
use wasm_bindgen_cli_support::Bindgen;

/// Writes `sluice_ui.js` and `sluice_ui_bg.wasm` into `folder`.
pub(crate) fn generate(module: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .input_path(module)
                .out_name("sluice_ui")
                .typescript(false)
                .omit_default_module_path(false)
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(folder)
        })
        .map_err(|error| anyhow!("{error:#}"))
        .context("wasm-bindgen could not read the built screens")
}
