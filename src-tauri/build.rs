//! Embeds the built screens and declares the commands that the window may call.

use std::path::Path;

const COMMANDS: &[&str] = &["call", "page"];
const PAGE_NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>Sluice</title>\
<p>The screens are not built. Run <code>cargo xtask ui</code>, then build again.</p>\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=ui/dist");
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    // An installed window finds the DuckDB library in the package's own folder.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/../lib/sluice");
    }
    // The embedding fails without the folder; a fresh clone must still pass `cargo check`.
    let page = Path::new("ui/dist/index.html");
    if !page.exists() {
        std::fs::create_dir_all("ui/dist")?;
        std::fs::write(page, PAGE_NOT_BUILT)?;
    }
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .capabilities_path_pattern("src-tauri/capabilities/*.json")
            .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS)),
    )?;
    Ok(())
}
