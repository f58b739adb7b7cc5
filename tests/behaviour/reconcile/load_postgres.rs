//! A live PostgreSQL whose rows change all the time; the feed is what its logical decoding says.

use super::{counts, ids, reconcile};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sluice_tests::{POSTGRES_PASSWORD, PostgresServer, Sluice, TestLake, amount, counted};
use std::sync::atomic::{AtomicBool, Ordering};

const CONTRACT: &str = "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\n\
    guards: {max_deleted_rows: 100000}\nschema:\n- {name: id, type: int, primary_key: true}\n\
    - {name: note, type: string}\n- {name: n, type: bigint}\n";
/// Changes of each writer between two looks, and how often is looked.
const CHANGES: u64 = 60;
const LOOKS: u64 = 2;
const WRITERS: u64 = 2;

/// The feed: changes in the order of the log, each with the commit before it, as the connector sends them.
struct Feed<'a> {
    server: &'a PostgresServer,
    last_commit: u64,
    number: usize,
}

impl Feed<'_> {
    /// What was committed since the last time, as lines; `alter` damages or drops the row of a change.
    fn next(&mut self, alter: impl Fn(u64, &str, &mut Value) -> bool) -> Result<String> {
        let printed = self.server.sql(
            "SELECT (lsn - '0/0'::pg_lsn)::bigint || '|' || COALESCE(floor(extract(epoch FROM substring(data FROM \
             'COMMIT \\(at (.*)\\)')::timestamptz) * 1000)::bigint::text, '') || '|' || data \
             FROM pg_logical_slot_get_changes('feed', NULL, NULL, \
             'include-timestamp', 'on', 'include-xids', 'off', 'skip-empty-xacts', 'on')",
        )?;
        let mut changes: Vec<(u64, &str, Value)> = Vec::new();
        let mut lines = String::new();
        for line in printed.lines() {
            let (lsn, rest) = line.split_once('|').context("a position")?;
            let (ms, data) = rest.split_once('|').context("a time")?;
            let lsn: u64 = lsn.parse()?;
            if data.starts_with("COMMIT") {
                let ms: i64 = ms.parse()?;
                for (total, (lsn, op, mut row)) in changes.drain(..).enumerate() {
                    let id = row["id"].as_u64().context("an id")?;
                    if !alter(id, op, &mut row) {
                        continue;
                    }
                    let side = if op == "d" { "before" } else { "after" };
                    let sequence = json!([self.last_commit.to_string(), format!("{lsn}")]).to_string();
                    let source = json!({"connector": "postgresql", "ts_ms": ms, "lsn": lsn, "sequence": sequence});
                    let transaction = json!({"total_order": total + 1});
                    let event = json!({"op": op, side: row, "source": source, "transaction": transaction});
                    lines.push_str(&format!("{event}\n"));
                }
                self.last_commit = lsn;
            } else if let Some(change) = data.strip_prefix("table public.customers: ") {
                changes.push(read_change(lsn, change)?);
            }
        }
        self.number += 1;
        Ok(lines)
    }

    fn land(&mut self, lake: &TestLake, alter: impl Fn(u64, &str, &mut Value) -> bool) -> Result<()> {
        let lines = self.next(alter)?;
        lake.write(&format!("landing/{:06}.json", self.number), lines)
    }
}

/// `UPDATE: id[integer]:1 note[text]:'x' n[bigint]:2`.
fn read_change(lsn: u64, text: &str) -> Result<(u64, &'static str, Value)> {
    let (op, columns) = text.split_once(": ").context("an operation")?;
    let op = match op {
        "INSERT" => "c",
        "UPDATE" => "u",
        _ => "d",
    };
    let mut row = serde_json::Map::new();
    for column in columns.split(' ') {
        let (name, value) = column.split_once("]:").context("a column")?;
        let name = name.split('[').next().context("a name")?;
        let value = match value.trim_matches('\'') {
            text if text.len() < value.len() => json!(text),
            "null" => Value::Null,
            number => json!(number.parse::<i64>()?),
        };
        row.insert(name.to_owned(), value);
    }
    Ok((lsn, op, Value::Object(row)))
}

/// A writer updates, inserts and deletes rows of its own, each in a transaction.
fn write(server: &PostgresServer, writer: u64, stop: &AtomicBool) -> Result<u64> {
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        let changes = amount("SLUICE_LOAD_CHANGES", CHANGES);
        let (low, new) = (1_200 + writer * 300, 10_000 + writer * 1_000_000 + round * changes);
        server.sql(&format!(
            "DO $$ BEGIN FOR g IN 1..{changes} LOOP UPDATE customers SET note = 'w' || g, n = n + 1 \
             WHERE id = {low} + (random() * 299)::int; COMMIT; INSERT INTO customers VALUES ({new} + g, 'new', g); COMMIT; \
             DELETE FROM customers WHERE id = {new} + g - 3; COMMIT; PERFORM pg_sleep(0.002); COMMIT; END LOOP; END $$"
        ))?;
        round += 1;
    }
    Ok(round * amount("SLUICE_LOAD_CHANGES", CHANGES) * 3)
}

fn as_it_is(_: u64, _: &str, _: &mut Value) -> bool {
    true
}

