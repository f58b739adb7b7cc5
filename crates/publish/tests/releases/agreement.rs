//! What others have to agree to: approvals that a lake asks for, and the incident lock.

use crate::support::{ENGINE, ORDERS, contents_of, new_lake, plan, publication, publish, publish_scope, put};
use bytes::Bytes;
use sluice_api::{PlanDocument, PublishScope, PublishedView};
use sluice_lake::Lake;
use sluice_publish::{
    Author, Contents, Publication, PublishError, approve, current, lake_settings, lock, open_lock, plan_document,
    proposal, proposals, propose, proposed_plan, publish as publish_contents, published_by, releases, unlock,
};
use std::collections::BTreeSet;

fn author(name: &str) -> Author {
    Author::new(name).unwrap()
}

async fn ask_for(lake: &Lake, text: &'static str) {
    lake.objects().put("sluice.yaml", Bytes::from_static(text.as_bytes())).await.unwrap();
}

/// The draft and its plan.
async fn planned(lake: &Lake) -> (Contents, PlanDocument) {
    let contents = contents_of(lake, &PublishScope::Draft).await.unwrap();
    let document = plan_document(&contents, ENGINE);
    (contents, document)
}

/// Publishes the draft; whoever does it is the author unless the plan was proposed.
async fn go(lake: &Lake, contents: &Contents, named: Option<&str>) -> Result<PublishedView, PublishError> {
    let release = releases(lake).await.unwrap().len() as u64 + 1;
    let publication = Publication {
        author: named.map(author),
        usual_author: Some(author("somebody")),
        ..publication(contents, release, contents.base_release(), "", "anna")
    };
    publish_contents(lake, contents, &publication).await
}

