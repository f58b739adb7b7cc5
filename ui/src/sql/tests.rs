//! Tests of the SQL screen with canned answers.

use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::{Tab, Workspace};
use crate::tests::support::{Window, active, bench, press, run, window};
use arrow_array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, ErrorCode, JobId, Reply, Request, ResultColumn, ResultId, ResultView};
use std::{cell::RefCell, rc::Rc, sync::Arc};

fn opened(transport: Canned) -> Window {
    let mut window = window(transport);
    run(&mut window, Command::NewQuery);
    assert!(matches!(active(&window), Some(Tab::Sql { .. })));
    window
}

fn text(window: &Window) -> String {
    window.state().as_ref().and_then(|bench| bench.workspace().sql.values().next().cloned()).unwrap_or_default()
}

fn write(window: &mut Window, sql: &str) {
    window.get_by_label("Query text").focus();
    window.run_ok();
    window.get_by_label("Query text").type_text(sql);
    window.run_ok();
}

fn queries(asked: &Rc<RefCell<Vec<Request>>>) -> Vec<(JobId, String)> {
    let asked = asked.borrow();
    let found = asked.iter().filter_map(|request| match request {
        Request::Query { job, sql } => Some((*job, sql.clone())),
        _ => None,
    });
    found.collect()
}

#[test]
fn an_empty_query_offers_examples_of_the_lake() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    window.get_by_label("All of gold.shop.daily_revenue").click();
    window.run_ok();
    assert_eq!(queries(&asked).len(), 1);
    assert!(text(&window).contains("FROM gold.shop.daily_revenue"));
    assert!(window.query_all_by_label("Result").next().is_some());
}

#[test]
fn a_closed_query_comes_back_with_its_text() {
    let mut window = opened(Canned::sample());
    write(&mut window, "SELECT 1 AS precious");
    press(&mut window, Modifiers::COMMAND, Key::W);
    assert_eq!(active(&window), None);
    let shift = Modifiers { shift: true, ..Modifiers::COMMAND };
    press(&mut window, shift, Key::T);
    assert!(matches!(active(&window), Some(Tab::Sql { .. })));
    assert_eq!(text(&window), "SELECT 1 AS precious");
    // It outlives a restart of the window.
    press(&mut window, Modifiers::COMMAND, Key::W);
    let session = bench(&mut window).workspace().to_session();
    let mut restored = Workspace::from_session(&session).unwrap();
    assert!(restored.tabs.is_empty() && restored.reopen(None));
    assert_eq!(restored.sql.values().collect::<Vec<_>>(), ["SELECT 1 AS precious"]);
    // And a new query offers it.
    run(&mut window, Command::NewQuery);
    window.get_by_label_contains("Reopen Query").click();
    window.run_ok();
    assert_eq!(bench(&mut window).workspace().tabs.len(), 2);
    assert!(matches!(active(&window), Some(Tab::Sql { number: 1 })));
}

#[test]
fn empty_queries_are_not_kept_and_old_ones_do_not_fill_the_session() {
    let mut workspace = Workspace::default();
    workspace.open_sql("  ");
    workspace.close(0);
    assert!(workspace.closed.is_empty() && workspace.sql.is_empty());
    for _ in 0..40 {
        workspace.open_sql("x".repeat(100_000));
        workspace.close(0);
    }
    assert!(workspace.to_session().len() < 2 << 20);
    assert!(workspace.reopen(None), "the latest stays");
}

#[test]
fn typing_and_ctrl_enter_runs_the_query() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    write(&mut window, "SELECT * FROM silver.shop.orders");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    let found = queries(&asked);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, "SELECT * FROM silver.shop.orders");
    assert_eq!(text(&window), "SELECT * FROM silver.shop.orders", "no line break is written");
    assert!(window.query_by_label_contains("Result 1").is_some());
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert!(window.query_by_label_contains("Result 1").is_some(), "the earlier result stays");
    assert!(window.query_by_label_contains("Result 2").is_some());
}

#[test]
fn an_error_says_what_to_do_next() {
    let refuse = |request: &Request| match request {
        Request::Query { .. } => Some(Reply::Error(ApiError::new(
            ErrorCode::Input,
            "Table `silver.shop.ordrs` does not exist (line 1, column 15)",
            "Did you mean silver.shop.orders?",
        ))),
        other => Some(sample::reply(other)),
    };
    let mut window = opened(Canned::new(refuse, sample::page));
    write(&mut window, "SELECT * FROM silver.shop.ordrs");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert!(window.query_by_label_contains("Did you mean silver.shop.orders?").is_some());
    assert!(window.query_by_label_contains("1:15 Table").is_some(), "the place is shown in the text");
}

