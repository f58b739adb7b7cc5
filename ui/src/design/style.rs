//! Tokens into an egui style, once per theme.

use super::{Theme, Tokens, typeface};
use egui::epaint::FontColorTransferFunction;
use egui::{
    Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Visuals, style::WidgetVisuals,
    vec2,
};

/// Sets both styles and chooses `theme`.
pub fn apply_style(ctx: &Context, theme: Theme) {
    for each in [Theme::Dark, Theme::Light] {
        let tokens = Tokens::of(each == Theme::Dark);
        ctx.set_style_of(each.egui(), style_of(tokens));
    }
    ctx.set_theme(theme.egui());
}

fn style_of(tokens: &Tokens) -> Style {
    let mut style = Style { visuals: visuals_of(tokens), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, typeface::caption()),
        (TextStyle::Body, typeface::control()),
        (TextStyle::Button, typeface::control()),
        (TextStyle::Heading, typeface::title()),
        (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
    ]
    .into();
    style.animation_time = 0.12;
    style.explanation_tooltips = false;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 4.0);
    spacing.button_padding = vec2(8.0, 4.0);
    spacing.interact_size = vec2(24.0, 24.0);
    spacing.indent = 16.0;
    spacing.menu_margin = Margin::same(4);
    spacing.window_margin = Margin::same(12);
    spacing.tooltip_width = 400.0;
    spacing.icon_width = 14.0;
    spacing.scroll.bar_width = 8.0;
    spacing.scroll.handle_min_length = 20.0;
    spacing.scroll.floating = true;
    spacing.scroll.floating_width = 4.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style
}

fn visuals_of(tokens: &Tokens) -> Visuals {
    let mut visuals = if tokens.dark { Visuals::dark() } else { Visuals::light() };
    if tokens.dark {
        // egui's own curve for dark makes weak text as heavy as strong text.
        visuals.text_options.color_transfer_function = FontColorTransferFunction::Gamma(0.8);
    }
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(tokens.text_weak);
    visuals.hyperlink_color = tokens.accent;
    visuals.faint_bg_color = tokens.panel;
    visuals.extreme_bg_color = tokens.canvas;
    visuals.text_edit_bg_color = Some(tokens.canvas);
    visuals.code_bg_color = tokens.raised;
    visuals.warn_fg_color = tokens.warn;
    visuals.error_fg_color = tokens.fail;
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.raised;
    visuals.window_stroke = Stroke::new(1.0, tokens.line_strong);
    visuals.window_corner_radius = CornerRadius::same(6);
    visuals.menu_corner_radius = CornerRadius::same(6);
    let shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: tokens.shadow };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.selection.bg_fill = tokens.selection;
    visuals.selection.stroke = Stroke::new(1.0, tokens.accent);
    visuals.text_cursor.stroke = Stroke::new(1.5, tokens.accent);
    // A blinking cursor would repaint an idle window twice a second.
    visuals.text_cursor.blink = false;
    visuals.button_frame = true;
    visuals.collapsing_header_frame = false;
    visuals.indent_has_left_vline = false;
    visuals.striped = false;
    visuals.disabled_alpha = 1.0;
    let widget = |fill, text, stroke| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: stroke,
        corner_radius: CornerRadius::same(4),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(tokens.panel, tokens.text, Stroke::new(1.0, tokens.line));
    visuals.widgets.inactive = widget(tokens.raised, tokens.text, Stroke::NONE);
    visuals.widgets.hovered = widget(tokens.hover, tokens.text_strong, Stroke::NONE);
    visuals.widgets.active = widget(tokens.active, tokens.text_strong, Stroke::NONE);
    visuals.widgets.open = widget(tokens.hover, tokens.text_strong, Stroke::NONE);
    visuals
}
