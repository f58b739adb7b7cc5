//! Progress bars, 4 high.

use super::Tone;
use crate::design::TokensExt;
use egui::{Rect, Response, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

/// A bar of `width`; `share` is between 0 and 1, `None` if not known.
pub fn progress_bar(ui: &mut Ui, name: &str, share: Option<f32>, tone: Tone, width: f32) -> Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = share.map(|share| f64::from(share) * 100.0);
        info
    });
    let track = Rect::from_center_size(rect.center(), vec2(width, 4.0));
    ui.painter().rect_filled(track, 2.0, tokens.active);
    let color = if tone == Tone::Neutral { tokens.text_weak } else { tone.text(tokens) };
    if let Some(share) = share {
        let done = Rect::from_min_size(track.min, vec2(width * share.clamp(0.0, 1.0), 4.0));
        ui.painter().rect_filled(done, 2.0, color);
    }
    response
}
