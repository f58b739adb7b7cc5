//! Rows by position over many files.

use crate::fixtures::{append, ids, new_table, rows};
use crate::new_lake;
use sluice_lake::CommitOutcome;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn any_range_of_many_files_is_read() {
    let (_folder, lake) = new_lake().await;
    let (table, base) = new_table(&lake).await;
    let (mut add, mut first) = (Vec::new(), 0);
    // Small files, and one of several row groups.
    for size in [1, 999, 20_000, 270_000, 9_000] {
        add.push(table.writer().write_file(&[rows(first, size)]).await.unwrap());
        first += size;
    }
    assert_eq!(append(&table, &base, 1, "h", add).commit().await.unwrap(), CommitOutcome::Committed(1));
    let now = table.snapshot(None).await.unwrap().unwrap();
    assert_eq!(now.rows(), 300_000);
    let all = table.read_files(&now, &now.files, None).await.unwrap();
    let all = arrow::compute::concat_batches(&now.schema, &all).unwrap();
    for (start, length) in [(0, 10), (0, 1), (131_060, 30), (279_990, 500), (299_999, 1), (299_990, 100), (300_000, 5)]
    {
        let part = table.read_range(&now, start as u64, length).await.unwrap();
        let expected = all.slice(start, length.min(300_000 - start));
        assert_eq!(part, expected, "{start} {length}");
    }
    assert_eq!(table.read_range(&now, u64::MAX, 5).await.unwrap().num_rows(), 0);
    let begin = Instant::now();
    for number in 0_u64..100 {
        let part = table.read_range(&now, number * 2_999, 200).await.unwrap();
        assert_eq!(part.num_rows(), 200);
    }
    eprintln!("a page of 200 rows takes {:?}", begin.elapsed() / 100);
    assert_eq!(ids(&[all]).len(), 300_000);
}
