//! What is compared with what: conditions, files of the rows, releases as sides, tables without a key.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{ShopLake, Sluice, TestLake};
use tempfile::TempDir;

/// A table of two batches, with a personal column and two models: one that declares its key, one that has none.
fn lake() -> Result<(TempDir, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-diffs-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write(
        "contracts/shop/customers.yaml",
        "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n- {name: email, type: string, pii: true}\n\
         - {name: country, type: string}\n",
    )?;
    lake.write(
        "models/shop/by_country.sql",
        "-- key: country\nSELECT count(*) AS customers, country FROM silver.shop.customers GROUP BY country",
    )?;
    lake.write("models/shop/countries.sql", "SELECT country FROM silver.shop.customers")?;
    let event = |id: u64, country: &str, lsn: u64| {
        let after = format!("{{\"id\":{id},\"email\":\"anna.{id}@post.example\",\"country\":\"{country}\"}}");
        format!("{{\"op\":\"u\",\"after\":{after},\"source\":{{\"lsn\":{lsn}}}}}\n")
    };
    lake.write("landing/1.json", (1..=4).map(|id| event(id, "DE", id)).collect::<String>())?;
    lake.write("landing/2.json", event(1, "FR", 11) + &event(2, "FR", 12) + &event(5, "DE", 13))?;
    let sluice = Sluice::on_folder(folder.path());
    for _ in 0..2 {
        sluice.ok(&["replay", "--max-files", "1", "--batches", "1"])?;
    }
    Ok((folder, sluice))
}

fn counts(diff: &Value) -> [&Value; 4] {
    ["inserted", "updated", "deleted", "unchanged"].map(|count| &diff[count])
}

#[test]
fn only_rows_that_hold_a_condition_are_shown_and_counted() -> Result<()> {
    let (_folder, sluice) = lake()?;
    let between = ["diff", "shop.customers", "--from", "1", "--to", "2"];
    let where_ = |condition: &str| sluice.json(&[&between[..], &["--where", condition]].concat());
    let all = sluice.json(&between)?;
    ensure!(counts(&all) == [1, 2, 0, 2] && all["changed_in_all"].is_null(), "{all}");
    let moved = where_("old.country = 'DE' AND country = 'FR'")?;
    ensure!(counts(&moved) == [0, 2, 0, 2] && moved["changed_in_all"] == 3, "{moved}");
    ensure!(moved["changes"]["rows"].as_array().is_some_and(|rows| rows.len() == 2), "{moved}");
    let new = where_("_change = '+' AND id > 4")?;
    ensure!(counts(&new) == [1, 0, 0, 2], "{new}");
    let said = sluice.ok(&[&between[..], &["--where", "id = 1"]].concat())?;
    ensure!(said.contains("of 3 changed rows, those of which the condition holds"), "{said}");
    // It decides the exit code, too.
    let over = |condition: &str| sluice.call(&[&between[..], &["--fail-over", "0", "--where", condition]].concat());
    ensure!(over("id = 4")?.code == 0 && over("id = 1")?.code == 7);
    ensure!(sluice.call(&[&between[..], &["--fail-over", "0"]].concat())?.code == 7, "without a condition, too");
    // A person's text, with the limits of one.
    for (wrong, why) in [
        ("country = ", "Correct it"),
        ("1 = 1; DROP TABLE x", ""),
        ("nothing_there = 1", "nothing_there"),
        ("(SELECT count(*) FROM read_text('/etc/passwd')) > 0", "read_text"),
    ] {
        let refused = sluice.call(&[&between[..], &["--where", wrong]].concat())?;
        ensure!(refused.code != 0 && refused.err.contains(why), "{wrong}: {refused:?}");
        ensure!(!refused.err.contains("anna."), "a value in an error: {refused:?}");
    }
    Ok(())
}

