//! The questions of all tables, each asked once: what it is about, how many tables have it, and an answer for all of
//! them.

use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, ListRow, TextField, entered, icon_label, number, panel_header, rule};
use egui::{Frame, Margin, ScrollArea, Ui, vec2};
use sluice_api::{NamePattern, OnboardAnswer, OnboardAnswers, OnboardDraft, QuestionKind, Request};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Tables that a question names before it counts the others.
const TABLES_NAMED: usize = 3;

/// An answer that was given, for the tables that had the question then.
struct Given {
    value: String,
    paths: BTreeSet<String>,
}

/// Answers so far, and the question that is open.
#[derive(Default)]
pub(super) struct Questions {
    given: BTreeMap<QuestionKind, Given>,
    open: Option<QuestionKind>,
    /// What is being typed.
    value: String,
    /// Why what was typed is no answer.
    mistake: Option<String>,
    /// Folders whose proposal is to be made again with the answers.
    again: VecDeque<String>,
    focus: bool,
}

/// A question with the tables that have it.
struct Asked<'a> {
    drafts: Vec<&'a OnboardDraft>,
    text: String,
    suggestions: Vec<&'a str>,
}

fn asked<'a>(drafts: impl Iterator<Item = &'a OnboardDraft>) -> BTreeMap<QuestionKind, Asked<'a>> {
    let mut all: BTreeMap<QuestionKind, Asked<'a>> = BTreeMap::new();
    for draft in drafts {
        for question in &draft.questions {
            let asked = all.entry(question.kind).or_insert_with(|| Asked {
                drafts: Vec::new(),
                text: question.to_string(),
                suggestions: Vec::new(),
            });
            for suggestion in &question.suggestions {
                if !asked.suggestions.contains(&suggestion.as_str()) {
                    asked.suggestions.push(suggestion);
                }
            }
            if asked.drafts.last().is_none_or(|last| last.path != draft.path) {
                asked.drafts.push(draft);
            }
        }
    }
    all
}

impl Questions {
    /// The answers as they go with the request for a proposal.
    pub(super) fn answers(&self) -> OnboardAnswers {
        let answer = |(kind, given): (&QuestionKind, &Given)| OnboardAnswer {
            kind: *kind,
            tables: NamePattern::default(),
            columns: NamePattern::default(),
            value: given.value.clone(),
        };
        OnboardAnswers { answers: self.given.iter().map(answer).collect(), ..OnboardAnswers::default() }
    }

    /// Asks for proposals again that an answer changes, `room` of them.
    pub(super) fn ask_again(&mut self, cx: &mut Cx<'_>, room: usize) {
        for _ in 0..room {
            let Some(path) = self.again.pop_front() else { return };
            cx.send(Request::InferContract { path, name: None, table: None, answers: self.answers() });
        }
    }

    /// Whether a proposal waits to be made again.
    pub(super) fn waits(&self, path: &str) -> bool {
        self.again.iter().any(|waiting| waiting == path)
    }

