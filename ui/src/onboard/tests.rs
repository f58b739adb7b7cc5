//! Tests of the onboard screen with canned answers.

use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::ScreenKind;
use crate::tests::support::{Window, press, run, window};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, ErrorCode, Reply, Request};

fn opened(transport: Canned) -> Window {
    let mut window = window(transport);
    run(&mut window, Command::Open(ScreenKind::Onboard, None));
    window
}

fn refunds(transport: Canned) -> Window {
    let mut window = opened(transport);
    window.get_by_label("shop.refunds, new, 35 files").click();
    window.run_ok();
    window
}

#[test]
fn tables_found_carry_their_marks() {
    let window = opened(Canned::sample());
    assert!(window.query_by_label("shop.orders, contract, 240 files").is_some());
    assert!(window.query_by_label("8 tables found").is_some());
    assert!(window.query_by_label("Onboard shop.refunds").is_some());
}

/// Answers of a source whose shipments and returns leave nothing to decide.
fn many() -> Canned {
    let saved = std::cell::RefCell::new(std::collections::BTreeSet::new());
    Canned::new(
        move |request| {
            let mut reply = sample::reply(request);
            match (request, &mut reply) {
                (Request::InferContract { path, .. }, Reply::InferContract(draft)) if !path.contains("refunds") => {
                    draft.problems.clear();
                    draft.evidence.iter_mut().for_each(|evidence| evidence.ok = true);
                    draft.columns.iter_mut().for_each(|column| column.decide = None);
                    draft.name.table = path.trim_end_matches('/').rsplit('.').next().unwrap_or_default().to_owned();
                    draft.yaml = draft.yaml.replace("shop.refunds", &format!("shop.{}", draft.name.table));
                }
                (Request::SaveContract { yaml }, _) => {
                    saved.borrow_mut().insert(yaml.lines().next().unwrap_or_default().to_owned());
                }
                (Request::InspectSource { .. }, Reply::InspectSource(source)) => {
                    for table in &mut source.tables {
                        let line = format!("dataset: \"{}\"", table.name);
                        table.has_contract |= saved.borrow().contains(&line);
                    }
                }
                _ => {}
            }
            Some(reply)
        },
        sample::page,
    )
}

