//! The light theme.

use super::tokens::{Tokens, hex};
use egui::Color32;

/// Tokens of the light theme.
pub(super) const LIGHT: Tokens = Tokens {
    canvas: hex(0xFFFFFF),
    panel: hex(0xF6F8F9),
    raised: hex(0xEEF1F4),
    hover: hex(0xE6EAEE),
    active: hex(0xD9E0E6),
    selection: hex(0xD9EEF4),
    line: hex(0xE1E6EA),
    line_strong: hex(0xBFC8D1),
    text_strong: hex(0x0F151B),
    text: hex(0x27313B),
    text_weak: hex(0x505D6A),
    text_faint: hex(0x5E6A77),
    accent: hex(0x0A6F8A),
    accent_fill: hex(0x0A6F8A),
    on_accent: hex(0xFFFFFF),
    ok: hex(0x126C3B),
    ok_bg: hex(0xE1F4E9),
    info: hex(0x2355BB),
    info_bg: hex(0xE6EDFC),
    warn: hex(0x8F4D00),
    warn_bg: hex(0xFCEEDB),
    fail: hex(0xB3242C),
    fail_bg: hex(0xFCE7E7),
    bar_ins: hex(0x2F9A63),
    bar_upd: hex(0x5379D6),
    bar_del: hex(0xCC5A60),
    bar_sup: hex(0x87929E),
    bar_qua: hex(0xBF7420),
    bronze: hex(0xA8663A),
    silver: hex(0x7A8896),
    gold: hex(0xB58A00),
    plot: [hex(0x1B86A1), hex(0x6D4FC4), hex(0xB58A00), hex(0x2F9A63)],
    number: hex(0x7A5A00),
    shadow: Color32::from_black_alpha(46),
    dark: false,
};
