//! Rows: ranges, deletion vectors, changes, the local cache.

use super::Backend;
use crate::fixtures::{append, ids, new_table, rows, silver};
use roaring::RoaringTreemap;
use sluice_lake::{CommitOutcome, DataFile, DeltaStore, Lake, Snapshot};

async fn latest(table: &DeltaStore) -> Snapshot {
    table.snapshot(None).await.unwrap().unwrap()
}

/// A table of two files: rows 0 to 4999, and 5000 to 5099.
async fn two_files(lake: &Lake) -> (DeltaStore, Snapshot) {
    let (table, base) = new_table(lake).await;
    let files = vec![
        table.writer().write_file(&[rows(0, 5_000)]).await.unwrap(),
        table.writer().write_file(&[rows(5_000, 100)]).await.unwrap(),
    ];
    assert_eq!(append(&table, &base, 1, "1", files).commit().await.unwrap(), CommitOutcome::Committed(1));
    let now = latest(&table).await;
    (table, now)
}

fn file_of(snapshot: &Snapshot, rows: u64) -> &DataFile {
    snapshot.files.iter().find(|file| file.physical_rows() == rows).unwrap()
}

/// Deletes rows by position, of both files: one vector goes into the log, the other into a file.
async fn delete(table: &DeltaStore, base: &Snapshot) -> Snapshot {
    let scattered: RoaringTreemap = (0..5_000).filter(|row| row % 3 == 1 || row % 7 == 2).collect();
    let deleted =
        vec![(file_of(base, 5_000).clone(), scattered), (file_of(base, 100).clone(), RoaringTreemap::from([0, 99]))];
    let update = table.writer().write_deletion_vectors(deleted).await.unwrap();
    assert_eq!(update.iter().filter(|file| file.after.vector_file().is_some()).count(), 1);
    let commit = append(table, base, 2, "2", Vec::new()).update(update);
    assert_eq!(commit.commit().await.unwrap(), CommitOutcome::Committed(2));
    latest(table).await
}

fn left() -> Vec<i64> {
    (0..5_100)
        .filter(|row| if *row < 5_000 { row % 3 != 1 && row % 7 != 2 } else { ![5_000, 5_099].contains(row) })
        .collect()
}

pub(crate) async fn any_range_is_read(backend: Backend) {
    let (table, now) = two_files(&backend.open().await).await;
    let all = table.read_files(&now, &now.files, None).await.unwrap();
    let all = arrow::compute::concat_batches(&now.schema, &all).unwrap();
    for (start, length) in [(0, 10), (0, 1), (90, 20), (4_990, 500), (5_099, 1), (5_090, 100), (5_100, 5)] {
        let part = table.read_range(&now, start as u64, length).await.unwrap();
        assert_eq!(part, all.slice(start, length.min(5_100 - start)), "{start} {length}");
    }
    let file = file_of(&now, 5_000);
    let single = table.read_positions(&now, file, &[0, 17, 18, 4_999], Some(&["id"])).await.unwrap();
    assert_eq!(ids(&[single]), [0, 17, 18, 4_999]);
}

pub(crate) async fn deleted_rows_are_left_out(backend: Backend) {
    let lake = backend.open().await;
    let (table, base) = two_files(&lake).await;
    let now = delete(&table, &base).await;
    let fresh = silver(&backend.open().await);
    for table in [&table, &fresh] {
        let now = latest(table).await;
        assert_eq!(now.rows(), left().len() as u64);
        assert_eq!(ids(&table.read_files(&now, &now.files, None).await.unwrap()), left());
        let part = table.read_range(&now, 0, 10_000).await.unwrap();
        assert_eq!(ids(&[part]), left());
        let deleted = table.deleted_positions(file_of(&now, 100)).await.unwrap().unwrap();
        assert_eq!(deleted.iter().collect::<Vec<_>>(), [0, 99]);
    }
    let before = fresh.snapshot(Some(1)).await.unwrap().unwrap();
    assert_eq!(
        ids(&fresh.read_files(&before, &before.files, None).await.unwrap()).len(),
        5_100,
        "the old version has them"
    );
    let entry = lake.objects().read("silver/shop/orders/_delta_log/00000000000000000002.json").await.unwrap();
    assert!(String::from_utf8_lossy(&entry).contains("deletionVectors"), "the protocol says so");
    // The file of a vector that is not committed goes, the committed one stays.
    let more = RoaringTreemap::from_iter((0..5_000).filter(|row| row % 2 == 0));
    let unused = table.writer().write_deletion_vectors(vec![(file_of(&now, 5_000).clone(), more)]).await.unwrap();
    let path = |file: &DataFile| format!("silver/shop/orders/{}", file.vector_file().unwrap());
    table.writer().discard_deletion_vectors(&unused).await;
    assert!(!lake.objects().exists(&path(&unused[0].after)).await.unwrap());
    assert!(lake.objects().exists(&path(file_of(&now, 5_000))).await.unwrap());
}

pub(crate) async fn changes_are_found_by_the_log(backend: Backend) {
    let (table, before) = two_files(&backend.open().await).await;
    let after = delete(&table, &before).await;
    let fresh = silver(&backend.open().await);
    let gone = 5_100 - left().len() as u64;
    let counts = fresh.change_counts(&before, &after).await.unwrap();
    assert_eq!((counts.added, counts.removed, counts.commits, counts.rearranging), (0, gone, 1, 0));
    assert_eq!(counts.info.unwrap().batch, Some(2));
    let changes = fresh.changes(&before, &after).await.unwrap();
    assert_eq!(changes.steps.len(), 1);
    let mut positions = 0;
    for changed in &changes.steps[0].removed {
        positions += fresh.changed_positions(changed).await.unwrap().len();
    }
    assert_eq!(positions, gone);
    let (oldest, versions) = fresh.maintenance().readable_versions().await.unwrap().unwrap();
    assert_eq!((oldest.version, versions.iter().map(|of| of.entry.version).collect::<Vec<_>>()), (0, vec![1, 2]));
    assert!(versions.iter().all(|of| of.changes_rows));
}

pub(crate) async fn files_are_read_through_the_cache(backend: Backend) {
    let (table, base) = two_files(&backend.open().await).await;
    let now = delete(&table, &base).await;
    let local = table.cached().local_files(&now.files).await.unwrap();
    for (file, local) in now.files.iter().zip(&local) {
        assert_eq!(std::fs::metadata(&local.path).unwrap().len(), file.size);
        assert!(local.dead.as_ref().is_some_and(|path| path.exists()));
    }
    assert_eq!(table.cached().local_files(&now.files).await.unwrap(), local, "fetched once");
    let paths = table.cached().local_paths(&now.files).await.unwrap();
    assert_eq!(paths, local.into_iter().map(|file| file.path).collect::<Vec<_>>());
    let scratch = table.cached().scratch_file(vec![rows(0, 3)]).await.unwrap();
    let path = scratch.path().to_owned();
    assert!(path.exists());
    drop(scratch);
    assert!(!path.exists(), "it goes with its last user");
}
