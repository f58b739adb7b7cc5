//! Numbered documents: batches, schemas, state, contracts.

use super::Backend;
use crate::fixtures::{name, rows};
use bytes::Bytes;
use sluice_contract::{InferredSchema, TableName};
use sluice_lake::{BatchManifest, DocumentText, LakeError, PutNew, SchemaDocument, SourceFile};
use std::sync::Arc;

fn manifest(batch: u64) -> BatchManifest {
    let file =
        SourceFile { path: format!("landing/{batch}.json"), size: 1, etag: "e".to_owned(), ..SourceFile::default() };
    BatchManifest {
        batch,
        files: vec![file],
        contract_hash: format!("c{batch}"),
        contents: Vec::new(),
        backfill: None,
        source: None,
    }
}

pub(crate) async fn batches_are_claimed_once(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    assert!(lake.ledger().batches(&name("orders")).await.unwrap().is_empty());
    for batch in [2, 1, 10] {
        assert_eq!(lake.ledger().claim_batch(&name("orders"), &manifest(batch)).await.unwrap(), PutNew::Created);
    }
    let taken = BatchManifest { files: Vec::new(), ..manifest(2) };
    assert_eq!(other.ledger().claim_batch(&name("orders"), &taken).await.unwrap(), PutNew::Exists);
    for lake in [&lake, &lake, &other] {
        assert_eq!(
            lake.ledger().batches(&name("orders")).await.unwrap(),
            [manifest(1), manifest(2), manifest(10)].map(Arc::new),
            "by number, each as it was claimed first"
        );
    }
    assert!(lake.ledger().batches(&name("customers")).await.unwrap().is_empty());
}

pub(crate) async fn folded_manifests_say_the_same_as_each_by_itself(backend: Backend) {
    let (table, count) = (name("orders"), 130);
    let lake = backend.open().await;
    let claim = async |batch: u64| {
        assert_eq!(lake.ledger().claim_batch(&table, &manifest(batch)).await.unwrap(), PutNew::Created);
    };
    for batch in 1..=count {
        claim(batch).await;
    }
    let all = lake.ledger().batches(&table).await.unwrap();
    lake.ledger().fold_batches(&table, &all, 100).await.unwrap();
    let folded = async || lake.objects().list("_sluice/batches/shop/orders/folded").await.unwrap();
    assert_eq!(folded().await.len(), 1);
    lake.ledger().fold_batches(&table, &all, count).await.unwrap();
    assert_eq!(folded().await.len(), 1, "thirty more are too few");
    // Whoever reads the folded ones needs no manifest of them, and finds those that came later.
    lake.objects().delete(&format!("_sluice/batches/shop/orders/{:020}.json", 7)).await.unwrap();
    claim(count + 1).await;
    for lake in [&lake, &backend.open().await] {
        let now = lake.ledger().batches(&table).await.unwrap();
        assert_eq!(now[..130], all[..]);
        assert_eq!(*now[130], manifest(count + 1));
        assert_eq!(now.len(), 131);
    }
    // A damaged one is as none.
    let place = folded().await.remove(0).path;
    lake.objects().put(&place, Bytes::from_static(b"PAR1")).await.unwrap();
    let now = backend.open().await.ledger().batches(&table).await.unwrap();
    assert_eq!(now.len(), 130, "all but the deleted one");
}

pub(crate) async fn a_damaged_manifest_is_refused(backend: Backend) {
    let lake = backend.open().await;
    for torn in ["{\"batch\":", "{\"batch\":4,\"files\":[],\"contract_hash\":\"\"}"] {
        let path = "_sluice/batches/shop/orders/00000000000000000003.json";
        lake.objects().put(path, Bytes::from_static(torn.as_bytes())).await.unwrap();
        let refused = lake.ledger().batches(&name("orders")).await.unwrap_err();
        assert!(matches!(refused, LakeError::Corrupt { .. }) && !refused.is_retryable(), "{refused:?}");
    }
}

pub(crate) async fn schema_documents_are_numbered(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    let document = |number: u64, by: &str| SchemaDocument {
        number,
        batch: number,
        contract_hash: by.to_owned(),
        rules_hash: "r".to_owned(),
        columns: Vec::new(),
        sources: Default::default(),
        keep: None,
        inferred: InferredSchema::default(),
    };
    assert!(lake.ledger().latest_schema(&name("orders")).await.unwrap().is_none());
    for number in 1..=3 {
        assert_eq!(lake.ledger().put_schema(&name("orders"), &document(number, "a")).await.unwrap(), PutNew::Created);
    }
    assert_eq!(other.ledger().put_schema(&name("orders"), &document(3, "b")).await.unwrap(), PutNew::Exists);
    let all = other.ledger().schemas(&name("orders")).await.unwrap();
    assert_eq!(all, [document(1, "a"), document(2, "a"), document(3, "a")]);
    assert_eq!(other.ledger().latest_schema(&name("orders")).await.unwrap(), all.last().cloned());
}

pub(crate) async fn state_is_named_by_its_content(backend: Backend) {
    let lake = backend.open().await;
    let (empty, some) = (rows(0, 0), rows(0, 20_000));
    let path = lake.ledger().put_state(&name("orders"), &some).await.unwrap();
    assert_eq!(backend.open().await.ledger().put_state(&name("orders"), &some).await.unwrap(), path);
    assert_eq!(lake.ledger().get_state(&path).await.unwrap(), some);
    let path_of_empty = lake.ledger().put_state(&name("orders"), &empty).await.unwrap();
    assert_eq!(lake.ledger().get_state(&path_of_empty).await.unwrap(), empty);
    let other_content = lake.objects().read(&path_of_empty).await.unwrap();
    lake.objects().put(&path, other_content).await.unwrap();
    assert!(matches!(lake.ledger().get_state(&path).await, Err(LakeError::Corrupt { .. })));
    lake.ledger().put_state(&name("orders"), &some).await.unwrap();
    assert_eq!(lake.ledger().get_state(&path).await.unwrap(), some, "writing it again repairs it");
}

pub(crate) async fn contracts_and_models_are_found(backend: Backend) {
    let lake = backend.open().await;
    assert!(lake.ledger().contract_texts().await.unwrap().is_empty());
    let path = lake.ledger().put_contract(&name("orders"), "dataset: shop.orders\n").await.unwrap();
    lake.objects().put("contracts/README.md", Bytes::from_static(b"no")).await.unwrap();
    let found = backend.open().await.ledger().contract_texts().await.unwrap();
    assert_eq!(found, [DocumentText { path, text: Ok("dataset: shop.orders\n".to_owned()) }]);
    lake.objects().put("models/shop/daily_revenue.sql", Bytes::from_static(b"SELECT 1")).await.unwrap();
    let model = TableName::new("shop", "daily_revenue").unwrap();
    lake.objects().put("models/lost.sql", Bytes::from_static(b"SELECT 1")).await.unwrap();
    lake.objects().put("models/shop/my model.sql", Bytes::from_static(b"SELECT 1")).await.unwrap();
    let found = lake.ledger().models().await.unwrap();
    let names: Vec<_> =
        found.iter().map(|of| (of.path.as_str(), of.name.as_ref().ok(), of.sql.as_deref().ok())).collect();
    let expected = [
        ("models/lost.sql", None, Some("SELECT 1")),
        ("models/shop/daily_revenue.sql", Some(&model), Some("SELECT 1")),
        ("models/shop/my model.sql", None, Some("SELECT 1")),
    ];
    assert_eq!(names, expected);
}
