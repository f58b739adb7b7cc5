//! One writer per table.

use super::Backend;
use crate::fixtures::{append, name, new_table, rows};
use sluice_lake::{CommitOutcome, Lake, LakeError, Lease};
use std::time::Duration;

async fn take(lake: &Lake) -> Lease {
    let candidate = lake.leases().wait(&name("orders"), Duration::from_secs(60), |_| {}).await.unwrap();
    lake.leases().take(&name("orders"), candidate).await.unwrap().unwrap()
}

pub(crate) async fn a_table_has_one_writer(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    let orders = name("orders");
    assert!(lake.leases().holder(&orders).await.unwrap().is_none());
    let both = (
        lake.leases().candidate(&orders).await.unwrap().unwrap(),
        other.leases().candidate(&orders).await.unwrap().unwrap(),
    );
    let lease = lake.leases().take(&orders, both.0).await.unwrap().unwrap();
    assert!(other.leases().take(&orders, both.1).await.unwrap().is_none(), "of two candidates one is first");
    assert_eq!(lease.epoch(), 1);
    assert!(other.leases().candidate(&orders).await.unwrap().is_none());
    let mut seen = Vec::new();
    let held = other.leases().wait(&orders, Duration::ZERO, |holder| seen.push(holder.epoch)).await;
    assert!(matches!(held, Err(LakeError::Held { epoch: 1, .. })) && seen == [1], "{held:?} {seen:?}");
    assert!(other.leases().candidate(&name("customers")).await.unwrap().is_some(), "another table is free");
    lease.release().await.unwrap();
    let next = take(&other).await;
    assert_eq!(next.epoch(), 2);
    let holder = lake.leases().holder(&orders).await.unwrap().unwrap();
    assert_eq!((holder.epoch, holder.process, holder.released), (2, std::process::id(), false));
}

pub(crate) async fn a_writer_without_heartbeats_loses_its_table(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    drop(take(&lake).await);
    assert_eq!(take(&other).await.epoch(), 2, "after the lease timeout, or at once where the lock is free");
}

pub(crate) async fn a_late_writer_is_refused(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    let late = take(&lake).await;
    let (table, base) = new_table(&lake).await;
    let fenced = late.fence(&table);
    let file = fenced.writer().write_file(&[rows(0, 3)]).await.unwrap();
    assert_eq!(append(&fenced, &base, 1, "h", vec![file]).commit().await.unwrap(), CommitOutcome::Committed(1));
    let first = table.history(1).await.unwrap().remove(0);
    assert_eq!(first.info.lease, Some(1));
    late.release().await.unwrap();
    let _newer = take(&other).await;
    let base = table.snapshot(None).await.unwrap().unwrap();
    let refused = append(&fenced, &base, 2, "h", Vec::new()).commit().await.unwrap_err();
    assert!(matches!(refused, LakeError::Fenced { newest: 2, epoch: 1, .. }), "{refused:?}");
    assert_eq!(table.snapshot(None).await.unwrap().unwrap().version, 1);
}
