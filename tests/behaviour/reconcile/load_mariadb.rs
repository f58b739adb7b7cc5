//! A live MariaDB whose rows change all the time; the feed has each change at its place in the binary log.

use super::{counts, ids, reconcile};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sluice_tests::{MariaDbServer, Sluice, TestLake, amount, counted};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

const CONTRACT: &str = "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\n\
    guards: {max_deleted_rows: 100000}\nschema:\n- {name: id, type: int, primary_key: true}\n\
    - {name: note, type: string}\n- {name: n, type: bigint}\n";
const LOG: &str = "mariadb-bin.000001";
/// How often is looked while rows change.
const LOOKS: u64 = 2;

/// A change that was made: what it does, and the row.
type Change = (&'static str, Value);

/// A source in which every statement changes one row, so that changes and entries of the log are one to one.
struct Source {
    server: MariaDbServer,
    made: Mutex<Vec<Change>>,
}

impl Source {
    async fn change(&self, op: &'static str, id: u64, note: &str, n: u64) -> Result<()> {
        let sql = match op {
            "c" => format!("INSERT INTO shop.customers VALUES ({id}, '{note}', {n})"),
            "u" => format!("UPDATE shop.customers SET note = '{note}', n = {n} WHERE id = {id}"),
            _ => format!("DELETE FROM shop.customers WHERE id = {id}"),
        };
        self.server.sql(&sql).await?;
        let mut made = self.made.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        made.push((op, json!({"id": id, "note": note, "n": n})));
        Ok(())
    }

    /// Changes from the `from`th on with their places in the log; `alter` damages or drops one.
    async fn events(&self, from: usize, alter: impl Fn(u64, &mut Value) -> bool) -> Result<(usize, String)> {
        let made = self.made.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.clone();
        let entries = self.server.sql(&format!("SHOW BINLOG EVENTS IN '{LOG}'")).await?;
        let places = entries.iter().filter(|entry| entry[2].contains("_rows_")).map(|entry| entry[1].as_str());
        let mut lines = String::new();
        let changes = made.iter().zip(places).skip(from);
        for ((op, row), place) in changes {
            let (mut row, pos) = (row.clone(), place.parse::<u64>()?);
            let id = row["id"].as_u64().context("an id")?;
            if !alter(id, &mut row) {
                continue;
            }
            let side = if *op == "d" { "before" } else { "after" };
            let source = json!({"connector": "mariadb", "file": LOG, "pos": pos, "row": 0});
            lines.push_str(&format!("{}\n", json!({"op": op, side: row, "source": source})));
        }
        Ok((made.len(), lines))
    }
}

/// Changes rows of its own until it is stopped.
async fn write(source: Arc<Source>, stop: Arc<AtomicBool>) -> Result<usize> {
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        source.change("u", 201 + round % 50, "written", round).await?;
        source.change("c", 1_000 + round, "new", round).await?;
        if round > 3 {
            source.change("d", 1_000 + round - 3, "new", round).await?;
        }
    }
    Ok(usize::try_from(round)? * 3)
}

