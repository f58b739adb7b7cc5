//! Rows from all over a file, which are kept in the local cache.

use crate::fixtures::{append, new_table, rows, silver};
use crate::new_lake;
use arrow::array::builder::{ListBuilder, StringBuilder};
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int16Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use sluice_lake::{CommitOutcome, DataFile, DeltaStore, Lake, Snapshot};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const ROWS: i64 = 70_000;

async fn lake_of_one_file() -> (tempfile::TempDir, Lake, DeltaStore, Snapshot) {
    let (folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    let file = table.writer().write_file(&[rows(0, ROWS)]).await.unwrap();
    assert_eq!(append(&table, &base, 1, "a", vec![file]).commit().await.unwrap(), CommitOutcome::Committed(1));
    let now = table.snapshot(None).await.unwrap().unwrap();
    (folder, lake, table, now)
}

/// Where the rows of the table's file are kept.
fn cached(lake: &Lake, table: &DeltaStore, file: &DataFile) -> PathBuf {
    let folder = lake.local_root().unwrap().join("_sluice/cache/rows").join(table.folder());
    folder.join(format!("{}.rows", file.path))
}

fn spread() -> Vec<u32> {
    (0..70_000).step_by(997).collect()
}

async fn ensure_equal(table: &DeltaStore, now: &Snapshot, positions: &[u32]) {
    let file = &now.files[0];
    let decoded = table.read_positions(now, file, positions, None).await.unwrap();
    assert_eq!(decoded.num_rows(), positions.len());
    assert_eq!(table.cached().read_rows_cached(now, file, positions).await.unwrap(), decoded);
}

#[tokio::test(flavor = "multi_thread")]
async fn cached_rows_are_those_of_the_file() {
    let (_folder, lake, table, now) = lake_of_one_file().await;
    let path = cached(&lake, &table, &now.files[0]);
    ensure_equal(&table, &now, &[17, 18, 19]).await;
    assert!(!path.exists(), "rows of one page are not worth it");
    ensure_equal(&table, &now, &spread()).await;
    assert!(path.exists(), "rows of all pages are");
    for positions in [vec![], vec![0], vec![69_999], spread(), (100..9_000).step_by(3).collect()] {
        ensure_equal(&table, &now, &positions).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cache_is_made_again() {
    let (_folder, lake, table, now) = lake_of_one_file().await;
    let path = cached(&lake, &table, &now.files[0]);
    ensure_equal(&table, &now, &spread()).await;
    let sound = std::fs::read(&path).unwrap();
    let mut damaged = sound.clone();
    damaged.iter_mut().skip(32).step_by(11).for_each(|byte| *byte ^= 1);
    for broken in [damaged, sound[..sound.len() / 2].to_vec(), Vec::new()] {
        std::fs::write(&path, broken).unwrap();
        ensure_equal(&table, &now, &[5]).await;
        ensure_equal(&table, &now, &spread()).await;
        assert_eq!(std::fs::read(&path).unwrap(), sound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_came_later_is_null() {
    let (_folder, _lake, table, now) = lake_of_one_file().await;
    ensure_equal(&table, &now, &spread()).await;
    let mut fields: Vec<Field> = now.schema.fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new("price", DataType::Int64, true));
    let schema = Some(Arc::new(Schema::new(fields)));
    let added = append(&table, &now, 2, "b", Vec::new()).schema(schema);
    assert_eq!(added.commit().await.unwrap(), CommitOutcome::Committed(2));
    let later = table.snapshot(None).await.unwrap().unwrap();
    ensure_equal(&table, &later, &spread()).await;
    ensure_equal(&table, &later, &[9, 99]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_goes_with_the_file() {
    let (_folder, lake, table, now) = lake_of_one_file().await;
    let path = cached(&lake, &table, &now.files[0]);
    ensure_equal(&table, &now, &spread()).await;
    assert!(path.exists());
    let new = table.writer().write_file(&[rows(0, 10)]).await.unwrap();
    let replaced = append(&table, &now, 2, "b", vec![new]).remove(now.files.to_vec());
    assert_eq!(replaced.commit().await.unwrap(), CommitOutcome::Committed(2));
    assert!(!path.exists());
    // Whoever reads the old version makes it again; maintenance takes it away.
    ensure_equal(&table, &now, &spread()).await;
    let latest = table.snapshot(None).await.unwrap().unwrap();
    table.maintenance().drop_unused_rows(&now, Duration::ZERO).await;
    table.maintenance().drop_unused_rows(&latest, Duration::from_secs(60)).await;
    assert!(path.exists());
    table.maintenance().drop_unused_rows(&latest, Duration::ZERO).await;
    assert!(!path.exists());
}

/// Every type that a contract knows, with nulls, odd numbers and empty values.
fn rows_of_all_types() -> RecordBatch {
    let numbers = || (0..ROWS).map(|n| (n % 5 != 3).then_some(n));
    let texts = |n: i64| {
        ["", "a", "Straße", "\u{1f980}", "a text that is longer than a block of thirty-two bytes"][(n % 5) as usize]
    };
    let mut lists = ListBuilder::new(StringBuilder::new());
    for n in 0..ROWS {
        (0..n % 4).for_each(|at| lists.values().append_option((at != 1).then(|| texts(n + at))));
        lists.append(n % 7 != 2);
    }
    let doubles = [f64::NAN, -0.0, 0.0, f64::INFINITY, f64::MIN_POSITIVE, -1.5];
    let double = |n: i64| doubles[(n % 6) as usize];
    let micros = || numbers().map(|n| n.map(|n| n * -86_400_000_001)).collect::<TimestampMicrosecondArray>();
    let decimals = numbers().map(|n| n.map(|n| -i128::from(n).pow(6))).collect::<Decimal128Array>();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("boolean", Arc::new(numbers().map(|n| n.map(|n| n % 2 == 0)).collect::<BooleanArray>())),
        ("small", Arc::new(numbers().map(|n| n.map(|n| (n % 30_000) as i16 - 15_000)).collect::<Int16Array>())),
        ("float", Arc::new(numbers().map(|n| n.map(|n| double(n) as f32)).collect::<Float32Array>())),
        ("double", Arc::new(numbers().map(|n| n.map(double)).collect::<Float64Array>())),
        ("decimal", Arc::new(decimals.with_precision_and_scale(38, 4).unwrap())),
        ("text", Arc::new(numbers().map(|n| n.map(texts)).collect::<StringArray>())),
        ("binary", Arc::new(numbers().map(|n| n.map(|n| texts(n).as_bytes())).collect::<BinaryArray>())),
        ("date", Arc::new(numbers().map(|n| n.map(|n| n as i32 - 40_000)).collect::<Date32Array>())),
        ("instant", Arc::new(micros().with_timezone("UTC"))),
        ("local", Arc::new(micros())),
        ("list", Arc::new(lists.finish())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_comes_back_as_it_was() {
    let (_folder, lake) = new_lake().await;
    let (table, all) = (silver(&lake), rows_of_all_types());
    let base = table.writer().create(&all.schema(), &[]).await.unwrap();
    let file = table.writer().write_file(&[all]).await.unwrap();
    assert_eq!(append(&table, &base, 1, "a", vec![file]).commit().await.unwrap(), CommitOutcome::Committed(1));
    let now = table.snapshot(None).await.unwrap().unwrap();
    ensure_equal(&table, &now, &spread()).await;
    assert!(cached(&lake, &table, &now.files[0]).exists());
    ensure_equal(&table, &now, &(0..5_000).collect::<Vec<u32>>()).await;
}
