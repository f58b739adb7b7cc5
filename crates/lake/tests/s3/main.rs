//! The lake on an S3 protocol server.
//!
//! Runs when `SLUICE_TEST_PYTHON` names a Python with `moto[server]`. The address and the credentials
//! come from the environment, as in production, so the test runs itself again as a child process.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, its helpers too")]

#[path = "../conformance/mod.rs"]
mod conformance;
#[path = "../it/fixtures.rs"]
mod fixtures;
mod server;

use bytes::Bytes;
use conformance::Backend;
use sluice_lake::Lake;

#[test]
fn a_lake_on_s3() {
    server::run_inside("inside_the_server");
}

macro_rules! run_cases {
    ($($group:ident::$case:ident,)*) => {
        async fn run_cases(url: &str) {
            $(
                eprintln!("{}", stringify!($group::$case));
                let url = format!("{url}/{}", stringify!($case));
                conformance::$group::$case(Backend::at(&url)).await;
            )*
        }
    };
}
conformance::for_all_cases!(run_cases);

#[tokio::test(flavor = "multi_thread")]
async fn inside_the_server() {
    let Some(url) = server::url() else { return };
    addresses(&url).await;
    refusals().await;
    run_cases(&url).await;
}

/// What only a bucket has: full addresses.
async fn addresses(url: &str) {
    let lake = Lake::open(url).await.unwrap();
    assert_eq!((lake.url(), lake.name().as_str()), (url, url.rsplit('/').next().unwrap()));
    lake.objects().put("landing/shop/b+1 2.json", Bytes::from_static(b"{}")).await.unwrap();
    let absolute = lake.objects().list(&format!("{url}/landing")).await.unwrap();
    assert_eq!(absolute[0].path, format!("{url}/landing/shop/b+1 2.json"));
    assert_eq!(lake.objects().read(&absolute[0].path).await.unwrap(), "{}");
}

/// What the server itself refuses, in words of Sluice's.
async fn refusals() {
    let lake = Lake::open("S3://no-such-bucket/lake").await.unwrap();
    assert_eq!(lake.url(), "s3://no-such-bucket/lake", "schemes have no case");
    let error = lake.objects().list("contracts").await.unwrap_err();
    let refused = sluice_lake::refusal(&error).unwrap();
    assert_eq!(refused.to_string(), "the bucket no-such-bucket does not exist", "{error:?}");
}
