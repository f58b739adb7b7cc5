//! Which files are new, where there are many: nothing is lost, and nothing is looked at twice without need.

use anyhow::{Context, Result, ensure};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use sluice_api::{JobId, ReplayLimits};
use sluice_contract::limits::{FULL_LISTING_MILLISECONDS, LISTING_OVERLAP_FILES};
use sluice_lake::{Clock, Lake, LakeEnvironment};
use sluice_query::{QueryEngine, QueryOptions};
use sluice_runner::{ContractSet, Job, ReplayOptions, replay};
use sluice_tests::{BucketServer, Sluice, StoreOperation, TestLake};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use url::Url;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n";

fn event(id: u64) -> String {
    format!("{{\"op\":\"c\",\"after\":{{\"id\":{id}}},\"source\":{{\"lsn\":{id}}}}}\n")
}

/// A lake in a bucket, with a clock that is set by hand.
struct Remote {
    disk: Arc<InMemory>,
    folder: TempDir,
    now_ms: Arc<AtomicI64>,
}

impl Remote {
    fn new() -> Result<Self> {
        let now_ms = Arc::new(AtomicI64::new(1_700_000_000_000));
        Ok(Self { disk: Arc::default(), folder: tempfile::tempdir()?, now_ms })
    }

    async fn write(&self, path: &str, text: String) -> Result<()> {
        self.disk.put(&Path::parse(format!("lake/{path}"))?, text.into()).await?;
        Ok(())
    }

    async fn deliver(&self, name: &str, id: u64) -> Result<()> {
        self.write(&format!("landing/orders/{name}"), event(id)).await
    }

