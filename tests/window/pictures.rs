//! A picture of every screen, dark and light.

use crate::lake;
use crate::window::Window;
use std::path::{Path, PathBuf};

/// File name and the key that leads there.
const SCREENS: &[(&str, &str)] =
    &[("replay", "Ctrl 2"), ("diff", "Ctrl 3"), ("quality", "Ctrl 4"), ("sql", "Ctrl 5"), ("publish", "Ctrl 6")];

#[test]
#[ignore = "needs the built program, a virtual display and a lake: cargo xtask window"]
fn every_screen_dark_and_light() -> anyhow::Result<()> {
    let folder = std::env::var_os("SLUICE_SCREENSHOTS").map_or_else(std::env::temp_dir, PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let window = Window::open(&lake::prepared()?)?;
    window.wait_for("shop-lake")?;
    take_all(&window, &folder, "dark")?;
    window.press("Ctrl K")?;
    window.type_text(">switch between dark")?;
    window.press("Enter")?;
    take_all(&window, &folder, "light")
}

fn take_all(window: &Window, folder: &Path, theme: &str) -> anyhow::Result<()> {
    for (screen, keys) in SCREENS {
        window.press(keys)?;
        window.settle()?;
        window.picture(&folder.join(format!("{screen}-{theme}.png")))?;
    }
    Ok(())
}
