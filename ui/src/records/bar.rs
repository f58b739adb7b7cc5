//! The two lines above the list: how records stand and which keys are shown; the reason of a decision, and deciding of all that
//! are shown.

use super::state::RecordsScreen;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::record_list;
use crate::state::{Comparison, Tab};
use crate::widget::{Button, TextField, Tone, banner, error_banner, number, segmented};
use egui::{Key, Ui};
use sluice_api::{JobId, Layer, RecordChange, RecordList, RecordState, ReplayLimits, Request, TableRef, ask};

/// Width of the field for the reason.
const REASON: f32 = 280.0;
/// Width of the field for a key.
const KEY: f32 = 170.0;

/// Draws both lines.
pub(super) fn show(screen: &mut RecordsScreen, ui: &mut Ui, cx: &mut Cx<'_>) {
    let got = screen.got(cx);
    let [mut above, mut below] = record_list::lines(ui, "records of a batch", got.pending);
    filters(screen, &mut above, got.value);
    actions(screen, &mut below, cx, got.value);
}

fn filters(screen: &mut RecordsScreen, ui: &mut Ui, list: Option<&RecordList>) {
    let labels = record_list::choices(&RecordState::ALL, list.map_or(&[][..], |list| &list.counts));
    let choices: Vec<(Option<RecordState>, &str)> =
        labels.iter().map(|(value, label)| (*value, label.as_str())).collect();
    let before = (screen.state, screen.asked_key.clone());
    if let Some(list) = list {
        let tokens = ui.tokens();
        ui.label(typeface::text(format!("Batch {}", list.batch), typeface::control(), tokens.text_strong));
        ui.add_space(4.0);
    }
    segmented(ui, "Records", &mut screen.state, &choices);
    let field = TextField::new(&mut screen.key, "Key of the records").hint("Key, id=7").mono().width(KEY).show(ui);
    if field.lost_focus() || ui.input(|input| input.key_pressed(Key::Enter)) {
        screen.asked_key = screen.key.trim().to_owned();
    }
    if before != (screen.state, screen.asked_key.clone()) {
        (screen.row, screen.edit) = (None, None);
    }
}

fn actions(screen: &mut RecordsScreen, ui: &mut Ui, cx: &mut Cx<'_>, list: Option<&RecordList>) {
    let field = TextField::new(&mut screen.because, "Reason of the decision").hint("Why, in one sentence");
    field.width(REASON).show(ui);
    let filter = screen.filter();
    let found = list.map_or(0, |list| list.found);
    let all = filter.is_empty().then(|| "Choose a state or a key first".to_owned());
    let none = (found == 0).then(|| "No record is shown".to_owned());
    // What stands in the way in any case is said before what can be done about it here.
    let refused = list.and_then(|list| list.why_not.clone());
    let why = refused.or(all).or(none).or(screen.why_not(cx));
    let is_decided = matches!(screen.state, Some(RecordState::Dropped | RecordState::Edited));
    let (verb, change) = match is_decided {
        true => ("Undo", RecordChange::Undo { filter }),
        false => ("Drop", RecordChange::Drop { filter }),
    };
    let label = format!("{verb} {}", number::count(found));
    let name = format!("{verb} all that are shown");
    if Button::new(&label).name(&name).disabled(why.as_deref()).show(ui).clicked() {
        screen.change(cx, change);
    }
    let is_inside = cx.store.lake().value.is_some_and(|lake| lake.sandbox.is_some());
    let outside = (!is_inside).then_some("In a sandbox: what it made of the table, beside the lake's own");
    let table = TableRef { layer: Layer::Silver, name: screen.table.clone() };
    let button = Button::new("Diff with the lake").icon(icon::COMPARE_ARROWS).disabled(outside);
    if button.show(ui).clicked() {
        cx.open(Tab::LakeDiff { table, comparison: Comparison::default() });
    }
}

/// Why nothing can be decided here, and what came of the last decision.
pub(super) fn outcome(screen: &mut RecordsScreen, ui: &mut Ui, cx: &mut Cx<'_>) {
    if let Some(why) = screen.got(cx).value.and_then(|list| list.why_not.clone()) {
        banner(ui, Tone::Warn, "Nothing can be decided here", &why, None);
    }
    let (Some(change), Some(batch)) = (&screen.asked, screen.shown(cx)) else { return };
    let got = cx.store.got::<ask::DecideRecords>(&(screen.table.clone(), batch, change.clone()));
    let title = match change {
        RecordChange::Drop { .. } => "Dropped",
        RecordChange::Edit { .. } | RecordChange::Set { .. } => "The other text counts",
        RecordChange::Undo { .. } => "They count as they were delivered",
    };
    let closed = match (got.pending, got.error, got.value) {
        (false, Some(error), _) => error_banner(ui, error, "Nothing was decided"),
        (false, None, Some(_)) => {
            screen.edit = None;
            let next = "The next replay makes silver so; then compare it";
            banner(ui, Tone::Ok, title, next, Some("Replay now"))
        }
        _ => false,
    };
    if closed {
        let is_done = got.error.is_none();
        screen.asked = None;
        if is_done {
            let job: JobId = cx.new_job();
            cx.send(Request::StartReplay { job, tables: vec![screen.table.clone()], limits: ReplayLimits::default() });
        }
    }
}
