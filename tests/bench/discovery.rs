//! How long it takes to find a few new files among very many that were taken before, in a folder of this machine and in a
//! bucket. Called by `cargo xtask bench discovery`: `discovery-bench PLACE FILES NEW`, with `sluice` in `SLUICE_BIN`.
//!
//! The manifests of the files that were taken are written as a run writes them; what is measured is a process of
//! `sluice` as a person starts it, which plans the next batch and knows nothing of those before.

use anyhow::{Context, Result, ensure};
use sluice_api::TableName;
use sluice_lake::{BatchManifest, Lake, LakeEnvironment, PutNew, SourceFile};
use sluice_tests::{BucketServer, Sluice, StoreOperation};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const CONTRACT: &str = "dataset: \"bench.events\"\nsource: {path: \"landing/events/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n";
/// Files of a batch.
const BATCH: usize = 20_000;
const TABLE: &str = "bench.events";
const FOLDERS: &str = "landing/events";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [place, files, new] = words.as_slice() else { anyhow::bail!("discovery-bench PLACE FILES NEW") };
    let (files, new) = (files.parse()?, new.parse()?);
    let folder = tempfile::Builder::new().prefix("sluice-discovery-").tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match place.as_str() {
        "folder" => runtime.block_on(in_folder(folder.path(), files, new)),
        "bucket" => runtime.block_on(in_bucket(files, new)),
        other => anyhow::bail!("`{other}` is no place, use folder or bucket"),
    }
}

fn name(number: u64) -> String {
    format!("{FOLDERS}/events+0+{number:010}.json")
}

fn event(id: u64) -> String {
    format!("{{\"op\":\"c\",\"after\":{{\"id\":{id}}},\"source\":{{\"lsn\":{id}}}}}\n")
}

async fn in_folder(folder: &Path, files: u64, new: u64) -> Result<()> {
    std::fs::create_dir_all(folder.join(FOLDERS))?;
    std::fs::create_dir_all(folder.join("contracts/bench"))?;
    std::fs::write(folder.join("contracts/bench/events.yaml"), CONTRACT)?;
    for number in 0..files {
        std::fs::write(folder.join(name(number)), event(number))?;
    }
    let lake = Lake::open(folder.to_str().context("a path in UTF-8")?).await?;
    claim(&lake).await?;
    for number in files..files + new {
        std::fs::write(folder.join(name(number)), event(number))?;
    }
    let sluice = Sluice::on_folder(folder);
    for round in ["first", "again"] {
        let (seconds, found) = plan(&sluice)?;
        ensure!(found == new, "{found} files are new, not {new}");
        say("folder", round, files, new, seconds, None);
    }
    Ok(())
}

async fn in_bucket(files: u64, new: u64) -> Result<()> {
    let server = BucketServer::start("lake")?;
    server.put("contracts/bench/events.yaml", CONTRACT);
    for number in 0..files {
        server.put(&name(number), event(number));
    }
    // The cache of this process is that of the measured ones.
    let cache = std::env::var("XDG_CACHE_HOME").context("XDG_CACHE_HOME says where the cache is")?;
    let sluice = Sluice::on_store("s3://lake", server.endpoint(), Path::new(&cache));
    let store = object_store::aws::AmazonS3Builder::new()
        .with_endpoint(server.endpoint())
        .with_allow_http(true)
        .with_bucket_name("lake")
        .with_region("eu-central-1")
        .with_access_key_id("test")
        .with_secret_access_key("test")
        .build()?;
    let store: Arc<dyn object_store::ObjectStore> = Arc::new(store);
    let url = url::Url::parse("s3://lake")?;
    let lake = Lake::with_environment(store, &url, LakeEnvironment::default())?;
    claim(&lake).await?;
    server.forget_requests();
    let (seconds, found) = plan(&sluice)?;
    ensure!(found == 0, "{found} files are new");
    say("bucket", "everything listed", files, 0, seconds, Some(lists(&server)));
    // As a run does when all it found is claimed.
    let table: TableName = TABLE.parse().map_err(anyhow::Error::msg)?;
    lake.ledger().record_full_listing(&table, &format!("{FOLDERS}/"), lake.ledger().now_ms());
    for number in files..files + new {
        server.put(&name(number), event(number));
    }
    for round in ["first", "again"] {
        server.forget_requests();
        let (seconds, found) = plan(&sluice)?;
        ensure!(found == new, "{found} files are new, not {new}");
        say("bucket", round, files, new, seconds, Some(lists(&server)));
    }
    Ok(())
}

/// Listings of the source, a thousand names each.
fn lists(server: &BucketServer) -> u64 {
    let of_source = |(operation, prefix): &(StoreOperation, String)| {
        *operation == StoreOperation::List && prefix.starts_with(FOLDERS)
    };
    server.requests().iter().filter(|request| of_source(request)).count() as u64
}

/// Writes the manifests of all files that are there, and folds them.
async fn claim(lake: &Lake) -> Result<()> {
    let table: TableName = TABLE.parse().map_err(anyhow::Error::msg)?;
    let files: Vec<SourceFile> = lake.objects().list(FOLDERS).await?;
    let mut claimed = Vec::new();
    for (number, files) in (1..).zip(files.chunks(BATCH)) {
        let manifest = BatchManifest {
            batch: number,
            files: files.to_vec(),
            contract_hash: String::new(),
            contents: Vec::new(),
            backfill: None,
            source: None,
        };
        ensure!(lake.ledger().claim_batch(&table, &manifest).await? == PutNew::Created, "batch {number} is there");
        claimed.push(Arc::new(manifest));
    }
    let last = claimed.len() as u64;
    Ok(lake.ledger().fold_batches(&table, &claimed, last).await?)
}

/// Seconds to plan the next batch, and the files that are new.
fn plan(sluice: &Sluice) -> Result<(f64, u64)> {
    let begun = Instant::now();
    let planned = sluice.json(&["batches", TABLE, "--next", "--max-files", "1000000"])?;
    let seconds = begun.elapsed().as_secs_f64();
    let files = planned["files"].as_array().map_or(0, Vec::len) as u64;
    Ok((seconds, files))
}

fn say(place: &str, round: &str, files: u64, new: u64, seconds: f64, lists: Option<u64>) {
    let line = serde_json::json!({
        "place": place, "round": round, "files": files, "new": new, "seconds": seconds, "lists": lists,
    });
    println!("{line}");
}
