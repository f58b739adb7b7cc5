//! A store that refuses: what the command says of each refusal is one sentence and one step, whichever of its requests
//! is refused, and nothing of the server's words.

use anyhow::{Result, ensure};
use sluice_tests::{BucketServer, CommandOutput, SERVER_WORDS, Sluice, StoreOperation, StoreRefusal, TestLake};
use tempfile::TempDir;

const BUCKET: &str = "shop-lake";
const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n";

/// `sluice` with credentials, on a bucket of the server; each call is as on a new machine.
fn sluice(server: &BucketServer, lake: &str, cache: &TempDir) -> Sluice {
    Sluice::on_store(lake, server.endpoint(), cache.path())
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_SHARED_CREDENTIALS_FILE", cache.path().join("no-credentials").display().to_string())
        .env("AWS_CONFIG_FILE", cache.path().join("no-config").display().to_string())
}

/// A lake with one replayed batch and one file that waits.
async fn server() -> Result<BucketServer> {
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    let event = |id: u64| format!("{{\"op\":\"c\",\"after\":{{\"id\":{id}}},\"source\":{{\"lsn\":{id}}}}}\n");
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    lake.write("landing/orders/1.json", event(1))?;
    let replayed = lake.replay().await?;
    ensure!(replayed.tables[0].error.is_none(), "{replayed:?}");
    lake.write("landing/orders/2.json", event(2))?;
    let server = BucketServer::start(BUCKET)?;
    server.put_folder("lake", folder.path())?;
    Ok(server)
}

/// The refusal is said once, with the words and the step, and nothing else.
fn says(said: &CommandOutput, what: &str, step: &str) -> Result<()> {
    let text = format!("{}{}", said.out, said.err);
    ensure!(said.code != 0, "exit code 0: {text}");
    ensure!(text.contains(what), "`{what}` is not in: {text}");
    ensure!(text.contains(step), "`{step}` is not in: {text}");
    for other in [SERVER_WORDS, "AKIASERVER", "<Error>", "<Code>", "RequestId", "Error performing", "panicked"] {
        ensure!(!text.contains(other), "`{other}` is in: {text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_of_this_test_is_a_store() -> Result<()> {
    let (server, cache) = (server().await?, tempfile::tempdir()?);
    let sluice = sluice(&server, "s3://shop-lake/lake", &cache);
    sluice.ok(&["replay"])?;
    let rows = sluice.json(&["query", "SELECT count(*) AS n FROM silver.shop.orders"])?;
    ensure!(rows["rows"][0][0] == "2" || rows["rows"][0][0] == 2, "{rows}");
    Ok(())
}

/// What the form of the window writes, too.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_names_region_endpoint_and_profile() -> Result<()> {
    let (server, cache) = (server().await?, tempfile::tempdir()?);
    let credentials = cache.path().join("credentials");
    std::fs::write(&credentials, "[desk]\naws_access_key_id = id\naws_secret_access_key = key\n")?;
    let address = format!("s3://shop-lake/lake?region=eu-west-1&endpoint={}&profile=desk", server.endpoint());
    let sluice = Sluice::on(&address)
        .env("AWS_ENDPOINT_URL", "")
        .env("AWS_REGION", "")
        .env("AWS_SHARED_CREDENTIALS_FILE", credentials.display().to_string())
        .env("XDG_CACHE_HOME", cache.path().display().to_string());
    sluice.ok(&["replay"])?;
    let status = sluice.ok(&["status"])?;
    ensure!(status.contains("shop.orders") && !status.contains("endpoint="), "{status}");
    let said = Sluice::on("s3://shop-lake/lake?aws_secret_access_key=SECRET").call(&["status"])?;
    ensure!(said.code == 2 && said.err.contains("region, endpoint and profile only"), "{said:?}");
    ensure!(!said.err.contains("SECRET"), "{said:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_one_sentence_and_one_step() -> Result<()> {
    let (server, cache) = (server().await?, tempfile::tempdir()?);
    let sluice = sluice(&server, "s3://shop-lake/lake", &cache);
    for (status, code, what, step) in [
        (301, "PermanentRedirect", "the bucket shop-lake is in another region", "AWS_REGION"),
        (400, "AuthorizationHeaderMalformed", "the bucket shop-lake is in another region", "AWS_REGION"),
        (403, "RequestTimeTooSkewed", "the clock of this machine", "Set the clock"),
        (403, "InvalidAccessKeyId", "does not know the access key id", "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "the secret access key does not belong", "AWS_SECRET_ACCESS_KEY"),
        (400, "ExpiredToken", "the session token has expired", "Sign in again"),
        (404, "NoSuchBucket", "the bucket shop-lake does not exist", "Check its name"),
        (403, "AccessDenied", "do not allow to list the bucket shop-lake", "s3:ListBucket"),
    ] {
        server.refuse(move |_, _| Some(StoreRefusal { status, code }));
        for words in [&["status"][..], &["replay"], &["query", "SELECT 1 FROM silver.shop.orders"]] {
            let said = sluice.call(words)?;
            says(&said, what, step).map_err(|error| error.context(format!("{code}, {words:?}")))?;
            ensure!(said.code == 4, "{code}, {words:?}: exit code {}", said.code);
            ensure!(said.err.matches("next:").count() == 1, "{code}, {words:?}: {}", said.err);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_missing_is_named_whichever_it_is() -> Result<()> {
    let denied = StoreRefusal { status: 403, code: "AccessDenied" };
    for (operation, below, words, what, step) in [
        (StoreOperation::List, "lake/landing", &["replay"][..], "do not allow to list the bucket", "s3:ListBucket"),
        (StoreOperation::Get, "lake/landing", &["replay"], "do not allow to read files of the bucket", "s3:GetObject"),
        (StoreOperation::Get, "lake/contracts", &["status"], "do not allow to read files of", "s3:GetObject"),
        (StoreOperation::Get, "lake/silver", &["query", "FROM silver.shop.orders"], "read files of", "s3:GetObject"),
        (StoreOperation::Put, "lake/_sluice", &["replay"], "do not allow to write files to the bucket", "s3:PutObject"),
        (StoreOperation::Put, "lake/bronze", &["replay"], "do not allow to write files to the bucket", "s3:PutObject"),
    ] {
        let (server, cache) = (server().await?, tempfile::tempdir()?);
        server.refuse(move |of, key| (of == operation && key.starts_with(below)).then_some(denied));
        let said = sluice(&server, "s3://shop-lake/lake", &cache).call(words)?;
        says(&said, what, step).map_err(|error| error.context(format!("{operation:?} below {below}")))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_and_with_a_wrong_bucket_it_is_said_so() -> Result<()> {
    let (server, cache) = (server().await?, tempfile::tempdir()?);
    let said = sluice(&server, "s3://shop-lkae/lake", &cache).call(&["status"])?;
    says(&said, "the bucket shop-lkae does not exist", "Check its name")?;

    let nobody =
        sluice(&server, "s3://shop-lake/lake", &cache).env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
    let said = nobody.call(&["status"])?;
    says(&said, "no credentials", "AWS_ACCESS_KEY_ID")?;
    ensure!(server.requests().iter().all(|(operation, _)| *operation == StoreOperation::List), "nothing was asked");
    Ok(())
}
