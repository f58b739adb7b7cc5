//! The look: colour tokens, type, icons, and their translation into an egui style.

mod dark;
mod fonts;
pub mod icon;
mod light;
mod logo;
mod style;
mod theme;
mod theme_tokens;
mod tokens;
pub mod typeface;

pub use fonts::install_fonts;
pub use logo::paint_logo;
pub use style::apply_style;
pub use theme::Theme;
pub use theme_tokens::TokensExt;
pub use tokens::Tokens;
