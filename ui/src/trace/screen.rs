//! Drawing the screen: the field for file and record, the verdict, the way, and the records.

use super::words::words;
use super::{inspector, way};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::screen::Screen;
use crate::state::{Got, Tab};
use crate::widget::{
    Button, EmptyState, ListRow, TextField, Tone, banner, entered, error_banner, loading_line, number, rule,
};
use egui::{Align, Color32, Layout, ScrollArea, Ui, UiBuilder, vec2};
use sluice_api::{EventOutcome, RecordNumber, Request, Trace, TraceStage, TracedRecord, ask};

const BAR: f32 = 40.0;
/// Width of the field.
const FIELD: f32 = 560.0;

/// What became of a file or record.
pub struct TraceScreen {
    /// File and record, as they are traced.
    place: String,
    /// The field took the focus once.
    begun: bool,
    /// What is typed.
    typed: String,
    /// Which delivery of the file, where several batches took it, and which record.
    chosen: (usize, Option<usize>),
}

impl TraceScreen {
    /// The screen.
    #[must_use]
    pub fn new(place: String) -> Self {
        Self { typed: place.clone(), place, begun: false, chosen: (0, None) }
    }

    fn request(&self) -> Request {
        let (file, record) = RecordNumber::split(&self.place);
        Request::Trace { file: file.to_owned(), record, reveal: false }
    }

    fn got<'a>(&self, cx: &Cx<'a>) -> Got<'a, Vec<Trace>> {
        let (file, record) = RecordNumber::split(&self.place);
        cx.store.got::<ask::Trace>(&(file.to_owned(), record, false))
    }

    fn trace<'a>(&self, cx: &Cx<'a>) -> Option<&'a Trace> {
        let traces = self.got(cx).value?;
        traces.get(self.chosen.0).or_else(|| traces.first())
    }

    fn bar(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, pending: bool) {
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), BAR));
        let layout = Layout::left_to_right(Align::Center);
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("trace bar"));
        let field = TextField::new(&mut self.typed, "File and record").hint("orders-7.json:120").mono().width(FIELD);
        let response = field.show(&mut bar);
        if !self.begun {
            self.begun = true;
            if self.place.is_empty() {
                response.request_focus();
            }
        }
        let entered = entered(&bar, &response);
        let place = self.typed.trim().to_owned();
        let why = place.is_empty().then_some("Type the name of a file");
        let pressed = Button::new("Trace").primary().disabled(why).show(&mut bar).clicked();
        if (entered || pressed) && !place.is_empty() && place != self.place {
            cx.run(Command::ReplaceTab(Tab::Trace { place }));
        }
        rule(ui);
        loading_line(ui, rect, pending);
    }

    fn trace_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, traces: &[Trace]) {
        let tokens = ui.tokens();
        let Some(trace) = traces.get(self.chosen.0).or_else(|| traces.first()) else { return };
        let mut chosen = self.chosen;
        let title = match trace.record {
            Some(record) => format!("{}, record {}", trace.table, number::count(record.get())),
            None => trace.table.to_string(),
        };
        banner(ui, tone(trace), &title, &trace.verdict, None);
        way::show(ui, trace);
        rule(ui);
        ScrollArea::vertical().id_salt("traced records").auto_shrink(false).show(ui, |ui| {
            for (position, other) in traces.iter().enumerate().filter(|_| traces.len() > 1) {
                let batch = other.batch.map_or_else(|| "waits".to_owned(), |batch| format!("batch {batch}"));
                let name = format!("{} {batch}", other.table);
                let row = ListRow::new(&name).icon(icon::DESCRIPTION, tokens.text_weak).selected(position == chosen.0);
                if row.name(name.clone()).show(ui).clicked() {
                    chosen = (position, None);
                }
            }
            for (position, record) in trace.records.iter().enumerate() {
                let (mark, color) = mark(tokens, record);
                let text = format!("{} {}", number::count(record.record.get()), record.operation);
                let became = words(record);
                let row = ListRow::new(&text).mono().icon(mark, color).right(became.clone(), color).height(28.0);
                let is_chosen = chosen.1 == Some(position);
                if row.selected(is_chosen).name(format!("record {text}: {became}")).show(ui).clicked() {
                    chosen.1 = Some(position);
                    cx.workspace.panels.show_inspector(true);
                }
            }
            let is_whole = trace.record.is_none() && trace.stage == TraceStage::Silver;
            if is_whole && trace.records.is_empty() {
                let text = "Every record of it is applied";
                ListRow::new(text).icon(icon::CHECK, tokens.ok).color(tokens.text_weak).show(ui);
            }
            for gold in &trace.gold {
                let rows = gold.rows.map_or_else(
                    || "reads the table".to_owned(),
                    |rows| format!("{} with the key", number::plural(rows, "row")),
                );
                let name = format!("gold.{}", gold.model);
                let row = ListRow::new(&name).icon(icon::TABLE_ROWS, tokens.text_weak).right(rows.clone(), tokens.text);
                row.name(format!("{name}: {rows}")).show(ui);
            }
        });
        self.chosen = chosen;
    }
}

fn tone(trace: &Trace) -> Tone {
    match trace.stage {
        _ if !trace.counts.balances() => Tone::Fail,
        TraceStage::Silver if trace.counts.quarantined == 0 => Tone::Ok,
        _ => Tone::Warn,
    }
}

fn mark(tokens: &Tokens, record: &TracedRecord) -> (char, Color32) {
    match &record.outcome {
        Some(EventOutcome::Applied | EventOutcome::Partly { .. }) => (icon::CHECK, tokens.ok),
        Some(EventOutcome::Quarantined { .. }) => (icon::WARNING, tokens.warn),
        Some(_) => (icon::FAST_FORWARD, tokens.text_weak),
        None => (icon::SCHEDULE, tokens.warn),
    }
}

impl Screen for TraceScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        if self.place.is_empty() {
            self.bar(ui, cx, false);
            let text = "The name of a file, or its path; with :7 its seventh record";
            EmptyState { icon: icon::SEARCH, title: "Which file or record?", text, action: None }.show(ui);
            return;
        }
        cx.want(self.request());
        let got = self.got(cx);
        self.bar(ui, cx, got.pending);
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was changed")
        {
            cx.send(self.request());
        }
        match got.value {
            Some(traces) => self.trace_ui(ui, cx, traces),
            None if got.error.is_none() => {
                let text = "Bronze is searched for its records and for all events of their keys";
                let tokens = ui.tokens();
                ui.label(typeface::text(text, typeface::control(), tokens.text_weak));
            }
            None => {}
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        self.trace(cx).is_some_and(|trace| !trace.records.is_empty())
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(trace) = self.trace(cx) else { return };
        let record = self.chosen.1.and_then(|position| trace.records.get(position)).or_else(|| trace.records.first());
        if let Some(record) = record
            && inspector::show(ui, record, trace.record.is_none())
        {
            let place = format!("{}:{}", trace.file, record.record);
            cx.run(Command::ReplaceTab(Tab::Trace { place }));
        }
    }
}
