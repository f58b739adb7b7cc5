//! The draft: a contract with a mistake, and a model that is edited.

use anyhow::{Context, Result, ensure};
use sluice_api::{ErrorCode, Health, Layer, PublishPlan, PublishScope, TableName, TableRef, TableSummary, ask};
use sluice_tests::TestLake;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string, pii: true}\n";

/// A lake with one row.
async fn lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-drafts-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    let event = "{\"op\":\"c\",\"after\":{\"id\":1,\"status\":\"new\"},\"source\":{\"lsn\":1}}\n";
    lake.write("landing/orders/1.json", event)?;
    lake.replay().await?;
    Ok((folder, lake))
}

async fn plan(lake: &TestLake) -> Result<PublishPlan> {
    Ok(lake.host().call(ask::PublishPlan { scope: PublishScope::Draft, plan: None }).await?)
}

async fn publish(lake: &TestLake) -> Result<()> {
    let plan = plan(lake).await?;
    let publish = ask::Publish {
        release: plan.next,
        base: plan.document.base,
        scope: PublishScope::Draft,
        message: String::new(),
        author: Some("tester".to_owned()),
        plan: Some(Box::new(plan.document)),
        during_incident: false,
        canary: false,
        without_tests: None,
    };
    lake.host().call(publish).await?;
    Ok(())
}

async fn silver(lake: &TestLake) -> Result<TableSummary> {
    let view = lake.host().call(ask::Lake {}).await?;
    view.tables.into_iter().find(|each| each.table.layer == Layer::Silver).context("silver is in the tree")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_with_a_mistake_is_not_removed() -> Result<()> {
    let (_folder, lake) = lake().await?;
    publish(&lake).await?;
    let mistake = CONTRACT.replace("type: string", "type: strng");
    lake.write("contracts/shop/orders.yaml", &mistake)?;

    let summary = silver(&lake).await?;
    ensure!(summary.health == Health::Invalid && summary.rows == Some(1), "{summary:?}");
    ensure!(summary.note.as_deref().is_some_and(|note| note.contains("contracts/shop/orders.yaml:5")), "{summary:?}");
    let seen = lake.host().call(ask::Table { table: summary.table.clone(), version: None }).await?;
    ensure!(seen.health == Health::Invalid && seen.contract.as_deref() == Some(&mistake), "{seen:?}");
    let plan = plan(&lake).await?;
    ensure!(
        plan.document.changes.is_empty() && plan.blockers.iter().any(|why| why.contains("orders.yaml:5")),
        "{plan:?}"
    );
    let view = lake.host().call(ask::Lake {}).await?;
    ensure!(view.draft_changes == 1, "{view:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_with_a_mistake_still_hides_personal_data() -> Result<()> {
    let (_folder, lake) = lake().await?;
    let mistake = CONTRACT.replace("type: string", "type: strng");
    lake.write("contracts/shop/orders.yaml", &mistake)?;
    let table = silver(&lake).await?.table;
    let personal = async || -> Result<Vec<String>> {
        let seen = lake.host().call(ask::Table { table: table.clone(), version: None }).await?;
        Ok(seen.columns.into_iter().filter(|column| column.pii && !column.system).map(|column| column.name).collect())
    };
    ensure!(personal().await? == ["id", "status"], "nobody knows which are: {:?}", personal().await?);
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    publish(&lake).await?;
    lake.write("contracts/shop/orders.yaml", &mistake)?;
    ensure!(personal().await? == ["status"], "the published contract knows: {:?}", personal().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_saved_if_it_can_be_planned() -> Result<()> {
    let (_folder, lake) = lake().await?;
    let name: TableName = "shop.by_status".parse().map_err(anyhow::Error::msg)?;
    let save = async |sql: &str| lake.host().call(ask::SaveModel { name: name.clone(), sql: sql.to_owned() }).await;
    let refused = save("SELECT\n  statu FROM silver.shop.orders").await.err().context("there is no such column")?;
    ensure!(refused.code == ErrorCode::Input && refused.message.contains("line 2"), "{refused:?}");
    ensure!(save("DROP TABLE silver.shop.orders").await.is_err(), "a model is one SELECT");
    let view = save("SELECT status, COUNT(*) AS orders FROM silver.shop.orders GROUP BY status").await?;
    let gold = TableRef { layer: Layer::Gold, name: name.clone() };
    ensure!(view.tables.iter().any(|each| each.table == gold), "{view:?}");
    lake.replay().await?;
    let seen = lake.host().call(ask::Table { table: gold, version: None }).await?;
    ensure!(seen.rows == 1 && seen.contract.is_some_and(|sql| sql.starts_with("SELECT status")), "it is built");
    Ok(())
}
