//! Status bar.

use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{icon_label, number};
use egui::{Align, Layout, Stroke, Ui, UiBuilder, vec2};
use sluice_api::{ErrorCode, LakeView, Layer, Timeliness};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let tokens = ui.tokens();
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, tokens.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, tokens.line));
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let lake = cx.store.lake();
    let mut left = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    left.spacing_mut().item_spacing.x = 12.0;
    // That another lake was not found says nothing of the one that is open.
    let error = lake.error.filter(|error| !matches!(error.code, ErrorCode::NotFound | ErrorCode::NoLake));
    let (mark, color, words) = match (lake.value, error, lake.pending) {
        (Some(lake), None, false) if is_remote(&lake.url) => (icon::CLOUD_DONE, tokens.ok, "Lake open"),
        (Some(_), None, false) => (icon::FOLDER_OPEN, tokens.ok, "Lake open"),
        (Some(_), None, true) => (icon::SYNC, tokens.accent, "Reading the lake"),
        (Some(_), Some(_), _) => (icon::WARNING, tokens.warn, "Lake not reachable, showing what was read before"),
        (None, _, true) => (icon::SYNC, tokens.accent, "Opening the lake"),
        (None, _, false) => (icon::CLOUD_OFF, tokens.text_weak, "No lake open"),
    };
    icon_label(&mut left, mark, 14.0, color, words, typeface::caption());
    if let Some(lake) = lake.value {
        let waiting: Option<u64> = lake.waiting.iter().map(|each| each.files).sum();
        let tables = number::plural(u64::try_from(lake.tables.len()).unwrap_or_default(), "table");
        left.label(typeface::text(tables, typeface::caption(), tokens.text_weak));
        let words = match waiting {
            None => "waiting files not known".to_owned(),
            // Only folders that a contract names are looked into.
            Some(0) if lake.waiting.is_empty() => "nothing onboarded yet".to_owned(),
            Some(0) => "no new files".to_owned(),
            Some(files) => format!("{} waiting", number::plural(files, "file")),
        };
        left.label(typeface::text(words, typeface::caption(), tokens.text_weak));
        late_ui(&mut left, lake);
        if let Some(open) = &lake.sandbox {
            let words = format!("Writes stay in {}", open.sandbox.place);
            icon_label(&mut left, icon::LOCK, 14.0, tokens.accent, &words, typeface::caption());
        }
    }
    let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
    right.spacing_mut().item_spacing.x = 12.0;
    let version = format!("Sluice {}", env!("CARGO_PKG_VERSION"));
    right.label(typeface::text(version, typeface::caption(), tokens.text_weak));
    right.label(typeface::text("UTC", typeface::caption(), tokens.text_weak));
}

/// Whether the lake is in a bucket rather than in a folder of this machine.
fn is_remote(url: &str) -> bool {
    url.contains("://") && !url.starts_with("file:")
}

/// How many tables are later than their SLA, if any is.
fn late_ui(ui: &mut Ui, lake: &LakeView) {
    let tokens = ui.tokens();
    let silver = || lake.tables.iter().filter(|each| each.table.layer == Layer::Silver);
    let overdue = silver().filter(|each| each.facts.timeliness() == Timeliness::Overdue).count();
    let late = silver().filter(|each| each.facts.timeliness() == Timeliness::Late).count() + overdue;
    if late == 0 {
        return;
    }
    let color = if overdue > 0 { tokens.fail } else { tokens.warn };
    let words = format!("{} late", number::plural(late as u64, "table"));
    icon_label(ui, icon::HISTORY, 14.0, color, &words, typeface::caption());
}
