//! Tests of the releases screen with canned answers.

use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::Tab;
use crate::tests::support::{Asked, Window, open, press, run, window, window_of};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{IncidentLock, PublishScope, ReleaseSide, Reply, Request};

fn shown() -> (Window, Asked) {
    open(Tab::Releases {}, |_| {})
}

fn type_into(window: &mut Window, field: &str, text: &str) {
    window.get_by_label(field).focus();
    window.run_ok();
    window.get_by_label(field).type_text(text);
    window.run_ok();
}

fn click(window: &mut Window, label: &str) {
    window.get_by_label_contains(label).click();
    window.run_ok();
    window.run_ok();
}

fn published(asked: &Asked) -> Vec<Request> {
    asked.borrow().iter().filter(|request| matches!(request, Request::Publish { .. })).cloned().collect()
}

#[test]
fn releases_are_listed_with_who_and_why() {
    let (mut window, asked) = shown();
    assert!(window.query_by_label_contains("r14, current, Nov 18 16:20, mira, Gift note, discount wider").is_some());
    assert!(window.query_by_label_contains("r13, Nov 14 16:20, jonas, Rolls back to r11. Payments late").is_some());
    assert!(window.query_by_label_contains("r11, Nov 06 16:20, unknown, unknown").is_some(), "nothing is invented");
    assert!(
        asked.borrow().contains(&Request::ReleaseDiff { from: ReleaseSide::Release(13), to: ReleaseSide::Release(14) })
    );
    assert!(window.query_by_label("r13 → r14").is_some() && window.query_by_label("2 breaking").is_some());
    assert!(window.query_by_label_contains("removed:   sequence: [source.lsn]").is_some());
    assert!(window.query_by_label("as previewed").is_some(), "what the runner reached");
    click(&mut window, "Show: Contracts");
    assert!(window.query_by_label_contains("dataset: shop.orders").is_some());
}

#[test]
fn a_release_is_taken_back_by_its_plan_and_a_typed_name() {
    let (mut window, asked) = shown();
    click(&mut window, "r12, Nov 11");
    click(&mut window, "Roll back to r12…");
    assert!(asked.borrow().contains(&Request::PublishPlan { scope: PublishScope::Rollback(12), plan: None }));
    assert!(window.query_by_label("r14 → r12").is_some(), "what going back changes");
    assert!(window.query_by_label_contains("Silver is rebuilt from bronze, 1,919,380 rows").is_some());
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert!(published(&asked).is_empty(), "the name is not typed");
    type_into(&mut window, "Message of the release", "too slow");
    type_into(&mut window, "Release name", "r15");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    let [Request::Publish { release, base, scope, message, plan, during_incident, .. }] = &published(&asked)[..] else {
        panic!("one publish: {:?}", published(&asked))
    };
    assert_eq!((*release, *base, scope), (15, Some(14), &PublishScope::Rollback(12)));
    assert_eq!((message.as_str(), *during_incident), ("too slow", false));
    assert!(plan.as_ref().is_some_and(|plan| plan.rollback.as_ref().is_some_and(|to| to.release == 12)));
    assert!(window.query_by_label("r15 is published").is_some());
}

#[test]
fn during_an_incident_a_rollback_has_to_be_meant() {
    let lock = || Some(IncidentLock { by: "jonas".to_owned(), since_ms: 0, because: "incident 4711".to_owned() });
    let (mut window, asked) = open(Tab::Releases {}, move |reply| match reply {
        Reply::PublishPlan(plan) => plan.lock = lock(),
        Reply::Releases(list) => list.lock = lock(),
        _ => {}
    });
    assert!(window.query_by_label_contains("jonas locked publishing: incident 4711").is_some());
    click(&mut window, "r12, Nov 11");
    click(&mut window, "Roll back to r12…");
    type_into(&mut window, "Release name", "r15");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert!(published(&asked).is_empty());
    window.get_by_role_and_label(egui::accesskit::Role::Switch, "During the incident").click();
    window.run_ok();
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert!(matches!(published(&asked)[..], [Request::Publish { during_incident: true, .. }]));
}

