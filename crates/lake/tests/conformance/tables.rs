//! Commits: visible, conditional, idempotent; old versions and their end.

use super::Backend;
use crate::fixtures::{app, append, append_by, ids, new_table, rows, silver};
use sluice_lake::{AppId, CommitOutcome, DeltaStore, LakeError, Operation, Snapshot, VacuumOptions};

async fn latest(table: &DeltaStore) -> Snapshot {
    table.snapshot(None).await.unwrap().unwrap()
}

pub(crate) async fn a_commit_is_read_back(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    let table = silver(&lake);
    assert!(table.snapshot(None).await.unwrap().is_none() && table.snapshot(Some(3)).await.unwrap().is_none());
    assert!(table.history(10).await.unwrap().is_empty());
    let (table, base) = new_table(&lake).await;
    let file = table.writer().write_file(&[rows(0, 10), rows(10, 5)]).await.unwrap();
    assert_eq!(latest(&silver(&other)).await.rows(), 0, "a file alone is not visible");
    assert_eq!(append(&table, &base, 1, "h1", vec![file.clone()]).commit().await.unwrap(), CommitOutcome::Committed(1));
    for table in [&table, &silver(&other)] {
        let now = latest(table).await;
        assert_eq!((now.version, now.rows(), now.bytes(), now.txn(&app())), (1, 15, file.size, Some(1)));
        assert_eq!(ids(&table.read_files(&now, &now.files, None).await.unwrap()), (0..15).collect::<Vec<_>>());
        let history = table.history(10).await.unwrap();
        let operations: Vec<&Operation> = history.iter().map(|entry| &entry.operation).collect();
        assert_eq!(operations, [&Operation::Merge, &Operation::CreateTable]);
        let info = &history[0].info;
        assert_eq!((info.batch, info.watermark, info.content_hash.as_deref()), (Some(1), Some(1), Some("h1")));
        assert_eq!(info.app_id.as_ref(), Some(&app()));
    }
}

pub(crate) async fn a_table_is_created_once(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    let schema = rows(0, 1).schema();
    let (ours, theirs) = (silver(&lake).writer(), silver(&other).writer());
    let (a, b) = tokio::join!(ours.create(&schema, &[]), theirs.create(&schema, &[]));
    assert_eq!((a.unwrap().version, b.unwrap().version), (0, 0));
    assert_eq!(silver(&lake).history(10).await.unwrap().len(), 1);
}

pub(crate) async fn of_two_commits_on_one_version_one_is_made(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    let (table, base) = new_table(&lake).await;
    let (their_table, someone) = (silver(&other), AppId::named("someone"));
    let our_file = table.writer().write_file(&[rows(0, 1)]).await.unwrap();
    let their_file = their_table.writer().write_file(&[rows(9, 1)]).await.unwrap();
    let ours = append(&table, &base, 1, "ours", vec![our_file]);
    let theirs = append_by(someone, &their_table, &base, 1, "theirs", vec![their_file]);
    let (a, b) = tokio::join!(ours.commit(), theirs.commit());
    let outcomes = [a.unwrap(), b.unwrap()];
    assert!(outcomes.contains(&CommitOutcome::Committed(1)) && outcomes.contains(&CommitOutcome::Conflict(1)));
    let now = latest(&silver(&backend.open().await)).await;
    assert_eq!((now.version, now.rows()), (1, 1), "nothing is repeated on a newer version");
}

pub(crate) async fn a_batch_is_applied_once(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    let (table, base) = new_table(&lake).await;
    let file = table.writer().write_file(&[rows(0, 3)]).await.unwrap();
    assert_eq!(append(&table, &base, 1, "h1", vec![file.clone()]).commit().await.unwrap(), CommitOutcome::Committed(1));
    let again = silver(&other).writer().write_file(&[rows(0, 3)]).await.unwrap();
    assert_ne!(again.path, file.path, "no write shares a file with another");
    let repeated = append(&silver(&other), &base, 1, "h1", vec![again.clone()]);
    assert_eq!(repeated.commit().await.unwrap(), CommitOutcome::AlreadyApplied(1));
    silver(&other).writer().discard(&[again.clone(), file]).await;
    let now = latest(&table).await;
    assert_eq!(table.read_files(&now, &now.files, None).await.unwrap().len(), 1, "the committed file stays");
    assert!(!lake.objects().exists(&format!("silver/shop/orders/{}", again.path)).await.unwrap());
}

