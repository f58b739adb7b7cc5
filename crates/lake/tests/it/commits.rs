//! Commits: idempotent, conditional, with their words in the history.

use crate::fixtures::{app, append, ids, name, new_table, rows, silver};
use crate::new_lake;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use sluice_lake::{AppId, CommitInfo, CommitOutcome, Lake, LakeError, Operation, VacuumOptions};
use std::sync::Arc;

#[tokio::test]
async fn a_commit_is_read_back() {
    let (_folder, lake) = new_lake().await;
    assert!(silver(&lake).snapshot(None).await.unwrap().is_none());
    assert!(silver(&lake).snapshot(Some(3)).await.unwrap().is_none());
    assert!(silver(&lake).history(10).await.unwrap().is_empty());
    let (table, base) = new_table(&lake).await;
    assert_eq!((base.version, base.rows()), (0, 0));
    let file = table.writer().write_file(&[rows(0, 10), rows(10, 5)]).await.unwrap();
    assert_eq!(table.snapshot(None).await.unwrap().unwrap().rows(), 0, "a file alone is not visible");
    let mut info = CommitInfo { rows: Some(15), ..CommitInfo::default() };
    info.other.insert("timestamp".to_owned(), "mine".into());
    let request = append(&table, &base, 1, "h1", vec![file.clone()]).info(info);
    assert_eq!(request.commit().await.unwrap(), CommitOutcome::Committed(1));

    let now = table.snapshot(None).await.unwrap().unwrap();
    assert_eq!((now.version, now.rows(), now.bytes()), (1, 15, file.size));
    assert_eq!(now.files[0].tags["sluice.blake3"], file.blake3);
    assert_eq!(now.txn(&app()), Some(1));
    assert_eq!(now.txn(&AppId::named("other")), None);
    assert!(now.timestamp_ms > 1_700_000_000_000);
    let read = table.read_files(&now, &now.files, None).await.unwrap();
    assert_eq!(ids(&read), (0..15).collect::<Vec<_>>());
    let names = table.read_files(&now, &now.files, Some(&["name"])).await.unwrap();
    assert_eq!(names[0].num_columns(), 1);
    let local = table.cached().local_files(&now.files).await.unwrap();
    let path = &local[0].path;
    assert!(local.len() == 1 && local[0].dead.is_none());
    assert!(path.starts_with(lake.local_root().unwrap()) && path.exists());

    let history = table.history(10).await.unwrap();
    let operations: Vec<&Operation> = history.iter().map(|entry| &entry.operation).collect();
    assert_eq!(operations, [&Operation::Merge, &Operation::CreateTable]);
    assert_eq!(history[0].timestamp_ms, now.timestamp_ms);
    let info = &history[0].info;
    assert_eq!((info.rows, info.batch, info.content_hash.as_deref()), (Some(15), Some(1), Some("h1")));
    assert_eq!((info.app_id.as_ref(), info.operation_id.as_ref().unwrap().len()), (Some(&app()), 36));
    assert_eq!(info.other["sluice.timestamp"], "mine");
    assert!(history[1].info.is_empty());
    let old = table.snapshot(Some(0)).await.unwrap().unwrap();
    assert_eq!((old.version, old.rows()), (0, 0));
    assert!(matches!(table.snapshot(Some(9)).await, Err(LakeError::NoVersion { version: 9, .. })));
}

