//! Colour tokens, one value per theme.

use egui::Color32;

/// All colours of a theme. Screens name tokens, never hex values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Centre and inputs.
    pub canvas: Color32,
    /// Bars and side panels.
    pub panel: Color32,
    /// Buttons, cards, popups.
    pub raised: Color32,
    /// One step up.
    pub hover: Color32,
    /// Pressed, chosen segment, bar track.
    pub active: Color32,
    /// Selected row or column.
    pub selection: Color32,
    /// Separators and plot grid.
    pub line: Color32,
    /// Input and key-cap borders.
    pub line_strong: Color32,
    /// Titles, values in focus.
    pub text_strong: Color32,
    /// Body.
    pub text: Color32,
    /// Labels.
    pub text_weak: Color32,
    /// Hints, zeros, disabled.
    pub text_faint: Color32,
    /// Focus, playhead, links, running.
    pub accent: Color32,
    /// The one primary button per screen, switches.
    pub accent_fill: Color32,
    /// Text on `accent_fill`.
    pub on_accent: Color32,
    /// Pass, inserted.
    pub ok: Color32,
    /// Behind `ok`.
    pub ok_bg: Color32,
    /// Info, updated, SQL keywords, YAML keys.
    pub info: Color32,
    /// Behind `info`.
    pub info_bg: Color32,
    /// Warning, quarantined, late.
    pub warn: Color32,
    /// Behind `warn`.
    pub warn_bg: Color32,
    /// Fail, deleted, invalid.
    pub fail: Color32,
    /// Behind `fail`.
    pub fail_bg: Color32,
    /// Share bar: inserted.
    pub bar_ins: Color32,
    /// Share bar: updated.
    pub bar_upd: Color32,
    /// Share bar: deleted.
    pub bar_del: Color32,
    /// Share bar: superseded.
    pub bar_sup: Color32,
    /// Share bar: quarantined.
    pub bar_qua: Color32,
    /// Layer mark: bronze.
    pub bronze: Color32,
    /// Layer mark: silver.
    pub silver: Color32,
    /// Layer mark: gold.
    pub gold: Color32,
    /// Plot series in order.
    pub plot: [Color32; 4],
    /// Literals in code.
    pub number: Color32,
    /// Behind popups.
    pub shadow: Color32,
    /// Whether this is the dark theme.
    pub dark: bool,
}

/// A colour from `0xRRGGBB`.
pub(super) const fn hex(rgb: u32) -> Color32 {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}
