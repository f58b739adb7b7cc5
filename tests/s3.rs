//! The whole flow on a real S3 server: a lake's inputs are uploaded, replayed, published, and run by
//! another process. Credentials are in the environment of the processes only.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sluice_tests::{
    ORDERS_PATH, S3Server, ShopLake, Sluice, SmallShop, Stream, TestLake, change_and_take_back, files_below,
    package_path, python, retyped, seeded, small_fingerprints,
};
use std::collections::BTreeMap;

const BUCKET: &str = "sluice-test";

/// `sluice` on a lake of the server.
fn sluice(server: &S3Server, lake: &str, cache: &tempfile::TempDir) -> Sluice {
    Sluice::on_store(format!("s3://{BUCKET}/{lake}"), server.endpoint(), cache.path())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_on_s3_is_the_same_as_in_a_folder() -> Result<()> {
    let Some(python) = python("s3") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let cache = tempfile::tempdir()?;
    let local = ShopLake::delivered_up_to(1)?;
    server.put_folder(BUCKET, "lakes/desk", local.folder())?;
    local.replay().await?;

    let desk = sluice(&server, "lakes/desk", &cache);
    let replayed = desk.json(&["replay"])?;
    for table in replayed["tables"].as_array().into_iter().flatten() {
        ensure!(table["error"].is_null(), "{table}");
    }
    ensure_same(&desk, &local.fingerprints().await?)?;
    let again = desk.json(&["replay"])?;
    let files = again["tables"].as_array().into_iter().flatten().filter_map(|table| table["files"].as_u64());
    ensure!(files.sum::<u64>() == 0, "files were ingested again: {again}");

    let published = desk.json(&["publish", "--note", "on S3"])?;
    ensure!(published["release"]["release"] == 1, "{published}");
    let refused = desk.call(&["publish", "--base", "7", "--force"])?;
    ensure!(refused.code == 0 && refused.out.contains("nothing to publish"), "{refused:?}");

    // New change files; the runner is another process and takes the release.
    local.deliver(2)?;
    let later = ShopLake::of(Stream::Main)?;
    later.deliver(2)?;
    server.put_folder(BUCKET, "lakes/desk", later.folder())?;
    let run = desk.json(&["run", "--once"])?;
    ensure!(run["release"] == 1, "{run}");
    local.replay().await?;
    ensure_same(&desk, &local.fingerprints().await?)?;
    let rows = desk.json(&["query", "SELECT count(*) AS n FROM gold.shop.daily_revenue"])?;
    ensure!(rows["rows"][0][0].as_str().is_some_and(|count| count != "0"), "{rows}");
    no_secret_was_kept(&cache)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_beside_files_on_s3_are_read() -> Result<()> {
    let Some(python) = python("s3") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let (cache, folder) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let lake = TestLake::at(folder.path());
    lake.write(
        "contracts/shop/orders.yaml",
        "dataset: shop.orders\nsource: {path: landing/orders/, format: debezium_json}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n",
    )?;
    let event =
        |op: &str, after: Value, lsn: u64| json!({"op": op, "before": null, "after": after, "source": {"lsn": lsn}});
    let values = [event("c", json!({"id": 1}), 1), event("c", json!({"id": 2}), 2), event("d", Value::Null, 3)];
    let lines = |records: &[Value]| records.iter().map(|record| format!("{record}\n")).collect::<String>();
    lake.write("landing/orders/orders+0+0000000000.json", lines(&values))?;
    let keys = [json!({"id": 1}), json!({"id": 2}), json!({"id": 1})];
    lake.write("landing/orders/orders+0+0000000000.keys.json", lines(&keys))?;
    server.put_folder(BUCKET, "lakes/keys", folder.path())?;
    let sluice = sluice(&server, "lakes/keys", &cache);
    sluice.ok(&["replay"])?;
    let rows = sluice.json(&["query", "SELECT id FROM silver.shop.orders"])?;
    ensure!(rows["rows"] == json!([["2"]]) || rows["rows"] == json!([[2]]), "{rows}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sandboxes_of_a_lake_on_s3_leave_it_as_it_is() -> Result<()> {
    let Some(python) = python("s3") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let (cache, data) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let local = ShopLake::delivered_up_to(1)?;
    server.put_folder(BUCKET, "lakes/base", local.folder())?;
    let home = data.path().display().to_string();
    let on = || sluice(&server, "lakes/base", &cache).env("XDG_DATA_HOME", home.clone());
    on().ok(&["replay"])?;
    // One on this machine, one under the lake.
    on().ok(&["sandbox", "new", "near"])?;
    on().ok(&["sandbox", "new", "far", "--under-lake"])?;
    let before = on().json(&["status"])?;
    local.replay().await?;
    for name in ["near", "far"] {
        ensure_same(&on().env("SLUICE_SANDBOX", name), &local.fingerprints().await?)?;
        let again = on().env("SLUICE_SANDBOX", name).json(&["replay"])?;
        let files = again["tables"].as_array().into_iter().flatten().filter_map(|table| table["files"].as_u64());
        ensure!(files.sum::<u64>() == 0, "{name} took the lake's files for new ones: {again}");
    }

    let later = ShopLake::of(Stream::Main)?;
    later.deliver(2)?;
    server.put_folder(BUCKET, "lakes/base", later.folder())?;
    local.deliver(2)?;
    local.replay().await?;
    for name in ["near", "far"] {
        let replayed = on().env("SLUICE_SANDBOX", name).json(&["replay"])?;
        for table in replayed["tables"].as_array().into_iter().flatten() {
            ensure!(table["error"].is_null(), "{name}: {table}");
        }
        ensure_same(&on().env("SLUICE_SANDBOX", name), &local.fingerprints().await?)?;
        let diff = on().env("SLUICE_SANDBOX", name).json(&["diff", "shop.orders"])?;
        ensure!(diff["updated"].as_u64().is_some_and(|rows| rows > 0), "{name}: {diff}");
    }
    let versions = |status: &Value| -> Vec<Value> {
        status["tables"].as_array().into_iter().flatten().map(|table| table["version"].clone()).collect()
    };
    ensure!(versions(&on().json(&["status"])?) == versions(&before), "a sandbox wrote into the lake");
    for name in ["near", "far"] {
        ensure!(on().ok(&["sandbox", "rm", name])?.contains("removed with its files"));
    }
    ensure!(on().ok(&["sandbox", "ls"])?.contains("no sandbox"));
    Ok(())
}

#[test]
fn folders_of_a_bucket_are_columns() -> Result<()> {
    let Some(python) = python("s3") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let (cache, inputs) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let inner = TestLake::at(inputs.path());
    inner.write(
        "contracts/shop/sales.yaml",
        "dataset: shop.sales\nsource: {path: landing/sales/, format: csv}\napply: {key: [region, id], sequence: [updated]}\n\
         schema:\n- {name: region, type: string, from_folder: region}\n- {name: id, type: int}\n- {name: updated, type: int}\n",
    )?;
    let regions = [("12%3A30%2F", "12:30/"), ("New York", "New York"), ("eu", "eu"), ("Österreich", "Österreich")];
    for (folder, _) in regions {
        inner.write(&format!("landing/sales/region={folder}/1.csv"), "id,updated\n1,1\n")?;
    }
    server.put_folder(BUCKET, "lakes/sales", inputs.path())?;
    let sluice = sluice(&server, "lakes/sales", &cache);
    for call in [&["replay"][..], &["replay", "--table", "shop.sales", "--full-refresh"]] {
        sluice.ok(call)?;
        let found = sluice.json(&["query", "SELECT region FROM silver.shop.sales ORDER BY 1"])?;
        let expected: Vec<Value> = regions.iter().map(|(_, region)| json!([region])).collect();
        ensure!(found["rows"] == json!(expected), "{found}");
    }
    Ok(())
}

#[test]
fn a_change_on_s3_is_tried_published_and_taken_back_beside_a_runner() -> Result<()> {
    let Some(python) = python("s3") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let (cache, data, inputs) = (tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?);
    let shop = SmallShop::new()?;
    server.put_folder(BUCKET, "lakes/journey", shop.folder())?;
    let home = data.path().display().to_string();
    let on = || {
        let sluice = sluice(&server, "lakes/journey", &cache).env("XDG_DATA_HOME", home.clone());
        sluice.env("SLUICE_AUTHOR", "mira")
    };
    change_and_take_back(&on, &|path, text| {
        let file = inputs.path().join(path);
        std::fs::create_dir_all(file.parent().context("a folder")?)?;
        std::fs::write(&file, text)?;
        server.put_folder(BUCKET, "lakes/journey", inputs.path())
    })?;
    // A canary is under the lake, so the server copies its files.
    std::fs::write(inputs.path().join(ORDERS_PATH), retyped())?;
    server.put_folder(BUCKET, "lakes/journey", inputs.path())?;
    let published = on().json(&["publish", "--canary", "-m", "wider"])?;
    ensure!(published["tables"][0]["version"].is_u64(), "{published}");
    ensure!(on().ok(&["sandbox", "ls"])?.contains("no sandbox"), "the canary stayed");
    let run = on().json(&["run", "--once"])?;
    let reached: Vec<&Value> = run["reached"].as_array().into_iter().flatten().collect();
    ensure!(!reached.is_empty() && reached.iter().all(|table| table["reached"] == "as_previewed"), "{run}");
    Ok(())
}

/// Records are dropped, edited and taken back on a lake of a server: in it before its first release, in a sandbox on this machine
/// and in one under the lake after it, and by a canary.
#[test]
fn records_of_a_lake_on_s3_are_dropped_edited_and_published() -> Result<()> {
    let Some(python) = python("s3") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let (cache, data) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let shop = SmallShop::new()?;
    server.put_folder(BUCKET, "lakes/records", shop.folder())?;
    let home = data.path().display().to_string();
    let on = || {
        let sluice = sluice(&server, "lakes/records", &cache).env("XDG_DATA_HOME", home.clone());
        sluice.env("SLUICE_AUTHOR", "mira")
    };
    let decide = |of: &Sluice, action: &str, more: &[&str]| {
        let of_batch = ["batch", action, "shop.orders", "1", "--because", "the export was wrong"];
        of.call(&[&of_batch[..], more].concat())
    };
    let decided = |of: &Sluice, action: &str, more: &[&str]| -> Result<()> {
        let done = decide(of, action, more)?;
        ensure!(done.code == 0, "{action}: {done:?}");
        Ok(())
    };
    let totals = |of: &Sluice| -> Result<Value> {
        let sql = "SELECT id, total::varchar FROM silver.shop.orders WHERE id IN (12, 21) ORDER BY id";
        Ok(of.json(&["query", sql])?["rows"].clone())
    };
    let (gone, edited) = (["--key", "id=12"], ["--record", "0002.json:2"]);
    on().ok(&["replay"])?;
    let all = small_fingerprints(&on())?;
    let listed = on().json(&["batch", "records", "shop.orders", "1"])?;
    ensure!(listed["found"] == 8 && listed["why_not"].is_null(), "{listed}");
    decided(&on(), "drop", &gone)?;
    let replayed = on().json(&["replay", "--table", "shop.orders"])?;
    ensure!(replayed["tables"][0]["remade"][0]["how"] == "keys_recomputed", "{replayed}");
    ensure!(totals(&on())? == json!([["21", "21.25"]]), "{}", totals(&on())?);
    decided(&on(), "undo", &gone)?;
    on().ok(&["replay"])?;
    ensure!(small_fingerprints(&on())? == all, "taken back");

    on().ok(&["publish", "-m", "first"])?;
    on().ok(&["run", "--once"])?;
    let refused = decide(&on(), "drop", &gone)?;
    ensure!(refused.code != 0 && refused.err.contains("sluice sandbox new"), "{refused:?}");
    on().ok(&["sandbox", "new", "near"])?;
    on().ok(&["sandbox", "new", "far", "--under-lake"])?;
    let inside = |name: &str| on().env("SLUICE_SANDBOX", name);
    for name in ["near", "far"] {
        decided(&inside(name), "drop", &gone)?;
        decided(&inside(name), "edit", &[&edited[..], &["--set", "after.total=77.5"]].concat())?;
        inside(name).ok(&["replay"])?;
        ensure!(totals(&inside(name))? == json!([["21", "77.50"]]), "{name}: {}", totals(&inside(name))?);
    }
    ensure!(small_fingerprints(&on())? == all, "a sandbox wrote into the lake");
    let tried = small_fingerprints(&inside("near"))?;
    ensure!(tried == small_fingerprints(&inside("far"))?, "two sandboxes, two results");
    let published = inside("near").json(&["publish", "-m", "without what is wrong"])?;
    ensure!(published["tables"][0]["version"].is_u64(), "{published}");
    ensure!(small_fingerprints(&on())? == tried, "published");
    let late = inside("far").call(&["publish", "-m", "the same"])?;
    ensure!(late.code != 0 && late.err.contains("decided on in the lake since"), "{late:?}");

    // A canary is under the lake, so the server copies its files.
    on().ok(&["sandbox", "new", "back", "--under-lake"])?;
    decided(&inside("back"), "undo", &gone)?;
    decided(&inside("back"), "undo", &edited)?;
    inside("back").ok(&["replay"])?;
    let published = inside("back").json(&["publish", "--canary", "-m", "it was right"])?;
    ensure!(published["tables"][0]["version"].is_u64(), "{published}");
    ensure!(small_fingerprints(&on())? == all, "as it was delivered");
    on().ok(&["run", "--once"])?;
    ensure!(small_fingerprints(&on())? == all, "the runner keeps it");
    on().ok(&["verify"])?;
    Ok(())
}

/// Changes the table of a round, has its stream delivered, and gives what a scan shows then.
fn dynamodb_round(python: &std::path::Path, server: &S3Server, prefix: &str, round: u32) -> Result<Value> {
    let mut call = std::process::Command::new(python);
    call.arg(package_path("python/dynamodb_stream.py")).args([server.endpoint(), BUCKET, prefix, &round.to_string()]);
    let output = call.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dynamodb_table_through_firehose_is_what_a_scan_gives() -> Result<()> {
    let Some(python) = python("dynamodb") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let cache = tempfile::tempdir()?;
    let desk = sluice(&server, "lakes/dynamo", &cache);
    let prefix = "lakes/dynamo/landing/shop/orders/";
    for round in 1..4 {
        let scan = dynamodb_round(&python, &server, prefix, round)?;
        if round == 1 {
            // Nobody writes the order or the key.
            let drafts = desk.json(&["onboard", "landing/", "--save"])?;
            ensure!(drafts[0]["format"] == "dynamodb_json" && drafts[0]["key"][0] == "id", "{drafts}");
            ensure!(drafts[0]["sequence"][0] == "record.SequenceNumber", "{drafts}");
        }
        let replayed = desk.json(&["replay"])?;
        ensure!(replayed["tables"][0]["error"].is_null(), "{replayed}");
        ensure!(replayed["tables"][0]["counters"]["quarantined"] == 0, "{replayed}");
        let columns = "id, total, status, lines, to_json(tags)::varchar AS tags, hex(raw) AS raw";
        let rows = desk.json(&["query", &format!("SELECT {columns} FROM silver.shop.orders ORDER BY id")])?;
        ensure!(rows["rows"] == scan, "round {round}:\n{}\n{scan}", rows["rows"]);
    }
    Ok(())
}

/// One text per row that no codec makes small.
fn noise(random: &mut fastrand::Rng) -> String {
    (0..100).map(|_| random.alphanumeric()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_reads_pages_of_a_remote_file() -> Result<()> {
    let Some(python) = python("s3") else { return Ok(()) };
    let server = S3Server::start(&python)?;
    server.make_bucket(BUCKET)?;
    let mut random = seeded("s3_difference");
    let contract = "dataset: \"big.items\"\nsource: {path: \"landing/items/\", format: debezium_json}\nschema:\n\
        - {name: id, type: bigint, primary_key: true}\n- {name: word, type: string}\n";
    server.put(BUCKET, "lakes/pages/contracts/big/items.yaml", contract.as_bytes())?;
    let mut event = |id: u64, at: u64| {
        let word = noise(&mut random);
        format!("{{\"op\":\"u\",\"after\":{{\"id\":{id},\"word\":\"{word}\"}},\"source\":{{\"lsn\":{at}}}}}\n")
    };
    let base: String = (0..40_000).map(|id| event(id, id + 1)).collect();
    let changes: String = (0..20).map(|n| event(n * 1_990, 100_000 + n)).collect();
    let (desk_cache, other_cache) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let desk = sluice(&server, "lakes/pages", &desk_cache);
    for (file, content) in [("1", base), ("2", changes)] {
        server.put(BUCKET, &format!("lakes/pages/landing/items/{file}.json"), content.as_bytes())?;
        desk.ok(&["replay"])?;
    }
    let status = desk.json(&["status"])?;
    let tables = status["tables"].as_array().into_iter().flatten();
    let silver = tables.filter(|table| table["table"]["layer"] == "silver" || table["table"] == "silver.big.items");
    let to = silver.filter_map(|table| table["version"].as_u64()).next().context("silver has a version")?;

    // Another machine: nothing is in its cache.
    let other = sluice(&server, "lakes/pages", &other_cache);
    let (from, to) = ((to - 1).to_string(), to.to_string());
    let diff = other.json(&["diff", "big.items", "--from", &from, "--to", &to])?;
    ensure!(diff["updated"] == 20 && diff["inserted"] == 0 && diff["deleted"] == 0, "{diff}");
    let first = other.json(&["diff", "big.items", "--first", "--rows", "5", "--from", &from, "--to", &to])?;
    let (rows, all) = (first["changes"]["rows"].as_array(), diff["changes"]["rows"].as_array());
    let (rows, all) = (rows.context("rows")?, all.context("rows")?);
    ensure!(rows.len() == 5 && all.starts_with(rows), "{first}");
    let bytes: u64 = files_below(other_cache.path())?
        .iter()
        .map(|file| Ok(std::fs::metadata(other_cache.path().join(file))?.len()))
        .sum::<Result<u64>>()?;
    ensure!(bytes < 100_000, "{bytes} bytes were downloaded of a file of some 4 MB");
    Ok(())
}

/// Silver by the plan of the next release, which names all of it at once; gold table by table.
fn ensure_same(desk: &Sluice, expected: &BTreeMap<String, String>) -> Result<()> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for table in expected.keys() {
        let hash = desk.json(&["fingerprint", table])?;
        found.insert(table.clone(), hash["fingerprint"].as_str().unwrap_or_default().to_owned());
    }
    ensure!(found == *expected, "on S3 {found:?}\nin a folder {expected:?}");
    Ok(())
}

fn no_secret_was_kept(cache: &tempfile::TempDir) -> Result<()> {
    let files = files_below(cache.path())?;
    ensure!(!files.is_empty(), "data files of a lake on S3 are kept in the cache");
    for file in files {
        let content = std::fs::read(cache.path().join(&file))?;
        let found = content.windows(b"test-secret".len()).any(|part| part == b"test-secret");
        ensure!(!found, "{} holds a credential", file.display());
    }
    Ok(())
}
