//! What a release was seen to do where it was tried, and whether the runner reaches it.

use anyhow::{Context, Result, ensure};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use serde_json::Value;
use sluice_lake::{AppId, CommitOutcome, Lake, Operation, TableLocation, TransactionId};
use sluice_tests::{CARTS, ORDERS, ORDERS_PATH, SmallShop, change_and_take_back, reached, retyped, small_fingerprints};
use std::path::Path;
use std::sync::Arc;

fn taken_over<'a>(published: &'a Value, table: &str) -> Result<&'a Value> {
    let tables = published["tables"].as_array().into_iter().flatten();
    let mut found = tables.filter(|each| each["table"]["name"]["table"] == table);
    found.next().with_context(|| format!("{table} is not in {published}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_says_that_it_reached_what_was_previewed() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    let first = reached(&shop.sluice(), 1)?;
    ensure!(first.len() == 3 && first.values().all(|table| table["reached"] == "as_previewed"), "{first:?}");

    shop.retyped_in("try", &[])?;
    let tried = small_fingerprints(&shop.sandbox("try"))?;
    let plan = shop.sandbox("try").json(&["publish", "--plan"])?;
    let previewed = &plan["previewed"];
    ensure!(previewed["sandbox"] == "try" && previewed["tables"].as_array().map(Vec::len) == Some(2), "{plan}");
    ensure!(shop.sluice().ok(&["releases"])?.contains("as previewed"));
    let published = shop.sandbox("try").json(&["publish", "-m", "wider"])?;
    ensure!(published["release"]["previewed"] == 2, "{published}");
    ensure!(taken_over(&published, "orders")?["version"].is_u64(), "{published}");
    ensure!(taken_over(&published, "by_status")?["version"].is_u64(), "gold is taken over, too: {published}");
    ensure!(shop.sluice().ok(&["releases"])?.contains("not compared yet"));

    let run = shop.sluice().json(&["run", "--once"])?;
    let said: Vec<&Value> = run["reached"].as_array().into_iter().flatten().collect();
    ensure!(said.len() == 2 && said.iter().all(|table| table["reached"] == "as_previewed"), "{run}");
    ensure!(small_fingerprints(&shop.sluice())? == tried, "production is another one");
    let again = shop.sluice().json(&["run", "--once"])?;
    ensure!(again["reached"].is_null(), "it is said once: {again}");
    let shown = shop.sluice().ok(&["release", "show", "r2"])?;
    ensure!(shown.contains("silver.shop.orders") && shown.contains("as previewed. The same inputs"), "{shown}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_compared_where_the_inputs_moved_on() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    shop.retyped_in("try", &[])?;
    // Production takes a delivery that the sandbox has not seen.
    shop.deliver(3)?;
    shop.sluice().ok(&["run", "--once"])?;
    let published = shop.sandbox("try").json(&["publish", "-m", "wider"])?;
    // What arrived since is applied to the files of the sandbox.
    ensure!(taken_over(&published, "orders")?["version"].is_u64(), "{published}");
    let run = shop.sluice().json(&["run", "--once"])?;
    let said: Vec<&Value> = run["reached"].as_array().into_iter().flatten().collect();
    ensure!(said.len() == 2 && said.iter().all(|table| table["reached"] == "moved_on"), "{run}");
    ensure!(shop.sluice().ok(&["releases"])?.contains("not compared, inputs moved on"));
    // It is what a lake has that knew the contract from the beginning.
    let twin = SmallShop::new()?;
    twin.deliver(3)?;
    twin.lake().write(ORDERS_PATH, retyped())?;
    twin.sluice().ok(&["replay"])?;
    ensure!(small_fingerprints(&shop.sluice())? == small_fingerprints(&twin.sluice())?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_that_begins_from_nothing_compares_at_the_end() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.sluice().ok(&["replay", "--max-files", "1"])?;
    let plan = shop.folder().join("plan.json").display().to_string();
    shop.sluice().ok(&["publish", "--plan-out", &plan])?;
    let elsewhere = SmallShop::new()?;
    elsewhere.sluice().ok(&["publish", "--apply", &plan])?;
    let run = elsewhere.sluice().json(&["run", "--once"])?;
    let said: Vec<&Value> = run["reached"].as_array().into_iter().flatten().collect();
    // Other batches of the same files.
    ensure!(said.len() == 3 && said.iter().all(|table| table["reached"] == "as_previewed"), "{run}");
    Ok(())
}

/// Writes other words into two columns of silver of orders.
async fn tamper(place: &Path) -> Result<()> {
    let lake = Lake::open(&place.display().to_string()).await?;
    let store = lake.table(TableLocation::Silver("shop.orders".parse().map_err(anyhow::Error::msg)?));
    let snapshot = store.snapshot(None).await?.context("silver")?;
    let mut changed = Vec::new();
    for batch in store.read_files(&snapshot, &snapshot.files, None).await? {
        let other = |word: &str| -> ArrayRef { Arc::new(StringArray::from(vec![word; batch.num_rows()])) };
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| match field.name().as_str() {
            "status" => other("tampered-status"),
            "email" => other("tampered@shop.example"),
            _ => Arc::clone(column),
        });
        let columns: Vec<ArrayRef> = columns.collect();
        changed.push(RecordBatch::try_new(schema, columns)?);
    }
    let file = store.writer().write_file(&changed).await?;
    let id = TransactionId { app: AppId::named("test"), number: 1, content_hash: "tampered".to_owned() };
    let commit = store.transaction(&snapshot, id, Operation::Write).add([file]).remove(snapshot.files.to_vec());
    ensure!(matches!(commit.commit().await?, CommitOutcome::Committed(_)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_result_of_the_same_inputs_is_not_published_and_the_others_go_on() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    let before = small_fingerprints(&shop.sluice())?;
    let wider_carts = CARTS.replace("size, type: int", "size, type: \"decimal(12,2)\"");
    shop.sluice().ok(&["sandbox", "new", "try"])?;
    let place = shop.place("try")?;
    std::fs::write(place.join(ORDERS_PATH), retyped())?;
    std::fs::write(place.join("contracts/shop/carts.yaml"), &wider_carts)?;
    shop.sandbox("try").ok(&["replay"])?;
    tamper(&place).await?;
    let plan = shop.folder().join("plan.json").display().to_string();
    shop.sandbox("try").ok(&["publish", "--plan-out", &plan])?;
    // Published where nothing can be taken over, so the runner makes it.
    shop.lake().write(ORDERS_PATH, retyped())?;
    shop.lake().write("contracts/shop/carts.yaml", &wider_carts)?;
    shop.sluice().ok(&["publish", "--apply", &plan, "-m", "wider"])?;

    let run = shop.sluice().call(&["run", "--once", "--json"])?;
    ensure!(run.code == 3, "{run:?}");
    let errors = format!("{}{}", run.err, run.out);
    ensure!(!run.err.contains("tampered"), "a value is in the log: {errors}");
    let found: Value = serde_json::from_str(&run.out)?;
    let failed: Vec<&Value> = found["replay"]["tables"].as_array().into_iter().flatten().collect();
    let failed: Vec<&&Value> = failed.iter().filter(|table| !table["error"].is_null()).collect();
    ensure!(failed.len() == 1 && failed[0]["table"]["table"] == "orders", "{found}");
    let message = failed[0]["error"]["message"].as_str().unwrap_or_default();
    ensure!(message.contains("not as release r2 was previewed") && message.contains("stays visible"), "{message}");
    let now = small_fingerprints(&shop.sluice())?;
    ensure!(now["silver.shop.orders"] == before["silver.shop.orders"], "another result became visible");
    ensure!(now["silver.shop.carts"] != before["silver.shop.carts"], "the others go on");
    let compared = reached(&shop.sluice(), 2)?;
    ensure!(compared["silver.shop.carts"]["reached"] == "as_previewed", "{compared:?}");
    let orders = &compared["silver.shop.orders"];
    ensure!(orders["reached"] == "differs" && orders["first"]["change"] == "~", "{orders}");
    ensure!(orders["first"]["key"][0][0] == "id" && orders["first"]["key"][0][1]["text"] == "10", "{orders}");
    let columns: Vec<(&str, &Value)> = orders["first"]["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|column| (column["name"].as_str().unwrap_or_default(), &column["previewed"]))
        .collect();
    ensure!(columns.len() == 2, "{orders}");
    ensure!(columns[0].0 == "status" && columns[0].1["text"] == "tampered-status", "{orders}");
    ensure!(columns[1] == ("email", &Value::from("personal")), "{orders}");
    ensure!(shop.sluice().ok(&["releases"])?.contains("1 of 3 differ"));
    let shown = shop.sluice().ok(&["release", "show", "r2"])?;
    ensure!(shown.contains("~ id=10: status previewed tampered-status, found paid"), "{shown}");

    // A person who looked at it publishes it all the same.
    shop.sluice().ok(&["replay", "--table", "shop.orders", "--full-refresh"])?;
    ensure!(small_fingerprints(&shop.sluice())?["silver.shop.orders"] != before["silver.shop.orders"]);
    let run = shop.sluice().call(&["run", "--once"])?;
    ensure!(run.code == 0, "{run:?}");
    ensure!(
        reached(&shop.sluice(), 2)?["silver.shop.orders"]["note"]
            .as_str()
            .is_some_and(|note| note.contains("is visible"))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_may_have_taken_files_that_the_other_has_not() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    shop.retyped_in("try", &[])?;
    let one_file = ["replay", "--max-files", "1", "--batches", "1"];
    // The sandbox takes the third delivery, then the fifth; production the third and the fourth in one batch.
    shop.deliver(3)?;
    shop.sandbox("try").ok(&one_file)?;
    shop.deliver(4)?;
    shop.sluice().ok(&["run", "--once"])?;
    for (path, text) in sluice_tests::delivery(4) {
        ensure!(shop.folder().join(&path).exists() && !text.is_empty());
        std::fs::rename(shop.folder().join(&path), shop.folder().join(format!("{path}.away")))?;
    }
    shop.deliver(5)?;
    shop.sandbox("try").ok(&one_file)?;
    for (path, _) in sluice_tests::delivery(4) {
        std::fs::rename(shop.folder().join(format!("{path}.away")), shop.folder().join(&path))?;
    }
    let published = shop.sandbox("try").json(&["publish", "-m", "wider"])?;
    ensure!(taken_over(&published, "orders")?["version"].is_u64(), "{published}");
    shop.sluice().ok(&["run", "--once"])?;
    shop.deliver(6)?;
    let run = shop.sluice().json(&["run", "--once"])?;
    let files = run["replay"]["tables"].as_array().into_iter().flatten().find(|of| of["table"]["table"] == "orders");
    ensure!(files.is_some_and(|orders| orders["files"] == 1), "a file was taken twice: {run}");
    let twin = SmallShop::new()?;
    for number in 3..=6 {
        twin.deliver(number)?;
    }
    twin.lake().write(ORDERS_PATH, retyped())?;
    twin.sluice().ok(&["replay"])?;
    ensure!(small_fingerprints(&shop.sluice())? == small_fingerprints(&twin.sluice())?);
    shop.sluice().ok(&["verify"])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_cut_of_batches_matters_the_runner_rebuilds() -> Result<()> {
    let shop = SmallShop::new()?;
    let forgetful = ORDERS.replace("schema:", "apply: {tombstone_retention: 30d}\nschema:");
    shop.lake().write(ORDERS_PATH, &forgetful)?;
    shop.published()?;
    shop.sluice().ok(&["sandbox", "new", "try"])?;
    let wider = forgetful.replace("decimal(12,2)", "decimal(14,4)");
    std::fs::write(shop.place("try")?.join(ORDERS_PATH), wider)?;
    shop.deliver(3)?;
    shop.deliver(4)?;
    shop.sandbox("try").ok(&["replay", "--max-files", "1"])?;
    shop.sluice().ok(&["run", "--once"])?;
    let published = shop.sandbox("try").json(&["publish", "-m", "wider"])?;
    let orders = taken_over(&published, "orders")?;
    let note = orders["note"].as_str().unwrap_or_default();
    ensure!(orders["version"].is_null() && note.contains("tombstone_retention"), "{published}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_tried_published_and_taken_back_beside_a_runner() -> Result<()> {
    let shop = SmallShop::new()?;
    change_and_take_back(&|| shop.sluice(), &|path, text| shop.lake().write(path, text))
}
