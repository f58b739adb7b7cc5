//! The lake on an S3 protocol server.
//!
//! Runs when `SLUICE_TEST_PYTHON` names a Python with `moto[server]`. The address and the credentials
//! come from the environment, as in production, so the test runs itself again as a child process.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, its helpers too")]

#[path = "../it/fixtures.rs"]
mod fixtures;
mod server;

use bytes::Bytes;
use fixtures::{append, ids, new_table, rows, silver};
use sluice_lake::{CommitOutcome, Lake, LakeError, PutNew};

#[test]
fn a_lake_on_s3() {
    server::run_inside("inside_the_server");
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_the_server() {
    let Some(url) = server::url() else { return };
    let lake = Lake::open(&url).await.unwrap();
    assert_eq!((lake.url(), lake.name().as_str()), (url.as_str(), url.rsplit('/').next().unwrap()));
    lake.ensure_writable().await.unwrap();

    assert_eq!(lake.put_new("_sluice/a.json", Bytes::from_static(b"1")).await.unwrap(), PutNew::Created);
    assert_eq!(lake.put_new("_sluice/a.json", Bytes::from_static(b"2")).await.unwrap(), PutNew::Exists);
    assert_eq!(lake.put_new("_sluice/a.json", Bytes::from_static(b"1")).await.unwrap(), PutNew::Created);
    lake.put("landing/shop/b+1 2.json", Bytes::from_static(b"{}")).await.unwrap();
    let files = lake.list("landing").await.unwrap();
    assert_eq!((files.len(), files[0].path.as_str(), files[0].size), (1, "landing/shop/b+1 2.json", 2));
    assert_eq!(lake.read(&files[0].path).await.unwrap(), "{}");
    let absolute = lake.list(&format!("{url}/landing")).await.unwrap();
    assert_eq!(absolute[0].path, format!("{url}/landing/shop/b+1 2.json"));
    assert_eq!(lake.read(&absolute[0].path).await.unwrap(), "{}");
    assert_eq!(lake.list_folders("landing").await.unwrap(), ["shop"]);
    assert!(matches!(lake.read("landing/none").await, Err(LakeError::NotFound { .. })));

    let (table, base) = new_table(&lake).await;
    let file = table.write_file(&[rows(0, 5_000)]).await.unwrap();
    let outcome = table.commit(append(&base, 1, "h", vec![file.clone()])).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Committed(1));
    let other = Lake::open(&url).await.unwrap();
    let mut theirs = append(&base, 1, "theirs", Vec::new());
    theirs.app_id = "someone".to_owned();
    assert_eq!(silver(&other).commit(theirs).await.unwrap(), CommitOutcome::Conflict(1));
    let again = silver(&other).commit(append(&base, 1, "h", Vec::new())).await.unwrap();
    assert_eq!(again, CommitOutcome::AlreadyApplied(1));
    let now = silver(&other).snapshot(None).await.unwrap().unwrap();
    assert_eq!(ids(&silver(&other).read_files(&now, &now.files, None).await.unwrap()).len(), 5_000);
    assert_eq!(table.read_range(&now, 4_990, 20).await.unwrap().num_rows(), 10);
    let local = table.local_files(&now.files).await.unwrap();
    assert_eq!(std::fs::metadata(&local[0].path).unwrap().len(), file.size);
    assert_eq!(table.local_files(&now.files).await.unwrap(), local, "downloaded once");
    let mut base = now;
    for batch in 2..=11 {
        let add = vec![table.write_file(&[rows(batch, 1)]).await.unwrap()];
        let _ = table.commit(append(&base, batch, "h", add)).await.unwrap();
        base = table.snapshot(None).await.unwrap().unwrap();
    }
    let fresh = silver(&Lake::open(&url).await.unwrap()).snapshot(None).await.unwrap().unwrap();
    assert_eq!((fresh.version, fresh.txn("silver.shop.orders")), (11, Some(11)));
    assert!(lake.exists("silver/shop/orders/_delta_log/00000000000000000010.checkpoint.parquet").await.unwrap());
}
