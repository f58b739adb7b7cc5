//! Sandboxes at the level of tables: a clone reads the base's files, with their deletion vectors, and writes its own.

use crate::fixtures::{append, ids, new_table, rows, silver};
use crate::new_lake;
use roaring::RoaringTreemap;
use sluice_lake::{
    CommitOutcome, DataFile, DeltaStore, Lake, LakeEnvironment, LakeError, NewSandbox, RemovedSandbox, Snapshot,
    VacuumOptions,
};
use std::collections::BTreeMap;
use std::path::Path;

const DAY_MS: u64 = 86_400_000;

fn new(name: &str, place: &Path) -> NewSandbox {
    let place = Some(place.display().to_string());
    NewSandbox { name: name.to_owned(), place, by: "someone".to_owned(), keep_ms: DAY_MS, versions: BTreeMap::new() }
}

async fn latest(table: &DeltaStore) -> Snapshot {
    table.snapshot(None).await.unwrap().unwrap()
}

fn file_of(snapshot: &Snapshot, rows: u64) -> &DataFile {
    snapshot.files.iter().find(|file| file.physical_rows() == rows).unwrap()
}

async fn all_ids(table: &DeltaStore, version: Option<u64>) -> Vec<i64> {
    let snapshot = table.snapshot(version).await.unwrap().unwrap();
    let mut found = ids(&table.read_files(&snapshot, &snapshot.files, None).await.unwrap());
    found.sort_unstable();
    found
}

/// Three versions: files of 5,000 and 100 rows, then vectors on both, one in a file and one in the log.
async fn base(lake: &Lake) -> DeltaStore {
    let (table, base) = new_table(lake).await;
    let files = vec![
        table.writer().write_file(&[rows(0, 5_000)]).await.unwrap(),
        table.writer().write_file(&[rows(5_000, 100)]).await.unwrap(),
    ];
    assert_eq!(append(&table, &base, 1, "1", files).commit().await.unwrap(), CommitOutcome::Committed(1));
    let now = latest(&table).await;
    let scattered: RoaringTreemap = (0..5_000).filter(|row| row % 3 == 1 || row % 7 == 2).collect();
    let deleted =
        vec![(file_of(&now, 5_000).clone(), scattered), (file_of(&now, 100).clone(), RoaringTreemap::from([0, 99]))];
    let update = table.writer().write_deletion_vectors(deleted).await.unwrap();
    let commit = append(&table, &now, 2, "2", Vec::new()).update(update);
    assert_eq!(commit.commit().await.unwrap(), CommitOutcome::Committed(2));
    table
}

#[tokio::test]
async fn a_clone_reads_the_base_and_writes_its_own() {
    let (folder, lake) = new_lake().await;
    let table = base(&lake).await;
    let before = all_ids(&table, None).await;
    // An address that has to be encoded.
    let place = folder.path().join("a sandbox");
    let entry = lake.create_sandbox(new("mine", &place)).await.unwrap();
    assert!(entry.pins.as_ref().unwrap().number("silver/shop/orders") == Some(2));
    let sandbox = Lake::open_existing(&entry.place, LakeEnvironment::default()).await.unwrap();
    assert_eq!(sandbox.sandbox().unwrap().entry, entry);
    assert_eq!(sandbox.base().unwrap().url(), lake.url());
    let clone = silver(&sandbox);
    assert_eq!((latest(&clone).await.version, all_ids(&clone, None).await), (2, before.clone()));
    // Versions from before the clone are those of the base.
    assert_eq!(all_ids(&clone, Some(1)).await.len(), 5_100);
    assert_eq!(clone.history(10).await.unwrap(), table.history(10).await.unwrap());
    let local = clone.cached().local_files(&latest(&clone).await.files).await.unwrap();
    assert!(local.iter().all(|file| file.path.exists() && file.path.starts_with(folder.path())));

    // A vector of the base grows, a file of the base goes, a new one comes.
    let now = latest(&clone).await;
    let mut deleted = clone.deleted_positions(file_of(&now, 5_000)).await.unwrap().unwrap().as_ref().clone();
    deleted.insert_range(0..2_000);
    let update = clone.writer().write_deletion_vectors(vec![(file_of(&now, 5_000).clone(), deleted)]).await.unwrap();
    let added = clone.writer().write_file(&[rows(9_000, 10)]).await.unwrap();
    let commit = append(&clone, &now, 3, "3", vec![added]).update(update).remove([file_of(&now, 100).clone()]);
    assert_eq!(commit.commit().await.unwrap(), CommitOutcome::Committed(3));
    let expected: Vec<i64> =
        before.iter().copied().filter(|id| (2_000..5_000).contains(id)).chain(9_000..9_010).collect();
    assert_eq!(all_ids(&clone, None).await, expected);
    // A log that is read anew, not one that was followed.
    let again = Lake::open_existing(&entry.place, LakeEnvironment::default()).await.unwrap();
    assert_eq!(all_ids(&silver(&again), None).await, expected);
    let changes = clone.changes_from(&table, &latest(&table).await, &latest(&clone).await).await.unwrap();
    let [step] = changes.steps.as_slice() else { panic!("{changes:?}") };
    let count = |rows: &[sluice_lake::ChangedRows]| rows.iter().map(sluice_lake::ChangedRows::rows).sum::<u64>();
    assert_eq!(count(&step.added), 10);
    assert_eq!(count(&step.removed), before.len() as u64 - (expected.len() as u64 - 10));

    // The base goes on and neither sees the other.
    let now = latest(&table).await;
    let more = table.writer().write_file(&[rows(7_000, 5)]).await.unwrap();
    assert_eq!(append(&table, &now, 3, "b", vec![more]).commit().await.unwrap(), CommitOutcome::Committed(3));
    assert_eq!(all_ids(&table, None).await.len(), before.len() + 5);
    assert_eq!(all_ids(&clone, None).await, expected);
    assert_eq!(lake.remove_sandbox("mine").await.unwrap(), RemovedSandbox::Files);
    assert!(!place.exists());
    assert!(matches!(lake.remove_sandbox("mine").await, Err(LakeError::NoSandbox { .. })));
}