#[test]
fn a_running_query_can_be_cancelled() {
    let silent = |request: &Request| match request {
        Request::Query { .. } => None,
        Request::Jobs => Some(Reply::Jobs(Vec::new())),
        other => Some(sample::reply(other)),
    };
    let transport = Canned::new(silent, sample::page);
    let asked = transport.asked();
    let mut window = opened(transport);
    write(&mut window, "SELECT 1");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run_steps(3);
    let (job, _) = queries(&asked).remove(0);
    window.get_by_label("Cancel").click();
    window.run_steps(3);
    assert!(asked.borrow().contains(&Request::Cancel { job }));
    asked.borrow_mut().clear();
    window.key_down(Key::Escape);
    window.run_steps(2);
    window.key_up(Key::Escape);
    window.run_steps(2);
    assert!(asked.borrow().contains(&Request::Cancel { job }), "Esc stops it too");
    asked.borrow_mut().clear();
    // The key is pressed and let go of before the next frame.
    let escape = |pressed| {
        let (key, modifiers) = (Key::Escape, Modifiers::NONE);
        egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }
    };
    window.input_mut().events.extend([escape(true), escape(false)]);
    window.run_steps(2);
    assert!(asked.borrow().contains(&Request::Cancel { job }), "however fast");
}

#[test]
fn a_running_query_ends_with_its_tab() {
    let silent = |request: &Request| match request {
        Request::Query { .. } => None,
        Request::Jobs => Some(Reply::Jobs(Vec::new())),
        other => Some(sample::reply(other)),
    };
    let transport = Canned::new(silent, sample::page);
    let asked = transport.asked();
    let mut window = opened(transport);
    write(&mut window, "SELECT 1");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run_steps(3);
    let (job, _) = queries(&asked).remove(0);
    window.key_press_modifiers(Modifiers::COMMAND, Key::W);
    window.run_steps(3);
    assert!(asked.borrow().contains(&Request::Cancel { job }));
}

#[test]
fn the_result_of_a_closed_tab_is_freed() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    write(&mut window, "SELECT * FROM silver.shop.orders");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    press(&mut window, Modifiers::COMMAND, Key::W);
    let is_freed = |request: &Request| matches!(request, Request::DropResult { .. });
    assert!(asked.borrow().iter().any(is_freed));
    assert!(!asked.borrow().iter().any(|request| matches!(request, Request::Cancel { .. })), "it had ended");
}

#[test]
fn where_and_order_by_act_on_the_result() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    write(&mut window, "SELECT * FROM silver.shop.orders");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    window.get_by_label("WHERE").focus();
    window.run_ok();
    window.get_by_label("WHERE").type_text("total_amount > 0");
    window.run_ok();
    press(&mut window, Modifiers::NONE, Key::Enter);
    let refined = asked.borrow().iter().any(|request| {
        matches!(request, Request::Refine { filter: Some(filter), order_by: None, .. } if filter == "total_amount > 0")
    });
    assert!(refined);
    window.get_by_label_contains("total_amount decimal").click();
    window.run_ok();
    let sorted = asked
        .borrow()
        .iter()
        .any(|request| matches!(request, Request::Refine { order_by: Some(order), .. } if order == "total_amount"));
    assert!(sorted, "a click on a header sorts");
    assert_eq!(queries(&asked).len(), 1, "the query did not run again");
}

#[test]
fn completion_offers_columns_in_scope_and_tab_accepts() {
    let mut window = opened(Canned::sample());
    write(&mut window, "SELECT sta FROM silver.shop.orders");
    let id = egui::Id::unique("sql text").with(1_u32);
    crate::code::go_to(&window.ctx, id, 10);
    window.run_ok();
    press(&mut window, Modifiers::COMMAND, Key::Space);
    assert!(window.query_by_label_contains("status string shop.orders").is_some());
    press(&mut window, Modifiers::NONE, Key::Tab);
    assert_eq!(text(&window), "SELECT status FROM silver.shop.orders");
    assert!(window.query_by_label_contains("status string shop.orders").is_none(), "the list is closed");
}

fn revenue() -> ResultView {
    let column = |name: &str, data_type: &str, numeric| ResultColumn {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        numeric,
        pii: false,
    };
    let columns =
        vec![column("day", "date", false), column("kind", "string", false), column("revenue", "double", true)];
    ResultView { id: ResultId(5), columns, rows: 6, elapsed_ms: 3 }
}

