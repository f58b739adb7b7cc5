//! The replay screen.

use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::{Selection, Tab};
use crate::tests::support::{Asked, Window, open as open_tab, orders_name, run, window};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, BatchState, ErrorCode, ReplayLimits, ReplayView, Reply, Request, TableName};
use std::cell::RefCell;

fn open(change: impl Fn(&mut ReplayView) + 'static) -> (Window, Asked) {
    open_tab(Tab::Replay { table: orders_name() }, move |reply| {
        if let Reply::Replay(view) = reply {
            change(view);
        }
    })
}

fn started(asked: &RefCell<Vec<Request>>) -> Option<ReplayLimits> {
    asked.borrow().iter().rev().find_map(|request| match request {
        Request::StartReplay { limits, tables, .. } if *tables == [orders_name()] => Some(limits.clone()),
        _ => None,
    })
}

#[test]
fn batches_and_the_ledger_of_the_last_one_are_shown() {
    let (window, _) = open(|_| {});
    let batch = "Batch 42, committed, rows in quarantine, 60,000 rows in";
    assert!(window.query_by_label_contains(batch).is_some());
    assert!(window.query_by_label_contains("Batch 43, planned, 1 file").is_some());
    assert_eq!(window.query_all_by_label("Balances").count(), 2);
    assert!(window.query_by_label("Batch 42").is_some(), "the inspector is of the last batch");
    assert!(window.query_by_label("Diff v41 → v42").is_some());
    assert!(window.query_by_label_contains("TYPE_MISMATCH").is_some());
    assert!(window.query_by_label("Throughput by batch").is_some());
}

#[test]
fn both_themes_draw() {
    let (mut window, _) = open(|_| {});
    run(&mut window, Command::SwitchTheme);
    assert!(window.query_by_label("Step").is_some());
}

#[test]
fn a_step_replays_one_batch_of_the_chosen_size() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("Step").click();
    window.run_ok();
    let one = ReplayLimits { max_files: Some(1), ..ReplayLimits::default() };
    assert_eq!(started(&asked), Some(ReplayLimits { batches: Some(1), ..one }));
    asked.borrow_mut().clear();
    window.key_press(Key::F10);
    window.run_ok();
    assert_eq!(started(&asked).and_then(|limits| limits.batches), Some(1));
    asked.borrow_mut().clear();
    window.key_press(Key::F5);
    window.run_ok();
    assert_eq!(started(&asked), Some(one));
}

/// The bound of the plan on screen.
fn planned_by(asked: &RefCell<Vec<Request>>) -> Option<Option<u64>> {
    asked.borrow().iter().rev().find_map(|request| match request {
        Request::Replay { max_files, .. } => Some(*max_files),
        _ => None,
    })
}

#[test]
fn the_step_has_the_bound_of_the_plan_whichever_is_chosen() {
    let (mut window, asked) = open(|_| {});
    for (choice, bound, column) in [
        ("5 files", Some(5), "Batch 43, planned, 5 files"),
        ("files by size", None, "Batch 43, planned, 5 files"),
        ("2 files", Some(2), "Batch 43, planned, 2 files"),
    ] {
        window.get_by_label_contains("Files per batch").click();
        window.run_ok();
        window.query_all_by_label(choice).last().unwrap().click();
        window.run_ok();
        window.run_ok();
        assert_eq!(planned_by(&asked), Some(bound), "{choice}");
        assert!(window.query_by_label_contains(column).is_some(), "{choice}");
        asked.borrow_mut().clear();
        window.key_press(Key::F10);
        window.run_ok();
        assert_eq!(started(&asked).map(|limits| limits.max_files), Some(bound), "{choice}");
        window.run_ok();
    }
}

