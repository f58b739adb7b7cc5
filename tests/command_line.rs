//! The command line: every command prints JSON when asked, ends with the documented code, and says what
//! is wrong, where, and what to do.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{ShopLake, Sluice, Stream, TestLake, oracle};

/// The contract of the house rules, as it stands.
const SEED_CONTRACT: &str = r#"dataset: "orders_global"
owner: "checkout_team@company.com"
sla: "4 hours"
quality:
- check: "row_count > 0"
- check: "null_percentage(user_id) < 0.01"
schema:
- name: "order_id"
  type: "string"
  primary_key: true
- name: "user_id"
  type: "string"
- name: "amount"
  type: "decimal(10,2)"
  pii: false
  constraints: ["min_value(0)"]
"#;

fn empty_lake() -> Result<(tempfile::TempDir, TestLake, Sluice)> {
    let folder = tempfile::tempdir()?;
    let (lake, sluice) = (TestLake::at(folder.path()), Sluice::on_folder(folder.path()));
    Ok((folder, lake, sluice))
}

/// Every `error` that goes to standard error with `--json`.
fn error_of(err: &str) -> Result<Value> {
    let line = err.lines().find(|line| line.starts_with('{')).unwrap_or_default();
    Ok(serde_json::from_str::<Value>(line)?["error"].clone())
}

#[test]
fn every_command_prints_json() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    let sluice = Sluice::on_folder(lake.folder());

    let dry = sluice.json(&["replay", "--dry-run"])?;
    ensure!(dry["dry_run"] == true && dry["tables"].as_array().is_some_and(|tables| tables.len() == 7), "{dry}");
    ensure!(!lake.folder().join("silver").exists(), "a dry run wrote something");

    let one = sluice.json(&["replay", "--table", "shop.carts", "--max-files", "1", "--batches", "1"])?;
    ensure!(one["tables"][0]["files"] == 1 && one["tables"][0]["silver_version"] == 1, "{one}");
    let bytes = sluice.json(&["replay", "--table", "shop.orders", "--max-bytes", "1"])?;
    ensure!(bytes["tables"][0]["batches"] == 5, "a batch always has at least one file: {bytes}");
    let all = sluice.json(&["replay"])?;
    ensure!(all["gold"].as_array().is_some_and(|gold| !gold.is_empty()), "{all}");
    let refreshed = sluice.json(&["replay", "--table", "shop.carts", "--full-refresh"])?;
    ensure!(refreshed["tables"][0]["files"] == 0, "{refreshed}");

    // The recorded changes are older than twice their SLA, which stops nothing.
    let status = sluice.json(&["status"])?;
    ensure!(status["tables"].as_array().is_some_and(|tables| tables.len() >= 10), "{status}");
    let diff = sluice.json(&["diff", "shop.orders", "--from", "1", "--to", "5", "--rows", "3"])?;
    ensure!(diff["inserted"].as_u64() > Some(0) && diff["changes"]["rows"].is_array(), "{diff}");
    let last = sluice.json(&["diff", "shop.orders", "--rows", "3"])?;
    let one_apart = last["from"].as_u64().zip(last["to"].as_u64()).is_some_and(|(from, to)| from + 1 == to);
    ensure!(one_apart, "without versions the last one is compared with the one before: {last}");
    let quality = sluice.json(&["quality", "shop.orders"])?;
    ensure!(quality["checks"].as_array().is_some_and(|checks| checks.len() >= 4), "{quality}");
    let query = sluice.json(&["query", "SELECT count(*) AS orders FROM silver.shop.orders"])?;
    ensure!(query["columns"][0] == "orders" && query["rows"][0][0] == "1238", "{query}");
    let hash = sluice.json(&["fingerprint", "shop.orders", "--version", "2"])?;
    ensure!(hash["version"] == 2 && hash["fingerprint"].as_str().is_some_and(|hash| hash.len() == 64), "{hash}");
    let plan = sluice.json(&["publish", "--plan"])?;
    ensure!(plan["next"] == 1 && plan["fingerprints"].as_array().is_some_and(|all| all.len() == 7), "{plan}");
    let published = sluice.json(&["publish", "--note", "n"])?;
    ensure!(published["release"]["note"] == "n", "{published}");
    let run = sluice.json(&["run", "--once", "--concurrency", "1"])?;
    ensure!(run["release"] == 1, "{run}");
    let words = ["compare", "--oracle", &oracle(1).display().to_string()];
    ensure!(sluice.json(&words)?.as_array().is_some_and(|tables| tables.len() == 7), "compare");
    Ok(())
}