fn revenue_page() -> Vec<u8> {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("day", Arc::new(Date32Array::from(vec![20_000, 20_001, 20_002, 20_000, 20_001, 20_002]))),
        ("kind", Arc::new(StringArray::from(vec!["shoes", "shoes", "shoes", "toys", "toys", "toys"]))),
        ("revenue", Arc::new(Float64Array::from(vec![10.0, 20.0, 30.0, 1.0, 2.0, 3.0]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes
}

#[test]
fn the_chart_draws_series_of_a_page() {
    let replies = |request: &Request| match request {
        Request::Query { .. } => Some(Reply::Query(revenue())),
        other => Some(sample::reply(other)),
    };
    let mut window = opened(Canned::new(replies, |_| Ok(revenue_page())));
    write(&mut window, "SELECT day, kind, revenue FROM gold.shop.daily_revenue");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    window.run_ok();
    assert!(window.query_by_label("Chart of revenue, 1 series: revenue").is_some());
    assert!(window.query_by_label("revenue 33").is_some(), "both kinds of the last day are summed");
    window.get_by_label("Colour").click();
    window.run_ok();
    window.get_by_label("kind").click();
    window.run_ok();
    assert!(window.query_by_label("Chart of revenue, 2 series: shoes, toys").is_some());
    assert!(window.query_by_label_contains("toys ").is_some(), "the pointer now marks another day");
}

#[test]
fn a_large_result_is_sampled_and_says_so() {
    let mut window = opened(Canned::sample());
    write(&mut window, "SELECT * FROM silver.shop.orders");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    for _ in 0..20 {
        window.run_ok();
    }
    assert!(window.query_by_label_contains("From 5,000 of 1,919,380 rows").is_some());
    window.get_by_label("Query all rows").click();
    window.run_ok();
    let bench = window.state().as_ref();
    let sql = bench.and_then(|bench| bench.workspace().sql.get(&2).cloned()).unwrap_or_default();
    assert!(sql.contains("date_trunc('") && sql.contains("GROUP BY ALL"), "{sql}");
}

#[test]
fn queries_of_the_lake_are_opened_and_saved() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    window.run_ok();
    window.get_by_label("Open the query late orders").click();
    window.run_ok();
    assert_eq!(bench(&mut window).workspace().tabs.len(), 2, "in a tab of its own");
    let texts: Vec<String> = bench(&mut window).workspace().sql.values().cloned().collect();
    assert!(texts.iter().any(|sql| sql.contains("shipped_at IS NULL")), "{texts:?}");
    window.get_by_label("Name of the query").focus();
    window.run_ok();
    window.get_by_label("Name of the query").type_text("mine");
    window.run_ok();
    window.get_by_label("Save").click();
    window.run_ok();
    let saved = asked.borrow().iter().any(|request| match request {
        Request::SaveQuery { name, sql } => name == "mine" && sql.contains("shipped_at IS NULL"),
        _ => false,
    });
    assert!(saved);
}

#[test]
fn a_query_becomes_a_gold_model() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    write(&mut window, "SELECT 1 AS one");
    window.get_by_label("Name of the gold model").focus();
    window.run_ok();
    window.get_by_label("Name of the gold model").type_text("shop.new_model");
    window.run_ok();
    window.get_by_label("Save as model").click();
    window.run_ok();
    window.run_ok();
    let name: sluice_api::TableName = "shop.new_model".parse().unwrap();
    let sent = Request::SaveModel { name: name.clone(), sql: "SELECT 1 AS one".to_owned() };
    assert!(asked.borrow().contains(&sent));
    match active(&window) {
        Some(Tab::Table { table }) => assert_eq!(table.name, name),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_condition_keeps_the_field_and_its_letters() {
    let replies = |request: &Request| match request {
        Request::Refine { filter: Some(_), .. } => {
            Some(Reply::Error(ApiError::new(ErrorCode::Input, "syntax error at end of input", "Correct it")))
        }
        other => Some(sample::reply(other)),
    };
    let mut window = opened(Canned::new(replies, sample::page));
    write(&mut window, "SELECT * FROM silver.shop.orders");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    window.get_by_label("WHERE").focus();
    window.run_ok();
    window.get_by_label("WHERE").type_text("id %");
    window.run_ok();
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.run_ok();
    assert!(window.query_by_label_contains("syntax error at end of input").is_some());
    assert!(window.get_by_label("WHERE").is_focused(), "what is typed next is still the condition");
    let tabs = window.state().as_ref().map(|bench| bench.workspace().tabs.len());
    window.key_press(Key::D);
    window.event(egui::Event::Text("d".to_owned()));
    window.run_ok();
    assert_eq!(window.state().as_ref().map(|bench| bench.workspace().tabs.len()), tabs, "no command was run");
}

#[test]
fn a_result_becomes_a_file() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    write(&mut window, "SELECT * FROM silver.shop.orders");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    window.get_by_label("Export…").click();
    window.run_ok();
    window.get_by_label("File for the rows").focus();
    window.run_ok();
    window.get_by_label("File for the rows").type_text("/out/orders.parquet");
    window.run_ok();
    window.get_by_label("Write the rows shown").click();
    window.run_ok();
    let exported = |request: &Request| matches!(request, Request::ExportResult { file, reveal: false, .. } if file == "/out/orders.parquet");
    assert!(asked.borrow().iter().any(exported));
}
