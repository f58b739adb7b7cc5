//! A flipped bit in a page is an error, never another value.

use crate::fixtures::{append, ids, new_table, rows};
use crate::new_lake;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sluice_lake::{CommitOutcome, LakeError};
use std::path::PathBuf;

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_of_a_page_is_never_read_as_a_value() {
    let (folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    let file = table.writer().write_file(&[rows(0, 3_000)]).await.unwrap();
    let path: PathBuf = folder.path().join("lake/silver/shop/orders").join(&file.path);
    assert_eq!(append(&table, &base, 1, "h", vec![file]).commit().await.unwrap(), CommitOutcome::Committed(1));
    let now = table.snapshot(None).await.unwrap().unwrap();
    let sound = std::fs::read(&path).unwrap();
    let metadata = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&path).unwrap()).unwrap();
    let pages: i64 = metadata.metadata().row_groups().iter().map(|group| group.compressed_size()).sum();
    let pages = usize::try_from(pages).unwrap();
    let expected = table.read_range(&now, 0, 3_000).await.unwrap();
    assert_eq!(ids(std::slice::from_ref(&expected)).len(), 3_000);

    let (mut found, mut harmless) = (0, 0);
    for at in (4..4 + pages).step_by(pages / 97) {
        let mut rotten = sound.clone();
        rotten[at] ^= 1 << (at % 8);
        std::fs::write(&path, &rotten).unwrap();
        match table.read_range(&now, 0, 3_000).await {
            // A bit of a header that no reader needs.
            Ok(rows) => {
                assert_eq!(rows, expected, "byte {at}");
                harmless += 1;
            }
            Err(LakeError::Decode { path, .. }) => {
                assert!(path.ends_with(".parquet"), "{path}");
                found += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(found >= 90 && harmless <= 7, "{found} found, {harmless} harmless");
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_of_pages_fit_the_longer_headers() {
    let (folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    // Several row groups, pages with and without a dictionary.
    let file = table.writer().write_file(&[rows(0, 150_000), rows(150_000, 1)]).await.unwrap();
    let path = folder.path().join("lake/silver/shop/orders").join(&file.path);
    assert_eq!(append(&table, &base, 1, "h", vec![file]).commit().await.unwrap(), CommitOutcome::Committed(1));
    let options = parquet::arrow::arrow_reader::ArrowReaderOptions::new()
        .with_page_index_policy(parquet::file::metadata::PageIndexPolicy::Required);
    let file = std::fs::File::open(&path).unwrap();
    let opened = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap();
    let metadata = opened.metadata();
    let index = metadata.offset_index().unwrap();
    let mut end = 4;
    for (group, columns) in metadata.row_groups().iter().zip(index) {
        for (column, pages) in group.columns().iter().zip(columns) {
            let (start, length) = column.byte_range();
            assert_eq!(start, end, "columns follow each other");
            end += length;
            let mut at = u64::try_from(column.data_page_offset()).unwrap();
            for page in pages.page_locations() {
                assert_eq!(u64::try_from(page.offset).unwrap(), at);
                at += u64::try_from(page.compressed_page_size).unwrap();
            }
            assert_eq!(at, end, "pages fill their column");
        }
    }
    let now = table.snapshot(None).await.unwrap().unwrap();
    assert_eq!(ids(&[table.read_range(&now, 149_990, 11).await.unwrap()]), (149_990..150_001).collect::<Vec<_>>());
}
