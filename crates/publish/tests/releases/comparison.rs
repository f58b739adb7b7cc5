//! What differs between two releases, or a release and the draft.

use crate::support::{ORDERS, contract, name, new_lake, publish, put};
use bytes::Bytes;
use sluice_api::{Grade, ReleaseSide};
use sluice_publish::{PublishError, release_diff};

#[tokio::test]
async fn releases_are_compared_by_entries_and_lines() {
    let (_folder, lake) = new_lake().await;
    lake.ledger().put_contract(&name("carts"), &contract("carts", "")).await.unwrap();
    publish(&lake, 1, None, "first", "anna", 1).await.unwrap();
    put(&lake, &ORDERS.replace("type: int", "type: bigint")).await;
    lake.ledger().put_model(&name("daily"), "SELECT 1\n").await.unwrap();
    publish(&lake, 2, Some(1), "second", "anna", 2).await.unwrap();
    let (one, two) = (ReleaseSide::Release(1), ReleaseSide::Release(2));

    let diff = release_diff(&lake, one, two).await.unwrap();
    let tables: Vec<String> = diff.tables.iter().map(|of| of.table.as_ref().unwrap().to_string()).collect();
    assert_eq!(tables, ["silver.shop.orders", "gold.shop.daily"], "carts are equal");
    let orders = &diff.tables[0];
    let changes = orders.changes.as_ref().unwrap();
    assert_eq!((changes.len(), changes[0].place.as_str(), changes[0].grade), (1, "schema.id", Grade::Warning));
    let lines: Vec<String> = orders.lines.iter().map(|line| format!("{}{}", line.kind, line.text)).collect();
    assert_eq!(
        lines,
        [
            " dataset: shop.orders",
            " schema:",
            "-- {name: id, type: int, primary_key: true}",
            "+- {name: id, type: bigint, primary_key: true}"
        ]
    );
    let daily = &diff.tables[1];
    assert_eq!(daily.changes.as_ref().unwrap()[0].change, "model added");
    assert_eq!(daily.path, "models/shop/daily.sql");

    let back = release_diff(&lake, two, one).await.unwrap();
    assert_eq!(back.tables[1].changes.as_ref().unwrap()[0].grade, Grade::Breaking, "a model goes");
    assert!(release_diff(&lake, two, two).await.unwrap().tables.is_empty());
    assert!(release_diff(&lake, two, ReleaseSide::Draft).await.unwrap().tables.is_empty());
    let never = release_diff(&lake, ReleaseSide::Release(7), two).await;
    assert!(matches!(never, Err(PublishError::NotPublished { release: 7 })));
}

#[tokio::test]
async fn a_draft_that_is_not_valid_is_compared_by_its_lines() {
    let (_folder, lake) = new_lake().await;
    publish(&lake, 1, None, "first", "anna", 1).await.unwrap();
    let broken = ORDERS.replace("type: int", "type: money");
    lake.objects().put("contracts/shop/orders.yaml", Bytes::from(broken)).await.unwrap();
    lake.objects().put("contracts/notes.yaml", Bytes::from_static(b"to be done\n")).await.unwrap();
    let diff = release_diff(&lake, ReleaseSide::Release(1), ReleaseSide::Draft).await.unwrap();
    assert_eq!(diff.tables.len(), 2);
    let nameless = diff.tables.iter().find(|of| of.table.is_none()).unwrap();
    assert_eq!((nameless.path.as_str(), nameless.lines.len()), ("contracts/notes.yaml", 1));
    let orders = diff.tables.iter().find(|of| of.table.is_some()).unwrap();
    assert_eq!(orders.changes, None, "what changes is not known");
    assert!(orders.lines.iter().any(|line| line.kind == '+' && line.text.contains("money")));
    // A contract that moves to another file is still of its table.
    lake.objects().delete("contracts/shop/orders.yaml").await.unwrap();
    lake.objects().delete("contracts/notes.yaml").await.unwrap();
    lake.objects().put("contracts/orders.yaml", Bytes::from_static(ORDERS.as_bytes())).await.unwrap();
    let diff = release_diff(&lake, ReleaseSide::Release(1), ReleaseSide::Draft).await.unwrap();
    assert_eq!((diff.tables.len(), diff.tables[0].lines.len()), (1, 0));
    assert_eq!(diff.tables[0].changes.as_ref().unwrap()[0].place, "file");
}
