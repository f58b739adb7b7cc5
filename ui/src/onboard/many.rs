//! All tables that were found, at once: what was guessed of each, what has to be decided, and saving those of which
//! nothing has.

use super::questions::Questions;
use super::unsaved::kept;
use crate::cell::CellText;
use crate::cx::Cx;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::{Button, CellLook, CellRef, FnRows, Grid, GridColumn, TextField, icon_label, number, rule};
use egui::{Align, Color32, Layout, Rect, Ui, UiBuilder, pos2, vec2};
use sluice_api::{FoundTable, OnboardDraft, OnboardSource, ReplayLimits, Request, TableName};
use sluice_contract::parse_duration_seconds;
use std::collections::BTreeMap;

/// Tables that are sampled at the same time.
const SAMPLED_AT_ONCE: usize = 3;
/// Letters of a table's name on the button that opens it.
const NAME_MAX: usize = 24;
/// Height of the bar above the list.
const BAR: f32 = 48.0;

/// What the person did with all of them.
#[derive(Default)]
pub(super) struct Many {
    /// Texts that were sent to be saved, by the folder of their table.
    sent: BTreeMap<String, String>,
    /// Who answers for the tables that are saved; as proposed where it is empty.
    owner: String,
    /// How late they may be, likewise.
    sla: String,
    /// Questions that are answered for all of them.
    questions: Questions,
}

/// How far a table is, those that need eyes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// It cannot be sampled or saved.
    Failed(String),
    /// What has to be decided.
    Questions(Vec<String>),
    /// The person has changed the proposal and not saved it.
    Edited,
    /// Nothing has to be decided.
    Ready,
    /// Its files are being sampled, or wait for that.
    Reading,
    /// Its contract is in the draft.
    Saved,
}

impl State {
    fn words(&self) -> String {
        match self {
            Self::Failed(why) => why.clone(),
            Self::Questions(questions) => questions.join("; "),
            Self::Edited => "edited, open it and save".to_owned(),
            Self::Ready => "ready".to_owned(),
            Self::Reading => "…".to_owned(),
            Self::Saved => "contract saved".to_owned(),
        }
    }

    fn color(&self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Failed(_) => tokens.fail,
            Self::Questions(_) => tokens.warn,
            Self::Edited => tokens.accent,
            Self::Ready => tokens.ok,
            Self::Reading | Self::Saved => tokens.text_weak,
        }
    }
}

/// A proposed contract with this owner and SLA; what is empty stays as proposed.
fn with_terms(yaml: &str, owner: &str, sla: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let terms = [("owner:", owner), ("sla:", sla)];
    let line = |line: &str| match terms.iter().find(|(key, text)| line.starts_with(key) && !text.is_empty()) {
        Some((key, text)) => format!("{key} {}\n", quoted(text)),
        None => format!("{line}\n"),
    };
    yaml.lines().map(line).collect()
}

/// A name of at most so many letters.
fn shortened(name: &str, letters: usize) -> String {
    match name.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// One table with what is known of it.
struct Row<'a> {
    found: &'a FoundTable,
    draft: Option<&'a OnboardDraft>,
    state: State,
    /// What wants a look though nothing has to be decided.
    looks: Vec<String>,
}

impl Row<'_> {
    fn cell(&self, column: usize) -> String {
        let of_draft = |text: &dyn Fn(&OnboardDraft) -> String| self.draft.map_or_else(|| "…".to_owned(), text);
        if self.found.has_contract && matches!(column, 2..=6) {
            return "–".to_owned();
        }
        match column {
            0 => self.found.name.to_string(),
            1 => number::count(self.found.files),
            2 => self.found.format.clone().unwrap_or_else(|| "unknown".to_owned()),
            3 => of_draft(&|draft| draft.key.join(", ")),
            4 => of_draft(&OnboardDraft::order),
            5 => of_draft(&|draft| number::count(draft.columns.len() as u64)),
            6 => of_draft(&|draft| {
                let personal = draft.columns.iter().filter(|column| column.pii.is_some()).count();
                number::count(personal as u64)
            }),
            _ if self.state == State::Ready && !self.looks.is_empty() => {
                format!("ready; {}", self.looks.join("; "))
            }
            _ => self.state.words(),
        }
    }
}

impl Many {
    /// The contract that is saved for a proposal.
    fn text(&self, draft: &OnboardDraft) -> String {
        with_terms(&draft.yaml, self.owner.trim(), self.sla.trim())
    }

    /// Whether something is written as the SLA that is no duration: it would be refused for every table.
    fn is_sla_wrong(&self) -> bool {
        !self.sla.trim().is_empty() && parse_duration_seconds(self.sla.trim()).is_none()
    }

