//! The session survives, and a broken one does no harm.

use super::support::{bench, window};
use crate::design::Theme;
use crate::link::{Canned, sample};
use crate::state::{Tab, Workspace};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{Reply, Request};

fn with_session(text: String) -> Canned {
    let replies = move |request: &Request| match request {
        Request::LoadSession => Some(Reply::LoadSession(Some(text.clone()))),
        other => Some(sample::reply(other)),
    };
    Canned::new(replies, sample::page)
}

#[test]
fn it_is_restored() {
    let mut saved = Workspace { theme: Theme::Light, ..Workspace::default() };
    for table in ["silver.shop.orders", "gold.shop.daily_revenue"] {
        if let Ok(table) = table.parse() {
            saved.open(Tab::Table { table });
        }
    }
    let mut harness = window(with_session(saved.to_session()));
    let workspace = bench(&mut harness).workspace().clone();
    assert_eq!(workspace.theme, Theme::Light);
    assert_eq!(workspace.tabs, saved.tabs);
    assert_eq!(workspace.active, 1);
    assert!(harness.query_by_label("Close silver.shop.orders").is_some());
}

#[test]
fn one_of_before_is_read_and_an_unknown_screen_left_out() {
    let orders = r#"{"layer":"silver","name":{"dataset":"shop","table":"orders"}}"#;
    let text = format!(
        r#"{{"format":1,"place":"sql","active":1,"tabs":[{{"tab":"table","table":{orders}}},{{"tab":"onboard"}},
        {{"tab":"oracle","table":{orders}}},{{"tab":"diff","table":{orders},"versions":[41,42]}},
        {{"tab":"sql","number":1}},{{"tab":"publish"}}],"selection":{{"kind":"row","table":{orders},"row":3}}}}"#
    );
    let workspace = Workspace::from_session(&text).unwrap();
    let titles: Vec<String> = workspace.tabs.iter().map(Tab::title).collect();
    assert_eq!(titles, ["silver.shop.orders", "Onboard tables", "Diff orders v41 → v42", "Query 1", "Publish"]);
    let again = Workspace::from_session(&workspace.to_session()).unwrap();
    assert_eq!(again.tabs, workspace.tabs);
}

#[test]
fn a_corrupted_one_is_ignored_with_a_notice() {
    let mut harness = window(with_session("{\"format\":1,\"tabs\":[{\"tab\":".to_owned()));
    assert!(bench(&mut harness).workspace().tabs.is_empty());
    assert!(harness.query_by_label_contains("The saved session could not be read").is_some());
}

#[test]
fn changes_are_saved_once_they_settle() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut harness = window(transport);
    bench(&mut harness).run(crate::command::Command::SwitchTheme);
    harness.run_steps(12);
    let saved: Vec<String> = asked
        .borrow()
        .iter()
        .filter_map(|request| match request {
            Request::SaveSession { session } => Some(session.clone()),
            _ => None,
        })
        .collect();
    let last = saved.last().and_then(|text| Workspace::from_session(text).ok());
    assert_eq!(last.map(|workspace| workspace.theme), Some(Theme::Light));
    assert!(saved.len() <= 2, "saved {} times", saved.len());
}
