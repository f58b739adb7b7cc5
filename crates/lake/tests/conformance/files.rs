//! Files by path: put, get, put if absent, delete, list.

use super::Backend;
use bytes::Bytes;
use sluice_lake::{LakeError, PutNew, SourceFile};

pub(crate) async fn a_file_is_read_as_it_was_written(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    for content in [Bytes::from_static(b"{}"), Bytes::new(), Bytes::from(vec![7_u8; 300_000])] {
        lake.objects().put("landing/a b+1%20 ä.json", content.clone()).await.unwrap();
        assert_eq!(other.objects().read("landing/a b+1%20 ä.json").await.unwrap(), content, "the last write counts");
    }
}

pub(crate) async fn a_missing_file_is_not_found(backend: Backend) {
    let lake = backend.open().await;
    assert!(matches!(lake.objects().read("landing/none").await, Err(LakeError::NotFound { .. })));
    assert!(!lake.objects().exists("landing/none").await.unwrap());
    assert!(lake.objects().list("landing").await.unwrap().is_empty());
    assert!(lake.objects().list_folders("landing").await.unwrap().is_empty());
}

pub(crate) async fn a_listing_begins_after_a_name(backend: Backend) {
    let lake = backend.open().await;
    let files =
        ["landing/o/2026/11/30/1.json", "landing/o/2026/12/01/1.json", "landing/o/LOAD1.json", "landing/p/1.json"];
    for file in files {
        lake.objects().put(file, Bytes::from_static(b"{}")).await.unwrap();
    }
    let after = async |folder: &str, name: &str| -> Vec<String> {
        let listed = lake.objects().list_after(folder, name).await.unwrap();
        listed.into_iter().map(|file| file.path).collect()
    };
    assert_eq!(after("landing/o", files[0]).await, files[1..3], "the file itself is none of them");
    assert_eq!(after("landing/o", "landing/o/2026/12/00").await, files[1..3], "the name need not be there");
    assert_eq!(after("landing/o", files[2]).await, Vec::<String>::new());
    assert_eq!(after("landing/none", "landing/none").await, Vec::<String>::new());
}

pub(crate) async fn a_file_is_created_once(backend: Backend) {
    let (lake, other) = (backend.open().await, backend.open().await);
    lake.objects().ensure_writable().await.unwrap();
    let put = |text: &'static str| other.objects().put_new("_sluice/a.json", Bytes::from_static(text.as_bytes()));
    assert_eq!(lake.objects().put_new("_sluice/a.json", "ours".into()).await.unwrap(), PutNew::Created);
    assert_eq!(put("theirs").await.unwrap(), PutNew::Exists);
    assert_eq!(lake.objects().read("_sluice/a.json").await.unwrap(), "ours");
    lake.objects().delete("_sluice/a.json").await.unwrap();
    assert_eq!(put("theirs").await.unwrap(), PutNew::Created, "the name is free again");
}

pub(crate) async fn of_sixteen_writers_one_creates(backend: Backend) {
    let lake = backend.open().await;
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let lake = lake.clone();
            let content = Bytes::from(format!("writer {number}"));
            tokio::spawn(async move { lake.objects().put_new("_sluice/x.json", content).await })
        })
        .collect();
    let mut winners = Vec::new();
    for (number, task) in tasks.into_iter().enumerate() {
        if task.await.unwrap().unwrap() == PutNew::Created {
            winners.push(format!("writer {number}"));
        }
    }
    let found = String::from_utf8(lake.objects().read("_sluice/x.json").await.unwrap().to_vec()).unwrap();
    assert_eq!(winners, [found]);
}

pub(crate) async fn a_file_is_removed_once_and_again(backend: Backend) {
    let lake = backend.open().await;
    lake.objects().put("other.json", Bytes::from_static(b"1")).await.unwrap();
    assert!(lake.objects().exists("other.json").await.unwrap());
    for _ in 0..2 {
        lake.objects().delete("other.json").await.unwrap();
        assert!(!lake.objects().exists("other.json").await.unwrap());
    }
}

fn paths(files: &[SourceFile]) -> Vec<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}

pub(crate) async fn files_are_listed_below_a_folder(backend: Backend) {
    let lake = backend.open().await;
    let inside = ["landing/a/1+0%20.json.gz", "landing/a/2 x.json", "landing/b.json"];
    for path in inside.iter().rev().chain(&["landing2/c.json", "other.json"]) {
        lake.objects().put(path, Bytes::from_static(b"{}")).await.unwrap();
    }
    for folder in ["landing", "landing/"] {
        let files = lake.objects().list(folder).await.unwrap();
        assert_eq!(paths(&files), inside, "sorted, and nothing of a folder whose name only begins alike");
        assert!(files.iter().all(|file| file.size == 2 && !file.etag.is_empty() && file.modified_ms.is_some()));
    }
    assert_eq!(paths(&lake.objects().list("landing/b.json").await.unwrap()), ["landing/b.json"]);
    let before = lake.objects().list("other.json").await.unwrap();
    lake.objects().put("other.json", Bytes::from_static(b"other")).await.unwrap();
    assert_ne!(
        lake.objects().list("other.json").await.unwrap()[0].etag,
        before[0].etag,
        "another content, another tag"
    );
}

pub(crate) async fn folders_are_listed(backend: Backend) {
    let lake = backend.open().await;
    for path in ["landing/shop/a.json", "landing/crm/deep/b.json", "landing/c.json"] {
        lake.objects().put(path, Bytes::from_static(b"{}")).await.unwrap();
    }
    assert_eq!(lake.objects().list_folders("landing").await.unwrap(), ["crm", "shop"]);
}

pub(crate) async fn paths_stay_inside_of_the_lake(backend: Backend) {
    let lake = backend.open().await;
    for bad in ["../secret", "a/../../secret", "a//b", "a\0b"] {
        assert!(matches!(lake.objects().read(bad).await, Err(LakeError::BadPath { .. })), "{bad:?}");
        assert!(matches!(lake.objects().put(bad, Bytes::new()).await, Err(LakeError::BadPath { .. })), "{bad:?}");
    }
}