    /// Asks for the proposals that are missing, a few at a time.
    fn sample(&mut self, cx: &mut Cx<'_>, found: &OnboardSource) {
        let store = cx.store;
        let new = || found.tables.iter().filter(|table| !table.has_contract && table.format.is_some());
        let mut pending = new().filter(|table| store.draft(&table.path).pending).count();
        for table in new() {
            let answers = self.questions.answers();
            let request = Request::InferContract { path: table.path.clone(), name: None, table: None, answers };
            if pending < SAMPLED_AT_ONCE && store.wants(&request) {
                cx.want(request);
                pending += 1;
            }
        }
        self.questions.ask_again(cx, SAMPLED_AT_ONCE.saturating_sub(pending));
    }

    fn state(&self, cx: &Cx<'_>, table: &FoundTable, namesakes: usize) -> State {
        let store = cx.store;
        if table.has_contract {
            return State::Saved;
        }
        if table.format.is_none() {
            return State::Failed("the format is not known".to_owned());
        }
        if let Some(yaml) = self.sent.get(&table.path) {
            let saved = store.saved(yaml);
            match (saved.pending, saved.error, saved.value) {
                (true, ..) | (false, None, None) => return State::Reading,
                (false, None, Some(_)) => return State::Saved,
                // What was refused may be saved with another owner or SLA.
                (false, Some(_), _)
                    if store.draft(&table.path).value.is_some_and(|draft| self.text(draft) != *yaml) => {}
                (false, Some(error), _) => return State::Failed(error.message.clone()),
            }
        }
        let got = store.draft(&table.path);
        match (got.error, got.value) {
            (Some(error), _) => State::Failed(error.message.clone()),
            (None, None) => State::Reading,
            (None, Some(_)) if cx.workspace.filters.contains_key(&kept(&table.path)) => State::Edited,
            (None, Some(draft)) => {
                if self.questions.waits(&table.path) {
                    return State::Reading;
                }
                let mut questions = draft.to_decide();
                if namesakes > 1 {
                    questions.insert(0, format!("{namesakes} folders propose the name {}", table.name));
                }
                let is_open = namesakes > 1 || !draft.problems.is_empty() || !draft.questions.is_empty();
                if is_open { State::Questions(questions) } else { State::Ready }
            }
        }
    }