fn refusal(result: Result<PublishedView, PublishError>) -> (String, String) {
    match result {
        Err(PublishError::NotAllowed { message, next }) => (message, next),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn somebody_other_than_the_author_has_to_approve() {
    let (_folder, lake) = new_lake().await;
    ask_for(&lake, "publish: {approvals: 1}").await;
    let (contents, document) = planned(&lake).await;
    let (message, next) = refusal(go(&lake, &contents, None).await);
    assert!(message.contains("1 approval") && next.contains("--propose"), "{message}. {next}");

    let proposed = propose(&lake, &document, &author("Mira"), "first", 1, 10).await.unwrap();
    assert_eq!((proposed.author.as_str(), proposed.approvals.len(), proposed.proposed_ms), ("Mira", 0, 10));
    assert_eq!(propose(&lake, &document, &author("mira"), "again", 1, 11).await.unwrap(), proposed);
    let other = propose(&lake, &document, &author("jonas"), "mine", 1, 12).await.unwrap_err();
    assert!(matches!(&other, PublishError::NotAllowed { next, .. } if next.contains("approve")), "{other:?}");
    let (message, next) = refusal(go(&lake, &contents, None).await);
    assert!(message.contains("Mira has 0") && next.contains(&document.plan[..12]), "{message}. {next}");

    let own = approve(&lake, &proposed, &author(" MIRA "), 13).await.unwrap_err();
    assert!(own.to_string().contains("own approval does not count"), "{own}");
    refusal(go(&lake, &contents, None).await);

    for at in [14, 15] {
        approve(&lake, &proposed, &author("jonas"), at).await.unwrap();
    }
    let approved = proposal(&lake, &document.plan, 1, None).await.unwrap().unwrap();
    let by: Vec<(&str, i64)> = approved.approvals.iter().map(|each| (each.by.as_str(), each.at_ms)).collect();
    assert_eq!(by, [("jonas", 14)], "one person counts once");
    let another = go(&lake, &contents, Some("jonas")).await.unwrap_err();
    assert!(
        matches!(&another, PublishError::Input { message, .. } if message.contains("Mira proposed")),
        "{another:?}"
    );

    let done = go(&lake, &contents, None).await.unwrap().release;
    assert_eq!((done.author_text(), done.message_text()), ("Mira", "first"));
    assert_eq!(done.approved_by, ["jonas"]);
    assert_eq!(published_by(&lake, &document).await.unwrap().unwrap().release.release, 1, "a lost reply");
    let published: BTreeSet<&str> = [document.plan.as_str()].into();
    assert!(proposals(&lake, &published, 1, Some(1)).await.unwrap().0.is_empty());
}

#[tokio::test]
async fn two_approvals_are_of_two_people() {
    let (_folder, lake) = new_lake().await;
    ask_for(&lake, "publish:\n  approvals: 2\n").await;
    let (contents, document) = planned(&lake).await;
    let proposed = propose(&lake, &document, &author("mira"), "", 2, 1).await.unwrap();
    for (by, goes) in [("jonas", false), ("Jonas", false), ("ole", true)] {
        approve(&lake, &proposed, &author(by), 2).await.unwrap();
        let result = go(&lake, &contents, None).await;
        assert_eq!(result.is_ok(), goes, "{by}: {result:?}");
    }
    assert_eq!(current(&lake).await.unwrap().unwrap().author.as_deref(), Some("mira"));
}

#[tokio::test]
async fn another_draft_is_another_plan() {
    let (_folder, lake) = new_lake().await;
    ask_for(&lake, "publish: {approvals: 1}").await;
    let (_, document) = planned(&lake).await;
    let proposed = propose(&lake, &document, &author("mira"), "", 1, 1).await.unwrap();
    approve(&lake, &proposed, &author("jonas"), 2).await.unwrap();
    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    let (changed, _) = planned(&lake).await;
    let (message, _) = refusal(go(&lake, &changed, None).await);
    assert!(message.contains("was not proposed"), "{message}");
    put(&lake, ORDERS).await;
    let (again, _) = planned(&lake).await;
    go(&lake, &again, None).await.unwrap();
    // After another release the same texts are another plan, too.
    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    let (_, document) = planned(&lake).await;
    propose(&lake, &document, &author("mira"), "", 1, 3).await.unwrap();
    let (open, _) = proposals(&lake, &BTreeSet::new(), 1, Some(7)).await.unwrap();
    assert_eq!(open.iter().map(|each| each.overtaken_by).collect::<Vec<_>>(), [Some(7), Some(7)]);
}

#[tokio::test]
async fn a_proposal_is_named_by_the_beginning_of_its_hash() {
    let (_folder, lake) = new_lake().await;
    let (_, document) = planned(&lake).await;
    propose(&lake, &document, &author("mira"), "", 0, 1).await.unwrap();
    let upper = document.plan[..8].to_uppercase();
    assert_eq!(proposed_plan(&lake, &upper).await.unwrap(), document.plan);
    for digits in ["", &document.plan[..7], "../../x", "zzzzzzzz", "0123456789abcdef"] {
        let wrong = proposed_plan(&lake, digits).await.unwrap_err();
        assert!(matches!(wrong, PublishError::Input { .. }), "{digits}: {wrong:?}");
    }
}

#[tokio::test]
async fn an_edited_proposal_or_a_copied_approval_does_not_count() {
    let (_folder, lake) = new_lake().await;
    ask_for(&lake, "publish: {approvals: 1}").await;
    let (contents, document) = planned(&lake).await;
    let proposed = propose(&lake, &document, &author("mira"), "", 1, 1).await.unwrap();
    approve(&lake, &proposed, &author("jonas"), 2).await.unwrap();
    let folder = format!("_sluice/proposals/{}", document.plan);
    let approval = lake.objects().list(&format!("{folder}/approvals")).await.unwrap().remove(0).path;
    let bytes = lake.objects().read(&approval).await.unwrap();
    let copied = format!("{folder}/approvals/copied.json");
    lake.objects().put(&copied, bytes).await.unwrap();
    let refused = go(&lake, &contents, None).await.unwrap_err();
    assert!(matches!(&refused, PublishError::Corrupt { path, .. } if *path == copied), "{refused:?}");
    lake.objects().delete(&copied).await.unwrap();
    let path = format!("{folder}/plan.json");
    let text = String::from_utf8(lake.objects().read(&path).await.unwrap().to_vec()).unwrap();
    let edited = text.replace("\"base\": null", "\"base\": 4");
    assert_ne!(edited, text);
    lake.objects().put(&path, Bytes::from(edited)).await.unwrap();
    assert!(matches!(go(&lake, &contents, None).await, Err(PublishError::EditedPlan { .. })));
    let (open, problems) = proposals(&lake, &BTreeSet::new(), 1, None).await.unwrap();
    assert!(open.is_empty() && problems.len() == 1 && problems[0].contains(&document.plan), "{problems:?}");
}

#[tokio::test]
async fn rules_that_cannot_be_read_are_not_taken_for_none() {
    let (_folder, lake) = new_lake().await;
    assert_eq!(lake_settings(&lake).await.unwrap().approvals, 0);
    ask_for(&lake, "publish: {aprovals: 1}").await;
    let refused = publish(&lake, 1, None, "", "anna", 1).await.unwrap_err();
    assert!(matches!(refused, PublishError::Settings(_)), "{refused:?}");
    assert!(refused.to_string().contains("sluice.yaml:1:"), "{refused}");
    assert!(matches!(plan(&lake).await, Err(PublishError::Settings(_))));
    assert!(current(&lake).await.unwrap().is_none());
}

#[tokio::test]
async fn during_an_incident_only_a_rollback_is_published() {
    let (_folder, lake) = new_lake().await;
    publish(&lake, 1, None, "first", "anna", 1).await.unwrap();
    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    publish(&lake, 2, Some(1), "second", "anna", 2).await.unwrap();
    put(&lake, ORDERS).await;
    assert!(matches!(unlock(&lake, &author("jonas"), 3).await, Err(PublishError::Input { .. })));
    assert!(matches!(lock(&lake, &author("jonas"), "  ", 3).await, Err(PublishError::Input { .. })));
    let held = lock(&lake, &author("jonas"), "incident 4711", 1_763_589_600_000).await.unwrap();
    assert_eq!(open_lock(&lake).await.unwrap(), Some(held.clone()));
    let second = lock(&lake, &author("mira"), "another", 4).await.unwrap_err();
    assert!(
        second.to_string().contains("jonas has locked publishing since 2025-11-19 22:00 UTC: incident 4711"),
        "{second}"
    );

    let before = lake.objects().list("_sluice/releases").await.unwrap().len();
    let (message, next) = refusal(publish(&lake, 3, Some(2), "", "anna", 3).await);
    assert_eq!(message, "jonas locked publishing at 2025-11-19 22:00 UTC: incident 4711");
    assert!(next.contains("--during-incident") && next.contains("unlock"), "{next}");
    let (_, next) = refusal(publish_scope(&lake, &PublishScope::Rollback(1), "").await);
    assert!(next.contains("--during-incident"), "{next}");
    assert_eq!(lake.objects().list("_sluice/releases").await.unwrap().len(), before, "nothing is written");

    // Knowing of the incident does not help but for a rollback.
    for (scope, goes) in [(PublishScope::Draft, false), (PublishScope::Rollback(1), true)] {
        let contents = contents_of(&lake, &scope).await.unwrap();
        let publication = Publication { during_incident: true, ..publication(&contents, 3, Some(2), "", "anna") };
        let result = publish_contents(&lake, &contents, &publication).await;
        assert_eq!(result.is_ok(), goes, "{scope:?}: {result:?}");
    }
    assert_eq!(unlock(&lake, &author("mira"), 5).await.unwrap(), held);
    assert_eq!(open_lock(&lake).await.unwrap(), None);
    put(&lake, &format!("{ORDERS}- {{name: more, type: string}}\n")).await;
    publish(&lake, 4, Some(3), "", "anna", 6).await.unwrap();
    lock(&lake, &author("mira"), "again", 7).await.unwrap();
}