/// The last batch, refused with `counters`.
fn refuse(view: &mut ReplayView, counters: Option<sluice_api::RowLedger>) {
    let reason = "7.7 % of its records are in quarantine, the limit is 5.0 %".to_owned();
    let cause = sluice_api::RefusalCause::Quarantine;
    let batch = view.batches.iter_mut().find(|batch| batch.batch == 42).unwrap();
    batch.state = BatchState::Pending;
    batch.counters = counters;
    (batch.silver_version, batch.elapsed_ms) = (None, None);
    batch.refusal = Some(sluice_api::Refusal { batch: 42, first_batch: 42, reason, cause, counters, keys: Vec::new() });
}

#[test]
fn a_refused_batch_shows_its_plan_its_reason_and_no_green_badge() {
    let counters = sluice_api::RowLedger {
        rows_in: 65,
        inserted: 60,
        quarantined: 5,
        silver_before: 10,
        silver_after: 70,
        ..sluice_api::RowLedger::default()
    };
    let (window, _) = open(move |view| refuse(view, Some(counters)));
    assert!(window.query_by_label_contains("Batch 42, refused, 65 rows in, 60 inserted").is_some());
    assert!(window.query_by_label("Balances").is_none());
    assert_eq!(window.query_all_by_label("Not published").count(), 2);
    assert!(window.query_by_label("7.7 % of its records are in quarantine, the limit is 5.0 %").is_some());
    assert!(window.query_by_label("Would be applied").is_some());
}

/// The last batch, held by a guard.
fn hold(view: &mut ReplayView) {
    refuse(view, None);
    let batch = view.batches.iter_mut().find(|batch| batch.batch == 42).unwrap();
    let reason = "It would delete 4812 of 9000 rows (53.5 %), the guard lets 20.0 % pass".to_owned();
    let (cause, keys) = (sluice_api::RefusalCause::Guard, vec!["id=7".to_owned()]);
    batch.refusal =
        Some(sluice_api::Refusal { batch: 42, first_batch: 42, reason: reason.clone(), cause, counters: None, keys });
    batch.decisions = vec![sluice_api::BatchDecisionView {
        action: sluice_api::BatchAction::Hold,
        because: reason,
        by: "guard".to_owned(),
        by_guard: true,
        at_ms: 1_700_000_000_000,
    }];
}

#[test]
fn a_held_batch_is_released_with_a_reason() {
    let (mut window, asked) = open(hold);
    assert!(window.query_by_label_contains("Batch 42, held").is_some());
    assert!(window.query_by_label("It would delete 4812 of 9000 rows (53.5 %), the guard lets 20.0 % pass").is_some());
    assert!(window.query_by_label_contains("id=7").is_some(), "the first keys");
    assert!(window.query_by_label_contains("held by a guard of the contract").is_some());
    let decided = |asked: &RefCell<Vec<Request>>| {
        asked.borrow().iter().rev().find_map(|request| match request {
            Request::DecideBatch { batch, action, because, .. } => Some((*batch, *action, because.clone())),
            _ => None,
        })
    };
    window.get_by_label("Release batch 42").click();
    window.run_ok();
    assert_eq!(decided(&asked), None, "not without a reason");
    window.get_by_label("Reason of the decision").focus();
    window.run_ok();
    window.get_by_label("Reason of the decision").type_text("the shop was cleaned up");
    window.run_ok();
    window.get_by_label("Release batch 42").click();
    window.run_ok();
    let expected = (42, sluice_api::BatchAction::Release, "the shop was cleaned up".to_owned());
    assert_eq!(decided(&asked), Some(expected));
}

#[test]
fn a_batch_behind_a_held_one_says_for_which_it_waits() {
    let (window, _) = open(|view| {
        refuse(view, None);
        let batch = view.batches.iter_mut().find(|batch| batch.batch == 42).unwrap();
        (batch.refusal, batch.waits_for) = (None, Some(41));
    });
    assert!(window.query_by_label("It waits for batch 41, which is held").is_some());
    assert!(window.query_by_label_contains("Batch 42, waits").is_some());
}

