//! A lake that can only be read: every command that reads works, and what would write says so.

use anyhow::{Context, Result, ensure};
use sluice_tests::{BucketServer, CommandOutput, Sluice, StoreOperation, StoreRefusal, TestLake, files_below};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";

/// Commands that only read.
const READERS: [&[&str]; 15] = [
    &["status"],
    &["query", "SELECT status, count(*) AS n FROM silver.shop.orders GROUP BY status"],
    &["query", "FROM gold.shop.daily"],
    &["query", "SELECT count(*) FROM bronze.shop.orders"],
    &["diff", "shop.orders", "--from", "1", "--to", "2"],
    &["diff", "shop.orders", "--first", "--rows", "2", "--from", "1", "--to", "2"],
    &["history", "shop.orders", "--key", "id=1"],
    &["quality", "shop.orders"],
    &["batches", "shop.orders"],
    &["batches", "shop.orders", "--next"],
    &["fingerprint", "silver.shop.orders"],
    &["verify"],
    &["replay", "--dry-run"],
    &["publish", "--plan"],
    &["onboard", "landing/orders"],
];

fn event(id: u64, status: &str, position: u64) -> String {
    format!("{{\"op\":\"u\",\"after\":{{\"id\":{id},\"status\":\"{status}\"}},\"source\":{{\"lsn\":{position}}}}}\n")
}

/// A lake with deleted rows in its files, gold, a record in quarantine, and a file that waits. Nothing is in its cache.
async fn lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-read-only-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    lake.write("models/shop/daily.sql", "SELECT status, count(*) AS n FROM silver.shop.orders GROUP BY status")?;
    let first: String = (1..=50).map(|id| event(id, "new", id)).collect();
    lake.write("landing/orders/1.json", first + "{\"op\":\"u\",\"after\":{\"id\":\"x\"},\"source\":{\"lsn\":60}}\n")?;
    lake.write("landing/orders/2.json", event(1, "paid", 100) + &event(2, "paid", 101))?;
    let replayed = lake.replay_by(1).await?;
    ensure!(replayed.tables[0].error.is_none() && replayed.gold.len() == 1, "{replayed:?}");
    lake.write("landing/orders/3.json", event(3, "paid", 102))?;
    std::fs::remove_dir_all(folder.path().join("_sluice/cache")).ok();
    Ok((folder, lake))
}

/// A call without the rights of the administrator, who may write everywhere.
fn as_a_reader(command: Command) -> Result<Option<CommandOutput>> {
    let mut reader = if is_administrator()? {
        let Ok(found) = Command::new("setpriv").arg("--version").output() else { return Ok(None) };
        ensure!(found.status.success());
        let mut reader = Command::new("setpriv");
        reader
            .args(["--inh-caps=-all", "--bounding-set=-all", "--"])
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => reader.env(name, value),
                None => reader.env_remove(name),
            };
        }
        reader
    } else {
        command
    };
    let output = reader.output()?;
    Ok(Some(CommandOutput {
        code: output.status.code().context("a signal ended it")?,
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    }))
}

fn is_administrator() -> Result<bool> {
    Ok(String::from_utf8(Command::new("id").arg("-u").output()?.stdout)?.trim() == "0")
}

fn set_writable(folder: &Path, is_writable: bool) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    let mut folders = vec![folder.to_path_buf()];
    for file in files_below(folder)? {
        let path = folder.join(&file);
        folders.extend(path.ancestors().take_while(|above| *above != folder).skip(1).map(Path::to_path_buf));
        mode(&path, if is_writable { 0o644 } else { 0o444 })?;
    }
    for folder in folders {
        mode(&folder, if is_writable { 0o755 } else { 0o555 })?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_write_permission_is_read() -> Result<()> {
    let (folder, lake) = lake().await?;
    let cache = tempfile::tempdir()?;
    let sluice = Sluice::on_folder(lake.folder()).env("XDG_CACHE_HOME", cache.path().display().to_string());
    let before = files_below(folder.path())?;
    set_writable(folder.path(), false)?;
    let checked = (|| -> Result<()> {
        for words in READERS {
            let Some(said) = as_a_reader(sluice.command(words)?)? else {
                eprintln!("SKIPPED: setpriv is not there to give up the rights of the administrator");
                return Ok(());
            };
            ensure!(said.code == 0, "{words:?} ended with {}: {}{}", said.code, said.out, said.err);
        }
        let Some(said) = as_a_reader(sluice.command(&["replay"])?)? else { return Ok(()) };
        ensure!(said.code == 4 || said.code == 3, "{said:?}");
        let text = said.out + &said.err;
        ensure!(text.contains("may not write") && !text.contains("panicked"), "{text}");
        Ok(())
    })();
    set_writable(folder.path(), true)?;
    checked?;
    ensure!(files_below(folder.path())? == before, "nothing was written");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_without_the_right_to_write_is_read() -> Result<()> {
    let (folder, _lake) = lake().await?;
    let server = BucketServer::start("shop-lake")?;
    server.put_folder("lake", folder.path())?;
    server.refuse(|operation, _| {
        let reads = matches!(operation, StoreOperation::List | StoreOperation::Get | StoreOperation::Head);
        (!reads).then_some(StoreRefusal { status: 403, code: "AccessDenied" })
    });
    let before = server.keys();
    let cache = tempfile::tempdir()?;
    let sluice = Sluice::on_store("s3://shop-lake/lake", server.endpoint(), cache.path());
    for words in READERS {
        let said = sluice.call(words)?;
        ensure!(said.code == 0, "{words:?} ended with {}: {}{}", said.code, said.out, said.err);
    }
    let asked = server.requests().into_iter().filter(|(operation, _)| {
        !matches!(operation, StoreOperation::List | StoreOperation::Get | StoreOperation::Head)
    });
    ensure!(asked.count() == 0, "a reader asked to write");
    let said = sluice.call(&["replay"])?;
    let text = said.out + &said.err;
    ensure!(said.code != 0 && text.contains("do not allow to write files to the bucket"), "{text}");
    ensure!(server.keys() == before, "nothing was written");
    Ok(())
}