#[test]
fn onboarding_proposes_contracts_that_replay() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    let (_folder, lake, sluice) = empty_lake()?;
    for file in Stream::Main.files()?.iter().filter(|file| file.checkpoint == 1 && file.to.contains(".orders/")) {
        lake.write(&file.to, file.bytes()?)?;
    }
    let drafts = sluice.json(&["onboard", "landing/topics/"])?;
    ensure!(drafts[0]["yaml"].as_str().is_some_and(|yaml| yaml.contains("debezium_json")), "{drafts}");
    let shown = Sluice::on_folder(shop.folder()).json(&["onboard", "landing/topics/"])?;
    ensure!(
        shown.as_array().is_some_and(|drafts| drafts.len() == 7),
        "{} tables",
        shown.as_array().map_or(0, Vec::len)
    );
    let nothing = sluice.call(&["onboard", "nowhere/", "--json"])?;
    ensure!(nothing.code == 2, "ended with {}", nothing.code);
    ensure!(error_of(&nothing.err)?["next"].as_str().is_some_and(|next| !next.is_empty()), "{}", nothing.err);
    Ok(())
}

#[test]
fn onboarding_saves_what_has_no_question_and_says_what_it_did_not_save() -> Result<()> {
    let (_folder, lake, sluice) = empty_lake()?;
    let changes = |rows: &str| format!("Op,id,status,transact_seq\n{rows}");
    for (table, rows) in [("orders", "I,1,new,1\nI,2,new,2\nU,1,paid,3\n"), ("stock", "I,7,in,1\nI,8,in,2\nD,8,in,3\n")]
    {
        lake.write(&format!("landing/sales/{table}/20261101-090000000.csv"), changes(rows))?;
    }
    let saved = sluice.call(&["onboard", "./landing//sales/", "--save"])?;
    ensure!(saved.code == 0 && saved.err.contains("saved contracts/sales/orders.yaml"), "{saved:?}");
    ensure!(sluice.call(&["replay"])?.code == 0, "the proposals replay");
    let again = sluice.call(&["onboard", "landing/sales", "--save"])?;
    ensure!(again.code == 0 && again.out.contains("sales.orders has a contract"), "{again:?}");
    ensure!(again.out.contains("2 tables under landing/sales: 2 with a contract"), "{again:?}");

    lake.write("landing/plain/people/1.csv", "1,Ada\n2,Max\n3,Eve\n")?;
    lake.write(
        "landing/plain/day/1.json",
        "{\"op\":\"c\",\"after\":{\"id\":1,\"n\":2},\"source\":{\"connector\":\"db2\"}}\n",
    )?;
    let open = sluice.call(&["onboard", "landing/plain", "--save"])?;
    ensure!(open.code == 8, "ended with {}: {}", open.code, open.err);
    ensure!(open.out.contains("2 tables under landing/plain: 2 with questions"), "{}", open.out);
    let said = sluice.call(&["onboard", "landing/plain", "--save", "--json"])?.err;
    ensure!(said.contains("not saved, plain.people") && said.contains("not saved, plain.day"), "{said}");
    ensure!(!lake.folder().join("contracts/plain").exists(), "a contract with a question was saved");
    let shown = sluice.call(&["onboard", "landing/plain", "--details"])?;
    ensure!(shown.code == 0 && shown.out.contains("# question: "), "{shown:?}");
    Ok(())
}

#[test]
fn one_answer_is_for_all_tables_that_ask() -> Result<()> {
    let (folder, lake, sluice) = empty_lake()?;
    let rows =
        |at: usize| format!("number,total,changed\n{at},1.5,2026-11-01 10:00:00\n{at},1.5,2026-11-02 10:00:00\n");
    for at in 1..=12 {
        lake.write(&format!("landing/erp/table_{at:02}/1.csv"), rows(at))?;
    }
    let asked = sluice.call(&["onboard", "landing/erp", "--save"])?;
    ensure!(asked.code == 8 && asked.out.contains("12 tables under landing/erp: 12 with questions"), "{asked:?}");
    ensure!(asked.out.contains("Which columns are the key? (12 tables)"), "{}", asked.out);
    ensure!(asked.out.lines().filter(|line| line.starts_with("erp.table_")).count() == 12, "one line a table");
    ensure!(asked.out.contains("erp.table_01, erp.table_02, erp.table_03 and 9 more"), "{}", asked.out);

    let wrong = sluice.call(&["onboard", "landing/erp", "--answer", "unit=weeks"])?;
    ensure!(wrong.code == 2 && wrong.err.contains("milliseconds"), "{wrong:?}");

    // A file for most, the command line for what differs.
    let file = folder.path().join("erp.yaml");
    std::fs::write(&file, "owner: erp_team\nsla: 1 hour\nanswers:\n- key=number\n- order=changed\n")?;
    let file = file.display().to_string();
    let most = ["onboard", "landing/erp", "--answers-from", &file, "--save", "--answer", "erp.table_12:key=nothing"];
    let saved = sluice.call(&most)?;
    ensure!(saved.code == 8 && saved.out.contains("1 with questions, 11 saved"), "{saved:?}");
    let contract = std::fs::read_to_string(lake.folder().join("contracts/erp/table_07.yaml"))?;
    ensure!(contract.contains("owner: \"erp_team\"") && contract.contains("sla: \"1 hour\""), "{contract}");
    let last = sluice.call(&["onboard", "landing/erp/table_12", "--answers-from", &file, "--save"])?;
    ensure!(last.code == 0, "{last:?}");
    let replayed = sluice.json(&["replay"])?;
    let tables = replayed["tables"].as_array().context("tables")?;
    ensure!(tables.len() == 12 && tables.iter().all(|table| table["error"].is_null()), "{replayed}");
    Ok(())
}

