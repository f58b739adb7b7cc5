//! Publish, refuse, roll back, recover.

use crate::support::{ENGINE, ORDERS, name, new_lake, plan, plan_of, publish, publish_scope, put};
use bytes::Bytes;
use sluice_api::{Grade, Layer, PublishScope, TableName, TableRef};
use sluice_lake::Lake;
use sluice_publish::{PublishError, current, release, releases};

#[tokio::test]
async fn the_first_release_and_the_next() {
    let (_folder, lake) = new_lake().await;
    lake.objects().put("models/shop/daily.sql", Bytes::from_static(b"SELECT 1")).await.unwrap();
    assert!(current(&lake).await.unwrap().is_none() && releases(&lake).await.unwrap().is_empty());
    let first = plan(&lake).await.unwrap();
    assert_eq!((first.document.base, first.next, first.contracts, first.document.changes.len()), (None, 1, 1, 2));
    assert!(first.blockers.is_empty());
    let view = publish(&lake, 1, None, "first", "anna", 1_000).await.unwrap();
    assert!(view.location.ends_with("_sluice/releases/00000000000000000001.json"));
    let release = current(&lake).await.unwrap().unwrap();
    assert_eq!((release.number, release.author.as_deref(), release.base), (1, Some("anna"), None));
    assert_eq!(release.contracts[0].1.text, ORDERS);
    assert_eq!(release.models, [(TableName::new("shop", "daily").unwrap(), "SELECT 1".to_owned())]);
    assert!(plan(&lake).await.unwrap().document.changes.is_empty());

    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    lake.objects().delete("models/shop/daily.sql").await.unwrap();
    let second = plan(&lake).await.unwrap();
    assert_eq!((second.document.base, second.next), (Some(1), 2));
    assert_eq!(
        second.document.changes.iter().map(|change| change.grade).collect::<Vec<_>>(),
        [Grade::Breaking, Grade::Info]
    );
    let view = publish(&lake, 2, Some(1), "note", "anna", 2_000).await.unwrap();
    assert!(view.release.current && view.release.hash != release.hash);
    let views = releases(&lake).await.unwrap();
    assert_eq!(views.iter().map(|view| (view.release, view.current)).collect::<Vec<_>>(), [(2, true), (1, false)]);

    let changed = |table: &str, layer| TableRef { layer, name: name(table) };
    let of = |number: usize| views[number].changed.clone().unwrap();
    assert_eq!(of(0), [changed("orders", Layer::Silver), changed("daily", Layer::Gold)]);
    assert_eq!(of(1), of(0), "the first release is all new");
}

#[tokio::test]
async fn whatever_differs_can_be_published_and_is_listed() {
    let (_folder, lake) = new_lake().await;
    publish(&lake, 1, None, "first", "anna", 1).await.unwrap();
    assert!(plan(&lake).await.unwrap().is_published());
    let source = "source: {path: in/, format: debezium_json}\n";
    let mut text = ORDERS.replacen("schema:", &format!("{source}schema:"), 1);
    for (base, (from, to, place)) in (1..).zip([
        ("", "", "source"),
        ("schema:", "schedule: \"every 15m\"\nschema:", "schedule"),
        ("schema:", "size_class: large\nschema:", "size_class"),
        ("schema:", "description: Orders\nschema:", "description"),
        ("schema:", "apply: {mode: copy_on_write}\nschema:", "apply.mode"),
        ("debezium_json}", "debezium_json, decimals: text}", "source.decimals"),
        ("debezium_json,", "debezium_json, hints: {extra: int},", "source.hints"),
        ("schema:", "# A comment.\nschema:", "text"),
    ]) {
        text = text.replacen(from, to, 1);
        put(&lake, &text).await;
        let planned = plan(&lake).await.unwrap();
        assert!(!planned.is_published(), "{place}");
        let places: Vec<&str> = planned.document.changes.iter().map(|change| change.place.as_str()).collect();
        assert!(places.contains(&place), "{place}: {places:?}");
        assert_eq!(planned.document.tables.len(), 1, "{place}");
        publish(&lake, base + 1, Some(base), place, "anna", 2).await.unwrap();
        assert!(plan(&lake).await.unwrap().is_published(), "{place}");
    }
}

