//! The two lines above the list: how records stand and why they are there; the reason of what is done, and doing it.

use super::state::{Asked, QuarantineScreen};
use crate::cx::Cx;
use crate::design::icon;
use crate::record_list;
use crate::widget::{Button, FileAsk, TextField, Tone, banner, dropdown, error_banner, exported, number, segmented};
use egui::Ui;
use sluice_api::{QuarantineChange, QuarantineFilter, QuarantineList, QuarantineStatus, Request, ask};

/// Width of the field for the reason.
const REASON: f32 = 300.0;

/// Draws both lines.
pub(super) fn show(screen: &mut QuarantineScreen, ui: &mut Ui, cx: &mut Cx<'_>) {
    let got = screen.got(cx);
    let [mut above, mut below] = record_list::lines(ui, "quarantine", got.pending);
    filters(screen, &mut above, got.value);
    actions(screen, &mut below, cx, got.value);
}

fn filters(screen: &mut QuarantineScreen, ui: &mut Ui, list: Option<&QuarantineList>) {
    let labels = record_list::choices(&QuarantineStatus::ALL, list.map_or(&[][..], |list| &list.counts));
    let choices: Vec<(Option<QuarantineStatus>, &str)> =
        labels.iter().map(|(value, label)| (*value, label.as_str())).collect();
    let before = (screen.status, screen.reason.clone());
    segmented(ui, "Status", &mut screen.status, &choices);
    let reasons = list.map_or(&[][..], |list| &list.reasons);
    let mut choices = vec![(None, "Any reason".to_owned())];
    choices
        .extend(reasons.iter().map(|(code, count)| (Some(code.clone()), format!("{code} {}", number::count(*count)))));
    dropdown(ui, "Reason", &mut screen.reason, &choices);
    if before != (screen.status, screen.reason.clone()) {
        (screen.row, screen.edit) = (None, None);
    }
}

fn actions(screen: &mut QuarantineScreen, ui: &mut Ui, cx: &mut Cx<'_>, list: Option<&QuarantineList>) {
    let field = TextField::new(&mut screen.because, "Reason of what is done").hint("Why, in one sentence");
    field.width(REASON).show(ui);
    let readable = list.and_then(|list| {
        list.counts.iter().find(|(status, _)| *status == QuarantineStatus::Readable).map(|(_, count)| *count)
    });
    let label = format!("Replay {}", number::count(readable.unwrap_or(0)));
    let nothing = readable.is_none().then_some("The contract reads none of them");
    let button = Button::new(&label).name("Replay what the contract reads").icon(icon::PLAY_ARROW);
    if button.primary().disabled(nothing.or(screen.why_not())).show(ui).clicked() {
        screen.replay(cx);
    }
    let filter = screen.filter();
    let shown = list.and_then(|list| list.records.as_ref());
    let rows = shown.map_or(0, |records| records.rows);
    let all = (filter == QuarantineFilter::default()).then_some("Choose a status or a reason first");
    let none = (rows == 0).then_some("No record is shown");
    let is_ignored = screen.status == Some(QuarantineStatus::Ignored);
    let (verb, change) = match is_ignored {
        true => ("Reopen", QuarantineChange::Reopen { filter }),
        false => ("Ignore", QuarantineChange::Ignore { filter }),
    };
    let label = format!("{verb} {}", number::count(rows));
    let name = format!("{verb} all that are shown");
    let button = Button::new(&label).name(&name).disabled(all.or(none).or(screen.why_not()));
    if button.show(ui).clicked() {
        screen.change(cx, change);
    }
    let Some(records) = shown else { return };
    let store = cx.store;
    let ask = FileAsk {
        button: Button::new("Export…").quiet().icon(icon::SAVE).tooltip("The records shown, all of them, as a file"),
        field: "File for the records",
        hint: "~/quarantine.parquet",
        verb: "Write the records",
        note: "A new file: .parquet, .csv or .jsonl. Personal data is masked",
    };
    let asked = screen.export.asked().map(str::to_owned);
    let outcome = asked.and_then(|file| exported(store.exported(records.id, &file)));
    if let Some(file) = screen.export.show(ui, ask, outcome) {
        cx.send(Request::ExportResult { result: records.id, file, reveal: false });
    }
}

/// What came of the last thing that was asked for.
pub(super) fn outcome(screen: &mut QuarantineScreen, ui: &mut Ui, cx: &Cx<'_>) {
    let table = &screen.table;
    let closed = match &screen.asked {
        None => return,
        Some(Asked::Change(change)) => {
            let got = cx.store.got::<ask::ChangeQuarantine>(&(table.clone(), change.clone()));
            let (title, next) = match change {
                QuarantineChange::Edit { .. } | QuarantineChange::Set { .. } => {
                    ("The record is corrected", "The next run takes it to silver. Bronze keeps the record that came")
                }
                QuarantineChange::Ignore { .. } => ("Ignored", "They stay in the list, and out of silver"),
                QuarantineChange::Reopen { .. } => ("Open again", "They wait for somebody"),
            };
            match (got.pending, got.error, got.value) {
                (false, Some(error), _) => error_banner(ui, error, "Nothing was changed"),
                (false, None, Some(_)) => {
                    screen.edit = None;
                    banner(ui, Tone::Ok, title, next, Some("Close"))
                }
                _ => false,
            }
        }
        Some(Asked::Replay(job)) => {
            let got = cx.store.got::<ask::ReplayQuarantine>(&(*job,));
            let error = got.error.or_else(|| got.value.and_then(|done| done.error.as_ref()));
            match (got.pending, error, got.value) {
                (false, Some(error), _) => error_banner(ui, error, "Silver is unchanged"),
                (false, None, Some(done)) => {
                    let counters = &done.counters;
                    let text = format!(
                        "{} = {} applied + {} superseded. It may be repeated",
                        number::plural(counters.rows_in, "record"),
                        number::count(counters.applied()),
                        number::count(counters.superseded)
                    );
                    banner(ui, Tone::Ok, "Replayed", &text, Some("Close"))
                }
                _ => false,
            }
        }
    };
    if closed {
        screen.asked = None;
    }
}