fn as_it_is(_: u64, _: &mut Value) -> bool {
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_what_a_feed_of_mariadb_lost_is_found_and_nothing_else() -> Result<()> {
    let test = "under_load_what_a_feed_of_mariadb_lost_is_found_and_nothing_else";
    let Some(server) = MariaDbServer::start(test).await? else { return Ok(()) };
    let source = Arc::new(Source { server, made: Mutex::default() });
    let folder = tempfile::Builder::new().prefix("sluice-reconcile-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    let sluice = Sluice::on_folder(folder.path());
    source.server.sql("CREATE TABLE shop.customers (id int PRIMARY KEY, note varchar(40), n bigint)").await?;
    for id in 1..=260 {
        source.change("c", id, "first", id).await?;
    }
    // 37 rows are damaged on their way.
    let damage = |id: u64, row: &mut Value| {
        if (101..=137).contains(&id) {
            row["n"] = json!(0);
        }
        true
    };
    let (mut fed, first) = source.events(0, damage).await?;
    lake.write("landing/000001.json", first)?;
    // 11 events are lost, and 5 deletes are never sent.
    for id in 1..=11 {
        source.change("u", id, "between", id).await?;
    }
    let (_, late) = source.events(fed, as_it_is).await?;
    for id in 1..=11 {
        source.change("u", id, "last", id).await?;
    }
    for id in 151..=155 {
        source.change("d", id, "first", id).await?;
    }
    fed = source.events(fed, as_it_is).await?.0;
    sluice.ok(&["replay"])?;

    let is_lost = |id: &u64| *id <= 11 || (101..=137).contains(id) || (151..=155).contains(id);
    let url = source.server.url();
    let (stop, done) = (Arc::new(AtomicBool::new(false)), AtomicBool::new(false));
    // A task of its own, so that it goes on while the others wait for a program.
    let writer = tokio::spawn(write(Arc::clone(&source), Arc::clone(&stop)));
    let mut number = 1;
    let looks = async {
        let looked = async {
            for _ in 0..amount("SLUICE_LOAD_LOOKS", LOOKS) {
                let found = tokio::task::block_in_place(|| reconcile(&sluice, &["--with", &url]))?.1;
                for difference in ["missing", "surplus", "different"] {
                    let faults = ids(&found, difference, "fault");
                    ensure!(faults.iter().all(is_lost), "{difference}: {found:#}");
                }
            }
            let runner = async {
                while !done.load(Ordering::Relaxed) {
                    let (now, lines) = source.events(fed, as_it_is).await?;
                    (fed, number) = (now, number + 1);
                    lake.write(&format!("landing/{number:06}.json"), lines)?;
                    tokio::task::block_in_place(|| sluice.ok(&["replay"]))?;
                    tokio::task::yield_now().await;
                }
                Ok::<_, anyhow::Error>(())
            };
            let decider = {
                let (sluice, url, done) = (Sluice::on_folder(folder.path()), url.clone(), &done);
                async move {
                    let call = tokio::task::spawn_blocking(move || -> Result<()> {
                        let waiting = ["--with", url.as_str(), "--wait", "60", "--rows", "0"];
                        let (_, found) = reconcile(&sluice, &waiting)?;
                        ensure!(counts(&found) == [0, 5, 48], "{found:#}");
                        ensure!(found["is_arrival_unknown"] == false, "{found:#}");
                        ensure!(ids(&found, "surplus", "fault") == [151, 152, 153, 154, 155], "{found:#}");
                        let repair = ["--repair", "--yes", "--because", "the feed lost them", "--author", "Ada"];
                        let (_, repaired) = reconcile(&sluice, &[&waiting[..], &repair].concat())?;
                        let repaired = &repaired["repair"];
                        ensure!(repaired["upserts"] == 48 && repaired["deletes"] == 5, "{repaired:#}");
                        Ok(())
                    });
                    let decided = call.await;
                    done.store(true, Ordering::Relaxed);
                    decided?
                }
            };
            let (ran, decided) = tokio::join!(runner, decider);
            decided.and(ran)
        }
        .await;
        stop.store(true, Ordering::Relaxed);
        looked
    };
    let looked = looks.await;
    let written = writer.await??;
    looked?;
    ensure!(written > 100, "{written} changes are no load");
    counted("changes while reconciling with MariaDB", written);
    let (_, rest) = source.events(fed, as_it_is).await?;
    lake.write("landing/900000.json", rest)?;
    lake.write("landing/late.json", late)?;
    sluice.ok(&["replay"])?;
    let (code, found) = reconcile(&sluice, &["--with", &url])?;
    ensure!(code == 0 && found["is_equal"] == true, "{found:#}");
    let again = ["--with", &url, "--repair", "--yes", "--because", "again", "--author", "Ada"];
    let (_, again) = reconcile(&sluice, &again)?;
    ensure!(again["repair"]["correction"].is_null(), "{}", again["repair"]);
    Ok(())
}