#[test]
fn what_is_not_known_of_a_batch_is_never_zero_and_never_green() {
    let (window, _) = open(|view| refuse(view, None));
    assert!(window.query_by_label_contains("Batch 42, refused, rows not counted yet").is_some());
    assert!(window.query_by_label("Balances").is_none() && window.query_by_label("Not published").is_none());
    assert_eq!(window.query_all_by_label("0").count(), 0);
    assert!(window.query_all_by_label("…").count() >= 8, "both equations");
}

#[test]
fn running_to_a_planned_batch_counts_the_batches() {
    let (mut window, asked) = open(|_| {});
    window.key_press(Key::F9);
    window.run_ok();
    assert_eq!(started(&asked), None, "the selected batch is not ahead");
    window.key_press(Key::ArrowRight);
    window.run_ok();
    window.key_press(Key::ArrowRight);
    window.run_ok();
    let selection = window.state().as_ref().unwrap().workspace().selection.clone();
    assert_eq!(selection, Selection::Batch { table: orders_name(), batch: 44 });
    window.key_press(Key::F9);
    window.run_ok();
    assert_eq!(started(&asked).and_then(|limits| limits.batches), Some(2));
}

#[test]
fn a_running_replay_can_be_cancelled() {
    let canned = Canned::new(
        |request| match request {
            Request::StartReplay { .. } => None,
            Request::Jobs => {
                let Reply::Jobs(mut jobs) = sample::reply(request) else { return None };
                let job = jobs.first_mut()?;
                job.state = sluice_api::JobState::Running;
                for progress in &mut job.progress {
                    progress.what = format!("shop.{}", progress.what);
                    (progress.done, progress.total) = (31, 50);
                }
                Some(Reply::Jobs(jobs))
            }
            _ => Some(sample::reply(request)),
        },
        sample::page,
    );
    let asked = canned.asked();
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(Tab::Replay { table: orders_name() }));
    assert!(window.query_by_label_contains("62 %").is_some());
    assert!(window.query_by_label_contains("Batch 43, running").is_some());
    window.key_press_modifiers(Modifiers::SHIFT, Key::F5);
    window.run_ok();
    assert!(asked.borrow().iter().any(|request| matches!(request, Request::Cancel { .. })));
}

#[test]
fn a_ledger_that_does_not_balance_is_named() {
    let (window, _) = open(|view| {
        let last = view.batches.iter_mut().rfind(|batch| batch.state == BatchState::Committed).unwrap();
        last.counters.as_mut().unwrap().rows_in += 5;
    });
    assert!(window.query_all_by_label("Does not balance").count() >= 1);
    assert!(window.query_by_label_contains("Batch 42, does not balance").is_some());
}

#[test]
fn without_files_it_says_so() {
    let (window, _) = open(|view| view.batches.clear());
    assert!(window.query_by_label("No new files").is_some());
    let (window, asked) = open(|view| view.batches.retain(|batch| batch.state == BatchState::Committed));
    assert!(window.query_by_label("No new files").is_some());
    window.get_by_label("Step").click();
    assert_eq!(started(&asked), None);
}

#[test]
fn an_error_says_what_to_do() {
    let canned = Canned::new(
        |request| match request {
            Request::Replay { .. } => {
                Some(Reply::Error(ApiError::new(ErrorCode::Storage, "The bucket did not answer", "Check the network")))
            }
            _ => Some(sample::reply(request)),
        },
        sample::page,
    );
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(Tab::Replay { table: orders_name() }));
    assert!(window.query_by_label("The bucket did not answer").is_some());
    assert!(window.query_by_label_contains("Check the network").is_some());
    assert!(window.query_by_label("Try again").is_some());
}

#[test]
fn ten_thousand_batches_draw_only_what_is_seen() {
    let (window, _) = open(|view| *view = sample::with_batches(&orders_name(), 10_000, 3));
    assert!(window.query_by_label("Batches in view").is_some());
    let columns = window.query_all_by_label_contains(" rows in, ").count();
    assert!((3..30).contains(&columns), "{columns} columns");
}

