//! Being stopped at any write: what is half done is no release, and the same call again finishes it.

use crate::support::{ENGINE, ORDERS, contents_of, empty_lake, plan, publication, put};
use sluice_api::PublishScope;
use sluice_lake::Lake;
use sluice_publish::{
    Author, PublishError, approve, current, lock, open_lock, plan_document, proposal, propose, publish, releases,
    unlock,
};
use std::collections::BTreeMap;

/// Every file below `_sluice`, with its content.
async fn files(lake: &Lake) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for file in lake.objects().list("_sluice").await.unwrap() {
        files.insert(file.path.clone(), lake.objects().read(&file.path).await.unwrap().to_vec());
    }
    files
}

/// Puts the files back as they were, so that the lake is as if nothing after them was written.
async fn restore(lake: &Lake, before: &BTreeMap<String, Vec<u8>>) {
    for path in files(lake).await.into_keys().filter(|path| !before.contains_key(path)) {
        lake.objects().delete(&path).await.unwrap();
    }
}

async fn publish_draft(lake: &Lake, base: Option<u64>) -> Result<u64, PublishError> {
    let contents = contents_of(lake, &PublishScope::Draft).await?;
    let next = sluice_publish::plan(lake, &contents, plan_document(&contents, ENGINE)).await?.next;
    let publication = publication(&contents, next, base, "words", "anna");
    Ok(publish(lake, &contents, &publication).await?.release.release)
}

#[tokio::test]
async fn a_publisher_who_is_stopped_after_any_write_leaves_whole_releases() {
    let (_folder, lake) = empty_lake().await;
    put(&lake, ORDERS).await;
    publish_draft(&lake, None).await.unwrap();
    put(&lake, &format!("{ORDERS}- {{name: note, type: string}}\n")).await;
    let before = files(&lake).await;
    publish_draft(&lake, Some(1)).await.unwrap();
    let after = files(&lake).await;
    let written: Vec<&String> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert_eq!(written.len(), 2, "a release and an entry of the log: {written:?}");
    let release = written.iter().find(|path| path.contains("/releases/")).unwrap();

    // Nothing was written yet, the release was, both were and the reply was lost.
    for (kept, number) in [(Vec::new(), 2), (vec![*release], 3), (written.clone(), 2)] {
        restore(&lake, &before).await;
        for path in &kept {
            let bytes = after[*path].clone();
            lake.objects().put(path, bytes.into()).await.unwrap();
        }
        let is_published = kept.len() == 2;
        assert_eq!(current(&lake).await.unwrap().unwrap().number, 1 + u64::from(is_published));
        assert_eq!(releases(&lake).await.unwrap().len(), 1 + usize::from(is_published));
        if is_published {
            assert!(plan(&lake).await.unwrap().is_published());
        } else {
            // The plan is another number where a file without an entry has it.
            assert_eq!(publish_draft(&lake, Some(1)).await.unwrap(), number);
            assert_eq!(current(&lake).await.unwrap().unwrap().number, number);
        }
    }
}

#[tokio::test]
async fn agreement_is_kept_or_not_there() {
    let (_folder, lake) = empty_lake().await;
    put(&lake, ORDERS).await;
    let contents = contents_of(&lake, &PublishScope::Draft).await.unwrap();
    let document = plan_document(&contents, ENGINE);
    let (mira, jonas) = (Author::new("mira").unwrap(), Author::new("jonas").unwrap());
    let before = files(&lake).await;
    let proposed = propose(&lake, &document, &mira, "words", 1, 1).await.unwrap();
    assert_eq!(files(&lake).await.len(), before.len() + 1, "one write");
    approve(&lake, &proposed, &jonas, 2).await.unwrap();
    let approved = files(&lake).await;
    assert_eq!(approved.len(), before.len() + 2, "one write");
    // The same again after a lost reply writes nothing.
    let again = propose(&lake, &document, &mira, "words", 1, 9).await.unwrap();
    approve(&lake, &again, &jonas, 9).await.unwrap();
    assert_eq!(files(&lake).await, approved);
    let found = proposal(&lake, &document.plan, 1, None).await.unwrap().unwrap();
    assert_eq!((found.proposed_ms, found.approvals[0].at_ms), (1, 2));

    lock(&lake, &mira, "incident", 3).await.unwrap();
    let locked = files(&lake).await;
    assert_eq!(locked.len(), approved.len() + 1, "one write");
    unlock(&lake, &jonas, 4).await.unwrap();
    // Stopped before the unlock was written: the lock is open.
    restore(&lake, &locked).await;
    assert_eq!(open_lock(&lake).await.unwrap().map(|lock| lock.by).as_deref(), Some("mira"));
    unlock(&lake, &jonas, 5).await.unwrap();
    assert!(open_lock(&lake).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_lock_at_once_one_does() {
    let (_folder, lake) = empty_lake().await;
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let lake = lake.clone();
            tokio::spawn(async move {
                let by = Author::new(&format!("person {number}")).unwrap();
                lock(&lake, &by, "incident", number).await
            })
        })
        .collect();
    let mut held = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(lock) => held.push(lock),
            Err(error) => assert!(matches!(error, PublishError::NotAllowed { .. }), "{error:?}"),
        }
    }
    assert_eq!(held.len(), 1);
    assert_eq!(open_lock(&lake).await.unwrap(), held.pop());
}
