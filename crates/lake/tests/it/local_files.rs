//! Files and deleted rows for readers that need paths.

use crate::fixtures::{append, ids, new_table, rows, silver};
use crate::new_lake;
use arrow::array::Int64Array;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use roaring::RoaringTreemap;
use serde_json::{Value, json};
use sluice_lake::{CommitOutcome, Lake};
use std::path::Path;

/// The inline form of a deletion vector: a magic number, the portable bitmap, z85.
fn inline_vector(dead: &RoaringTreemap) -> Value {
    let mut bytes = 1_681_511_377_u32.to_le_bytes().to_vec();
    dead.serialize_into(&mut bytes).unwrap();
    let size = bytes.len();
    bytes.resize(size.next_multiple_of(4), 0);
    json!({"storageType": "i", "pathOrInlineDv": z85::encode(&bytes), "sizeInBytes": size, "cardinality": dead.len()})
}

/// Writes version `version` as another writer would: `path` as of version 1, with a deletion vector.
async fn delete_rows(lake: &Lake, version: u64, path: &str, before: Option<&RoaringTreemap>, dead: &RoaringTreemap) {
    let log = "silver/shop/orders/_delta_log";
    let first = lake.objects().read(&format!("{log}/{:020}.json", 1)).await.unwrap();
    let lines: Vec<Value> =
        first.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let add = lines.iter().map(|line| &line["add"]).find(|add| add["path"] == path).unwrap();
    let mut dirty = add.clone();
    dirty["deletionVector"] = inline_vector(dead);
    let mut remove = json!({"path": path, "dataChange": true, "deletionTimestamp": 1});
    if let Some(before) = before {
        remove["deletionVector"] = inline_vector(before);
    }
    let entry = [
        json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}}),
        json!({"remove": remove}),
        json!({"add": dirty}),
    ];
    let text: Vec<String> = entry.iter().map(Value::to_string).collect();
    lake.objects().put(&format!("{log}/{version:020}.json"), Bytes::from(text.join("\n"))).await.unwrap();
}

fn positions(path: &Path) -> Vec<i64> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
    assert_eq!(reader.schema().fields().len(), 1);
    let batches = reader.build().unwrap().map(|batch| batch.unwrap());
    batches
        .flat_map(|batch| {
            let column = batch.column_by_name("row").unwrap().as_any().downcast_ref::<Int64Array>().unwrap();
            column.values().to_vec()
        })
        .collect()
}

#[tokio::test]
async fn deleted_rows_become_a_positions_file() {
    let (_folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    let files = vec![
        table.writer().write_file(&[rows(0, 100)]).await.unwrap(),
        table.writer().write_file(&[rows(100, 50)]).await.unwrap(),
    ];
    let path = files[0].path.clone();
    assert_eq!(append(&table, &base, 1, "h", files).commit().await.unwrap(), CommitOutcome::Committed(1));
    let dead = RoaringTreemap::from([0, 7, 99]);
    delete_rows(&lake, 2, &path, None, &dead).await;

    let now = table.snapshot(None).await.unwrap().unwrap();
    assert_eq!((now.version, now.rows()), (2, 147));
    let read = ids(&table.read_files(&now, &now.files, None).await.unwrap());
    assert!(read.len() == 147 && !read.contains(&0) && !read.contains(&7) && !read.contains(&99));
    let dirty = now.files.iter().find(|file| file.path == path).unwrap();
    assert_eq!(*table.deleted_positions(dirty).await.unwrap().unwrap(), dead);

    let local = table.cached().local_files(&now.files).await.unwrap();
    let with_dead: Vec<_> = local.iter().filter_map(|file| file.dead.clone()).collect();
    let root = lake.local_root().unwrap().join("_sluice/cache/dead/silver/shop/orders");
    assert!(local.len() == 2 && with_dead.len() == 1 && with_dead[0].starts_with(root));
    assert_eq!(positions(&with_dead[0]), [0, 7, 99]);
    let before = table.snapshot(Some(1)).await.unwrap().unwrap();
    assert!(table.cached().local_files(&before.files).await.unwrap().iter().all(|file| file.dead.is_none()));

    // A cache: it may go, and what a power cut left of it is not believed.
    std::fs::remove_file(&with_dead[0]).unwrap();
    assert_eq!(table.cached().local_files(&now.files).await.unwrap(), local);
    assert_eq!(positions(&with_dead[0]), [0, 7, 99]);
    let whole = std::fs::read(&with_dead[0]).unwrap();
    for torn in [Vec::new(), whole[..whole.len() / 2].to_vec(), vec![0; whole.len()]] {
        std::fs::write(&with_dead[0], torn).unwrap();
        let other = silver(&Lake::open(lake.url()).await.unwrap());
        assert_eq!(other.cached().local_files(&now.files).await.unwrap(), local);
        assert_eq!(positions(&with_dead[0]), [0, 7, 99]);
    }

    delete_rows(&lake, 3, &path, Some(&dead), &RoaringTreemap::from_iter(0..100)).await;
    let later = table.snapshot(None).await.unwrap().unwrap();
    let other: Vec<_> =
        table.cached().local_files(&later.files).await.unwrap().into_iter().filter_map(|file| file.dead).collect();
    assert_ne!(other, with_dead, "another deletion vector has another name");
    assert_eq!(positions(&other[0]).len(), 100);
    assert_eq!(later.rows(), 50);
}

#[tokio::test]
async fn the_same_positions_are_the_same_file() {
    let (_folder, lake) = new_lake().await;
    let table = silver(&lake);
    let scattered: Vec<u64> = (0..200_000).map(|number| number * 37).collect();
    let one = RoaringTreemap::from_sorted_iter(scattered.iter().copied()).unwrap();
    let mut two: RoaringTreemap = scattered.iter().rev().copied().collect();
    two.optimize();
    let path = table.cached().positions_file(&one).await.unwrap();
    assert_eq!(table.cached().positions_file(&two).await.unwrap(), path);
    assert_eq!(positions(&path), scattered.iter().map(|row| row.cast_signed()).collect::<Vec<_>>());
    assert!(std::fs::metadata(&path).unwrap().len() < 50_000, "evenly spaced positions take little");
    two.insert(u64::from(u32::MAX) + 5);
    let other = table.cached().positions_file(&two).await.unwrap();
    assert_ne!(other, path);
    assert_eq!(positions(&other).last(), Some(&4_294_967_300));
    let none = table.cached().positions_file(&RoaringTreemap::new()).await.unwrap();
    assert!(positions(&none).is_empty());
}