#[tokio::test]
async fn a_batch_is_applied_once() {
    let (_folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    let file = table.writer().write_file(&[rows(0, 3)]).await.unwrap();
    assert_eq!(append(&table, &base, 1, "h1", vec![file.clone()]).commit().await.unwrap(), CommitOutcome::Committed(1));
    // The reply was lost, the process knows nothing: same base, same batch, from another handle.
    let other = Lake::open(lake.url()).await.unwrap();
    let again = silver(&other).writer().write_file(&[rows(0, 3)]).await.unwrap();
    assert_ne!(again.path, file.path);
    let repeated = append(&silver(&other), &base, 1, "h1", vec![again.clone()]);
    assert_eq!(repeated.commit().await.unwrap(), CommitOutcome::AlreadyApplied(1));
    silver(&other).writer().discard(&[again.clone(), file]).await;
    let latest = table.snapshot(None).await.unwrap().unwrap();
    assert_eq!((latest.version, latest.rows()), (1, 3));
    assert_eq!(table.read_files(&latest, &latest.files, None).await.unwrap().len(), 1, "the committed file stays");
    assert!(!lake.objects().exists(&format!("silver/shop/orders/{}", again.path)).await.unwrap());
    // It is known before the attempt too, and from a base that has it.
    let repeated = append(&table, &latest, 1, "h1", vec![again]);
    assert_eq!(repeated.commit().await.unwrap(), CommitOutcome::AlreadyApplied(1));
    let second = table.writer().write_file(&[rows(3, 1)]).await.unwrap();
    assert_eq!(append(&table, &latest, 2, "h2", vec![second]).commit().await.unwrap(), CommitOutcome::Committed(2));
    let late = append(&table, &base, 1, "h1", Vec::new());
    assert_eq!(late.commit().await.unwrap(), CommitOutcome::AlreadyApplied(1), "a later batch hides nothing");
}

#[tokio::test]
async fn rows_change_files_and_columns_in_one_commit() {
    let (_folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    let add = vec![table.writer().write_file(&[rows(0, 4)]).await.unwrap()];
    assert_eq!(append(&table, &base, 1, "1", add).commit().await.unwrap(), CommitOutcome::Committed(1));
    let base = table.snapshot(None).await.unwrap().unwrap();
    let mut fields: Vec<Field> = base.schema.fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new("seen", DataType::Timestamp(TimeUnit::Microsecond, None), true));
    let request = append(&table, &base, 2, "2", vec![table.writer().write_file(&[rows(10, 2)]).await.unwrap()])
        .schema(Some(Arc::new(Schema::new(fields))));
    assert_eq!(request.commit().await.unwrap(), CommitOutcome::Committed(2));
    let wide = table.snapshot(None).await.unwrap().unwrap();
    let read = table.read_files(&wide, &wide.files, None).await.unwrap();
    assert_eq!(ids(&read), [0, 1, 2, 3, 10, 11]);
    assert!(read.iter().all(|batch| batch.column(2).null_count() == batch.num_rows()), "a missing column is null");
    let entry = lake.objects().read("silver/shop/orders/_delta_log/00000000000000000002.json").await.unwrap();
    assert!(String::from_utf8_lossy(&entry).contains("timestampNtz"), "the protocol follows the columns");

    let replace = append(&table, &wide, 3, "3", vec![table.writer().write_file(&[rows(20, 1)]).await.unwrap()])
        .remove(wide.files.to_vec());
    assert_eq!(replace.commit().await.unwrap(), CommitOutcome::Committed(3));
    let last = table.snapshot(None).await.unwrap().unwrap();
    assert_eq!(ids(&table.read_files(&last, &last.files, None).await.unwrap()), [20]);
    let before = table.snapshot(Some(2)).await.unwrap().unwrap();
    assert_eq!(before.rows(), 6, "old versions stay readable");
}

#[tokio::test]
async fn batches_are_remembered_past_checkpoints() {
    let (_folder, lake) = new_lake().await;
    let (table, mut base) = new_table(&lake).await;
    for batch in 1..=23 {
        let add = vec![table.writer().write_file(&[rows(batch, 1)]).await.unwrap()];
        let expected = CommitOutcome::Committed(u64::try_from(batch).unwrap());
        assert_eq!(append(&table, &base, batch, "h", add).commit().await.unwrap(), expected);
        base = table.snapshot(None).await.unwrap().unwrap();
    }
    assert!(
        lake.objects().exists("silver/shop/orders/_delta_log/00000000000000000020.checkpoint.parquet").await.unwrap()
    );
    // Log clean-up by someone: the checkpoint is all that is left.
    for version in 0..20 {
        lake.objects().delete(&format!("silver/shop/orders/_delta_log/{version:020}.json")).await.unwrap();
    }
    let fresh = Lake::open(lake.url()).await.unwrap();
    let latest = silver(&fresh).snapshot(None).await.unwrap().unwrap();
    assert_eq!((latest.version, latest.rows(), latest.txn(&app())), (23, 23, Some(23)));
    assert_eq!(latest.files[0].tags.len(), 1, "tags survive a checkpoint");
    let at_checkpoint = silver(&fresh).snapshot(Some(20)).await.unwrap().unwrap();
    assert_eq!(at_checkpoint.txn(&app()), Some(20));
    assert_eq!(silver(&fresh).history(100).await.unwrap().len(), 4);
    // A base whose successors are cleaned up does not write an old number.
    let mut old = at_checkpoint;
    old.version = 5;
    let stale = append(&silver(&fresh), &old, 24, "h", Vec::new());
    assert_eq!(stale.commit().await.unwrap(), CommitOutcome::Conflict(23));
}

#[tokio::test]
async fn a_table_that_forgets_batches_is_not_written() {
    let (_folder, lake) = new_lake().await;
    let table = silver(&lake);
    let properties = [("delta.setTransactionRetentionDuration", "interval 30 days"), ("delta.appendOnly", "true")];
    let base = table.writer().create(&rows(0, 1).schema(), &properties).await.unwrap();
    assert_eq!(base.configuration("delta.appendOnly"), Some("true"));
    let refused = append(&table, &base, 1, "h", Vec::new()).commit().await;
    assert!(matches!(refused, Err(LakeError::TransactionRetention { .. })));
}

/// A writer that was stopped for so long that a vacuum took its file for unused.
#[tokio::test]
async fn a_late_commit_without_its_files_is_not_made() {
    let (_folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    let file = table.writer().write_file(&[rows(0, 3)]).await.unwrap();
    let late = append(&table, &base, 1, "h1", vec![file.clone()]);
    let now_ms = base.timestamp_ms + 2 * 86_400_000;
    let options =
        VacuumOptions { retention_ms: 0, in_flight_ms: 86_400_000, writing_since_ms: None, now_ms, dry_run: false };
    // As long as its lease is held it stays, whatever the clock says.
    let held = lake.leases().candidate(&name("orders")).await.unwrap().unwrap();
    let lease = lake.leases().take(&name("orders"), held).await.unwrap().unwrap();
    let writing_since_ms = lake.leases().writing_since_ms(&name("orders")).await.unwrap();
    assert!(writing_since_ms.is_some());
    let kept = VacuumOptions { writing_since_ms: Some(base.timestamp_ms - 1_000), ..options };
    assert!(table.maintenance().vacuum(kept).await.unwrap().data_files.is_empty());
    lease.release().await.unwrap();
    assert_eq!(lake.leases().writing_since_ms(&name("orders")).await.unwrap(), None);
    assert_eq!(table.maintenance().vacuum(options).await.unwrap().data_files, std::slice::from_ref(&file.path));
    let refused = late.commit().await.unwrap_err();
    assert!(matches!(&refused, LakeError::FilesGone { path } if path.ends_with(&file.path)), "{refused:?}");
    assert!(refused.is_retryable(), "the batch is claimed, the next run merges it again");
    let now = table.snapshot(None).await.unwrap().unwrap();
    assert_eq!((now.version, now.rows()), (0, 0), "every version can be read");
}

#[tokio::test]
async fn numbers_of_a_log_cannot_overflow() {
    let (_folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    let file = table.writer().write_file(&[rows(0, 3)]).await.unwrap();
    assert_eq!(append(&table, &base, 1, "h", vec![file]).commit().await.unwrap(), CommitOutcome::Committed(1));
    let log = "silver/shop/orders/_delta_log";
    let jump = format!("{{\"txn\":{{\"appId\":\"{}\",\"version\":{}}}}}", app(), i64::MAX);
    lake.objects().put(&format!("{log}/{:020}.json", 2), jump.into()).await.unwrap();
    let now = table.snapshot(None).await.unwrap().unwrap();
    assert!(matches!(now.next_number(&app()), Err(LakeError::Corrupt { .. })));
    assert_eq!(now.next_number(&AppId::named("other")).unwrap(), 1);
    for (size, rows) in [(i64::MAX, 1_u64), (1, u64::MAX)] {
        let stats = format!("{{\\\"numRecords\\\":{rows}}}");
        let add = format!(
            "{{\"add\":{{\"path\":\"x.parquet\",\"size\":{size},\"partitionValues\":{{}},\"dataChange\":true,\"modificationTime\":1,\"stats\":\"{stats}\"}}}}"
        );
        lake.objects().put(&format!("{log}/{:020}.json", 3), add.into()).await.unwrap();
        let fresh = Lake::open(lake.url()).await.unwrap();
        let refused = silver(&fresh).snapshot(None).await;
        assert!(refused.is_err(), "{size} bytes, {rows} rows: {refused:?}");
    }
}
