//! The banner that says what readers see now, when a batch was refused.

use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{Selection, Tab};
use crate::widget::{Button, text_clipped};
use egui::{Align, Align2, Layout, Rect, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{CheckState, QualityView};

/// Height of the banner.
const HEIGHT: f32 = 64.0;

/// Draws it if the last batch was refused.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, view: &QualityView) {
    let Some(batch) = view.refused_batch else { return };
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, tokens.fail_bg);
    let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
    ui.painter().rect_filled(edge, 0.0, tokens.fail);
    let at = pos2(rect.left() + 24.0, rect.center().y);
    ui.painter().text(at, Align2::CENTER_CENTER, icon::ERROR, typeface::icons(20.0), tokens.fail);
    let layout = Layout::right_to_left(Align::Center);
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("refused actions"));
    let label = format!("Open batch {batch}");
    if Button::new(&label).show(&mut right).clicked() {
        cx.select(Selection::Batch { table: view.table.clone(), batch });
        cx.open(Tab::Replay { table: view.table.clone() });
    }
    let room = Rect::from_min_max(pos2(rect.left() + 44.0, rect.top()), pos2(rect.right() - 140.0, rect.bottom()));
    let (title, text) = (title(view, batch), evidence(view, batch));
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, format!("{title}. {text}")));
    let top = pos2(room.left(), room.center().y - 10.0);
    text_clipped(ui, Align2::LEFT_CENTER, top, room.width(), &title, typeface::body_strong(), tokens.text_strong);
    let below = pos2(room.left(), room.center().y + 10.0);
    text_clipped(ui, Align2::LEFT_CENTER, below, room.width(), &text, typeface::control(), tokens.text);
}

/// `v43 was not published, v42 stays visible`.
fn title(view: &QualityView, batch: u64) -> String {
    match view.version {
        Some(version) => format!("v{} was not published, v{version} stays visible", version + 1),
        None => format!("Batch {batch} was not published, nothing is visible yet"),
    }
}

fn evidence(view: &QualityView, batch: u64) -> String {
    let failed = view.checks.iter().filter(|check| check.state() == CheckState::Failed).count();
    let held = match failed {
        0 => "Its checks did not hold".to_owned(),
        _ => format!("{failed} of {} checks did not hold on batch {batch}", view.checks.len()),
    };
    format!("{held}. The batch is kept and can run again")
}

#[cfg(test)]
mod tests {
    use super::{evidence, title};
    use crate::link::sample;
    use sluice_api::{QualityView, Reply, Request};

    fn view() -> QualityView {
        let table = "shop.orders".parse().unwrap();
        let Reply::Quality(view) = sample::reply(&Request::Quality { table }) else { panic!("no quality") };
        view
    }

    #[test]
    fn the_verdict_says_what_readers_see() {
        let mut view = view();
        assert_eq!(title(&view, 43), "v43 was not published, v42 stays visible");
        assert!(evidence(&view, 43).starts_with("1 of 7 checks did not hold"));
        view.version = None;
        assert_eq!(title(&view, 1), "Batch 1 was not published, nothing is visible yet");
    }
}
