//! What was decided of a batch, and deciding: hold, skip, release, each with its reason.

use crate::cx::Cx;
use crate::design::TokensExt;
use crate::state::Tab;
use crate::widget::{Button, FilePrompt, ListRow, TextField, Tone, banner, error_banner, number, rule, section_header};
use egui::{Frame, Margin, Ui};
use sluice_api::{BatchAction, BatchState, BatchView, Request, TableName};

/// Decided records of a batch that are listed beside it.
const RECORDS_SHOWN: usize = 5;

/// A decision that is being written.
#[derive(Default)]
pub(super) struct Draft {
    /// The batch that the reason is about.
    batch: u64,
    because: String,
    /// What was asked for last.
    asked: Option<(u64, BatchAction)>,
    /// The file for a colleague.
    pub(super) incident: FilePrompt,
}

/// What can be done with a batch as it is.
pub(super) fn possible(batch: &BatchView) -> &'static [BatchAction] {
    match batch.state {
        _ if batch.is_skipped => &[BatchAction::Release],
        BatchState::Pending if batch.is_held() => &[BatchAction::Release, BatchAction::Skip],
        BatchState::Pending => &[BatchAction::Skip, BatchAction::Hold],
        BatchState::Committed => &[BatchAction::Skip],
        BatchState::Running | BatchState::Planned => &[],
    }
}

fn words(action: BatchAction) -> (&'static str, &'static str) {
    match action {
        BatchAction::Hold => ("Hold", "It waits, and all batches after it"),
        BatchAction::Skip => ("Skip", "Silver is made without its events, also when it is rebuilt"),
        BatchAction::Release => ("Release", "The next run takes it to silver; the guards stay as they are"),
    }
}

/// Draws the section, nothing where nothing can be decided.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableName, batch: &BatchView, draft: &mut Draft) {
    let actions = possible(batch);
    if actions.is_empty() && batch.decisions.is_empty() {
        return;
    }
    if draft.batch != batch.batch {
        *draft = Draft { batch: batch.batch, ..Draft::default() };
    }
    let tokens = ui.tokens();
    let keys = batch.refusal.iter().flat_map(|refusal| &refusal.keys);
    rule(ui);
    Frame::NONE.inner_margin(Margin::symmetric(12, 2)).show(ui, |ui| section_header(ui, "Decision", "", |_| {}));
    for key in keys {
        ListRow::new(key).mono().note("would be deleted").show(ui);
    }
    for decision in &batch.decisions {
        let by = if decision.by_guard { "a guard of the contract" } else { decision.by.as_str() };
        let line = format!("{} by {by}, {}", decision.action.done(), number::short_time(decision.at_ms));
        ListRow::new(&line).color(tokens.text_weak).show(ui).on_hover_text(&decision.because);
        if !decision.by_guard {
            ListRow::new(&decision.because).show(ui);
        }
    }
    for of in batch.records.iter().take(RECORDS_SHOWN) {
        let line = format!("Record {} {} by {}", of.record, of.decision.action.done(), of.decision.by);
        ListRow::new(&line).color(tokens.text_weak).show(ui).on_hover_text(&of.decision.because);
    }
    let more = batch.records.len().saturating_sub(RECORDS_SHOWN) as u64;
    if more > 0 {
        ListRow::new(&format!("and {} more records", number::count(more))).color(tokens.text_weak).show(ui);
    }
    outcome(ui, cx, table, draft);
    if actions.is_empty() {
        return;
    }
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 4, bottom: 8 }).show(ui, |ui| {
        TextField::new(&mut draft.because, "Reason of the decision").hint("Why, in one sentence").show(ui);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            for &action in actions {
                let (label, about) = words(action);
                let why = draft.because.trim().is_empty().then_some("Write the reason first");
                let name = format!("{label} batch {}", batch.batch);
                let button = Button::new(label).name(&name).disabled(why);
                if button.show(ui).on_hover_text(about).clicked() {
                    draft.asked = Some((batch.batch, action));
                    cx.send(Request::DecideBatch {
                        table: table.clone(),
                        batch: batch.batch,
                        action,
                        because: draft.because.trim().to_owned(),
                        author: None,
                    });
                }
            }
            let name = format!("Records of batch {}", batch.batch);
            let about = "List them; in a sandbox drop or edit single ones";
            if Button::new("Records…").quiet().name(&name).show(ui).on_hover_text(about).clicked() {
                cx.open(Tab::Records { table: table.clone(), batch: Some(batch.batch) });
            }
        });
    });
}

fn outcome(ui: &mut Ui, cx: &Cx<'_>, table: &TableName, draft: &mut Draft) {
    let Some((batch, action)) = draft.asked else { return };
    let got = cx.store.decided_batch(table, batch, action);
    let closed = if let Some(error) = got.error {
        error_banner(ui, error, "Nothing was decided")
    } else if got.value.is_some() && !got.pending {
        draft.because.clear();
        let title = format!("Batch {batch} is {}", action.done());
        banner(ui, Tone::Ok, &title, "The next run does it", Some("Close"))
    } else {
        false
    };
    if closed {
        draft.asked = None;
    }
}
