//! The embedded fonts. egui's own fonts are off.

use egui::{Context, FontData, FontDefinitions, FontFamily};
use std::{collections::BTreeMap, sync::Arc};

const FILES: [(&str, &[u8]); 6] = [
    ("inter", include_bytes!("../../assets/fonts/Inter-Regular.otf")),
    ("inter-medium", include_bytes!("../../assets/fonts/Inter-Medium.otf")),
    ("inter-semibold", include_bytes!("../../assets/fonts/Inter-SemiBold.otf")),
    ("mono", include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf")),
    ("mono-semibold", include_bytes!("../../assets/fonts/JetBrainsMono-SemiBold.ttf")),
    ("icons", include_bytes!("../../assets/fonts/MaterialSymbolsRounded.ttf")),
];

/// Installs Inter, JetBrains Mono and the icons.
pub fn install_fonts(ctx: &Context) {
    let font_data =
        FILES.into_iter().map(|(name, bytes)| (name.to_owned(), Arc::new(FontData::from_static(bytes)))).collect();
    let family = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let families = BTreeMap::from([
        (FontFamily::Proportional, family(&["inter", "mono"])),
        (FontFamily::Monospace, family(&["mono", "inter"])),
        (FontFamily::Name("inter-medium".into()), family(&["inter-medium", "mono"])),
        (FontFamily::Name("inter-semibold".into()), family(&["inter-semibold", "mono-semibold"])),
        (FontFamily::Name("mono-semibold".into()), family(&["mono-semibold", "inter-semibold"])),
        (FontFamily::Name("icons".into()), family(&["icons"])),
    ]);
    ctx.set_fonts(FontDefinitions { font_data, families });
}