#[test]
fn all_that_is_ready_is_saved_and_replayed_and_questions_come_first() {
    let transport = many();
    let asked = transport.asked();
    let mut window = opened(transport);
    window.run_ok();
    window.run_ok();
    assert!(window.query_by_label("2 ready").is_some());
    assert!(window.query_by_label("1 with questions").is_some());
    assert!(window.query_by_label("Onboard shop.refunds").is_some(), "what needs eyes comes first");
    assert!(window.query_by_label_contains("To decide Scale is missing; iban: Looks like an IBAN").is_some());
    for (field, text) in [("Owner of the tables saved", "team \"shop\""), ("SLA of the tables saved", "30 minutes")] {
        window.get_by_label(field).focus();
        window.run_ok();
        window.get_by_label(field).type_text(text);
        window.run_ok();
    }
    window.get_by_label("Save 2 ready").click();
    window.run_ok();
    window.run_ok();
    let terms = asked.borrow().iter().all(|request| match request {
        Request::SaveContract { yaml } => {
            yaml.contains("owner: \"team \\\"shop\\\"\"\n") && yaml.contains("sla: \"30 minutes\"\n")
        }
        _ => true,
    });
    assert!(terms, "owner and SLA are those of the fields");
    let saved = asked.borrow().iter().filter(|request| matches!(request, Request::SaveContract { .. })).count();
    assert_eq!(saved, 2, "the one with questions is not among them");
    assert!(window.query_by_label("Save 0 ready").is_some());
    assert_eq!(window.query_all_by_label("Contract saved in the draft").count(), 1, "said once");
    window.get_by_label("Replay 2 tables").click();
    window.run_ok();
    let replayed = asked.borrow().iter().find_map(|request| match request {
        Request::StartReplay { tables, .. } => Some(tables.iter().map(ToString::to_string).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(replayed.as_deref(), Some(&["shop.returns".to_owned(), "shop.shipments".to_owned()][..]));
}

fn write(window: &mut Window, field: &str, text: &str) {
    window.get_by_label(field).focus();
    window.run_ok();
    press(window, Modifiers::COMMAND, Key::A);
    window.get_by_label(field).type_text(text);
    window.run_ok();
}

fn saves(asked: &std::cell::RefCell<Vec<Request>>) -> usize {
    asked.borrow().iter().filter(|request| matches!(request, Request::SaveContract { .. })).count()
}

#[test]
fn an_sla_that_is_no_duration_is_sent_for_no_table() {
    let transport = many();
    let asked = transport.asked();
    let mut window = opened(transport);
    window.run_ok();
    write(&mut window, "SLA of the tables saved", "soon");
    window.get_by_label("Save 2 ready").click();
    window.run_ok();
    assert_eq!(saves(&asked), 0);
    write(&mut window, "SLA of the tables saved", "2 hours");
    window.get_by_label("Save 2 ready").click();
    window.run_ok();
    assert_eq!(saves(&asked), 2);
}

#[test]
fn what_was_refused_can_be_saved_again_with_other_words() {
    let replies = |request: &Request| match request {
        Request::SaveContract { yaml } if !yaml.contains("team_shop") => {
            Some(Reply::Error(ApiError::new(ErrorCode::Input, "the owner is not known", "Name another one")))
        }
        Request::InferContract { .. } => {
            let mut reply = sample::reply(request);
            if let Reply::InferContract(draft) = &mut reply {
                draft.problems.clear();
                draft.questions.clear();
                draft.columns.iter_mut().for_each(|column| column.decide = None);
            }
            Some(reply)
        }
        other => Some(sample::reply(other)),
    };
    let transport = Canned::new(replies, sample::page);
    let asked = transport.asked();
    let mut window = opened(transport);
    window.run_ok();
    let ready = |window: &Window, text: &str| window.query_by_label(text).is_some();
    assert!(ready(&window, "Save 3 ready"));
    window.get_by_label("Save 3 ready").click();
    window.run_ok();
    window.run_ok();
    assert!(ready(&window, "3 failed"));
    write(&mut window, "Owner of the tables saved", "team_shop");
    window.get_by_label("Save 3 ready").click();
    window.run_ok();
    assert_eq!(saves(&asked), 2, "the sample proposes one text for all three, which is sent once each time");
}

#[test]
fn an_empty_source_says_what_was_looked_for() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    window.get_by_label("Source").focus();
    window.run_ok();
    press(&mut window, Modifiers::COMMAND, Key::A);
    window.get_by_label("Source").type_text("s3://bucket/empty");
    window.run_ok();
    window.get_by_label("Inspect").click();
    window.run_ok();
    assert!(asked.borrow().contains(&Request::InspectSource { source: "s3://bucket/empty".to_owned() }));
    assert!(window.query_by_label("No change files here").is_some());
    assert!(window.query_by_label("*.parquet").is_some());
}

#[test]
fn personal_data_of_the_sample_is_masked() {
    let window = refunds(Canned::sample());
    assert!(window.query_all_by_label_contains("a•••@post.example").count() > 1);
    assert!(window.query_all_by_label_contains("anna@").next().is_none());
    // The contract does not call it personal yet, the sample already looks like it.
    assert!(window.query_all_by_label_contains("DE021").next().is_none());
}

#[test]
fn a_guess_shows_its_evidence_and_its_problems() {
    let window = refunds(Canned::sample());
    assert!(window.query_by_label_contains("confidence 98 %").is_some());
    assert!(window.query_by_label_contains("Records carry op, source, before and after 20,000 of 20,000").is_some());
    assert!(window.query_by_label_contains("Key refund_id").is_some());
    assert!(window.query_by_label_contains("19:9 Scale is missing. Write decimal(12,2).").is_some());
    assert!(window.query_by_label("amount: Scale is missing. Write decimal(12,2).").is_some());
    assert!(window.query_all_by_label("Sample rows").next().is_some());
}

#[test]
fn a_draft_with_problems_is_not_saved_until_fixed() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let saves = move || {
        let asked = asked.borrow();
        let found = asked.iter().filter_map(|request| match request {
            Request::SaveContract { yaml } => Some(yaml.clone()),
            _ => None,
        });
        found.collect::<Vec<String>>()
    };
    let mut window = refunds(transport);
    press(&mut window, Modifiers::COMMAND, Key::S);
    assert!(saves().is_empty());
    assert!(window.query_by_label_contains("1 problem to fix before it can be saved").is_some());
    press(&mut window, Modifiers::ALT, Key::Enter);
    assert!(window.query_by_label("amount: Scale is missing. Write decimal(12,2).").is_none(), "Alt Enter fixes it");
    press(&mut window, Modifiers::COMMAND, Key::S);
    let saved = saves();
    assert_eq!(saved.len(), 1);
    assert!(saved[0].contains("type: \"decimal(12,2)\""));
    assert!(window.query_by_label("Saved in the draft of the lake").is_some());
}

#[test]
fn edits_of_columns_rewrite_the_text_and_back() {
    let mut window = refunds(Canned::sample());
    window.get_by_label("Personal data iban").click();
    window.run_ok();
    let text = window.get_by_label("Contract text").value().unwrap_or_default();
    assert!(text.contains("- name: \"iban\"\n  type: string\n  pii: true\n"), "{text}");
    window.get_by_label("Type of currency").focus();
    window.run_ok();
    press(&mut window, Modifiers::COMMAND, Key::A);
    window.get_by_label("Type of currency").type_text("money");
    window.run_ok();
    let text = window.get_by_label("Contract text").value().unwrap_or_default();
    assert!(text.contains("- name: \"currency\"\n  type: money\n"), "{text}");
    assert!(window.query_all_by_label_contains("`money` is not a type").next().is_some());
}

#[test]
fn a_refused_save_says_why() {
    let refuse = |request: &Request| match request {
        Request::SaveContract { .. } => Some(Reply::Error(ApiError::new(
            ErrorCode::Storage,
            "The lake cannot be written",
            "Check the rights of the folder",
        ))),
        other => Some(sample::reply(other)),
    };
    let mut window = refunds(Canned::new(refuse, sample::page));
    press(&mut window, Modifiers::ALT, Key::Enter);
    press(&mut window, Modifiers::COMMAND, Key::S);
    assert!(window.query_by_label_contains("Check the rights of the folder").is_some());
}

/// 300 tables of a source: two of three lack a scale, every sixth a key, every tenth a time zone, and every
/// fifteenth has dates of which no day is over 12.
fn three_hundred() -> Canned {
    use sluice_api::{FoundTable, OpenQuestion, QuestionKind, TableName};
    let number = |path: &str| path.trim_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().unwrap_or(0);
    Canned::new(
        move |request| {
            let mut reply = sample::reply(request);
            match (request, &mut reply) {
                (Request::InspectSource { .. }, Reply::InspectSource(source)) => {
                    let table = |at: usize| FoundTable {
                        path: format!("landing/erp/table_{at:03}/"),
                        name: TableName { dataset: "erp".to_owned(), table: format!("table_{at:03}") },
                        format: Some("dms_csv".to_owned()),
                        files: 12,
                        bytes: 1 << 20,
                        has_contract: false,
                    };
                    source.tables = (1..=300).map(table).collect();
                }
                (Request::InferContract { path, answers, .. }, Reply::InferContract(draft)) => {
                    let at = number(path);
                    draft.path.clone_from(path);
                    draft.name = TableName { dataset: "erp".to_owned(), table: format!("table_{at:03}") };
                    draft.yaml = draft.yaml.replace("shop.refunds", &draft.name.to_string());
                    draft.problems.clear();
                    let asked = [
                        (QuestionKind::Scale, at % 3 != 0),
                        (QuestionKind::Key, at % 6 == 0),
                        (QuestionKind::TimeZone, at % 10 == 0),
                        (QuestionKind::Dates, at % 15 == 0),
                    ];
                    let open = asked
                        .into_iter()
                        .filter(|(kind, asks)| *asks && answers.to(*kind, &draft.name, None).is_none());
                    draft.questions = open
                        .map(|(kind, _)| OpenQuestion {
                            kind,
                            column: None,
                            text: "It is not in the files".to_owned(),
                            suggestions: kind.example().into_iter().map(str::to_owned).collect(),
                        })
                        .collect();
                }
                _ => {}
            }
            Some(reply)
        },
        sample::page,
    )
}

#[test]
fn three_hundred_tables_are_onboarded_by_four_answers() {
    let transport = three_hundred();
    let asked = transport.asked();
    let mut window = opened(transport);
    let settle = |window: &mut Window| {
        for _ in 0..220 {
            window.step();
        }
    };
    settle(&mut window);
    assert!(window.query_by_label("300 tables found").is_some());
    // 50 lack a key, 200 a scale, 30 a time zone, 20 the order of their dates.
    let before = window.query_by_label("Question 1: Which columns are the key? 50 tables");
    assert!(before.is_some(), "each kind is one question");

    // Nothing but the keyboard and the suggestions: F8, an answer, Enter.
    for (answer, count) in [("id", 50), ("Europe/Berlin", 30), ("2", 200), ("day first", 20)] {
        press(&mut window, Modifiers::NONE, Key::F8);
        window.step();
        window.get_by_label(answer).click();
        window.step();
        window.get_by_label(&format!("Answer for {count}")).click();
        settle(&mut window);
    }
    assert!(window.query_by_label("4 answered, 0 open").is_some());
    window.get_by_label("Save 300 ready").click();
    window.step();
    let requests = asked.borrow();
    let saved = requests.iter().filter(|request| matches!(request, Request::SaveContract { .. })).count();
    assert_eq!(saved, 300);
    let again = requests
        .iter()
        .filter(|request| matches!(request, Request::InferContract { answers, .. } if !answers.answers.is_empty()));
    assert!(again.count() <= 50 + 200 + 30 + 20, "only what an answer changes is read again");
}

#[test]
fn an_answer_that_cannot_be_one_says_why_and_is_not_taken() {
    let transport = three_hundred();
    let mut window = opened(transport);
    for _ in 0..220 {
        window.step();
    }
    window.get_by_label("Question 3: How many digits have decimals behind the point? 200 tables").click();
    for _ in 0..4 {
        window.step();
    }
    window.get_by_label("Answer for all tables").type_text("two");
    window.step();
    window.get_by_label("Answer for 200").click();
    for _ in 0..4 {
        window.step();
    }
    assert!(window.query_by_label_contains("`two` is no answer to `scale`").is_some());
    assert!(window.query_by_label("0 answered, 4 open").is_some());
}