    fn wait(&self, milliseconds: i64) {
        self.now_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Files that a new process takes.
    async fn replay(&self, limits: ReplayLimits) -> Result<u64> {
        let now_ms = Arc::clone(&self.now_ms);
        let environment = LakeEnvironment {
            clock: Clock::of(move || now_ms.load(Ordering::Relaxed)),
            cache_folder: Some(self.folder.path().join("files")),
            ..LakeEnvironment::default()
        };
        let store: Arc<dyn ObjectStore> = Arc::clone(&self.disk) as _;
        let lake = Lake::with_environment(store, &Url::parse("memory:///lake")?, environment)?;
        let allowed = lake.readable_folders();
        let engine = QueryEngine::new(QueryOptions { allowed, ..QueryOptions::default() })?;
        let set = ContractSet::draft(&lake).await?;
        let options = ReplayOptions { limits, ..ReplayOptions::default() };
        let mut replayed = replay(&lake, &engine, &set, &options, &Job::new(JobId(1), "test")).await?;
        let table = replayed.tables.pop().context("a table")?;
        ensure!(table.error.is_none(), "{:?}", table.error);
        Ok(table.files)
    }

    async fn next(&self) -> Result<u64> {
        self.replay(ReplayLimits::default()).await
    }
}

/// As many files as are listed from the end on, and some before them.
async fn with_many_files(name: impl Fn(u64) -> String) -> Result<(Remote, u64)> {
    let lake = Remote::new()?;
    lake.write("contracts/shop/orders.yaml", CONTRACT.to_owned()).await?;
    let count = LISTING_OVERLAP_FILES as u64 + 200;
    for number in 0..count {
        lake.deliver(&name(number), number + 1).await?;
    }
    ensure!(lake.next().await? == count, "all are taken");
    Ok((lake, count))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_under_an_earlier_name_is_late_and_never_lost() -> Result<()> {
    let numbered = |number: u64| format!("{:08}.json", number + 100);
    let (lake, count) = with_many_files(numbered).await?;
    ensure!(lake.next().await? == 0);
    // At the end, and among the last thousand: at once.
    lake.deliver(&numbered(count), 5_001).await?;
    lake.deliver(&format!("{:08}-late.json", count + 90), 5_002).await?;
    ensure!(lake.next().await? == 2, "what is new stands at the end");
    // Before all of them: once everything is listed again.
    lake.deliver("00000001.json", 5_003).await?;
    ensure!(lake.next().await? == 0, "only the end is listed");
    lake.wait(FULL_LISTING_MILLISECONDS - 1);
    ensure!(lake.next().await? == 0);
    lake.wait(1);
    ensure!(lake.next().await? == 1, "it is late and not lost");
    // Now it is known that names do not always rise.
    lake.deliver("00000002.json", 5_004).await?;
    ensure!(lake.next().await? == 1, "everything is listed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_listed_on_request_and_when_nobody_knows_better() -> Result<()> {
    let (lake, _) = with_many_files(|number| format!("{:08}.json", number + 100)).await?;
    lake.deliver("00000001.json", 5_001).await?;
    ensure!(lake.next().await? == 0);
    let plan = ReplayLimits { dry_run: true, list_all: true, ..ReplayLimits::default() };
    ensure!(lake.replay(plan).await? == 1, "a plan sees it");
    // Whoever only looked has not taken it.
    lake.wait(FULL_LISTING_MILLISECONDS);
    ensure!(lake.next().await? == 1);
    lake.deliver("00000002.json", 5_002).await?;
    std::fs::remove_dir_all(lake.folder.path().join("listings"))?;
    ensure!(lake.next().await? == 1, "another machine knows of no listing");
    lake.deliver("00000003.json", 5_003).await?;
    ensure!(lake.replay(ReplayLimits { list_all: true, ..ReplayLimits::default() }).await? == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_and_date_folders_are_listed_from_their_ends() -> Result<()> {
    let in_partition = |number: u64| format!("t/partition={}/t+{}+{number:010}.json", number % 2, number % 2);
    let (lake, _) = with_many_files(in_partition).await?;
    lake.deliver("t/partition=0/t+0+0000090000.json", 5_001).await?;
    lake.deliver("t/partition=1/t+1+0000090001.json", 5_002).await?;
    lake.deliver("t/partition=10/t+10+0000000000.json", 5_003).await?;
    ensure!(lake.next().await? == 3, "the first partition, the last, and one that is new");

    let rising = |number: u64| format!("2026/{:02}/{:06}.json", 1 + number / 300, number);
    let (lake, _) = with_many_files(rising).await?;
    lake.deliver("2026/12/900000.json", 5_001).await?;
    lake.deliver("2027/01/900001.json", 5_002).await?;
    ensure!(lake.next().await? == 2, "a new month and a new year");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_batches_are_read_from_one_file() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-discovery-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    for number in 1..=70 {
        lake.write(&format!("landing/orders/{number:04}.json"), event(number))?;
    }
    let replayed = lake.replay_by(1).await?;
    ensure!(replayed.tables[0].batches == 70, "{replayed:?}");
    let batches = folder.path().join("_sluice/batches/shop/orders");
    ensure!(batches.join("folded").read_dir()?.count() == 1, "they are folded");
    // Without the manifests of the first batches it is known which files were taken.
    for batch in 1..=10 {
        std::fs::remove_file(batches.join(format!("{batch:020}.json")))?;
    }
    lake.write("landing/orders/0071.json", event(71))?;
    let replayed = TestLake::at(folder.path()).replay().await?;
    ensure!(replayed.tables[0].error.is_none() && replayed.tables[0].files == 1, "{replayed:?}");
    // A file that was written again in its place is found at once.
    lake.write("landing/orders/0003.json", event(3) + &event(72))?;
    let replayed = TestLake::at(folder.path()).replay().await?;
    ensure!(replayed.tables[0].error.is_none() && replayed.tables[0].files == 1, "{replayed:?}");
    // Whoever begins anew takes the folded ones away with the manifests.
    std::fs::remove_dir_all(&batches)?;
    let orders = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    ensure!(TestLake::at(folder.path()).lake().await?.ledger().batches(&orders).await?.is_empty());
    Ok(())
}

/// As the store sees it: one request, where a listing of everything takes one for every thousand files.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_asked_for_what_is_new() -> Result<()> {
    let server = BucketServer::start("shop-lake")?;
    server.put("lake/contracts/shop/orders.yaml", CONTRACT);
    let file = |number: u64| format!("lake/landing/orders/{number:08}.json");
    for number in 1..=3_500 {
        server.put(&file(number), event(number));
    }
    let cache = tempfile::tempdir()?;
    let sluice = Sluice::on_store("s3://shop-lake/lake", server.endpoint(), cache.path());
    let files = |said: &serde_json::Value| said["tables"][0]["files"].as_u64();
    ensure!(files(&sluice.json(&["replay"])?) == Some(3_500));
    let listings = || {
        let of_landing = |(operation, prefix): &(StoreOperation, String)| {
            *operation == StoreOperation::List && prefix.starts_with("lake/landing")
        };
        server.requests().iter().filter(|request| of_landing(request)).count()
    };
    for (words, expected) in [(&["replay"][..], 1), (&["replay", "--list-all"], 4)] {
        server.forget_requests();
        ensure!(files(&sluice.json(words)?) == Some(0));
        ensure!(listings() == expected, "{words:?}: {} listings", listings());
    }
    server.put(&file(3_501), event(3_501));
    server.forget_requests();
    ensure!(files(&sluice.json(&["replay"])?) == Some(1));
    ensure!(listings() <= 3, "{} listings, before and under the lease", listings());
    Ok(())
}
