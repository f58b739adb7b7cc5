//! The banner that says what readers see now, when a batch was refused.

use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{Selection, Tab};
use crate::widget::{Button, number, text_clipped};
use egui::{Align, Align2, Layout, Rect, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{CheckState, QualityView, RefusalCause};

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
    right.spacing_mut().item_spacing.x = 8.0;
    let label = format!("Open batch {batch}");
    if Button::new(&label).show(&mut right).clicked() {
        cx.select(Selection::Batch { table: view.table.clone(), batch });
        cx.open(Tab::Replay { table: view.table.clone() });
    }
    if let Some((label, selection)) = rows_of(view)
        && Button::new(&label).show(&mut right).clicked()
    {
        cx.workspace.panels.show_inspector(true);
        cx.select(selection);
    }
    let end = right.min_rect().left() - 12.0;
    let room = Rect::from_min_max(pos2(rect.left() + 44.0, rect.top()), pos2(end, rect.bottom()));
    let (title, text) = (title(view, batch), evidence(view));
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

/// The button that leads to the rows because of which the batch was refused.
fn rows_of(view: &QualityView) -> Option<(String, Selection)> {
    let table = || view.table.clone();
    match view.refusal.as_ref()?.cause {
        RefusalCause::Quarantine => {
            let records = view.quarantine.iter().map(|group| group.rows).sum();
            let worst = view.quarantine.iter().max_by_key(|group| group.rows)?;
            let label = format!("Show {}", number::plural(records, "record"));
            Some((label, Selection::Reason { table: table(), reason: worst.reason.clone() }))
        }
        RefusalCause::Checks => {
            let first = view.checks.iter().find(|check| check.state() == CheckState::Failed)?;
            Some(("Show failing rows".to_owned(), Selection::Check { table: table(), check: first.index }))
        }
        RefusalCause::Contract | RefusalCause::Guard | RefusalCause::Hold => None,
    }
}

fn evidence(view: &QualityView) -> String {
    let reason = match &view.refusal {
        Some(refusal) => refusal.reason.clone(),
        None => match view.checks.iter().filter(|check| check.state() == CheckState::Failed).count() {
            0 => "Its reason was not kept, run the batch again to see it".to_owned(),
            failed => format!("{failed} of {} checks did not hold", view.checks.len()),
        },
    };
    format!("{reason}. The batch is kept and can run again")
}

#[cfg(test)]
mod tests {
    use super::{evidence, rows_of, title};
    use crate::link::sample;
    use sluice_api::{CheckState, QualityView, Refusal, RefusalCause, Reply, Request};

    fn view() -> QualityView {
        let table = "shop.orders".parse().unwrap();
        let Reply::Quality(view) = sample::reply(&Request::Quality { table }) else { panic!("no quality") };
        view
    }

    #[test]
    fn the_verdict_says_what_readers_see() {
        let mut view = view();
        assert_eq!(title(&view, 43), "v43 was not published, v42 stays visible");
        assert!(evidence(&view).starts_with("1 of 7 checks did not hold, the first is null_percentage"));
        view.version = None;
        assert_eq!(title(&view, 1), "Batch 1 was not published, nothing is visible yet");
    }

    #[test]
    fn the_reason_is_the_true_one_and_leads_to_its_rows() {
        let mut view = view();
        assert_eq!(rows_of(&view).map(|(label, _)| label).as_deref(), Some("Show failing rows"));
        let reason = "7.7 % of its records are in quarantine, the limit is 5.0 %".to_owned();
        let cause = RefusalCause::Quarantine;
        view.refusal = Some(Refusal {
            batch: 43,
            first_batch: 43,
            reason: reason.clone(),
            cause,
            counters: None,
            keys: Vec::new(),
        });
        assert_eq!(evidence(&view), format!("{reason}. The batch is kept and can run again"));
        assert_eq!(rows_of(&view).map(|(label, _)| label).as_deref(), Some("Show 279 records"));
        // An older version of Sluice kept no reason; that checks failed is then not said of a batch without any.
        view.refusal = None;
        view.checks.retain(|check| check.state() != CheckState::Failed);
        assert!(evidence(&view).starts_with("Its reason was not kept"), "{}", evidence(&view));
        assert_eq!(rows_of(&view), None);
    }
}