#[tokio::test]
async fn a_second_publisher_learns_who_came_first() {
    let (_folder, lake) = new_lake().await;
    let other = Lake::open(lake.url()).await.unwrap();
    publish(&lake, 1, None, "mine", "anna", 1).await.unwrap();
    let late = publish(&other, 1, None, "theirs", "bob", 2).await.unwrap_err();
    assert!(matches!(late, PublishError::Conflict { .. }) && !late.is_retryable());
    assert!(late.to_string().contains("r1 by anna (\"mine\")"), "{late}");
    let stale = publish(&other, 2, None, "theirs", "bob", 2).await.unwrap_err();
    assert!(stale.to_string().contains("you began when nothing was published"), "{stale}");
    let again = publish(&lake, 1, None, "mine", "anna", 99).await.unwrap();
    assert_eq!(again.release.published_ms, 1, "a lost reply of the own publish is success");
    let views = releases(&lake).await.unwrap();
    assert_eq!(views.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_publishers_at_once_one_wins() {
    let (_folder, lake) = new_lake().await;
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let lake = lake.clone();
            tokio::spawn(async move {
                let release = 1 + number % 2;
                publish(&lake, release, None, "race", &format!("author {number}"), number as i64).await
            })
        })
        .collect();
    let mut won = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(view) => won.push(view.release.author),
            Err(error) => assert!(matches!(error, PublishError::Conflict { .. }), "{error:?}"),
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(current(&lake).await.unwrap().unwrap().author, won[0]);
}

#[tokio::test]
async fn a_publisher_stopped_between_two_writes_blocks_nobody() {
    let (_folder, lake) = new_lake().await;
    publish(&lake, 1, None, "first", "anna", 1).await.unwrap();
    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    publish(&lake, 2, Some(1), "second", "anna", 2).await.unwrap();
    lake.objects().delete("_sluice/current/00000000000000000002.json").await.unwrap();
    assert_eq!(current(&lake).await.unwrap().unwrap().number, 1);
    assert_eq!(releases(&lake).await.unwrap().len(), 1, "what no pointer names was never published");
    let next = plan(&lake).await.unwrap();
    assert_eq!((next.document.base, next.next), (Some(1), 3));
    let taken = publish(&lake, 2, Some(1), "other words", "bob", 3).await.unwrap_err();
    assert!(taken.to_string().contains("publish r3"), "{taken}");
    publish(&lake, 2, Some(1), "second", "anna", 4).await.unwrap();
    assert_eq!(current(&lake).await.unwrap().unwrap().number, 2, "the same wish finishes it");
    publish(&lake, 3, Some(2), "third", "bob", 5).await.unwrap();
}

#[tokio::test]
async fn a_broken_draft_is_not_published() {
    let (_folder, lake) = new_lake().await;
    lake.objects().put("contracts/shop/copy.yaml", Bytes::from_static(ORDERS.as_bytes())).await.unwrap();
    lake.objects()
        .put("contracts/shop/bad.yml", Bytes::from_static(b"dataset: shop.bad\nschema:\n- {name: a, type: money}\n"))
        .await
        .unwrap();
    lake.objects().put("models/lost.sql", Bytes::from_static(b"SELECT 1")).await.unwrap();
    let plan = plan(&lake).await.unwrap();
    let has = |words: &str| plan.blockers.iter().any(|blocker| blocker.contains(words));
    assert!(has("contracts/shop/bad.yml:3:") && has("already") && has("models/lost.sql"), "{:?}", plan.blockers);
    let refused = publish(&lake, 1, None, "", "anna", 1).await.unwrap_err();
    assert!(matches!(&refused, PublishError::Blocked { blockers } if *blockers == plan.blockers));
    assert!(current(&lake).await.unwrap().is_none());
}

#[tokio::test]
async fn a_changed_release_is_not_used() {
    let (_folder, lake) = new_lake().await;
    publish(&lake, 1, None, "first", "anna", 1).await.unwrap();
    let path = "_sluice/releases/00000000000000000001.json";
    let text = String::from_utf8(lake.objects().read(path).await.unwrap().to_vec()).unwrap();
    lake.objects().put(path, Bytes::from(text.replace("type: int", "type: bigint"))).await.unwrap();
    let error = current(&lake).await.unwrap_err();
    assert!(error.to_string().contains("was changed after publishing"), "{error}");
}