#[test]
fn under_load_what_was_lost_is_found_and_nothing_else() -> Result<()> {
    let test = "under_load_what_was_lost_is_found_and_nothing_else";
    let settings = ["track_commit_timestamp=on", "wal_level=logical", "timezone=UTC"];
    let Some(server) = PostgresServer::start(test, &settings)? else { return Ok(()) };
    let folder = tempfile::Builder::new().prefix("sluice-reconcile-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    let sluice = Sluice::on_folder(folder.path()).env("PGPASSWORD", POSTGRES_PASSWORD);
    server.sql("CREATE TABLE customers (id int PRIMARY KEY, note text, n bigint)")?;
    server.sql("SELECT pg_create_logical_replication_slot('feed', 'test_decoding')")?;
    server.sql("INSERT INTO customers SELECT g, 'first', g FROM generate_series(1, 2000) g")?;
    let mut feed = Feed { server: &server, last_commit: 1, number: 0 };
    // 37 rows are damaged on their way.
    feed.land(&lake, |id, _, row| {
        if (101..=137).contains(&id) {
            row["n"] = json!(-1);
        }
        true
    })?;
    sluice.ok(&["replay"])?;
    // 11 events are lost, and 5 deletes are never sent.
    server.sql("UPDATE customers SET note = 'between' WHERE id <= 11")?;
    let late = feed.next(as_it_is)?;
    server.sql("UPDATE customers SET note = 'last' WHERE id <= 11")?;
    server.sql("DELETE FROM customers WHERE id BETWEEN 1001 AND 1005")?;
    feed.land(&lake, |id, _, _| id > 11 && !(1_001..=1_005).contains(&id))?;

    let is_lost = |id: &u64| *id <= 11 || (101..=137).contains(id) || (1_001..=1_005).contains(id);
    let url = server.url();
    let with = ["--with", url.as_str()];
    let (stop, done) = (AtomicBool::new(false), AtomicBool::new(false));
    let written = std::thread::scope(|scope| -> Result<u64> {
        let (server, stop) = (&server, &stop);
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(server, writer, stop))).collect();
        // Everything that is spawned ends, whatever fails.
        let looked = (|| -> Result<()> {
            for _ in 0..amount("SLUICE_LOAD_LOOKS", LOOKS) {
                feed.land(&lake, as_it_is)?;
                sluice.ok(&["replay"])?;
                let (_, found) = reconcile(&sluice, &with)?;
                for difference in ["missing", "surplus", "different"] {
                    let faults = ids(&found, difference, "fault");
                    ensure!(faults.iter().all(is_lost), "{difference}: {found:#}");
                }
                ensure!(found["not_arrived"].as_u64() > Some(0), "there is load: {found:#}");
            }
            // The runner goes on, and what differs is decided.
            std::thread::scope(|runner| -> Result<()> {
                let (feed, lake, sluice, done) = (&mut feed, &lake, &sluice, &done);
                let running = runner.spawn(move || -> Result<()> {
                    while !done.load(Ordering::Relaxed) {
                        feed.land(lake, as_it_is)?;
                        sluice.ok(&["replay"])?;
                    }
                    Ok(())
                });
                let decided = (|| -> Result<()> {
                    let waiting = ["--with", url.as_str(), "--wait", "60", "--rows", "0"];
                    let (_, found) = reconcile(sluice, &waiting)?;
                    ensure!(counts(&found) == [0, 5, 48], "{found:#}");
                    ensure!(found["is_arrival_unknown"] == false, "{found:#}");
                    ensure!(ids(&found, "surplus", "fault") == [1001, 1002, 1003, 1004, 1005], "{found:#}");
                    let repair = ["--repair", "--yes", "--because", "the feed lost them", "--author", "Ada"];
                    let (_, repaired) = reconcile(sluice, &[&waiting[..], &repair].concat())?;
                    let repaired = &repaired["repair"];
                    ensure!(repaired["upserts"] == 48 && repaired["deletes"] == 5, "{repaired:#}");
                    Ok(())
                })();
                done.store(true, Ordering::Relaxed);
                running.join().map_err(|_| anyhow::anyhow!("the runner panicked"))??;
                decided
            })
        })();
        stop.store(true, Ordering::Relaxed);
        let written =
            writers.into_iter().map(|writer| writer.join().map_err(|_| anyhow::anyhow!("a writer panicked"))?);
        let written = written.sum::<Result<u64>>()?;
        looked.map(|()| written)
    })?;
    counted("changes while reconciling with PostgreSQL", usize::try_from(written)?);
    feed.land(&lake, as_it_is)?;
    lake.write("landing/late.json", late)?;
    sluice.ok(&["replay"])?;
    let (code, found) = reconcile(&sluice, &with)?;
    ensure!(code == 0 && found["is_equal"] == true && found["not_arrived"] == 0, "{found:#}");
    let again = ["--repair", "--yes", "--because", "again", "--author", "Ada"];
    let (_, again) = reconcile(&sluice, &[&with[..], &again].concat())?;
    ensure!(again["repair"]["correction"].is_null(), "{}", again["repair"]);
    Ok(())
}