    /// Whether there is something to show: open questions or answers.
    pub(super) fn any<'a>(&self, mut drafts: impl Iterator<Item = &'a OnboardDraft>) -> bool {
        !self.given.is_empty() || drafts.any(|draft| !draft.questions.is_empty())
    }

    /// Opens the next question that has no answer.
    pub(super) fn next<'a>(&mut self, drafts: impl Iterator<Item = &'a OnboardDraft>) -> bool {
        let all = asked(drafts);
        let kinds: Vec<QuestionKind> = all.keys().copied().filter(|kind| kind.example().is_some()).collect();
        let after = self.open.and_then(|open| kinds.iter().find(|kind| **kind > open));
        let Some(next) = after.or(kinds.first()) else { return false };
        self.choose(*next);
        true
    }

    fn choose(&mut self, kind: QuestionKind) {
        self.open = Some(kind);
        self.value = self.given.get(&kind).map(|given| given.value.clone()).unwrap_or_default();
        self.mistake = None;
        self.focus = true;
    }

    /// Draws the panel.
    pub(super) fn show<'a>(&mut self, ui: &mut Ui, drafts: impl Iterator<Item = &'a OnboardDraft>) {
        let tokens = ui.tokens();
        ui.spacing_mut().item_spacing.y = 0.0;
        let all = asked(drafts);
        let mut kinds: BTreeSet<QuestionKind> = all.keys().copied().collect();
        kinds.extend(self.given.keys());
        let open = all.len() as u64;
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            panel_header(ui, "Questions", &number::count(kinds.len() as u64), |ui| {
                let words =
                    format!("{} answered, {} open", number::count(self.given.len() as u64), number::count(open));
                ui.label(typeface::text(words, typeface::caption(), tokens.text_weak));
            });
        });
        rule(ui);
        ScrollArea::vertical().id_salt("questions").auto_shrink(false).show(ui, |ui| {
            for (at, kind) in kinds.into_iter().enumerate() {
                self.question(ui, at + 1, kind, all.get(&kind));
                rule(ui);
            }
            Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
                let text = "An answer is for all tables that have the question. What the files say stays as it is.";
                ui.label(typeface::text(text, typeface::caption(), tokens.text_weak));
            });
        });
    }

    fn question(&mut self, ui: &mut Ui, at: usize, kind: QuestionKind, asked: Option<&Asked<'_>>) {
        let tokens = ui.tokens();
        let tables = asked.map_or(0, |asked| asked.drafts.len());
        let of_answer = self.given.get(&kind).map_or(0, |given| given.paths.len());
        let title = format!("{at}  {}", kind.title());
        let (mark, color) = match tables {
            0 => (icon::CHECK, tokens.ok),
            _ => (icon::HELP, tokens.warn),
        };
        let count = number::plural(tables.max(of_answer) as u64, "table");
        let row = ListRow::new(&title).icon(mark, color).right(&count, tokens.text_weak);
        let is_open = self.open == Some(kind);
        let name = format!("Question {at}: {} {count}", kind.title());
        if row.selected(is_open).name(name).height(32.0).show(ui).clicked() {
            if is_open {
                self.open = None;
            } else {
                self.choose(kind);
            }
        }
        if let (false, Some(given)) = (is_open, self.given.get(&kind)) {
            Frame::NONE.inner_margin(Margin { left: 34, right: 12, top: 0, bottom: 8 }).show(ui, |ui| {
                let left = if tables > 0 { format!("{}, {tables} left", given.value) } else { given.value.clone() };
                icon_label(ui, icon::CHECK, 12.0, tokens.ok, &left, typeface::mono(12.0));
            });
        }
        if is_open {
            Frame::NONE.inner_margin(Margin { left: 34, right: 12, top: 0, bottom: 12 }).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 6.0;
                self.open_question(ui, kind, asked);
            });
        }
    }

    fn open_question(&mut self, ui: &mut Ui, kind: QuestionKind, asked: Option<&Asked<'_>>) {
        let tokens = ui.tokens();
        if let Some(asked) = asked {
            ui.label(typeface::text(&asked.text, typeface::control(), tokens.text_weak));
            let names: Vec<String> =
                asked.drafts.iter().take(TABLES_NAMED).map(|draft| draft.name.table.clone()).collect();
            let more = asked.drafts.len().saturating_sub(TABLES_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let words = format!("{}{more}", names.join(", "));
            ui.label(typeface::text(words, typeface::mono(12.0), tokens.text));
        }
        let Some(example) = kind.example() else {
            let text = "Open each of these tables and decide it there";
            ui.label(typeface::text(text, typeface::control(), tokens.text_weak));
            return;
        };
        if let Some(asked) = asked.filter(|asked| !asked.suggestions.is_empty()) {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
                for suggestion in &asked.suggestions {
                    let is_chosen = self.value.trim() == *suggestion;
                    if Button::new(suggestion).selected(is_chosen).height(22.0).show(ui).clicked() {
                        self.value = (*suggestion).to_owned();
                        self.mistake = None;
                    }
                }
            });
        }
        let hint = format!("for example {example}");
        let field = TextField::new(&mut self.value, "Answer for all tables").hint(&hint).mono();
        let response = field.invalid(self.mistake.is_some()).show(ui);
        if std::mem::take(&mut self.focus) {
            response.request_focus();
        }
        if response.changed() {
            self.mistake = None;
        }
        if let Some(mistake) = &self.mistake {
            ui.label(typeface::text(mistake, typeface::control(), tokens.fail));
        }
        let entered = entered(ui, &response);
        let mut paths: BTreeSet<String> =
            asked.into_iter().flat_map(|asked| &asked.drafts).map(|draft| draft.path.clone()).collect();
        if let Some(given) = self.given.get(&kind) {
            paths.extend(given.paths.iter().cloned());
        }
        let label = format!("Answer for {}", number::count(paths.len() as u64));
        let why = self.value.trim().is_empty().then_some("Write or choose an answer first");
        let clicked = Button::new(&label).primary().key("Enter").disabled(why).show(ui).clicked();
        if (clicked || entered) && why.is_none() {
            self.take(kind, paths);
        }
    }

    /// Takes what was typed as the answer for these folders.
    fn take(&mut self, kind: QuestionKind, paths: BTreeSet<String>) {
        let value = self.value.trim().to_owned();
        let any = NamePattern::default;
        match (OnboardAnswer { kind, tables: any(), columns: any(), value: value.clone() }).checked() {
            Err(mistake) => self.mistake = Some(format!("{}. {}", mistake.message, mistake.fix)),
            Ok(_) => {
                let waiting: BTreeSet<String> = self.again.iter().cloned().collect();
                self.again.extend(paths.iter().filter(|path| !waiting.contains(*path)).cloned());
                self.given.insert(kind, Given { value, paths });
                self.open = None;
            }
        }
    }
}
