//! Releases on an S3 protocol server; see the lake's test of the same name.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, its helpers too")]

#[path = "../../../lake/tests/s3/server.rs"]
mod server;

use sluice_api::TableName;
use sluice_lake::Lake;
use sluice_publish::{PublishError, current, publish};

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
    let view = publish(&lake, 1, None, "mine", "anna", 1).await.unwrap();
    assert!(view.location.starts_with("s3://"));
    let other = Lake::open(&url).await.unwrap();
    for release in [1, 2] {
        let refused = publish(&other, release, None, "theirs", "bob", 2).await.unwrap_err();
        assert!(matches!(refused, PublishError::Conflict { .. }), "{refused:?}");
        assert!(refused.to_string().contains("anna"), "{refused}");
    }
    let (one, two) =
        tokio::join!(publish(&lake, 2, Some(1), "one", "anna", 3), publish(&other, 2, Some(1), "two", "bob", 3));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(current(&other).await.unwrap().unwrap().number, 2);
}
