//! Personal data (`pii: true`) is masked in every outlet, and nowhere in the log.

use anyhow::{Context, Result, ensure};
use sluice_tests::{Sluice, TestLake, files_below};
use tempfile::TempDir;

const EMAIL: &str = "anna.somebody@post.example";

fn lake() -> Result<(TempDir, TestLake, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-personal-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write(
        "contracts/shop/customers.yaml",
        "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\n\
         quality:\n- {check: \"accepted_values(email, none)\", severity: warn}\n\
         schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: email, type: string, pii: true}\n\
         - {name: country, type: string}\n",
    )?;
    lake.write("models/shop/mails.sql", "SELECT lower(email) AS address, country FROM silver.shop.customers")?;
    lake.write("models/shop/countries.sql", "SELECT country, count(email) AS n FROM silver.shop.customers GROUP BY 1")?;
    lake.write("models/shop/above.sql", "SELECT address || '!' AS shout FROM gold.shop.mails")?;
    for (at, email, country) in [(1, "former.anna.somebody@post.example", "DE"), (2, EMAIL, "FR")] {
        let after = format!("{{\"id\":1,\"email\":\"{email}\",\"country\":\"{country}\"}}");
        let event = format!("{{\"op\":\"u\",\"after\":{after},\"source\":{{\"lsn\":{at}}}}}\n");
        lake.write(&format!("landing/{at}.json"), event)?;
    }
    // In quarantine, and few enough to go on.
    lake.write(
        "landing/3.json",
        format!("{{\"op\":\"u\",\"after\":{{\"email\":\"{EMAIL}\"}},\"source\":{{\"lsn\":3}}}}\n"),
    )?;
    let text = std::fs::read_to_string(folder.path().join("contracts/shop/customers.yaml"))?;
    lake.write("contracts/shop/customers.yaml", format!("{text}apply: {{quarantine_limit: 1.0}}\n"))?;
    let sluice = Sluice::on_folder(folder.path());
    sluice.ok(&["replay", "--max-files", "1"])?;
    Ok((folder, lake, sluice))
}

#[test]
fn every_outlet_masks_and_reveals_when_asked() -> Result<()> {
    let (_folder, _lake, sluice) = lake()?;
    for words in [
        &["query", "SELECT * FROM silver.shop.customers"][..],
        &["query", "SELECT upper(email) FROM shop.customers"],
        &["query", "SELECT record FROM bronze.shop.customers"],
        &["query", "SELECT c FROM silver.shop.customers c"],
        &["query", "SELECT to_json(customers) FROM silver.shop.customers"],
        &["query", "SELECT * REPLACE (email AS country) FROM silver.shop.customers"],
        &["query", "VALUES ((SELECT max(email) FROM silver.shop.customers))"],
        &["query", "SELECT * FROM gold.shop.mails"],
        &["query", "SELECT shout FROM gold.shop.above"],
        &["history", "shop.customers", "--key", "id=1"],
        &["quality", "shop.customers", "--quarantine"],
        &["quality", "shop.customers", "--failing", "accepted_values(email, 'none')"],
        &["diff", "shop.customers", "--from", "1", "--to", "2"],
        &["quarantine", "show", "shop.customers", "3:landing/3.json:1"],
    ] {
        for json in [&[][..], &["--json"]] {
            let said = sluice.ok(&[words, json].concat())?.to_lowercase();
            ensure!(!said.contains("anna.somebody") && said.contains("•••"), "{words:?}: {said}");
            let said = sluice.ok(&[words, json, &["--reveal"]].concat())?.to_lowercase();
            ensure!(said.contains(EMAIL), "{words:?} --reveal: {said}");
        }
    }
    let counted = sluice.ok(&["query", "SELECT country, n FROM gold.shop.countries"])?;
    ensure!(counted.contains("FR") && !counted.contains("•••"), "what is no personal data is shown: {counted}");
    Ok(())
}

