//! Publish, refuse, roll back, recover.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, its helpers too")]

use bytes::Bytes;
use sluice_api::{Grade, TableName};
use sluice_lake::Lake;
use sluice_publish::{PublishError, current, plan, publish, releases, roll_back};

const ORDERS: &str = "dataset: shop.orders\nschema:\n- {name: id, type: int, primary_key: true}\n";

async fn new_lake() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
    put(&lake, ORDERS).await;
    (folder, lake)
}

async fn put(lake: &Lake, text: &str) {
    lake.ledger().put_contract(&TableName::new("shop", "orders").unwrap(), text).await.unwrap();
}

#[tokio::test]
async fn the_first_release_and_the_next() {
    let (_folder, lake) = new_lake().await;
    lake.objects().put("models/shop/daily.sql", Bytes::from_static(b"SELECT 1")).await.unwrap();
    assert!(current(&lake).await.unwrap().is_none() && releases(&lake).await.unwrap().is_empty());
    let first = plan(&lake).await.unwrap();
    assert_eq!((first.base, first.next, first.contracts, first.changes.len()), (None, 1, 1, 2));
    assert!(first.blockers.is_empty());
    let view = publish(&lake, 1, None, "first", "anna", 1_000).await.unwrap();
    assert!(view.location.ends_with("_sluice/releases/00000000000000000001.json"));
    let release = current(&lake).await.unwrap().unwrap();
    assert_eq!((release.number, release.author.as_str(), release.base), (1, "anna", None));
    assert_eq!(release.contracts[0].1.text, ORDERS);
    assert_eq!(release.models, [(TableName::new("shop", "daily").unwrap(), "SELECT 1".to_owned())]);
    assert!(plan(&lake).await.unwrap().changes.is_empty());

    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    lake.objects().delete("models/shop/daily.sql").await.unwrap();
    let second = plan(&lake).await.unwrap();
    assert_eq!((second.base, second.next), (Some(1), 2));
    assert_eq!(second.changes.iter().map(|change| change.grade).collect::<Vec<_>>(), [Grade::Breaking, Grade::Info]);
    let view = publish(&lake, 2, Some(1), "note", "anna", 2_000).await.unwrap();
    assert!(view.release.current && view.release.hash != release.hash);
    let views = releases(&lake).await.unwrap();
    assert_eq!(views.iter().map(|view| (view.release, view.current)).collect::<Vec<_>>(), [(2, true), (1, false)]);

    roll_back(&lake, 1).await.unwrap();
    assert_eq!(current(&lake).await.unwrap().unwrap(), release);
    roll_back(&lake, 1).await.unwrap();
    assert!(matches!(roll_back(&lake, 9).await, Err(PublishError::NotPublished { release: 9 })));
    assert_eq!(plan(&lake).await.unwrap().next, 3);
    publish(&lake, 3, Some(1), "again", "anna", 3_000).await.unwrap();
    assert_eq!(current(&lake).await.unwrap().unwrap().number, 3);
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
        let places: Vec<&str> = planned.changes.iter().map(|change| change.place.as_str()).collect();
        assert!(places.contains(&place), "{place}: {places:?}");
        assert_eq!(planned.tables.len(), 1, "{place}");
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
    assert_eq!((next.base, next.next), (Some(1), 3));
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
