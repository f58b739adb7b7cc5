//! Files by path: conditional writes, listings, ledger, state, documents.

use crate::fixtures::{name, rows};
use crate::new_lake;
use bytes::Bytes;
use sluice_contract::TableName;
use sluice_lake::{BatchManifest, Lake, LakeError, PutNew};

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_writers_of_one_name_one_creates() {
    let (_folder, lake) = new_lake().await;
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let lake = lake.clone();
            tokio::spawn(async move { lake.put_new("_sluice/x.json", Bytes::from(format!("writer {number}"))).await })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        created += usize::from(task.await.unwrap().unwrap() == PutNew::Created);
    }
    assert_eq!(created, 1);
}

#[tokio::test]
async fn files_are_listed_in_the_style_of_the_question() {
    let (_folder, lake) = new_lake().await;
    for path in ["landing/b.json", "landing/a/2 x.json", "landing/a/1+0%20.json.gz", "other.json"] {
        lake.put(path, Bytes::from_static(b"{}")).await.unwrap();
    }
    let paths = |files: Vec<sluice_lake::SourceFile>| files.into_iter().map(|file| file.path).collect::<Vec<_>>();
    let inside = ["landing/a/1+0%20.json.gz", "landing/a/2 x.json", "landing/b.json"];
    let files = lake.list("landing/").await.unwrap();
    assert_eq!(files[0].size, 2);
    assert!(files[0].etag.ends_with("-2") && files[0].etag.len() > 16, "{}", files[0].etag);
    assert_eq!(paths(files), inside);
    let root = lake.local_root().unwrap().to_str().unwrap().to_owned();
    let absolute = paths(lake.list(&format!("{root}/landing")).await.unwrap());
    assert_eq!(absolute, inside.map(|path| format!("{root}/{path}")));
    let urls = paths(lake.list(&format!("file://{root}/landing")).await.unwrap());
    assert!(urls[0].starts_with("file:///") && urls.len() == 3);
    for path in absolute.iter().chain(&urls).map(String::as_str).chain(inside) {
        assert_eq!(lake.read(path).await.unwrap(), "{}", "{path}");
    }
    assert_eq!(paths(lake.list("landing/b.json").await.unwrap()), ["landing/b.json"]);
    assert!(lake.list("nowhere").await.unwrap().is_empty());
    assert!(lake.list_folders("nowhere").await.unwrap().is_empty());
    assert_eq!(lake.list_folders("landing").await.unwrap(), ["a"]);
    assert!(!std::path::Path::new(&root).join("nowhere").exists(), "looking does not create");
    assert!(matches!(lake.read("landing/c").await, Err(LakeError::NotFound { .. })));
    assert!(matches!(lake.read("../secret").await, Err(LakeError::BadPath { .. })));
    lake.delete("other.json").await.unwrap();
    lake.delete("other.json").await.unwrap();
    assert!(!lake.exists("other.json").await.unwrap());
    assert_eq!(lake.name(), "lake");
}

#[tokio::test]
async fn batches_are_claimed_once() {
    let (_folder, lake) = new_lake().await;
    lake.put("landing/a", Bytes::from_static(b"x")).await.unwrap();
    let files = lake.list("landing").await.unwrap();
    let manifest = |batch| BatchManifest {
        batch,
        files: files.clone(),
        contract_hash: format!("c{batch}"),
        contents: Vec::new(),
        backfill: None,
    };
    for batch in [2, 1, 10] {
        assert_eq!(lake.claim_batch(&name("orders"), &manifest(batch)).await.unwrap(), PutNew::Created);
    }
    let taken = BatchManifest {
        batch: 2,
        files: Vec::new(),
        contract_hash: String::new(),
        contents: Vec::new(),
        backfill: None,
    };
    assert_eq!(lake.claim_batch(&name("orders"), &taken).await.unwrap(), PutNew::Exists);
    for lake in [lake.clone(), lake.clone(), Lake::open(lake.url()).await.unwrap()] {
        let batches = lake.batches(&name("orders")).await.unwrap();
        assert_eq!(batches, [manifest(1), manifest(2), manifest(10)]);
    }
    assert!(lake.batches(&name("customers")).await.unwrap().is_empty());
    lake.put("_sluice/batches/shop/orders/00000000000000000003.json", Bytes::from_static(b"{\"batch\":"))
        .await
        .unwrap();
    let torn = lake.batches(&name("orders")).await;
    assert!(matches!(torn, Err(LakeError::Corrupt { .. })), "{torn:?}");
}

#[tokio::test]
async fn state_is_named_by_its_content() {
    let (_folder, lake) = new_lake().await;
    let (empty, some) = (rows(0, 0), rows(0, 200_000));
    let path = lake.put_state(&name("orders"), &some).await.unwrap();
    assert_eq!(lake.put_state(&name("orders"), &some).await.unwrap(), path);
    assert_eq!(lake.get_state(&path).await.unwrap(), some);
    let path_of_empty = lake.put_state(&name("orders"), &empty).await.unwrap();
    assert_eq!(lake.get_state(&path_of_empty).await.unwrap(), empty);
    lake.put(&path, lake.read(&path_of_empty).await.unwrap()).await.unwrap();
    assert!(matches!(lake.get_state(&path).await, Err(LakeError::Corrupt { .. })));
}

#[tokio::test]
async fn contracts_and_models_are_found() {
    let (_folder, lake) = new_lake().await;
    assert!(lake.contract_texts().await.unwrap().is_empty());
    let path = lake.put_contract(&name("orders"), "dataset: shop.orders\n").await.unwrap();
    lake.put("contracts/README.md", Bytes::from_static(b"no")).await.unwrap();
    assert_eq!(lake.contract_texts().await.unwrap(), [(path, "dataset: shop.orders\n".to_owned())]);
    lake.put("models/shop/daily_revenue.sql", Bytes::from_static(b"SELECT 1")).await.unwrap();
    let model = TableName::new("shop", "daily_revenue").unwrap();
    let expected = [(model, "models/shop/daily_revenue.sql".to_owned(), "SELECT 1".to_owned())];
    assert_eq!(lake.models().await.unwrap(), expected);
    lake.put("models/lost.sql", Bytes::from_static(b"SELECT 1")).await.unwrap();
    assert!(matches!(lake.models().await, Err(LakeError::BadPath { .. })));
}
