//! The lake itself: rights are proven by doing, what a store does not show is unknown, and nothing stays behind.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{BucketServer, Sluice, StoreOperation, StoreRefusal, TestLake};
use std::collections::BTreeMap;

const CONTRACT: &str = "dataset: shop.orders\nsource: {path: landing, format: debezium_json}\nschema:\n\
    - {name: id, type: bigint, primary_key: true}\n- {name: v, type: string}\n";

/// State and sentence by code.
fn states(report: &Value) -> BTreeMap<String, (String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().into_iter().flatten();
    checks.map(|check| (text(&check["code"]), (text(&check["state"]), text(&check["sentence"])))).collect()
}

fn report(sluice: &Sluice, code: i32) -> Result<BTreeMap<String, (String, String)>> {
    let output = sluice.call(&["--json", "doctor"])?;
    ensure!(output.code == code, "{output:?}");
    Ok(states(&serde_json::from_str(&output.out).with_context(|| output.out.clone())?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_in_a_folder_is_well_until_files_are_left_over() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    lake.write("landing/1.json", "{\"op\":\"c\",\"after\":{\"id\":1,\"v\":\"a\"},\"source\":{\"lsn\":1}}\n")?;
    lake.replay().await?;
    let sluice = Sluice::on_folder(folder.path());
    let found = report(&sluice, 0)?;
    for code in
        ["RIGHT_CREATE", "CONDITIONAL_PUT", "RIGHT_READ", "RIGHT_LIST", "RIGHT_REPLACE", "RIGHT_DELETE", "READERS"]
    {
        ensure!(found.get(code).is_some_and(|(state, _)| state == "passed"), "{code}: {found:?}");
    }
    ensure!(!found.contains_key("VERSIONING"), "a folder is no bucket: {found:?}");
    let probes = folder.path().join("_sluice/probes");
    ensure!(!probes.exists() || std::fs::read_dir(&probes)?.next().is_none(), "a probe stayed");
    // A file that no version names, of long ago.
    let silver = folder.path().join("silver/shop/orders");
    let left = silver.join("part-left-over.parquet");
    std::fs::write(&left, b"PAR1")?;
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&left)?.set_modified(long_ago)?;
    let found = report(&sluice, 6)?;
    ensure!(found["LEFTOVER_FILES"].0 == "warned" && found["LEFTOVER_FILES"].1.starts_with("1 files"), "{found:?}");
    ensure!(left.exists(), "looking removed it");
    Ok(())
}

#[test]
fn what_a_bucket_refuses_is_named_and_what_it_does_not_show_is_unknown() -> Result<()> {
    let server = BucketServer::start("doctor")?;
    server.put("lake/landing/1.json", "{}");
    let cache = tempfile::tempdir()?;
    let sluice = || Sluice::on_store("s3://doctor/lake", server.endpoint(), cache.path());
    sluice().ok(&["init"])?;
    let found = report(&sluice(), 6)?;
    ensure!(found["RIGHT_CREATE"].0 == "passed" && found["RIGHT_DELETE"].0 == "passed", "{found:?}");
    ensure!(found["VERSIONING"].0 == "warned" && found["ENCRYPTED_CONNECTION"].0 == "warned", "{found:?}");
    ensure!(found["ENCRYPTION_AT_REST"].0 == "unknown", "{found:?}");
    ensure!(!server.keys().iter().any(|key| key.contains("_sluice/probes")), "{:?}", server.keys());
    // Nobody may remove anything.
    server.refuse(|operation, _| {
        matches!(operation, StoreOperation::Delete).then_some(StoreRefusal { status: 403, code: "AccessDenied" })
    });
    let found = report(&sluice(), 6)?;
    ensure!(found["RIGHT_DELETE"].0 == "failed" && found["RIGHT_CREATE"].0 == "passed", "{found:?}");
    ensure!(found["RIGHT_DELETE"].1.contains("does not allow it"), "{found:?}");
    Ok(())
}