#[tokio::test]
async fn a_release_says_who_why_by_which_plan_and_engine() {
    let (_folder, lake) = new_lake().await;
    let planned = plan(&lake).await.unwrap().document;
    publish(&lake, 1, None, "  first words\n", "anna", 1).await.unwrap();
    let detail = release(&lake, 1).await.unwrap();
    let view = &detail.release;
    assert_eq!((view.author.as_deref(), view.message.as_deref()), (Some("anna"), Some("first words")));
    assert_eq!((view.engine.as_deref(), view.plan.as_deref()), (Some(ENGINE), Some(planned.plan.as_str())));
    assert_eq!(detail.plan, Some(planned));
    assert_eq!(detail.texts.len(), 1);
    assert_eq!((detail.texts[0].text.as_str(), detail.texts[0].path.as_str()), (ORDERS, "contracts/shop/orders.yaml"));
    assert!(matches!(release(&lake, 2).await, Err(PublishError::NotPublished { release: 2 })));
}

#[tokio::test]
async fn what_an_older_version_did_not_record_is_unknown() {
    let (_folder, lake) = new_lake().await;
    publish(&lake, 1, None, "first", "anna", 1).await.unwrap();
    let path = "_sluice/releases/00000000000000000001.json";
    let bytes = lake.objects().read(path).await.unwrap();
    let whole: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    for (author, kept, shown) in
        [(None, Some("why"), "unknown"), (Some("unknown"), None, "unknown"), (Some(""), None, "unknown")]
    {
        let mut old = whole.clone();
        let fields = old.as_object_mut().unwrap();
        for added in ["author", "note", "plan", "engine", "approved_by", "rollback"] {
            fields.remove(added);
        }
        fields.extend(author.map(|author| ("author".to_owned(), author.into())));
        fields.extend(kept.map(|note| ("note".to_owned(), note.into())));
        lake.objects().put(path, Bytes::from(serde_json::to_vec(&old).unwrap())).await.unwrap();
        let view = releases(&lake).await.unwrap().remove(0);
        assert_eq!((view.author.as_deref(), view.author_text()), (None, shown), "{author:?}");
        assert_eq!((view.message.as_deref(), view.message_text()), (kept, kept.unwrap_or("unknown")));
        assert_eq!((view.plan, view.engine, view.approved_by.len()), (None, None, 0));
        assert!(release(&lake, 1).await.unwrap().plan.is_none());
        assert_eq!(current(&lake).await.unwrap().unwrap().number, 1);
    }
    // The next release is made on top of it.
    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    publish(&lake, 2, Some(1), "second", "anna", 2).await.unwrap();
}

#[tokio::test]
async fn a_rollback_is_a_new_release() {
    let (_folder, lake) = new_lake().await;
    publish(&lake, 1, None, "first", "anna", 1).await.unwrap();
    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    publish(&lake, 2, Some(1), "second", "anna", 2).await.unwrap();
    let back = PublishScope::Rollback(1);
    let planned = plan_of(&lake, &back).await.unwrap();
    assert_eq!(planned.document.rollback.as_ref().map(|id| id.release), Some(1));
    assert_eq!(planned.document.changes[0].grade, Grade::Breaking, "a column goes");
    assert_eq!((planned.document.draft.as_deref(), planned.next), (None, 3));
    publish_scope(&lake, &back, "it was slow").await.unwrap();
    let views = releases(&lake).await.unwrap();
    assert_eq!(views.iter().map(|view| view.release).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!((views[0].rollback, views[0].current), (Some(1), true));
    assert_eq!(views[0].message_text(), "Rolls back to r1. it was slow");
    assert_eq!(views[0].hash, views[2].hash);
    assert!(plan_of(&lake, &back).await.unwrap().is_published());
    assert!(!plan(&lake).await.unwrap().is_published(), "the draft stays as it is");
    for number in [4, 9] {
        let never = plan_of(&lake, &PublishScope::Rollback(number)).await;
        assert!(matches!(never, Err(PublishError::NotPublished { release }) if release == number));
    }
}