#[test]
fn a_proposal_is_approved_by_somebody_else_and_then_published() {
    for approved in [false, true] {
        let (mut window, asked) = open(Tab::Releases {}, move |reply| {
            if let Reply::Releases(list) = reply {
                let Reply::ProposeRelease(mut proposal) = sample::reply(&Request::ProposeRelease {
                    scope: PublishScope::Draft,
                    message: String::new(),
                    author: None,
                    plan: None,
                }) else {
                    panic!("no proposal")
                };
                if approved {
                    let by = "jonas".to_owned();
                    proposal.approvals.push(sluice_api::Approval { by, at_ms: 1_795_018_900_000 });
                }
                list.proposals.push(proposal);
                list.approvals_needed = 1;
            }
        });
        assert!(window.query_by_label("Approvals, 1 beside the author").is_some());
        click(&mut window, "Plan 77d2f9e1c0de by mira");
        type_into(&mut window, "Release name", "r15");
        press(&mut window, Modifiers::COMMAND, Key::Enter);
        assert_eq!(published(&asked).len(), usize::from(approved), "approved: {approved}");
        if approved {
            continue;
        }
        window.get_by_label("Approve").click();
        window.run_ok();
        let is_approval = |request: &Request| matches!(request, Request::ApprovePlan { .. });
        assert!(!asked.borrow().iter().any(is_approval), "mira is the author");
        type_into(&mut window, "Author", "jonas");
        window.get_by_label("Approve").click();
        window.run_ok();
        assert!(asked.borrow().iter().any(is_approval));
        assert!(window.query_by_label("The plan is approved").is_some());
    }
}

#[test]
fn nothing_published_says_what_to_do() {
    let replies = |request: &Request| match sample::reply(request) {
        Reply::Releases(mut list) => {
            list.releases.clear();
            Some(Reply::Releases(list))
        }
        reply => Some(reply),
    };
    let mut window = window(Canned::new(replies, sample::page));
    run(&mut window, Command::OpenTab(Tab::Releases {}));
    assert!(window.query_all_by_label("Nothing published yet").count() > 0);
    assert_eq!(window.query_all_by_label("Plan and publish…").count(), 2, "in the top bar, and here");
}

#[test]
fn publishing_is_locked_with_a_reason() {
    let (mut window, asked) = shown();
    window.get_by_label("Lock publishing").click();
    window.run_ok();
    let locks = |asked: &Asked| {
        asked
            .borrow()
            .iter()
            .filter(|request| matches!(request, Request::LockReleases { .. }))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(locks(&asked).is_empty(), "without a reason");
    type_into(&mut window, "Reason for the lock", "incident 4711");
    window.get_by_label("Lock publishing").click();
    window.run_ok();
    assert_eq!(locks(&asked), [Request::LockReleases { because: "incident 4711".to_owned(), author: None }]);
    assert!(window.query_by_label("Publishing is locked").is_some());
}

#[test]
fn a_small_window_reaches_what_the_inspector_offers() {
    let canned = Canned::sample();
    let asked = canned.asked();
    let mut window = window_of(1280.0, 720.0, canned);
    run(&mut window, Command::OpenTab(Tab::Releases {}));
    assert!(window.query_by_label_contains("Owners of these").is_none(), "it would lie over the changes");
    assert!(window.query_by_label("Roll back to r14…").is_none(), "it is current");
    click(&mut window, "r12, Nov 11");
    window.get_by_label("Roll back to r12…").click();
    window.run_ok();
    window.run_ok();
    for name in ["Release name", "Roll back as r15", "Cancel"] {
        let rect = window.get_by_label(name).rect();
        assert!(rect.bottom() < 720.0 && rect.right() < 1288.0, "{name} is cut off: {rect:?}");
    }
    type_into(&mut window, "Release name", "r15");
    window.get_by_label("Roll back as r15").click();
    window.run_ok();
    assert_eq!(published(&asked).len(), 1);
    window.run_ok();
    assert!(window.query_by_label_contains("Roll back as").is_none(), "it is done");
}

#[test]
fn the_inspector_tells_the_way_of_a_release() {
    let (mut window, _) = shown();
    for line in ["Nov 18 16:20, published, mira", "–, approved, jonas", "checkout_team, orders"] {
        assert!(window.query_by_label(line).is_some(), "{line}");
    }
    click(&mut window, "r12, Nov 11");
    assert!(window.query_by_label("Nov 14 16:20, r13 took over, back to r11, jonas").is_some());
    assert!(window.query_by_label("3 d 0 h").is_some(), "how long it was current");
}