#[test]
fn changed_rows_become_a_file_with_personal_data_masked() -> Result<()> {
    let (folder, sluice) = lake()?;
    let between = ["diff", "shop.customers", "--from", "1", "--to", "2"];
    for name in ["rows.csv", "rows.jsonl", "rows.parquet"] {
        let path = folder.path().join(name).display().to_string();
        let said = sluice.json(&[&between[..], &["--export", &path]].concat())?;
        let exported = &said["exported"];
        ensure!(exported["rows"] == 3 && exported["file"] == path.as_str(), "{said}");
        ensure!(exported["masked"].as_array().is_some_and(|masked| masked.len() == 2), "both sides of it: {said}");
        let bytes = std::fs::read(&path)?;
        ensure!(exported["bytes"] == bytes.len(), "{said}");
        let text = String::from_utf8_lossy(&bytes);
        ensure!(!text.contains("anna.1"), "{name} has an address: {text}");
        if name != "rows.parquet" {
            ensure!(text.contains("a•••@post.example"), "{text}");
        }
        // Nothing is written over.
        let again = sluice.call(&[&between[..], &["--export", &path]].concat())?;
        ensure!(again.code == 2 && again.err.contains("already something"), "{again:?}");
        ensure!(std::fs::read(&path)? == bytes);
    }
    let json = std::fs::read_to_string(folder.path().join("rows.jsonl"))?;
    let rows: Vec<Value> = json.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(rows[0]["_change"] == "~" && rows[0]["id"] == 1 && rows[0]["new.country"] == "FR", "{rows:?}");
    ensure!(rows[2]["old.country"].is_null(), "{rows:?}");
    let path = folder.path().join("shown.csv").display().to_string();
    let said = sluice.ok(&[&between[..], &["--where", "id = 5", "--reveal", "--export", &path]].concat())?;
    ensure!(said.contains("1 row in "), "{said}");
    let text = std::fs::read_to_string(&path)?;
    ensure!(text.lines().count() == 2 && text.contains("anna.5@post.example"), "{text}");
    let wrong = sluice.call(&[&between[..], &["--export", "rows.txt"]].concat())?;
    ensure!(wrong.code == 2 && wrong.err.contains(".parquet, .csv or .jsonl"), "{wrong:?}");
    Ok(())
}

