//! Sizes and weights of text. Nothing is smaller than 11.

use egui::{Color32, FontFamily, FontId, RichText};

/// Caption, 11.
#[must_use]
pub fn caption() -> FontId {
    FontId::proportional(11.0)
}

/// Controls and lists, 12.
#[must_use]
pub fn control() -> FontId {
    FontId::proportional(12.0)
}

/// Controls with weight 500, 12.
#[must_use]
pub fn control_medium() -> FontId {
    FontId::new(12.0, FontFamily::Name("inter-medium".into()))
}

/// Headers of panels and sections, 12, weight 600.
#[must_use]
pub fn header() -> FontId {
    FontId::new(12.0, FontFamily::Name("inter-semibold".into()))
}

/// Body, 13.
#[must_use]
pub fn body() -> FontId {
    FontId::proportional(13.0)
}

/// Body with weight 600, 13.
#[must_use]
pub fn body_strong() -> FontId {
    FontId::new(13.0, FontFamily::Name("inter-semibold".into()))
}

/// Titles, 15, weight 600.
#[must_use]
pub fn title() -> FontId {
    FontId::new(15.0, FontFamily::Name("inter-semibold".into()))
}

/// First-run title, 20, weight 600.
#[must_use]
pub fn large_title() -> FontId {
    FontId::new(20.0, FontFamily::Name("inter-semibold".into()))
}

/// Numbers, names of columns, paths, keys and code; 11, 12, 13 or 15.
#[must_use]
pub fn mono(size: f32) -> FontId {
    FontId::monospace(size)
}

/// Mono with weight 600.
#[must_use]
pub fn mono_strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("mono-semibold".into()))
}

/// The icon font; 16, 14 in rows, 20 in rail and banners.
#[must_use]
pub fn icons(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("icons".into()))
}

/// Text in a font and a colour.
#[must_use]
pub fn text(content: impl Into<String>, font: FontId, color: Color32) -> RichText {
    RichText::new(content).font(font).color(color)
}
