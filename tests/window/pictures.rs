//! A picture of every screen, dark and light.

use crate::lake;
use crate::window::Window;
use anyhow::Context;
use std::path::{Path, PathBuf};

const QUERY: &str = "SELECT date, orders, customers FROM gold.shop.daily_revenue JOIN gold.shop.date_dimension USING (date_key) ORDER BY date";

#[test]
#[ignore = "needs the built program, a virtual display and a lake: cargo xtask window"]
fn every_screen_dark_and_light() -> anyhow::Result<()> {
    let folder = folder()?;
    let lake = lake::to_look_at()?;
    for theme in ["dark", "light"] {
        let window = Window::open(&lake)?;
        window.wait_for("shop-lake")?;
        if theme == "light" {
            window.click("Light")?;
        }
        Album { window: &window, folder: &folder, theme }.fill()?;
    }
    Ok(())
}

/// Where pictures go.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::var_os("SLUICE_SCREENSHOTS").map_or_else(std::env::temp_dir, PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

struct Album<'a> {
    window: &'a Window,
    folder: &'a Path,
    theme: &'a str,
}

impl Album<'_> {
    fn fill(&self) -> anyhow::Result<()> {
        let window = self.window;
        self.take("lake")?;
        window.click("silver.shop.orders, ")?;
        self.take("table-overview")?;
        window.click("Data")?;
        self.take("table-data")?;
        window.press("Ctrl 2")?;
        self.take("replay")?;
        window.press("Ctrl 3")?;
        self.take("diff")?;
        window.press("Ctrl 4")?;
        self.take("quality")?;
        window.press("Ctrl 5")?;
        window.click("Query text")?;
        window.press("Ctrl a")?;
        window.type_text(QUERY)?;
        window.press("Esc")?;
        window.press("Ctrl Enter")?;
        self.take("sql")?;
        window.press("Ctrl 6")?;
        self.take("publish")?;
        window.press("Ctrl 1")?;
        window.click_button("Onboard tables…")?;
        window.click_button("Onboard public")?;
        self.take("onboard")?;
        window.press("Ctrl K")?;
        self.take("palette")
    }

    fn take(&self, screen: &str) -> anyhow::Result<()> {
        let file = self.folder.join(format!("{screen}-{}.png", self.theme));
        self.window.settle()?;
        self.window.picture(&file).with_context(|| format!("no picture of {screen}"))
    }
}