pub(crate) async fn a_number_is_used_for_one_content(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    let (table, base) = new_table(&lake).await;
    let commit = |table: &DeltaStore, hash: &str| append(table, &base, 7, hash, Vec::new()).commit();
    assert_eq!(commit(&table, "one").await.unwrap(), CommitOutcome::Committed(1));
    let error = commit(&silver(&other), "two").await.unwrap_err();
    assert!(matches!(error, LakeError::BatchIdReused { batch: 7, version: 1, .. }), "{error:?}");
}

pub(crate) async fn old_versions_and_checkpoints_are_read(backend: Backend) {
    let lake = backend.open().await;
    let (table, mut base) = new_table(&lake).await;
    for batch in 1..=11 {
        let add = vec![table.writer().write_file(&[rows(batch, 1)]).await.unwrap()];
        let expected = CommitOutcome::Committed(u64::try_from(batch).unwrap());
        assert_eq!(append(&table, &base, batch, "h", add).commit().await.unwrap(), expected);
        base = latest(&table).await;
    }
    assert!(
        lake.objects().exists("silver/shop/orders/_delta_log/00000000000000000010.checkpoint.parquet").await.unwrap()
    );
    let fresh = silver(&backend.open().await);
    let old = fresh.snapshot(Some(4)).await.unwrap().unwrap();
    assert_eq!((old.version, old.rows(), old.txn(&app())), (4, 4, Some(4)));
    assert!(matches!(fresh.snapshot(Some(99)).await, Err(LakeError::NoVersion { version: 99, .. })));
    // Log clean-up by someone: of the first versions the checkpoint is all that is left.
    for version in 0..10 {
        lake.objects().delete(&format!("silver/shop/orders/_delta_log/{version:020}.json")).await.unwrap();
    }
    let fresh = silver(&backend.open().await);
    let now = latest(&fresh).await;
    assert_eq!((now.version, now.rows(), now.txn(&app())), (11, 11, Some(11)));
    assert_eq!(fresh.history(100).await.unwrap().len(), 2);
}

pub(crate) async fn vacuum_removes_what_no_version_needs(backend: Backend) {
    let lake = backend.open().await;
    let (table, base) = new_table(&lake).await;
    let old = table.writer().write_file(&[rows(0, 4)]).await.unwrap();
    assert_eq!(append(&table, &base, 1, "1", vec![old.clone()]).commit().await.unwrap(), CommitOutcome::Committed(1));
    let unused = table.writer().write_file(&[rows(50, 1)]).await.unwrap();
    let base = latest(&table).await;
    let new = table.writer().write_file(&[rows(20, 1)]).await.unwrap();
    let replace = append(&table, &base, 2, "2", vec![new]).remove(base.files.to_vec());
    assert_eq!(replace.commit().await.unwrap(), CommitOutcome::Committed(2));
    let now = latest(&table).await;
    let day = 86_400_000;
    let options = VacuumOptions {
        retention_ms: 0,
        in_flight_ms: 0,
        writing_since_ms: None,
        now_ms: now.timestamp_ms + day,
        dry_run: false,
    };
    let maintenance = silver(&backend.open().await).maintenance();
    let kept = maintenance.vacuum(VacuumOptions { retention_ms: 7 * 86_400_000, ..options }).await.unwrap();
    assert_eq!(kept.data_files, [unused.path.as_str()], "within the retention only what no version names");
    let mut expected = [old.path.as_str()];
    expected.sort_unstable();
    let dry = maintenance.vacuum(VacuumOptions { dry_run: true, ..options }).await.unwrap();
    assert_eq!((dry.data_files.as_slice(), dry.oldest_version), (expected.map(str::to_owned).as_slice(), 2));
    assert_eq!(maintenance.vacuum(options).await.unwrap(), dry);
    assert!(!lake.objects().exists(&format!("silver/shop/orders/{}", old.path)).await.unwrap());
    assert_eq!(ids(&table.read_files(&now, &now.files, None).await.unwrap()), [20]);
    assert!(maintenance.vacuum(options).await.unwrap().data_files.is_empty());
}
