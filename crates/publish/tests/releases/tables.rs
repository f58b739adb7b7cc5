//! Publishing some tables of a draft: the current release with these tables' drafts, and the models that have to come
//! along.

use crate::support::{contents_of, contract, empty_lake, name, plan_of, publish, publish_scope};
use bytes::Bytes;
use sluice_api::{PublishScope, TableName};
use sluice_lake::Lake;
use sluice_publish::{PublishError, current, readers};

const NOTE: &str = "- {name: note, type: string}\n";

async fn put_table(lake: &Lake, table: &str, more: &str) {
    lake.ledger().put_contract(&name(table), &contract(table, more)).await.unwrap();
}

async fn put_model(lake: &Lake, model: &str, sql: &str) {
    lake.ledger().put_model(&name(model), sql).await.unwrap();
}

/// Orders, carts and parcels, `daily` over orders, `week` over `daily`, `parcel_days` over parcels: all published.
async fn shop() -> (tempfile::TempDir, Lake) {
    let (folder, lake) = empty_lake().await;
    for table in ["orders", "carts", "parcels"] {
        put_table(&lake, table, "").await;
    }
    put_model(&lake, "daily", "SELECT id FROM silver.shop.orders").await;
    put_model(&lake, "week", "SELECT id FROM gold.shop.daily").await;
    put_model(&lake, "parcel_days", "SELECT id FROM silver.shop.parcels").await;
    publish(&lake, 1, None, "all", "anna", 1).await.unwrap();
    (folder, lake)
}

fn only(tables: &[&str]) -> PublishScope {
    PublishScope::Tables(tables.iter().map(|table| name(table)).collect())
}

/// What a plan takes from the draft, and its changes.
async fn taken(lake: &Lake, scope: &PublishScope) -> (Vec<String>, Vec<String>) {
    let document = plan_of(lake, scope).await.unwrap().document;
    let changes = document.changes.iter().map(|change| format!("{} {}", change.table, change.place));
    (document.taken.iter().map(ToString::to_string).collect(), changes.collect())
}

/// Columns of a table in the current release.
async fn columns(lake: &Lake, table: &TableName) -> usize {
    let release = current(lake).await.unwrap().unwrap();
    let contract = release.contracts.iter().find(|(_, contract)| contract.name == *table).unwrap();
    contract.1.columns.iter().filter(|column| !column.is_system()).count()
}

#[tokio::test]
async fn the_other_tables_stay_as_they_are_published() {
    let (_folder, lake) = shop().await;
    put_table(&lake, "orders", NOTE).await;
    put_table(&lake, "carts", NOTE).await;
    let scope = only(&["orders"]);
    assert_eq!(
        taken(&lake, &scope).await,
        (vec!["silver.shop.orders".to_owned()], vec!["shop.orders schema.note".to_owned()])
    );
    publish_scope(&lake, &scope, "only orders").await.unwrap();
    assert_eq!((columns(&lake, &name("orders")).await, columns(&lake, &name("carts")).await), (2, 1));
    let left = plan_of(&lake, &PublishScope::Draft).await.unwrap().document;
    let left: Vec<String> = left.changes.iter().map(|change| change.table.to_string()).collect();
    assert_eq!(left, ["shop.carts"], "the draft is as it was");
    assert!(plan_of(&lake, &scope).await.unwrap().is_published());
}

#[tokio::test]
async fn changed_models_of_a_changed_table_come_along() {
    let (_folder, lake) = shop().await;
    put_table(&lake, "orders", NOTE).await;
    put_table(&lake, "parcels", NOTE).await;
    put_model(&lake, "daily", "SELECT id, note FROM silver.shop.orders").await;
    put_model(&lake, "week", "SELECT id, note FROM gold.shop.daily").await;
    put_model(&lake, "parcel_days", "SELECT id, note FROM silver.shop.parcels").await;
    let (with, changes) = taken(&lake, &only(&["orders"])).await;
    assert_eq!(with, ["silver.shop.orders", "gold.shop.daily", "gold.shop.week"]);
    assert_eq!(changes.len(), 3, "{changes:?}");
    // Who names a model gets the changed models that it reads.
    let (with, _) = taken(&lake, &only(&["week"])).await;
    assert_eq!(with, ["gold.shop.daily", "gold.shop.week"]);
}

