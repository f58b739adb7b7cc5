//! The dark theme.

use super::tokens::{Tokens, hex};
use egui::Color32;

/// Tokens of the dark theme.
pub(super) const DARK: Tokens = Tokens {
    canvas: hex(0x101317),
    panel: hex(0x15191E),
    raised: hex(0x1B2026),
    hover: hex(0x232930),
    active: hex(0x2C343D),
    selection: hex(0x14343E),
    line: hex(0x262D35),
    line_strong: hex(0x3A444F),
    text_strong: hex(0xF2F5F8),
    text: hex(0xCBD3DB),
    text_weak: hex(0x9BA7B4),
    text_faint: hex(0x87939F),
    accent: hex(0x4CC0DA),
    accent_fill: hex(0x1C768D),
    on_accent: hex(0xFFFFFF),
    ok: hex(0x5CC98D),
    ok_bg: hex(0x15291F),
    info: hex(0x8AB2FF),
    info_bg: hex(0x1A2541),
    warn: hex(0xF2A64F),
    warn_bg: hex(0x33250F),
    fail: hex(0xFF8286),
    fail_bg: hex(0x361C20),
    bar_ins: hex(0x3F9E6B),
    bar_upd: hex(0x5B7FD1),
    bar_del: hex(0xC9595E),
    bar_sup: hex(0x5C6773),
    bar_qua: hex(0xD98A35),
    bronze: hex(0xBC7F55),
    silver: hex(0xAEBAC7),
    gold: hex(0xDDBB4A),
    plot: [hex(0x45AFC8), hex(0xA78BEB), hex(0xDDBB4A), hex(0x3F9E6B)],
    number: hex(0xDDBB4A),
    shadow: Color32::from_black_alpha(115),
    dark: true,
};
