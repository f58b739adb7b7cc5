//! Files of a folder by path, in the styles that an address may have.

use crate::new_lake;
use bytes::Bytes;
use sluice_lake::LakeError;

#[tokio::test]
async fn files_are_listed_in_the_style_of_the_question() {
    let (_folder, lake) = new_lake().await;
    for path in ["landing/b.json", "landing/a/2 x.json", "landing/a/1+0%20.json.gz", "other.json"] {
        lake.objects().put(path, Bytes::from_static(b"{}")).await.unwrap();
    }
    let paths = |files: Vec<sluice_lake::SourceFile>| files.into_iter().map(|file| file.path).collect::<Vec<_>>();
    let inside = ["landing/a/1+0%20.json.gz", "landing/a/2 x.json", "landing/b.json"];
    let files = lake.objects().list("landing/").await.unwrap();
    assert_eq!(files[0].size, 2);
    assert!(files[0].etag.ends_with("-2") && files[0].etag.len() > 16, "{}", files[0].etag);
    assert_eq!(paths(files), inside);
    let root = lake.local_root().unwrap().to_str().unwrap().to_owned();
    let absolute = paths(lake.objects().list(&format!("{root}/landing")).await.unwrap());
    assert_eq!(absolute, inside.map(|path| format!("{root}/{path}")));
    let urls = paths(lake.objects().list(&format!("file://{root}/landing")).await.unwrap());
    assert!(urls[0].starts_with("file:///") && urls.len() == 3);
    for path in absolute.iter().chain(&urls).map(String::as_str).chain(inside) {
        assert_eq!(lake.objects().read(path).await.unwrap(), "{}", "{path}");
    }
    assert_eq!(paths(lake.objects().list("landing/b.json").await.unwrap()), ["landing/b.json"]);
    assert!(lake.objects().list("nowhere").await.unwrap().is_empty());
    assert!(lake.objects().list_folders("nowhere").await.unwrap().is_empty());
    assert_eq!(lake.objects().list_folders("landing").await.unwrap(), ["a"]);
    assert!(!std::path::Path::new(&root).join("nowhere").exists(), "looking does not create");
    assert!(matches!(lake.objects().read("landing/c").await, Err(LakeError::NotFound { .. })));
    assert!(matches!(lake.objects().read("../secret").await, Err(LakeError::BadPath { .. })));
    lake.objects().delete("other.json").await.unwrap();
    lake.objects().delete("other.json").await.unwrap();
    assert!(!lake.objects().exists("other.json").await.unwrap());
    assert_eq!(lake.name(), "lake");
}