#[test]
fn the_tree_picks_the_table_to_replay() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label_contains("silver.shop.customers").click();
    window.run_ok();
    window.run_ok();
    let customers: TableName = "shop.customers".parse().unwrap();
    assert!(asked.borrow().contains(&Request::Replay { table: customers, max_files: Some(1) }));
}

#[test]
fn the_next_batch_is_seen_before_it_is_one() {
    let (mut window, asked) = open(|_| {});
    window.key_press(Key::P);
    window.run_ok();
    window.run_ok();
    let previewed = |request: &Request| {
        matches!(request, Request::PreviewReplay { tables, limits, .. }
            if *tables == [orders_name()] && limits.batches == Some(1))
    };
    assert!(asked.borrow().iter().any(previewed));
    assert!(started(&asked).is_none(), "nothing is replayed");
    assert!(window.query_by_label("Nothing written").is_some());
    assert!(
        window.query_by_label_contains("would be written over v42, 27 records would go to quarantine").is_some(),
        "the verdict comes first"
    );
    assert_eq!(window.query_all_by_label("Balances").count(), 3, "rows, applied, silver");
    assert!(window.query_by_label("TYPE_MISMATCH 21").is_some());
    assert!(window.query_all_by_label("status shipped, was paid, changed").count() > 0, "old and new cells");
    window.get_by_label("gold.shop.daily_revenue stays as it is").click();
    window.run_ok();
    assert!(window.query_by_label("It stays as it is").is_some());
    window.get_by_label("Close the preview").click();
    window.run_ok();
    assert!(window.query_by_label_contains("Batch 42, committed").is_some(), "the batches are back");
}

#[test]
fn a_preview_that_is_refused_says_so_and_counts_nothing() {
    let (mut window, _) = open_tab(Tab::Replay { table: orders_name() }, |reply| {
        if let Reply::PreviewReplay(preview) = reply {
            let error = ApiError::new(ErrorCode::Quality, "row_count > 0 does not hold", "Change the check");
            for table in &mut preview.replay.tables {
                (table.error, table.batches, table.reasons) = (Some(error.clone()), 0, Vec::new());
            }
            preview.impact.tables.clear();
        }
    });
    window.key_press(Key::P);
    window.run_ok();
    window.run_ok();
    assert!(window.query_by_label_contains("The batch would be refused: row_count > 0 does not hold").is_some());
    assert!(window.query_by_label("Balances").is_none(), "what is not known is never green");
    assert!(window.query_by_label("Not known").is_some());
}

#[test]
fn a_replay_that_began_a_moment_ago_can_be_cancelled() {
    let canned = Canned::new(
        |request| match request {
            Request::StartReplay { .. } => None,
            Request::Jobs => Some(Reply::Jobs(Vec::new())),
            other => Some(sample::reply(other)),
        },
        sample::page,
    );
    let asked = canned.asked();
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(Tab::Replay { table: orders_name() }));
    window.key_press(Key::F5);
    window.run_steps(3);
    window.key_press_modifiers(Modifiers::SHIFT, Key::F5);
    window.run_steps(3);
    let job = asked.borrow().iter().find_map(|request| match request {
        Request::StartReplay { job, .. } => Some(*job),
        _ => None,
    });
    assert!(job.is_some_and(|job| asked.borrow().contains(&Request::Cancel { job })), "the list of jobs is empty yet");
}

#[test]
fn a_batch_is_written_into_a_file_for_a_colleague() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("File for a colleague…").click();
    window.run_ok();
    window.run_ok();
    window.get_by_label("File of the incident").type_text("~/incident.json");
    window.run_ok();
    window.get_by_label("Write the file").click();
    window.run_ok();
    window.run_ok();
    let asked = asked.borrow();
    let written = asked.iter().find_map(|request| match request {
        Request::WriteIncident { file: Some(file), test: None, .. } => Some(file.clone()),
        _ => None,
    });
    assert_eq!(written.as_deref(), Some("~/incident.json"));
    drop(asked);
    assert!(window.query_by_label_contains("412 records in ~/incident.json").is_some());
}
