//! A batch as one file for a colleague.

use super::decision::Draft;
use crate::cx::Cx;
use crate::design::icon;
use crate::widget::{Button, FileAsk, FileOutcome, number, rule};
use egui::{Frame, Margin, Ui};
use sluice_api::{BatchView, Request, TableName, ask};

/// Draws the button; nothing for a batch that bronze does not have.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableName, batch: &BatchView, draft: &mut Draft) {
    if batch.bronze_version.is_none() {
        return;
    }
    rule(ui);
    let got = cx.store.got::<ask::WriteIncident>(&(table.clone(), batch.batch));
    let outcome = draft.incident.asked().map(|_| match (got.pending, got.error, got.value) {
        (false, Some(error), _) => FileOutcome::Failed(error),
        (false, None, Some(written)) => {
            let records = number::plural(written.records, "record");
            let replaced = number::plural(written.replaced, "personal value");
            FileOutcome::Done(format!("{records} in {}, {replaced} replaced", written.file.as_deref().unwrap_or("it")))
        }
        _ => FileOutcome::Pending,
    });
    let ask = FileAsk {
        button: Button::new("File for a colleague…")
            .icon(icon::DESCRIPTION)
            .tooltip("Contract, ledger, findings and records of the batch, personal values replaced"),
        field: "File of the incident",
        hint: "~/incident.json",
        verb: "Write the file",
        note: "A new file; `sluice incident open` makes a lake of it that does the same",
    };
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 6, bottom: 8 }).show(ui, |ui| {
        if let Some(file) = draft.incident.show(ui, ask, outcome) {
            let (table, batch) = (table.clone(), batch.batch);
            cx.send(Request::WriteIncident { table, batch, file: Some(file), test: None, save: false });
        }
    });
}