#[test]
fn no_error_tells_a_value() -> Result<()> {
    let (_folder, _lake, sluice) = lake()?;
    for sql in [
        "SELECT error(email) FROM shop.customers",
        "SELECT regexp_matches('a', email || '(') FROM shop.customers",
        "SELECT CAST(email AS INTEGER) FROM shop.customers",
        "SELECT CAST(email AS TIMESTAMP) FROM shop.customers",
        "SELECT strptime(email, '%d') FROM shop.customers",
        "SELECT json_extract(email, '$.x') FROM shop.customers",
        "SELECT printf(email || '%d', 'x') FROM shop.customers",
        "SELECT chr(length(email) * 1000000000) FROM shop.customers",
    ] {
        for json in [&[][..], &["--json"]] {
            let said = sluice.call(&[&["query", sql], json].concat())?;
            let text = format!("{}{}", said.out, said.err).to_lowercase();
            ensure!(["anna", "somebody", "post.example"].iter().all(|part| !text.contains(part)), "{sql}: {said:?}");
        }
    }
    Ok(())
}

/// Reasons, decisions and refusals of the quarantine name columns and checks, never a value.
#[test]
fn what_becomes_of_a_record_in_quarantine_tells_no_value() -> Result<()> {
    let (folder, lake, sluice) = lake()?;
    let text = std::fs::read_to_string(folder.path().join("contracts/shop/customers.yaml"))?;
    let quarantines = text.replace("quality:\n", "quality:\n- {check: \"max_value(email, a)\", on_fail: quarantine}\n");
    lake.write("contracts/shop/customers.yaml", quarantines)?;
    sluice.ok(&["replay", "--full-refresh"])?;
    let address = "2:landing/2.json:1";
    let because = ["--because", "a mail was wrong"];
    lake.write("wrong.json", format!("{{\"op\":\"u\",\"after\":{{\"id\":\"{EMAIL}\",\"email\":\"{EMAIL}\"}}}}"))?;
    let file = folder.path().join("wrong.json").display().to_string();
    let set = format!("after.email=\"{EMAIL}\"");
    let no_json = format!("after.email={EMAIL}");
    for words in [
        vec!["quarantine", "ls", "shop.customers"],
        vec!["quarantine", "show", "shop.customers", address],
        vec!["quarantine", "edit", "shop.customers", address, "--text", &file],
        vec!["quarantine", "edit", "shop.customers", address, "--set", &set],
        vec!["quarantine", "edit", "shop.customers", address, "--set", &no_json],
        vec!["quarantine", "ignore", "shop.customers", "--reason", "CHECK_FAILED"],
        vec!["quarantine", "replay", "shop.customers"],
        vec!["trace", "landing/2.json:0"],
        vec!["explain", "shop.customers", "--key", "id=1"],
        vec!["quality", "shop.customers", "--quarantine"],
        vec!["history", "shop.customers", "--key", "id=1"],
    ] {
        let decides = ["edit", "ignore", "replay"].contains(&words[1]);
        for json in [&[][..], &["--json"]] {
            let words = [&words[..], if decides { &because[..] } else { &[] }, json].concat();
            let said = sluice.call(&words)?;
            let text = format!("{}{}", said.out, said.err).to_lowercase();
            // A masked mail keeps its domain.
            ensure!(["anna", "somebody"].iter().all(|part| !text.contains(part)), "{words:?}: {said:?}");
        }
    }
    let listed = sluice.ok(&["quarantine", "ls", "shop.customers"])?;
    ensure!(listed.contains("CHECK_FAILED") && listed.contains("ignored"), "{listed}");
    Ok(())
}

#[test]
fn the_log_has_no_smallest_and_largest_person() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    sluice.ok(&["maintain", "shop.customers"])?;
    sluice.ok(&["maintain", "gold.shop.mails"])?;
    let mut bounds = 0;
    for path in files_below(lake.folder())? {
        let shown = path.display().to_string();
        if !shown.contains("_delta_log") || !shown.ends_with(".json") {
            continue;
        }
        let text = std::fs::read_to_string(lake.folder().join(&path)).context(shown.clone())?;
        ensure!(!text.contains("anna"), "{shown}: {text}");
        bounds += text.matches("minValues").count();
    }
    ensure!(bounds > 0, "the logs have statistics");
    Ok(())
}