#[tokio::test]
async fn what_a_sandbox_begins_with_stays_in_its_base() {
    let (folder, lake) = new_lake().await;
    let table = base(&lake).await;
    let entry = lake.create_sandbox(new("mine", &folder.path().join("lake/_sluice/sandboxes/mine"))).await.unwrap();
    let now = latest(&table).await;
    let anew = table.writer().write_file(&[rows(0, 10)]).await.unwrap();
    let commit = append(&table, &now, 3, "3", vec![anew]).remove(now.files.to_vec());
    assert_eq!(commit.commit().await.unwrap(), CommitOutcome::Committed(3));
    let vacuum = async |now_ms: i64| {
        let options = VacuumOptions { retention_ms: 0, in_flight_ms: 0, writing_since_ms: None, now_ms, dry_run: true };
        table.maintenance().vacuum(options).await.unwrap()
    };
    let later = |days: u64| i64::try_from(u64::try_from(entry.created_ms).unwrap() + days * DAY_MS).unwrap();
    assert_eq!(vacuum(entry.expires_ms - 1).await.data_files, Vec::<String>::new());
    assert_eq!(vacuum(later(2)).await.data_files.len(), 2, "it has expired");
    lake.keep_sandbox("mine", 3 * DAY_MS).await.unwrap();
    assert_eq!(vacuum(later(2)).await.data_files, Vec::<String>::new());
    assert_eq!(vacuum(later(2)).await.vector_files, Vec::<String>::new());
    // One that is being made needs whatever was there since.
    let mut unfinished = lake.sandbox_named("mine").await.unwrap();
    unfinished.pins = None;
    lake.objects().put("_sluice/sandboxes/mine.json", serde_json::to_vec(&unfinished).unwrap().into()).await.unwrap();
    assert_eq!(vacuum(later(2)).await.data_files, Vec::<String>::new());
    assert!(matches!(
        lake.create_sandbox(new("mine", &folder.path().join("other"))).await,
        Err(LakeError::SandboxExists { .. })
    ));
}

#[tokio::test]
async fn a_sandbox_writes_nothing_into_its_lake() {
    let (folder, lake) = new_lake().await;
    base(&lake).await;
    lake.objects().put("landing/orders/1.json", "{}".into()).await.unwrap();
    lake.objects().put("contracts/shop/orders.yaml", "draft".into()).await.unwrap();
    let place = folder.path().join("lake/_sluice/sandboxes/mine");
    let entry = lake.create_sandbox(new("mine", &place)).await.unwrap();
    let sandbox = Lake::open_existing(&entry.place, LakeEnvironment::default()).await.unwrap();
    let objects = sandbox.objects();
    assert_eq!(objects.read("landing/orders/1.json").await.unwrap(), "{}");
    let listed = objects.list("landing/orders").await.unwrap();
    assert_eq!(listed, lake.objects().list("landing/orders").await.unwrap(), "change files are the same files");
    assert_eq!(objects.list_folders("landing").await.unwrap(), ["orders"]);
    assert!(objects.put("landing/orders/2.json", "{}".into()).await.is_err());
    assert!(objects.put("_sluice/releases/1.json", "{}".into()).await.is_err());
    objects.put("contracts/shop/orders.yaml", "mine".into()).await.unwrap();
    objects.delete("landing/orders/1.json").await.unwrap();
    objects.delete("silver/shop/orders/_delta_log/00000000000000000001.json").await.unwrap();
    assert_eq!(lake.objects().read("contracts/shop/orders.yaml").await.unwrap(), "draft");
    assert_eq!(lake.objects().read("landing/orders/1.json").await.unwrap(), "{}");
    assert_eq!(all_ids(&silver(&lake), Some(1)).await.len(), 5_100);
    assert!(matches!(
        sandbox.create_sandbox(new("x", &folder.path().join("x"))).await,
        Err(LakeError::NestedSandbox { .. })
    ));
}