#[test]
fn the_seed_contract_is_accepted() -> Result<()> {
    let (_folder, lake, sluice) = empty_lake()?;
    lake.write("contracts/orders_global.yaml", SEED_CONTRACT)?;
    let status = sluice.json(&["status"])?;
    ensure!(status["problems"] == Value::Array(Vec::new()), "{status}");
    ensure!(sluice.call(&["replay"])?.code == 0, "a contract without source has nothing to replay");
    let said = sluice.call(&["replay", "--table", "default.orders_global"])?;
    ensure!(said.out.contains("does not say where its change data is"), "{said:?}");
    Ok(())
}

#[test]
fn a_broken_contract_is_named_by_file_line_and_column_with_the_fix() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    let text = std::fs::read_to_string(lake.folder().join("contracts/shop/orders.yaml"))?;
    let broken = text.replacen("\"decimal(12,2)\"", "\"decimal(12,?)\"", 1);
    let line = broken.lines().position(|line| line.contains("decimal(12,?)")).unwrap_or_default() + 1;
    lake.write("contracts/shop/orders.yaml", &broken)?;

    let said = Sluice::on_folder(lake.folder()).call(&["replay"])?;

    let place = format!("left out: contracts/shop/orders.yaml:{line}:9: Scale is missing. Write decimal(12,2)");
    ensure!(said.code == 3 && said.err.contains(&place), "{place} is not in {}", said.err);
    ensure!(said.out.contains("shop.customers"), "the other tables go on: {}", said.out);
    let publish = Sluice::on_folder(lake.folder()).call(&["publish", "--json"])?;
    ensure!(publish.code != 0, "a broken draft is not published: {publish:?}");
    ensure!(error_of(&publish.err)?["message"].as_str().is_some_and(|m| m.contains("orders.yaml")), "{publish:?}");
    Ok(())
}

#[test]
fn exit_codes_are_those_of_the_manual() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    let sluice = Sluice::on_folder(lake.folder());
    let code = |words: &[&str]| -> Result<i32> { Ok(sluice.call(words)?.code) };

    ensure!(code(&["replay", "--nonsense"])? == 2, "an option that there is not");
    ensure!(code(&["replay", "--table", "shop.nothing"])? == 2, "a table that there is not");
    ensure!(code(&["run", "--once"])? == 2, "nothing is published");
    ensure!(code(&["replay"])? == 0, "done");
    ensure!(code(&["query", "SELEC 1"])? == 2, "wrong SQL");
    ensure!(code(&["query", "DROP TABLE silver.shop.orders"])? == 2, "only SELECT is allowed");
    ensure!(code(&["fingerprint", "shop.orders", "--version", "99"])? == 2, "a version that there is not");
    ensure!(code(&["compare", "--oracle", &oracle(1).display().to_string()])? == 0, "equal");
    ensure!(code(&["compare", "--oracle", &oracle(2).display().to_string()])? == 7, "different");
    ensure!(code(&["quality", "shop.orders"])? == 0, "all checks hold");

    let text = std::fs::read_to_string(lake.folder().join("contracts/shop/orders.yaml"))?;
    lake.write("contracts/shop/orders.yaml", text.replace("row_count > 0", "row_count > 1000000"))?;
    ensure!(code(&["quality", "shop.orders"])? == 6, "a check does not hold");
    lake.deliver(2)?;
    ensure!(code(&["replay"])? == 3, "a table stopped");
    ensure!(code(&["publish"])? == 6, "a check stands in the way");
    let store = Sluice::on("/dev/null/lake").call(&["status"])?;
    ensure!(store.code == 4, "a lake where none can be: {store:?}");
    Ok(())
}

#[test]
fn ctrl_c_stops_after_a_batch_and_loses_nothing() -> Result<()> {
    let lake = ShopLake::delivered_up_to(3)?;
    let sluice = Sluice::on_folder(lake.folder());
    let mut replay = sluice.start(&["replay", "--max-files", "1"])?;
    std::thread::sleep(std::time::Duration::from_millis(700));
    let interrupt = std::process::Command::new("kill").args(["-INT", &replay.id().to_string()]).status()?;
    ensure!(interrupt.success(), "the process is there");
    let status = replay.wait()?;
    ensure!(status.code() == Some(130), "ended with {status}");
    sluice.ok(&["replay"])?;
    let oracle = oracle(3).display().to_string();
    ensure!(sluice.call(&["compare", "--oracle", &oracle])?.code == 0, "silver differs after Ctrl-C");
    Ok(())
}