#[tokio::test]
async fn a_model_whose_input_is_left_out_is_refused() {
    let (_folder, lake) = shop().await;
    put_table(&lake, "orders", NOTE).await;
    put_model(&lake, "daily", "SELECT id, note FROM silver.shop.orders").await;
    let alone = only(&["daily"]);
    let plan = plan_of(&lake, &alone).await.unwrap();
    assert!(plan.blockers.iter().any(|why| why.contains("--table shop.orders")), "{:?}", plan.blockers);
    assert!(matches!(publish_scope(&lake, &alone, "").await, Err(PublishError::Blocked { .. })));
    assert!(plan_of(&lake, &only(&["daily", "orders"])).await.unwrap().blockers.is_empty());
    // A table that is in no release yet.
    put_table(&lake, "refunds", "").await;
    put_model(&lake, "refund_days", "SELECT id FROM silver.shop.refunds").await;
    let plan = plan_of(&lake, &only(&["refund_days"])).await.unwrap();
    assert!(plan.blockers.iter().any(|why| why.contains("in no release yet")), "{:?}", plan.blockers);
    let (with, _) = taken(&lake, &only(&["refunds"])).await;
    assert_eq!(with, ["silver.shop.refunds", "gold.shop.refund_days"]);
}

#[tokio::test]
async fn tables_come_and_go_alone() {
    let (_folder, lake) = shop().await;
    lake.objects().delete("contracts/shop/carts.yaml").await.unwrap();
    put_table(&lake, "refunds", "").await;
    publish_scope(&lake, &only(&["carts", "refunds"]), "").await.unwrap();
    let release = current(&lake).await.unwrap().unwrap();
    let names: Vec<String> = release.contracts.iter().map(|(_, contract)| contract.name.to_string()).collect();
    assert_eq!(names, ["shop.orders", "shop.parcels", "shop.refunds"]);
    assert_eq!(release.models.len(), 3);
    let unknown = contents_of(&lake, &only(&["order"])).await.unwrap_err();
    assert!(matches!(&unknown, PublishError::Input { next, .. } if next.contains("shop.orders")), "{unknown:?}");
    assert!(contents_of(&lake, &only(&[])).await.is_err());
}

#[tokio::test]
async fn a_mistake_in_another_table_does_not_matter() {
    let (_folder, lake) = shop().await;
    put_table(&lake, "orders", NOTE).await;
    lake.objects()
        .put("contracts/shop/carts.yaml", Bytes::from_static(b"dataset: shop.carts\nschema: ["))
        .await
        .unwrap();
    assert!(!plan_of(&lake, &PublishScope::Draft).await.unwrap().blockers.is_empty());
    assert!(!plan_of(&lake, &only(&["carts"])).await.unwrap().blockers.is_empty());
    publish_scope(&lake, &only(&["orders"]), "").await.unwrap();
    assert_eq!(columns(&lake, &name("carts")).await, 1);
    // A foreign key to a table that is left out is one to a table that does not exist.
    let check = "quality:\n- check: foreign_key(id, shop.refunds.id)\n";
    put_table(&lake, "orders", &format!("{NOTE}{check}")).await;
    put_table(&lake, "refunds", "").await;
    let plan = plan_of(&lake, &only(&["orders"])).await.unwrap();
    assert!(plan.blockers.iter().any(|why| why.contains("shop.refunds")), "{:?}", plan.blockers);
    assert!(plan_of(&lake, &only(&["orders", "refunds"])).await.unwrap().blockers.is_empty());
}

#[tokio::test]
async fn readers_are_found_by_way_of_other_models() {
    let (_folder, lake) = shop().await;
    let contents = contents_of(&lake, &PublishScope::Draft).await.unwrap();
    let readers = readers(&contents.draft, &crate::support::reads);
    let of = |table: &str| -> Vec<String> {
        readers.get(&table.parse().unwrap()).into_iter().flatten().map(ToString::to_string).collect()
    };
    assert_eq!(of("silver.shop.orders"), ["shop.daily", "shop.week"]);
    assert_eq!(of("gold.shop.daily"), ["shop.week"]);
    assert!(of("silver.shop.carts").is_empty());
}