    /// Draws bar and list; returns the folder of the table that is to be opened.
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, found: &OnboardSource) -> Option<String> {
        self.sample(cx, found);
        let store = cx.store;
        let namesakes = |name: &TableName| found.tables.iter().filter(|other| other.name == *name).count();
        let mut rows: Vec<Row<'_>> = found
            .tables
            .iter()
            .map(|table| {
                let draft = store.draft(&table.path).value;
                let looks = draft.map(OnboardDraft::to_decide).unwrap_or_default();
                Row { found: table, draft, state: self.state(cx, table, namesakes(&table.name)), looks }
            })
            .collect();
        rows.sort_by(|a, b| {
            let order = |row: &Row<'_>| match row.state {
                State::Failed(_) => 0,
                State::Questions(_) | State::Edited => 1,
                State::Ready => 2,
                State::Reading => 3,
                State::Saved => 4,
            };
            order(a).cmp(&order(b)).then_with(|| a.found.name.cmp(&b.found.name))
        });
        let open = self.bar_ui(ui, cx, &rows);
        rule(ui);
        open.or_else(|| list_ui(ui, cx, &rows))
    }

    /// Proposals of the tables that have no contract yet.
    fn drafts<'a>(cx: &Cx<'a>, found: &'a OnboardSource) -> impl Iterator<Item = &'a OnboardDraft> + use<'a> {
        let store = cx.store;
        let new = found.tables.iter().filter(|table| !table.has_contract);
        new.filter_map(move |table| store.draft(&table.path).value)
    }

    /// Whether the panel of the questions has something to show.
    pub(super) fn has_questions(&self, cx: &Cx<'_>, found: &OnboardSource) -> bool {
        self.questions.any(Self::drafts(cx, found))
    }

    /// Draws the panel of the questions.
    pub(super) fn questions_ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, found: &OnboardSource) {
        self.questions.show(ui, Self::drafts(cx, found));
    }

    /// Opens the next question; false if there is none.
    pub(super) fn next_question(&mut self, cx: &Cx<'_>, found: &OnboardSource) -> bool {
        self.questions.next(Self::drafts(cx, found))
    }

    fn bar_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, rows: &[Row<'_>]) -> Option<String> {
        let tokens = ui.tokens();
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), BAR));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("many actions"));
        right.spacing_mut().item_spacing.x = 8.0;
        let count = |is: fn(&State) -> bool| rows.iter().filter(|row| is(&row.state)).count();
        let ready = count(|state| *state == State::Ready);
        let label = format!("Save {ready} ready");
        let why = match ready {
            0 => Some("Nothing is ready yet"),
            _ => self.is_sla_wrong().then_some("The SLA is no duration, write for example 4 hours"),
        };
        if Button::new(&label).primary().icon(icon::SAVE).disabled(why).show(&mut right).clicked() {
            for row in rows.iter().filter(|row| row.state == State::Ready) {
                if let Some(draft) = row.draft {
                    let yaml = self.text(draft);
                    self.sent.insert(row.found.path.clone(), yaml.clone());
                    cx.send(Request::SaveContract { yaml });
                }
            }
        }
        let saved: Vec<TableName> = rows
            .iter()
            .filter(|row| row.state == State::Saved && self.sent.contains_key(&row.found.path))
            .map(|row| row.draft.map_or_else(|| row.found.name.clone(), |draft| draft.name.clone()))
            .collect();
        let label = format!("Replay {}", number::plural(saved.len() as u64, "table"));
        let why = saved.is_empty().then_some("Save contracts first");
        if Button::new(&label).icon(icon::PLAY_ARROW).disabled(why).show(&mut right).clicked() {
            let job = cx.new_job();
            cx.notify(format!("{label} has begun, the jobs are in the replay screen"), false);
            cx.send(Request::StartReplay { job, tables: saved, limits: ReplayLimits::default() });
        }
        let wrong = self.is_sla_wrong();
        for (text, name, hint, wrong) in [
            (&mut self.sla, "SLA of the tables saved", "SLA: 4 hours", wrong),
            (&mut self.owner, "Owner of the tables saved", "Owner", false),
        ] {
            TextField::new(text, name).hint(hint).width(112.0).invalid(wrong).show(&mut right);
        }
        let next = rows.iter().find(|row| matches!(row.state, State::Questions(_) | State::Ready | State::Edited));
        let mut open = None;
        if let Some(next) = next {
            let name = next.found.name.to_string();
            let label = format!("Onboard {}", shortened(&name, NAME_MAX));
            let whole = format!("Onboard {name}");
            if Button::new(&label).quiet().name(&whole).tooltip(&whole).show(&mut right).clicked() {
                open = Some(next.found.path.clone());
            }
        }
        let end = right.min_rect().left() - 12.0;
        let room = Rect::from_min_max(inner.min, pos2(end, inner.bottom()));
        let layout = Layout::left_to_right(Align::Center);
        let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("many counts"));
        left.set_clip_rect(room.intersect(ui.clip_rect()));
        left.spacing_mut().item_spacing.x = 12.0;
        let title = format!("{} found", number::plural(rows.len() as u64, "table"));
        left.label(typeface::text(title, typeface::title(), tokens.text_strong));
        let failed = count(|state| matches!(state, State::Failed(_)));
        let asked = count(|state| matches!(state, State::Questions(_)));
        let reading = count(|state| *state == State::Reading);
        let done = count(|state| *state == State::Saved);
        for (count, mark, color, word) in [
            (failed, icon::ERROR, tokens.fail, "failed"),
            (asked, icon::WARNING, tokens.warn, "with questions"),
            (ready, icon::CHECK, tokens.ok, "ready"),
            (reading, icon::SYNC, tokens.text_weak, "being read"),
            (done, icon::CHECK, tokens.text_weak, "saved"),
        ] {
            if count > 0 {
                let words = format!("{} {word}", number::count(count as u64));
                icon_label(&mut left, mark, 14.0, color, &words, typeface::control());
            }
        }
        open
    }
}

fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>, rows: &[Row<'_>]) -> Option<String> {
    let tokens = ui.tokens();
    let column =
        |name: &str, width: f32, numeric: bool| GridColumn { width: Some(width), numeric, ..GridColumn::new(name) };
    let columns = [
        column("Table", 184.0, false),
        column("Files", 64.0, true),
        column("Format", 136.0, false),
        column("Key", 120.0, false),
        column("Order", 176.0, false),
        column("Columns", 72.0, true),
        column("Personal", 72.0, true),
        column("To decide", (ui.available_width() - 848.0).max(200.0), false),
    ];
    let get = |row: u64| usize::try_from(row).ok().and_then(|row| rows.get(row));
    let mut source = FnRows(|row: u64, column| Some(CellText::value(get(row)?.cell(column))));
    let mut decorate = |cell: &CellRef<'_>| {
        let Some(row) = get(cell.row) else { return CellLook::default() };
        match cell.column {
            7 => CellLook { color: Some(row.state.color(tokens)), ..CellLook::default() },
            0 => CellLook { strong: true, ..CellLook::default() },
            _ => CellLook::default(),
        }
    };
    let out = Grid::new("Tables found", &columns, rows.len() as u64)
        .row_height(28.0)
        .decorate(&mut decorate)
        .show(ui, &mut source);
    out.act(cx);
    let (row, _) = out.activated?;
    get(row).map(|row| row.found.path.clone())
}
