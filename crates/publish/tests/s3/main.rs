//! Releases on an S3 protocol server; see the lake's test of the same name.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, its helpers too")]

#[path = "../../../lake/tests/s3/server.rs"]
mod server;

use sluice_api::{PublishScope, PublishedView, TableName};
use sluice_lake::Lake;
use sluice_publish::{Author, Publication, PublishError, contents, current, lock, open_lock, plan_document};

async fn publish(
    lake: &Lake,
    release: u64,
    base: Option<u64>,
    message: &str,
    author: &str,
) -> Result<PublishedView, PublishError> {
    let contents = contents(lake, &PublishScope::Draft, &|_| Vec::new()).await?;
    let publication = Publication {
        release,
        base,
        author: Some(Author::new(author)?),
        usual_author: None,
        message: message.to_owned(),
        plan: plan_document(&contents, "sluice/test"),
        during_incident: false,
        without_tests: None,
        now_ms: 1,
    };
    sluice_publish::publish(lake, &contents, &publication).await
}

#[test]
fn releases_on_s3() {
    server::run_inside("inside_the_server");
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_the_server() {
    let Some(url) = server::url() else { return };
    let lake = Lake::open(&url).await.unwrap();
    let text = "dataset: shop.orders\nschema:\n- {name: id, type: int, primary_key: true}\n";
    lake.ledger().put_contract(&TableName::new("shop", "orders").unwrap(), text).await.unwrap();
    let view = publish(&lake, 1, None, "mine", "anna").await.unwrap();
    assert!(view.location.starts_with("s3://"));
    let other = Lake::open(&url).await.unwrap();
    for release in [1, 2] {
        let refused = publish(&other, release, None, "theirs", "bob").await.unwrap_err();
        assert!(matches!(refused, PublishError::Conflict { .. }), "{refused:?}");
        assert!(refused.to_string().contains("anna"), "{refused}");
    }
    let (one, two) = tokio::join!(publish(&lake, 2, Some(1), "one", "anna"), publish(&other, 2, Some(1), "two", "bob"));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(current(&other).await.unwrap().unwrap().number, 2);
    let (anna, bob) = (Author::new("anna").unwrap(), Author::new("bob").unwrap());
    let (one, two) = tokio::join!(lock(&lake, &anna, "incident", 5), lock(&other, &bob, "another", 5));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let held = open_lock(&other).await.unwrap().unwrap();
    assert_eq!(held, one.or(two).unwrap());
}
