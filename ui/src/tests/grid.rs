//! The grid over ten million rows.

use crate::link::{Answer, Canned, Transport as _, sample};
use crate::state::PageCache;
use crate::widget::{Copied, Grid, GridColumn, GridResponse, GridState, ResultRows};
use egui::{Key, Modifiers, Ui, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use sluice_api::PageRequest;

struct State {
    transport: Canned,
    pages: PageCache,
    asked: Vec<PageRequest>,
    cursor: Option<(u64, usize)>,
    copied: Option<String>,
    said: Vec<Copied>,
    id: Option<egui::Id>,
}

fn show(ui: &mut Ui, state: &mut State) -> GridResponse {
    for answer in state.transport.poll() {
        if let Answer::Page(id, page) = answer
            && let Some(request) = state.asked.get(usize::try_from(id).unwrap_or_default())
        {
            state.pages.fill(request, page);
        }
    }
    let result = sample::ten_million();
    let columns: Vec<GridColumn> = result.columns.iter().map(GridColumn::of_result).collect();
    let outcome = Grid::new("Rows", &columns, result.rows).show(ui, &mut ResultRows::new(&mut state.pages, result.id));
    for page in state.pages.take_missing() {
        state.transport.page(u64::try_from(state.asked.len()).unwrap_or_default(), page);
        state.asked.push(page);
        ui.ctx().request_repaint();
    }
    let copied = ui.ctx().output(|output| {
        output.commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    });
    if copied.is_some() {
        state.copied = copied;
    }
    state.said.extend(outcome.copied.clone());
    state.id = Some(outcome.response.id);
    if outcome.cursor.is_some() {
        state.cursor = outcome.cursor;
    }
    outcome
}

fn grid() -> Harness<'static, State> {
    let state = State {
        transport: Canned::sample(),
        pages: PageCache::default(),
        asked: Vec::new(),
        cursor: None,
        copied: None,
        said: Vec::new(),
        id: None,
    };
    let mut harness = Harness::builder()
        .with_size(vec2(1000.0, 400.0))
        .with_context_setup(crate::design::install_fonts)
        .build_ui_state(
            |ui, state: &mut State| {
                show(ui, state);
            },
            state,
        );
    harness.run_ok();
    harness
}

#[test]
fn control_end_shows_the_last_of_ten_million_rows() {
    let mut harness = grid();
    harness.get_by_label("order_id 0").click();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::End);
    harness.run_ok();
    assert_eq!(harness.state().cursor.map(|(row, _)| row), Some(9_999_999));
    harness.key_press(Key::Home);
    harness.run_ok();
    assert!(harness.query_by_label("order_id 9999999").is_some());
    assert!(harness.query_by_label("order_id 9999990").is_some());
    harness.key_press(Key::ArrowUp);
    harness.key_press(Key::PageUp);
    harness.run_ok();
    let row = harness.state().cursor.map(|(row, _)| row).unwrap_or_default();
    assert!(row < 9_999_990 && row > 9_999_900, "row {row}");
    let pages = harness.state().asked.len();
    assert!(pages < 12, "asked for {pages} pages");
}

#[test]
fn a_page_is_asked_for_once_and_rows_far_apart_do_not_jitter() {
    let mut harness = grid();
    let asked = harness.state().asked.len();
    harness.run_steps(4);
    assert_eq!(harness.state().asked.len(), asked);
    // Positions of rows are whole points even at the end.
    harness.get_by_label("order_id 0").click();
    harness.run_ok();
    let first = harness.get_by_label("order_id 1").rect().top();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::End);
    harness.run_ok();
    harness.key_press(Key::Home);
    harness.run_ok();
    let last = harness.get_by_label("order_id 9999999").rect().top();
    let before = harness.get_by_label("order_id 9999998").rect().top();
    assert!((last - before - 24.0).abs() < f32::EPSILON);
    assert!(first.fract().abs() < f32::EPSILON && before.fract().abs() < f32::EPSILON);
}

#[test]
fn control_c_copies_the_cell() {
    let mut harness = grid();
    harness.get_by_label("order_id 3").click();
    harness.run_ok();
    harness.event(egui::Event::Copy);
    harness.step();
    assert_eq!(harness.state().copied.as_deref(), Some("3"));
}

#[test]
fn shift_chooses_a_range_and_copies_it_as_tab_separated_text() {
    let mut harness = grid();
    harness.get_by_label("order_id 1").click();
    harness.run_ok();
    for key in [Key::ArrowDown, Key::ArrowRight] {
        harness.key_press_modifiers(Modifiers::SHIFT, key);
        harness.run_ok();
    }
    harness.key_press_modifiers(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::C);
    harness.step();
    assert_eq!(harness.state().copied.as_deref(), Some("order_id\tcustomer_id\n1\t31\n2\t62"));
}

/// Chooses rows of the first two columns and copies them; the text that reached the clipboard.
fn copied(rows: std::ops::RangeInclusive<u64>) -> (Option<String>, Vec<Copied>) {
    let mut harness = grid();
    harness.get_by_label("order_id 0").click();
    harness.run_ok();
    let id = harness.state().id.unwrap();
    let mut state = GridState::load(&harness.ctx, id);
    state.anchor = Some((*rows.start(), 0));
    state.cursor = Some((*rows.end(), 1));
    state.store(&harness.ctx, id);
    harness.event(egui::Event::Copy);
    for _ in 0..400 {
        harness.step();
        let said = &harness.state().said;
        if said.iter().any(|said| !matches!(said, Copied::Reading { .. })) {
            break;
        }
    }
    (harness.state().copied.clone(), harness.state().said.clone())
}

#[test]
fn a_copy_has_every_row_whether_it_was_on_screen_or_not() {
    let (text, said) = copied(5..=20_004);
    assert_eq!(said, [Copied::Reading { rows: 20_000 }, Copied::Cells { rows: 20_000, columns: 2 }]);
    assert_eq!(said.last().and_then(Copied::words), Some(("20,000 rows copied".to_owned(), false)));
    let text = text.unwrap();
    assert_eq!(text.lines().count(), 20_000);
    assert!(!text.contains('…'), "what is not known is never handed over");
    for (row, line) in (5..).zip(text.lines()) {
        assert_eq!(line, format!("{row}\t{}", row * 31 % 402_880), "row {row}");
    }
}

#[test]
fn more_than_a_copy_takes_is_refused_with_its_number() {
    let (text, said) = copied(0..=9_999_999);
    assert_eq!(text, None);
    assert_eq!(said, [Copied::TooMany { cells: 20_000_000 }]);
}

#[test]
fn control_a_chooses_all_cells() {
    let mut harness = grid();
    harness.get_by_label("order_id 3").click();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run_ok();
    let state = GridState::load(&harness.ctx, harness.state().id.unwrap());
    assert_eq!(state.range().map(|(rows, _)| rows), Some(0..=9_999_999));
    assert_eq!(state.first_row, 0, "what is on screen stays");
}

#[test]
fn scrolling_by_points_keeps_whole_rows() {
    let ctx = egui::Context::default();
    let id = egui::Id::unique("grid");
    GridState::go_to(&ctx, id, 5_000_000, 2);
    let state = GridState::load(&ctx, id);
    assert_eq!(state.cursor, Some((5_000_000, 2)));
    assert_eq!(state.reveal, Some(5_000_000));
}
