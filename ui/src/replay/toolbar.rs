//! The bar of commands: first, step, run to here, start or cancel, position, files per batch.

use super::actions::{batches_to, blocked};
use super::model::{Columns, Run};
use super::state::ReplayScreen;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, dropdown};
use egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};

/// Choices of files per batch.
const FILES: [u64; 6] = [1, 2, 5, 10, 50, 200];

/// Draws it into `rect`.
pub(super) fn show(
    screen: &mut ReplayScreen,
    ui: &mut Ui,
    rect: Rect,
    cx: &mut Cx<'_>,
    columns: Option<&Columns<'_>>,
    run: Option<&Run<'_>>,
) {
    let bar = rect.shrink2(vec2(12.0, 0.0));
    let layout = Layout::left_to_right(Align::Center);
    let mut left = ui.new_child(UiBuilder::new().max_rect(bar).layout(layout).id_salt("replay toolbar"));
    left.spacing_mut().item_spacing.x = 6.0;
    buttons(screen, &mut left, cx, columns, run);
    let selected = columns.map(|columns| (columns, screen.selected(cx, columns)));
    left.add_space(6.0);
    position_ui(&mut left, columns, run, screen, selected);
    let layout = Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(bar).layout(layout).id_salt("replay settings"));
    let mut files = screen.max_files(cx);
    let mut choices: Vec<(Option<u64>, String)> =
        FILES.iter().map(|files| (Some(*files), crate::widget::number::plural(*files, "file"))).collect();
    choices.push((None, "files by size".to_owned()));
    if let Some(other) = files.filter(|files| !FILES.contains(files)) {
        choices.push((Some(other), crate::widget::number::plural(other, "file")));
    }
    let response = dropdown(&mut right, "Files per batch", &mut files, &choices);
    if response.on_hover_text("Files per batch, of the plan below and of the next replay").changed() {
        screen.set_max_files(cx, files);
    }
    let tokens = right.tokens();
    right.label(typeface::text(icon::TUNE, typeface::icons(16.0), tokens.text_weak));
}

fn buttons(
    screen: &mut ReplayScreen,
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    columns: Option<&Columns<'_>>,
    run: Option<&Run<'_>>,
) {
    let none = columns.is_none_or(|columns| columns.count() == 0).then_some("There are no batches");
    if Button::icon_only(icon::FIRST_PAGE, "First batch").disabled(none).show(ui).clicked()
        && let Some(columns) = columns
    {
        screen.select(cx, columns, 0);
    }
    let why = blocked(columns, run);
    if Button::of(&Command::ReplayStep).quiet().disabled(why).show(ui).clicked() {
        cx.run(Command::ReplayStep);
    }
    let ahead = columns.and_then(|columns| batches_to(columns, screen.selected(cx, columns)));
    let why_not = why.or_else(|| ahead.is_none().then_some("Select a batch that is not replayed yet"));
    if Button::of(&Command::ReplayRunToHere).quiet().disabled(why_not).show(ui).clicked() {
        cx.run(Command::ReplayRunToHere);
    }
    let in_sandbox = cx.store.lake().value.is_some_and(|lake| lake.sandbox.is_some());
    let why_not =
        why.or_else(|| in_sandbox.then_some("A sandbox needs no preview: replay, then compare it with the lake"));
    if Button::of(&Command::ReplayPreview).quiet().disabled(why_not).show(ui).clicked() {
        cx.run(Command::ReplayPreview);
    }
    // Start and Cancel share one place, so that nothing moves.
    if run.is_some() {
        if Button::of(&Command::ReplayCancel).width(148.0).show(ui).clicked() {
            cx.run(Command::ReplayCancel);
        }
    } else {
        if Button::of(&Command::ReplayStart).width(148.0).disabled(why).show(ui).clicked() {
            cx.run(Command::ReplayStart);
        }
    }
}

fn position_ui(
    ui: &mut Ui,
    columns: Option<&Columns<'_>>,
    run: Option<&Run<'_>>,
    screen: &ReplayScreen,
    selected: Option<(&Columns<'_>, usize)>,
) {
    let tokens = ui.tokens();
    let Some(columns) = columns.filter(|columns| columns.count() > 0) else { return };
    let last = columns.count() - 1;
    let shown = match run {
        Some(_) => columns.running().min(last),
        None => selected.map_or(last, |(_, selected)| selected),
    };
    let number = |index: usize| columns.get(index).map_or(0, |column| column.number());
    let text = format!("Batch {} of {}", number(shown), number(last));
    ui.label(typeface::text(text, typeface::control_medium(), tokens.text_strong));
    let note = match (run, screen.stops_after(columns)) {
        (Some(run), Some(stop)) => format!("{}, stops after {}", run.percent(), number(stop)),
        (Some(run), None) => run.percent(),
        (None, _) if columns.planned_count() == 0 => "No new files".to_owned(),
        (None, _) => format!("{} ahead", columns.planned_count()),
    };
    ui.label(typeface::text(note, typeface::control(), tokens.text_weak));
}
