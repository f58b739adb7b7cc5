//! What stands in a cell of the timeline.

use super::model::{Column, Run};
use crate::design::Tokens;
use crate::widget::{Operation, number};
use egui::Color32;
use sluice_api::{BatchState, BatchView, GoldCounter, Layer, RowLedger};

/// A row of the timeline.
#[derive(Clone, Copy)]
pub(super) enum Row {
    /// Header of a layer, with versions.
    Layer(Layer),
    /// Records appended to bronze.
    Appended,
    /// A count of silver.
    Count(Operation),
    /// Rows of a gold model.
    Model(usize),
}

/// Rows above the gold models.
pub(super) const ROWS: [Row; 9] = [
    Row::Layer(Layer::Bronze),
    Row::Appended,
    Row::Layer(Layer::Silver),
    Row::Count(Operation::Inserted),
    Row::Count(Operation::Updated),
    Row::Count(Operation::Deleted),
    Row::Count(Operation::Superseded),
    Row::Count(Operation::Quarantined),
    Row::Layer(Layer::Gold),
];

/// Text of a cell.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) color: Color32,
}

fn weak(tokens: &Tokens, text: impl Into<String>) -> Option<Text> {
    Some(Text { text: text.into(), color: tokens.text_weak })
}

fn version(tokens: &Tokens, version: Option<u64>) -> Option<Text> {
    version.and_then(|version| weak(tokens, format!("v{version}")))
}

/// The count of an operation.
pub(super) fn count(counters: &RowLedger, operation: Operation) -> u64 {
    match operation {
        Operation::Inserted => counters.inserted,
        Operation::Updated => counters.updated,
        Operation::Deleted => counters.deleted,
        Operation::Superseded => counters.superseded,
        Operation::Quarantined => counters.quarantined,
        Operation::Equal => counters.unchanged,
    }
}

fn counted(tokens: &Tokens, value: Option<u64>, operation: Option<Operation>, selected: bool) -> Option<Text> {
    let Some(value) = value else { return weak(tokens, number::known(None)) };
    let color = match (value, operation) {
        (0, _) if selected => tokens.text_weak,
        (0, _) => tokens.text_faint,
        (_, Some(Operation::Quarantined)) => tokens.warn,
        _ if selected => tokens.text_strong,
        _ => tokens.text,
    };
    Some(Text { text: number::count(value), color })
}

/// The cell of `row` in `column`; `run` is set for the column under way, `gold` for the last one committed.
pub(super) fn text(
    tokens: &Tokens,
    row: Row,
    column: &Column<'_>,
    run: Option<&Run<'_>>,
    gold: Option<&[GoldCounter]>,
    selected: bool,
) -> Option<Text> {
    let batch = match column {
        Column::Known(batch) if batch.state == BatchState::Running => return running(tokens, row, Some(batch), run),
        Column::Known(batch) => batch,
        Column::Planned { .. } if run.is_some() => return running(tokens, row, None, run),
        Column::Planned { files, .. } => {
            return match row {
                Row::Appended => weak(tokens, number::plural(*files as u64, "file")),
                Row::Count(Operation::Inserted) => weak(tokens, "planned"),
                _ => None,
            };
        }
    };
    match row {
        Row::Layer(Layer::Bronze) => version(tokens, batch.bronze_version),
        Row::Appended => counted(tokens, batch.bronze_rows, None, selected),
        Row::Layer(Layer::Silver) if batch.state == BatchState::Pending => {
            Some(Text { text: run.map_or_else(|| "pending".to_owned(), Run::percent), color: tokens.warn })
        }
        Row::Layer(Layer::Silver) => match batch.merged_with {
            Some(later) => weak(tokens, format!("with {later}")),
            None => version(tokens, batch.silver_version),
        },
        // Its rows are counted in the batch that it was merged together with.
        Row::Count(_) if batch.counters.is_none() && batch.merged_with.is_some() => weak(tokens, "–"),
        Row::Count(operation) => {
            let value = batch.counters.as_ref().map(|counters| count(counters, operation));
            counted(tokens, value, Some(operation), selected)
        }
        Row::Layer(Layer::Gold) => gold.and_then(|gold| version(tokens, gold.iter().map(|model| model.version).max())),
        Row::Model(index) => gold.and_then(|gold| counted(tokens, Some(gold.get(index)?.rows), None, selected)),
    }
}

fn running(tokens: &Tokens, row: Row, batch: Option<&BatchView>, run: Option<&Run<'_>>) -> Option<Text> {
    match row {
        Row::Layer(Layer::Bronze) => version(tokens, batch.and_then(|batch| batch.bronze_version)),
        Row::Appended => counted(tokens, batch.and_then(|batch| batch.bronze_rows), None, false),
        Row::Layer(Layer::Silver) => {
            Some(Text { text: run.map_or_else(|| "…".to_owned(), Run::percent), color: tokens.accent })
        }
        Row::Count(_) => weak(tokens, "…"),
        Row::Layer(Layer::Gold) => weak(tokens, "queued"),
        Row::Model(_) => None,
    }
}