#[test]
fn gold_is_compared_by_a_key_that_is_one_or_by_whole_rows() -> Result<()> {
    let (folder, sluice) = lake()?;
    let versions = |table: &str| -> Result<(String, String)> {
        let now = sluice.json(&["fingerprint", table])?["version"].as_u64().context("a version")?;
        Ok(((now - 1).to_string(), now.to_string()))
    };
    let diff = |table: &str, more: &[&str]| -> Result<Value> {
        let (from, to) = versions(table)?;
        sluice.json(&[&["diff", table, "--from", &from, "--to", &to], more].concat())
    };
    // The first column is a count, and not the key.
    let declared = diff("gold.shop.by_country", &[])?;
    ensure!(declared["by"] == "declared" && counts(&declared) == [1, 1, 0, 0], "{declared}");
    let rows = diff("gold.shop.countries", &[])?;
    ensure!(rows["by"]["whole_rows"].as_str().is_some_and(|why| why.contains("no key")), "{rows}");
    ensure!(counts(&rows) == [2, 0, 1, 3], "four of DE became three, and two of FR came: {rows}");
    let (from, to) = versions("gold.shop.countries")?;
    let said = sluice.ok(&["diff", "gold.shop.countries", "--from", &from, "--to", &to])?;
    ensure!(said.contains("whole rows are counted, a changed row is one that went and one that came"), "{said}");
    let range = ["diff", "gold.shop.countries", "--from", &from, "--to", &to];
    let asked = sluice.call(&[&range[..], &["--key", "country"]].concat())?;
    ensure!(asked.code == 2 && asked.err.contains("does not tell the rows"), "{asked:?}");
    let tolerant = sluice.call(&[&range[..], &["--tolerance", "country=1"]].concat())?;
    ensure!(tolerant.code == 2 && tolerant.err.contains("needs a key"), "{tolerant:?}");
    // A key that the model declares and that is none is said, and nothing is joined by it.
    std::fs::write(
        folder.path().join("models/shop/countries.sql"),
        "-- key: country\nSELECT country FROM silver.shop.customers",
    )?;
    let wrong = sluice.json(&range)?;
    ensure!(wrong["by"]["whole_rows"].as_str().is_some_and(|why| why.contains("is not unique")), "{wrong}");
    ensure!(counts(&wrong) == [2, 0, 1, 3], "{wrong}");
    // Tables of different names.
    let other = ["diff", "gold.shop.countries", "--from-table", "silver.shop.customers", "--from", "latest"];
    let other = sluice.json(&[&other[..], &["--to", "latest", "--ignore", "id", "--ignore", "email"]].concat())?;
    ensure!(counts(&other) == [0, 0, 0, 5] && other["schema"].as_array().is_some_and(Vec::is_empty), "{other}");
    ensure!(other["sides"]["from"].as_str().is_some_and(|side| side.contains("silver.shop.customers")), "{other}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_a_side_by_what_it_left() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    shop.replay().await?;
    let sluice = Sluice::on_folder(shop.folder()).env("SLUICE_AUTHOR", "mira");
    let diff = |table: &str, from: &str, to: &str| sluice.call(&["diff", table, "--from", from, "--to", to, "--json"]);
    let none = diff("shop.orders", "release:r1", "latest")?;
    ensure!(none.code != 0 && none.err.contains("Nothing is published yet"), "{none:?}");
    sluice.ok(&["publish", "-m", "first"])?;
    shop.deliver(2)?;
    sluice.ok(&["run", "--once"])?;
    let left = sluice.json(&["fingerprint", "shop.orders"])?["version"].clone();

    let path = shop.folder().join("contracts/shop/orders.yaml");
    let text = std::fs::read_to_string(&path)?;
    std::fs::write(&path, text.replace("decimal(12,2)", "decimal(14,4)"))?;
    sluice.ok(&["publish", "-m", "wider"])?;
    // Nobody ran by r2, so it left nothing of its own here; what its contract does not change it left as it was.
    let early = diff("shop.orders", "release:r1", "release:r2")?;
    ensure!(early.code != 0 && early.err.contains("r2 left no version of silver.shop.orders"), "{early:?}");
    let same = diff("shop.customers", "release:r1", "release:r2")?;
    ensure!(same.code == 0, "{same:?}");

    shop.deliver(3)?;
    sluice.ok(&["run", "--once"])?;
    let found = diff("shop.orders", "release:r1", "release:r2")?;
    ensure!(found.code == 0, "{found:?}");
    let found: Value = serde_json::from_str(&found.out)?;
    ensure!(found["sides"]["from"] == format!("release r1, production v{left}"), "{found}");
    ensure!(found["sides"]["to"].as_str().is_some_and(|side| side.starts_with("release r2, ")), "{found}");
    ensure!(found["schema"].as_array().is_some_and(|schema| !schema.is_empty()), "{found}");
    // The same by hand.
    let (from, to) = (left.to_string(), found["to"].to_string());
    let by_hand: Value = serde_json::from_str(&diff("shop.orders", &from, &to)?.out)?;
    ensure!(counts(&found) == counts(&by_hand), "{found} {by_hand}");
    // Gold knows the model and the versions that it was made of.
    let gold = diff("gold.shop.daily_revenue", "release:r1", "release:r2")?;
    ensure!(gold.code == 0, "{gold:?}");
    for (side, why) in [("release:r9", "There are r2, r1"), ("release:x", "release:r3")] {
        let refused = diff("shop.orders", side, "latest")?;
        ensure!(refused.code == 2 || refused.code == 4 || refused.code == 1, "{refused:?}");
        ensure!(refused.err.contains(why) || refused.err.contains("r14"), "{side}: {refused:?}");
    }
    Ok(())
}
